//! The routes: one file each, a few lines around a verb of the engine.

mod actions;
mod capabilities;
mod count;
mod create;
mod csv;
mod delete;
mod element;
mod get;
mod health;
mod legacy;
mod link;
mod list;
mod related;
mod run;
mod scope_cache;
mod update;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, delete, get, post, put};

use crate::agent::Agent;
use crate::auth::authenticate;
use crate::cors::cors;
use crate::error::Fault;

/// A route that wants a token.
pub(crate) struct Route {
    pub(crate) path: &'static str,
    pub(crate) methods: &'static [&'static str],
    handlers: MethodRouter<Agent>,
}

/// Every route that wants a token, below `/forest`.
pub(crate) fn table() -> Vec<Route> {
    let route = |path, methods, handlers| Route { path, methods, handlers };
    vec![
        route("/_internal/capabilities", &["POST"], post(capabilities::capabilities)),
        route("/scope-cache-invalidation", &["POST"], post(scope_cache::invalidate)),
        route("/_actions/{collection}/{index}/{slug}", &["POST"], post(actions::execute)),
        // The body decides what the form is asked for, so the three hooks are one.
        route("/_actions/{collection}/{index}/{slug}/hooks/load", &["POST"], post(actions::hook)),
        route("/_actions/{collection}/{index}/{slug}/hooks/change", &["POST"], post(actions::hook)),
        route("/_actions/{collection}/{index}/{slug}/hooks/search", &["POST"], post(actions::hook)),
        route(
            "/{collection}",
            &["GET", "POST", "DELETE"],
            get(list::list_or_csv).post(create::create).delete(delete::delete_many),
        ),
        route("/{collection}/count", &["GET"], get(count::count)),
        route(
            "/{collection}/{id}",
            &["GET", "POST", "PUT", "DELETE"],
            get(get::get).post(legacy::execute).put(update::update).delete(delete::delete_one),
        ),
        route("/{collection}/{id}/hooks/load", &["POST"], post(legacy::hook)),
        route("/{collection}/{id}/hooks/change", &["POST"], post(legacy::hook)),
        route(
            "/{collection}/{id}/relationships/{relation}",
            &["GET", "POST", "PUT", "DELETE"],
            get(related::list_or_csv).post(link::associate).put(link::set_to_one).merge(delete(link::dissociate)),
        ),
        route("/{collection}/{id}/relationships/{relation}/count", &["GET"], get(related::count)),
        route("/{collection}/{id}/relationships/{field}/{index}", &["PUT"], put(element::update)),
    ]
}

pub(crate) fn router(agent: Agent) -> Router {
    let known = table().into_iter().fold(Router::new(), |router, route| router.route(route.path, route.handlers));
    let guarded = known
        // An unsupported method is an unknown URL to agents, never 405.
        .method_not_allowed_fallback(unknown)
        .fallback(unknown)
        // Around the fallbacks too: an unknown URL without a token is 401.
        .layer(from_fn_with_state(agent.clone(), authenticate))
        .with_state(agent);
    Router::new()
        .route("/forest", get(health::health))
        .route("/forest/", get(health::health))
        .nest("/forest", guarded)
        // Outermost, so that refusals carry the headers and preflights need no token.
        .layer(from_fn(cors))
}

async fn unknown() -> Fault {
    Fault::NOT_FOUND
}

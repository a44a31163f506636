//! The REST API of Levers, under `/api/v1`.
//!
//! A door: it translates requests into the engine's words and answers into JSON,
//! and decides nothing. `collections`, `records`, `actions` and `jobs` hold the
//! routes, one verb a file; `filter` and `selection` read what several of them
//! share; `problem` is the one place that knows statuses; `docs` describes it all.
//!
//! Records travel as `{"id": …, "values": {…}}` with the packed id, related
//! records nested. Rejected: JSON:API, which the Forest door speaks; it wraps each
//! value three times and no program that we write needs it.

mod actions;
mod answer;
mod collections;
mod docs;
mod extract;
mod filter;
mod jobs;
mod limits;
mod object;
mod problem;
mod records;
mod selection;

use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::{Router, routing};
use levers_engine::Engine;
use levers_identity::Tokens;
use levers_model::{Door, Error};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

use crate::problem::Problem;

/// Where the routes are mounted.
pub const PREFIX: &str = "/api/v1";

/// What the API needs to know besides the engine.
#[derive(Debug, Clone)]
pub struct RestConfig {
    /// Checks tokens.
    pub tokens: Tokens,
    /// The largest request body, in bytes.
    pub body_limit: usize,
    /// What jobs say that they came through: the command line uses these routes too.
    pub door: Door,
}

/// What every handler is handed.
#[derive(Clone)]
pub(crate) struct Api {
    engine: Engine,
    tokens: Tokens,
    body_limit: usize,
    door: Door,
    document: Bytes,
}

/// The API's routes, mounted under [`PREFIX`]. A handler that panics answers 500.
pub fn router(engine: Engine, config: RestConfig) -> Router {
    let (routes, document) = described().split_for_parts();
    let document = Bytes::from(docs::complete(document).to_json().unwrap_or_default());
    let api = Api { engine, tokens: config.tokens, body_limit: config.body_limit, door: config.door, document };
    let open = Router::new()
        .route("/openapi.json", routing::get(docs::document))
        .route("/docs", routing::get(docs::to_page))
        .route("/docs/", routing::get(docs::page))
        .route("/docs/{*file}", routing::get(docs::page_file));
    let routes = routes
        .merge(Router::new().nest(PREFIX, open.fallback(not_found).method_not_allowed_fallback(method_not_allowed)))
        .method_not_allowed_fallback(method_not_allowed);
    routes
        .layer(DefaultBodyLimit::max(config.body_limit))
        .layer(CatchPanicLayer::custom(problem::of_panic))
        .with_state(api)
}

/// The API's `OpenAPI` document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    docs::complete(described().into_openapi())
}

/// The routes with what they say of themselves.
fn described() -> OpenApiRouter<Api> {
    let routes = OpenApiRouter::new()
        .merge(collections::routes())
        .merge(records::routes())
        .merge(actions::routes())
        .merge(jobs::routes());
    OpenApiRouter::with_openapi(docs::Base::openapi()).nest(PREFIX, routes)
}

async fn not_found() -> Problem {
    Error::not_found(format!("There is nothing at this path. {PREFIX}/docs shows what there is.")).into()
}

async fn method_not_allowed() -> Problem {
    Problem::method_not_allowed()
}

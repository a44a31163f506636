//! `POST /forest/_internal/capabilities`: what can be asked of which collection.

use axum::extract::State;
use axum::response::Response;

use crate::agent::Agent;
use crate::call::Untimed;
use crate::error::{Result, json_response};
use crate::translate;

pub(super) async fn capabilities(State(agent): State<Agent>, Untimed(call): Untimed) -> Result<Response> {
    let schemas = agent.schemas(&call);
    let names = translate::collection_names(&call.body);
    let collections = names.into_iter().filter_map(|name| schemas.get(name));
    Ok(json_response(200, &translate::capabilities(collections)))
}

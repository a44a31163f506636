//! `GET /forest/:collection/count`: how many records a list would have.

use axum::extract::State;
use axum::response::Response;
use levers_model::{Collection, ParentRecord};
use serde_json::json;

use super::list::filter;
use crate::agent::Agent;
use crate::call::Call;
use crate::error::{Fault, Result, json_response};

pub(super) async fn count(State(agent): State<Agent>, call: Call) -> Result<Response> {
    let [name] = call.names()?;
    let collection = agent.collection(&call, name)?;
    answer(&agent, &call, collection, None).await
}

/// The count of a collection, or of what a parent's relation leads to.
pub(super) async fn answer(
    agent: &Agent,
    call: &Call,
    collection: &Collection,
    parent: Option<ParentRecord>,
) -> Result<Response> {
    let filter = filter(agent, call, collection)?;
    let count = agent.engine.count(&call.cx, &collection.name, filter, parent).await.map_err(Fault::of_record)?;
    Ok(json_response(200, &json!({ "count": count })))
}

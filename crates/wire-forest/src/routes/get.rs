//! `GET /forest/:collection/:id`: one record.

use axum::extract::State;
use axum::response::Response;
use levers_model::{Collection, Error, ErrorKind, Projection, Record, RecordId};

use crate::agent::Agent;
use crate::call::Call;
use crate::error::{Fault, Result, json_response};
use crate::translate::{self, Document};

pub(super) async fn get(State(agent): State<Agent>, call: Call) -> Result<Response> {
    let [name, id] = call.names()?;
    let collection = agent.collection(&call, name)?;
    let schemas = agent.schemas(&call);
    let id = translate::record_id(id, collection)?;
    let projection = translate::projection(call.projection_header(), &call.query, collection, &schemas)?;
    let record = find(&agent, &call, collection, &id, projection).await?;
    // The sentence is the agents', and clients look for it.
    let record = record.ok_or_else(|| Fault::from(Error::not_found("Record does not exists")))?;
    Ok(json_response(200, &Document::new(collection, Some(&record), &schemas)))
}

/// The record of this id, if there is one.
pub(super) async fn find(
    agent: &Agent,
    call: &Call,
    collection: &Collection,
    id: &RecordId,
    projection: Option<Projection>,
) -> Result<Option<Record>> {
    match agent.engine.get(&call.cx, &collection.name, id, projection).await {
        Ok(record) => Ok(Some(record)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Fault::of_record(error)),
    }
}

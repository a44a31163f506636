//! `DELETE /forest/:collection[/:id]`: one record, the ticked ones, or all but some.

use axum::extract::State;
use axum::http::StatusCode;
use levers_model::{BuiltIn, Collection, Selection, Targets, Values};

use super::run::Run;
use crate::agent::Agent;
use crate::call::Call;
use crate::error::Result;
use crate::translate::{self, BulkBody, Params};

pub(super) async fn delete_one(State(agent): State<Agent>, call: Call) -> Result<StatusCode> {
    let [name, id] = call.names()?;
    let collection = agent.collection(&call, name)?;
    let selection = Selection::ids(vec![translate::record_id(id, collection)?]);
    delete(&agent, &call, collection, selection).await
}

pub(super) async fn delete_many(State(agent): State<Agent>, call: Call) -> Result<StatusCode> {
    let [name] = call.names()?;
    let collection = agent.collection(&call, name)?;
    let body = translate::bulk_body(&call.body, collection)?;
    let selection = selection(&agent, &call, collection, body)?;
    if selection.named_count() == Some(0) {
        return Ok(StatusCode::NO_CONTENT);
    }
    delete(&agent, &call, collection, selection).await
}

async fn delete(agent: &Agent, call: &Call, collection: &Collection, selection: Selection) -> Result<StatusCode> {
    let run = Run {
        built_in: BuiltIn::Delete,
        collection,
        selection,
        values: Values::new(),
        idempotency_key: call.idempotency_key()?,
    };
    run.submit(agent, call).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The records of a bulk body. Its subset query restricts the ticked ones too.
pub(super) fn selection(agent: &Agent, call: &Call, collection: &Collection, body: BulkBody) -> Result<Selection> {
    let entry = agent.engine.collection(&call.cx, &collection.name)?;
    let schemas = agent.schemas(call);
    let params = Params::of_body(&call.query, &body.attributes);
    let filter = translate::request_filter(params, &call.cx.caller, collection, entry.segments(), &schemas)?;
    let targets: Targets = body.targets;
    Ok(Selection { filter, targets, parent: None })
}

//! `PUT /forest/:collection/:id/relationships/:field/:index`: one element of a list
//! of objects that a JSON column holds.

use axum::extract::State;
use axum::http::StatusCode;
use levers_model::{BuiltIn, ColumnType, Projection, Selection, Value, Values};

use super::get::find;
use super::run::Run;
use crate::agent::Agent;
use crate::call::Call;
use crate::error::{Fault, Result};
use crate::translate;

pub(super) async fn update(State(agent): State<Agent>, call: Call) -> Result<StatusCode> {
    let [name, id, field, index] = call.names()?;
    let collection = agent.collection(&call, name)?;
    let is_json = collection.column(field).is_some_and(|column| column.column_type == ColumnType::Json);
    if !is_json {
        return Err(Fault::NOT_FOUND);
    }
    let id = translate::record_id(id, collection)?;
    let Some(record) = find(&agent, &call, collection, &id, Some(Projection::new([field]))).await? else {
        return Ok(StatusCode::NO_CONTENT);
    };
    let list = match record.get(field) {
        Some(Value::Json(list)) => Some(list),
        _ => None,
    };
    let values = Values::from([(field.to_owned(), translate::array_element(list, index, &call.body)?)]);
    let selection = Selection::ids(vec![id]);
    let run =
        Run { built_in: BuiltIn::Update, collection, selection, values, idempotency_key: call.idempotency_key()? };
    run.submit(&agent, &call).await?;
    Ok(StatusCode::NO_CONTENT)
}

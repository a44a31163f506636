//! `PUT /forest/:collection/:id`: sets columns of one record. A record that is not
//! there is answered with 200 and no data.

use axum::extract::State;
use axum::response::Response;
use levers_model::{BuiltIn, Collection, RecordId, Selection, Value, Values};

use super::get::find;
use super::run::Run;
use crate::agent::Agent;
use crate::call::Call;
use crate::error::{Result, json_response};
use crate::translate::{self, Document};

pub(super) async fn update(State(agent): State<Agent>, call: Call) -> Result<Response> {
    let [name, id] = call.names()?;
    let collection = agent.collection(&call, name)?;
    let schemas = agent.schemas(&call);
    let id = translate::record_id(id, collection)?;
    // Relations have requests of their own, so the body's are not even read.
    let values = translate::attributes_of(&call.body, collection)?;
    let after = id_after(id.clone(), collection, &values);
    if !values.is_empty() {
        let run = Run {
            built_in: BuiltIn::Update,
            collection,
            selection: Selection::ids(vec![id]),
            values,
            idempotency_key: call.idempotency_key()?,
        };
        run.submit(&agent, &call).await?;
    }
    let record = find(&agent, &call, collection, &after, None).await?;
    Ok(json_response(200, &Document::new(collection, record.as_ref(), &schemas)))
}

/// The record's id once its key has these values.
fn id_after(mut id: RecordId, collection: &Collection, values: &Values) -> RecordId {
    for (part, key) in id.0.iter_mut().zip(&collection.primary_key) {
        let column = collection.column(key);
        if let (Some(json), Some(column)) = (values.get(key), column)
            && let Ok(value) = Value::from_json(json, &column.column_type)
        {
            *part = value;
        }
    }
    id
}

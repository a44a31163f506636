//! `POST`, `DELETE` and `PUT /forest/:collection/:id/relationships/:relation`:
//! linking and unlinking.

use axum::extract::State;
use axum::http::StatusCode;
use levers_model::{BuiltIn, ParentRecord, Selection, Targets, Values};

use super::delete::selection;
use super::related::children;
use super::run::Run;
use crate::agent::Agent;
use crate::call::Call;
use crate::error::{Fault, Result};
use crate::translate;

/// Links one record to a to-many relation.
pub(super) async fn associate(State(agent): State<Agent>, call: Call) -> Result<StatusCode> {
    let [name, id, relation] = call.names()?;
    let (collection, parent) = children(&agent, &call, name, id, relation)?;
    let child = translate::linked_id(&call.body, collection)?;
    let selection = Selection { parent: Some(parent), ..Selection::ids(vec![child]) };
    let idempotency_key = call.idempotency_key()?;
    let run = Run { built_in: BuiltIn::Associate, collection, selection, values: Values::new(), idempotency_key };
    run.submit(&agent, &call).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unlinks records from a to-many relation, or deletes them.
pub(super) async fn dissociate(State(agent): State<Agent>, call: Call) -> Result<StatusCode> {
    let [name, id, relation] = call.names()?;
    let (collection, parent) = children(&agent, &call, name, id, relation)?;
    let body = translate::bulk_body(&call.body, collection)?;
    if body.targets == Targets::Ids(Vec::new()) {
        return Err(Fault::validation("Expected no empty id list"));
    }
    let selection = Selection { parent: Some(parent), ..selection(&agent, &call, collection, body)? };
    let mut values = Values::new();
    // Whatever the parameter's value: agents only look whether there is one.
    if call.query.has("delete") {
        values.insert("delete".into(), true.into());
    }
    let run =
        Run { built_in: BuiltIn::Dissociate, collection, selection, values, idempotency_key: call.idempotency_key()? };
    run.submit(&agent, &call).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a to-one relation lead to another record, or to none.
pub(super) async fn set_to_one(State(agent): State<Agent>, call: Call) -> Result<StatusCode> {
    let [name, id, relation] = call.names()?;
    let owner = agent.collection(&call, name)?;
    let schemas = agent.schemas(&call);
    let (_, collection) = schemas.to_one(owner, relation).ok_or(Fault::NOT_FOUND)?;
    let id = translate::record_id(id, owner)?;
    let parent = Some(ParentRecord { collection: owner.name.clone(), id, relation: relation.to_owned() });
    let (built_in, targets) = match translate::to_one_body(&call.body, collection)? {
        Some(target) => (BuiltIn::Associate, Targets::Ids(vec![target])),
        None => (BuiltIn::Dissociate, Targets::AllExcept(Vec::new())),
    };
    let selection = Selection { targets, parent, ..Selection::none() };
    let run = Run { built_in, collection, selection, values: Values::new(), idempotency_key: call.idempotency_key()? };
    run.submit(&agent, &call).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! `GET /forest/:collection/:id/relationships/:relation[.csv|/count]`: the records
//! that a to-many relation leads to.

use axum::extract::State;
use axum::response::Response;
use levers_model::{Collection, ParentRecord};

use super::{count, csv, list};
use crate::agent::Agent;
use crate::call::Call;
use crate::error::{Fault, Result};
use crate::translate;

pub(super) async fn list_or_csv(State(agent): State<Agent>, call: Call) -> Result<Response> {
    let [name, id, relation] = call.names()?;
    match (children(&agent, &call, name, id, relation), relation.strip_suffix(".csv")) {
        (Err(Fault::NOT_FOUND), Some(relation)) => {
            let (target, parent) = children(&agent, &call, name, id, relation)?;
            csv::export(&agent, &call, target, Some(parent)).await
        }
        (found, _) => {
            let (target, parent) = found?;
            list::list(&agent, &call, target, Some(parent)).await
        }
    }
}

pub(super) async fn count(State(agent): State<Agent>, call: Call) -> Result<Response> {
    let [name, id, relation] = call.names()?;
    let (target, parent) = children(&agent, &call, name, id, relation)?;
    count::answer(&agent, &call, target, Some(parent)).await
}

/// The collection at the end of a to-many relation, and the record where it begins.
pub(super) fn children<'a>(
    agent: &'a Agent,
    call: &'a Call,
    name: &str,
    id: &str,
    relation: &str,
) -> Result<(&'a Collection, ParentRecord)> {
    let owner = agent.collection(call, name)?;
    let found = owner.relation(relation).filter(|relation| !relation.is_to_one()).ok_or(Fault::NOT_FOUND)?;
    let target = agent.collection(call, &found.target)?;
    let id = translate::record_id(id, owner)?;
    Ok((target, ParentRecord { collection: owner.name.clone(), id, relation: relation.to_owned() }))
}

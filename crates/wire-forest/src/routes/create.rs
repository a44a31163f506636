//! `POST /forest/:collection`: a new record. Answers 200 with it, not 201.

use axum::extract::State;
use axum::response::Response;
use levers_model::{
    BuiltIn, ChangeKind, Collection, Error, Job, ParentRecord, Projection, RecordId, RelationKind, Selection, Values,
};

use super::get::find;
use super::run::Run;
use crate::agent::Agent;
use crate::call::Call;
use crate::error::{Fault, Result, json_response};
use crate::translate::{self, Document, RecordBody, Schemas, WireValue};

pub(super) async fn create(State(agent): State<Agent>, call: Call) -> Result<Response> {
    let [name] = call.names()?;
    let collection = agent.collection(&call, name)?;
    let schemas = agent.schemas(&call);
    let RecordBody { mut values, links } = translate::record_body(&call.body, collection, &schemas)?;
    if values.is_empty() && links.is_empty() {
        return Err(Fault::validation("The record data is empty"));
    }
    let mut from_others = Vec::new();
    for (relation, target) in links {
        match collection.relation(&relation).map(|relation| &relation.kind) {
            Some(RelationKind::ManyToOne { foreign_key, foreign_key_target }) => {
                let pairs = (foreign_key.as_slice(), foreign_key_target.as_slice());
                let found = schemas.to_one(collection, &relation).map(|(_, target)| target);
                point_at(&agent, &call, found, target.as_ref(), pairs, &mut values).await?;
            }
            _ => from_others.extend(target.map(|target| (relation, target))),
        }
    }
    let run = Run {
        built_in: BuiltIn::Create,
        collection,
        selection: Selection::none(),
        values,
        idempotency_key: call.idempotency_key()?,
    };
    let (job, _) = run.submit(&agent, &call).await?;
    let id = created_id(&job, collection)?;
    for (relation, target) in from_others {
        link_from_other(&agent, &call, &schemas, collection, &id, &relation, target).await?;
    }
    let record = find(&agent, &call, collection, &id, None).await?;
    Ok(json_response(200, &Document::new(collection, record.as_ref(), &schemas)))
}

/// Sets the columns that point at a record, to the values that it has in the columns pointed at.
async fn point_at(
    agent: &Agent,
    call: &Call,
    collection: Option<&Collection>,
    target: Option<&RecordId>,
    (foreign_key, foreign_key_target): (&[String], &[String]),
    values: &mut Values,
) -> Result<()> {
    let projection = Projection::new(foreign_key_target.iter().map(String::as_str));
    let record = match (collection, target) {
        (Some(collection), Some(id)) => {
            let found = find(agent, call, collection, id, Some(projection)).await?;
            Some(found.ok_or_else(|| Fault::validation(format!("“{}” has no record {id}.", collection.name)))?)
        }
        _ => None,
    };
    for (column, pointed_at) in foreign_key.iter().zip(foreign_key_target) {
        let value = record.as_ref().and_then(|record| record.get(pointed_at));
        let json = value.map(|value| serde_json::to_value(WireValue(value))).transpose();
        values.insert(column.clone(), json.map_err(Error::internal)?.unwrap_or_default());
    }
    Ok(())
}

/// Makes another record point at the new one; whoever pointed at it loses it.
async fn link_from_other(
    agent: &Agent,
    call: &Call,
    schemas: &Schemas<'_>,
    collection: &Collection,
    id: &RecordId,
    relation: &str,
    target: RecordId,
) -> Result<()> {
    let Some((_, other)) = schemas.to_one(collection, relation) else { return Ok(()) };
    let parent = ParentRecord { collection: collection.name.clone(), id: id.clone(), relation: relation.to_owned() };
    let run = Run {
        built_in: BuiltIn::Associate,
        collection: other,
        selection: Selection { parent: Some(parent), ..Selection::ids(vec![target]) },
        values: Values::new(),
        idempotency_key: None,
    };
    run.submit(agent, call).await.map(drop)
}

/// The id that the database gave the record.
fn created_id(job: &Job, collection: &Collection) -> Result<RecordId> {
    let mut changes = job.changes.changes.iter();
    let created = changes.find(|change| change.kind == ChangeKind::Created && change.collection == collection.name);
    let created = created.ok_or_else(|| Error::internal(format!("{} created a record and noted none", job.id)))?;
    translate::record_id(&created.id, collection)
}

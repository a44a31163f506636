//! Dissociate: unlinks the selected records from the selection's parent, or
//! deletes them with their links.

use async_trait::async_trait;
use levers_model::{Condition, Error, FieldError, Page, Projection, Record, RelationKind, Result, Value, Values};
use levers_ports::{ActionContext, FieldDeclaration, FormDeclaration, Handler, Query, Reply, TypeDeclaration};
use serde_json::Value as Json;

use super::link::{Link, empty};
use super::{counted, fields, only};
use crate::records::compile;

pub(super) struct Dissociate;

pub(super) fn form() -> FormDeclaration {
    let delete = FieldDeclaration {
        description: Some("Delete the records instead of unlinking them.".to_owned().into()),
        ..FieldDeclaration::new("delete", TypeDeclaration::Boolean)
    };
    FormDeclaration::Elements(fields::elements(std::iter::once(delete)))
}

/// Whether the records are to be deleted.
pub(super) fn read(values: &Values) -> Result<bool> {
    only(values, &["delete"])?;
    match values.get("delete") {
        None | Some(Json::Null) => Ok(false),
        Some(Json::Bool(delete)) => Ok(*delete),
        Some(Json::String(text)) if text == "true" || text == "false" => Ok(text == "true"),
        Some(_) => Err(Error::invalid_fields(vec![FieldError::new("delete", "Expected true or false.")])),
    }
}

#[async_trait]
impl Handler for Dissociate {
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        let link = Link::open(&cx).await?;
        if read(&cx.values)? {
            return Ok(counted(delete(&cx, &link).await?, "deleted").into());
        }
        Ok(counted(unlink(&cx, &link).await?, "dissociated").into())
    }
}

async fn unlink(cx: &ActionContext, link: &Link) -> Result<u64> {
    let (records, name) = (&cx.records, &cx.collection.name);
    match &link.kind {
        RelationKind::OneToMany { origin_key, .. } | RelationKind::OneToOne { origin_key, .. } => {
            let condition = cx.condition.clone().and(link.linked());
            records.update(name, condition, empty(&cx.collection, origin_key)?).await
        }
        RelationKind::ManyToOne { foreign_key, .. } => unlink_parent(cx, link, foreign_key).await,
        RelationKind::ManyToMany { through, origin_key, foreign_key, foreign_key_target, .. } => {
            let mut condition = compile::all_equal(origin_key, &link.values);
            if cx.condition != Condition::always() {
                condition = condition.and(Condition::Exists {
                    collection: name.clone(),
                    pairs: foreign_key_target.iter().cloned().zip(foreign_key.iter().cloned()).collect(),
                    condition: Box::new(cx.condition.clone()),
                });
            }
            records.delete(through, condition).await
        }
    }
}

/// The parent lets go of the record that it points at, if that one is selected.
async fn unlink_parent(cx: &ActionContext, link: &Link, foreign_key: &[String]) -> Result<u64> {
    let query = Query {
        condition: cx.condition.clone().and(link.linked()),
        page: Some(Page { skip: 0, limit: 1 }),
        ..Query::default()
    };
    if cx.records.list(&cx.collection.name, query).await?.is_empty() {
        return Ok(0);
    }
    cx.records.update(&link.owner.name, link.is_parent.clone(), empty(&link.owner, foreign_key)?).await
}

async fn delete(cx: &ActionContext, link: &Link) -> Result<u64> {
    let condition = cx.condition.clone().and(link.linked());
    match &link.kind {
        RelationKind::ManyToMany { through, foreign_key, foreign_key_target, .. } => {
            delete_paired(cx, condition, through, foreign_key, foreign_key_target).await
        }
        RelationKind::ManyToOne { foreign_key, .. } => {
            // The parent points at what is to be deleted, so it lets go first; then the link finds nothing any more.
            if unlink_parent(cx, link, foreign_key).await? == 0 {
                return Ok(0);
            }
            cx.records.delete(&cx.collection.name, condition).await
        }
        RelationKind::OneToOne { .. } | RelationKind::OneToMany { .. } => {
            cx.records.delete(&cx.collection.name, condition).await
        }
    }
}

/// How many paired records are deleted at once.
const BATCH: u64 = 500;

/// The pairs go before the records that they point at, and with them the way to
/// find these records; so it goes by batches of records whose keys are known.
async fn delete_paired(
    cx: &ActionContext,
    condition: Condition,
    through: &str,
    foreign_key: &[String],
    target: &[String],
) -> Result<u64> {
    let (records, collection) = (&cx.records, &cx.collection);
    let paths = target.iter().chain(&collection.primary_key).map(String::as_str);
    let query = Query {
        condition,
        projection: Projection::new(paths),
        page: Some(Page { skip: 0, limit: BATCH }),
        ..Query::default()
    };
    let mut deleted = 0;
    loop {
        let batch: Vec<Record> = records.list(&collection.name, query.clone()).await?;
        if batch.is_empty() {
            return Ok(deleted);
        }
        let pairs = batch.iter().map(|record| compile::values_of(record, target));
        let pairs: Vec<Condition> = pairs.map(|values: Vec<Value>| compile::all_equal(foreign_key, &values)).collect();
        records.delete(through, Condition::Or(pairs)).await?;
        let ids = batch.iter().map(|record| record.id(collection)).collect::<Result<Vec<_>>>()?;
        deleted += records.delete(&collection.name, compile::one_of(collection, &ids)?).await?;
    }
}

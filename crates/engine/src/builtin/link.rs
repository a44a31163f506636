//! The link between a selection's parent and its records.

use std::sync::Arc;

use levers_model::{Collection, Condition, Error, ParentRecord, Patch, Projection, RelationKind, Result, Value};
use levers_ports::{ActionContext, Query};

use crate::records::compile;

/// A parent that exists, and its relation to the action's collection.
pub(super) struct Link {
    /// The parent's collection.
    pub(super) owner: Arc<Collection>,
    /// How the two hang together.
    pub(super) kind: RelationKind,
    /// The parent's values that the relation is about.
    pub(super) values: Vec<Value>,
    /// Holds for the parent alone.
    pub(super) is_parent: Condition,
}

impl Link {
    /// Reads the parent.
    pub(super) async fn open(cx: &ActionContext) -> Result<Self> {
        let Some(ParentRecord { collection, id, relation }) = &cx.selection.parent else {
            return Err(Error::refused(format!(
                "“{}” needs a parent: the record, and which of its relations.",
                cx.action.name
            )));
        };
        let owner = cx.records.collection(collection)?;
        let kind = compile::relation_to(&owner, relation, &cx.collection.name)?.kind.clone();
        let columns = compile::parent_columns(&kind);
        let is_parent = compile::is_record(&owner, id)?;
        let projection = Projection::new(columns.iter().map(String::as_str));
        let query = Query { condition: is_parent.clone(), projection, ..Query::default() };
        let parent = cx.records.list(collection, query).await?.into_iter().next();
        let parent = parent.ok_or_else(|| Error::not_found(format!("“{collection}” has no record “{id}”.")))?;
        let values = compile::values_of(&parent, columns);
        Ok(Self { owner, kind, values, is_parent })
    }

    /// Holds for the records that are linked now.
    pub(super) fn linked(&self) -> Condition {
        compile::linked(&self.kind, &self.values)
    }
}

/// Sets each column to its value.
pub(super) fn set(columns: &[String], values: &[Value]) -> Patch {
    Patch(columns.iter().cloned().zip(values.iter().cloned()).collect())
}

/// Empties columns, if they may be empty.
pub(super) fn empty(collection: &Collection, columns: &[String]) -> Result<Patch> {
    for name in columns {
        if collection.column(name).is_some_and(|column| !column.nullable) {
            return Err(Error::refused(format!(
                "Records of “{}” cannot be unlinked: “{name}” must have a value. Delete them, or link them elsewhere.",
                collection.name
            )));
        }
    }
    Ok(set(columns, &vec![Value::Null; columns.len()]))
}

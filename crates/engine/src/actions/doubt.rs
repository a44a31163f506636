//! Ends that nobody knows to count: found after a power cut, told by the records.
//!
//! The end of a job may be written while what the job changed is on its way to another disk,
//! where the two waits take as long as one. When the power goes between them, the end is there
//! and the change perhaps not. The change set says what the records must look like, so they
//! are looked at; what does not look like it is called unknown, never complete.
//!
//! Rejected: the one after the other always, which costs a second wait for each action; writing
//! the lost changes once more, over what somebody else may have written since.

use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::{Change, ChangeKind, ChangeSet, Collection, Job, JobId, Record, RecordId, Result, Value};
use levers_ports::{Query, QueryContext};
use serde_json::Value as Json;

use crate::engine::Inner;
use crate::recorder::same;
use crate::records::{compile, projection};

/// Whether the records alone can tell, later, that all of this was kept.
pub(super) fn can_tell(inner: &Inner, changes: &ChangeSet) -> bool {
    let each = |change: &Change| match change.kind {
        ChangeKind::Deleted => true,
        ChangeKind::Created => !leaves_out(change),
        // What changed only in hidden columns leaves no values; what changed in the key, no name.
        ChangeKind::Updated => !change.after.is_empty() && !leaves_out(change) && !renames(inner, change),
        ChangeKind::ChangedByStatement => false,
    };
    !changes.is_empty() && !changes.truncated && changes.changes.iter().all(each)
}

/// Whether a value was too large to be kept.
fn leaves_out(change: &Change) -> bool {
    change.after.values().any(|value| value.get("left_out").is_some())
}

fn renames(inner: &Inner, change: &Change) -> bool {
    let in_key = |schema: &Collection| change.after.keys().any(|column| schema.primary_key.contains(column));
    inner.entry(&change.collection).map_or(true, |entry| in_key(&entry.whole))
}

/// A record, by its collection and id.
type Name<'a> = (&'a str, &'a str);

/// What a job left of a record: these values, or nothing.
type Left<'a> = Option<IndexMap<&'a str, &'a Json>>;

/// Which of these jobs' changes are there. Each is looked at for itself: that a later one wrote over the same
/// record proves little, because ends are not in the order of commits. So one that was written over is unknown.
pub(super) async fn kept(inner: &Inner, jobs: &[Job]) -> Vec<JobId> {
    let mut kept = Vec::new();
    for job in jobs {
        let cx = QueryContext { now: inner.clock.now(), timezone: job.caller.timezone };
        let mut all = true;
        for (name, left) in &left(&job.changes) {
            all = all && looks_like(inner, &cx, *name, left).await;
        }
        if all {
            kept.push(job.id);
        }
    }
    kept
}

/// How the last of a job's changes leaves each record.
fn left(changes: &ChangeSet) -> IndexMap<Name<'_>, Left<'_>> {
    let mut left: IndexMap<Name<'_>, Left<'_>> = IndexMap::new();
    for change in &changes.changes {
        let values = change.after.iter().map(|(column, value)| (column.as_str(), value));
        let record = left.entry((&change.collection, &change.id)).or_default();
        match change.kind {
            ChangeKind::Deleted => *record = None,
            ChangeKind::Created | ChangeKind::Updated | ChangeKind::ChangedByStatement => {
                record.get_or_insert_default().extend(values);
            }
        }
    }
    left
}

async fn looks_like(inner: &Inner, cx: &QueryContext, (collection, id): Name<'_>, left: &Left<'_>) -> bool {
    match (read(inner, cx, collection, id).await, left) {
        (Ok((schema, Some(record))), Some(values)) => {
            values.iter().all(|(column, value)| has(&schema, &record, column, value))
        }
        (Ok((_, record)), _) => record.is_none() && left.is_none(),
        (Err(error), _) => {
            tracing::warn!(collection, internal = error.internal_text(), "a record cannot be looked at: {error}");
            false
        }
    }
}

async fn read(
    inner: &Inner,
    cx: &QueryContext,
    collection: &str,
    id: &str,
) -> Result<(Arc<Collection>, Option<Record>)> {
    let entry = inner.entry(collection)?;
    let id = RecordId::parse(id, &entry.whole)?;
    let condition = compile::is_record(&entry.whole, &id)?;
    let query = Query { condition, projection: projection::own(&entry.whole), ..Query::default() };
    let found = entry.source.list(cx, collection, &query).await?;
    Ok((entry.whole.clone(), found.into_iter().next()))
}

/// Whether a record has this value. What the database computes says nothing.
fn has(schema: &Collection, record: &Record, column: &str, value: &Json) -> bool {
    let (Some(found), Some(column)) = (record.get(column), schema.column(column)) else { return false };
    column.read_only || Value::from_json(value, &column.column_type).is_ok_and(|value| same(found, &value))
}

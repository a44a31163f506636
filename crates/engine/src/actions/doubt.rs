//! Ends that nobody knows to count: found after a power cut, told by the records.
//!
//! The end of a job may be written while what the job changed is on its way to another disk,
//! where the two waits take as long as one. When the power goes between them, the end is there
//! and the change perhaps not. The change set says what the records must look like, so they
//! are looked at; what does not look like it is called unknown, never complete.
//!
//! Rejected: the one after the other always, which costs a second wait for each action; writing
//! the lost changes once more, over what somebody else may have written since.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::{Change, ChangeKind, ChangeSet, Collection, Job, JobId, Patch, Record, RecordId, Result};
use levers_ports::{Query, QueryContext};
use serde_json::{Value as Json, json};

use crate::engine::Inner;
use crate::recorder::same;
use crate::records::{compile, projection};

/// Whether the records alone can tell, later, that all of this was kept.
pub(super) fn can_tell(changes: &ChangeSet) -> bool {
    let each = |change: &Change| match change.kind {
        ChangeKind::Created | ChangeKind::Deleted => true,
        // What changed only in hidden columns leaves no values.
        ChangeKind::Updated => !change.after.is_empty(),
        ChangeKind::ChangedByStatement => false,
    };
    !changes.truncated && changes.changes.iter().all(each)
}

/// A record, by its collection and id.
type Name<'a> = (&'a str, &'a str);

/// What a job left of a record: these values, or nothing.
type Left<'a> = Option<IndexMap<&'a str, &'a Json>>;

/// Which of these jobs' changes are there; the jobs come with the last first.
pub(super) async fn kept(inner: &Inner, jobs: &[Job]) -> Vec<JobId> {
    let mut kept = Vec::new();
    // What a later job wrote over something proves that this was there.
    let mut proven: HashSet<Name<'_>> = HashSet::new();
    for job in jobs {
        let cx = QueryContext { now: inner.clock.now(), timezone: job.caller.timezone };
        let left = left(&job.changes);
        let mut all = true;
        for (name, left) in left.iter().filter(|(name, _)| !proven.contains(*name)) {
            all = all && looks_like(inner, &cx, *name, left).await;
        }
        if all {
            kept.push(job.id);
            proven.extend(left.into_keys());
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

/// Whether a record has this value. One that was too large to be kept says nothing.
fn has(schema: &Collection, record: &Record, column: &str, value: &Json) -> bool {
    let Some(found) = record.get(column) else { return false };
    let patch = Patch::from_json(&json!({ column: value }), schema);
    patch.ok().and_then(|Patch(values)| values.get(column).map(|value| same(found, value))).unwrap_or_default()
}

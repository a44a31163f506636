//! Records as one execution sees and changes them.
//!
//! All that a handler writes passes here, so that the job's change set misses
//! nothing: the audit of 'what did this job change' stands on it. A form gets
//! the same reads without the writes.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use levers_model::{
    Aggregation, Caller, Change, ChangeKind, ChangeSet, Collection, Condition, Error, Patch, Record, Result, Value,
};
use levers_ports::{AggregateRow, Query, QueryContext, RecordStream, Records, Written};

use crate::engine::Inner;
use crate::records::check::Checker;
use crate::records::projection;
use crate::registry::CollectionEntry;

/// What a recorder lets through.
enum Writes {
    /// Reads only: a form is being resolved.
    Refused,
    /// Everything, noted here; `None` once the job has ended.
    Recorded(Mutex<Option<ChangeSet>>),
}

/// [`Records`] over the engine's sources.
pub(crate) struct Recorder {
    inner: Arc<Inner>,
    cx: QueryContext,
    /// Whose permissions count for what is read through relations; `None` for an author's code.
    reader: Option<Arc<Caller>>,
    writes: Writes,
}

impl Recorder {
    /// For resolving a form: reads pass, writes are refused.
    pub(crate) fn reading(inner: Arc<Inner>, cx: QueryContext) -> Self {
        Self { inner, cx, reader: None, writes: Writes::Refused }
    }

    /// For running a handler. `reader` is set for built-in actions, whose queries
    /// come from the caller.
    pub(crate) fn recording(inner: Arc<Inner>, cx: QueryContext, reader: Option<Arc<Caller>>) -> Self {
        Self { inner, cx, reader, writes: Writes::Recorded(Mutex::new(Some(ChangeSet::default()))) }
    }

    /// Ends the recording: what changed until now. Later writes are refused, so
    /// that a task which outlives its job cannot change records unseen.
    pub(crate) fn close(&self) -> ChangeSet {
        match &self.writes {
            Writes::Refused => ChangeSet::default(),
            Writes::Recorded(set) => set.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default(),
        }
    }

    fn checker(&self) -> Checker<'_> {
        Checker::for_execution(&self.inner, self.reader.as_deref())
    }

    /// The collection, if it can be written now, and how many records still fit into the change set.
    fn writable(&self, collection: &str) -> Result<(&CollectionEntry, usize)> {
        let entry = self.inner.entry(collection)?;
        if entry.schema.read_only {
            return Err(Error::refused(format!("“{collection}” is read-only.")));
        }
        let room = match &self.writes {
            Writes::Refused => {
                return Err(Error::refused("A form cannot change records. Do it in the action's handler."));
            }
            Writes::Recorded(set) => set.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(ChangeSet::room),
        };
        let room = room.ok_or_else(|| Error::refused("The job has ended; its handler can change nothing any more."))?;
        Ok((entry, room))
    }

    fn note(&self, collection: &str, kind: ChangeKind, count: u64, changes: Option<Vec<Change>>) {
        if let Writes::Recorded(set) = &self.writes {
            if let Some(set) = set.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                set.add(collection, kind, count, changes);
            } else {
                tracing::warn!(collection, count, "records changed after the end of their job");
            }
        }
    }

    fn check_query(&self, entry: &CollectionEntry, query: &mut Query) -> Result<()> {
        let checker = self.checker();
        checker.condition(&entry.schema, &mut query.condition)?;
        checker.sort(&entry.schema, &query.sort)?;
        if query.projection.0.is_empty() {
            query.projection = projection::own(&entry.schema);
        } else {
            checker.projection(&entry.schema, &query.projection)?;
            query.projection = projection::with_key(std::mem::take(&mut query.projection), &entry.schema);
        }
        Ok(())
    }
}

#[async_trait]
impl Records for Recorder {
    fn collection(&self, name: &str) -> Result<Arc<Collection>> {
        self.inner.entry(name).map(|entry| entry.schema.clone())
    }

    async fn list(&self, collection: &str, mut query: Query) -> Result<Vec<Record>> {
        let entry = self.inner.entry(collection)?;
        self.check_query(entry, &mut query)?;
        entry.source.list(&self.cx, collection, &query).await
    }

    async fn stream(&self, collection: &str, mut query: Query) -> Result<RecordStream> {
        let entry = self.inner.entry(collection)?;
        self.check_query(entry, &mut query)?;
        entry.source.stream(&self.cx, collection, &query).await
    }

    async fn aggregate(
        &self,
        collection: &str,
        mut condition: Condition,
        aggregation: Aggregation,
        limit: Option<u64>,
    ) -> Result<Vec<AggregateRow>> {
        let entry = self.inner.entry(collection)?;
        self.checker().condition(&entry.schema, &mut condition)?;
        self.checker().aggregation(&entry.schema, &aggregation)?;
        entry.source.aggregate(&self.cx, collection, &condition, &aggregation, limit).await
    }

    async fn create(&self, collection: &str, mut records: Vec<Patch>) -> Result<Vec<Record>> {
        let (entry, room) = self.writable(collection)?;
        records.iter_mut().try_for_each(|patch| Checker::patch(&entry.schema, patch))?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let created = entry.source.create(collection, &records).await?;
        let changes = (created.len() <= room).then(|| whole(&entry.schema, ChangeKind::Created, &created)).flatten();
        self.note(collection, ChangeKind::Created, created.len() as u64, changes);
        Ok(created)
    }

    async fn update(&self, collection: &str, mut condition: Condition, mut patch: Patch) -> Result<u64> {
        let (entry, room) = self.writable(collection)?;
        self.checker().condition(&entry.schema, &mut condition)?;
        Checker::patch(&entry.schema, &mut patch)?;
        if patch.is_empty() {
            return Ok(0);
        }
        let Written { count, before } = entry.source.update(&self.cx, collection, &condition, &patch, room).await?;
        let changes = before.and_then(|before| updates(&entry.schema, &before, &patch));
        let differing = changes.as_ref().map_or(count, |changes| changes.len() as u64);
        self.note(collection, ChangeKind::Updated, differing, changes);
        Ok(count)
    }

    async fn delete(&self, collection: &str, mut condition: Condition) -> Result<u64> {
        let (entry, room) = self.writable(collection)?;
        self.checker().condition(&entry.schema, &mut condition)?;
        let Written { count, before } = entry.source.delete(&self.cx, collection, &condition, room).await?;
        let changes = before.and_then(|before| whole(&entry.schema, ChangeKind::Deleted, &before));
        self.note(collection, ChangeKind::Deleted, count, changes);
        Ok(count)
    }
}

/// More bytes of values than these are not kept: the bound on records alone
/// would let a thousand pictures into the store.
const LARGEST_CHANGES: usize = 4 * 1024 * 1024;

/// Changes of whole records; `None` when their values are too large to be kept.
fn whole(schema: &Collection, kind: ChangeKind, records: &[Record]) -> Option<Vec<Change>> {
    if records.iter().flat_map(Record::values).map(size).sum::<usize>() > LARGEST_CHANGES {
        return None;
    }
    let change = |record: &Record| {
        let values = record.iter().filter(|(path, _)| path.is_own());
        let values = values.map(|(path, value)| (path.as_str().to_owned(), value.to_json())).collect();
        let id = record.id(schema).ok()?.to_string();
        let mut change = Change {
            collection: schema.name.clone(),
            id,
            kind,
            before: indexmap::IndexMap::new(),
            after: indexmap::IndexMap::new(),
        };
        match kind {
            ChangeKind::Created => change.after = values,
            ChangeKind::Updated | ChangeKind::Deleted => change.before = values,
        }
        Some(change)
    };
    records.iter().map(change).collect()
}

/// Changes of the columns that a patch really changed; records that it left as they were are none.
fn updates(schema: &Collection, before: &[Record], patch: &Patch) -> Option<Vec<Change>> {
    let patched: usize = patch.0.values().map(size).sum();
    let old: usize = before.iter().flat_map(Record::values).map(size).sum();
    if patched * before.len() + old > LARGEST_CHANGES {
        return None;
    }
    let mut changes = Vec::with_capacity(before.len());
    for record in before {
        let mut change = Change {
            collection: schema.name.clone(),
            id: record.id(schema).ok()?.to_string(),
            kind: ChangeKind::Updated,
            before: indexmap::IndexMap::new(),
            after: indexmap::IndexMap::new(),
        };
        for (column, new) in &patch.0 {
            let old = record.get(column).unwrap_or(&Value::Null);
            if !same(old, new) {
                change.before.insert(column.clone(), old.to_json());
                change.after.insert(column.clone(), new.to_json());
            }
        }
        if !change.after.is_empty() {
            changes.push(change);
        }
    }
    Some(changes)
}

/// Whether a database would hold the two as one; a number has several types.
fn same(old: &Value, new: &Value) -> bool {
    if old == new {
        return true;
    }
    match (old.as_i64(), new.as_i64()) {
        (Some(old), Some(new)) => old == new,
        (None, None) => {
            std::mem::discriminant(old) != std::mem::discriminant(new)
                && matches!((old.as_f64(), new.as_f64()), (Some(old), Some(new)) if old.to_bits() == new.to_bits())
        }
        _ => false,
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len() * 4 / 3,
        Value::Json(json) => json.to_string().len(),
        Value::List(items) => items.iter().map(size).sum(),
        _ => 16,
    }
}

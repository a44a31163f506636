//! Records as one execution sees and changes them.
//!
//! All that a handler writes passes here, so that the job's change set misses
//! nothing: the audit of 'what did this job change' stands on it. A form gets
//! the same reads without the writes.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::future::{BoxFuture, try_join_all};
use futures::{FutureExt as _, TryFutureExt as _};
use indexmap::IndexMap;
use levers_model::{
    Action, Aggregation, BuiltIn, Caller, Change, ChangeKind, ChangeSet, Collection, Condition, Constraint, Error,
    Patch, Record, Result, Value,
};
use levers_ports::{AggregateRow, Query, QueryContext, RecordStream, Records, Script, ScriptResult, Source, Written};
use serde_json::{Value as Json, json};

use crate::engine::Inner;
use crate::records::check::Checker;
use crate::records::projection;
use crate::registry::{CollectionEntry, Sees};

/// What a recorder lets through.
enum Writes {
    /// Reads only: a form is being resolved.
    Refused,
    /// Everything, noted here; `None` once the job has ended.
    Recorded(Mutex<Option<Recorded>>),
}

/// What a job did.
#[derive(Default)]
pub(crate) struct Recorded {
    pub(crate) changes: ChangeSet,
    /// Where it wrote, or tried to.
    pub(crate) written: Vec<Arc<dyn Source>>,
    /// How many writes began whose changes are not noted: they failed, were broken off, or were statements.
    pub(crate) unseen: usize,
}

/// [`Records`] over the engine's sources.
pub(crate) struct Recorder {
    inner: Arc<Inner>,
    cx: QueryContext,
    /// Whose permissions count for what is read through relations; `None` for an author's code.
    reader: Option<Arc<Caller>>,
    /// Which fields there are.
    sees: Sees,
    writes: Writes,
}

impl Recorder {
    /// For resolving a form: reads pass, writes are refused.
    pub(crate) fn reading(inner: Arc<Inner>, cx: QueryContext) -> Self {
        Self { inner, cx, reader: None, sees: Sees::Everything, writes: Writes::Refused }
    }

    /// For running a handler. What a built-in action reads was named by the caller,
    /// so the caller's permissions count, and what is hidden stays so. Duplicate alone
    /// names nothing that the caller said, and has to copy all there is.
    pub(crate) fn recording(inner: Arc<Inner>, cx: QueryContext, action: &Action, caller: &Arc<Caller>) -> Self {
        let reader = action.built_in.map(|_| caller.clone());
        let sees = match action.built_in {
            None | Some(BuiltIn::Duplicate) => Sees::Everything,
            Some(_) => Sees::Shown,
        };
        Self { inner, cx, reader, sees, writes: Writes::Recorded(Mutex::new(Some(Recorded::default()))) }
    }

    /// Ends the recording: what changed until now. Later writes are refused, so
    /// that a task which outlives its job cannot change records unseen.
    pub(crate) fn close(&self) -> Recorded {
        match &self.writes {
            Writes::Refused => Recorded::default(),
            Writes::Recorded(set) => set.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default(),
        }
    }

    fn checker(&self, sees: Sees) -> Checker<'_> {
        Checker::for_execution(&self.inner, self.reader.as_deref(), sees)
    }

    /// Checks a condition. What a caller put into it was checked when the selection was
    /// compiled; what an author added, as a segment, may be about anything.
    fn check_condition(&self, entry: &CollectionEntry, condition: &mut Condition) -> Result<()> {
        self.checker(Sees::Everything).condition(&entry.whole, condition)
    }

    /// What the database said of a write. A caller must not learn from it which hidden
    /// columns there are.
    fn told(&self, entry: &CollectionEntry, error: Error) -> Error {
        let Some(Constraint { kind, fields, .. }) = error.violated() else { return error };
        if self.reader.is_none() || !fields.iter().any(|field| entry.hides(field)) {
            return error;
        }
        let fields = fields.iter().filter(|field| !entry.hides(field)).cloned().collect();
        let message = "A rule of the database that involves values which are not shown here refuses this.";
        Error::constraint(Constraint { kind: *kind, name: None, fields }, message).with_internal(&error)
    }

    /// The collection, if it can be written now, and how many records still fit into the change set.
    fn writable(&self, collection: &str) -> Result<(&CollectionEntry, usize)> {
        let entry = self.inner.entry(collection)?;
        if entry.schema.read_only {
            return Err(Error::refused(format!("“{collection}” is read-only.")));
        }
        Ok((entry, self.room(&entry.source, "A form cannot change records. Do it in the action's handler.")?))
    }

    /// How many records still fit into the change set; an error with this sentence in
    /// a form, and with another when the job has ended. The source counts as written from now
    /// on: who breaks off a write does not take it back.
    fn room(&self, source: &Arc<dyn Source>, in_form: &str) -> Result<usize> {
        let Writes::Recorded(set) = &self.writes else { return Err(Error::refused(in_form)) };
        let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Recorded { changes, written, unseen }) = set.as_mut() else {
            return Err(Error::refused("The job has ended; its handler can change nothing any more."));
        };
        if !written.iter().any(|before| Arc::ptr_eq(before, source)) {
            written.push(source.clone());
        }
        *unseen += 1;
        Ok(changes.room())
    }

    fn note(&self, collection: &str, kind: ChangeKind, count: u64, changes: Option<Vec<Change>>) {
        if let Writes::Recorded(set) = &self.writes {
            if let Some(set) = set.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                set.unseen -= usize::from(kind != ChangeKind::ChangedByStatement && set.unseen > 0);
                set.changes.add(collection, kind, count, changes);
            } else {
                tracing::warn!(collection, count, "records changed after the end of their job");
            }
        }
    }

    fn check_query(&self, entry: &CollectionEntry, query: &mut Query) -> Result<()> {
        self.check_condition(entry, &mut query.condition)?;
        let (checker, schema) = (self.checker(self.sees), entry.seen(self.sees));
        checker.sort(schema, &query.sort)?;
        if query.projection.0.is_empty() {
            query.projection = projection::own(schema);
        } else {
            checker.projection(schema, &query.projection)?;
            query.projection = projection::with_key(std::mem::take(&mut query.projection), schema);
        }
        Ok(())
    }
}

#[async_trait]
impl Records for Recorder {
    fn collection(&self, name: &str) -> Result<Arc<Collection>> {
        self.inner.entry(name).map(|entry| entry.seen(self.sees).clone())
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
        self.check_condition(entry, &mut condition)?;
        self.checker(self.sees).aggregation(entry.seen(self.sees), &aggregation)?;
        entry.source.aggregate(&self.cx, collection, &condition, &aggregation, limit).await
    }

    async fn create(&self, collection: &str, mut records: Vec<Patch>) -> Result<Vec<Record>> {
        let (entry, room) = self.writable(collection)?;
        records.iter_mut().try_for_each(|patch| Checker::patch(entry.seen(self.sees), patch))?;
        if records.is_empty() {
            return Ok(Vec::new());
        }
        let created = entry.source.create(collection, &records).await.map_err(|error| self.told(entry, error))?;
        let changes = (created.len() <= room).then(|| whole(&entry.schema, ChangeKind::Created, &created)).flatten();
        self.note(collection, ChangeKind::Created, created.len() as u64, changes);
        Ok(created)
    }

    async fn update(&self, collection: &str, mut condition: Condition, mut patch: Patch) -> Result<u64> {
        let (entry, room) = self.writable(collection)?;
        self.check_condition(entry, &mut condition)?;
        Checker::patch(entry.seen(self.sees), &mut patch)?;
        if patch.is_empty() {
            return Ok(0);
        }
        let written = entry.source.update(&self.cx, collection, &condition, &patch, room).await;
        let Written { count, before } = written.map_err(|error| self.told(entry, error))?;
        let changes = before.and_then(|before| updates(&entry.schema, &before, &patch));
        let differing = changes.as_ref().map_or(count, |changes| changes.len() as u64);
        self.note(collection, ChangeKind::Updated, differing, changes);
        Ok(count)
    }

    async fn update_each(&self, collection: &str, mut changes: Vec<(Condition, Patch)>) -> Result<u64> {
        let (entry, room) = self.writable(collection)?;
        for (condition, patch) in &mut changes {
            self.check_condition(entry, condition)?;
            Checker::patch(entry.seen(self.sees), patch)?;
        }
        changes.retain(|(_, patch)| !patch.is_empty());
        if changes.is_empty() {
            return Ok(0);
        }
        let written = entry.source.update_each(&self.cx, collection, &changes, room).await;
        let written = written.map_err(|error| self.told(entry, error))?;
        let count = written.iter().map(|written| written.count).sum();
        // Together they may be more than each of them was allowed to be.
        let few = written.iter().map(|written| written.before.as_ref().map_or(usize::MAX, Vec::len));
        let few = few.fold(0, usize::saturating_add) <= room;
        let kept = written
            .iter()
            .zip(&changes)
            .filter(|_| few)
            .map(|(written, (_, patch))| updates(&entry.schema, written.before.as_deref()?, patch));
        let kept: Option<Vec<Vec<Change>>> = kept.collect();
        let kept: Option<Vec<Change>> = kept.filter(|_| few).map(|kept| kept.into_iter().flatten().collect());
        let differing = kept.as_ref().map_or(count, |kept| kept.len() as u64);
        self.note(collection, ChangeKind::Updated, differing, kept);
        Ok(count)
    }

    async fn delete(&self, collection: &str, mut condition: Condition) -> Result<u64> {
        let (entry, room) = self.writable(collection)?;
        self.check_condition(entry, &mut condition)?;
        let written = entry.source.delete(&self.cx, collection, &condition, room).await;
        let Written { count, before } = written.map_err(|error| self.told(entry, error))?;
        let changes = before.and_then(|before| whole(&entry.schema, ChangeKind::Deleted, &before));
        self.note(collection, ChangeKind::Deleted, count, changes);
        Ok(count)
    }

    async fn flush(&self) -> Result<()> {
        let written = match &self.writes {
            Writes::Refused => Vec::new(),
            Writes::Recorded(set) => {
                let set = set.lock().unwrap_or_else(PoisonError::into_inner);
                set.as_ref().map(|recorded| recorded.written.clone()).unwrap_or_default()
            }
        };
        match flush(&written) {
            Some(flushed) => flushed.await,
            None => Ok(()),
        }
    }

    /// A read-only collection's action may write other tables, so only the source decides.
    async fn run_script(&self, collection: &str, script: Script) -> Result<ScriptResult> {
        let source = &self.inner.entry(collection)?.source;
        self.room(source, "A form cannot run SQL statements. Do it in the action's handler.")?;
        let scripts = source.scripts().ok_or_else(|| {
            Error::refused(format!(
                "The data source of “{collection}” is no SQL database, so it runs no SQL statements."
            ))
        })?;
        let result = scripts.run(&self.cx, &script).await?;
        self.note(collection, ChangeKind::ChangedByStatement, result.changed, None);
        Ok(result)
    }
}

/// Waits until what was written to these sources is on disk; `None` when nothing has to be waited for.
pub(crate) fn flush(written: &[Arc<dyn Source>]) -> Option<BoxFuture<'_, Result<()>>> {
    let mut flushes = written.iter().filter_map(|source| source.flush()).peekable();
    flushes.peek()?;
    Some(try_join_all(flushes).map_ok(drop).boxed())
}

/// More bytes of values than these are not kept: the bound on records alone
/// would let a thousand pictures into the store.
const LARGEST_CHANGES: usize = 4 * 1024 * 1024;

/// What becomes of values that are kept: the largest leave their size only, when
/// all together are too large.
struct Keep {
    /// The largest value that is kept whole, in bytes.
    share: usize,
}

impl Keep {
    fn new(count: usize, total: usize) -> Self {
        Self { share: if total > LARGEST_CHANGES { LARGEST_CHANGES / count.max(1) } else { usize::MAX } }
    }

    fn json(&self, value: &Value) -> Json {
        let size = size(value);
        if size > self.share.max(SMALL) { json!({ "left_out": true, "size": size }) } else { value.to_json() }
    }
}

/// Changes of whole records, as far as callers may know the columns: jobs are shown.
fn whole(schema: &Collection, kind: ChangeKind, records: &[Record]) -> Option<Vec<Change>> {
    let values = || records.iter().flat_map(Record::values);
    let keep = Keep::new(values().count(), values().map(size).sum());
    let change = |record: &Record| {
        let values = record.iter().filter(|(path, _)| schema.column(path.as_str()).is_some());
        let values = values.map(|(path, value)| (path.as_str().to_owned(), keep.json(value))).collect();
        let mut change = blank(schema, kind, record)?;
        match kind {
            ChangeKind::Created => change.after = values,
            ChangeKind::Updated | ChangeKind::Deleted | ChangeKind::ChangedByStatement => change.before = values,
        }
        Some(change)
    };
    records.iter().map(change).collect()
}

/// Changes of the columns that a patch really changed; records that it left as they were are none.
/// Of a record of which only hidden columns changed, nothing but its name is kept.
fn updates(schema: &Collection, before: &[Record], patch: &Patch) -> Option<Vec<Change>> {
    let old: usize = before.iter().flat_map(Record::values).map(size).sum();
    let new = patch.0.values().map(size).sum::<usize>() * before.len();
    let keep = Keep::new(2 * patch.0.len() * before.len(), old + new);
    let mut changes = Vec::with_capacity(before.len());
    for record in before {
        let mut change = blank(schema, ChangeKind::Updated, record)?;
        let mut differs = false;
        for (column, new) in &patch.0 {
            let old = record.get(column).unwrap_or(&Value::Null);
            if same(old, new) {
                continue;
            }
            differs = true;
            if schema.column(column).is_some() {
                change.before.insert(column.clone(), keep.json(old));
                change.after.insert(column.clone(), keep.json(new));
            }
        }
        if differs {
            changes.push(change);
        }
    }
    Some(changes)
}

fn blank(schema: &Collection, kind: ChangeKind, record: &Record) -> Option<Change> {
    Some(Change {
        collection: schema.name.clone(),
        id: record.id(schema).ok()?.to_string(),
        kind,
        before: IndexMap::new(),
        after: IndexMap::new(),
    })
}

/// Whether a database would hold the two as one; a number has several types.
pub(crate) fn same(old: &Value, new: &Value) -> bool {
    if std::mem::discriminant(old) == std::mem::discriminant(new) {
        return old == new;
    }
    match (old.as_i64(), new.as_i64()) {
        (Some(old), Some(new)) => old == new,
        _ => matches!((old.as_f64(), new.as_f64()), (Some(old), Some(new)) if old.total_cmp(&new).is_eq()),
    }
}

/// What a number or a date takes, about.
const SMALL: usize = 16;

/// How many bytes a value takes, near enough.
fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len() * 4 / 3,
        Value::Json(json) => json.to_string().len(),
        Value::List(items) => items.iter().map(size).sum(),
        _ => SMALL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use levers_model::{Column, ColumnType, FieldPath, FieldSchema};

    fn schema() -> Collection {
        let column = |name: &str| (name.to_owned(), FieldSchema::Column(Column::new(ColumnType::Text)));
        Collection {
            name: "scans".into(),
            fields: ["id", "picture"].map(column).into_iter().collect(),
            primary_key: vec!["id".into()],
            read_only: false,
        }
    }

    #[test]
    fn large_values_leave_their_size_and_the_record_its_name() {
        let columns: Arc<[FieldPath]> = [FieldPath::from("id"), FieldPath::from("picture")].into();
        let picture = Value::Bytes(vec![0; 6 * 1024 * 1024]);
        let record = Record::new(columns, vec![Value::Int(7), picture]);
        let changes = whole(&schema(), ChangeKind::Created, &[record]).unwrap();
        assert_eq!(changes[0].id, "7");
        assert_eq!(changes[0].after["picture"], json!({ "left_out": true, "size": 8 * 1024 * 1024 }));
    }

    #[test]
    fn a_number_of_another_type_is_no_change() {
        let columns: Arc<[FieldPath]> = [FieldPath::from("id"), FieldPath::from("picture")].into();
        let record = Record::new(columns, vec![Value::Int(7), Value::Int(3)]);
        for (new, changed) in [(Value::Float(3.0), false), (Value::Float(3.5), true), (Value::Null, true)] {
            let patch = Patch([("picture".to_owned(), new)].into_iter().collect());
            assert_eq!(updates(&schema(), std::slice::from_ref(&record), &patch).unwrap().len(), usize::from(changed));
        }
    }
}

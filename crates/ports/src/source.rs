//! A data source: a database or service that offers collections.
//!
//! Conditions arrive complete: searches, segments, scopes and selections are
//! compiled into them. Field paths and values were checked against the schema
//! by the engine; a source still refuses, with `Invalid`, what it cannot do,
//! rather than half-doing it. Errors carry a public text without SQL, paths or a
//! driver's words: `Constraint` for violated constraints, with the columns;
//! `Unavailable` when the database cannot be reached; the rest `Internal`.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use levers_model::{Aggregation, Collection, Condition, Error, Page, Patch, Projection, Record, Result, Sort, Value};

use crate::script::Scripts;

/// What relative dates are measured from.
#[derive(Debug, Clone, Copy)]
pub struct QueryContext {
    /// Now.
    pub now: DateTime<Utc>,
    /// The caller's.
    pub timezone: Tz,
}

/// Which records to read, which of their fields, in which order.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// What they must pass.
    pub condition: Condition,
    /// The fields to read. The engine adds the primary key.
    pub projection: Projection,
    /// Their order. A source that reads a page of a collection with a key breaks
    /// ties by the key, so that pages neither repeat nor lose records.
    pub sort: Sort,
    /// The window; `None` for all.
    pub page: Option<Page>,
}

/// Records, one after the other, without holding all of them in memory.
pub type RecordStream = BoxStream<'static, Result<Record>>;

/// What a write did.
#[derive(Debug, Clone)]
pub struct Written {
    /// How many records it was about.
    pub count: u64,
    /// These records as they were before, with the primary key and the columns
    /// that were asked for; `None` when there were more than the bound.
    pub before: Option<Vec<Record>>,
}

/// One group of an aggregation.
#[derive(Debug, Clone, PartialEq)]
pub struct AggregateRow {
    /// The group's values, in the order of [`Aggregation::groups`].
    pub group: Vec<Value>,
    /// What was computed; null for the sum, mean, minimum or maximum of nothing.
    pub value: Value,
}

/// A data source.
#[async_trait]
pub trait Source: Send + Sync {
    /// What it offers, as it was at start. Names are unique within the source.
    fn collections(&self) -> &[Arc<Collection>];

    /// The file that it stands in, if it is one on this machine; the system's own
    /// store is kept beside it.
    fn file(&self) -> Option<&Path> {
        None
    }

    /// What runs scripts in it, if it can run them.
    fn scripts(&self) -> Option<&dyn Scripts> {
        None
    }

    /// Reads a list.
    async fn list(&self, cx: &QueryContext, collection: &str, query: &Query) -> Result<Vec<Record>>;

    /// Reads a list of any length. Dropping the stream ends the reading.
    async fn stream(&self, cx: &QueryContext, collection: &str, query: &Query) -> Result<RecordStream>;

    /// Computes over a set of records; at most `limit` groups, greatest value first.
    async fn aggregate(
        &self,
        cx: &QueryContext,
        collection: &str,
        condition: &Condition,
        aggregation: &Aggregation,
        limit: Option<u64>,
    ) -> Result<Vec<AggregateRow>>;

    /// Adds records, all or none, and returns each whole (every column, also
    /// those that the database filled).
    async fn create(&self, collection: &str, records: &[Patch]) -> Result<Vec<Record>>;

    /// Sets these columns on every record that passes, in one statement. Within
    /// the same transaction it first reads the key and the patched columns of
    /// the records, when there are at most `bound` of them.
    async fn update(
        &self,
        cx: &QueryContext,
        collection: &str,
        condition: &Condition,
        patch: &Patch,
        bound: usize,
    ) -> Result<Written>;

    /// Sets columns, of each set of records to values of their own, in one transaction: what
    /// [`Source::update`] does for each, and nothing when one of them fails. Answers in the order of the changes.
    async fn update_each(
        &self,
        cx: &QueryContext,
        collection: &str,
        changes: &[(Condition, Patch)],
        bound: usize,
    ) -> Result<Vec<Written>> {
        let _ = (cx, changes, bound);
        Err(Error::refused(format!("The records of “{collection}” cannot be given values of their own at once.")))
    }

    /// Deletes every record that passes, in one statement. Within the same
    /// transaction it first reads all columns of the records, when there are at
    /// most `bound` of them.
    async fn delete(&self, cx: &QueryContext, collection: &str, condition: &Condition, bound: usize)
    -> Result<Written>;

    /// Waits until all that was written before it was called is on disk. `None` when writing has waited for that.
    ///
    /// A source whose writes are there for everybody before they are on disk lets the writes
    /// of many wait together; the engine waits before it answers.
    fn flush(&self) -> Option<BoxFuture<'_, Result<()>>> {
        None
    }

    /// Whether the database answers.
    async fn check(&self) -> Result<()>;
}

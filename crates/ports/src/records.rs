//! What a handler may do with records.
//!
//! The engine implements it over the sources: reads pass through, writes pass
//! the recorder, so that the job's change set misses nothing.

use std::sync::Arc;

use async_trait::async_trait;
use levers_model::{Aggregation, Collection, Condition, Error, Patch, Record, Result};

use crate::script::{Script, ScriptResult};
use crate::source::{AggregateRow, Query, RecordStream};

/// Records of all collections, as one execution sees and changes them.
#[async_trait]
pub trait Records: Send + Sync {
    /// A collection's schema. `NotFound` says which names there are.
    fn collection(&self, name: &str) -> Result<Arc<Collection>>;

    /// Reads a list. An empty projection means every column.
    async fn list(&self, collection: &str, query: Query) -> Result<Vec<Record>>;

    /// Reads a list of any length.
    async fn stream(&self, collection: &str, query: Query) -> Result<RecordStream>;

    /// Computes over a set of records.
    async fn aggregate(
        &self,
        collection: &str,
        condition: Condition,
        aggregation: Aggregation,
        limit: Option<u64>,
    ) -> Result<Vec<AggregateRow>>;

    /// Adds records, all or none, and returns each whole.
    async fn create(&self, collection: &str, records: Vec<Patch>) -> Result<Vec<Record>>;

    /// Sets columns on every record that passes; says how many there were.
    async fn update(&self, collection: &str, condition: Condition, patch: Patch) -> Result<u64>;

    /// Sets columns, of each set of records to values of their own: all of them or, when one
    /// cannot be written, none. Says how many records there were.
    async fn update_each(&self, collection: &str, changes: Vec<(Condition, Patch)>) -> Result<u64> {
        let _ = changes;
        Err(Error::refused(format!("The records of “{collection}” cannot be given values of their own at once.")))
    }

    /// Deletes every record that passes; says how many there were.
    async fn delete(&self, collection: &str, condition: Condition) -> Result<u64>;

    /// Waits until all that was written so far is on disk. Everything is when the action answers;
    /// this is for a handler that is about to tell somebody outside of it.
    async fn flush(&self) -> Result<()> {
        Ok(())
    }

    /// Runs statements on the data source of this collection, wholly or not at all.
    async fn run_script(&self, collection: &str, script: Script) -> Result<ScriptResult> {
        let _ = script;
        Err(Error::refused(format!("The data source of “{collection}” runs no SQL statements.")))
    }
}

//! Records past the engine: for a test to arrange and to check, unrecorded.

use std::sync::Arc;

use async_trait::async_trait;
use levers_model::{Aggregation, Collection, Condition, Error, FieldPath, Patch, Projection, Record, Result};
use levers_ports::{AggregateRow, Query, QueryContext, RecordStream, Records, Script, ScriptResult, Source};

pub(super) struct DirectRecords {
    pub(super) sources: Vec<Arc<dyn Source>>,
    pub(super) cx: QueryContext,
}

impl DirectRecords {
    fn find(&self, name: &str) -> Result<(&Arc<dyn Source>, &Arc<Collection>)> {
        let all =
            self.sources.iter().flat_map(|source| source.collections().iter().map(move |schema| (source, schema)));
        let found = all.into_iter().find(|(_, schema)| schema.name == name);
        found.ok_or_else(|| Error::not_found(format!("There is no collection “{name}”.")))
    }

    fn source(&self, name: &str) -> Result<&Arc<dyn Source>> {
        Ok(self.find(name)?.0)
    }

    /// As the engine does: every column where none was named, and the key in any case.
    fn complete(&self, name: &str, mut query: Query) -> Result<Query> {
        let (_, schema) = self.find(name)?;
        if query.projection.0.is_empty() {
            query.projection = Projection::new(schema.columns().map(|(name, _)| name));
        }
        for key in &schema.primary_key {
            query.projection.add(FieldPath::from(key.as_str()));
        }
        Ok(query)
    }
}

#[async_trait]
impl Records for DirectRecords {
    fn collection(&self, name: &str) -> Result<Arc<Collection>> {
        Ok(self.find(name)?.1.clone())
    }

    async fn list(&self, collection: &str, query: Query) -> Result<Vec<Record>> {
        let query = self.complete(collection, query)?;
        self.source(collection)?.list(&self.cx, collection, &query).await
    }

    async fn stream(&self, collection: &str, query: Query) -> Result<RecordStream> {
        let query = self.complete(collection, query)?;
        self.source(collection)?.stream(&self.cx, collection, &query).await
    }

    async fn aggregate(
        &self,
        collection: &str,
        condition: Condition,
        aggregation: Aggregation,
        limit: Option<u64>,
    ) -> Result<Vec<AggregateRow>> {
        self.source(collection)?.aggregate(&self.cx, collection, &condition, &aggregation, limit).await
    }

    async fn create(&self, collection: &str, records: Vec<Patch>) -> Result<Vec<Record>> {
        self.source(collection)?.create(collection, &records).await
    }

    async fn update(&self, collection: &str, condition: Condition, patch: Patch) -> Result<u64> {
        let written = self.source(collection)?.update(&self.cx, collection, &condition, &patch, 0).await?;
        Ok(written.count)
    }

    async fn update_each(&self, collection: &str, changes: Vec<(Condition, Patch)>) -> Result<u64> {
        let written = self.source(collection)?.update_each(&self.cx, collection, &changes, 0).await?;
        Ok(written.iter().map(|written| written.count).sum())
    }

    async fn delete(&self, collection: &str, condition: Condition) -> Result<u64> {
        Ok(self.source(collection)?.delete(&self.cx, collection, &condition, 0).await?.count)
    }

    async fn run_script(&self, collection: &str, script: Script) -> Result<ScriptResult> {
        let scripts = self.source(collection)?.scripts();
        let scripts =
            scripts.ok_or_else(|| Error::refused(format!("The data source of “{collection}” runs no SQL.")))?;
        scripts.run(&self.cx, &script).await
    }
}

//! Computing over records.

use levers_model::{Aggregation, RequestFilter, Result};
use levers_ports::AggregateRow;

use crate::context::OpContext;
use crate::engine::Engine;
use crate::records::check::Checker;

impl Engine {
    /// Computes over the records that pass the filter; at most `limit` groups, greatest value first.
    ///
    /// # Errors
    /// Those of [`Engine::list`].
    pub async fn aggregate(
        &self,
        cx: &OpContext,
        collection: &str,
        filter: RequestFilter,
        aggregation: Aggregation,
        limit: Option<u64>,
    ) -> Result<Vec<AggregateRow>> {
        let entry = self.readable(cx, collection)?;
        Checker::for_caller(&self.inner, &cx.caller).aggregation(&entry.schema, &aggregation)?;
        let condition = self.narrowed(cx, entry, filter, None).await?;
        entry.source.aggregate(&cx.query_context(), collection, &condition, &aggregation, limit).await
    }
}

//! Counting.

use levers_model::{Aggregation, Error, ParentRecord, RequestFilter, Result};

use crate::context::OpContext;
use crate::engine::Engine;

impl Engine {
    /// How many records pass the filter (and are related to the parent, when one is given).
    ///
    /// # Errors
    /// Those of [`Engine::list`].
    pub async fn count(
        &self,
        cx: &OpContext,
        collection: &str,
        filter: RequestFilter,
        parent: Option<ParentRecord>,
    ) -> Result<u64> {
        let entry = self.readable(cx, collection)?;
        let condition = self.narrowed(cx, entry, filter, parent.as_ref()).await?;
        let counted =
            entry.source.aggregate(&cx.query_context(), collection, &condition, &Aggregation::count(), None).await?;
        // No group at all is what some databases say of no record.
        let count = counted.first().and_then(|row| row.value.as_i64()).unwrap_or(0);
        u64::try_from(count).map_err(|_| Error::internal(format!("{collection} has {count} records")))
    }
}

//! Reading a list.

use levers_model::{Record, Result};

use crate::context::OpContext;
use crate::engine::Engine;
use crate::records::ListQuery;

impl Engine {
    /// Reads the records that the query asks for.
    ///
    /// # Errors
    /// `NotFound` for an unknown collection, `Invalid` for unknown fields, segments
    /// and operators, `Unavailable` when the database cannot be reached.
    pub async fn list(&self, cx: &OpContext, collection: &str, query: ListQuery) -> Result<Vec<Record>> {
        let entry = self.readable(cx, collection)?;
        let query = self.compile_list(cx, entry, query).await?;
        entry.source.list(&cx.query_context(), collection, &query).await
    }
}

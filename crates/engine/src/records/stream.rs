//! Reading a list of any length.

use levers_model::Result;
use levers_ports::RecordStream;

use crate::context::OpContext;
use crate::engine::Engine;
use crate::records::ListQuery;

impl Engine {
    /// Reads the records that the query asks for, without holding all of them in memory.
    ///
    /// # Errors
    /// Those of [`Engine::list`].
    pub async fn stream(&self, cx: &OpContext, collection: &str, query: ListQuery) -> Result<RecordStream> {
        let entry = self.readable(cx, collection)?;
        let query = self.compile_list(cx, entry, query).await?;
        entry.source.stream(&cx.query_context(), collection, &query).await
    }
}

//! Reading one record.

use levers_model::{Error, Projection, Record, RecordId, Result};
use levers_ports::Query;

use crate::context::OpContext;
use crate::engine::Engine;
use crate::records::{ListQuery, compile};

impl Engine {
    /// Reads one record; `projection` as in [`crate::ListQuery`].
    ///
    /// # Errors
    /// `NotFound` when there is none of this id; else those of [`Engine::list`].
    pub async fn get(
        &self,
        cx: &OpContext,
        collection: &str,
        id: &RecordId,
        projection: Option<Projection>,
    ) -> Result<Record> {
        let entry = self.readable(cx, collection)?;
        let query = ListQuery { projection, ..ListQuery::default() };
        let query =
            Query { condition: compile::is_record(&entry.schema, id)?, ..self.compile_list(cx, entry, query).await? };
        let found = entry.source.list(&cx.query_context(), collection, &query).await?.into_iter().next();
        found.ok_or_else(|| Error::not_found(format!("“{collection}” has no record “{id}”.")))
    }
}

//! Reading records.

mod aggregate;
pub(crate) mod check;
pub(crate) mod compile;
mod count;
mod get;
mod list;
pub(crate) mod projection;
mod stream;
mod title;

use levers_model::{Condition, Page, ParentRecord, Projection, RequestFilter, Result, Sort};
use levers_ports::Query;

pub use self::title::Titled;
use crate::authorize::Permission;
use crate::context::OpContext;
use crate::engine::Engine;
use crate::records::check::Checker;
use crate::registry::CollectionEntry;

/// What to read of a collection.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// What the list is narrowed to.
    pub filter: RequestFilter,
    /// The fields; `None` for all columns, and all columns of to-one relations. The key is always added.
    pub projection: Option<Projection>,
    /// The order.
    pub sort: Sort,
    /// The window; `None` for all.
    pub page: Option<Page>,
    /// Set to read the related data of this record only. A parent that does not
    /// exist has no related records.
    pub parent: Option<ParentRecord>,
}

impl Engine {
    /// Finds a collection of which the caller may read the records.
    fn readable(&self, cx: &OpContext, collection: &str) -> Result<&CollectionEntry> {
        let entry = self.entry(collection)?;
        self.authorize(cx, Permission::Read { collection })?;
        Ok(entry)
    }

    /// Compiles what a list is narrowed to.
    async fn narrowed(
        &self,
        cx: &OpContext,
        entry: &CollectionEntry,
        filter: RequestFilter,
        parent: Option<&ParentRecord>,
    ) -> Result<Condition> {
        let checker = Checker::for_caller(&self.inner, &cx.caller);
        let condition = compile::filter(checker, entry, filter)?;
        match parent {
            Some(parent) => {
                let related = compile::related(checker, &self.inner, &cx.query_context(), entry, parent).await?;
                Ok(condition.and(related))
            }
            None => Ok(condition),
        }
    }

    /// Compiles a list's query.
    async fn compile_list(&self, cx: &OpContext, entry: &CollectionEntry, query: ListQuery) -> Result<Query> {
        let checker = Checker::for_caller(&self.inner, &cx.caller);
        let projection = match query.projection {
            Some(projection) => {
                checker.projection(&entry.schema, &projection)?;
                projection
            }
            None => projection::default(checker, &entry.schema),
        };
        checker.sort(&entry.schema, &query.sort)?;
        Ok(Query {
            condition: self.narrowed(cx, entry, query.filter, query.parent.as_ref()).await?,
            projection: projection::with_key(projection, &entry.schema),
            sort: query.sort,
            page: query.page,
        })
    }
}

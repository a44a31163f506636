//! Delete: removes the selected records.

use async_trait::async_trait;
use levers_model::Result;
use levers_ports::{ActionContext, Handler, Reply};

use super::counted;

pub(super) struct Delete;

#[async_trait]
impl Handler for Delete {
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        let count = cx.records.delete(&cx.collection.name, cx.condition.clone()).await?;
        Ok(counted(count, "deleted").into())
    }
}

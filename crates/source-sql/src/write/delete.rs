//! Delete: one statement however many records.

use levers_model::{Condition, Projection, Result};
use levers_ports::{QueryContext, Written};
use sea_query::{Query, TableRef};

use super::Target;
use crate::db::Built;
use crate::error::OrPublic as _;
use crate::query::{Statement, own_condition};

/// Deletes every record that passes.
pub(crate) async fn delete(
    target: Target<'_>,
    cx: &QueryContext,
    condition: &Condition,
    bound: usize,
) -> Result<Written> {
    let target = target.writable()?;
    let entity = target.entity;
    let mut tx = target.begin().await?;
    let worked = async {
        let before = target.before(&mut tx, cx, condition, Projection::default(), bound).await?;
        if before.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Written { count: 0, before });
        }
        let condition = target.exactly(condition, before.as_deref())?;
        let mut delete = Query::delete();
        delete.from_table(TableRef::Table(entity.table.clone(), None));
        if condition != Condition::always() {
            let mut statement = Statement::new(target.schema, target.dialect, cx);
            delete.and_where(own_condition(&mut statement, entity, &condition)?);
        }
        let done = tx.execute(Built::new(&delete, target.dialect)).await.or_public(Some(entity))?;
        Ok(Written { count: done.affected, before })
    }
    .await;
    target.end(tx, worked).await
}

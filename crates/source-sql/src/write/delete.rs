//! Delete: one statement however many records.

use levers_model::{Condition, Projection, Result};
use levers_ports::{QueryContext, Written};
use sea_query::{Query, TableRef};

use super::in_one::Writing;
use super::{Capture, Target};
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
    let write = |condition: &Condition| {
        let mut delete = Query::delete();
        delete.from_table(TableRef::Table(entity.table.clone(), None));
        if *condition != Condition::always() {
            let mut statement = Statement::new(target.schema, target.dialect, cx);
            delete.and_where(own_condition(&mut statement, entity, condition)?);
        }
        Ok(Writing::Delete(delete))
    };
    target.capture(Capture { cx, condition, projection: Projection::default(), bound }, write).await
}

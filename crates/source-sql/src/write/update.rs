//! Update: one statement however many records.

use levers_model::{Condition, Error, Patch, Result};
use levers_ports::{QueryContext, Written};
use sea_query::{Query, TableRef};

use super::in_one::Writing;
use super::{Capture, Target, with_key};
use crate::query::{Statement, own_condition};

/// Sets columns on every record that passes.
pub(crate) async fn update(
    target: Target<'_>,
    cx: &QueryContext,
    condition: &Condition,
    patch: &Patch,
    bound: usize,
) -> Result<Written> {
    let target = target.writable()?;
    let values = target.check(patch)?;
    if values.is_empty() {
        return Err(Error::invalid("Nothing is to be changed: give at least one column a value."));
    }
    let entity = target.entity;
    let projection = with_key(entity, patch.0.keys());
    let write = |condition: &Condition| {
        let mut update = Query::update();
        update.table(TableRef::Table(entity.table.clone(), None));
        for (column, value) in &values {
            update.value(column.name.clone(), target.dialect.stored(value, column)?);
        }
        if *condition != Condition::always() {
            let mut statement = Statement::new(target.schema, target.dialect, cx);
            update.and_where(own_condition(&mut statement, entity, condition)?);
        }
        Ok(Writing::Update(update))
    };
    target.capture(Capture { cx, condition, projection, bound }, write).await
}

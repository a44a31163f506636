//! Update: one statement however many records, or, for values of their own, one for each set of records.

use levers_model::{Condition, Error, Patch, Projection, Result, Value};
use levers_ports::{QueryContext, Written};
use sea_query::{Query, TableRef};

use super::in_one::Writing;
use super::{Capture, Target, with_key};
use crate::catalog::TableColumn;
use crate::db::{Db, Tx};
use crate::error::OrPublic as _;
use crate::query::{Statement, own_condition};

/// Values that are to be set where a condition holds, checked.
struct Assignment<'a> {
    target: Target<'a>,
    cx: &'a QueryContext,
    condition: &'a Condition,
    values: Vec<(&'a TableColumn, Value)>,
    projection: Projection,
}

impl<'a> Assignment<'a> {
    fn new(target: Target<'a>, cx: &'a QueryContext, condition: &'a Condition, patch: &'a Patch) -> Result<Self> {
        let values = target.check(patch)?;
        if values.is_empty() {
            return Err(Error::invalid("Nothing is to be changed: give at least one column a value."));
        }
        let projection = with_key(target.entity, patch.0.keys());
        Ok(Self { target, cx, condition, values, projection })
    }

    fn capture(&self, bound: usize) -> Capture<'a> {
        Capture { cx: self.cx, condition: self.condition, projection: self.projection.clone(), bound }
    }

    fn write(&self, condition: &Condition) -> Result<Writing> {
        let Self { target, cx, values, .. } = self;
        let mut update = Query::update();
        update.table(TableRef::Table(target.entity.table.clone(), None));
        for (column, value) in values {
            update.value(column.name.clone(), target.dialect.stored(value, column)?);
        }
        if *condition != Condition::always() {
            let mut statement = Statement::new(target.schema, target.dialect, cx);
            update.and_where(own_condition(&mut statement, target.entity, condition)?);
        }
        Ok(Writing::Update(update))
    }
}

/// Sets columns on every record that passes.
pub(crate) async fn update(
    target: Target<'_>,
    cx: &QueryContext,
    condition: &Condition,
    patch: &Patch,
    bound: usize,
) -> Result<Written> {
    let target = target.writable()?;
    let assignment = Assignment::new(target, cx, condition, patch)?;
    target.capture(assignment.capture(bound), |condition| assignment.write(condition)).await
}

/// Sets columns of each set of records to values of their own, in one transaction.
pub(crate) async fn update_each(
    target: Target<'_>,
    cx: &QueryContext,
    changes: &[(Condition, Patch)],
    bound: usize,
) -> Result<Vec<Written>> {
    let target = target.writable()?;
    let assignments = changes.iter().map(|(condition, patch)| Assignment::new(target, cx, condition, patch));
    let assignments: Vec<Assignment<'_>> = assignments.collect::<Result<_>>()?;
    match target.db {
        Db::Sqlite(sqlite) => {
            let (mut steps, mut read) = (Vec::with_capacity(2 * assignments.len()), Vec::new());
            for assignment in &assignments {
                let capture = assignment.capture(bound);
                let (its, columns) = target.steps(&capture, |condition| assignment.write(condition))?;
                steps.extend(its);
                read.push((capture, columns));
            }
            let mut done = sqlite.transact(steps).await.or_public(Some(target.entity))?.into_iter();
            Ok(read.iter().map(|(capture, columns)| capture.written(columns.as_ref(), &mut done)).collect())
        }
        Db::Postgres(lender) => Box::pin(update_each_in(Tx::postgres(lender), target, &assignments, bound)).await,
        Db::MySql(lender) => Box::pin(update_each_in(Tx::mysql(lender), target, &assignments, bound)).await,
    }
}

/// The same in a transaction of a server that is still to be opened.
async fn update_each_in(
    tx: impl Future<Output = Result<Tx, sqlx::Error>>,
    target: Target<'_>,
    assignments: &[Assignment<'_>],
    bound: usize,
) -> Result<Vec<Written>> {
    let mut tx = tx.await.or_public(Some(target.entity))?;
    let worked = async {
        let mut written = Vec::with_capacity(assignments.len());
        for assignment in assignments {
            let capture = assignment.capture(bound);
            written.push(target.capture_within(&mut tx, &capture, |condition| assignment.write(condition)).await?);
        }
        Ok(written)
    }
    .await;
    target.end(tx, worked).await
}

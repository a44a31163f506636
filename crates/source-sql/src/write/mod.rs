//! Writing: create, update, delete, each in one transaction.

mod create;
mod delete;
mod update;

use std::sync::Arc;

use levers_model::{
    Condition, ConstraintKind, Error, FieldPath, Operator, Page, Patch, Projection, Record, Result, Value,
};
use levers_ports::{Query, QueryContext};
use sea_query::{DynIden, IntoIden as _, LockType};

pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use update::update;

use crate::catalog::TableColumn;
use crate::db::{Built, Db, Row, Tx};
use crate::dialect::Dialect;
use crate::error::{OrPublic as _, violated};
use crate::query::{Statement, select};
use crate::schema::{Entity, Schema};
use crate::value::coerce;

/// What every write needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) db: &'a Db,
    pub(crate) schema: &'a Schema,
    pub(crate) dialect: Dialect,
    pub(crate) entity: &'a Entity,
}

impl<'a> Target<'a> {
    /// Refuses what nobody may write.
    pub(crate) fn writable(self) -> Result<Self> {
        if self.entity.collection.read_only {
            return Err(Error::refused(format!(
                "“{}” is read-only: it is a view, a table without a primary key, or part of a read-only database.",
                self.entity.collection.name
            )));
        }
        Ok(self)
    }

    /// Begins a transaction.
    async fn begin(self) -> Result<Tx> {
        self.db.begin().await.or_public(Some(self.entity))
    }

    /// Ends it the way that its work went.
    async fn end<T>(self, tx: Tx, worked: Result<T>) -> Result<T> {
        match worked {
            Ok(done) => tx.commit().await.or_public(Some(self.entity)).map(|()| done),
            Err(error) => {
                tx.rollback().await;
                Err(error)
            }
        }
    }

    /// A patch's values as its columns take them.
    fn check(self, patch: &Patch) -> Result<Vec<(&'a TableColumn, Value)>> {
        let checked = patch.0.iter().map(|(name, value)| {
            let column = self.entity.column(name)?;
            if column.column.read_only {
                return Err(Error::refused(format!("“{name}” cannot be written: the database computes it.")));
            }
            let value = coerce(value, column.column_type(), name)?;
            // Not every database tells which column a text was too long for.
            let length = value.as_str().map_or(0, |text| text.chars().count());
            if column.column.max_length.is_some_and(|longest| length > longest as usize) {
                return Err(violated(ConstraintKind::Range, None, vec![name.clone()], None));
            }
            Ok((column, value))
        });
        checked.collect()
    }

    /// Reads these columns of the records that pass, locked until the
    /// transaction ends, unless there are more than `bound`.
    async fn before(
        self,
        tx: &mut Tx,
        cx: &QueryContext,
        condition: &Condition,
        projection: Projection,
        bound: usize,
    ) -> Result<Option<Vec<Record>>> {
        if bound == 0 {
            return Ok(None);
        }
        let page = Some(Page { skip: 0, limit: bound as u64 + 1 });
        let query = Query { condition: condition.clone(), projection, page, ..Query::default() };
        let mut selected = select(Statement::new(self.schema, self.dialect, cx), self.entity, &query)?;
        match self.dialect {
            Dialect::Sqlite => {}
            // Joined records are only looked at; PostgreSQL cannot lock what an outer join may not find.
            Dialect::Postgres => {
                let own: DynIden = "t0".into_iden();
                selected.statement.lock_with_tables(LockType::Update, [own]);
            }
            Dialect::MySql(_) => {
                selected.statement.lock_exclusive();
            }
        }
        let built = Built::new(&selected.statement, self.dialect);
        let rows = tx.fetch(built, &selected.decoders).await.or_public(Some(self.entity))?;
        Ok((rows.len() <= bound).then(|| records(&selected.columns, rows)))
    }

    /// The condition that a write runs with after `before` was read: just the
    /// records that it locked, so that none is written that was not captured.
    /// SQLite lets nobody else write meanwhile.
    fn exactly(self, condition: &Condition, before: Option<&[Record]>) -> Result<Condition> {
        match before {
            Some(records) if self.dialect != Dialect::Sqlite => self.keys(records),
            _ => Ok(condition.clone()),
        }
    }

    fn keys(self, records: &[Record]) -> Result<Condition> {
        let ids = records.iter().map(|record| record.id(&self.entity.collection).map(|id| id.0));
        let ids: Vec<Vec<Value>> = ids.collect::<Result<_>>()?;
        Ok(match self.entity.collection.primary_key.as_slice() {
            [key] => Condition::leaf(key.as_str(), Operator::In, Value::List(ids.into_iter().flatten().collect())),
            keys => Condition::Or(ids.into_iter().map(|id| key_condition(keys, id)).collect()),
        })
    }
}

/// The record with this key.
fn key_condition(keys: &[String], id: Vec<Value>) -> Condition {
    let leaves = keys.iter().zip(id).map(|(key, value)| Condition::leaf(key.as_str(), Operator::Equal, value));
    Condition::And(leaves.collect())
}

/// Rows as records of these columns.
pub(crate) fn records(columns: &Arc<[FieldPath]>, rows: Vec<Row>) -> Vec<Record> {
    rows.into_iter().map(|row| Record::new(Arc::clone(columns), row)).collect()
}

/// The paths of the key, then of these columns.
fn with_key<'a>(entity: &'a Entity, columns: impl Iterator<Item = &'a String>) -> Projection {
    Projection::new(entity.collection.primary_key.iter().chain(columns).map(String::as_str))
}

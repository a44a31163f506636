//! Writing: create, update, delete, each in one transaction.

mod create;
mod delete;
mod in_one;
mod update;

use std::sync::Arc;

use levers_model::{
    Condition, ConstraintKind, Error, FieldPath, Operator, Page, Patch, Projection, Record, Result, Value,
};
use levers_ports::{Query, QueryContext, Written};
use sea_query::{DynIden, IntoIden as _, LockType};

pub(crate) use create::create;
pub(crate) use delete::delete;
pub(crate) use update::{update, update_each};

use self::in_one::Writing;
use crate::catalog::TableColumn;
use crate::db::{Built, Db, Row, Step, Tx};
use crate::dialect::Dialect;
use crate::error::{OrPublic as _, violated};
use crate::query::{Selected, Statement, select};
use crate::schema::{Entity, Schema};
use crate::sqlite::{Done, Sqlite};
use crate::value::coerce;

/// What every write needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) db: &'a Db,
    pub(crate) schema: &'a Schema,
    pub(crate) dialect: Dialect,
    pub(crate) entity: &'a Entity,
}

/// Which records are written, and what of them is read before.
struct Capture<'a> {
    cx: &'a QueryContext,
    condition: &'a Condition,
    projection: Projection,
    bound: usize,
}

impl Capture<'_> {
    /// What was read, unless it is more than was to be.
    fn records(&self, columns: &Arc<[FieldPath]>, rows: Vec<Row>) -> Option<Vec<Record>> {
        (rows.len() <= self.bound).then(|| records(columns, rows))
    }

    /// What its statements did, which are the next of these.
    fn written(&self, columns: Option<&Arc<[FieldPath]>>, done: &mut impl Iterator<Item = Done>) -> Written {
        let before = columns.and_then(|columns| self.records(columns, done.next()?.rows));
        Written { count: done.next().map_or(0, |written| written.affected), before }
    }
}

/// The statements of a capture, and the columns that the first of two reads.
type Steps = (Vec<Step>, Option<Arc<[FieldPath]>>);

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

    /// Ends a transaction the way that its work went.
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

    /// Writes the records that pass and says what they were, in one transaction:
    /// their `projection` is read first, unless there are more than `bound`, then
    /// the statement for a condition runs.
    async fn capture(
        self,
        capture: Capture<'_>,
        write: impl Fn(&Condition) -> Result<Writing> + Send + Sync,
    ) -> Result<Written> {
        match self.db {
            Db::Sqlite(sqlite) => self.capture_at_once(sqlite, &capture, write).await,
            // Boxed, so that a write to a file does not move the much larger state of one to a server about.
            Db::Postgres(lender) => match self.before_in_one(&capture)? {
                Some(selected) => {
                    let write = write(&Condition::always())?;
                    Box::pin(self.capture_in_one(lender, &capture, selected, write)).await
                }
                None => Box::pin(self.capture_in(Tx::postgres(lender), &capture, write)).await,
            },
            Db::MySql(lender) => Box::pin(self.capture_in(Tx::mysql(lender), &capture, write)).await,
        }
    }

    /// The same in a transaction of a server that is still to be opened.
    async fn capture_in(
        self,
        tx: impl Future<Output = Result<Tx, sqlx::Error>>,
        capture: &Capture<'_>,
        write: impl Fn(&Condition) -> Result<Writing> + Send + Sync,
    ) -> Result<Written> {
        let mut tx = tx.await.or_public(Some(self.entity))?;
        let worked = self.capture_within(&mut tx, capture, write).await;
        self.end(tx, worked).await
    }

    /// The same within a transaction of a server that is open.
    async fn capture_within(
        self,
        tx: &mut Tx,
        capture: &Capture<'_>,
        write: impl Fn(&Condition) -> Result<Writing> + Send + Sync,
    ) -> Result<Written> {
        let entity = Some(self.entity);
        let mut before = None;
        if let Some(selected) = self.before(capture)? {
            let built = Built::new(&selected.statement, self.dialect);
            let rows = tx.fetch(built, &selected.decoders).await.or_public(entity)?;
            before = capture.records(&selected.columns, rows);
        }
        // Just the records that were locked, so that none is written that was not captured.
        let write = match before.as_deref() {
            Some([]) => return Ok(Written { count: 0, before }),
            Some(records) => write(&self.keys(records)?)?,
            None => write(capture.condition)?,
        };
        let done = tx.execute(write.built(self.dialect)).await.or_public(entity)?;
        Ok(Written { count: done.affected, before })
    }

    /// The same on SQLite, which lets nobody else write meanwhile, so that all
    /// statements are known in advance.
    async fn capture_at_once(
        self,
        sqlite: &Sqlite,
        capture: &Capture<'_>,
        write: impl Fn(&Condition) -> Result<Writing>,
    ) -> Result<Written> {
        let (steps, columns) = self.steps(capture, write)?;
        let mut done = sqlite.transact(steps).await.or_public(Some(self.entity))?.into_iter();
        Ok(capture.written(columns.as_ref(), &mut done))
    }

    /// The statements of a capture, and which columns the first of two reads.
    fn steps(self, capture: &Capture<'_>, write: impl Fn(&Condition) -> Result<Writing>) -> Result<Steps> {
        let (mut steps, mut columns) = (Vec::with_capacity(2), None);
        if let Some(selected) = self.before(capture)? {
            let built = Built::new(&selected.statement, self.dialect);
            steps.push(Step { built, decoders: selected.decoders });
            columns = Some(selected.columns);
        }
        steps.push(Step { built: write(capture.condition)?.built(self.dialect), decoders: vec![] });
        Ok((steps, columns))
    }

    /// The statement that reads the records to be written, and locks them where
    /// others could write meanwhile.
    fn before(self, capture: &Capture<'_>) -> Result<Option<Selected>> {
        if capture.bound == 0 {
            return Ok(None);
        }
        let page = Some(Page { skip: 0, limit: capture.bound as u64 + 1 });
        let (condition, projection) = (capture.condition.clone(), capture.projection.clone());
        let query = Query { condition, projection, page, ..Query::default() };
        let mut selected = select(Statement::new(self.schema, self.dialect, capture.cx), self.entity, &query)?;
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
        Ok(Some(selected))
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

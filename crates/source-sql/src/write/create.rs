//! Create: all records or none, each returned whole.
//!
//! Records with the same columns go in one statement. MySQL returns nothing from
//! an insert, so there each record is read back by its key; MariaDB can say
//! which key it made.

use std::sync::Arc;

use chrono::DateTime;
use chrono_tz::Tz;
use levers_model::{Error, Patch, Record, Result, Value};
use levers_ports::QueryContext;
use sea_query::{Expr, InsertStatement, Query, Returning, TableRef};

use super::{Target, key_condition, records};
use crate::catalog::TableColumn;
use crate::db::{Built, Db, Step, Tx};
use crate::dialect::Dialect;
use crate::error::OrPublic as _;
use crate::lender::Lender;
use crate::query::{Statement, all_columns, select};
use crate::value::Decoder;

/// Fewer than any database takes.
const MOST_VALUES: usize = 30_000;
const MOST_RECORDS: usize = 500;

type Values<'a> = Vec<(&'a TableColumn, Value)>;

/// Adds records.
pub(crate) async fn create(target: Target<'_>, patches: &[Patch]) -> Result<Vec<Record>> {
    let target = target.writable()?;
    let values: Vec<Values<'_>> = patches.iter().map(|patch| target.check(patch)).collect::<Result<_>>()?;
    match target.db {
        Db::Sqlite(sqlite) => {
            let steps = batches(&values).map(|batch| insert(target, batch)).collect::<Result<_>>()?;
            let done = sqlite.transact(steps).await.or_public(Some(target.entity))?;
            let columns = all_columns(target.entity);
            Ok(done.into_iter().flat_map(|done| records(&columns, done.rows)).collect())
        }
        Db::Postgres(lender) => Box::pin(create_on_postgres(target, lender, &values)).await,
        Db::MySql(lender) => Box::pin(create_on_mysql(target, lender, &values)).await,
    }
}

async fn create_on_postgres(
    target: Target<'_>,
    lender: &Lender<sqlx::Postgres>,
    values: &[Values<'_>],
) -> Result<Vec<Record>> {
    let (entity, columns) = (Some(target.entity), all_columns(target.entity));
    let mut tx = Tx::postgres(lender).await.or_public(entity)?;
    let worked = async {
        let mut created = Vec::with_capacity(values.len());
        for batch in batches(values) {
            let Step { built, decoders } = insert(target, batch)?;
            created.extend(records(&columns, tx.fetch(built, &decoders).await.or_public(entity)?));
        }
        Ok(created)
    }
    .await;
    target.end(tx, worked).await
}

async fn create_on_mysql(
    target: Target<'_>,
    lender: &Lender<sqlx::MySql>,
    values: &[Values<'_>],
) -> Result<Vec<Record>> {
    let mut tx = Tx::mysql(lender).await.or_public(Some(target.entity))?;
    let worked = async {
        let mut created = Vec::with_capacity(values.len());
        for values in values {
            created.push(insert_one(target, &mut tx, values).await?);
        }
        Ok(created)
    }
    .await;
    target.end(tx, worked).await
}

/// Runs of records with the same columns, each small enough for one statement.
fn batches<'a, 'b>(values: &'a [Values<'b>]) -> impl Iterator<Item = &'a [Values<'b>]> {
    let mut rest = values;
    std::iter::from_fn(move || {
        let first = rest.first()?;
        let largest = (MOST_VALUES / first.len().max(1)).min(MOST_RECORDS);
        // Without values there is no list of columns to repeat.
        let same = |other: &&Values<'_>| !first.is_empty() && names(first).eq(names(other));
        let length = 1 + rest[1..].iter().take_while(same).take(largest - 1).count();
        let (batch, others) = rest.split_at(length);
        rest = others;
        Some(batch)
    })
}

fn names<'a>(values: &'a Values<'_>) -> impl Iterator<Item = &'a str> {
    values.iter().map(|(column, _)| column.name.as_str())
}

/// Inserts records and returns them whole.
fn insert(target: Target<'_>, batch: &[Values<'_>]) -> Result<Step> {
    let Target { entity, dialect, .. } = target;
    let mut insert = statement(target, batch)?;
    let columns = entity.columns.values();
    let read = columns.clone().map(|column| dialect.read(Expr::col(column.name.clone()), &column.storage));
    insert.returning(Returning::new().exprs(read));
    Ok(Step { built: Built::new(&insert, dialect), decoders: columns.map(Decoder::of).collect() })
}

fn statement(target: Target<'_>, batch: &[Values<'_>]) -> Result<InsertStatement> {
    let mut insert = Query::insert();
    insert.into_table(TableRef::Table(target.entity.table.clone(), None));
    match batch.first() {
        Some(first) if !first.is_empty() => insert.columns(first.iter().map(|(column, _)| column.name.clone())),
        _ => insert.or_default_values(),
    };
    for values in batch.iter().filter(|values| !values.is_empty()) {
        let stored = values.iter().map(|(column, value)| target.dialect.stored(value, column));
        insert.values(stored.collect::<Result<Vec<_>>>()?).map_err(Error::internal)?;
    }
    Ok(insert)
}

/// Inserts one record and reads it back by its key.
async fn insert_one(target: Target<'_>, tx: &mut Tx, values: &Values<'_>) -> Result<Record> {
    let Target { entity, dialect, .. } = target;
    let built = Built::new(&statement(target, std::slice::from_ref(values))?, dialect);
    let keys = &entity.collection.primary_key;
    let given = |key: &String| values.iter().find(|(column, _)| column.name == *key).map(|(_, value)| value.clone());
    let numbered = |key: &String| entity.auto_increment.as_ref() == Some(key);
    let unknown = keys.iter().find(|key| !numbered(key) && given(key).is_none_or(|value| value.is_null()));
    let id = match (unknown, dialect) {
        (None, _) => {
            let done = tx.execute(built).await.or_public(Some(entity))?;
            let number = i64::try_from(done.last_insert_id)
                .map_or_else(|_| Value::Decimal(done.last_insert_id.into()), Value::Int);
            let value = |key| given(key).filter(|value| !value.is_null()).unwrap_or_else(|| number.clone());
            keys.iter().map(value).collect()
        }
        (Some(_), Dialect::MySql(server)) if server.mariadb => returned_key(target, tx, built).await?,
        (Some(key), _) => {
            return Err(Error::invalid(format!(
                "Give “{key}” a value: this database does not tell which key it made, so the record could not be found again."
            )));
        }
    };
    read_back(target, tx, id).await
}

async fn returned_key(target: Target<'_>, tx: &mut Tx, built: Built) -> Result<Vec<Value>> {
    let Target { entity, dialect, .. } = target;
    let keys = entity.collection.primary_key.iter().map(|key| entity.column(key)).collect::<Result<Vec<_>>>()?;
    let read = keys.iter().map(|key| dialect.read(Expr::col(key.name.clone()), &key.storage));
    let decoders: Vec<Decoder> = keys.iter().map(|key| Decoder::of(key)).collect();
    let rows = tx.fetch(built.returning(read), &decoders).await.or_public(Some(entity))?;
    rows.into_iter().next().ok_or_else(|| Error::internal("the insert returned no key"))
}

async fn read_back(target: Target<'_>, tx: &mut Tx, id: Vec<Value>) -> Result<Record> {
    let Target { entity, dialect, .. } = target;
    // Nothing in a key's condition is relative to now.
    let cx = QueryContext { now: DateTime::default(), timezone: Tz::UTC };
    let condition = key_condition(&entity.collection.primary_key, id);
    let query = levers_ports::Query { condition, ..levers_ports::Query::default() };
    let selected = select(Statement::new(target.schema, dialect, &cx), entity, &query)?;
    let rows = tx.fetch(Built::new(&selected.statement, dialect), &selected.decoders).await.or_public(Some(entity))?;
    let row = rows.into_iter().next().ok_or_else(|| Error::internal("a created record cannot be found by its key"))?;
    Ok(Record::new(Arc::clone(&selected.columns), row))
}

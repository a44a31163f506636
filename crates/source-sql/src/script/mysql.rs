//! Scripts on MySQL and MariaDB, which take values in their own types and convert
//! them to those of the columns.

use futures::TryStreamExt as _;
use levers_ports::{ScriptMistake, ScriptResult};
use sea_query_sqlx::SqlxValues;
use sqlx::mysql::{MySqlConnection, MySqlDatabaseError, MySqlRow, MySqlTypeInfo};
use sqlx::{
    AssertSqlSafe, Column as _, Either, Executor as _, MySql, Row as _, SqlSafeStr as _, Statement as _, Type,
    TypeInfo as _,
};

use super::failure::Stop;
use super::kind::Verb;
use super::lex::{Statement, mistake};
use super::values::{Kept, Ready};
use crate::value::{Decoder, Kind, mysql};

/// Runs statements that are ready, within a transaction.
pub(super) async fn work(
    connection: &mut MySqlConnection,
    statements: &[Statement],
    ready: Vec<Ready>,
) -> Result<ScriptResult, Stop> {
    let mut columns = Vec::with_capacity(statements.len());
    for (number, statement) in statements.iter().enumerate() {
        let asked = connection.prepare(AssertSqlSafe(marked(statement)).into_sql_str()).await;
        let asked = asked.map_err(|failure| Stop { statement: number, why: failure.into() })?;
        columns.push(asked.columns().iter().map(|column| column.name().to_owned()).collect::<Vec<_>>());
    }
    let mut kept = Kept::default();
    for (index, ready) in ready.into_iter().enumerate() {
        let number = index % statements.len();
        let returned = step(connection, number, &statements[number], ready, &mut kept)
            .await
            .map_err(|failure| Stop { statement: number, why: failure.into() })?;
        // Rows tell their columns themselves, also after the table changed.
        if returned == 0 && !columns[number].is_empty() {
            kept.returns(number, || columns[number].clone());
        }
    }
    Ok(kept.into_result())
}

/// The statement with one mark for each name, as the server is asked about it.
fn marked(statement: &Statement) -> String {
    statement.render(|_, _| "?".into()).sql
}

/// Runs one statement; says how many rows it returned.
async fn step(
    connection: &mut MySqlConnection,
    number: usize,
    statement: &Statement,
    ready: Ready,
    kept: &mut Kept,
) -> Result<u64, sqlx::Error> {
    let query = sqlx::query_with(AssertSqlSafe(ready.sql), SqlxValues(ready.values)).persistent(ready.stays);
    let mut results = connection.fetch_many(query);
    let (mut changed, mut returned) = (0, 0);
    // A procedure may have several results, each with columns of its own; the first is kept.
    let mut decoders: Option<Vec<Decoder>> = None;
    let mut ended = false;
    while let Some(result) = results.try_next().await? {
        match result {
            Either::Left(done) => {
                changed += done.rows_affected();
                ended |= decoders.is_some();
            }
            Either::Right(row) => {
                returned += 1;
                let decoders = decoders.get_or_insert_with(|| of(&row));
                if !ended && kept.returns(number, || names(&row)) && kept.has_room() {
                    kept.push(mysql::row(&row, decoders));
                }
            }
        }
    }
    if statement.verb != Verb::Read {
        // Rows that a statement returns are not counted as changed there; those of a procedure are others.
        kept.changed(if statement.written.is_some() { changed.max(returned) } else { changed });
    }
    Ok(returned)
}

fn names(row: &MySqlRow) -> Vec<String> {
    row.columns().iter().map(|column| column.name().to_owned()).collect()
}

fn of(row: &MySqlRow) -> Vec<Decoder> {
    row.columns().iter().map(|column| decoder(column.type_info())).collect()
}

fn decoder(info: &MySqlTypeInfo) -> Decoder {
    let name = info.name();
    let kind = match name.trim_end_matches(" UNSIGNED") {
        "BOOLEAN" => Kind::Boolean,
        "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" | "YEAR" => Kind::Integer,
        "BIT" => return Decoder { unsigned: true, ..Decoder::plain(Kind::Integer) },
        "FLOAT" | "DOUBLE" => Kind::Float,
        "DECIMAL" => Kind::Decimal,
        "DATE" => Kind::Date,
        "TIME" => Kind::Time,
        "DATETIME" => Kind::DateTime,
        "TIMESTAMP" => Kind::Timestamp,
        "JSON" => Kind::Json,
        // Text in a binary collation has the name of bytes.
        _ if <str as Type<MySql>>::compatible(info) => Kind::Text,
        _ => Kind::Binary,
    };
    Decoder { unsigned: name.ends_with(" UNSIGNED"), ..Decoder::plain(kind) }
}

/// Asks the server whether it understands a statement.
pub(super) async fn prepare(
    connection: &mut MySqlConnection,
    statement: &Statement,
) -> Result<Option<ScriptMistake>, sqlx::Error> {
    let Err(failure) = connection.prepare(AssertSqlSafe(marked(statement)).into_sql_str()).await else {
        return Ok(None);
    };
    let text = failure.as_database_error().and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>());
    match text {
        Some(error) => Ok(Some(mistake(0, format!("The database says: {}.", error.message().trim_end_matches('.'))))),
        None => Err(failure),
    }
}

//! Scripts on SQLite files: on the one connection that writes, or, when no statement
//! writes, on one of their own, so that a long report keeps nobody waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use levers_model::Value;
use levers_ports::{ScriptMistake, ScriptResult};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Row};

use super::failure::{Stop, Why};
use super::kind::Verb;
use super::lex::{Statement, mistake};
use super::values::{Kept, Ready};
use crate::error::Failure;
use crate::introspect::sqlite::column_type;
use crate::sqlite::{Sqlite, bind};
use crate::value::{Kind, sqlite};

/// How long a script may work that keeps other writes waiting.
const WRITING: Duration = Duration::from_mins(1);

/// After how many of its steps SQLite looks at the clock; far less than a millisecond.
const STEPS: i32 = 20_000;

/// Runs statements that are ready in one transaction.
pub(super) async fn run(database: &Sqlite, statements: &[Statement], ready: Vec<Ready>) -> Result<ScriptResult, Stop> {
    let verbs: Vec<Verb> = statements.iter().map(|statement| statement.verb).collect();
    let writes = verbs.iter().any(|verb| *verb != Verb::Read);
    // Told by the thread that works, for the sentence about its failure.
    let reached = Arc::new(AtomicUsize::new(0));
    let at = Arc::clone(&reached);
    let limit = if writes { WRITING } else { super::DEADLINE };
    let work = move |connection: &Connection| within(connection, limit, || all(connection, &verbs, &ready, &at));
    let worked = if writes { database.write(work).await } else { database.aside(work).await };
    worked.map_err(|failure| Stop { statement: reached.load(Ordering::Relaxed), why: Why::Failed(failure) })
}

/// Does something and interrupts it when it takes too long.
fn within<T>(connection: &Connection, limit: Duration, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let end = Instant::now() + limit;
    connection.progress_handler(STEPS, Some(move || Instant::now() >= end))?;
    let worked = work();
    connection.progress_handler(0, None::<fn() -> bool>)?;
    worked
}

fn all(connection: &Connection, verbs: &[Verb], ready: &[Ready], at: &AtomicUsize) -> Result<ScriptResult, Error> {
    let mut kept = Kept::default();
    for (index, ready) in ready.iter().enumerate() {
        let number = index % verbs.len();
        at.store(number, Ordering::Relaxed);
        let mut cached;
        let mut fresh;
        let statement = if ready.stays {
            cached = connection.prepare_cached(&ready.sql)?;
            &mut *cached
        } else {
            fresh = connection.prepare(&ready.sql)?;
            &mut fresh
        };
        bind(statement, &ready.values)?;
        let mut rows = statement.raw_query();
        // Known with the first row only: until then, the columns may be those from before the table changed.
        let mut kinds = None;
        while let Some(row) = rows.next()? {
            let kinds = kinds.get_or_insert_with(|| kinds_of(row.as_ref()));
            if kept.returns(number, || names(row.as_ref())) && kept.has_room() {
                kept.push(values(row, kinds));
            }
        }
        drop(rows);
        if kinds.is_none() && statement.column_count() > 0 {
            kept.returns(number, || names(statement));
        }
        if verbs[number] != Verb::Read {
            kept.changed(connection.changes());
        }
    }
    Ok(kept.into_result())
}

/// Columns are of the kind that they are declared as; a computed value has none.
fn kinds_of(statement: &rusqlite::Statement<'_>) -> Vec<Option<Kind>> {
    let kind = |declared: &str| Kind::of(&column_type(declared));
    statement.columns().iter().map(|column| column.decl_type().map(kind)).collect()
}

fn names(statement: &rusqlite::Statement<'_>) -> Vec<String> {
    statement.column_names().into_iter().map(str::to_owned).collect()
}

fn values(row: &Row<'_>, kinds: &[Option<Kind>]) -> Vec<Value> {
    let value = |(index, kind): (usize, &Option<Kind>)| {
        row.get_ref(index).map_or(Value::Null, |raw| sqlite::value(raw, kind.unwrap_or_else(|| stored_as(raw))))
    };
    kinds.iter().enumerate().map(value).collect()
}

/// The kind that a value is stored as.
fn stored_as(raw: ValueRef<'_>) -> Kind {
    match raw {
        ValueRef::Null | ValueRef::Text(_) => Kind::Text,
        ValueRef::Integer(_) => Kind::Integer,
        ValueRef::Real(_) => Kind::Float,
        ValueRef::Blob(_) => Kind::Binary,
    }
}

/// Asks SQLite whether it understands a statement.
pub(super) async fn prepare(database: &Sqlite, statement: &Statement) -> Result<(), ScriptMistake> {
    let rendered = statement.render(|_, _| "?".into());
    let sql = rendered.sql.clone();
    let wanted = statement.uses.len();
    let found =
        database.read(move |connection| connection.prepare(&sql).map(|statement| statement.parameter_count())).await;
    match found {
        Ok(found) if found == wanted => Ok(()),
        Ok(_) => Err(mistake(
            0,
            "The statement has values without a name. Write “:id” or another name with a colon for each.",
        )),
        Err(Failure::Sqlite(Error::SqlInputError { msg, offset, .. })) => {
            let offset = usize::try_from(offset).map_or(0, |offset| statement.origin(&rendered, offset));
            Err(mistake(offset, format!("SQLite says: {msg}.")))
        }
        Err(Failure::Sqlite(Error::SqliteFailure(_, Some(text)))) => Err(mistake(0, format!("SQLite says: {text}."))),
        Err(failure) => Err(mistake(0, crate::error::public(&failure, None).message())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::primary_code;

    #[test]
    fn what_takes_too_long_is_interrupted_and_what_follows_is_not() {
        let connection = Connection::open_in_memory().unwrap();
        let count = |rows: u32| {
            let sql = format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) SELECT count(*) FROM n"
            );
            connection.query_row(&sql, [], |row| row.get::<_, u32>(0))
        };
        let failure = within(&connection, Duration::ZERO, || count(u32::MAX)).unwrap_err();
        assert_eq!(primary_code(&failure), rusqlite::ffi::SQLITE_INTERRUPT);
        assert_eq!(count(100_000).unwrap(), 100_000);
    }
}

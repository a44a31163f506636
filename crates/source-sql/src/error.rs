//! A driver's failures in words of ours.
//!
//! Violated constraints name the columns, found through the constraint's name
//! where the driver tells only that. What a caller can do nothing about is
//! internal, with the driver's words for the log.

use levers_model::{Constraint, ConstraintKind, Error, ErrorKind, Result};
use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgDatabaseError;

use crate::schema::Entity;

/// Turns a driver's result into ours.
pub(crate) trait OrPublic<T> {
    /// `entity` is the collection that was written or read, if one was.
    fn or_public(self, entity: Option<&Entity>) -> Result<T>;
}

impl<T, F: Into<Failure>> OrPublic<T> for Result<T, F> {
    fn or_public(self, entity: Option<&Entity>) -> Result<T> {
        self.map_err(|failure| public(&failure.into(), entity))
    }
}

/// Why a statement did not work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A server's driver says so.
    Sqlx(sqlx::Error),
    /// SQLite says so.
    Sqlite(rusqlite::Error),
    /// Others before it took too long, so it was not begun.
    TimedOut,
    /// The thread that worked on it panicked.
    Crashed,
    /// It was committed, but the disk did not take it.
    NotSynced(std::io::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(failure: sqlx::Error) -> Self {
        Self::Sqlx(failure)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(failure: rusqlite::Error) -> Self {
        Self::Sqlite(failure)
    }
}

/// Whether the connection is gone, so that the same on another may succeed.
pub(crate) fn is_broken(failure: &sqlx::Error) -> bool {
    match failure {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => true,
        // The server is shutting down, was restarted, or an administrator ended the session.
        sqlx::Error::Database(database) => matches!(
            database.code().as_deref(),
            Some("57P01" | "57P02" | "57P03" | "08000" | "08003" | "08006" | "08S01")
        ),
        _ => false,
    }
}

/// Turns a driver's failure into ours.
pub(crate) fn public(failure: &Failure, entity: Option<&Entity>) -> Error {
    match failure {
        Failure::Sqlx(failure) => {
            from_server(failure, entity).unwrap_or_else(|| Error::internal(failure)).with_internal(failure)
        }
        Failure::Sqlite(failure) => {
            from_sqlite(failure, entity).unwrap_or_else(|| Error::internal(failure)).with_internal(failure)
        }
        Failure::TimedOut => unavailable().with_internal("others before it took too long"),
        Failure::Crashed => Error::internal("the thread that worked on it panicked"),
        Failure::NotSynced(failure) => Error::new(
            ErrorKind::Internal,
            "The disk that holds the database failed, and what was changed may be lost. Look at the disk, then at the \
             records.",
        )
        .with_internal(format_args!("the log could not be synced: {failure}")),
    }
}

fn unavailable() -> Error {
    Error::unavailable(
        "The database does not answer at the moment. Nothing is wrong with the request; try again in a few seconds.",
    )
}

/// The sentence for a failure, or `None` for one that a caller can do nothing about.
fn from_server(failure: &sqlx::Error, entity: Option<&Entity>) -> Option<Error> {
    if is_broken(failure)
        || matches!(failure, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_))
    {
        return Some(unavailable());
    }
    let database = failure.as_database_error()?;
    if let Some(postgres) = database.try_downcast_ref::<PgDatabaseError>() {
        from_postgres(postgres, entity)
    } else {
        from_mysql(database.try_downcast_ref::<MySqlDatabaseError>()?, entity)
    }
}

fn from_postgres(failure: &PgDatabaseError, entity: Option<&Entity>) -> Option<Error> {
    let name = failure.constraint().map(str::to_owned);
    let column = failure.column().map(str::to_owned);
    let kind = match failure.code() {
        "23505" | "23P01" => ConstraintKind::Unique,
        "23503" | "23001" => ConstraintKind::ForeignKey,
        "23502" => ConstraintKind::NotNull,
        "23514" => ConstraintKind::Check,
        "P0001" => return Some(refused_by_trigger(failure.message())),
        "22001" | "22003" | "22008" | "22P02" | "22007" | "22021" | "22P03" => ConstraintKind::Range,
        "53100" => return Some(disk_full()),
        "42P01" | "42703" | "3F000" => return Some(schema_changed()),
        // Out of connections, out of memory, starting up, in recovery.
        code if code.starts_with("53") || code.starts_with("57P") => return Some(unavailable()),
        "40001" | "40P01" | "55P03" => return Some(busy()),
        "57014" => return Some(too_slow()),
        "42501" => return Some(denied()),
        "25006" => return Some(read_only()),
        _ => return None,
    };
    Some(violated(kind, name, column.into_iter().collect(), entity))
}

fn from_mysql(failure: &MySqlDatabaseError, entity: Option<&Entity>) -> Option<Error> {
    // In its ANSI mode the server quotes names in its messages as the standard does.
    let text = &*failure.message().replace('"', "`");
    let (kind, name, columns) = match failure.number() {
        // Duplicate entry 'x' for key 'table.key' (MySQL) or 'key' (MariaDB).
        1062 | 1586 => {
            let key = last_between(text, '\'').unwrap_or_default();
            (ConstraintKind::Unique, Some(key.rsplit('.').next().unwrap_or(key)), vec![])
        }
        // CONSTRAINT `name` FOREIGN KEY (`column`, `other`) REFERENCES
        1216 | 1217 | 1451 | 1452 => {
            let name = text.split_once("CONSTRAINT `").and_then(|(_, rest)| rest.split('`').next());
            let columns = text.split_once("FOREIGN KEY (").and_then(|(_, rest)| rest.split(')').next());
            let columns = columns
                .map_or_else(Vec::new, |list| list.split(", ").map(|name| name.trim_matches('`').to_owned()).collect());
            // When records are pointed at, the columns are another table's.
            let own = !matches!(failure.number(), 1217 | 1451);
            (ConstraintKind::ForeignKey, name, if own { columns } else { vec![] })
        }
        1048 | 1364 => (ConstraintKind::NotNull, None, between(text, '\'').map(str::to_owned).into_iter().collect()),
        1406 | 1264 | 1265 | 1292 | 1366 | 1367 => {
            let column = text.split_once("for column ").and_then(|(_, rest)| rest.rsplit('.').next());
            let column = column.and_then(|rest| rest.trim_start_matches(['\'', '`']).split(['\'', '`']).next());
            (ConstraintKind::Range, None, column.map(str::to_owned).into_iter().collect())
        }
        // A number too large; a bound text with characters that the column's character set has not.
        1690 | 3988 => (ConstraintKind::Range, None, vec![]),
        // MariaDB says the latter so, and of two columns something like it.
        1267 | 1270 | 1271 if text.contains("COERCIBLE") => (ConstraintKind::Range, None, vec![]),
        3819 => (ConstraintKind::Check, between(text, '\''), vec![]),
        4025 => (ConstraintKind::Check, between(text, '`'), vec![]),
        1205 | 1213 => return Some(busy()),
        1040 | 1053 | 1129 | 1203 => return Some(unavailable()),
        1021 => return Some(disk_full()),
        1054 | 1146 => return Some(schema_changed()),
        1644 => return Some(refused_by_trigger(failure.message())),
        1142 | 1143 => return Some(denied()),
        1317 | 1969 | 3024 => return Some(too_slow()),
        1290 | 1792 | 1836 => return Some(read_only()),
        _ => return None,
    };
    Some(violated(kind, name.map(str::to_owned), columns, entity))
}

/// SQLite's code for a file that is not where it was when it was opened.
pub(crate) const MOVED: i32 = rusqlite::ffi::SQLITE_READONLY_DBMOVED;

/// SQLite's own code, whose lowest byte says what kind of failure it is; 0 for
/// what is not SQLite's.
pub(crate) fn code(failure: &rusqlite::Error) -> i32 {
    failure.sqlite_error().map_or(0, |error| error.extended_code)
}

/// The kind of failure alone.
pub(crate) fn primary_code(failure: &rusqlite::Error) -> i32 {
    code(failure) & 0xff
}

fn from_sqlite(failure: &rusqlite::Error, entity: Option<&Entity>) -> Option<Error> {
    let (error, text) = match failure {
        rusqlite::Error::SqliteFailure(error, text) => (error, text.as_deref().unwrap_or_default()),
        rusqlite::Error::SqlInputError { error, msg, .. } => (error, msg.as_str()),
        _ => return None,
    };
    let code = error.extended_code;
    let detail = text.split_once("failed: ").map(|(_, detail)| detail);
    let columns = || {
        let names = detail.unwrap_or_default().split(", ").filter_map(|name| name.split_once('.'));
        names.map(|(_, column)| column.to_owned()).collect::<Vec<_>>()
    };
    let kind = match code {
        1555 | 2067 | 2579 => ConstraintKind::Unique,
        787 => ConstraintKind::ForeignKey,
        1299 => ConstraintKind::NotNull,
        275 => ConstraintKind::Check,
        3091 | 20 | 18 => ConstraintKind::Range,
        1811 => return Some(refused_by_trigger(text)),
        code if matches!(code & 0xff, 5 | 6) => return Some(busy()),
        MOVED => return Some(moved()),
        code if code & 0xff == 8 => return Some(read_only()),
        code if matches!(code & 0xff, 10 | 14) => return Some(unavailable()),
        13 => return Some(disk_full()),
        1 if text.starts_with("no such table")
            || text.starts_with("no such column")
            || text.contains(" has no column named ") =>
        {
            return Some(schema_changed());
        }
        1 if text == "integer overflow" => {
            return Some(Error::refused("The sum is too large for this database to compute."));
        }
        _ => return None,
    };
    if kind == ConstraintKind::Check {
        let rule = detail.unwrap_or_default();
        // A check without a name is told by its SQL, which is nothing for a caller's eyes.
        let name = Some(rule).filter(|rule| is_name(rule)).map(str::to_owned);
        let fields = if name.is_none() { mentioned(rule, entity) } else { vec![] };
        return Some(violated(kind, name, fields, entity));
    }
    Some(violated(kind, None, columns(), entity))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'))
}

/// The columns that an expression of SQL speaks of.
fn mentioned(expression: &str, entity: Option<&Entity>) -> Vec<String> {
    let words: Vec<&str> = expression.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let columns = entity.into_iter().flat_map(|entity| entity.columns.keys());
    columns.filter(|column| words.contains(&column.as_str())).cloned().collect()
}

/// What a trigger or a procedure raises was written for whoever reads it.
fn refused_by_trigger(text: &str) -> Error {
    Error::refused(format!("The database refused this: {}.", text.trim_end_matches('.')))
}

fn busy() -> Error {
    Error::unavailable("The database is busy with other changes to the same records. Try again in a few seconds.")
}

fn too_slow() -> Error {
    Error::unavailable(
        "The database ended the request because it took too long. Narrow it down, or try again when less is going on.",
    )
}

fn denied() -> Error {
    Error::refused("The database user of this service may not do this. Ask the people who run it to grant the right.")
}

fn read_only() -> Error {
    Error::refused("The database is read-only, so nothing can be changed in it.")
}

fn disk_full() -> Error {
    Error::unavailable("The disk that holds the database is full. Nothing was written; free some space and try again.")
}

fn moved() -> Error {
    Error::unavailable(
        "The database's file was moved or deleted while the service ran. Nothing was written; put the file back, or \
         restart the service.",
    )
}

/// A restart is what reads the tables anew, so trying again is of no use.
fn schema_changed() -> Error {
    Error::refused(
        "A table or column that this needs is not in the database any more: its schema changed while the service ran. \
         Restart the service, which reads the schema when it starts.",
    )
}

fn between(text: &str, quote: char) -> Option<&str> {
    text.split(quote).nth(1)
}

fn last_between(text: &str, quote: char) -> Option<&str> {
    text.rsplit(quote).nth(1)
}

/// A failure of a request that wrote no values: one that fits nowhere was looked for.
pub(crate) fn unfit(error: Error) -> Error {
    if error.violated().is_none_or(|violated| violated.kind != ConstraintKind::Range) {
        return error;
    }
    let unfit =
        Error::invalid("A value that is looked for does not fit its column: it is too large or not of its type.");
    match error.internal_text() {
        Some(internal) => unfit.with_internal(internal),
        None => unfit,
    }
}

/// The sentence for a violated constraint.
pub(crate) fn violated(
    kind: ConstraintKind,
    name: Option<String>,
    columns: Vec<String>,
    entity: Option<&Entity>,
) -> Error {
    let known = entity.zip(name.as_deref()).and_then(|(entity, name)| entity.constraint_columns(name));
    let fields = if columns.is_empty() { known.map_or_else(Vec::new, <[String]>::to_vec) } else { columns };
    let constraint = Constraint { kind, name, fields };
    let sentence = sentence_of(&constraint);
    Error::constraint(constraint, sentence)
}

/// What a violated constraint says, as far as it alone can tell.
pub(crate) fn sentence_of(constraint: &Constraint) -> String {
    let named = match constraint.fields.as_slice() {
        [] => None,
        [one] => Some(format!("“{one}”")),
        several => Some(several.iter().map(|field| format!("“{field}”")).collect::<Vec<_>>().join(", ")),
    };
    let rule = constraint.name.as_ref().map_or_else(String::new, |name| format!(" (constraint “{name}”)"));
    match (constraint.kind, &named) {
        (ConstraintKind::Unique, Some(fields)) => format!("Another record has the same {fields} already{rule}."),
        (ConstraintKind::Unique, None) => format!("Another record has the same values already{rule}."),
        (ConstraintKind::ForeignKey, Some(fields)) => {
            format!(
                "The record that {fields} refers to does not exist, or other records still refer to this one{rule}."
            )
        }
        (ConstraintKind::ForeignKey, None) => {
            format!("Another record still refers to this one, or the record that it refers to does not exist{rule}.")
        }
        (ConstraintKind::NotNull, Some(fields)) => format!("A value is required for {fields}."),
        (ConstraintKind::NotNull, None) => "A required value is missing.".to_owned(),
        (ConstraintKind::Check, Some(fields)) => format!("The database does not accept this value of {fields}{rule}."),
        (ConstraintKind::Check, None) => format!("The database does not accept these values{rule}."),
        (ConstraintKind::Range, Some(fields)) => format!("The value of {fields} does not fit its column."),
        (ConstraintKind::Range, None) => {
            "A value does not fit its column: it is too long, too large or not of its type.".to_owned()
        }
    }
}

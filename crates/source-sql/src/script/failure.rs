//! What a statement that failed says: which one it was, and what an operator can make of it.
//!
//! The author sees the database's words when a statement is checked; an operator
//! never does, because they carry the statement.

use levers_model::{Error, ErrorKind};
use sqlx::mysql::MySqlDatabaseError;
use sqlx::postgres::PgDatabaseError;

use super::kind::{Verb, Written};
use super::lex::Statement;
use crate::error::{self, Failure, primary_code, unfit};
use crate::explain::{Wrote, explain};
use crate::schema::{Entity, Schema};

/// Where a script stopped.
pub(super) struct Stop {
    /// The statement's number, from 0.
    pub(super) statement: usize,
    pub(super) why: Why,
}

/// Why it stopped.
pub(super) enum Why {
    /// The database said so.
    Failed(Failure),
    /// A value or column does not fit; the sentence says which.
    Refused(Error),
}

impl From<Error> for Why {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<sqlx::Error> for Why {
    fn from(failure: sqlx::Error) -> Self {
        Self::Failed(failure.into())
    }
}

/// The error of a script that stopped.
pub(super) fn stopped(stop: Stop, statements: &[Statement], schema: &Schema) -> Error {
    let failure = match stop.why {
        Why::Refused(error) => return error,
        Why::Failed(failure) => failure,
    };
    let Some(statement) = statements.get(stop.statement) else { return error::public(&failure, None) };
    let entity = entity(&failure, statement, schema);
    let public = match own_words(&failure) {
        Some(words) => words.with_internal(internal(&failure)),
        None => error::public(&failure, entity),
    };
    if public.violated().is_some() {
        return explained(public, statement, entity);
    }
    let number = match statements.len() {
        1 => "The action's SQL statement failed".to_owned(),
        count => {
            format!("Statement {} of {count} of this action failed, and all of them were undone", stop.statement + 1)
        }
    };
    let sentence = match public.kind() {
        ErrorKind::Internal if own_words(&failure).is_none() => {
            "The database's answer was logged; please tell the people who run this service.".to_owned()
        }
        _ => public.message().to_owned(),
    };
    let error = Error::new(public.kind(), format!("{number}. {sentence}"));
    match public.internal_text() {
        Some(text) => error.with_internal(text),
        None => error,
    }
}

/// A violated constraint, with the columns that the statement names.
fn explained(public: Error, statement: &Statement, entity: Option<&Entity>) -> Error {
    match (&statement.written, entity) {
        _ if statement.verb == Verb::Read => unfit(public),
        (Some(Written { deletes: true, .. }), Some(entity)) => explain(public, &Wrote::Deleted, entity),
        (Some(Written { columns, .. }), Some(entity)) => {
            let known = |column: &&String| entity.columns.contains_key(*column);
            let columns = columns.iter().filter(known).map(String::as_str).collect();
            explain(public, &Wrote::Updated(columns), entity)
        }
        _ => public,
    }
}

/// The collection whose table the failure is about.
fn entity<'a>(failure: &Failure, statement: &Statement, schema: &'a Schema) -> Option<&'a Entity> {
    let told = match failure {
        Failure::Sqlx(failure) => failure.as_database_error().and_then(|error| error.table()),
        _ => None,
    };
    let table = told.or(statement.written.as_ref().map(|written| written.table.as_str()))?;
    let is_it = |name: &str| name.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case(table));
    let names = schema.collections.iter().map(|collection| collection.name.as_str());
    names
        .into_iter()
        .find(|name| name.eq_ignore_ascii_case(table) || is_it(name))
        .and_then(|name| schema.entity(name).ok())
}

fn internal(failure: &Failure) -> String {
    match failure {
        Failure::Sqlx(failure) => failure.to_string(),
        Failure::Sqlite(failure) => failure.to_string(),
        other => format!("{other:?}"),
    }
}

/// Sentences for what happens to authors' statements only.
fn own_words(failure: &Failure) -> Option<Error> {
    match failure {
        Failure::Sqlx(failure) => {
            let database = failure.as_database_error()?;
            if let Some(error) = database.try_downcast_ref::<PgDatabaseError>() {
                return match error.code() {
                    "22012" => Some(division()),
                    "42501" => None,
                    code if code.starts_with("42") => Some(not_understood()),
                    _ => None,
                };
            }
            let error = database.try_downcast_ref::<MySqlDatabaseError>()?;
            match error.number() {
                1365 => Some(division()),
                1054 | 1064 | 1128 | 1136 | 1146 | 1149 | 1172 | 1222 | 1241 | 1242 | 1305 | 1318 => {
                    Some(not_understood())
                }
                _ => None,
            }
        }
        Failure::Sqlite(rusqlite::Error::SqlInputError { .. }) => Some(not_understood()),
        Failure::Sqlite(failure) => match primary_code(failure) {
            9 => Some(Error::unavailable(super::TOO_SLOW)),
            1 if !failure.to_string().contains("overflow") => Some(not_understood()),
            _ => None,
        },
        Failure::TimedOut | Failure::Crashed | Failure::NotSynced(_) => None,
    }
}

fn division() -> Error {
    Error::refused("A number was divided by zero.")
}

fn not_understood() -> Error {
    Error::new(
        ErrorKind::Internal,
        "The database does not understand it: it is misspelled, or names a table, column or function that is not there. \
         The people who wrote the action find more in the log, or by checking it.",
    )
}

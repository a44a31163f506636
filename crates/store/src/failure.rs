//! What SQLite says, in words for whoever asked. Its own words go to the log.

use levers_model::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// SQLite's primary result codes that we can say something about.
mod code {
    pub(super) const PERM: i32 = 3;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const READONLY: i32 = 8;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const CONSTRAINT: i32 = 19;
    pub(super) const NOTADB: i32 = 26;
}

/// The primary result code; the upper bits only refine it.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// Whether the database refused a value, rather than failed itself.
pub(crate) fn is_constraint(error: &sqlx::Error) -> bool {
    primary_code(error) == Some(code::CONSTRAINT)
}

/// A statement on an open store failed.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(crate) fn failed(error: sqlx::Error) -> Error {
    let message = match primary_code(&error) {
        Some(code::FULL) => {
            "The disk that holds the store is full. Nothing was written; free some space and try again."
        }
        Some(code::READONLY | code::PERM) => {
            "The store can only be read. Nothing was written; make its file and folder writable and try again."
        }
        Some(code::BUSY | code::LOCKED) => {
            "Another program holds the store's file. Nothing was written; close that program and try again."
        }
        Some(code::IOERR | code::CANTOPEN) => {
            "The store's file cannot be read or written. Nothing was written; look at its disk and try again."
        }
        Some(code::CORRUPT | code::NOTADB) => {
            "The store's file is damaged. Stop the service and put a backup of the file in its place."
        }
        _ => match error {
            sqlx::Error::PoolTimedOut => "The store is too busy to answer. Try again.",
            sqlx::Error::PoolClosed => "The store is closed, because the service is stopping. Try again.",
            _ => return Error::internal(format_args!("the store: {error}")),
        },
    };
    Error::unavailable(message).with_internal(format_args!("the store: {error}"))
}

/// A statement failed while the store was being opened.
pub(crate) fn open_failed(error: sqlx::Error) -> Error {
    match primary_code(&error) {
        Some(code::NOTADB) => Error::refused(
            "The store's file is not an SQLite database. Levers keeps its jobs in a file of its own: name another one \
             with `--store`.",
        )
        .with_internal(error),
        _ => failed(error),
    }
}

/// The store does not take requests any more.
pub(crate) fn closed() -> Error {
    Error::unavailable("The store is closed, because the service is stopping. Try again.")
}

/// A value as the text of a JSON column.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::internal(format_args!("a value for the store: {error}")))
}

/// The value in the text of a JSON column.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::internal(format_args!("a value in the store: {error}")))
}

//! What SQLite says, in words for whoever asked. Its own words go to the log.

use levers_model::{Error, Result};
use rusqlite::ErrorCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Whether the database refused a value, rather than failed itself.
pub(crate) fn is_constraint(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation)
}

/// An entry of the journal could not be written.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(crate) fn not_journaled(error: std::io::Error) -> Error {
    let message = match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            "The disk that holds the store is full. Nothing was written; free some space and try again."
        }
        _ => "The store's journal cannot be written. Nothing was written; look at its disk and try again.",
    };
    Error::unavailable(message).with_internal(format_args!("the store's journal: {error}"))
}

/// What was written may not be on disk.
pub(crate) fn not_synced(error: &std::io::Error) -> Error {
    Error::unavailable(
        "The disk that holds the store failed, and what was written may be lost. Look at the disk, then start the \
         service again.",
    )
    .with_internal(format_args!("the store could not be synced: {error}"))
}

/// An end for a job that has one.
pub(crate) fn ended_before() -> Error {
    Error::conflict("The job has come to its end already.")
}

/// A statement on an open store failed.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(crate) fn failed(error: rusqlite::Error) -> Error {
    let message = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            "The disk that holds the store is full. Nothing was written; free some space and try again."
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "The store can only be read. Nothing was written; make its file and folder writable and try again."
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "Another program holds the store's file. Nothing was written; close that program and try again."
        }
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => {
            "The store's file cannot be read or written. Nothing was written; look at its disk and try again."
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            "The store's file is damaged. Stop the service and put a backup of the file in its place."
        }
        _ => return Error::internal(format_args!("the store: {error}")),
    };
    Error::unavailable(message).with_internal(format_args!("the store: {error}"))
}

/// The database refused one request.
pub(crate) fn refused(why: impl std::fmt::Display) -> Error {
    Error::conflict("The store refused the record: its job is not there, or it was written before.").with_internal(why)
}

/// A statement failed while the store was being opened.
pub(crate) fn open_failed(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Error::refused(
            "The store's file is not an SQLite database. Levers keeps its jobs in a file of its own: name another one \
             with `--store`.",
        )
        .with_internal(error),
        _ => failed(error),
    }
}

/// Work that was given to a thread of the runtime did not come back.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(crate) fn lost(error: tokio::task::JoinError) -> Error {
    Error::internal(format_args!("the store's work was lost: {error}"))
}

/// The file is not where it was when it was opened.
pub(crate) fn moved() -> Error {
    Error::unavailable(
        "The store's file was moved or deleted while the service ran. Nothing was written; put the file back, or \
         restart the service to begin with an empty one.",
    )
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

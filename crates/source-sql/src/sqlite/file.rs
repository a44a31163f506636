//! Opening a file, and saying in a sentence why that does not work.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use levers_model::{Error, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::Sqlite;
use crate::error::{MOVED, primary_code};

/// How long a statement waits for a lock that another process has on the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 200;

/// From how many pages of the log on a commit itself moves them into the file, should
/// [`checkpoint`](super::checkpoint) not keep up; 256 MB.
const LONG_LOG: &str = "65536";

/// An SQLite file.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) read_only: bool,
}

/// A path, and which file was there when it was opened. An open file that is
/// moved or deleted can still be written, and nobody finds it again.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    identity: (u64, u64),
}

impl Place {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), identity: identity(path)? })
    }

    /// Fails as SQLite itself does when it notices (it looks only where it writes
    /// without a log).
    pub(super) fn check(&self) -> rusqlite::Result<()> {
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            return Ok(());
        }
        Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(MOVED), None))
    }
}

/// The device and the number of the file at a path. No other file gets the
/// number as long as this one is open.
#[cfg(unix)]
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

/// Other systems keep an open file from being moved or deleted.
#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    std::fs::metadata(path).map(|_| (0, 0))
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

impl File {
    /// Where SQLite keeps the file's log.
    pub(super) fn log(&self) -> PathBuf {
        let mut log = self.path.as_os_str().to_owned();
        log.push("-wal");
        log.into()
    }

    /// Opens a connection.
    pub(super) fn connect(&self, access: Access) -> rusqlite::Result<Connection> {
        let mode = if self.read_only { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
        let connection = Connection::open_with_flags(&self.path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Without it SQLite prepares a statement again whenever a bound value changes, in
        // case its statistics like the new one better; that was some 8 % of a short list.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        if access == Access::Write && !self.read_only {
            let journal: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
            // With a log, `sync` waits for the disk; without one, each commit has to.
            let synchronous = if journal == "wal" { "NORMAL" } else { "FULL" };
            connection.execute_batch(&format!(
                "PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = {LONG_LOG}"
            ))?;
        }
        if access == Access::Read {
            connection.execute_batch("PRAGMA query_only = ON")?;
        }
        Ok(connection)
    }
}

/// Reads the file's head, which fails when it is no database.
pub(super) fn touch(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA schema_version", [], |_| Ok(()))
}

/// Opens a file that is there, to be read only if it cannot be written.
pub(crate) async fn open(file: File) -> Result<(Arc<Sqlite>, bool)> {
    // Who holds a lock on the file is waited for.
    tokio::task::spawn_blocking(move || open_now(file)).await.map_err(Error::internal)?
}

fn open_now(mut file: File) -> Result<(Arc<Sqlite>, bool)> {
    let metadata = std::fs::metadata(&file.path).map_err(|failure| {
        Error::not_found(format!(
            "There is no SQLite database at “{}”. Check the path; the file is not created.",
            file.path.display()
        ))
        .with_internal(failure)
    })?;
    if metadata.is_dir() {
        return Err(Error::invalid(format!("“{}” is a folder, not an SQLite database.", file.path.display())));
    }
    file.read_only |= metadata.permissions().readonly();
    let tried = |file: &File| file.connect(Access::Write).and_then(|connection| touch(&connection));
    let mut opened = tried(&file);
    if !file.read_only && opened.as_ref().is_err_and(is_read_only) {
        file.read_only = true;
        opened = tried(&file);
    }
    opened.map_err(|failure| unopened(&file.path, &failure))?;
    let read_only = file.read_only;
    if !read_only {
        // What an earlier process left in the log will be read, and be taken for kept.
        sync_log(&file).map_err(|failure| {
            let shown = file.path.display();
            Error::unavailable(format!(
                "The log of the SQLite database “{shown}” cannot be brought to the disk. Look at the disk."
            ))
            .with_internal(failure)
        })?;
    }
    let sqlite = Sqlite::start(file).map_err(|failure| {
        Error::unavailable("The machine gives this program no more threads. Try again when it does less.")
            .with_internal(failure)
    })?;
    Ok((Arc::new(sqlite), read_only))
}

fn sync_log(file: &File) -> io::Result<()> {
    match std::fs::File::open(file.log()) {
        Ok(log) => log.sync_data(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether the file, or the folder in which SQLite keeps its journal, cannot be written.
fn is_read_only(failure: &rusqlite::Error) -> bool {
    matches!(primary_code(failure), 8 | 14)
}

fn unopened(path: &Path, failure: &rusqlite::Error) -> Error {
    let shown = path.display();
    let sentence = match primary_code(failure) {
        26 => format!("“{shown}” is not an SQLite database, or it is encrypted."),
        5 | 6 => {
            format!("The SQLite database “{shown}” is locked by another program. Close it or wait until it is done.")
        }
        _ => format!(
            "The SQLite database “{shown}” cannot be opened. Check that this program may read the file and its folder."
        ),
    };
    Error::unavailable(sentence).with_internal(failure)
}

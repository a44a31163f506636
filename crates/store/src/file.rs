//! The store's file: made private, locked, opened.
//!
//! The texts here name the file. Whoever reads them gave its path; no request
//! from the network comes here.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use levers_model::{Error, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Row as _, SqliteConnection};

use crate::failure::open_failed;
use crate::schema;
use crate::sync::Syncer;

/// How long to wait for another program that holds the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many reads run at once.
const READERS: u32 = 4;

/// How many prepared statements the writer keeps: one for each number of rows
/// of each table.
const STATEMENTS: usize = 128;

/// A file that is open for writing.
pub(crate) struct Opened {
    /// The only connection that writes.
    pub(crate) conn: SqliteConnection,
    /// Moves what was written from the log into the file.
    pub(crate) checkpointer: SqliteConnection,
    /// Waits until the log is on disk.
    pub(crate) syncer: Syncer,
    /// Held as long as the file is open.
    pub(crate) lock: File,
}

/// Opens a file, and makes it when there is none. The pool reads only.
pub(crate) async fn open(path: &Path) -> Result<(Opened, SqlitePool)> {
    let lock = lock(path)?;
    create(path)?;
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(PATIENCE);
    let mut conn = options
        .clone()
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(STATEMENTS)
        // `checkpoint.rs` does it.
        .pragma("wal_autocheckpoint", "0")
        .connect()
        .await
        .map_err(open_failed)?;
    // Before the journal's mode is set, because that writes: a file that is not ours stays as it is.
    schema::migrate(&mut conn).await?;
    let syncer = begin_log(&mut conn, path).await?;
    let checkpointer = options.clone().connect().await.map_err(open_failed)?;
    let readers = SqlitePoolOptions::new().max_connections(READERS).connect_lazy_with(options.read_only(true));
    Ok((Opened { conn, checkpointer, syncer, lock }, readers))
}

/// Turns to the write-ahead log, writes to it so that it exists, with its name
/// in the folder on disk, and leaves syncing it to the syncer from there on.
async fn begin_log(conn: &mut SqliteConnection, path: &Path) -> Result<Syncer> {
    let mode = sqlx::raw_sql("PRAGMA journal_mode = WAL").fetch_one(&mut *conn).await.map_err(open_failed)?;
    if mode.try_get::<String, _>(0).map_err(open_failed)? != "wal" {
        return Err(Error::refused(format!(
            "The file system of “{}” cannot hold the store, because programs cannot share memory there. Name a file on \
             a local disk with `--store`.",
            path.display()
        )));
    }
    schema::mark(conn).await.map_err(open_failed)?;
    sqlx::raw_sql("PRAGMA synchronous = NORMAL").execute(conn).await.map_err(open_failed)?;
    let log = OpenOptions::new().read(true).write(true).open(beside(path, "-wal"));
    log.and_then(Syncer::start).map_err(|error| cannot_open(path, &error))
}

/// Takes the file for this process alone. The lock is on a file beside it,
/// because SQLite's own locks on the file itself would be lost with ours.
fn lock(path: &Path) -> Result<File> {
    let beside = beside(path, ".lock");
    let file = private(&beside).map_err(|error| cannot_open(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::unavailable(format!(
            "The store “{}” is in use: a Levers server or another command has it open. To go through that server, add \
             `--server URL`; to work on the database alone, stop it first or name another file with `--store`.",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(cannot_open(path, &error)),
    }
}

/// Makes the file where there is none, so that nobody else can read it even for
/// an instant. SQLite gives its other files the same permissions.
fn create(path: &Path) -> Result<()> {
    private(path).map(drop).map_err(|error| cannot_open(path, &error))
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    name.into()
}

fn cannot_open(path: &Path, error: &io::Error) -> Error {
    Error::unavailable(format!(
        "The store “{}” cannot be opened: {}. Make its folder, see that you may write there, or name another file with \
         `--store`.",
        path.display(),
        error.kind()
    ))
    .with_internal(error)
}

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
use rusqlite::{Connection, OpenFlags};

use crate::batch;
use crate::checkpoint::Checkpointer;
use crate::failure::open_failed;
use crate::journal::Journal;
use crate::schema;
use crate::sync::Syncer;

/// How long to wait for another program that holds the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// A file that is open for writing.
pub(crate) struct Opened {
    /// The only connection that writes.
    pub(crate) conn: Connection,
    /// Moves what was written from the log into the file.
    pub(crate) checkpointer: Checkpointer,
    /// Waits until the log is on disk.
    pub(crate) syncer: Syncer,
    /// Where the file was found.
    pub(crate) place: Place,
    /// Held as long as the file is open.
    pub(crate) lock: File,
}

/// A path, and which file was there when it was opened. An open file that is
/// moved or deleted can still be written, and all of it is lost or not found.
#[derive(Clone)]
pub(crate) struct Place {
    path: PathBuf,
    identity: (u64, u64),
}

impl Place {
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), identity: identity(path)? })
    }

    /// Whether the path still leads to the file.
    pub(crate) fn holds(&self) -> bool {
        identity(&self.path).is_ok_and(|found| found == self.identity)
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

/// Opens a file, and makes it when there is none.
pub(crate) fn open(path: &Path) -> Result<(Opened, Journal)> {
    let lock = lock(path)?;
    create(path)?;
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(open_failed)?;
    // Moving the log into the file is left to `checkpoint.rs`. What a savepoint would bring back stays in memory: it is
    // no more than a batch.
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY",
    )
    .map_err(open_failed)?;
    // Before the journal's mode is set, because that writes: a file that is not ours stays as it is.
    let is_new = schema::migrate(&conn)?;
    let syncer = begin_log(&conn, path)?;
    let checkpointer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(open_failed)?;
    let checkpointer = Checkpointer::start(checkpointer).map_err(|error| cannot_open(path, &error))?;
    let place = Place::of(path).map_err(|error| cannot_open(path, &error))?;
    let journal = begin_journal(&conn, path, &place, is_new)?;
    Ok((Opened { conn, checkpointer, syncer, place, lock }, journal))
}

/// Writes what an earlier process left in the journal into the tables, but for ends that are in doubt, and begins the
/// journal anew. What lies beside an empty store is of one that somebody deleted or moved.
fn begin_journal(conn: &Connection, path: &Path, place: &Place, is_new: bool) -> Result<Journal> {
    let opened =
        (|| Journal::open([private(&beside(path, "-jobs-1"))?, private(&beside(path, "-jobs-2"))?], place.clone()))();
    let (journal, found) = opened.map_err(|error| cannot_open(path, &error))?;
    // The files' names, too, must outlast a power cut.
    sync_folder(path).map_err(|error| cannot_open(path, &error))?;
    if !found.is_empty() && !is_new {
        batch::recover(conn, &found).map_err(open_failed)?;
        // On disk before the journal forgets it.
        let synced = File::open(beside(path, "-wal")).and_then(|log| log.sync_data());
        synced.map_err(|error| cannot_open(path, &error))?;
        journal.settled(&found);
    }
    if is_new || journal.in_doubt().is_empty() {
        journal.clear().map_err(|error| cannot_open(path, &error))?;
    }
    Ok(journal)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Other systems cannot open folders.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// A connection to an open file that only reads.
pub(crate) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    // No connection is used by two threads at once, so none needs a lock of its own.
    let conn = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(PATIENCE)?;
    Ok(conn)
}

/// Turns to the write-ahead log, writes to it so that it exists, with its name
/// in the folder on disk, and leaves syncing it to the syncer from there on.
fn begin_log(conn: &Connection, path: &Path) -> Result<Syncer> {
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(open_failed)?;
    if mode != "wal" {
        return Err(Error::refused(format!(
            "The file system of “{}” cannot hold the store, because programs cannot share memory there. Name a file on \
             a local disk with `--store`.",
            path.display()
        )));
    }
    schema::mark(conn).map_err(open_failed)?;
    conn.execute_batch("PRAGMA synchronous = NORMAL").map_err(open_failed)?;
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

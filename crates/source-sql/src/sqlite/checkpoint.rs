//! Moving what the log holds into the file, out of the writer's way.
//!
//! SQLite does this within whichever commit finds the log long, and that commit, with
//! all that wait behind it, then waits for two syncs and for pages all over the file:
//! some 30 ms, every few thousand commits. Here a thread with a connection of its own
//! does it while the writer goes on. As the writer goes on, the log is never quite
//! empty, and only an empty one begins anew; so when it is long, the writer itself
//! moves the little that is left.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rusqlite::Connection;

use super::file::{Access, File};

/// How many changed records the log gathers before they are moved.
const CHANGES: u64 = 512;

/// From how many pages on the writer helps; 32 MB.
const LONG: i64 = 8_192;

/// The way to the thread that moves; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Checkpointer {
    wake: SyncSender<()>,
    is_long: Arc<AtomicBool>,
    /// How many records the writer's connection had changed when the thread was last woken.
    changes: u64,
}

impl Checkpointer {
    /// Starts the thread for this file.
    pub(super) fn start(file: &Arc<File>) -> io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let is_long = Arc::new(AtomicBool::new(false));
        let (file, told) = (Arc::clone(file), Arc::clone(&is_long));
        std::thread::Builder::new().name("sqlite-log".into()).spawn(move || work(&file, &woken, &told))?;
        Ok(Self { wake, is_long, changes: 0 })
    }

    /// Looks at what the writer did, and has it help when the log is long.
    pub(super) fn worked(&mut self, writer: &Connection) {
        let changes = writer.total_changes();
        // A connection that was opened anew counts from zero.
        if changes.abs_diff(self.changes) >= CHANGES {
            self.changes = changes;
            self.wake();
        }
        if self.is_long.swap(false, Ordering::Relaxed) {
            let _ = checkpoint(writer);
        }
    }

    /// Has all moved that is there.
    pub(super) fn wake(&self) {
        // When the thread is still at the last one, it will be woken at the next.
        let _ = self.wake.try_send(());
    }
}

fn work(file: &File, woken: &Receiver<()>, is_long: &AtomicBool) {
    let mut kept = None;
    while woken.recv().is_ok() {
        match moved(file, &mut kept) {
            Ok(pages) => is_long.store(pages > LONG, Ordering::Relaxed),
            Err(failure) => {
                // The file itself may have failed; opening it anew may help.
                kept = None;
                tracing::warn!(%failure, "an SQLite file's log could not be moved into it; nothing is lost, but it grows");
            }
        }
    }
}

fn moved(file: &File, kept: &mut Option<Connection>) -> rusqlite::Result<i64> {
    let connection = match kept {
        Some(connection) => connection,
        None => kept.insert(file.connect(Access::Write)?),
    };
    checkpoint(connection)
}

/// Moves what can be moved without waiting for anybody; says how many pages the log has.
fn checkpoint(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1))
}

//! Moving what the log holds into the file, out of the writer's way.
//!
//! SQLite does this by default within whichever commit finds the log long, and
//! that commit, with all that wait for it, then waits for two syncs and for pages
//! all over the file. Here a thread with a connection of its own does
//! it while the writer goes on. As the writer goes on, the log is never quite
//! empty, and only an empty one begins anew; so when it is long, the writer
//! itself moves the little that is left, once in many megabytes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

/// How many commits the log gathers before they are moved.
const COMMITS: u32 = 256;

/// From how many pages on the writer helps; 32 MB.
const LONG: i64 = 8_192;

/// The way to the thread that moves.
pub(crate) struct Checkpointer {
    wake: SyncSender<()>,
    thread: JoinHandle<()>,
    long: Arc<AtomicBool>,
    commits: u32,
}

impl Checkpointer {
    /// Starts the thread, which ends when the way to it is dropped.
    pub(crate) fn start(conn: Connection) -> io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let long = Arc::new(AtomicBool::new(false));
        let is_long = Arc::clone(&long);
        let thread = thread::Builder::new().name("levers-store-log".into()).spawn(move || {
            while woken.recv().is_ok() {
                is_long.store(checkpoint(&conn) > LONG, Ordering::Relaxed);
            }
        })?;
        Ok(Self { wake, thread, long, commits: 0 })
    }

    /// Counts a commit of the writer's connection, and has it help when the log is long.
    pub(crate) fn committed(&mut self, writer: &Connection) {
        self.commits += 1;
        if self.commits >= COMMITS {
            self.commits = 0;
            // When the thread is still at the last one, it will be woken at the next.
            let _ = self.wake.try_send(());
        }
        if self.long.swap(false, Ordering::Relaxed) {
            checkpoint(writer);
        }
    }

    /// Ends the thread and closes its connection.
    pub(crate) fn close(self) {
        drop(self.wake);
        let _ = self.thread.join();
    }
}

/// Moves what can be moved without waiting for anybody; says how many pages the log has.
fn checkpoint(conn: &Connection) -> i64 {
    conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1)).unwrap_or_else(|error| {
        tracing::warn!(%error, "the store's log could not be moved into its file; nothing is lost, but it grows");
        0
    })
}

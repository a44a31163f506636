//! Moving what the log holds into the file, out of the writer's way.
//!
//! SQLite does this by default within whichever commit finds the log long, and
//! that commit, with all that wait for it, then waits for two syncs and for pages
//! all over the file. Here a connection of its own does
//! it while the writer goes on. As the writer goes on, the log is never quite
//! empty, and only an empty one begins anew; so when it is long, the writer
//! itself moves the little that is left, once in many megabytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::{Connection as _, Row as _, SqliteConnection};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How many commits the log gathers before they are moved.
const COMMITS: u32 = 256;

/// From how many pages on the writer helps; 32 MB.
const LONG: i64 = 8_192;

/// The way to the task that moves.
pub(crate) struct Checkpointer {
    wake: mpsc::Sender<()>,
    task: JoinHandle<()>,
    long: Arc<AtomicBool>,
    commits: u32,
}

impl Checkpointer {
    /// Starts the task, which ends when the way to it is dropped.
    pub(crate) fn start(mut conn: SqliteConnection) -> Self {
        let (wake, mut woken) = mpsc::channel(1);
        let long = Arc::new(AtomicBool::new(false));
        let is_long = Arc::clone(&long);
        let task = tokio::spawn(async move {
            while woken.recv().await.is_some() {
                is_long.store(checkpoint(&mut conn).await > LONG, Ordering::Relaxed);
            }
            let _ = conn.close().await;
        });
        Self { wake, task, long, commits: 0 }
    }

    /// Counts a commit of the writer's connection, and has it help when the log is long.
    pub(crate) async fn committed(&mut self, writer: &mut SqliteConnection) {
        self.commits += 1;
        if self.commits >= COMMITS {
            self.commits = 0;
            // When the task is still at the last one, it will be woken at the next.
            let _ = self.wake.try_send(());
        }
        if self.long.swap(false, Ordering::Relaxed) {
            checkpoint(writer).await;
        }
    }

    /// Ends the task and closes its connection.
    pub(crate) async fn close(self) {
        drop(self.wake);
        let _ = self.task.await;
    }
}

/// Moves what can be moved without waiting for anybody; says how many pages the log has.
async fn checkpoint(conn: &mut SqliteConnection) -> i64 {
    let pages = sqlx::raw_sql("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(conn).await.and_then(|row| row.try_get(1));
    pages.unwrap_or_else(|error| {
        tracing::warn!(%error, "the store's log could not be moved into its file; nothing is lost, but it grows");
        0
    })
}

//! The one thread that writes.
//!
//! SQLite lets one connection write at a time, so callers would queue for it
//! anyway, each paying for a sync of its own. Here they queue in a channel, and
//! one transaction takes all that wait: while it runs, the next batch gathers.
//! Answers that promise durability go on to `sync.rs`.
//!
//! A thread rather than a task, because SQLite blocks. Rejected: a pool of write
//! connections, which spends its time in `SQLITE_BUSY`.

use std::fs::File;
use std::thread;

use levers_model::{Error, Result};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::batch::{self, Answer, Request};
use crate::checkpoint::Checkpointer;
use crate::failure::{closed, failed, moved};
use crate::file::{Opened, Place};
use crate::sync::Syncer;

/// The most requests of one transaction.
const BATCH: usize = 128;

/// How many requests wait before callers do.
const QUEUE: usize = 1024;

/// The way to the thread.
pub(crate) struct Writer {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Write(Request, oneshot::Sender<Result<Answer>>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the thread. It ends, and lets go of the lock, when the way to it is
    /// dropped or closed.
    pub(crate) fn start(opened: Opened) -> Result<Self> {
        let (queue, requests) = mpsc::channel(QUEUE);
        let Opened { conn, checkpointer, syncer, place, lock } = opened;
        let work = Work { conn, checkpointer, syncer, place, lock };
        thread::Builder::new()
            .name("levers-store".into())
            .spawn(move || work.run(requests))
            .map_err(|error| Error::internal(format_args!("the store's thread: {error}")))?;
        Ok(Self { queue })
    }

    /// Has a request written, and waits for the answer.
    pub(crate) async fn write(&self, request: Request) -> Result<Answer> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Message::Write(request, answer)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Writes what waits and closes the file.
    pub(crate) async fn close(&self) {
        let (done, is_done) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            let _ = is_done.await;
        }
    }
}

struct Work {
    conn: Connection,
    checkpointer: Checkpointer,
    syncer: Syncer,
    place: Place,
    /// Keeps other processes out.
    lock: File,
}

impl Work {
    fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        let mut messages = Vec::with_capacity(BATCH);
        let mut closing = Vec::new();
        while queue.blocking_recv_many(&mut messages, BATCH) > 0 {
            let mut requests = Vec::with_capacity(messages.len());
            for message in messages.drain(..) {
                match message {
                    Message::Write(request, answer) => requests.push((request, answer)),
                    Message::Close(done) => {
                        closing.push(done);
                        queue.close();
                    }
                }
            }
            if !requests.is_empty() {
                self.answer(requests);
                self.checkpointer.committed(&self.conn);
            }
        }
        self.close();
        for done in closing {
            let _ = done.send(());
        }
    }

    fn answer(&self, requests: Vec<(Request, oneshot::Sender<Result<Answer>>)>) {
        let answers = self.write(requests.iter().map(|(request, _)| request));
        let answers = answers.unwrap_or_else(|error| requests.iter().map(|_| Err(error.clone())).collect());
        let mut durable = Vec::new();
        for ((request, sender), answer) in requests.into_iter().zip(answers) {
            if request.is_durable() && answer.is_ok() {
                durable.push((answer, sender));
            } else {
                // Who asked may have gone; it is written nevertheless.
                let _ = sender.send(answer);
            }
        }
        if !durable.is_empty() {
            self.syncer.answer_when_synced(durable);
        }
    }

    fn write<'r>(&self, requests: impl Iterator<Item = &'r Request>) -> Result<Vec<Result<Answer>>> {
        // What is written to a file that nobody finds again must not be promised to anybody.
        if !self.place.holds() {
            return Err(moved());
        }
        batch::run(&self.conn, requests).map_err(failed)
    }

    fn close(self) {
        self.syncer.close();
        self.checkpointer.close();
        // The last connection that closes moves the log into the file.
        if let Err((_, error)) = self.conn.close() {
            tracing::warn!(%error, "the store's file was not closed in order; nothing is lost");
        }
        drop(self.lock);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use levers_model::ErrorKind;
    use levers_testkit::{FixedClock, new_job};

    use super::*;
    use crate::file;
    use crate::rows::job_row;

    /// A writer on a file, with a pragma set on its connection to have SQLite fail as it would.
    fn writer(path: &Path, pragma: &str) -> Writer {
        let (opened, _) = file::open(path).unwrap();
        opened.conn.execute_batch(pragma).unwrap();
        Writer::start(opened).unwrap()
    }

    fn begin(clock: &FixedClock, size: usize) -> Request {
        let mut job = new_job(clock, "ada@example.org");
        job.values = "x".repeat(size).into();
        Request::Begin { row: job_row(&job).unwrap(), key: None, events: Vec::new() }
    }

    fn count_jobs(path: &Path) -> i64 {
        let conn = Connection::open(path).unwrap();
        conn.query_row("SELECT COUNT(*) FROM jobs", [], |row| row.get(0)).unwrap()
    }

    #[tokio::test]
    async fn a_full_disk_fails_what_does_not_fit_and_nothing_else() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), FixedClock::default());
        let path = folder.path().join("store.db");
        let writer = writer(&path, "PRAGMA max_page_count = 40");
        writer.write(begin(&clock, 10)).await.unwrap();
        let error = writer.write(begin(&clock, 1_000_000)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(
            error.message(),
            "The disk that holds the store is full. Nothing was written; free some space and try again."
        );
        writer.write(begin(&clock, 10)).await.unwrap();
        assert_eq!(count_jobs(&path), 2);
    }

    #[tokio::test]
    async fn a_file_that_can_only_be_read_says_so() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), FixedClock::default());
        let path = folder.path().join("store.db");
        let writer = writer(&path, "PRAGMA query_only = 1");
        let error = writer.write(begin(&clock, 10)).await.unwrap_err();
        assert!(error.retryable());
        assert!(error.message().starts_with("The store can only be read. Nothing was written;"), "{error}");
        assert_eq!(writer.write(Request::Check).await.unwrap_err().message(), error.message());
    }

    #[tokio::test]
    async fn a_file_that_another_program_holds_is_waited_for_and_then_given_up() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), FixedClock::default());
        let path = folder.path().join("store.db");
        let writer = writer(&path, "PRAGMA busy_timeout = 1");
        let other = Connection::open(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let error = writer.write(begin(&clock, 10)).await.unwrap_err();
        assert!(error.message().starts_with("Another program holds the store's file."), "{error}");
        other.execute_batch("ROLLBACK").unwrap();
        writer.write(begin(&clock, 10)).await.unwrap();
        assert_eq!(count_jobs(&path), 1);
    }
}

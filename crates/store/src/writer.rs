//! The one task that writes.
//!
//! SQLite lets one connection write at a time, so callers would queue for it
//! anyway, each paying for a sync of its own. Here they queue in a channel, and
//! one transaction takes all that wait: while it runs, the next batch gathers.
//! Answers that promise durability go on to `sync.rs`. Rejected: a pool of write connections, which spends its
//! time in `SQLITE_BUSY`.
//!
//! A request that the database refuses must not fail those that happened to
//! share its transaction: the batch is rolled back and run again one by one.
//! That is slow, and only faults of our own cause it: keys that exist and jobs
//! that ended are found without an error.

use std::fs::File;

use levers_model::{Error, Result};
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use crate::batch::{self, Answer, Request};
use crate::checkpoint::Checkpointer;
use crate::failure::{closed, failed, is_constraint};
use crate::file::Opened;
use crate::sync::Syncer;

/// The most requests of one transaction.
const BATCH: usize = 128;

/// How many requests wait before callers do.
const QUEUE: usize = 1024;

/// The way to the task.
pub(crate) struct Writer {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Write(Request, oneshot::Sender<Result<Answer>>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the task. It ends, and lets go of the lock, when the way to it is
    /// dropped or closed.
    pub(crate) fn start(opened: Opened) -> Self {
        let Opened { conn, checkpointer, syncer, lock } = opened;
        let (queue, requests) = mpsc::channel(QUEUE);
        let task = Task { conn, checkpointer: Checkpointer::start(checkpointer), syncer, lock };
        tokio::spawn(task.work(requests));
        Self { queue }
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

struct Task {
    conn: SqliteConnection,
    checkpointer: Checkpointer,
    syncer: Syncer,
    /// Keeps other processes out.
    lock: File,
}

impl Task {
    async fn work(mut self, mut queue: mpsc::Receiver<Message>) {
        let mut messages = Vec::with_capacity(BATCH);
        let mut closing = Vec::new();
        while queue.recv_many(&mut messages, BATCH).await > 0 {
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
                self.answer(requests).await;
                self.checkpointer.committed(&mut self.conn).await;
            }
        }
        self.close().await;
        for done in closing {
            let _ = done.send(());
        }
    }

    async fn answer(&mut self, requests: Vec<(Request, oneshot::Sender<Result<Answer>>)>) {
        let (requests, senders): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
        let answers = self.run(&requests.iter().collect::<Vec<_>>()).await;
        let mut durable = Vec::new();
        for ((request, sender), answer) in requests.iter().zip(senders).zip(answers) {
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

    async fn close(self) {
        self.syncer.close().await;
        self.checkpointer.close().await;
        // The last connection that closes moves the log into the file.
        if let Err(error) = self.conn.close().await {
            tracing::warn!(%error, "the store's file was not closed in order; nothing is lost");
        }
        drop(self.lock);
    }

    async fn run(&mut self, requests: &[&Request]) -> Vec<Result<Answer>> {
        match batch::run(&mut self.conn, requests).await {
            Ok(answers) => answers,
            Err(error) if is_constraint(&error) && requests.len() > 1 => {
                tracing::warn!(%error, "the store runs a batch one by one");
                let mut answers = Vec::with_capacity(requests.len());
                for request in requests {
                    answers.push(self.commit_alone(request).await);
                }
                answers
            }
            Err(error) => {
                let error = refused(error);
                requests.iter().map(|_| Err(error.clone())).collect()
            }
        }
    }

    async fn commit_alone(&mut self, request: &Request) -> Result<Answer> {
        let mut answers = batch::run(&mut self.conn, &[request]).await.map_err(refused)?;
        answers.pop().unwrap_or_else(|| Err(Error::internal("the store gave no answer to a request")))
    }
}

/// The database failed or refused the only request.
fn refused(error: sqlx::Error) -> Error {
    if is_constraint(&error) {
        return Error::conflict("The store refused the record: its job is not there, or it was written before.")
            .with_internal(error);
    }
    failed(error)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use levers_model::ErrorKind;
    use levers_testkit::{FixedClock, new_job};
    use sqlx::AssertSqlSafe;

    use super::*;
    use crate::file;
    use crate::rows::job_row;

    /// A writer on a file, with a pragma set on its connection to have SQLite fail as it would.
    async fn writer(path: &Path, pragma: &'static str) -> Writer {
        let (mut opened, _readers) = file::open(path).await.unwrap();
        sqlx::raw_sql(pragma).execute(&mut opened.conn).await.unwrap();
        Writer::start(opened)
    }

    fn begin(clock: &FixedClock, size: usize) -> Request {
        let mut job = new_job(clock, "ada@example.org");
        job.values = "x".repeat(size).into();
        Request::Begin { id: job.id.uuid(), row: job_row(&job).unwrap(), key: None, events: Vec::new() }
    }

    async fn count_jobs(path: &Path) -> i64 {
        let mut conn = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
        sqlx::query_scalar(AssertSqlSafe("SELECT COUNT(*) FROM jobs")).fetch_one(&mut conn).await.unwrap()
    }

    #[tokio::test]
    async fn a_full_disk_fails_what_does_not_fit_and_nothing_else() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), FixedClock::default());
        let path = folder.path().join("store.db");
        let writer = writer(&path, "PRAGMA max_page_count = 40").await;
        writer.write(begin(&clock, 10)).await.unwrap();
        let error = writer.write(begin(&clock, 1_000_000)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(
            error.message(),
            "The disk that holds the store is full. Nothing was written; free some space and try again."
        );
        writer.write(begin(&clock, 10)).await.unwrap();
        assert_eq!(count_jobs(&path).await, 2);
    }

    #[tokio::test]
    async fn a_file_that_can_only_be_read_says_so() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), FixedClock::default());
        let path = folder.path().join("store.db");
        let writer = writer(&path, "PRAGMA query_only = 1").await;
        let error = writer.write(begin(&clock, 10)).await.unwrap_err();
        assert!(error.retryable());
        assert!(error.message().starts_with("The store can only be read. Nothing was written;"), "{error}");
        assert_eq!(writer.write(Request::Check).await.unwrap_err().message(), error.message());
    }

    #[tokio::test]
    async fn a_file_that_another_program_holds_is_waited_for_and_then_given_up() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), FixedClock::default());
        let path = folder.path().join("store.db");
        let writer = writer(&path, "PRAGMA busy_timeout = 1").await;
        let mut other = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
        let error = writer.write(begin(&clock, 10)).await.unwrap_err();
        assert!(error.message().starts_with("Another program holds the store's file."), "{error}");
        sqlx::raw_sql("ROLLBACK").execute(&mut other).await.unwrap();
        writer.write(begin(&clock, 10)).await.unwrap();
        assert_eq!(count_jobs(&path).await, 1);
    }
}

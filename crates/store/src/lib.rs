//! Jobs and events in an SQLite file.
//!
//! [`SqliteStore`] keeps the promises of [`levers_ports::Store`] with SQLite's
//! write-ahead log: a commit that must survive a power cut waits for the disk, a
//! commit that must survive a kill of the process does not. What only begins goes to a
//! journal first (`journal.rs`), and to the tables when it ends; while the tables cannot be
//! written, nothing begins, because an action whose end cannot be kept shall not run. One thread writes, and
//! takes all that waits for it in one transaction (`writer.rs` says why); reads
//! go through connections of their own, which the log lets run meanwhile.
//!
//! On rusqlite rather than sqlx, which talks to servers in `source-sql`: sqlx-sqlite hands each
//! statement to a thread of its own and waits for it, and these ways to and fro
//! cost more than SQLite's work. Here a request goes to the writer's thread once
//! and its answer comes back once. rusqlite of the version that shares sqlx's
//! SQLite library, as only one can be linked.
//!
//! Rejected: the author's own database as the store. Its tables are theirs, it
//! may be read-only, and an action that breaks it must still be recorded.

mod batch;
mod checkpoint;
mod failure;
mod file;
mod journal;
mod reads;
mod rows;
mod schema;
mod statements;
mod sync;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use levers_model::job::Failure;
use levers_model::{Error, ErrorKind, Event, Job, JobId, Page, Result};
use levers_ports::{Begun, JobFilter, Store, StoredFile};
use tokio::task::spawn_blocking;

use crate::batch::{Answer, File, Key, Request};
use crate::failure::{lost, refused, to_json};
use crate::file::Opened;
use crate::journal::{Beginning, Journal};
use crate::reads::Readers;
use crate::rows::{Values, end_row, event_row, job_row, time, uuid};
use crate::writer::Writer;

/// The store in a file of its own.
pub struct SqliteStore {
    // Dropped before the writer, because the last to let go of the file tidies up, and readers cannot.
    readers: Readers,
    writer: Writer,
    journal: Journal,
    /// Whether the tables could not be written the last time.
    failing: AtomicBool,
}

impl SqliteStore {
    /// Opens the file, which is made where there is none, readable for its owner
    /// only. A file beside it, ending in `.lock`, keeps other processes out. Must
    /// be called within a Tokio runtime.
    ///
    /// # Errors
    /// `Unavailable` when another process has it open, or when it cannot be
    /// opened or written; `Refused` when it is not ours or of a newer version.
    pub async fn open(path: &Path) -> Result<Self> {
        let path = path.to_owned();
        let open = move || {
            let (opened, journal) = file::open(&path)?;
            Self::on(opened, journal, path)
        };
        spawn_blocking(open).await.map_err(lost)?
    }

    fn on(opened: Opened, journal: Journal, path: PathBuf) -> Result<Self> {
        let (writer, readers) = (Writer::start(opened)?, Readers::new(path));
        Ok(Self { readers, writer, journal, failing: AtomicBool::new(false) })
    }

    /// Writes what waits, moves the log into the file and lets go of it. What is
    /// asked afterwards is answered with `Unavailable`. A store that is dropped
    /// without this loses nothing, but lets go of its file a little later.
    pub async fn close(&self) {
        self.journal.close();
        // The last connection that closes tidies up, and readers cannot.
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl SqliteStore {
    async fn write(&self, request: Request) -> Result<Answer> {
        let answer = self.writer.write(request).await;
        let failing = answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unavailable);
        self.failing.store(failing, Ordering::Relaxed);
        answer
    }

    /// Has what began in the journal written to the tables, where everybody looks.
    async fn settle(&self, begun: Vec<(JobId, Arc<Beginning>)>) -> Result<()> {
        if begun.is_empty() {
            return Ok(());
        }
        let (ids, begun): (Vec<_>, Vec<_>) = begun.into_iter().unzip();
        self.write(Request::Settle { begun }).await?;
        self.journal.settled(ids);
        Ok(())
    }

    async fn settle_all(&self) -> Result<()> {
        self.settle(self.journal.pending()).await
    }

    /// Just this one: whoever looks at a job is not to wait for others, nor for a disk that has no room for them.
    async fn settle_one(&self, id: JobId) -> Result<()> {
        self.settle(self.journal.beginning(id).map(|begun| (id, begun)).into_iter().collect()).await
    }
}

fn event_rows(events: &[Event]) -> Result<Vec<Values>> {
    events.iter().map(event_row).collect()
}

fn unexpected(answer: &Answer) -> Error {
    Error::internal(format_args!("the store gave an answer that does not fit its request: {answer:?}"))
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self, job: &Job, events: &[Event]) -> Result<Begun> {
        let key = job.idempotency_key.clone().map(|key| Key { caller: job.caller.id.clone(), key });
        let (row, events) = (job_row(job)?, event_rows(events)?);
        if !job.begins_durably() && !self.failing.load(Ordering::Relaxed) {
            if events.iter().any(|event| event.first() != row.first()) {
                return Err(refused("an event is another job's"));
            }
            self.settle(self.journal.stragglers()).await?;
            self.journal.begin(job.id, Beginning { job: row, events })?;
            return Ok(Begun::New);
        }
        let request = Request::Begin { row, key, events };
        match self.write(request).await? {
            Answer::Done => Ok(Begun::New),
            Answer::Existing(job) => Ok(Begun::Existing(job)),
            answer @ Answer::Interrupted(_) => Err(unexpected(&answer)),
        }
    }

    async fn finish(&self, job: &Job, events: &[Event], file: Option<&StoredFile>) -> Result<()> {
        let file = file.map(|file| File { job: uuid(job.id.uuid()), content: file.content.clone() });
        let (end, events) = (end_row(job)?, event_rows(events)?);
        let request = match self.journal.beginning(job.id) {
            Some(begun) => Request::Whole { row: job_row(job)?, end, begun, events, file },
            None => Request::Finish { row: end, events, file },
        };
        self.write(request).await?;
        self.journal.settled([job.id]);
        Ok(())
    }

    async fn note(&self, events: &[Event]) -> Result<()> {
        let begun = |event: &Event| Some((event.job, self.journal.beginning(event.job)?));
        self.settle(events.iter().filter_map(begun).collect()).await?;
        self.write(Request::Note { events: event_rows(events)? }).await.map(drop)
    }

    async fn job_by_key(&self, caller: &str, key: &str) -> Result<Option<Job>> {
        let found = self.readers.job_by_key(caller, key).await?;
        if found.is_some() {
            // Whoever repeats a submit must not hear of an end that a power cut could still undo.
            self.write(Request::Sync).await?;
        }
        Ok(found)
    }

    async fn job(&self, id: JobId) -> Result<Option<Job>> {
        self.settle_one(id).await?;
        self.readers.job(id).await
    }

    async fn file(&self, id: JobId) -> Result<Option<StoredFile>> {
        self.readers.file(id).await
    }

    async fn jobs(&self, filter: &JobFilter, page: Page) -> Result<Vec<Job>> {
        self.settle_all().await?;
        self.readers.jobs(filter, page).await
    }

    async fn events(&self, job: JobId) -> Result<Vec<Event>> {
        self.settle_one(job).await?;
        self.readers.events(job).await
    }

    async fn interrupt_abandoned(&self, failure: &Failure, at: DateTime<Utc>) -> Result<Vec<Job>> {
        self.settle_all().await?;
        let request = Request::Interrupt { failure: to_json(failure)?.into(), at: time(at) };
        match self.write(request).await? {
            Answer::Interrupted(jobs) => Ok(jobs),
            answer @ (Answer::Done | Answer::Existing(_)) => Err(unexpected(&answer)),
        }
    }

    async fn check(&self) -> Result<()> {
        self.write(Request::Check).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use levers_testkit::{FixedClock, finished_job, new_job};

    use super::*;

    #[tokio::test]
    async fn nothing_begins_whose_end_could_not_be_kept() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), FixedClock::default());
        let path = folder.path().join("store.db");
        let (opened, journal) = file::open(&path).unwrap();
        // Nearly full for the tables, while the journal has room.
        opened.conn.execute_batch("PRAGMA max_page_count = 40").unwrap();
        let store = SqliteStore::on(opened, journal, path).unwrap();
        let job = |size: usize| Job { values: "x".repeat(size).into(), ..new_job(&clock, "ada@example.org") };
        let (large, small) = (job(1_000_000), job(10));
        store.begin(&small, &[]).await.unwrap();
        let file = StoredFile { content: Bytes::from(vec![0; 1_000_000]) };
        let ended = finished_job(&clock, small);
        assert_eq!(store.finish(&ended, &[], Some(&file)).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(store.begin(&large, &[]).await.unwrap_err().kind(), ErrorKind::Unavailable);
        // What fits is written, and then the journal is trusted again.
        store.begin(&job(10), &[]).await.unwrap();
        store.finish(&ended, &[], None).await.unwrap();
        store.begin(&large, &[]).await.unwrap();
    }
}

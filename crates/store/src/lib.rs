//! Jobs and events in an SQLite file.
//!
//! [`SqliteStore`] keeps the promises of [`levers_ports::Store`] with SQLite's
//! write-ahead log: a commit that must survive a power cut waits for the disk, a
//! commit that must survive a kill of the process does not. Most jobs stand in a
//! journal first (`journal`), and come to the tables when they have ended, many at once (`settle.rs`);
//! while the tables cannot be written, nothing begins, because what has no place to go to shall not
//! pile up. What somebody may ask for again, or goes away from, begins in the tables. One thread writes them, and
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
mod settle;
mod statements;
mod sync;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use levers_model::job::Failure;
use levers_model::{Error, ErrorKind, Event, Job, JobId, JobState, Page, Result};
use levers_ports::{Begun, Flushed, JobFilter, Store, StoredFile};
use tokio::task::{AbortHandle, spawn_blocking};

use crate::batch::{Answer, File, Key, Request};
use crate::failure::{lost, refused, to_json};
use crate::file::Opened;
use crate::journal::{Beginning, Ending, Journal, Kept};
use crate::reads::Readers;
use crate::rows::{Values, end_row, event_row, job_row, time, uuid};
use crate::settle::Books;
use crate::writer::Writer;

/// The store in a file of its own.
pub struct SqliteStore {
    // Dropped before the writer, because the last to let go of the file tidies up, and readers cannot.
    readers: Readers,
    books: Arc<Books>,
    settling: AbortHandle,
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
        let books = Arc::new(Books::new(journal, writer));
        let settling = tokio::spawn(books.clone().keep_settling()).abort_handle();
        Ok(Self { readers, books, settling })
    }

    /// Writes what waits, moves the log into the file and lets go of it. What is
    /// asked afterwards is answered with `Unavailable`. A store that is dropped
    /// without this loses nothing, but lets go of its file a little later.
    pub async fn close(&self) {
        self.settling.abort();
        let books = self.books.clone();
        // Ends that are on their way wait for the disk.
        let _ = spawn_blocking(move || books.journal.close()).await;
        // What cannot be settled is found in the journal at the next opening.
        let _ = self.books.settle(self.books.journal.ended()).await;
        // The last connection that closes tidies up, and readers cannot.
        self.readers.close().await;
        self.books.writer.close().await;
    }

    /// Writes the end of a job to the tables.
    async fn finish_there(&self, job: &Job, ending: &Ending, file: Option<&StoredFile>) -> Result<()> {
        let file = file.map(|file| File { job: uuid(job.id.uuid()), content: file.content.clone() });
        let (end, events) = (ending.job.clone(), ending.events.clone());
        let request = match self.books.journal.running(job.id)? {
            Some(begun) => Request::Whole { row: job_row(job)?, end, begun, events, file },
            None => Request::Finish { row: end, events, file },
        };
        self.books.write(request).await?;
        self.books.journal.settled(&self.books.journal.unsettled_of([job.id]));
        Ok(())
    }

    /// Writes the end of a job to the journal, if the job is there and the journal can be written.
    async fn finish_in_journal(&self, id: JobId, ending: &Arc<Ending>, sure: bool) -> Result<Kept> {
        match self.books.journal.end(id, Arc::clone(ending), sure).await {
            Err(error) if error.kind() != ErrorKind::Conflict => {
                tracing::warn!(internal = error.internal_text(), "an end goes to the tables at once: {error}");
                Ok(Kept::NotBegun)
            }
            kept => kept,
        }
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.settling.abort();
    }
}

fn ending(job: &Job, events: &[Event]) -> Result<Arc<Ending>> {
    let ending = Ending { job: end_row(job)?, events: event_rows(events)? };
    if ending.events.iter().any(|event| event.first() != ending.job.last()) {
        return Err(refused("an event is another job's"));
    }
    Ok(Arc::new(ending))
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
        if !job.begins_durably() && !self.books.failing() {
            if events.iter().any(|event| event.first() != row.first()) {
                return Err(refused("an event is another job's"));
            }
            self.books.settle(self.books.journal.stragglers()).await?;
            self.books.journal.begin(job.id, Beginning { job: row, events })?;
            return Ok(Begun::New);
        }
        let request = Request::Begin { row, key, events };
        match self.books.write(request).await? {
            Answer::Done => Ok(Begun::New),
            Answer::Existing(job) => Ok(Begun::Existing(job)),
            answer @ Answer::Interrupted(_) => Err(unexpected(&answer)),
        }
    }

    async fn finish(&self, job: &Job, events: &[Event], file: Option<&StoredFile>) -> Result<()> {
        let ending = ending(job, events)?;
        if file.is_none() && self.finish_in_journal(job.id, &ending, true).await? == Kept::Here {
            self.books.has_ended();
            return Ok(());
        }
        self.finish_there(job, &ending, file).await
    }

    async fn finish_beside(&self, job: &Job, events: &[Event], flushed: Flushed<'_>) -> Result<Result<()>> {
        let ending = ending(job, events)?;
        // The other disk works by itself meanwhile; being woken for it in between is for nothing.
        let kept = self.finish_in_journal(job.id, &ending, false).await;
        if let Err(error) = flushed.await {
            self.books.journal.withdraw(job.id);
            return Ok(Err(error));
        }
        match kept? {
            Kept::Here => {
                self.books.journal.confirm(job.id);
                self.books.has_ended();
                Ok(Ok(()))
            }
            Kept::NotBegun => self.finish_there(job, &ending, None).await.map(Ok),
        }
    }

    async fn note(&self, events: &[Event]) -> Result<()> {
        self.books.settle_these(events.iter().map(|event| event.job)).await?;
        self.books.write(Request::Note { events: event_rows(events)? }).await.map(drop)
    }

    async fn job_by_key(&self, caller: &str, key: &str) -> Result<Option<Job>> {
        let found = self.readers.job_by_key(caller, key).await?;
        if found.is_some() {
            // Whoever repeats a submit must not hear of an end that a power cut could still undo.
            self.books.write(Request::Sync).await?;
        }
        Ok(found)
    }

    async fn job(&self, id: JobId) -> Result<Option<Job>> {
        self.books.settle_these([id]).await?;
        self.readers.job(id).await
    }

    async fn file(&self, id: JobId) -> Result<Option<StoredFile>> {
        self.readers.file(id).await
    }

    async fn jobs(&self, filter: &JobFilter, page: Page) -> Result<Vec<Job>> {
        self.books.settle_all().await?;
        self.readers.jobs(filter, page).await
    }

    async fn events(&self, job: JobId) -> Result<Vec<Event>> {
        self.books.settle_these([job]).await?;
        self.readers.events(job).await
    }

    async fn in_doubt(&self) -> Result<Vec<Job>> {
        self.books.settle_all().await?;
        let mut jobs = Vec::new();
        for (id, ending) in self.books.journal.in_doubt() {
            // One that has ended in the tables was decided by an earlier process.
            if let Some(job) = self.readers.job(id).await?.filter(|job| job.state == JobState::Executing) {
                match rows::ended(job, &ending.job) {
                    Ok(job) => jobs.push(job),
                    // It is interrupted then.
                    Err(error) => tracing::warn!(job = %id, internal = error.internal_text(), "an end cannot be read"),
                }
            }
        }
        Ok(jobs)
    }

    async fn confirm(&self, ids: &[JobId]) -> Result<()> {
        for id in ids {
            self.books.journal.confirm(*id);
        }
        self.books.settle_these(ids.iter().copied()).await
    }

    async fn interrupt_abandoned(&self, failure: &Failure, at: DateTime<Utc>) -> Result<Vec<Job>> {
        for (id, _) in self.books.journal.in_doubt() {
            self.books.journal.withdraw(id);
        }
        self.books.settle_all().await?;
        let request = Request::Interrupt { failure: to_json(failure)?.into(), at: time(at) };
        match self.books.write(request).await? {
            Answer::Interrupted(jobs) => Ok(jobs),
            answer @ (Answer::Done | Answer::Existing(_)) => Err(unexpected(&answer)),
        }
    }

    async fn check(&self) -> Result<()> {
        self.books.write(Request::Check).await.map(drop)
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

//! The system's own records: jobs and their events.
//!
//! Durability, which every implementation owes and `testkit`'s store suite
//! checks: what `finish` wrote is on disk when it returns, power cut or not.
//! What `begin` wrote survives a kill of the process when it returns; where
//! [`Job::begins_durably`] says so it survives a power cut too, because a repeat after
//! the cut must find it, or because its caller was told of nothing but the beginning.
//! For all others the file need not be synced twice per action, which halves what a
//! foreground action costs.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use levers_model::job::Failure;
use levers_model::{ActionId, Event, Job, JobId, JobState, Page, Result};

/// What `begin` found.
#[derive(Debug)]
pub enum Begun {
    /// The job is new and written.
    New,
    /// The same caller used the idempotency key before, for this job; nothing was written.
    Existing(Box<Job>),
}

/// Done when all that a job changed is on disk, or an error when that failed. It is on its way there before this is awaited.
pub type Flushed<'a> = BoxFuture<'a, Result<()>>;

/// A file outcome's bytes, kept so that a repeated submit can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The bytes.
    pub content: Bytes,
}

impl StoredFile {
    /// Larger files, and streams, are not kept.
    pub const LARGEST: usize = 16 * 1024 * 1024;
}

/// Which jobs to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Of this collection.
    pub collection: Option<String>,
    /// Of this action.
    pub action: Option<ActionId>,
    /// In this state.
    pub state: Option<JobState>,
    /// Submitted by the account of this e-mail.
    pub caller_email: Option<String>,
    /// Submitted before this job (for the next page).
    pub before: Option<JobId>,
}

/// Where jobs and events are kept.
#[async_trait]
pub trait Store: Send + Sync {
    /// Writes a new job and its first events in one transaction. Idempotency keys
    /// are unique per caller (by `Caller::id`).
    async fn begin(&self, job: &Job, events: &[Event]) -> Result<Begun>;

    /// Writes the end of a job and the events of it in one transaction, durably.
    async fn finish(&self, job: &Job, events: &[Event], file: Option<&StoredFile>) -> Result<()>;

    /// The same while what the job changed is still on its way to the disk: the end counts when
    /// both are there, and nobody sees it before. A store that cannot tell after a power cut which
    /// ends did not come to count waits for the one before the other.
    ///
    /// The inner error is that of `flushed`; then there is no end.
    async fn finish_beside(&self, job: &Job, events: &[Event], flushed: Flushed<'_>) -> Result<Result<()>> {
        match flushed.await {
            Ok(()) => self.finish(job, events, None).await.map(Ok),
            Err(error) => Ok(Err(error)),
        }
    }

    /// Adds events to a job that ended.
    async fn note(&self, events: &[Event]) -> Result<()>;

    /// The job for which this caller (by `Caller::id`) used this idempotency key.
    /// `begin` decides; this lets a repeat be answered before its form is looked
    /// at again, which the first run may have made impossible. A store without
    /// an index for it says `None`.
    async fn job_by_key(&self, _caller: &str, _key: &str) -> Result<Option<Job>> {
        Ok(None)
    }

    /// One job.
    async fn job(&self, id: JobId) -> Result<Option<Job>>;

    /// The file that a job produced, if it was kept.
    async fn file(&self, id: JobId) -> Result<Option<StoredFile>>;

    /// Jobs, newest first.
    async fn jobs(&self, filter: &JobFilter, page: Page) -> Result<Vec<Job>>;

    /// All events of a job, oldest first.
    async fn events(&self, job: JobId) -> Result<Vec<Event>>;

    /// The jobs whose end an earlier process wrote without coming to know whether what they
    /// changed was on disk too, as this end leaves them. To be asked for
    /// before [`Store::interrupt_abandoned`], which takes them for executing.
    async fn in_doubt(&self) -> Result<Vec<Job>> {
        Ok(Vec::new())
    }

    /// What these jobs changed was found to be there, so their ends count.
    async fn confirm(&self, _jobs: &[JobId]) -> Result<()> {
        Ok(())
    }

    /// Ends, with this failure, every job that an earlier process left executing.
    /// Returns them as they were. Called once, before the first `begin`.
    async fn interrupt_abandoned(&self, failure: &Failure, at: DateTime<Utc>) -> Result<Vec<Job>>;

    /// Whether the store answers and can be written.
    async fn check(&self) -> Result<()>;
}

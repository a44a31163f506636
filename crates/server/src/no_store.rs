//! A store for commands that only describe: it keeps nothing and refuses to
//! pretend otherwise. With it `levers schema` and `levers actions` work beside a
//! running server, whose store file is locked.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use levers_model::job::Failure;
use levers_model::{Error, Event, Job, JobId, Page, Result};
use levers_ports::{Begun, JobFilter, Store, StoredFile};

/// Keeps nothing.
pub(crate) struct NoStore;

fn refused<T>() -> Result<T> {
    Err(Error::refused("This command describes only: it keeps no jobs, so it runs no actions."))
}

#[async_trait]
impl Store for NoStore {
    async fn begin(&self, _job: &Job, _events: &[Event]) -> Result<Begun> {
        refused()
    }

    async fn finish(&self, _job: &Job, _events: &[Event], _file: Option<&StoredFile>) -> Result<()> {
        refused()
    }

    async fn note(&self, _events: &[Event]) -> Result<()> {
        refused()
    }

    async fn job(&self, _id: JobId) -> Result<Option<Job>> {
        refused()
    }

    async fn file(&self, _id: JobId) -> Result<Option<StoredFile>> {
        refused()
    }

    async fn jobs(&self, _filter: &JobFilter, _page: Page) -> Result<Vec<Job>> {
        refused()
    }

    async fn events(&self, _job: JobId) -> Result<Vec<Event>> {
        refused()
    }

    async fn interrupt_abandoned(&self, _failure: &Failure, _at: DateTime<Utc>) -> Result<Vec<Job>> {
        Ok(Vec::new())
    }

    async fn check(&self) -> Result<()> {
        Ok(())
    }
}

//! Starting after a crash, and stopping without one.

use std::time::Duration;

use levers_model::job::Failure;
use levers_model::{Error, ErrorKind, Event, EventKind, Job, Result};
use serde_json::json;

use super::doubt;
use crate::engine::Engine;

impl Engine {
    /// Looks whether jobs whose end is in doubt did what it says, then ends those that an earlier process left
    /// executing, and says so in their events. To be called once, before the first submit. Returns these jobs as
    /// they were.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn recover(&self) -> Result<Vec<Job>> {
        let failure = Failure::from(&Error::new(
            ErrorKind::Internal,
            "The service stopped while this action was running. What it had done by then is not known: look at the \
             records before running it again.",
        ));
        let in_doubt = self.inner.store.in_doubt().await?;
        let kept = doubt::kept(&self.inner, &in_doubt).await;
        if !in_doubt.is_empty() {
            self.inner.store.confirm(&kept).await?;
            tracing::info!(
                jobs = in_doubt.len(),
                there = kept.len(),
                "jobs had just ended when the service stopped; what they changed was looked for"
            );
        }
        let at = self.inner.clock.now();
        let jobs = self.inner.store.interrupt_abandoned(&failure, at).await?;
        let event = |job: &Job| Event {
            id: self.inner.clock.event_id(),
            job: job.id,
            kind: EventKind::JobInterrupted,
            at,
            by: job.caller.email.clone(),
            data: json!({}),
        };
        let events: Vec<Event> = jobs.iter().map(event).collect();
        if !events.is_empty() {
            self.inner.store.note(&events).await?;
            tracing::warn!(
                jobs = events.len(),
                "jobs were running when the service stopped; they are marked as failed"
            );
        }
        Ok(jobs)
    }

    /// Waits until all jobs and files under way have come to their end, at most
    /// this long. Returns how many had not.
    pub async fn drain(&self, at_most: Duration) -> usize {
        let _ = tokio::time::timeout(at_most, self.inner.running.idle()).await;
        self.inner.running.active()
    }
}

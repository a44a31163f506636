//! Bringing what the journal holds into the tables.
//!
//! A task does it for jobs that have ended, when there are many or a moment after one has; whoever
//! reads does it for what they ask for. Many jobs in one transaction write each page once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use levers_model::{ErrorKind, JobId, Result};
use tokio::sync::Notify;

use crate::batch::{Answer, Request};
use crate::journal::{Journal, Unsettled};
use crate::writer::Writer;

/// How long what has ended may wait for others.
const MOMENT: Duration = Duration::from_millis(100);

/// How many do not wait.
const MANY: usize = 256;

/// The journal and the tables.
pub(crate) struct Books {
    pub(crate) journal: Journal,
    pub(crate) writer: Writer,
    /// Whether the tables could not be written the last time.
    failing: AtomicBool,
    /// Something has ended.
    ended: Notify,
    /// Much has ended.
    many: Notify,
}

impl Books {
    pub(crate) fn new(journal: Journal, writer: Writer) -> Self {
        Self { journal, writer, failing: AtomicBool::new(false), ended: Notify::new(), many: Notify::new() }
    }

    pub(crate) fn failing(&self) -> bool {
        self.failing.load(Ordering::Relaxed)
    }

    pub(crate) async fn write(&self, request: Request) -> Result<Answer> {
        let answer = self.writer.write(request).await;
        let failing = answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Unavailable);
        self.failing.store(failing, Ordering::Relaxed);
        answer
    }

    /// Has these written to the tables, where everybody looks.
    pub(crate) async fn settle(&self, jobs: Vec<Unsettled>) -> Result<()> {
        if jobs.is_empty() {
            return Ok(());
        }
        self.write(Request::Settle { jobs: jobs.clone() }).await?;
        self.journal.settled(&jobs);
        Ok(())
    }

    pub(crate) async fn settle_all(&self) -> Result<()> {
        self.settle(self.journal.unsettled()).await
    }

    /// Just these: whoever looks at a job is not to wait for others, nor for a disk that has no room for them.
    pub(crate) async fn settle_these(&self, ids: impl IntoIterator<Item = JobId>) -> Result<()> {
        self.settle(self.journal.unsettled_of(ids)).await
    }

    /// Something in the journal has come to its end.
    pub(crate) fn has_ended(&self) {
        match self.journal.count_ended() {
            0 => {}
            1..MANY => self.ended.notify_one(),
            _ => self.many.notify_one(),
        }
    }

    /// Settles what has ended, for as long as this is awaited.
    pub(crate) async fn keep_settling(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.ended.notified() => {}
                () = self.many.notified() => {}
            }
            let _ = tokio::time::timeout(MOMENT, self.many.notified()).await;
            if let Err(error) = self.settle(self.journal.ended()).await {
                tracing::warn!(internal = error.internal_text(), "jobs wait in the store's journal: {error}");
                tokio::time::sleep(MOMENT).await;
                self.ended.notify_one();
            }
        }
    }
}

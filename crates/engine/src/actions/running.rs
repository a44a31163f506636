//! What this process is in the middle of.
//!
//! A repeated submit waits here for the first to end, and a process that is
//! told to stop waits here for all of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use levers_model::JobId;
use tokio::sync::watch;

/// The jobs and deliveries under way.
#[derive(Default)]
pub(crate) struct Running {
    jobs: Mutex<HashMap<JobId, watch::Receiver<()>>>,
    active: watch::Sender<usize>,
}

impl Running {
    /// Notes that a job is under way until the guard is dropped, by a panic too.
    pub(super) fn enter(self: &Arc<Self>, id: JobId) -> RunningJob {
        let (ended, watcher) = watch::channel(());
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).insert(id, watcher);
        RunningJob { id, active: self.activity(), _ended: ended }
    }

    /// Notes that something is under way that a stop should wait for.
    pub(super) fn activity(self: &Arc<Self>) -> Activity {
        self.active.send_modify(|active| *active += 1);
        Activity(self.clone())
    }

    /// Waits until this job has ended; at once when it does not run here.
    pub(super) async fn ended(&self, id: JobId) {
        let watcher = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        if let Some(mut watcher) = watcher {
            // Nothing is ever sent; the sender's end is the news.
            let _ = watcher.changed().await;
        }
    }

    /// Waits until nothing is under way.
    pub(super) async fn idle(&self) {
        let _ = self.active.subscribe().wait_for(|active| *active == 0).await;
    }

    /// How much is under way.
    pub(super) fn active(&self) -> usize {
        *self.active.borrow()
    }
}

/// A job under way.
pub(super) struct RunningJob {
    id: JobId,
    active: Activity,
    _ended: watch::Sender<()>,
}

impl Drop for RunningJob {
    fn drop(&mut self) {
        self.active.0.jobs.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// Something under way.
pub(super) struct Activity(Arc<Running>);

impl Drop for Activity {
    fn drop(&mut self) {
        self.0.active.send_modify(|active| *active -= 1);
    }
}

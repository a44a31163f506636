//! Reading what happened to a job.

use levers_model::{Event, JobId, Result};

use crate::context::OpContext;
use crate::engine::Engine;

impl Engine {
    /// All events of a job, oldest first.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Unavailable`.
    pub async fn events(&self, cx: &OpContext, id: JobId) -> Result<Vec<Event>> {
        let job = self.job(cx, id).await?;
        self.inner.store.events(job.id).await
    }
}

//! Reading one job.

use levers_model::{Error, Job, JobId, Result};

use crate::authorize::Permission;
use crate::context::OpContext;
use crate::engine::Engine;

impl Engine {
    /// One job.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Unavailable`.
    pub async fn job(&self, cx: &OpContext, id: JobId) -> Result<Job> {
        self.authorize(cx, Permission::ReadJobs)?;
        let job = self.inner.store.job(id).await?;
        job.ok_or_else(|| Error::not_found(format!("There is no job {id}.")))
    }
}

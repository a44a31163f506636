//! Listing jobs.

use levers_model::{Error, Job, Page, Result};
use levers_ports::JobFilter;

use crate::authorize::Permission;
use crate::context::OpContext;
use crate::engine::Engine;

/// Which jobs to list, newest first.
pub type JobQuery = JobFilter;

/// How many jobs are read at most at once.
const LARGEST_PAGE: u64 = 200;

impl Engine {
    /// Jobs, newest first; at most 200 at once.
    ///
    /// # Errors
    /// `Invalid` for a larger page, `Forbidden`, `Unavailable`.
    pub async fn jobs(&self, cx: &OpContext, query: JobQuery, page: Page) -> Result<Vec<Job>> {
        self.authorize(cx, Permission::ReadJobs)?;
        if page.limit > LARGEST_PAGE {
            return Err(Error::invalid(format!(
                "At most {LARGEST_PAGE} jobs are read at once, and {} were asked for. Read them page by page.",
                page.limit
            )));
        }
        self.inner.store.jobs(&query, page).await
    }
}

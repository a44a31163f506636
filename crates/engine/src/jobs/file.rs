//! Reading the file that a job produced.

use levers_model::{JobId, Result};
use levers_ports::StoredFile;

use crate::authorize::Permission;
use crate::context::OpContext;
use crate::engine::Engine;

impl Engine {
    /// The file that a job produced; `None` when it produced none, or one that was not kept.
    ///
    /// # Errors
    /// `Forbidden`, `Unavailable`.
    pub async fn file(&self, cx: &OpContext, id: JobId) -> Result<Option<StoredFile>> {
        self.authorize(cx, Permission::ReadJobs)?;
        self.inner.store.file(id).await
    }
}

//! Answering a repeated submit with what came of the first.

use levers_model::{Error, Job, JobState, OutcomeKind, Result};
use levers_ports::{FileBody, Reply};

use super::submit::Submitted;
use crate::engine::Engine;

/// The longest idempotency key, in characters.
const LONGEST_KEY: usize = 255;

/// Refuses a key that a header could not carry.
pub(super) fn check_key(key: &str) -> Result<()> {
    let printable = key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if printable && !key.trim().is_empty() && key.len() <= LONGEST_KEY {
        return Ok(());
    }
    Err(Error::invalid(format!("An idempotency key is 1 to {LONGEST_KEY} printable ASCII characters.")))
}

impl Engine {
    /// Answers with the outcome of an earlier job, for which it waits if it runs in this process.
    pub(super) async fn replay(&self, mut job: Job, fingerprint: &str) -> Result<Submitted> {
        if job.fingerprint != fingerprint {
            return Err(Error::conflict(format!(
                "This idempotency key was used for another request ({}). Send that request unchanged, or use a new key.",
                job.id
            )));
        }
        if job.state == JobState::Executing {
            self.inner.running.ended(job.id).await;
            let now = self.inner.store.job(job.id).await?;
            job = now.ok_or_else(|| Error::internal(format!("{} vanished from the store", job.id)))?;
        }
        if job.state == JobState::Executing {
            return Err(Error::conflict(format!("The first request with this key is still running as {}.", job.id)));
        }
        let reply = match (&job.outcome, &job.failure) {
            (Some(outcome), _) => {
                let file = match &outcome.kind {
                    OutcomeKind::File { name, .. } => Some(self.kept_file(&job, name).await?),
                    _ => None,
                };
                Ok(Reply { outcome: outcome.clone(), file })
            }
            (None, Some(failure)) => Err(Error::from(failure)),
            (None, None) => Err(Error::internal(format!("{} ended with neither outcome nor failure", job.id))),
        };
        Ok(Submitted { job, reply, replayed: true })
    }

    async fn kept_file(&self, job: &Job, name: &str) -> Result<FileBody> {
        let kept = self.inner.store.file(job.id).await?;
        kept.map(|file| FileBody::Bytes(file.content)).ok_or_else(|| {
            Error::conflict(format!(
                "The action ran as {}, but its file “{name}” was too large to be kept. Run it again with a new key.",
                job.id
            ))
        })
    }
}

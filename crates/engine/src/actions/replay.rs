//! Answering a repeated submit with what came of the first.

use levers_model::{Error, Job, JobId, JobState, Mode, OutcomeKind, Result};
use levers_ports::{FileBody, Reply};

use super::background;
use super::submit::Submitted;
use crate::context::OpContext;
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
    /// Waits until a job that runs in this process has ended, and gives what came of it
    /// as a submit would have.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Unavailable`; `Conflict` for a job that runs elsewhere,
    /// or whose file was not kept.
    pub async fn wait(&self, cx: &OpContext, id: JobId) -> Result<Submitted> {
        let job = self.job(cx, id).await?;
        let job = self.ended(job).await?;
        if job.state == JobState::Executing {
            return Err(Error::conflict(format!(
                "{} does not run in this process, so it cannot be waited for.",
                job.id
            )));
        }
        let reply = self.reply_of(&job).await?;
        Ok(Submitted { job, reply, replayed: false })
    }

    /// The job at its end, if it runs in this process.
    async fn ended(&self, job: Job) -> Result<Job> {
        if job.state != JobState::Executing {
            return Ok(job);
        }
        self.inner.running.ended(job.id).await;
        let now = self.inner.store.job(job.id).await?;
        now.ok_or_else(|| Error::internal(format!("{} vanished from the store", job.id)))
    }

    /// Answers with the outcome of an earlier job, for which it waits if it runs in this
    /// process; of one in the background, with how it stands.
    pub(super) async fn replay(&self, job: Job, fingerprint: &str) -> Result<Submitted> {
        if job.fingerprint != fingerprint {
            return Err(Error::conflict(format!(
                "This idempotency key was used for another request ({}). Send that request unchanged, or use a new key.",
                job.id
            )));
        }
        let job = match job.mode {
            Mode::Foreground => self.ended(job).await?,
            Mode::Background => job,
        };
        let reply = match (job.state, job.mode) {
            (JobState::Executing, Mode::Foreground) => {
                return Err(Error::conflict(format!(
                    "The first request with this key is still running as {}.",
                    job.id
                )));
            }
            (JobState::Executing, Mode::Background) => Ok(background::started(&job).into()),
            (JobState::Complete | JobState::Failed, _) => self.reply_of(&job).await?,
        };
        Ok(Submitted { job, reply, replayed: true })
    }

    /// What came of a job that has ended. Errors of its own are not the job's.
    async fn reply_of(&self, job: &Job) -> Result<Result<Reply>> {
        match (&job.outcome, &job.failure) {
            (Some(outcome), _) => {
                let file = match &outcome.kind {
                    OutcomeKind::File { name, .. } => Some(self.kept_file(job, name).await?),
                    _ => None,
                };
                Ok(Ok(Reply { outcome: outcome.clone(), file }))
            }
            (None, Some(failure)) => Ok(Err(Error::from(failure))),
            (None, None) => Ok(Err(Error::internal(format!("{} ended with neither outcome nor failure", job.id)))),
        }
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

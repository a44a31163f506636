//! One execution, from the job's first line to its last.
//!
//! Nothing here can be cut short by a caller: `submit` runs it in a task of its
//! own. No transaction of ours is open while the handler runs.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use levers_model::job::Failure;
use levers_model::{
    Action, Caller, ChangeSet, Collection, Condition, Error, ErrorKind, Event, EventKind, Job, JobId, Mode, Outcome,
    Result, Selection, Values,
};
use levers_ports::{ActionContext, Begun, Handler, QueryContext, Records, Reply, StoredFile};
use serde_json::{Value as Json, json};
use tracing::Instrument as _;

use super::running::RunningJob;
use super::submit::Submitted;
use super::{background, delivery, doubt, outcome};
use crate::engine::Inner;
use crate::recorder::{Recorded, Recorder, flush};

/// An execution that is ready to begin. It goes from step to step in its box: each step's
/// future would hold a copy of it otherwise.
pub(super) struct Run {
    pub(super) inner: Arc<Inner>,
    pub(super) job: Job,
    pub(super) action: Arc<Action>,
    pub(super) handler: Arc<dyn Handler>,
    pub(super) collection: Arc<Collection>,
    pub(super) caller: Arc<Caller>,
    pub(super) query: QueryContext,
    pub(super) selection: Arc<Selection>,
    pub(super) condition: Condition,
    pub(super) values: Arc<Values>,
}

/// What is to be answered.
pub(super) enum Ended {
    /// This came of it, or it has begun.
    New(Box<Submitted>),
    /// Nothing ran: the idempotency key belongs to this job.
    Before(Box<Job>),
}

impl Run {
    /// Writes the job, runs its handler, writes its end. In the background the
    /// answer comes when the job is written.
    pub(super) async fn complete(self: Box<Self>) -> Result<Ended> {
        // Entered before it is written, so that whoever finds the job finds it running.
        let running = self.inner.running.enter(self.job.id);
        if let Begun::Existing(job) = self.inner.store.begin(&self.job, &[self.start_event()]).await? {
            return Ok(Ended::Before(job));
        }
        match self.action.mode {
            Mode::Foreground => self.carry_out(running).await,
            Mode::Background => {
                let job = self.job.clone();
                // What goes wrong is in the job, or in the log when that cannot be written.
                tokio::spawn(Box::pin(self.carry_out(running)).instrument(tracing::Span::current()));
                let reply = Ok(background::started(&job).into());
                Ok(Ended::New(Box::new(Submitted { job, reply, replayed: false })))
            }
        }
    }

    async fn carry_out(self: Box<Self>, running: RunningJob) -> Result<Ended> {
        let recorder = Recorder::recording(self.inner.clone(), self.query, &self.action, &self.caller);
        let recorder = Arc::new(recorder);
        let reply = self.execute(recorder.clone()).await.and_then(outcome::check);
        let reply = match (self.action.mode, reply) {
            (Mode::Background, Ok(reply)) => background::whole(reply).await,
            (_, reply) => reply,
        };
        if let Err(error) = &reply {
            tracing::warn!(job = %self.job.id, internal = error.internal_text(), "a job failed: {error}");
        }
        let ended = self.finish(reply, recorder.close()).await;
        drop(running);
        ended
    }

    /// A panic fails its job alone.
    async fn execute(&self, records: Arc<dyn Records>) -> Result<Reply> {
        let cx = ActionContext {
            job: self.job.id,
            action: self.action.clone(),
            collection: self.collection.clone(),
            caller: self.caller.clone(),
            selection: self.selection.clone(),
            condition: self.condition.clone(),
            values: self.values.clone(),
            idempotency_key: self.job.idempotency_key.clone(),
            approval: self.job.approval.clone(),
            records,
        };
        let handled = AssertUnwindSafe(async { self.handler.execute(cx).await });
        handled.catch_unwind().await.unwrap_or_else(|panic| {
            Err(Error::internal(format!(
                "the handler of “{}” panicked: {}",
                self.action.name,
                panic_text(panic.as_ref())
            )))
        })
    }

    /// Writes the end of the job, and waits until it and all that the job changed are on disk.
    async fn finish(
        self: Box<Self>,
        mut reply: Result<Reply>,
        Recorded { changes, written, unseen }: Recorded,
    ) -> Result<Ended> {
        let mut end = self.end(&reply, changes);
        // Side by side only where the records can tell, after a power cut, what became of it.
        let flushed = match flush(&written) {
            None => Ok(()),
            Some(flushed) if end.file.is_none() && unseen == 0 && doubt::can_tell(&self.inner, &end.job.changes) => {
                match self.inner.store.finish_beside(&end.job, &end.events, flushed).await {
                    Ok(flushed) => {
                        end.is_written = flushed.is_ok();
                        flushed
                    }
                    // It gets further chances.
                    Err(error) if error.retryable() => flush(&written).unwrap_or(Box::pin(async { Ok(()) })).await,
                    Err(error) => return Err(unrecorded(self.job.id, &error)),
                }
            }
            Some(flushed) => flushed.await,
        };
        if let Err(error) = flushed {
            tracing::error!(job = %self.job.id, internal = error.internal_text(), "a job's changes may be lost: {error}");
            reply = Err(error);
            end = self.end(&reply, end.job.changes);
        }
        end.write(&self.inner).await?;
        let reply = reply.map(|Reply { outcome, file }| {
            let file = file.map(|body| delivery::watched(&self.inner, self.job.id, &self.caller.email, body));
            Reply { outcome, file }
        });
        Ok(Ended::New(Box::new(Submitted { job: end.job, reply, replayed: false })))
    }

    fn end(&self, reply: &Result<Reply>, changes: ChangeSet) -> End {
        let mut events = vec![self.end_event(reply, &changes)];
        let (at, job) = (self.inner.clock.now(), self.job.clone());
        let mut kept = None;
        let job = match reply {
            Ok(Reply { outcome, file }) => {
                if let Some(bytes) = outcome::bytes_of(file.as_ref()) {
                    let in_background = self.action.mode == Mode::Background;
                    if !in_background {
                        events.push(self.event(EventKind::FileDelivered, json!({ "bytes": bytes.len() })));
                    }
                    let asked_for = in_background || self.job.idempotency_key.is_some();
                    let worth = asked_for && bytes.len() <= StoredFile::LARGEST;
                    kept = worth.then(|| StoredFile { content: bytes.clone() });
                }
                job.finish(outcome.clone(), changes, at)
            }
            Err(error) => job.fail(Failure::from(error), changes, at),
        };
        End { job, events, file: kept, is_written: false }
    }

    fn start_event(&self) -> Event {
        let mut data = json!({ "door": self.caller.door });
        if self.action.mode == Mode::Background {
            data["mode"] = json!(self.action.mode);
        }
        if let Some(approval) = &self.job.approval {
            data["approval"] = json!(approval);
        }
        self.event(EventKind::JobStarted, data)
    }

    fn end_event(&self, reply: &Result<Reply>, changes: &ChangeSet) -> Event {
        match reply {
            Ok(Reply { outcome, .. }) => {
                let mut data = json!(outcome::in_short(outcome));
                if !changes.is_empty() {
                    data["changes"] = json!(changes.counts);
                }
                self.event(kind_of(outcome), data)
            }
            Err(error) => {
                self.event(EventKind::JobFailed, json!({ "code": error.kind().code(), "text": error.message() }))
            }
        }
    }

    fn event(&self, kind: EventKind, data: Json) -> Event {
        let clock = &self.inner.clock;
        Event { id: clock.event_id(), job: self.job.id, kind, at: clock.now(), by: self.caller.email.clone(), data }
    }
}

const fn kind_of(outcome: &Outcome) -> EventKind {
    if outcome.is_error() { EventKind::JobFailed } else { EventKind::JobCompleted }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}

/// How long to wait before each further attempt to write a job's end.
const PATIENCE: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// The end of a job.
struct End {
    job: Job,
    events: Vec<Event>,
    file: Option<StoredFile>,
    is_written: bool,
}

impl End {
    /// Writes it, if it is not written. What the handler did cannot be taken back, so a store that is
    /// away for a moment gets further chances.
    async fn write(&self, inner: &Inner) -> Result<()> {
        if self.is_written {
            return Ok(());
        }
        let mut patience = PATIENCE.iter();
        loop {
            let Err(error) = inner.store.finish(&self.job, &self.events, self.file.as_ref()).await else {
                return Ok(());
            };
            match patience.next() {
                Some(pause) if error.retryable() => tokio::time::sleep(*pause).await,
                _ => return Err(unrecorded(self.job.id, &error)),
            }
        }
    }
}

/// Not `Unavailable`: that would invite the caller to run the action again.
fn unrecorded(job: JobId, error: &Error) -> Error {
    tracing::error!(%job, internal = error.internal_text(), "the end of a job could not be written: {error}");
    let message = "The action ran, but its outcome could not be recorded. Look at the records before running it again.";
    Error::new(ErrorKind::Internal, message).with_internal(error)
}

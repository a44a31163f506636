//! Submitting an action: the one way on which anything is ever changed.

use std::sync::Arc;

use levers_model::job::NewJob;
use levers_model::{ActionId, Approval, Error, Job, Result, Selection, Values};
use levers_ports::{ActionDeclaration, Reply};
use tracing::Instrument as _;

use super::run::{Ended, Run};
use super::{canonical, prepare, redact, replay};
use crate::authorize::Permission;
use crate::builtin;
use crate::context::OpContext;
use crate::engine::Engine;
use crate::form::{self, CheckedValues, FormScope};
use crate::registry::CollectionEntry;

/// A wish to run an action.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The action's collection.
    pub collection: String,
    /// The action; a built-in one by [`levers_model::BuiltIn::id`].
    pub action: ActionId,
    /// The records that it is about.
    pub selection: Selection,
    /// The form's values; of fields that are absent the default is taken.
    pub values: Values,
    /// Makes repeated submits one; at most 255 characters.
    pub idempotency_key: Option<String>,
    /// Set when somebody else asked for it and the caller approved; the door has verified it.
    pub approval: Option<Approval>,
}

/// What came of a submit that was accepted.
#[derive(Debug)]
pub struct Submitted {
    /// The job, at its end and on disk. Its change set names created records. Of an
    /// action that runs in the background it is the job's beginning, still executing.
    pub job: Job,
    /// What the handler came back with, or why it broke off. A failed handler
    /// is a job too, so it is not an error of `submit`. While the job executes: a
    /// success that says that it began, and where to look.
    pub reply: Result<Reply>,
    /// Whether the job is that of an earlier submit with the same key.
    pub replayed: bool,
}

impl Engine {
    /// Runs an action to its end: finds it, authorizes, resolves the form, checks
    /// the values, writes the job, runs the handler, writes the outcome. An action
    /// that runs in the background is answered as soon as its job is on disk.
    ///
    /// # Errors
    /// Whatever keeps a job from being made: `NotFound`, `Forbidden`, `Invalid` with
    /// the fields, `Refused`, `Conflict` for a misused idempotency key, `Unavailable`
    /// when the store cannot be written (then nothing ran).
    pub async fn submit(&self, cx: &OpContext, submission: Submission) -> Result<Submitted> {
        let entry = self.entry(&submission.collection)?;
        let declaration = entry.action(&submission.action)?;
        self.authorize(cx, Permission::Trigger { collection: entry.name(), action: &submission.action })?;
        let Submission { selection, values, idempotency_key: key, approval, .. } = submission;
        let asked = canonical::selection(&selection);
        let mut fingerprint = String::new();
        if let Some(key) = &key {
            replay::check_key(key)?;
            fingerprint = canonical::fingerprint(&canonical::Request {
                account: &cx.caller.email,
                collection: entry.name(),
                action: &declaration.action.id,
                selection: &asked,
                values: &values,
                approval: approval.as_ref(),
            });
            if let Some(earlier) = self.inner.store.job_by_key(&cx.caller.id, key).await? {
                return self.replay(earlier, &fingerprint).await;
            }
        }
        prepare::check_size(&declaration.action, &selection)?;
        let selection = Arc::new(selection);
        let condition = self.selected(cx, entry, &declaration.action, &selection).await?;
        let scope = FormScope::new(&self.inner, cx, entry, &declaration.action, selection.clone(), condition.clone());
        let checked = match check_values(entry, declaration, &scope, values).await {
            Ok(checked) => checked,
            // The first request with this key may have come to its end meanwhile,
            // and made the repeat impossible that it is answered to.
            Err(error) => return self.replay_or(cx, key.as_deref(), &fingerprint, error).await,
        };
        let secret = checked.fields.iter().filter(|field| field.secret).map(|field| field.id.clone()).collect();
        let job = NewJob {
            id: self.inner.clock.job_id(),
            caller: (*cx.caller).clone(),
            approval,
            collection: entry.name().to_owned(),
            selection: asked,
            values: redact::redact(&checked.values, &secret),
            idempotency_key: key,
            fingerprint: fingerprint.clone(),
            at: self.inner.clock.now(),
        };
        let run = Box::new(Run {
            inner: self.inner.clone(),
            job: Job::executing(job, &declaration.action),
            action: declaration.action.clone(),
            handler: declaration.handler.clone(),
            collection: entry.seen_by(&declaration.action).clone(),
            caller: cx.caller.clone(),
            query: cx.query_context(),
            selection,
            condition,
            values: Arc::new(checked.values),
        });
        // A task of its own: a caller who hangs up drops this future, and must
        // not leave an action half done. In a box, because `spawn` moves what it is
        // given from hand to hand a dozen times.
        let run = Box::pin(run.complete()).instrument(tracing::Span::current());
        match tokio::spawn(run).await {
            Ok(Ok(Ended::New(submitted))) => Ok(*submitted),
            Ok(Ok(Ended::Before(job))) => self.replay(*job, &fingerprint).await,
            Ok(Err(error)) => Err(error),
            Err(error) => Err(Error::internal(format!("the task of a job ended early: {error}"))),
        }
    }

    async fn replay_or(&self, cx: &OpContext, key: Option<&str>, fingerprint: &str, error: Error) -> Result<Submitted> {
        if let Some(key) = key
            && let Some(earlier) = self.inner.store.job_by_key(&cx.caller.id, key).await?
        {
            return self.replay(earlier, fingerprint).await;
        }
        Err(error)
    }
}

/// Built-in actions are checked by column, all others against their form.
async fn check_values(
    entry: &CollectionEntry,
    declaration: &ActionDeclaration,
    scope: &FormScope,
    values: Values,
) -> Result<CheckedValues> {
    if let Some(built_in) = declaration.action.built_in {
        builtin::check_values(built_in, &entry.schema, &values)?;
    }
    form::resolve_and_check(declaration, scope, values).await
}

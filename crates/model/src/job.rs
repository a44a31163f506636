//! One execution of one action, and the facts about it.
//!
//! A job moves only through the methods here, so an illegal combination (a
//! complete job without an outcome) cannot be written.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::action::{Action, ActionId, BuiltIn, Mode};
use crate::caller::{Approval, Caller};
use crate::changes::ChangeSet;
use crate::error::{Error, ErrorKind, FieldError};
use crate::ids::{EventId, JobId};
use crate::outcome::Outcome;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Its handler runs. The process that runs it moves it on; when that process
    /// died, the next start does.
    Executing,
    /// It worked. Nobody moves it on.
    Complete,
    /// It did not. Nobody moves it on.
    Failed,
}

/// Why a job failed, as far as a caller may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// [`crate::ErrorKind::code`].
    pub code: String,
    /// The public text.
    pub message: String,
    /// What is wrong with single fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self {
            code: error.kind().code().to_owned(),
            message: error.message().to_owned(),
            fields: error.fields().to_vec(),
        }
    }
}

/// The error as it was answered the first time, for a repeated submit.
impl From<&Failure> for Error {
    fn from(failure: &Failure) -> Self {
        let kind = ErrorKind::from_code(&failure.code).unwrap_or(ErrorKind::Internal);
        Self::new(kind, failure.message.clone()).with_fields(failure.fields.clone())
    }
}

/// One execution of one action by one caller on one selection with one set of values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its identity.
    pub id: JobId,
    /// The action's collection.
    pub collection: String,
    /// The action's id.
    pub action: ActionId,
    /// The action's name when the job was submitted.
    pub action_name: String,
    /// Set when the action was a built-in one.
    pub built_in: Option<BuiltIn>,
    /// Whether its caller waited for its end.
    pub mode: Mode,
    /// Who asked, and through which door.
    pub caller: Caller,
    /// Set when somebody else asked for it and the caller approved.
    pub approval: Option<Approval>,
    /// The selection as it was asked for, as canonical JSON.
    pub selection: Json,
    /// The values; secrets and the contents of files are left out.
    pub values: Json,
    /// The key that makes repeated submits one.
    pub idempotency_key: Option<String>,
    /// A digest of action, selection and values, to tell a repeat from a misuse of
    /// the key; empty without a key.
    pub fingerprint: String,
    /// Where it stands.
    pub state: JobState,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// Why it failed, unless the outcome says so.
    pub failure: Option<Failure>,
    /// What it changed.
    pub changes: ChangeSet,
    /// When it was submitted.
    pub created_at: DateTime<Utc>,
    /// When it came to its end.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What a job is submitted with.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Its identity.
    pub id: JobId,
    /// Who asks.
    pub caller: Caller,
    /// See [`Job::approval`].
    pub approval: Option<Approval>,
    /// The action's collection.
    pub collection: String,
    /// See [`Job::selection`].
    pub selection: Json,
    /// See [`Job::values`].
    pub values: Json,
    /// See [`Job::idempotency_key`].
    pub idempotency_key: Option<String>,
    /// See [`Job::fingerprint`].
    pub fingerprint: String,
    /// Now.
    pub at: DateTime<Utc>,
}

impl Job {
    /// A job whose handler starts at once.
    pub fn executing(new: NewJob, action: &Action) -> Self {
        Self {
            id: new.id,
            collection: new.collection,
            action: action.id.clone(),
            action_name: action.name.clone(),
            built_in: action.built_in,
            mode: action.mode,
            caller: new.caller,
            approval: new.approval,
            selection: new.selection,
            values: new.values,
            idempotency_key: new.idempotency_key,
            fingerprint: new.fingerprint,
            state: JobState::Executing,
            outcome: None,
            failure: None,
            changes: ChangeSet::default(),
            created_at: new.at,
            finished_at: None,
        }
    }

    /// Whether its beginning must be on disk before anybody is told of it: a repeat must
    /// find it, or its caller goes away with nothing but its id.
    pub fn begins_durably(&self) -> bool {
        self.idempotency_key.is_some() || self.mode == Mode::Background
    }

    /// The handler came back with an outcome.
    pub fn finish(self, outcome: Outcome, changes: ChangeSet, at: DateTime<Utc>) -> Self {
        let state = if outcome.is_error() { JobState::Failed } else { JobState::Complete };
        Self { state, outcome: Some(outcome), changes, finished_at: Some(at), ..self }
    }

    /// The handler broke off, or the process did.
    pub fn fail(self, failure: Failure, changes: ChangeSet, at: DateTime<Utc>) -> Self {
        Self { state: JobState::Failed, failure: Some(failure), changes, finished_at: Some(at), ..self }
    }
}

/// What an event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A job was accepted and its handler started.
    JobStarted,
    /// A job came to a good end.
    JobCompleted,
    /// A job failed.
    JobFailed,
    /// The process died under a job; what it had done by then is not known.
    JobInterrupted,
    /// A file that a job produced was read to its end by the caller.
    FileDelivered,
    /// A file that a job produced broke off.
    FileBroken,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::JobStarted,
        Self::JobCompleted,
        Self::JobFailed,
        Self::JobInterrupted,
        Self::FileDelivered,
        Self::FileBroken,
    ];

    /// The kind's name in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Self::JobStarted => "job_started",
            Self::JobCompleted => "job_completed",
            Self::JobFailed => "job_failed",
            Self::JobInterrupted => "job_interrupted",
            Self::FileDelivered => "file_delivered",
            Self::FileBroken => "file_broken",
        }
    }
}

/// One immutable fact about a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its identity; sorts by age.
    pub id: EventId,
    /// The job that it is about.
    pub job: JobId,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: DateTime<Utc>,
    /// Who did it (the caller's e-mail).
    pub by: String,
    /// Details, by kind.
    pub data: Json,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Scope;
    use crate::caller::Door;

    #[test]
    fn what_somebody_may_ask_for_again_begins_durably() {
        for (key, mode, durably) in [
            (None, Mode::Foreground, false),
            (Some("k".to_owned()), Mode::Foreground, true),
            (None, Mode::Background, true),
        ] {
            let new = NewJob {
                id: JobId::generate(),
                caller: Caller::new("ada@example.org", Door::Test),
                approval: None,
                collection: "companies".into(),
                selection: Json::Null,
                values: Json::Null,
                idempotency_key: key,
                fingerprint: String::new(),
                at: DateTime::UNIX_EPOCH,
            };
            let action = Action { mode, ..Action::new("Export all", Scope::Global) };
            assert_eq!(Job::executing(new, &action).begins_durably(), durably, "{mode:?}");
        }
    }
}

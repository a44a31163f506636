//! Running an action.
//!
//! The answer is `{job, outcome}`, also when the outcome is an error that the
//! action itself reports: the execution is what was asked for, and it happened.
//! A handler that broke off answers a problem with the job's id. A file is the
//! body itself, with `Content-Disposition` and the job's id in `Levers-Job`, so
//! that it streams at any size. An action that runs in the background answers 202
//! with the job as it begins and its path in `Location`.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use levers_engine::{Submission, Submitted};
use levers_model::changes::ChangeCount;
use levers_model::{ActionId, ChangeKind, Job, JobState, OutcomeKind, Values};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::outcome::set_headers;
use super::{OutcomeView, file_answer, idempotency_key};
use crate::Api;
use crate::answer::{json, mark_replayed};
use crate::extract::{Body, Cx, Parted};
use crate::filter::Schemas;
use crate::object;
use crate::problem::Problem;
use crate::selection::SelectionInput;

/// On which records to run an action, with which values.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "selection": { "ids": ["1"] }, "values": { "amount": 12 } }))]
pub(super) struct RunInput {
    /// The records that the action is about.
    #[serde(default, deserialize_with = "object::one")]
    selection: SelectionInput,
    /// The form's values, by field id; of fields that are absent the default is taken.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    #[serde(default)]
    values: Values,
}

/// An execution and what came of it.
#[derive(Serialize, ToSchema)]
pub(super) struct RunAnswer {
    /// The execution.
    job: JobSummary,
    /// What came of it.
    outcome: OutcomeView,
}

/// One execution of one action, in short.
#[derive(Serialize, ToSchema)]
pub(crate) struct JobSummary {
    /// Its identity.
    #[schema(example = "job_01931f3c5f6a7e0f8c1d2e3f4a5b6c7d")]
    pub(crate) id: String,
    /// The action's collection.
    #[schema(example = "companies")]
    collection: String,
    /// The action's id.
    #[schema(example = "mark-as-live")]
    action: String,
    /// The action's name when the job was submitted.
    action_name: String,
    /// Where it stands.
    state: JobStateView,
    /// Who asked: the account's e-mail address.
    caller: String,
    /// When it was submitted.
    created_at: DateTime<Utc>,
    /// When it came to its end.
    finished_at: Option<DateTime<Utc>>,
    /// How many records it changed, by collection and kind of change.
    changed: Vec<ChangeCountView>,
}

impl From<&Job> for JobSummary {
    fn from(job: &Job) -> Self {
        Self {
            id: job.id.to_string(),
            collection: job.collection.clone(),
            action: job.action.to_string(),
            action_name: job.action_name.clone(),
            state: job.state.into(),
            caller: job.caller.email.clone(),
            created_at: job.created_at,
            finished_at: job.finished_at,
            changed: job.changes.counts.iter().map(Into::into).collect(),
        }
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum JobStateView {
    /// Its handler runs.
    Executing,
    /// It worked.
    Complete,
    /// It did not.
    Failed,
}

impl From<JobState> for JobStateView {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Executing => Self::Executing,
            JobState::Complete => Self::Complete,
            JobState::Failed => Self::Failed,
        }
    }
}

impl From<JobStateView> for JobState {
    fn from(state: JobStateView) -> Self {
        match state {
            JobStateView::Executing => Self::Executing,
            JobStateView::Complete => Self::Complete,
            JobStateView::Failed => Self::Failed,
        }
    }
}

/// How many records of a collection changed in one way.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeCountView {
    /// The records' collection.
    collection: String,
    /// What happened to them.
    kind: ChangeKindView,
    /// How many there were.
    count: u64,
}

impl From<&ChangeCount> for ChangeCountView {
    fn from(count: &ChangeCount) -> Self {
        Self { collection: count.collection.clone(), kind: count.kind.into(), count: count.count }
    }
}

/// What happened to a record.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangeKindView {
    Created,
    Updated,
    Deleted,
    /// By an action's SQL; such rows are counted, not kept one by one.
    ChangedByStatement,
}

impl From<ChangeKind> for ChangeKindView {
    fn from(kind: ChangeKind) -> Self {
        match kind {
            ChangeKind::Created => Self::Created,
            ChangeKind::Updated => Self::Updated,
            ChangeKind::Deleted => Self::Deleted,
            ChangeKind::ChangedByStatement => Self::ChangedByStatement,
        }
    }
}

/// Run an action
///
/// Runs it to its end and answers the job and its outcome. When the outcome is a file, the body is
/// the file, and the header `Levers-Job` names the job. The same `Idempotency-Key` again answers
/// what the first request answered, with the header `Idempotent-Replayed: true`.
///
/// An action of the mode `background` is answered with 202 as soon as its job is kept; ask for the
/// path in `Location` until the job's state is no longer `executing`. Its file is at the job's `file`.
#[utoipa::path(post, path = "/collections/{collection}/actions/{action}", tag = "actions",
    params(
        ("collection" = String, Path, description = "The collection's name.", example = "companies"),
        ("action" = String, Path, description = "The action's id.", example = "mark-as-live"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes repeated requests one; at most 255 characters."),
    ),
    request_body = RunInput,
    responses(
        (status = 200, description = "The job and its outcome, or the file.",
            content((RunAnswer = "application/json"), (Vec<u8> = "*/*")),
            headers(("Levers-Job" = String, description = "The job's id, when the body is a file."))),
        (status = 202, description = "The job has begun.", body = RunAnswer,
            headers(("Location" = String, description = "The job's path.")))))]
pub(super) async fn run_action(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted((collection, action)): Parted<(String, String)>,
    headers: HeaderMap,
    Body(input): Body<RunInput>,
) -> Result<Response, Problem> {
    let entry = api.engine.collection(&cx, &collection)?;
    let action = ActionId::from_name(&action);
    entry.action(&action)?;
    let submission = Submission {
        action,
        selection: input.selection.translate(&Schemas { engine: &api.engine, cx: &cx }, entry)?,
        values: input.values,
        idempotency_key: idempotency_key(&headers)?,
        approval: None,
        collection,
    };
    answer(api.engine.submit(&cx, submission).await?)
}

fn answer(submitted: Submitted) -> Result<Response, Problem> {
    let Submitted { job, reply, replayed } = submitted;
    let reply = reply.map_err(|error| Problem::of_job(&error, job.id))?;
    let headers = reply.outcome.headers.clone();
    let mut response = match (&reply.outcome.kind, reply.file) {
        (OutcomeKind::File { name, mime }, Some(file)) => file_answer(job.id, name, mime, file),
        _ => json(&RunAnswer { job: JobSummary::from(&job), outcome: reply.outcome.into() })?,
    };
    set_headers(&mut response, &headers);
    mark_replayed(&mut response, replayed);
    if job.state == JobState::Executing {
        *response.status_mut() = StatusCode::ACCEPTED;
        if let Ok(path) = HeaderValue::try_from(format!("{}/jobs/{}", crate::PREFIX, job.id)) {
            response.headers_mut().insert(header::LOCATION, path);
        }
    }
    Ok(response)
}

//! Jobs: what ran, what it changed, what happened to it.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use levers_engine::JobQuery;
use levers_model::{ActionId, Change, Error, Event, Job, JobId, OutcomeKind, Page, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::actions::{ChangeKindView, JobStateView, JobSummary, OutcomeView, file_answer};
use crate::collections::ModeView;
use crate::extract::{Cx, Params, Parted};
use crate::limits;
use crate::problem::{FieldProblem, Problem};

/// The routes of this module.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(list_jobs))
        .routes(routes!(get_job))
        .routes(routes!(list_events))
        .routes(routes!(get_file))
}

/// Which jobs to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct JobParams {
    /// Of this collection.
    #[param(example = "companies")]
    collection: Option<String>,
    /// Of this action, by id.
    #[param(example = "mark-as-live")]
    action: Option<String>,
    /// In this state.
    state: Option<JobStateView>,
    /// Submitted by the account of this e-mail address.
    caller: Option<String>,
    /// Older than this job: the last id of the page before.
    before: Option<String>,
    /// Jobs of a page; 50 when nothing is said.
    #[param(minimum = 1, maximum = 1000)]
    page_size: Option<u64>,
}

/// A page of jobs.
#[derive(Serialize, ToSchema)]
struct JobList {
    /// Newest first.
    jobs: Vec<JobSummary>,
}

/// One execution of one action.
#[derive(Serialize, ToSchema)]
struct JobView {
    #[serde(flatten)]
    summary: JobSummary,
    /// The door that it came through.
    #[schema(example = "rest")]
    door: Value,
    /// Whether the caller waited for its end.
    mode: ModeView,
    /// Set when somebody else asked for it and the caller approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<ApprovalView>,
    /// The selection as it was asked for.
    selection: Value,
    /// The values; secrets and the contents of files are left out.
    values: Value,
    /// The key that makes repeated submits one.
    idempotency_key: Option<String>,
    /// What came of it.
    outcome: Option<OutcomeView>,
    /// Why it failed, unless the outcome says so.
    failure: Option<FailureView>,
    /// What it changed, record by record: at most 1 000 records.
    changes: Vec<ChangeView>,
    /// Whether it changed records that `changes` does not hold.
    changes_truncated: bool,
}

/// That the caller approved what somebody else had asked for.
#[derive(Serialize, ToSchema)]
struct ApprovalView {
    /// Who had asked.
    requester_id: String,
}

/// Why a job failed.
#[derive(Serialize, ToSchema)]
struct FailureView {
    /// A stable word for programs.
    #[schema(example = "refused")]
    code: String,
    /// What happened.
    message: String,
    /// What is wrong with single fields.
    fields: Vec<FieldProblem>,
}

/// What happened to one record.
#[derive(Serialize, ToSchema)]
struct ChangeView {
    /// The record's collection.
    collection: String,
    /// The record's packed id.
    id: String,
    /// What happened.
    kind: ChangeKindView,
    /// Values before, by column.
    before: serde_json::Map<String, Value>,
    /// Values after, by column.
    after: serde_json::Map<String, Value>,
}

impl From<Change> for ChangeView {
    fn from(change: Change) -> Self {
        Self {
            collection: change.collection,
            id: change.id,
            kind: change.kind.into(),
            before: change.before.into_iter().collect(),
            after: change.after.into_iter().collect(),
        }
    }
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        let failure = job.failure.as_ref().map(|failure| FailureView {
            code: failure.code.clone(),
            message: failure.message.clone(),
            fields: failure.fields.iter().map(Into::into).collect(),
        });
        Self {
            summary: (&job).into(),
            door: serde_json::to_value(job.caller.door).unwrap_or_default(),
            mode: job.mode.into(),
            approval: job.approval.map(|approval| ApprovalView { requester_id: approval.requester_id }),
            selection: job.selection,
            values: job.values,
            idempotency_key: job.idempotency_key,
            outcome: job.outcome.map(Into::into),
            failure,
            changes: job.changes.changes.into_iter().map(Into::into).collect(),
            changes_truncated: job.changes.truncated,
        }
    }
}

/// The facts about a job.
#[derive(Serialize, ToSchema)]
struct EventList {
    /// Oldest first.
    events: Vec<EventView>,
}

/// One immutable fact about a job.
#[derive(Serialize, ToSchema)]
struct EventView {
    /// Its identity.
    #[schema(example = "evt_01931f3c5f6a7e0f8c1d2e3f4a5b6c7d")]
    id: String,
    /// What happened.
    #[schema(example = "job_completed")]
    kind: &'static str,
    /// When.
    at: DateTime<Utc>,
    /// Who did it: the caller's e-mail address.
    by: String,
    /// Details, by kind.
    data: Value,
}

impl From<Event> for EventView {
    fn from(event: Event) -> Self {
        Self { id: event.id.to_string(), kind: event.kind.name(), at: event.at, by: event.by, data: event.data }
    }
}

fn job_id(text: &str) -> Result<JobId> {
    text.parse().map_err(|error: levers_model::ids::InvalidId| Error::invalid(format!("{error}.")))
}

/// List jobs
///
/// A page of jobs, newest first. `before` leads to the next page.
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(JobParams),
    responses((status = 200, body = JobList, description = "The page's jobs.")))]
async fn list_jobs(
    State(api): State<Api>,
    Cx(cx): Cx,
    Params(params): Params<JobParams>,
) -> Result<Json<JobList>, Problem> {
    let limit = params.page_size.unwrap_or(limits::PAGE_SIZE);
    if !(1..=limits::LARGEST_PAGE).contains(&limit) {
        return Err(Error::invalid(format!("“page_size” must lie between 1 and {}.", limits::LARGEST_PAGE)).into());
    }
    let query = JobQuery {
        collection: params.collection,
        action: params.action.as_deref().map(ActionId::from_name),
        state: params.state.map(Into::into),
        caller_email: params.caller,
        before: params.before.as_deref().map(job_id).transpose()?,
    };
    let jobs = api.engine.jobs(&cx, query, Page { skip: 0, limit }).await?;
    Ok(Json(JobList { jobs: jobs.iter().map(Into::into).collect() }))
}

/// Read a job
///
/// One execution with selection, values, outcome and change set.
#[utoipa::path(get, path = "/jobs/{job}", tag = "jobs",
    params(("job" = String, Path, description = "The job's id.", example = "job_01931f3c5f6a7e0f8c1d2e3f4a5b6c7d")),
    responses((status = 200, body = JobView, description = "The job.")))]
async fn get_job(State(api): State<Api>, Cx(cx): Cx, Parted(id): Parted<String>) -> Result<Json<JobView>, Problem> {
    Ok(Json(api.engine.job(&cx, job_id(&id)?).await?.into()))
}

/// List a job's events
///
/// Everything that happened to a job, oldest first.
#[utoipa::path(get, path = "/jobs/{job}/events", tag = "jobs",
    params(("job" = String, Path, description = "The job's id.", example = "job_01931f3c5f6a7e0f8c1d2e3f4a5b6c7d")),
    responses((status = 200, body = EventList, description = "The events.")))]
async fn list_events(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted(id): Parted<String>,
) -> Result<Json<EventList>, Problem> {
    let events = api.engine.events(&cx, job_id(&id)?).await?;
    Ok(Json(EventList { events: events.into_iter().map(Into::into).collect() }))
}

/// Download a job's file
///
/// The file that a job produced, when it was kept: of actions that run in the background every file,
/// of others those up to 16 MB that did not stream, when the job has an idempotency key.
#[utoipa::path(get, path = "/jobs/{job}/file", tag = "jobs",
    params(("job" = String, Path, description = "The job's id.", example = "job_01931f3c5f6a7e0f8c1d2e3f4a5b6c7d")),
    responses((status = 200, body = Vec<u8>, content_type = "*/*", description = "The file.")))]
async fn get_file(State(api): State<Api>, Cx(cx): Cx, Parted(id): Parted<String>) -> Result<Response, Problem> {
    let id = job_id(&id)?;
    let job = api.engine.job(&cx, id).await?;
    let missing = || {
        Error::not_found(
            "This job keeps no file. Files are kept when the action runs in the background, or the job had an \
             Idempotency-Key and the file did not stream, up to 16 MB.",
        )
    };
    let Some(OutcomeKind::File { name, mime }) = job.outcome.map(|outcome| outcome.kind) else {
        return Err(missing().into());
    };
    let file = api.engine.file(&cx, id).await?.ok_or_else(missing)?;
    Ok(file_answer(id, &name, &mime, levers_ports::FileBody::Bytes(file.content)))
}

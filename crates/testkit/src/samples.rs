//! Jobs and events with something in every field.

use indexmap::IndexMap;
use levers_model::job::{Failure, NewJob};
use levers_model::{
    Action, Approval, BuiltIn, Caller, Change, ChangeKind, ChangeSet, Door, Event, EventKind, FieldError, Job,
    JobState, Mode, Outcome, Scope,
};
use levers_ports::Clock;
use serde_json::json;

/// A job of the action “Mark as Live” on `companies` that was just submitted.
pub fn new_job(clock: &dyn Clock, caller: &str) -> Job {
    let new = NewJob {
        id: clock.job_id(),
        caller: Caller::new(caller, Door::Test),
        approval: None,
        collection: "companies".into(),
        selection: json!({ "targets": { "ids": ["1"] } }),
        values: json!({ "reason": "because", "amount": "12.50" }),
        idempotency_key: None,
        fingerprint: "f".into(),
        at: clock.now(),
    };
    Job::executing(new, &Action::new("Mark as Live", Scope::Single))
}

/// The job's good end, with one change.
pub fn finished_job(clock: &dyn Clock, job: Job) -> Job {
    let mut changes = ChangeSet::default();
    changes.add("companies", ChangeKind::Updated, 1, Some(vec![sample_change()]));
    job.finish(Outcome::success("Company is now live!"), changes, clock.now())
}

/// The fact that the job began.
pub fn started_event(clock: &dyn Clock, job: &Job) -> Event {
    event(clock, job, EventKind::JobStarted)
}

/// The fact that the job ended, as its state says.
pub fn ended_event(clock: &dyn Clock, job: &Job) -> Event {
    let kind = if job.state == JobState::Failed { EventKind::JobFailed } else { EventKind::JobCompleted };
    event(clock, job, kind)
}

/// Why a job failed, with a field to blame.
pub fn sample_failure() -> Failure {
    Failure {
        code: "invalid".into(),
        message: "amount: A number is required.".into(),
        fields: vec![FieldError::new("amount", "A number is required.")],
    }
}

/// Ended jobs that hold between them every outcome, a failure, and everything
/// that a caller, a selection and values can hold.
pub fn sample_jobs(clock: &dyn Clock) -> Vec<Job> {
    let mut jobs: Vec<Job> = Outcome::samples()
        .into_iter()
        .map(|outcome| new_job(clock, "ada@example.org").finish(outcome, ChangeSet::default(), clock.now()))
        .collect();
    let headers = [("x-hint".to_owned(), "é".to_owned())].into();
    let outcome = Outcome { headers, ..Outcome::done() };
    jobs.push(new_job(clock, "ada@example.org").finish(outcome, ChangeSet::default(), clock.now()));
    jobs.push(new_job(clock, "ada@example.org").fail(sample_failure(), ChangeSet::default(), clock.now()));
    jobs.push(finished_job(clock, unusual_job(clock)));
    jobs
}

fn unusual_job(clock: &dyn Clock) -> Job {
    let mut job = new_job(clock, "");
    job.collection = "o'brien \"quoted\" \u{0} ünïcode".into();
    job.action_name = String::new();
    job.built_in = Some(BuiltIn::Delete);
    job.mode = Mode::Background;
    job.approval = Some(Approval { requester_id: "o'brien".into() });
    job.caller.first_name = "Ada".into();
    job.caller.team = Some("Operations".into());
    job.caller.role = Some("admin".into());
    job.caller.permission_level = Some("user".into());
    job.caller.tags = [("region".to_owned(), "eu; DROP TABLE jobs".to_owned())].into();
    job.caller.timezone = chrono_tz::Europe::Paris;
    job.caller.door = Door::Forest;
    job.selection = json!({ "b": [null, true, -1, 9_007_199_254_740_993_u64, "\u{0}"], "a": {} });
    job.values = json!({ "nested": { "deep": [[], {}] }, "big": "x".repeat(100_000) });
    job.idempotency_key = Some("a key with spaces".into());
    job
}

fn sample_change() -> Change {
    let column = |status: &str| IndexMap::from([("status".to_owned(), json!(status))]);
    Change {
        collection: "companies".into(),
        id: "1".into(),
        kind: ChangeKind::Updated,
        before: column("signed_up"),
        after: column("live"),
    }
}

fn event(clock: &dyn Clock, job: &Job, kind: EventKind) -> Event {
    Event {
        id: clock.event_id(),
        job: job.id,
        kind,
        at: clock.now(),
        by: job.caller.email.clone(),
        data: json!({ "n": 1 }),
    }
}

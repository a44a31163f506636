//! Jobs and events as rows, and back.

use chrono::{DateTime, Utc};
use levers_model::job::Failure;
use levers_model::{ActionId, ChangeSet, Error, Event, EventId, Job, JobId, JobState, Result};
use sea_query::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row as _, Sqlite, Type};
use uuid::Uuid;

use crate::failure::{failed, from_json, to_json};
use crate::schema::{Events, Jobs, SHAPE};

/// The columns of a job, in the order of [`job_row`] and [`job`].
pub(crate) const JOB_COLUMNS: [Jobs; 20] = [
    Jobs::Id,
    Jobs::Collection,
    Jobs::Action,
    Jobs::ActionName,
    Jobs::BuiltIn,
    Jobs::Caller,
    Jobs::CallerId,
    Jobs::CallerEmail,
    Jobs::Door,
    Jobs::Selection,
    Jobs::Values,
    Jobs::IdempotencyKey,
    Jobs::Fingerprint,
    Jobs::State,
    Jobs::Outcome,
    Jobs::Failure,
    Jobs::Changes,
    Jobs::CreatedAt,
    Jobs::FinishedAt,
    Jobs::Shape,
];

/// The columns that the end of a job sets, in the order of [`end_row`] after its id.
pub(crate) const END_COLUMNS: [Jobs; 5] = [Jobs::State, Jobs::Outcome, Jobs::Failure, Jobs::Changes, Jobs::FinishedAt];

/// The columns of an event, in the order of [`event_row`] and [`event`].
pub(crate) const EVENT_COLUMNS: [Events; 7] =
    [Events::Job, Events::Id, Events::Kind, Events::At, Events::By, Events::Data, Events::Shape];

/// A row's values, in the order of its columns.
pub(crate) type Values = Vec<Value>;

pub(crate) fn job_row(job: &Job) -> Result<Values> {
    Ok(vec![
        job.id.uuid().into(),
        job.collection.as_str().into(),
        job.action.as_str().into(),
        job.action_name.as_str().into(),
        job.built_in.as_ref().map(word).transpose()?.into(),
        to_json(&job.caller)?.into(),
        job.caller.id.as_str().into(),
        job.caller.email.as_str().into(),
        word(&job.caller.door)?.into(),
        to_json(&job.selection)?.into(),
        to_json(&job.values)?.into(),
        job.idempotency_key.as_deref().into(),
        job.fingerprint.as_str().into(),
        word(&job.state)?.into(),
        job.outcome.as_ref().map(to_json).transpose()?.into(),
        job.failure.as_ref().map(to_json).transpose()?.into(),
        to_json(&job.changes)?.into(),
        job.created_at.into(),
        job.finished_at.into(),
        SHAPE.into(),
    ])
}

/// The id of a job that ends and the values that its end sets.
pub(crate) fn end_row(job: &Job) -> Result<Values> {
    Ok(vec![
        job.id.uuid().into(),
        word(&job.state)?.into(),
        job.outcome.as_ref().map(to_json).transpose()?.into(),
        job.failure.as_ref().map(to_json).transpose()?.into(),
        to_json(&job.changes)?.into(),
        job.finished_at.into(),
    ])
}

pub(crate) fn event_row(event: &Event) -> Result<Values> {
    Ok(vec![
        event.job.uuid().into(),
        event.id.uuid().into(),
        event.kind.name().into(),
        event.at.into(),
        event.by.as_str().into(),
        to_json(&event.data)?.into(),
        SHAPE.into(),
    ])
}

pub(crate) fn job(row: &SqliteRow) -> Result<Job> {
    let text = |index| get::<String>(row, index);
    let optional = |index| get::<Option<String>>(row, index);
    check_shape(row, 19)?;
    Ok(Job {
        id: JobId::from_uuid(get::<Uuid>(row, 0)?),
        collection: text(1)?,
        action: from_word::<ActionId>(text(2)?)?,
        action_name: text(3)?,
        built_in: optional(4)?.map(from_word).transpose()?,
        caller: from_json(&text(5)?)?,
        selection: from_json(&text(9)?)?,
        values: from_json(&text(10)?)?,
        idempotency_key: optional(11)?,
        fingerprint: text(12)?,
        state: from_word::<JobState>(text(13)?)?,
        outcome: optional(14)?.as_deref().map(from_json).transpose()?,
        failure: optional(15)?.as_deref().map(from_json::<Failure>).transpose()?,
        changes: from_json::<ChangeSet>(&text(16)?)?,
        created_at: get::<DateTime<Utc>>(row, 17)?,
        finished_at: get::<Option<DateTime<Utc>>>(row, 18)?,
    })
}

pub(crate) fn event(row: &SqliteRow) -> Result<Event> {
    check_shape(row, 6)?;
    Ok(Event {
        job: JobId::from_uuid(get(row, 0)?),
        id: EventId::from_uuid(get(row, 1)?),
        kind: from_word(get(row, 2)?)?,
        at: get(row, 3)?,
        by: get(row, 4)?,
        data: from_json(&get::<String>(row, 5)?)?,
    })
}

pub(crate) fn get<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(row: &'r SqliteRow, index: usize) -> Result<T> {
    row.try_get(index).map_err(failed)
}

fn check_shape(row: &SqliteRow, index: usize) -> Result<()> {
    match get::<i32>(row, index)? {
        SHAPE => Ok(()),
        other => Err(Error::internal(format_args!("a row of shape {other}, which this program does not know"))),
    }
}

/// The one word that an enum without values serializes to.
pub(crate) fn word<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(Error::internal(format_args!("not a word for the store: {other:?}"))),
    }
}

fn from_word<T: DeserializeOwned>(word: String) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(word))
        .map_err(|error| Error::internal(format_args!("a word in the store: {error}")))
}

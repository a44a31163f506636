//! Jobs and events as rows, and back.

use chrono::{DateTime, SecondsFormat, Utc};
use levers_model::job::Failure;
use levers_model::{ActionId, ChangeSet, Error, Event, EventId, Job, JobId, JobState, Result};
use rusqlite::Row;
use rusqlite::types::{FromSql, Value};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::failure::{failed, from_json, to_json};
use crate::schema::{Events, Jobs, SHAPE};

/// The columns of a job, in the order of [`job_row`] and [`job`].
pub(crate) const JOB_COLUMNS: [Jobs; 22] = [
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
    Jobs::Mode,
    Jobs::Approval,
];

/// The columns that the end of a job sets, in the order of [`end_row`] before its id.
pub(crate) const END_COLUMNS: [Jobs; 5] = [Jobs::State, Jobs::Outcome, Jobs::Failure, Jobs::Changes, Jobs::FinishedAt];

/// Where the columns that an end sets stand among those of a job.
const END_PLACES: [usize; 5] = [13, 14, 15, 16, 18];

/// The columns of an event, in the order of [`event_row`] and [`event`].
pub(crate) const EVENT_COLUMNS: [Events; 7] =
    [Events::Job, Events::Id, Events::Kind, Events::At, Events::By, Events::Data, Events::Shape];

/// A row's values, in the order of its columns.
pub(crate) type Values = Vec<Value>;

pub(crate) fn job_row(job: &Job) -> Result<Values> {
    Ok(vec![
        uuid(job.id.uuid()),
        text(&job.collection),
        text(job.action.as_str()),
        text(&job.action_name),
        job.built_in.as_ref().map(word).transpose()?.into(),
        to_json(&job.caller)?.into(),
        text(&job.caller.id),
        text(&job.caller.email),
        word(&job.caller.door)?.into(),
        to_json(&job.selection)?.into(),
        to_json(&job.values)?.into(),
        job.idempotency_key.clone().into(),
        text(&job.fingerprint),
        word(&job.state)?.into(),
        job.outcome.as_ref().map(to_json).transpose()?.into(),
        job.failure.as_ref().map(to_json).transpose()?.into(),
        to_json(&job.changes)?.into(),
        time(job.created_at),
        job.finished_at.map(time).into(),
        SHAPE.into(),
        word(&job.mode)?.into(),
        job.approval.as_ref().map(to_json).transpose()?.into(),
    ])
}

/// The values that the end of a job sets, and its id.
pub(crate) fn end_row(job: &Job) -> Result<Values> {
    Ok(vec![
        word(&job.state)?.into(),
        job.outcome.as_ref().map(to_json).transpose()?.into(),
        job.failure.as_ref().map(to_json).transpose()?.into(),
        to_json(&job.changes)?.into(),
        job.finished_at.map(time).into(),
        uuid(job.id.uuid()),
    ])
}

/// A job's row, with what its end sets.
pub(crate) fn ended_row<'r>(job: &'r Values, end: &'r Values) -> impl Iterator<Item = &'r Value> {
    job.iter().enumerate().map(|(place, value)| {
        let of_end = END_PLACES.iter().position(|end| *end == place);
        of_end.and_then(|place| end.get(place)).unwrap_or(value)
    })
}

/// A job as its end leaves it.
pub(crate) fn ended(job: Job, end: &Values) -> Result<Job> {
    let column = |place: usize| match end.get(place) {
        Some(Value::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let wanted = |place| column(place).ok_or_else(|| Error::internal("an end in the store's journal lacks a column"));
    Ok(Job {
        state: from_word::<JobState>(wanted(0)?.to_owned())?,
        outcome: column(1).map(from_json).transpose()?,
        failure: column(2).map(from_json::<Failure>).transpose()?,
        changes: from_json::<ChangeSet>(wanted(3)?)?,
        finished_at: column(4).map(from_time).transpose()?,
        ..job
    })
}

pub(crate) fn event_row(event: &Event) -> Result<Values> {
    Ok(vec![
        uuid(event.job.uuid()),
        uuid(event.id.uuid()),
        text(event.kind.name()),
        time(event.at),
        text(&event.by),
        to_json(&event.data)?.into(),
        SHAPE.into(),
    ])
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn uuid(id: Uuid) -> Value {
    Value::Blob(id.as_bytes().to_vec())
}

pub(crate) fn time(at: DateTime<Utc>) -> Value {
    Value::Text(at.to_rfc3339_opts(SecondsFormat::AutoSi, false))
}

pub(crate) fn job(row: &Row<'_>) -> Result<Job> {
    let text = |index| get::<String>(row, index);
    let optional = |index| get::<Option<String>>(row, index);
    check_shape(row, 19)?;
    Ok(Job {
        id: JobId::from_uuid(get_uuid(row, 0)?),
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
        created_at: from_time(&text(17)?)?,
        finished_at: optional(18)?.as_deref().map(from_time).transpose()?,
        mode: from_word(text(20)?)?,
        approval: optional(21)?.as_deref().map(from_json).transpose()?,
    })
}

pub(crate) fn event(row: &Row<'_>) -> Result<Event> {
    check_shape(row, 6)?;
    Ok(Event {
        job: JobId::from_uuid(get_uuid(row, 0)?),
        id: EventId::from_uuid(get_uuid(row, 1)?),
        kind: from_word(get(row, 2)?)?,
        at: from_time(&get::<String>(row, 3)?)?,
        by: get(row, 4)?,
        data: from_json(&get::<String>(row, 5)?)?,
    })
}

pub(crate) fn get<T: FromSql>(row: &Row<'_>, index: usize) -> Result<T> {
    row.get(index).map_err(failed)
}

fn get_uuid(row: &Row<'_>, index: usize) -> Result<Uuid> {
    get(row, index).map(Uuid::from_bytes)
}

fn from_time(text: &str) -> Result<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .map_err(|error| Error::internal(format_args!("a time in the store: {error}")))
}

fn check_shape(row: &Row<'_>, index: usize) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use levers_testkit::{FixedClock, finished_job, new_job};

    use super::*;

    #[test]
    fn an_end_and_a_beginning_make_the_whole() {
        for (place, column) in END_PLACES.iter().zip(END_COLUMNS) {
            assert_eq!(std::mem::discriminant(&JOB_COLUMNS[*place]), std::mem::discriminant(&column));
        }
        let clock = FixedClock::default();
        let begun = new_job(&clock, "ada@example.org");
        let whole = finished_job(&clock, begun.clone());
        let end = end_row(&whole).unwrap();
        let row: Values = ended_row(&job_row(&begun).unwrap(), &end).cloned().collect();
        assert_eq!(row, job_row(&whole).unwrap());
        assert_eq!(ended(begun, &end).unwrap(), whole);
    }
}

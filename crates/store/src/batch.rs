//! One transaction for all the requests that waited.
//!
//! A request that the database refuses must not fail those that happened to
//! share its transaction, so each runs in a savepoint of its own.

use std::sync::Arc;

use bytes::Bytes;
use levers_model::{Error, Job, Result};
use rusqlite::types::Value;
use rusqlite::{Connection, Params, Transaction, TransactionBehavior, params_from_iter};

use crate::failure::{ended_before, is_constraint, refused};
use crate::journal::{Beginning, Unsettled};
use crate::reads::fetch;
use crate::rows::{self, Values, ended_row};
use crate::schema::mark;
use crate::statements::{ADD_EVENT, ADD_FILE, BEGIN, EXECUTING, FINISH, INTERRUPT, JOB_BY_KEY};

/// What the writer is asked to do.
pub(crate) enum Request {
    /// Write a new job, unless its caller used the key before.
    Begin { row: Values, key: Option<Key>, events: Vec<Values> },
    /// Write a job that began in the journal, with its end.
    Whole { row: Values, end: Values, begun: Arc<Beginning>, events: Vec<Values>, file: Option<File> },
    /// Write jobs of the journal that are not there yet.
    Settle { jobs: Vec<Unsettled> },
    /// Write the end of a job.
    Finish { row: Values, events: Vec<Values>, file: Option<File> },
    /// Add events.
    Note { events: Vec<Values> },
    /// End all executing jobs with this failure at this time.
    Interrupt { failure: Value, at: Value },
    /// Write the file's mark again.
    Check,
    /// Wait until all that can be read by now is on disk.
    Sync,
}

/// A caller's idempotency key.
pub(crate) struct Key {
    pub(crate) caller: String,
    pub(crate) key: String,
}

/// The file that a job produced.
pub(crate) struct File {
    pub(crate) job: Value,
    pub(crate) content: Bytes,
}

/// What the writer answers.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It is written.
    Done,
    /// Nothing was written, because there is this job.
    Existing(Box<Job>),
    /// The jobs that were ended, as they were.
    Interrupted(Vec<Job>),
}

impl Request {
    /// Whether the answer promises that a power cut loses nothing.
    pub(crate) fn is_durable(&self) -> bool {
        match self {
            Self::Begin { .. } | Self::Whole { .. } | Self::Finish { .. } | Self::Interrupt { .. } | Self::Sync => true,
            // The journal forgets what has ended, and somebody was promised that it stays.
            Self::Settle { jobs } => jobs.iter().any(|job| job.end.is_some()),
            Self::Note { .. } | Self::Check => false,
        }
    }
}

/// Runs the requests in one transaction and commits it. An error of the database
/// fails all of them, and then nothing of them is written.
pub(crate) fn run<'r>(
    conn: &Connection,
    requests: impl Iterator<Item = &'r Request>,
) -> rusqlite::Result<Vec<Result<Answer>>> {
    // Takes the write lock at once: a transaction that reads first could not get it later.
    let transaction = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    let answers = requests.map(|request| answer(conn, request)).collect::<rusqlite::Result<_>>()?;
    transaction.commit()?;
    Ok(answers)
}

/// Does something such that nothing of it stays when the database refuses it, which is the inner error.
fn apart<T>(
    conn: &Connection,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> rusqlite::Result<std::result::Result<T, rusqlite::Error>> {
    execute(conn, "SAVEPOINT apart", [])?;
    let done = match work() {
        Err(error) if is_constraint(&error) => {
            execute(conn, "ROLLBACK TO apart", [])?;
            Err(error)
        }
        done => Ok(done?),
    };
    execute(conn, "RELEASE apart", [])?;
    Ok(done)
}

fn answer(conn: &Connection, request: &Request) -> rusqlite::Result<Result<Answer>> {
    Ok(apart(conn, || write(conn, request))?.unwrap_or_else(|error| Err(refused(error))))
}

fn write(conn: &Connection, request: &Request) -> rusqlite::Result<Result<Answer>> {
    match request {
        Request::Begin { row, key, events } => {
            if execute(conn, &BEGIN, params_from_iter(row))? == 0 {
                return existing(conn, key.as_ref());
            }
            add_events(conn, events)?;
        }
        Request::Whole { row, end, begun, events, file } => {
            if !whole(conn, row.iter(), [&begun.events, events])? {
                // Somebody had it settled meanwhile.
                return finish(conn, end, events, file.as_ref());
            }
            add_file(conn, file.as_ref())?;
        }
        Request::Settle { jobs } => settle(conn, jobs)?,
        Request::Finish { row, events, file } => return finish(conn, row, events, file.as_ref()),
        Request::Note { events } => add_events(conn, events)?,
        Request::Interrupt { failure, at } => return interrupt(conn, failure, at),
        Request::Check => mark(conn)?,
        Request::Sync => {}
    }
    Ok(Ok(Answer::Done))
}

/// Writes what an earlier process left in the journal.
pub(crate) fn recover(conn: &Connection, jobs: &[Unsettled]) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
    settle(conn, jobs)?;
    transaction.commit()
}

/// All of them at once or, when one does not fit, each for itself: a savepoint has SQLite keep a copy of
/// each page that a job touches.
fn settle(conn: &Connection, jobs: &[Unsettled]) -> rusqlite::Result<()> {
    let all = apart(conn, || jobs.iter().try_for_each(|job| settle_one(conn, job)))?;
    if all.is_ok() {
        return Ok(());
    }
    for job in jobs {
        // One job must not keep all others out of the tables.
        if let Err(error) = apart(conn, || settle_one(conn, job))? {
            tracing::error!(job = %job.id, %error, "a job of the journal does not fit into the store, and is lost");
        }
    }
    Ok(())
}

fn settle_one(conn: &Connection, Unsettled { begun, end, .. }: &Unsettled) -> rusqlite::Result<()> {
    let Beginning { job, events } = &**begun;
    let Some(end) = end else { return whole(conn, job.iter(), [events]).map(drop) };
    if !whole(conn, ended_row(job, &end.job), [events, &end.events])? {
        // Its beginning was settled before; what has ended there too was settled by an earlier process.
        let _ = finish(conn, &end.job, &end.events, None)?;
    }
    Ok(())
}

/// Writes a job that is not there yet; says whether it was not.
fn whole<'v, const N: usize>(
    conn: &Connection,
    row: impl Iterator<Item = &'v Value>,
    events: [&Vec<Values>; N],
) -> rusqlite::Result<bool> {
    if execute(conn, &BEGIN, params_from_iter(row))? == 0 {
        return Ok(false);
    }
    events.into_iter().try_for_each(|events| add_events(conn, events))?;
    Ok(true)
}

fn finish(conn: &Connection, end: &Values, events: &[Values], file: Option<&File>) -> rusqlite::Result<Result<Answer>> {
    if execute(conn, &FINISH, params_from_iter(end))? == 0 {
        return Ok(Err(ended_before()));
    }
    add_events(conn, events)?;
    add_file(conn, file)?;
    Ok(Ok(Answer::Done))
}

fn add_file(conn: &Connection, file: Option<&File>) -> rusqlite::Result<()> {
    if let Some(File { job, content }) = file {
        execute(conn, &ADD_FILE, (job, &content[..]))?;
    }
    Ok(())
}

fn add_events(conn: &Connection, events: &[Values]) -> rusqlite::Result<()> {
    for row in events {
        execute(conn, &ADD_EVENT, params_from_iter(row))?;
    }
    Ok(())
}

/// The job for which a caller used the key before.
fn existing(conn: &Connection, key: Option<&Key>) -> rusqlite::Result<Result<Answer>> {
    let twice = || Error::internal("a job was begun whose id another job has");
    let Some(Key { caller, key }) = key else { return Ok(Err(twice())) };
    let found = fetch(conn, &JOB_BY_KEY, (caller, key), rows::job)?;
    Ok(found.and_then(|mut jobs| jobs.pop().ok_or_else(twice)).map(|job| Answer::Existing(Box::new(job))))
}

fn interrupt(conn: &Connection, failure: &Value, at: &Value) -> rusqlite::Result<Result<Answer>> {
    let jobs = fetch(conn, &EXECUTING, [], rows::job)?;
    if jobs.is_ok() {
        execute(conn, &INTERRUPT, (failure, at))?;
    }
    Ok(jobs.map(Answer::Interrupted))
}

/// Says how many rows it changed.
fn execute(conn: &Connection, sql: &str, values: impl Params) -> rusqlite::Result<usize> {
    conn.prepare_cached(sql)?.execute(values)
}

#[cfg(test)]
mod tests {
    use levers_model::ErrorKind;
    use levers_testkit::{FixedClock, new_job, started_event};

    use super::*;
    use crate::file;
    use crate::rows::{event_row, job_row};

    #[test]
    fn a_refused_request_leaves_nothing_and_fails_no_other() {
        let (folder, clock) = (tempfile::tempdir().unwrap(), FixedClock::default());
        let (opened, _) = file::open(&folder.path().join("store.db")).unwrap();
        let jobs: Vec<Job> = (0..3).map(|_| new_job(&clock, "ada@example.org")).collect();
        let begin = |job: &Job, event: &Job| Request::Begin {
            row: job_row(job).unwrap(),
            key: None,
            events: vec![event_row(&started_event(&clock, event)).unwrap()],
        };
        // The second one's event is of a job that is not there.
        let stranger = new_job(&clock, "ada@example.org");
        let requests = [begin(&jobs[0], &jobs[0]), begin(&jobs[1], &stranger), begin(&jobs[2], &jobs[2])];
        let answers = run(&opened.conn, requests.iter()).unwrap();
        assert!(matches!(&answers[..], [Ok(Answer::Done), Err(_), Ok(Answer::Done)]), "{answers:?}");
        assert_eq!(answers[1].as_ref().unwrap_err().kind(), ErrorKind::Conflict);
        let written = fetch(&opened.conn, &EXECUTING, [], rows::job).unwrap().unwrap();
        assert_eq!(written, [jobs[0].clone(), jobs[2].clone()]);
    }
}

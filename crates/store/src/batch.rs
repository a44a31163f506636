//! One transaction for all the requests that waited.
//!
//! Rows of the same table go in one statement, because what a short statement
//! costs is mostly the way to SQLite's thread and back.

use std::collections::HashSet;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use levers_model::{Error, Job, Result};
use sea_query::{
    Expr, ExprTrait as _, InsertStatement, IntoIden as _, OnConflict, Order, Query, SelectStatement,
    SqliteQueryBuilder, TableRef, UpdateStatement, ValueTuple,
};
use sea_query_sqlx::SqlxBinder;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};
use uuid::Uuid;

use crate::rows::{self, END_COLUMNS, EVENT_COLUMNS, JOB_COLUMNS, Values};
use crate::schema::{Events, JobFiles, Jobs, mark};

/// The most rows of one statement. Each number of rows is a statement of its
/// own to SQLite, so this bounds how many of them are kept prepared.
const ROWS: usize = 32;

/// Takes the write lock at once: a transaction that reads first could not get it later.
const BEGIN: &str = "BEGIN IMMEDIATE; ";

/// What the writer is asked to do.
pub(crate) enum Request {
    /// Write a new job, unless its caller used the key before.
    Begin { id: Uuid, row: Values, key: Option<Key>, events: Vec<Values> },
    /// Write the end of a job.
    Finish { id: Uuid, row: Values, events: Vec<Values>, file: Option<Bytes> },
    /// Add events.
    Note { events: Vec<Values> },
    /// End all executing jobs.
    Interrupt { failure: String, at: DateTime<Utc> },
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
    pub(crate) const fn is_durable(&self) -> bool {
        match self {
            Self::Begin { key, .. } => key.is_some(),
            Self::Finish { .. } | Self::Interrupt { .. } | Self::Sync => true,
            Self::Note { .. } | Self::Check => false,
        }
    }

    fn events(&self) -> &[Values] {
        match self {
            Self::Begin { events, .. } | Self::Finish { events, .. } | Self::Note { events } => events,
            Self::Interrupt { .. } | Self::Check | Self::Sync => &[],
        }
    }
}

/// Runs the requests in one transaction and commits it. An error of the database
/// fails all of them, and then nothing of them is written.
pub(crate) async fn run(conn: &mut SqliteConnection, requests: &[&Request]) -> sqlx::Result<Vec<Result<Answer>>> {
    let answers = write(&mut Transaction { conn: &mut *conn, open: false }, requests).await;
    if answers.is_err() {
        // Fails when SQLite rolled back by itself, as it does on a full disk.
        let _ = sqlx::raw_sql("ROLLBACK").execute(conn).await;
    }
    answers
}

/// A transaction that begins with its first statement and can commit with its
/// last: each way to SQLite's thread and back counts, and this saves two.
struct Transaction<'c> {
    conn: &'c mut SqliteConnection,
    open: bool,
}

impl Transaction<'_> {
    async fn fetch(&mut self, statement: &impl SqlxBinder) -> sqlx::Result<Vec<SqliteRow>> {
        self.send(statement, "").await
    }

    async fn fetch_and_commit(&mut self, statement: &impl SqlxBinder) -> sqlx::Result<Vec<SqliteRow>> {
        self.send(statement, "; COMMIT").await
    }

    async fn send(&mut self, statement: &impl SqlxBinder, end: &str) -> sqlx::Result<Vec<SqliteRow>> {
        let (sql, values) = statement.build_sqlx(SqliteQueryBuilder);
        let begin = if std::mem::replace(&mut self.open, true) { "" } else { BEGIN };
        sqlx::query_with(AssertSqlSafe(format!("{begin}{sql}{end}")), values).fetch_all(&mut *self.conn).await
    }

    async fn mark(&mut self) -> sqlx::Result<()> {
        if !std::mem::replace(&mut self.open, true) {
            sqlx::raw_sql(BEGIN).execute(&mut *self.conn).await?;
        }
        mark(self.conn).await
    }

    async fn commit(&mut self) -> sqlx::Result<()> {
        if self.open {
            sqlx::raw_sql("COMMIT").execute(&mut *self.conn).await?;
        }
        Ok(())
    }
}

async fn write(tx: &mut Transaction<'_>, requests: &[&Request]) -> sqlx::Result<Vec<Result<Answer>>> {
    let mut begun = insert_jobs(tx, requests).await?;
    // Each id is taken out by the first who asked: the same job can be asked for twice at once.
    let mut ended = end_jobs(tx, requests).await?;
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        answers.push(match request {
            Request::Begin { id, key, .. } if !begun.remove(id) => existing(tx, key.as_ref()).await?,
            Request::Finish { id, .. } if !ended.remove(id) => {
                Err(Error::conflict("The job has come to its end already."))
            }
            Request::Interrupt { failure, at } => interrupt(tx, failure, *at).await?,
            Request::Check => tx.mark().await.map(|()| Ok(Answer::Done))?,
            Request::Begin { .. } | Request::Finish { .. } | Request::Note { .. } | Request::Sync => Ok(Answer::Done),
        });
    }
    let written = requests.iter().zip(&answers).filter(|(_, answer)| matches!(answer, Ok(Answer::Done)));
    let written: Vec<&Request> = written.map(|(request, _)| *request).collect();
    insert_files(tx, &written).await?;
    insert_events_and_commit(tx, &written).await?;
    Ok(answers)
}

/// Adds the new jobs, and says which of them are new indeed.
async fn insert_jobs(tx: &mut Transaction<'_>, requests: &[&Request]) -> sqlx::Result<HashSet<Uuid>> {
    let rows = requests.iter().filter_map(|request| match request {
        Request::Begin { row, .. } => Some(row),
        _ => None,
    });
    let mut begun = HashSet::new();
    for rows in rows.collect::<Vec<_>>().chunks(ROWS) {
        let mut insert = Query::insert();
        insert.into_table(Jobs::Table).columns(JOB_COLUMNS).returning_col(Jobs::Id);
        insert.on_conflict(OnConflict::new().do_nothing().to_owned());
        add_rows(&mut insert, rows);
        ids(tx, &insert, &mut begun).await?;
    }
    Ok(begun)
}

/// Sets the ends of jobs that are executing, and says which of them were. Of two
/// ends of the same job the first counts.
async fn end_jobs(tx: &mut Transaction<'_>, requests: &[&Request]) -> sqlx::Result<HashSet<Uuid>> {
    let mut seen = HashSet::new();
    let rows = requests.iter().filter_map(|request| match request {
        Request::Finish { id, row, .. } => seen.insert(*id).then_some(row),
        _ => None,
    });
    let rows: Vec<&Values> = rows.collect();
    let mut ended = HashSet::new();
    for rows in rows.chunks(ROWS) {
        ids(tx, &end_statement(rows), &mut ended).await?;
    }
    Ok(ended)
}

fn end_statement(rows: &[&Values]) -> UpdateStatement {
    // SQLite names the columns of a list of values so.
    let column = |number: usize| Expr::col(("ends", format!("column{number}")));
    let rows = rows.iter().map(|row| ValueTuple::Many((*row).clone())).collect();
    let mut update = Query::update();
    update.table(Jobs::Table).from(TableRef::ValuesList(rows, "ends".into_iden()));
    for (index, name) in END_COLUMNS.into_iter().enumerate() {
        update.value(name, column(index + 2));
    }
    update
        .and_where(Expr::col((Jobs::Table, Jobs::Id)).eq(column(1)))
        .and_where(Expr::col((Jobs::Table, Jobs::State)).eq("executing"))
        .returning_col((Jobs::Table, Jobs::Id));
    update
}

async fn insert_events_and_commit(tx: &mut Transaction<'_>, requests: &[&Request]) -> sqlx::Result<()> {
    let rows: Vec<&Values> = requests.iter().flat_map(|request| request.events()).collect();
    let mut chunks = rows.chunks(ROWS).peekable();
    while let Some(rows) = chunks.next() {
        let mut insert = Query::insert();
        insert.into_table(Events::Table).columns(EVENT_COLUMNS);
        add_rows(&mut insert, rows);
        if chunks.peek().is_none() {
            tx.fetch_and_commit(&insert).await?;
            return Ok(());
        }
        tx.fetch(&insert).await?;
    }
    tx.commit().await
}

/// One by one: they are rare, and large.
async fn insert_files(tx: &mut Transaction<'_>, requests: &[&Request]) -> sqlx::Result<()> {
    for request in requests {
        if let Request::Finish { id, file: Some(content), .. } = request {
            let mut insert = Query::insert();
            insert.into_table(JobFiles::Table).columns([JobFiles::Job, JobFiles::Content]);
            insert.values_panic([Expr::val(*id), Expr::val(content.to_vec())]);
            tx.fetch(&insert).await?;
        }
    }
    Ok(())
}

/// The job for which a caller used the key before.
async fn existing(tx: &mut Transaction<'_>, key: Option<&Key>) -> sqlx::Result<Result<Answer>> {
    let twice = || Error::internal("a job was begun whose id another job has");
    let Some(Key { caller, key }) = key else { return Ok(Err(twice())) };
    let mut select = select_jobs();
    select.and_where(Expr::col(Jobs::CallerId).eq(caller)).and_where(Expr::col(Jobs::IdempotencyKey).eq(key));
    let found = tx.fetch(&select).await?;
    Ok(found.first().ok_or_else(twice).and_then(rows::job).map(|job| Answer::Existing(Box::new(job))))
}

async fn interrupt(tx: &mut Transaction<'_>, failure: &str, at: DateTime<Utc>) -> sqlx::Result<Result<Answer>> {
    let executing = || Expr::col(Jobs::State).eq("executing");
    let mut select = select_jobs();
    select.and_where(executing()).order_by(Jobs::Id, Order::Asc);
    let jobs: Result<Vec<Job>> = tx.fetch(&select).await?.iter().map(rows::job).collect();
    if jobs.is_ok() {
        let mut update = Query::update();
        update
            .table(Jobs::Table)
            .values([(Jobs::State, "failed".into()), (Jobs::Failure, failure.into()), (Jobs::FinishedAt, at.into())])
            .and_where(executing());
        tx.fetch(&update).await?;
    }
    Ok(jobs.map(Answer::Interrupted))
}

/// Selects jobs with all their columns.
pub(crate) fn select_jobs() -> SelectStatement {
    let mut select = Query::select();
    select.columns(JOB_COLUMNS).from(Jobs::Table);
    select
}

fn add_rows(insert: &mut InsertStatement, rows: &[&Values]) {
    for row in rows {
        insert.values_panic(row.iter().cloned().map(Expr::val));
    }
}

async fn ids(tx: &mut Transaction<'_>, statement: &impl SqlxBinder, ids: &mut HashSet<Uuid>) -> sqlx::Result<()> {
    for row in tx.fetch(statement).await? {
        ids.insert(row.try_get(0)?);
    }
    Ok(())
}

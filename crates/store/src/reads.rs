//! What is asked of the store without changing it.
//!
//! Reads are rare next to writes: a few connections wait for them, and each read
//! runs on one of the runtime's threads for work that blocks.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use levers_model::{Error, Event, Job, JobId, Page, Result};
use levers_ports::{JobFilter, StoredFile};
use rusqlite::types::Value;
use rusqlite::{Connection, Params, Row, params_from_iter};
use sea_query::{Expr, ExprTrait as _, Order, SqliteQueryBuilder};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::failure::{closed, failed, lost};
use crate::file;
use crate::rows::{self, get, text, uuid, word};
use crate::schema::Jobs;
use crate::statements::{EVENTS, FILE, JOB, JOB_BY_KEY, select_jobs};

/// How many reads run at once.
const READERS: u32 = 4;

/// The connections that read. They are opened when they are needed first.
pub(crate) struct Readers {
    path: PathBuf,
    free: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, free: Arc::new(Semaphore::new(READERS as usize)), idle: Arc::default() }
    }

    /// Waits for the reads that run, and lets go of the file.
    pub(crate) async fn close(&self) {
        if self.free.acquire_many(READERS).await.is_ok() {
            self.free.close();
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    pub(crate) async fn job(&self, id: JobId) -> Result<Option<Job>> {
        self.read(move |conn| fetch(conn, &JOB, [uuid(id.uuid())], rows::job)).await.map(|mut jobs| jobs.pop())
    }

    pub(crate) async fn job_by_key(&self, caller: &str, key: &str) -> Result<Option<Job>> {
        let key = [text(caller), text(key)];
        self.read(move |conn| fetch(conn, &JOB_BY_KEY, key, rows::job)).await.map(|mut jobs| jobs.pop())
    }

    pub(crate) async fn file(&self, id: JobId) -> Result<Option<StoredFile>> {
        let content = |row: &Row<'_>| get::<Vec<u8>>(row, 0);
        let mut found = self.read(move |conn| fetch(conn, &FILE, [uuid(id.uuid())], content)).await?;
        Ok(found.pop().map(|content| StoredFile { content: Bytes::from(content) }))
    }

    pub(crate) async fn jobs(&self, filter: &JobFilter, page: Page) -> Result<Vec<Job>> {
        let (sql, values) = list(filter, page)?;
        self.read(move |conn| fetch(conn, &sql, params_from_iter(values), rows::job)).await
    }

    pub(crate) async fn events(&self, job: JobId) -> Result<Vec<Event>> {
        self.read(move |conn| fetch(conn, &EVENTS, [uuid(job.uuid())], rows::event)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<Result<T>> + Send + 'static,
    ) -> Result<T> {
        // Held by the work itself, which goes on when nobody waits for it any more.
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(|_| closed())?;
        let (path, idle) = (self.path.clone(), Arc::clone(&self.idle));
        let work = move || {
            let _permit = permit;
            let conn = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let conn = conn.map_or_else(|| file::reader(&path), Ok).map_err(failed)?;
            let found = read(&conn).map_err(failed);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
            found?
        };
        spawn_blocking(work).await.map_err(lost)?
    }
}

/// The one statement whose text depends on what is asked.
fn list(filter: &JobFilter, page: Page) -> Result<(String, Vec<Value>)> {
    let state = filter.state.as_ref().map(word).transpose()?;
    let equal = [
        (Jobs::Collection, filter.collection.as_deref()),
        (Jobs::Action, filter.action.as_ref().map(levers_model::ActionId::as_str)),
        (Jobs::State, state.as_deref()),
        (Jobs::CallerEmail, filter.caller_email.as_deref()),
    ];
    let mut select = select_jobs();
    for (column, wanted) in equal {
        select.and_where_option(wanted.map(|wanted| Expr::col(column).eq(wanted)));
    }
    select
        .and_where_option(filter.before.map(|before| Expr::col(Jobs::Id).lt(before.uuid())))
        .order_by(Jobs::Id, Order::Desc)
        .limit(page.limit)
        .offset(page.skip);
    let (sql, values) = select.build(SqliteQueryBuilder);
    Ok((sql, values.into_iter().map(bound).collect::<Result<_>>()?))
}

fn bound(value: sea_query::Value) -> Result<Value> {
    match value {
        sea_query::Value::String(Some(value)) => Ok(Value::Text(value)),
        sea_query::Value::Uuid(Some(value)) => Ok(uuid(value)),
        // SQLite counts in signed numbers.
        sea_query::Value::BigUnsigned(Some(value)) => Ok(Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))),
        other => Err(Error::internal(format_args!("not a value of a list of jobs: {other:?}"))),
    }
}

/// Runs a statement, and turns each of its rows into something. The outer error is
/// the database's, the inner one that of a row that cannot be understood.
pub(crate) fn fetch<T>(
    conn: &Connection,
    sql: &str,
    values: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T>,
) -> rusqlite::Result<Result<Vec<T>>> {
    let mut statement = conn.prepare_cached(sql)?;
    statement.query_map(values, |row| Ok(read(row)))?.collect()
}

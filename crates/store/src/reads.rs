//! What is asked of the store without changing it.

use bytes::Bytes;
use levers_model::{Event, Job, JobId, Page, Result};
use levers_ports::{JobFilter, StoredFile};
use sea_query::{Expr, ExprTrait as _, Order, Query, SelectStatement, SqliteQueryBuilder};
use sea_query_sqlx::SqlxBinder as _;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, SqlitePool};

use crate::batch::select_jobs;
use crate::failure::failed;
use crate::rows::{self, EVENT_COLUMNS, get, word};
use crate::schema::{Events, JobFiles, Jobs};

pub(crate) async fn job(pool: &SqlitePool, id: JobId) -> Result<Option<Job>> {
    let mut select = select_jobs();
    select.and_where(Expr::col(Jobs::Id).eq(id.uuid()));
    fetch(pool, &select).await?.first().map(rows::job).transpose()
}

pub(crate) async fn job_by_key(pool: &SqlitePool, caller: &str, key: &str) -> Result<Option<Job>> {
    let mut select = select_jobs();
    select.and_where(Expr::col(Jobs::CallerId).eq(caller)).and_where(Expr::col(Jobs::IdempotencyKey).eq(key));
    fetch(pool, &select).await?.first().map(rows::job).transpose()
}

pub(crate) async fn file(pool: &SqlitePool, id: JobId) -> Result<Option<StoredFile>> {
    let mut select = Query::select();
    select.column(JobFiles::Content).from(JobFiles::Table).and_where(Expr::col(JobFiles::Job).eq(id.uuid()));
    let rows = fetch(pool, &select).await?;
    let content = rows.first().map(|row| get::<Vec<u8>>(row, 0)).transpose()?;
    Ok(content.map(|content| StoredFile { content: Bytes::from(content) }))
}

pub(crate) async fn jobs(pool: &SqlitePool, filter: &JobFilter, page: Page) -> Result<Vec<Job>> {
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
        .limit(within(page.limit))
        .offset(within(page.skip));
    fetch(pool, &select).await?.iter().map(rows::job).collect()
}

pub(crate) async fn events(pool: &SqlitePool, job: JobId) -> Result<Vec<Event>> {
    let mut select = Query::select();
    select
        .columns(EVENT_COLUMNS)
        .from(Events::Table)
        .and_where(Expr::col(Events::Job).eq(job.uuid()))
        .order_by(Events::Id, Order::Asc);
    fetch(pool, &select).await?.iter().map(rows::event).collect()
}

/// SQLite counts in signed numbers.
fn within(number: u64) -> u64 {
    Ord::min(number, i64::MAX.unsigned_abs())
}

async fn fetch(pool: &SqlitePool, select: &SelectStatement) -> Result<Vec<SqliteRow>> {
    let (sql, values) = select.build_sqlx(SqliteQueryBuilder);
    sqlx::query_with(AssertSqlSafe(sql), values).fetch_all(pool).await.map_err(failed)
}

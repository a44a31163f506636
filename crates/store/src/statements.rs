//! The statements that never change, built once.
//!
//! SQLite keeps each of them prepared, found by its text, so that the hot path
//! neither builds nor parses any. Their values are bound in the order of the rows
//! of `rows.rs`; the values with which they are built here only make the places.

use std::sync::LazyLock;

use sea_query::{
    Expr, ExprTrait as _, OnConflict, Order, Query, QueryStatementWriter, SelectStatement, SqliteQueryBuilder,
};

use crate::rows::{END_COLUMNS, EVENT_COLUMNS, JOB_COLUMNS};
use crate::schema::{Events, JobFiles, Jobs};

/// Stands where a value will be bound.
const PLACE: &str = "";

/// Takes a job's row; changes nothing when its id or its caller's key is there.
pub(crate) static BEGIN: LazyLock<String> = LazyLock::new(|| {
    let mut insert = Query::insert();
    insert.into_table(Jobs::Table).columns(JOB_COLUMNS).values_panic(JOB_COLUMNS.map(|_| Expr::val(PLACE)));
    text(insert.on_conflict(OnConflict::new().do_nothing().to_owned()))
});

/// Takes the row of an end; changes nothing when the job is not executing.
pub(crate) static FINISH: LazyLock<String> = LazyLock::new(|| {
    let mut update = Query::update();
    update.table(Jobs::Table).values(END_COLUMNS.map(|column| (column, Expr::val(PLACE))));
    text(update.and_where(Expr::col(Jobs::Id).eq(PLACE)).and_where(is_executing()))
});

/// Takes an event's row.
pub(crate) static ADD_EVENT: LazyLock<String> = LazyLock::new(|| {
    let mut insert = Query::insert();
    text(insert.into_table(Events::Table).columns(EVENT_COLUMNS).values_panic(EVENT_COLUMNS.map(|_| Expr::val(PLACE))))
});

/// Takes a job's id and the bytes of its file.
pub(crate) static ADD_FILE: LazyLock<String> = LazyLock::new(|| {
    let mut insert = Query::insert();
    insert.into_table(JobFiles::Table).columns([JobFiles::Job, JobFiles::Content]);
    text(insert.values_panic([Expr::val(PLACE), Expr::val(PLACE)]))
});

/// Takes the failure and the time with which every executing job ends.
pub(crate) static INTERRUPT: LazyLock<String> = LazyLock::new(|| {
    let mut update = Query::update();
    update.table(Jobs::Table).value(Jobs::State, Expr::Constant("failed".into()));
    text(update.value(Jobs::Failure, PLACE).value(Jobs::FinishedAt, PLACE).and_where(is_executing()))
});

/// The executing jobs, oldest first.
pub(crate) static EXECUTING: LazyLock<String> =
    LazyLock::new(|| text(select_jobs().and_where(is_executing()).order_by(Jobs::Id, Order::Asc)));

/// Takes a job's id.
pub(crate) static JOB: LazyLock<String> =
    LazyLock::new(|| text(select_jobs().and_where(Expr::col(Jobs::Id).eq(PLACE))));

/// Takes a caller's id and idempotency key.
pub(crate) static JOB_BY_KEY: LazyLock<String> = LazyLock::new(|| {
    let mut select = select_jobs();
    select.and_where(Expr::col(Jobs::CallerId).eq(PLACE)).and_where(Expr::col(Jobs::IdempotencyKey).eq(PLACE));
    text(&select)
});

/// Takes a job's id.
pub(crate) static FILE: LazyLock<String> = LazyLock::new(|| {
    let mut select = Query::select();
    text(select.column(JobFiles::Content).from(JobFiles::Table).and_where(Expr::col(JobFiles::Job).eq(PLACE)))
});

/// Takes a job's id.
pub(crate) static EVENTS: LazyLock<String> = LazyLock::new(|| {
    let mut select = Query::select();
    select.columns(EVENT_COLUMNS).from(Events::Table).and_where(Expr::col(Events::Job).eq(PLACE));
    text(select.order_by(Events::Id, Order::Asc))
});

/// Selects jobs with all their columns.
pub(crate) fn select_jobs() -> SelectStatement {
    let mut select = Query::select();
    select.columns(JOB_COLUMNS).from(Jobs::Table);
    select
}

fn is_executing() -> Expr {
    Expr::col(Jobs::State).eq(Expr::Constant("executing".into()))
}

fn text(statement: &impl QueryStatementWriter) -> String {
    statement.build_any(&SqliteQueryBuilder).0
}

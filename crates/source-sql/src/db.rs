//! Running statements: on which connection, and what happens when the database is gone.
//!
//! An SQLite file has threads of its own (`sqlite`). Of a server, a connection
//! that has been idle is pinged before it is used, and a read, or the begin of a
//! write, that still meets a broken one is repeated on the next, so a restart of
//! the database goes unnoticed where that is safe.

use std::sync::Arc;

use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use levers_model::{Error, Value};
use sea_query::{
    Expr, MysqlQueryBuilder, PostgresQueryBuilder, Query, QueryStatementBuilder, SqliteQueryBuilder, Values,
};
use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, Connection as _, Database, Executor as _, MySql, Postgres};

use crate::dialect::Dialect;
use crate::error::{self, Failure};
use crate::lender::{Lease, Lender};
use crate::sqlite::Sqlite;
use crate::value::{Decoder, mysql, postgres};

/// A row's values, in the order of the statement's expressions.
pub(crate) type Row = Vec<Value>;

/// The connections of one database.
#[derive(Debug, Clone)]
pub(crate) enum Db {
    Sqlite(Arc<Sqlite>),
    Postgres(Lender<Postgres>),
    MySql(Lender<MySql>),
}

/// A transaction that is open for writing on a server. Dropped before its end,
/// its connection is closed, and the database undoes it.
pub(crate) enum Tx {
    Postgres(Lease<Postgres>),
    MySql(Lease<MySql>),
}

/// What a statement that returns no rows did.
pub(crate) struct Done {
    pub(crate) affected: u64,
    pub(crate) last_insert_id: u64,
}

/// A statement as text and values.
pub(crate) struct Built {
    pub(crate) sql: String,
    pub(crate) values: Values,
}

/// One statement of a transaction, and how its rows are read, if it has any.
pub(crate) struct Step {
    pub(crate) built: Built,
    pub(crate) decoders: Vec<Decoder>,
}

impl Built {
    /// Spells a statement in a dialect. Every name was quoted and every value
    /// bound by the builder, which is what makes the text safe.
    pub(crate) fn new(statement: &impl QueryStatementBuilder, dialect: Dialect) -> Self {
        let (sql, values) = match dialect {
            Dialect::Sqlite => statement.build_any(&SqliteQueryBuilder),
            Dialect::Postgres => statement.build_any(&PostgresQueryBuilder),
            Dialect::MySql(_) => statement.build_any(&MysqlQueryBuilder),
        };
        tracing::trace!(target: "levers::sql", sql);
        Self { sql, values }
    }

    /// Adds what MariaDB is to return, which the builder says for no MySQL.
    pub(crate) fn returning(mut self, exprs: impl IntoIterator<Item = Expr>) -> Self {
        let list = Query::select().exprs(exprs).to_string(MysqlQueryBuilder);
        self.sql.push_str(&list.replacen("SELECT", " RETURNING", 1));
        self
    }
}

macro_rules! query {
    ($built:expr) => {
        sqlx::query_with(AssertSqlSafe($built.sql), SqlxValues($built.values))
    };
}

macro_rules! rows {
    ($connection:expr, $built:expr, $decoders:expr, $module:ident) => {{
        let mut stream = query!($built).fetch(&mut $connection);
        let mut rows = Vec::new();
        while let Some(row) = stream.try_next().await? {
            rows.push($module::row(&row, $decoders));
        }
        Ok(rows)
    }};
}

/// Every waiting connection may be broken after a restart of the server; each
/// is met once at most, so trying one time more than there are always ends.
macro_rules! retry {
    ($lender:expr, $attempt:expr) => {{
        let mut left = $lender.waiting();
        loop {
            match $attempt.await {
                Err(failure) if left > 0 && error::is_broken(&failure) => left -= 1,
                other => break other,
            }
        }
    }};
}

macro_rules! read {
    ($lender:expr, $make:expr, $decoders:expr, $module:ident) => {
        retry!($lender, async {
            let mut lease = $lender.lend().await?;
            let built = $make();
            let read: Result<Vec<Row>, sqlx::Error> =
                async { rows!(lease.connection, built, $decoders, $module) }.await;
            settle(lease, read)
        })
        .map_err(Failure::from)
    };
}

macro_rules! row_stream {
    ($lender:expr, $built:expr, $decoders:expr, $module:ident) => {{
        let mut lease = $lender.lend().await?;
        let decoders = $decoders;
        Box::pin(async_stream::try_stream! {
            {
                let mut rows = query!($built).fetch(&mut lease.connection);
                while let Some(row) = rows.try_next().await.map_err(|failure| error::public(&failure.into(), None))? {
                    yield $module::row(&row, &decoders);
                }
            }
            lease.give_back();
        })
    }};
}

/// Gives a connection back unless it broke. A statement that was merely refused
/// leaves it in good order.
fn settle<DB: Database, T>(lease: Lease<DB>, worked: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
    if !worked.as_ref().is_err_and(error::is_broken) {
        lease.give_back();
    }
    worked
}

/// Begins, in a way of the dialect. Rejected: sqlx's own transactions, which
/// borrow their connection and keep count of savepoints that we never set.
macro_rules! begin {
    ($lender:expr) => {
        retry!($lender, async {
            let mut lease = $lender.lend().await?;
            lease.connection.execute("BEGIN").await?;
            Ok(lease)
        })
    };
}

macro_rules! commit {
    ($lease:expr) => {{
        let mut lease = $lease;
        lease.connection.execute("COMMIT").await?;
        lease.give_back();
        Ok(())
    }};
}

macro_rules! rollback {
    ($lease:expr) => {{
        let mut lease = $lease;
        match lease.connection.execute("ROLLBACK").await {
            Ok(_) => lease.give_back(),
            Err(failure) => tracing::debug!(%failure, "rolling back failed"),
        }
    }};
}

async fn ping<DB: Database>(lender: &Lender<DB>) -> Result<(), sqlx::Error> {
    retry!(lender, async {
        let mut lease = lender.lend().await?;
        let answered = lease.connection.ping().await;
        settle(lease, answered)
    })
}

/// Runs a statement that writes and returns rows, as a transaction of its own. Unlike
/// a read it is never repeated: nobody knows what became of it on a connection that broke.
pub(crate) async fn write_once(
    lender: &Lender<Postgres>,
    built: Built,
    decoders: &[Decoder],
) -> Result<Vec<Row>, sqlx::Error> {
    let mut lease = lender.lend().await?;
    let written: Result<Vec<Row>, sqlx::Error> = async { rows!(lease.connection, built, decoders, postgres) }.await;
    settle(lease, written)
}

impl Db {
    /// Reads all rows of a statement.
    pub(crate) async fn fetch(
        &self,
        make: impl Fn() -> Built + Send + Sync,
        decoders: Vec<Decoder>,
    ) -> Result<Vec<Row>, Failure> {
        match self {
            Self::Sqlite(sqlite) => sqlite.fetch(make(), decoders).await,
            Self::Postgres(lender) => read!(lender, make, &decoders, postgres),
            Self::MySql(lender) => read!(lender, make, &decoders, mysql),
        }
    }

    /// Reads rows one by one; a connection is held until the stream ends or is dropped.
    pub(crate) async fn stream(
        &self,
        built: Built,
        decoders: Vec<Decoder>,
    ) -> Result<BoxStream<'static, Result<Row, Error>>, Failure> {
        Ok(match self {
            Self::Sqlite(sqlite) => sqlite.stream(built, decoders).await?,
            Self::Postgres(lender) => row_stream!(lender, built, decoders, postgres),
            Self::MySql(lender) => row_stream!(lender, built, decoders, mysql),
        })
    }

    /// Asks the database for a sign of life.
    pub(crate) async fn ping(&self) -> Result<(), Failure> {
        match self {
            Self::Sqlite(sqlite) => sqlite.ping().await,
            Self::Postgres(lender) => Ok(ping(lender).await?),
            Self::MySql(lender) => Ok(ping(lender).await?),
        }
    }
}

impl Tx {
    /// Opens a transaction on PostgreSQL. Nothing has run yet when this fails on
    /// a broken connection, so it is tried again on one that answers.
    pub(crate) async fn postgres(lender: &Lender<Postgres>) -> Result<Self, sqlx::Error> {
        begin!(lender).map(Self::Postgres)
    }

    /// Opens a transaction on MySQL, likewise.
    pub(crate) async fn mysql(lender: &Lender<MySql>) -> Result<Self, sqlx::Error> {
        begin!(lender).map(Self::MySql)
    }

    /// Reads all rows of a statement.
    pub(crate) async fn fetch(&mut self, built: Built, decoders: &[Decoder]) -> Result<Vec<Row>, sqlx::Error> {
        match self {
            Self::Postgres(lease) => rows!(lease.connection, built, decoders, postgres),
            Self::MySql(lease) => rows!(lease.connection, built, decoders, mysql),
        }
    }

    /// Runs a statement that returns no rows.
    pub(crate) async fn execute(&mut self, built: Built) -> Result<Done, sqlx::Error> {
        Ok(match self {
            Self::Postgres(lease) => {
                let done = query!(built).execute(&mut lease.connection).await?;
                Done { affected: done.rows_affected(), last_insert_id: 0 }
            }
            Self::MySql(lease) => {
                let done = query!(built).execute(&mut lease.connection).await?;
                Done { affected: done.rows_affected(), last_insert_id: done.last_insert_id() }
            }
        })
    }

    /// Makes it last.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Postgres(lease) => commit!(lease),
            Self::MySql(lease) => commit!(lease),
        }
    }

    /// Undoes it. Its failure is of no interest: a connection that cannot roll
    /// back is closed, and what it did is undone.
    pub(crate) async fn rollback(self) {
        match self {
            Self::Postgres(lease) => rollback!(lease),
            Self::MySql(lease) => rollback!(lease),
        }
    }
}

//! Running statements: on which connection, and what happens when the database is gone.
//!
//! SQLite takes one writer at a time, so writes have one connection of
//! their own and queue there instead of failing as busy; readers never wait for
//! them (WAL). A connection that has been idle is pinged before it is used, and a
//! read, or the begin of a write, that still meets a broken one is repeated on
//! the next, so a restart of the database goes unnoticed where that is safe.

use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use levers_model::{Error, Value};
use sea_query::{MysqlQueryBuilder, PostgresQueryBuilder, SqliteQueryBuilder};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::{AssertSqlSafe, Connection as _, Database, Executor as _, MySql, Postgres, Sqlite};

use crate::dialect::Dialect;
use crate::error;
use crate::lender::{Lease, Lender};
use crate::value::{Decoder, mysql, postgres, sqlite};

/// A row's values, in the order of the statement's expressions.
pub(crate) type Row = Vec<Value>;

/// The connections of one database.
#[derive(Debug, Clone)]
pub(crate) enum Db {
    Sqlite { read: Lender<Sqlite>, write: Lender<Sqlite> },
    Postgres(Lender<Postgres>),
    MySql(Lender<MySql>),
}

/// A transaction that is open for writing. Dropped before its end, its
/// connection is closed, and the database undoes it.
pub(crate) enum Tx {
    Sqlite(Lease<Sqlite>),
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
    sql: AssertSqlSafe<String>,
    values: SqlxValues,
}

impl Built {
    /// Spells a statement in a dialect. Every name was quoted and every value
    /// bound by the builder, which is what makes the text safe.
    pub(crate) fn new(statement: &impl SqlxBinder, dialect: Dialect) -> Self {
        let (sql, values) = match dialect {
            Dialect::Sqlite => statement.build_sqlx(SqliteQueryBuilder),
            Dialect::Postgres => statement.build_sqlx(PostgresQueryBuilder),
            Dialect::MySql(_) => statement.build_sqlx(MysqlQueryBuilder),
        };
        tracing::trace!(target: "levers::sql", sql);
        Self { sql: AssertSqlSafe(sql), values }
    }

    /// Adds constant text at the end, for what the builder cannot say.
    pub(crate) fn with_suffix(mut self, suffix: &'static str) -> Self {
        self.sql.0.push_str(suffix);
        self
    }
}

macro_rules! rows {
    ($connection:expr, $built:expr, $decoders:expr, $module:ident) => {{
        let mut stream = sqlx::query_with($built.sql, $built.values).fetch(&mut $connection);
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
    };
}

macro_rules! row_stream {
    ($lender:expr, $built:expr, $decoders:expr, $module:ident) => {{
        let mut lease = $lender.lend().await.map_err(|failure| error::public(&failure, None))?;
        let decoders = $decoders;
        Box::pin(async_stream::try_stream! {
            {
                let mut rows = sqlx::query_with($built.sql, $built.values).fetch(&mut lease.connection);
                while let Some(row) = rows.try_next().await.map_err(|failure| error::public(&failure, None))? {
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
    ($lender:expr, $statement:literal) => {
        retry!($lender, async {
            let mut lease = $lender.lend().await?;
            lease.connection.execute($statement).await?;
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

impl Db {
    /// Reads all rows of a statement.
    pub(crate) async fn fetch(
        &self,
        make: impl Fn() -> Built + Send + Sync,
        decoders: &[Decoder],
    ) -> Result<Vec<Row>, sqlx::Error> {
        match self {
            Self::Sqlite { read, .. } => read!(read, make, decoders, sqlite),
            Self::Postgres(lender) => read!(lender, make, decoders, postgres),
            Self::MySql(lender) => read!(lender, make, decoders, mysql),
        }
    }

    /// Reads rows one by one; a connection is held until the stream ends or is dropped.
    pub(crate) async fn stream(
        &self,
        built: Built,
        decoders: Vec<Decoder>,
    ) -> Result<BoxStream<'static, Result<Row, Error>>, Error> {
        Ok(match self {
            Self::Sqlite { read, .. } => row_stream!(read, built, decoders, sqlite),
            Self::Postgres(lender) => row_stream!(lender, built, decoders, postgres),
            Self::MySql(lender) => row_stream!(lender, built, decoders, mysql),
        })
    }

    /// Opens a transaction for writing. Nothing has run yet when this fails on a
    /// broken connection, so it is tried again on one that answers.
    pub(crate) async fn begin(&self) -> Result<Tx, sqlx::Error> {
        match self {
            Self::Sqlite { write, .. } => begin!(write, "BEGIN IMMEDIATE").map(Tx::Sqlite),
            Self::Postgres(lender) => begin!(lender, "BEGIN").map(Tx::Postgres),
            Self::MySql(lender) => begin!(lender, "BEGIN").map(Tx::MySql),
        }
    }

    /// Asks the database for a sign of life.
    pub(crate) async fn ping(&self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite { read, .. } => ping(read).await,
            Self::Postgres(lender) => ping(lender).await,
            Self::MySql(lender) => ping(lender).await,
        }
    }
}

impl Tx {
    /// Reads all rows of a statement.
    pub(crate) async fn fetch(&mut self, built: Built, decoders: &[Decoder]) -> Result<Vec<Row>, sqlx::Error> {
        match self {
            Self::Sqlite(lease) => rows!(lease.connection, built, decoders, sqlite),
            Self::Postgres(lease) => rows!(lease.connection, built, decoders, postgres),
            Self::MySql(lease) => rows!(lease.connection, built, decoders, mysql),
        }
    }

    /// Runs a statement that returns no rows.
    pub(crate) async fn execute(&mut self, built: Built) -> Result<Done, sqlx::Error> {
        let Built { sql, values } = built;
        Ok(match self {
            Self::Sqlite(lease) => {
                let done = sqlx::query_with(sql, values).execute(&mut lease.connection).await?;
                Done { affected: done.rows_affected(), last_insert_id: 0 }
            }
            Self::Postgres(lease) => {
                let done = sqlx::query_with(sql, values).execute(&mut lease.connection).await?;
                Done { affected: done.rows_affected(), last_insert_id: 0 }
            }
            Self::MySql(lease) => {
                let done = sqlx::query_with(sql, values).execute(&mut lease.connection).await?;
                Done { affected: done.rows_affected(), last_insert_id: done.last_insert_id() }
            }
        })
    }

    /// Makes it last.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(lease) => commit!(lease),
            Self::Postgres(lease) => commit!(lease),
            Self::MySql(lease) => commit!(lease),
        }
    }

    /// Undoes it. Its failure is of no interest: a connection that cannot roll
    /// back is closed, and what it did is undone.
    pub(crate) async fn rollback(self) {
        match self {
            Self::Sqlite(lease) => rollback!(lease),
            Self::Postgres(lease) => rollback!(lease),
            Self::MySql(lease) => rollback!(lease),
        }
    }
}

//! Connections: who runs a statement, and what happens when the database is gone.
//!
//! SQLite takes one writer at a time, so writes have a pool of one connection of
//! their own and queue there instead of failing as busy; readers never wait for
//! them (WAL). A connection that has been idle is pinged before it is used, and a
//! read, or the begin of a write, that still meets a broken one is repeated on
//! the next, so a restart of the database goes unnoticed where that is safe.

use std::time::Duration;

use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use levers_model::{Error, Value};
use sea_query::{MysqlQueryBuilder, PostgresQueryBuilder, SqliteQueryBuilder};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::pool::PoolOptions;
use sqlx::{AssertSqlSafe, Connection as _, Database, MySql, MySqlPool, PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::dialect::Dialect;
use crate::error;
use crate::value::{Decoder, mysql, postgres, sqlite};

/// A row's values, in the order of the statement's expressions.
pub(crate) type Row = Vec<Value>;

/// Longer idle connections are pinged before use.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

/// How long a statement waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The pools of one database.
#[derive(Debug, Clone)]
pub(crate) enum Db {
    Sqlite { read: SqlitePool, write: SqlitePool },
    Postgres(PgPool),
    MySql(MySqlPool),
}

/// A transaction that is open for writing.
pub(crate) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
    MySql(Transaction<'static, MySql>),
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

/// Pool settings that all databases share.
pub(crate) fn pool_options<DB: Database>(largest: u32) -> PoolOptions<DB> {
    PoolOptions::new()
        .max_connections(largest)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection: &mut DB::Connection, meta| {
            Box::pin(async move { Ok(meta.idle_for < TRUSTED_IDLE || connection.ping().await.is_ok()) })
        })
}

macro_rules! rows {
    ($connection:expr, $built:expr, $decoders:expr, $module:ident) => {{
        let mut stream = sqlx::query_with($built.sql, $built.values).fetch(&mut *$connection);
        let mut rows = Vec::new();
        while let Some(row) = stream.try_next().await? {
            rows.push($module::row(&row, $decoders));
        }
        Ok(rows)
    }};
}

/// Every idle connection may be broken after a restart of the server; each is
/// met once at most, so trying one time more than there are always ends.
macro_rules! retry {
    ($pool:expr, $attempt:expr) => {{
        let mut left = $pool.size();
        loop {
            match $attempt.await {
                Err(failure) if left > 0 && error::is_broken(&failure) => left -= 1,
                other => break other,
            }
        }
    }};
}

macro_rules! read {
    ($pool:expr, $make:expr, $decoders:expr, $module:ident) => {
        retry!($pool, async {
            let mut connection = $pool.acquire().await?;
            let built = $make();
            rows!(connection, built, $decoders, $module)
        })
    };
}

macro_rules! row_stream {
    ($pool:expr, $built:expr, $decoders:expr, $module:ident, $close:expr) => {{
        let mut connection = $pool.acquire().await.map_err(|failure| error::public(&failure, None))?;
        if $close {
            // Dropped half-way, the connection still has rows on their way; reading
            // them all just to reuse it would cost more than a new one.
            connection.close_on_drop();
        }
        let decoders = $decoders;
        Box::pin(async_stream::try_stream! {
            let mut rows = sqlx::query_with($built.sql, $built.values).fetch(&mut *connection);
            while let Some(row) = rows.try_next().await.map_err(|failure| error::public(&failure, None))? {
                yield $module::row(&row, &decoders);
            }
        })
    }};
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
            Self::Postgres(pool) => read!(pool, make, decoders, postgres),
            Self::MySql(pool) => read!(pool, make, decoders, mysql),
        }
    }

    /// Reads rows one by one; a connection is held until the stream ends or is dropped.
    pub(crate) async fn stream(
        &self,
        built: Built,
        decoders: Vec<Decoder>,
    ) -> Result<BoxStream<'static, Result<Row, Error>>, Error> {
        Ok(match self {
            Self::Sqlite { read, .. } => row_stream!(read, built, decoders, sqlite, false),
            Self::Postgres(pool) => row_stream!(pool, built, decoders, postgres, true),
            Self::MySql(pool) => row_stream!(pool, built, decoders, mysql, true),
        })
    }

    /// Opens a transaction for writing. Nothing has run yet when this fails on a
    /// broken connection, so it is tried again on one that answers.
    pub(crate) async fn begin(&self) -> Result<Tx, sqlx::Error> {
        match self {
            Self::Sqlite { write, .. } => write.begin_with("BEGIN IMMEDIATE").await.map(Tx::Sqlite),
            Self::Postgres(pool) => retry!(pool, pool.begin()).map(Tx::Postgres),
            Self::MySql(pool) => retry!(pool, pool.begin()).map(Tx::MySql),
        }
    }

    /// Asks the database for a sign of life.
    pub(crate) async fn ping(&self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite { read, .. } => read.acquire().await?.ping().await,
            Self::Postgres(pool) => retry!(pool, async { pool.acquire().await?.ping().await }),
            Self::MySql(pool) => retry!(pool, async { pool.acquire().await?.ping().await }),
        }
    }
}

impl Tx {
    /// Reads all rows of a statement.
    pub(crate) async fn fetch(&mut self, built: Built, decoders: &[Decoder]) -> Result<Vec<Row>, sqlx::Error> {
        match self {
            Self::Sqlite(tx) => rows!(*tx, built, decoders, sqlite),
            Self::Postgres(tx) => rows!(*tx, built, decoders, postgres),
            Self::MySql(tx) => rows!(*tx, built, decoders, mysql),
        }
    }

    /// Runs a statement that returns no rows.
    pub(crate) async fn execute(&mut self, built: Built) -> Result<Done, sqlx::Error> {
        let Built { sql, values } = built;
        Ok(match self {
            Self::Sqlite(tx) => {
                let done = sqlx::query_with(sql, values).execute(&mut **tx).await?;
                Done { affected: done.rows_affected(), last_insert_id: 0 }
            }
            Self::Postgres(tx) => {
                let done = sqlx::query_with(sql, values).execute(&mut **tx).await?;
                Done { affected: done.rows_affected(), last_insert_id: 0 }
            }
            Self::MySql(tx) => {
                let done = sqlx::query_with(sql, values).execute(&mut **tx).await?;
                Done { affected: done.rows_affected(), last_insert_id: done.last_insert_id() }
            }
        })
    }

    /// Makes it last.
    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
            Self::MySql(tx) => tx.commit().await,
        }
    }

    /// Undoes it. Its failure is of no interest: a connection that cannot roll
    /// back is gone, and what it did with it.
    pub(crate) async fn rollback(self) {
        let outcome = match self {
            Self::Sqlite(tx) => tx.rollback().await,
            Self::Postgres(tx) => tx.rollback().await,
            Self::MySql(tx) => tx.rollback().await,
        };
        if let Err(failure) = outcome {
            tracing::debug!(%failure, "rolling back failed");
        }
    }
}

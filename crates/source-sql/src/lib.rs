//! Collections of SQLite, PostgreSQL, MySQL and MariaDB databases.
//!
//! At start the database is asked what it has (`introspect`), and relations are
//! derived (`relations`). After that every request becomes one statement, built
//! by sea-query with bound values (`query`, `write`), spelled by its dialect
//! (`dialect`), run where the
//! database is (`db`) and read by column type (`value`).
//!
//! Choices that a caller can see, the same on every database:
//! - Null counts as greater than every value in an order.
//! - Dates and times without a zone are taken as UTC.
//! - Text is searched by case or not as the operator says, whatever the
//!   collation; SQLite knows the case of ASCII letters only. Equality is the
//!   column's own.
//! - A value that does not fit its column's type (SQLite holds anything
//!   anywhere, PostgreSQL dates can be infinite) is read as text.
//!
//! Servers are talked to through sqlx, SQLite files through rusqlite (`sqlite`
//! says why). Rejected: sqlx's `Any` driver, which knows neither decimals nor dates nor
//! arrays; an ORM, whose entities are written before the database is known.

mod address;
mod catalog;
mod db;
mod dialect;
mod error;
mod explain;
mod introspect;
mod lender;
mod query;
mod relations;
mod schema;
mod script;
mod sqlite;
mod value;
mod write;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use levers_model::{Aggregation, Collection, Condition, Patch, Record, Result};
use levers_ports::{AggregateRow, Query, QueryContext, RecordStream, Scripts, Source, Written};

use crate::address::Address;
use crate::db::{Built, Db};
use crate::dialect::Dialect;
use crate::error::{OrPublic as _, unfit};
use crate::explain::{Wrote, explain};
use crate::introspect::Wanted;
use crate::query::{Statement, select};
use crate::schema::{Rename, Schema};
use crate::write::Target;

/// The collections of one SQL database.
#[derive(Clone)]
pub struct Sql {
    db: Db,
    dialect: Dialect,
    schema: Arc<Schema>,
    file: Option<PathBuf>,
}

impl Sql {
    /// Opens a database with everything in it.
    ///
    /// `url` is `sqlite:path`, `postgres://user:password@host/database`,
    /// `mysql://user:password@host/database` (`mariadb://` too), or the path of a
    /// file that ends in `.db`, `.sqlite` or `.sqlite3`. A file that is not there
    /// is not created.
    ///
    /// # Errors
    /// `Invalid` for what is no URL, `NotFound` for a missing file, `Unavailable`
    /// when the server does not answer or refuses.
    pub async fn open(url: &str) -> Result<Self> {
        Self::builder(url).open().await
    }

    /// Opens a database with a choice of what is in it.
    pub fn builder(url: impl Into<String>) -> SqlBuilder {
        SqlBuilder { url: url.into(), wanted: Wanted::default(), renames: Vec::new() }
    }

    fn statement<'a>(&'a self, cx: &'a QueryContext) -> Statement<'a> {
        Statement::new(&self.schema, self.dialect, cx)
    }

    fn target(&self, collection: &str) -> Result<Target<'_>> {
        let entity = self.schema.entity(collection)?;
        Ok(Target { db: &self.db, schema: &self.schema, dialect: self.dialect, entity })
    }
}

impl fmt::Debug for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.schema.collections.iter().map(|collection| collection.name.as_str()).collect();
        f.debug_struct("Sql").field("dialect", &self.dialect).field("collections", &names).finish_non_exhaustive()
    }
}

/// Which tables of a database become collections.
#[derive(Clone)]
pub struct SqlBuilder {
    url: String,
    wanted: Wanted,
    renames: Vec<Rename>,
}

impl SqlBuilder {
    /// Takes only these tables and views. In a name `*` stands for any letters and `?` for one;
    /// a name without them that does not exist fails the opening.
    pub fn include<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.wanted.include.extend(names.into_iter().map(Into::into));
        self
    }

    /// Leaves these tables and views out; names are written as for [`SqlBuilder::include`].
    pub fn exclude<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.wanted.exclude.extend(names.into_iter().map(Into::into));
        self
    }

    /// Takes the tables of these schemas (of MySQL: databases) instead of the
    /// connection's own. The first one's keep their names; those of the others are
    /// called `schema.table`.
    pub fn schemas<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.wanted.schemas.extend(names.into_iter().map(Into::into));
        self
    }

    /// Gives a relation another name than the one that was derived from its
    /// foreign key. Relations that do not exist fail the opening.
    pub fn rename_relation(
        mut self,
        collection: impl Into<String>,
        from: impl Into<String>,
        to: impl Into<String>,
    ) -> Self {
        self.renames.push(Rename { collection: collection.into(), from: from.into(), to: to.into() });
        self
    }

    /// Connects, and asks the database what it has.
    ///
    /// # Errors
    /// Those of [`Sql::open`]; `Invalid` when a name to include or exclude or a relation
    /// to rename does not exist.
    pub async fn open(mut self) -> Result<Sql> {
        let address = Address::parse(&self.url)?;
        let file = address.file().map(Path::to_owned);
        let (db, read_only) = address.connect().await?;
        let (dialect, tables) = match &db {
            Db::Sqlite(sqlite) => {
                let tables = sqlite.read(|connection| introspect::sqlite::tables(connection)).await;
                (Dialect::Sqlite, tables.or_public(None)?)
            }
            Db::Postgres(lender) => {
                let pool = lender.opener();
                if self.wanted.schemas.is_empty() {
                    self.wanted.schemas.push(introspect::postgres::current_schema(pool).await.or_public(None)?);
                }
                let tables = introspect::postgres::tables(pool, &self.wanted.schemas).await.or_public(None)?;
                (Dialect::Postgres, tables)
            }
            Db::MySql(lender) => {
                let pool = lender.opener();
                if self.wanted.schemas.is_empty() {
                    self.wanted.schemas.extend(introspect::mysql::current_database(pool).await.or_public(None)?);
                }
                let server = introspect::mysql::server(pool).await.or_public(None)?;
                let tables = introspect::mysql::tables(pool, &self.wanted.schemas, server).await.or_public(None)?;
                (Dialect::MySql(server), tables)
            }
        };
        let first = self.wanted.schemas.first().map(String::as_str);
        let tables = self.wanted.choose(tables, first)?;
        let mut schema = Schema::new(tables, first, read_only);
        for rename in &self.renames {
            schema.rename_relation(rename)?;
        }
        Ok(Sql { db, dialect, schema: Arc::new(schema), file })
    }
}

/// The URL may hold a password, so it is left out.
impl fmt::Debug for SqlBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlBuilder").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

#[async_trait]
impl Source for Sql {
    fn collections(&self) -> &[Arc<Collection>] {
        &self.schema.collections
    }

    fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    fn scripts(&self) -> Option<&dyn Scripts> {
        Some(self)
    }

    async fn list(&self, cx: &QueryContext, collection: &str, query: &Query) -> Result<Vec<Record>> {
        let entity = self.schema.entity(collection)?;
        let selected = select(self.statement(cx), entity, query)?;
        let rows = self.db.fetch(|| Built::new(&selected.statement, self.dialect), selected.decoders).await;
        Ok(write::records(&selected.columns, rows.or_public(Some(entity)).map_err(unfit)?))
    }

    async fn stream(&self, cx: &QueryContext, collection: &str, query: &Query) -> Result<RecordStream> {
        let entity = self.schema.entity(collection)?;
        let selected = select(self.statement(cx), entity, query)?;
        let built = Built::new(&selected.statement, self.dialect);
        let rows = self.db.stream(built, selected.decoders).await.or_public(Some(entity)).map_err(unfit)?;
        let columns = selected.columns;
        let record = move |values| Record::new(Arc::clone(&columns), values);
        Ok(rows.map(move |row| row.map(&record).map_err(unfit)).boxed())
    }

    async fn aggregate(
        &self,
        cx: &QueryContext,
        collection: &str,
        condition: &Condition,
        aggregation: &Aggregation,
        limit: Option<u64>,
    ) -> Result<Vec<AggregateRow>> {
        let entity = self.schema.entity(collection)?;
        query::aggregate(&self.db, self.statement(cx), entity, condition, aggregation, limit).await.map_err(unfit)
    }

    async fn create(&self, collection: &str, records: &[Patch]) -> Result<Vec<Record>> {
        let target = self.target(collection)?;
        let wrote = || Wrote::Created(records.iter().flat_map(|patch| patch.0.keys()).map(String::as_str).collect());
        write::create(target, records).await.map_err(|error| explain(error, &wrote(), target.entity))
    }

    async fn update(
        &self,
        cx: &QueryContext,
        collection: &str,
        condition: &Condition,
        patch: &Patch,
        bound: usize,
    ) -> Result<Written> {
        let target = self.target(collection)?;
        let wrote = || Wrote::Updated(patch.0.keys().map(String::as_str).collect());
        let written = write::update(target, cx, condition, patch, bound).await;
        written.map_err(|error| explain(error, &wrote(), target.entity))
    }

    async fn update_each(
        &self,
        cx: &QueryContext,
        collection: &str,
        changes: &[(Condition, Patch)],
        bound: usize,
    ) -> Result<Vec<Written>> {
        let target = self.target(collection)?;
        let wrote = || {
            let columns: BTreeSet<&str> =
                changes.iter().flat_map(|(_, patch)| patch.0.keys()).map(String::as_str).collect();
            Wrote::Updated(columns.into_iter().collect())
        };
        let written = write::update_each(target, cx, changes, bound).await;
        written.map_err(|error| explain(error, &wrote(), target.entity))
    }

    async fn delete(
        &self,
        cx: &QueryContext,
        collection: &str,
        condition: &Condition,
        bound: usize,
    ) -> Result<Written> {
        let target = self.target(collection)?;
        let written = write::delete(target, cx, condition, bound).await;
        written.map_err(|error| explain(error, &Wrote::Deleted, target.entity))
    }

    fn flush(&self) -> Option<BoxFuture<'_, Result<()>>> {
        // Servers answer a commit when it is on disk.
        let Db::Sqlite(sqlite) = &self.db else { return None };
        let flushed = sqlite.flush();
        Some(Box::pin(async move { flushed.await.or_public(None) }))
    }

    async fn check(&self) -> Result<()> {
        self.db.ping().await.or_public(None)
    }
}

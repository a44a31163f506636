//! From a configuration to an engine: source, store, declarations.

use std::sync::Arc;
use std::time::Instant;

use levers_engine::{Customization, Engine};
use levers_model::{Error, Result};
use levers_ports::{Source, Store};
use levers_source_sql::Sql;
use levers_store::SqliteStore;

use crate::config::{Config, DatabaseConfig};
use crate::no_store::NoStore;

/// What an author's program declares; empty for the plain `levers` program,
/// whose source then comes from the configuration.
#[derive(Default)]
pub struct App {
    /// Data sources that the program opened itself.
    pub sources: Vec<Arc<dyn Source>>,
    /// Segments and actions, by collection.
    pub customizations: Vec<(String, Customization)>,
}

/// An engine, and the store whose file must be let go of at the end.
pub(crate) struct Opened {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<SqliteStore>,
}

/// Opens source and store, builds the engine and ends what an earlier process
/// left executing.
///
/// # Errors
/// `Invalid` for a configuration or a declaration that makes no sense,
/// `Unavailable` when the database or the store cannot be opened.
pub async fn open(config: &Config, app: App) -> Result<Engine> {
    open_all(config, app).await.map(|opened| opened.engine)
}

pub(crate) async fn open_all(config: &Config, app: App) -> Result<Opened> {
    let begun = Instant::now();
    let sources = sources(&config.database, app.sources).await?;
    let store = Arc::new(SqliteStore::open(&config.store_path()).await?);
    let engine = build(store.clone(), sources, app.customizations)?;
    engine.recover().await?;
    tracing::info!(
        collections = engine.collections().count(),
        store = %config.store_path().display(),
        milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        "opened"
    );
    Ok(Opened { engine, store })
}

/// An engine that can describe what there is and run nothing; it touches no store file.
pub(crate) async fn open_to_describe(config: &Config, app: App) -> Result<Engine> {
    let sources = sources(&config.database, app.sources).await?;
    build(Arc::new(NoStore), sources, app.customizations)
}

fn build(
    store: Arc<dyn Store>,
    sources: Vec<Arc<dyn Source>>,
    customizations: Vec<(String, Customization)>,
) -> Result<Engine> {
    let mut builder = Engine::builder(store);
    for source in sources {
        builder = builder.source(source);
    }
    for (collection, customization) in customizations {
        builder = builder.customize(collection, customization);
    }
    builder.build()
}

/// The program's own sources, or the configured database. Both at once is a
/// misunderstanding that is better said than guessed at.
async fn sources(database: &DatabaseConfig, declared: Vec<Arc<dyn Source>>) -> Result<Vec<Arc<dyn Source>>> {
    match (&database.url, declared.is_empty()) {
        (None, false) => Ok(declared),
        (Some(url), true) => Ok(vec![open_source(url.expose(), database).await?]),
        (Some(_), false) => Err(Error::invalid(
            "This program opens its own data sources, so a database URL has no place. Leave out the URL, \
             LEVERS_DATABASE_URL and database.url.",
        )),
        (None, true) => Err(Error::invalid(
            "There is no database. Name one: `levers serve sqlite:shop.db`, LEVERS_DATABASE_URL, or url under \
             [database] in levers.toml.",
        )),
    }
}

/// The registry of data sources: what opens which URL. A line for each kind; there is one so far,
/// and it says itself which URLs it takes.
async fn open_source(url: &str, database: &DatabaseConfig) -> Result<Arc<dyn Source>> {
    let sql = Sql::builder(url).include(&database.include).exclude(&database.exclude).schemas(&database.schemas);
    Ok(Arc::new(sql.open().await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    async fn refusal(url: Option<&str>) -> String {
        let database = DatabaseConfig { url: url.map(Secret::new), ..DatabaseConfig::default() };
        sources(&database, Vec::new()).await.err().unwrap().to_string()
    }

    #[tokio::test]
    async fn a_missing_or_unknown_database_is_said_without_its_password() {
        insta::assert_snapshot!(refusal(None).await);
        insta::assert_snapshot!(refusal(Some("oracle://me:hunter2@h/db")).await);
        insta::assert_snapshot!(refusal(Some("shop.db")).await);
    }
}

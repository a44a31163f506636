//! The registry of data sources, and which of them are open.
//!
//! A source is opened once and kept as long as its settings stay the same: a
//! change of the declarations must not reconnect to every database.

use std::sync::Arc;

use levers_declare::SourceDeclaration;
use levers_model::{Error, Result};
use levers_ports::Source;
use levers_source_sql::Sql;

use crate::config::DatabaseConfig;
use crate::secret::Secret;
use crate::setup::Setup;

/// A source that is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    /// As the file calls it; none for the one under `[database]`.
    name: Option<String>,
    url: Secret,
    include: Vec<String>,
    exclude: Vec<String>,
    schemas: Vec<String>,
}

impl Wanted {
    fn of_database(url: &Secret, database: &DatabaseConfig) -> Self {
        let DatabaseConfig { url: _, include, exclude, schemas } = database.clone();
        Self { name: None, url: url.clone(), include, exclude, schemas }
    }

    fn of_declaration(declared: &SourceDeclaration) -> Self {
        let SourceDeclaration { name, url, include, exclude, schemas } = declared.clone();
        Self { name: Some(name), url: Secret::new(url.expose()), include, exclude, schemas }
    }

    /// A line for each kind of source; there is one so far, and it says itself which URLs it takes.
    async fn open(&self) -> Result<Arc<dyn Source>> {
        let sql = Sql::builder(self.url.expose()).include(&self.include).exclude(&self.exclude).schemas(&self.schemas);
        match sql.open().await {
            Ok(sql) => Ok(Arc::new(sql)),
            Err(error) => Err(self.named(error)),
        }
    }

    /// Of several sources, the failing one must be named.
    fn named(&self, error: Error) -> Error {
        let Some(name) = &self.name else { return error };
        let named = Error::new(error.kind(), format!("The source “{name}”: {}", error.message()));
        match error.internal_text() {
            Some(internal) => named.with_internal(internal),
            None => named,
        }
    }
}

/// The sources that are open.
#[derive(Clone, Default)]
pub(crate) struct Sources {
    /// Those that an author's program opened.
    own: Vec<Arc<dyn Source>>,
    /// Those that the configuration names.
    opened: Vec<(Wanted, Arc<dyn Source>)>,
}

impl Sources {
    /// Opens what the configuration names beside the program's own sources. Those that are
    /// already open and wanted unchanged are taken from `kept`.
    ///
    /// # Errors
    /// `Invalid` when there is none, or both kinds; else that of the first that cannot be opened.
    pub(crate) async fn open(setup: &Setup, own: Vec<Arc<dyn Source>>, kept: &Self) -> Result<Self> {
        let wanted = wanted(setup);
        match (wanted.is_empty(), own.is_empty()) {
            (false, false) => {
                return Err(Error::invalid(
                    "This program opens its own data sources, so a database URL has no place. Leave out the URL, \
                     LEVERS_DATABASE_URL, database.url and sources.",
                ));
            }
            (true, true) => {
                return Err(Error::invalid(
                    "There is no database. Name one: `levers serve sqlite:shop.db`, LEVERS_DATABASE_URL, or url under \
                     [database] in levers.toml.",
                ));
            }
            (true, false) | (false, true) => {}
        }
        let mut opened = Vec::with_capacity(wanted.len());
        for wanted in wanted {
            let source = match kept.opened.iter().find(|(known, _)| *known == wanted) {
                Some((_, source)) => source.clone(),
                None => wanted.open().await?,
            };
            opened.push((wanted, source));
        }
        Ok(Self { own, opened })
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<dyn Source>> {
        self.own.iter().chain(self.opened.iter().map(|(_, source)| source)).cloned().collect()
    }
}

/// What the configuration names: the database first, then the named sources.
fn wanted(setup: &Setup) -> Vec<Wanted> {
    let database = &setup.config.database;
    let one = database.url.iter().map(|url| Wanted::of_database(url, database));
    let declared = setup.document.iter().flat_map(|document| document.sources());
    one.chain(declared.map(Wanted::of_declaration)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    async fn refusal(url: Option<&str>) -> String {
        let database = DatabaseConfig { url: url.map(Secret::new), ..DatabaseConfig::default() };
        let setup = Setup::of(Config { database, ..Config::default() });
        Sources::open(&setup, Vec::new(), &Sources::default()).await.err().unwrap().to_string()
    }

    #[tokio::test]
    async fn a_missing_or_unknown_database_is_said_without_its_password() {
        insta::assert_snapshot!(refusal(None).await, @"There is no database. Name one: `levers serve sqlite:shop.db`, LEVERS_DATABASE_URL, or url under [database] in levers.toml.");
        insta::assert_snapshot!(refusal(Some("oracle://me:hunter2@h/db")).await, @"“oracle://me:***@h/db” is not a database URL that this program knows. It takes sqlite:path, postgres://user:password@host/database, mysql://user:password@host/database, and the path of a file that ends in .db, .sqlite or .sqlite3.");
        insta::assert_snapshot!(refusal(Some("shop.db")).await, @"There is no SQLite database at “shop.db”. Check the path; the file is not created.");
    }

    #[tokio::test]
    async fn a_source_is_opened_once_as_long_as_it_is_wanted_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?mode=rwc", folder.path().join("shop.db").display());
        let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
        sqlx::raw_sql("CREATE TABLE a (id INTEGER); CREATE TABLE b (id INTEGER)")
            .execute(&mut connection)
            .await
            .unwrap();
        let database = DatabaseConfig { url: Some(Secret::new(url)), ..DatabaseConfig::default() };
        let mut setup = Setup::of(Config { database, ..Config::default() });
        let first = Sources::open(&setup, Vec::new(), &Sources::default()).await.unwrap().all();
        let kept = Sources { own: Vec::new(), opened: vec![(wanted(&setup).remove(0), first[0].clone())] };
        let again = Sources::open(&setup, Vec::new(), &kept).await.unwrap().all();
        assert!(Arc::ptr_eq(&first[0], &again[0]));
        setup.config.database.exclude = vec!["b".into()];
        let other = Sources::open(&setup, Vec::new(), &kept).await.unwrap().all();
        assert_eq!((first[0].collections().len(), other[0].collections().len()), (2, 1));
    }
}

//! The first version of a file of declarations, from a database that exists.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use levers_declare::{Lookup, Mistake, World};
use levers_model::{Error, Result};
use levers_ports::Source as _;
use levers_source_sql::Sql;

use crate::config::DEFAULT_FILE;

/// A file that is to be written.
#[derive(Debug)]
pub struct FirstFile {
    /// What stands in it.
    pub text: String,
    /// How many collections the database has.
    pub collections: usize,
    /// The variables of the environment that it needs: secrets that the URL held.
    pub variables: Vec<String>,
}

/// Asks the database what it has and writes a file for it, without the password that the URL
/// may hold. The file is checked against the database before it is given away.
///
/// # Errors
/// `Invalid` for what is no URL, `NotFound` for a missing file, `Unavailable` when the server
/// does not answer.
pub async fn first_file(url: &str) -> Result<FirstFile> {
    let source = Arc::new(Sql::open(url).await?);
    let text = levers_declare::init(source.collections(), url);
    let collections = source.collections().len();
    let needed = Needed::default();
    let files = vec![(PathBuf::from(DEFAULT_FILE), text.clone())];
    let document = levers_declare::parse(files, &needed).map_err(|mistakes| wrong(&mistakes))?;
    document.declare(&World { sources: &[source], signing: None }).map_err(|mistakes| wrong(&mistakes))?;
    Ok(FirstFile { text, collections, variables: needed.0.into_inner().unwrap_or_else(PoisonError::into_inner) })
}

fn wrong(mistakes: &[Mistake]) -> Error {
    let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    Error::internal(format!("the first file of this database would be wrong:\n{}", texts.join("\n")))
}

/// An environment in which every variable is set, and that knows which were asked for.
#[derive(Default)]
struct Needed(Mutex<Vec<String>>);

impl Lookup for Needed {
    fn variable(&self, name: &str) -> Option<String> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
        Some("set".to_owned())
    }

    fn file(&self, _: &Path) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_file_of_a_database_is_right() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}?mode=rwc", folder.path().join("shop.db").display());
        let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
        let tables = "CREATE TABLE \"order lines\" (id INTEGER PRIMARY KEY, name TEXT NOT NULL, done BOOLEAN);
            CREATE TABLE no_key (x REAL); CREATE VIEW names AS SELECT name FROM \"order lines\";";
        sqlx::raw_sql(tables).execute(&mut connection).await.unwrap();
        let first = first_file(&url).await.unwrap();
        assert_eq!((first.collections, first.variables.is_empty()), (3, true));
        assert!(first.text.contains(&url), "{}", first.text);
    }
}

//! The first version of a file of declarations, from a database that exists.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use levers_declare::{Backend, Document, Lookup, Mistake, SmartActions, World};
use levers_model::{Error, Result};
use levers_ports::Source;
use levers_source_sql::Sql;

use crate::config::DEFAULT_FILE;

/// A file that is to be written.
#[derive(Debug)]
pub struct FirstFile {
    /// What stands in it.
    pub text: String,
    /// How many collections it serves.
    pub collections: usize,
    /// How many actions of an application it declares.
    pub actions: usize,
    /// The variables of the environment that it needs: secrets that the URL held.
    pub variables: Vec<String>,
    /// What is still wrong with the application's actions.
    pub mistakes: Vec<Mistake>,
}

/// An application whose actions are declared as well.
#[derive(Debug, Clone)]
pub struct Application {
    /// The file in which its library keeps its schema.
    pub schema: PathBuf,
    /// Where it answers; `None` for the port that such applications have by default.
    pub endpoint: Option<String>,
}

/// The largest schema of an application, in bytes.
const LARGEST_SCHEMA: u64 = 16 * 1024 * 1024;

impl Application {
    fn read(&self) -> Result<Backend> {
        let shown = self.schema.display();
        let unread = |error: io::Error| {
            Error::not_found(format!(
                "{shown} cannot be read: {error}. Name the application's .forestadmin-schema.json."
            ))
        };
        if std::fs::metadata(&self.schema).map_err(unread)?.len() > LARGEST_SCHEMA {
            return Err(Error::invalid(format!("{shown} is larger than {LARGEST_SCHEMA} bytes.")));
        }
        let text = std::fs::read_to_string(&self.schema).map_err(unread)?;
        let actions: SmartActions = serde_json::from_str(&text)
            .map_err(|error| Error::invalid(format!("{shown} is no schema of an application: {error}.")))?;
        if actions.count() == 0 {
            return Err(Error::invalid(format!("{shown} declares no Smart Action.")));
        }
        Ok(Backend { actions, endpoint: self.endpoint.clone() })
    }
}

/// Asks the database what it has and writes a file for it, without the password that the URL
/// may hold. The file is checked against the database before it is given away.
///
/// # Errors
/// `Invalid` for what is no URL, `NotFound` for a missing file, `Unavailable` when the server
/// does not answer.
pub async fn first_file(url: &str, application: Option<&Application>) -> Result<FirstFile> {
    let backend = application.map(Application::read).transpose()?;
    let whole = Sql::open(url).await?;
    let text = levers_declare::init(whole.collections(), url, backend.as_ref());
    let needed = Needed::default();
    let files = vec![(PathBuf::from(DEFAULT_FILE), text.clone())];
    let document = levers_declare::parse(files, &needed).map_err(|mistakes| wrong(&mistakes))?;
    let source: Arc<dyn Source> = Arc::new(as_written(&document, url).await?);
    let collections = source.collections().len();
    let mistakes = match document.declare(&World { sources: &[source], signing: None }) {
        Ok(_) => Vec::new(),
        // What an application declares may make no sense to anybody but it.
        Err(mistakes) if backend.is_some() => mistakes,
        Err(mistakes) => return Err(wrong(&mistakes)),
    };
    let actions = if backend.is_some() { document.outline().len() } else { 0 };
    let variables = needed.0.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(FirstFile { text, collections, actions, variables, mistakes })
}

/// The database with what the file leaves out left out.
async fn as_written(document: &Document, url: &str) -> Result<Sql> {
    let settings = serde_json::to_value(document.settings()).map_err(Error::internal)?;
    let excluded = settings["database"]["exclude"].as_array().into_iter().flatten();
    let excluded: Vec<String> = excluded.filter_map(|name| name.as_str().map(str::to_owned)).collect();
    Sql::builder(url).exclude(&excluded).open().await
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
        let first = first_file(&url, None).await.unwrap();
        assert_eq!((first.collections, first.variables.is_empty()), (3, true));
        assert!(first.text.contains(&url), "{}", first.text);
    }
}

//! A small database, and the environment that files of tests name.

use std::io;
use std::path::Path;
use std::sync::Arc;

use levers_declare::{Lookup, World};
use levers_ports::Source;
use levers_source_sql::Sql;
use tempfile::TempDir;

/// A database of its own for a test; it goes away with the folder.
pub(crate) struct Shop {
    pub(crate) folder: TempDir,
    pub(crate) sources: Vec<Arc<dyn Source>>,
}

impl Shop {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("shop.db");
        rusqlite::Connection::open(&path).unwrap().execute_batch(include_str!("world.sql")).unwrap();
        let source = Sql::open(&format!("sqlite:{}", path.display())).await.unwrap();
        Self { folder, sources: vec![Arc::new(source)] }
    }

    pub(crate) fn world(&self) -> World<'_> {
        World { sources: &self.sources, signing: None }
    }

    /// The first value of a query, as text.
    pub(crate) fn value(&self, query: &str) -> Option<String> {
        let connection = rusqlite::Connection::open(self.folder.path().join("shop.db")).unwrap();
        let value: rusqlite::types::Value = connection.query_row(query, [], |row| row.get(0)).unwrap();
        match value {
            rusqlite::types::Value::Null => None,
            rusqlite::types::Value::Integer(int) => Some(int.to_string()),
            rusqlite::types::Value::Real(real) => Some(real.to_string()),
            rusqlite::types::Value::Text(text) => Some(text),
            rusqlite::types::Value::Blob(bytes) => Some(format!("{} bytes", bytes.len())),
        }
    }
}

/// What files of tests take from outside.
pub(crate) struct Environment;

impl Lookup for Environment {
    fn variable(&self, name: &str) -> Option<String> {
        let value = match name {
            "LEVERS_AUTH_SECRET" => "5f1b9c0d7e3a48f2a6c1b0d9e8f7a6b5",
            "HOOK_SECRET" => "whsec_NWYxYjljMGQ3ZTNhNDhmMmE2YzFiMGQ5ZThmN2E2YjU=",
            "SHORT_SECRET" => "whsec_aGk=",
            "TENANT" => "acme",
            "DB_PASSWORD" => "hunter2",
            _ => return None,
        };
        Some(value.to_owned())
    }

    fn file(&self, path: &Path) -> io::Result<String> {
        match path.to_str() {
            Some("/run/secrets/env_secret") => Ok("hunter2hunter2hunter2hunter2\n".to_owned()),
            _ => Err(io::Error::other("no such file")),
        }
    }
}

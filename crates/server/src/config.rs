//! What can be configured, and where each value comes from.
//!
//! Three layers, each over the one before: a file, which `levers-declare` reads
//! and checks, the environment (`LEVERS_*`), flags. Everything has a default but
//! the database, so no file is needed. A name that is not known is refused with
//! the nearest one that is: a typing error in `LEVERS_AUTH_SECRET` must not pass
//! for 'no secret'.
//!
//! Rejected: figment's own `Env` provider. It guesses types from texts, so that
//! a secret of digits becomes a number, and accepts every `LEVERS_` name.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use figment::error::Kind;
use figment::providers::Serialized;
use figment::value::{Dict, Value};
use figment::{Figment, Profile};
use levers_declare::Document;
use levers_model::{Error, Result};
use levers_ports::Source;
use serde::{Deserialize, Serialize};

use crate::secret::{AuthSecret, Secret, check_for_strangers, development_secret, kept_secret};

/// The file that is read from the working folder when none is named.
pub const DEFAULT_FILE: &str = "levers.toml";

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// The database whose collections are served.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `sqlite:shop.db`, `postgres://…`, `mysql://…`, `mariadb://…`. May hold a password.
    pub url: Option<Secret>,
    /// Only these tables and views, by name; empty for all.
    pub include: Vec<String>,
    /// Not these.
    pub exclude: Vec<String>,
    /// Of these schemas (`PostgreSQL`); empty for the connection's own.
    pub schemas: Vec<String>,
}

/// Everything that can be configured.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen; default `127.0.0.1:3310`. Port 0 takes any free one.
    pub listen: SocketAddr,
    /// The file that keeps jobs and events; see [`Config::store_path`] for the default.
    pub store: Option<PathBuf>,
    /// The database whose collections are served.
    pub database: DatabaseConfig,
    /// What tokens are signed with.
    pub auth_secret: Option<Secret>,
    /// What Forest's own server and its agents share.
    pub env_secret: Option<Secret>,
    /// The largest request body, in megabytes (2^20 bytes); default 50.
    pub body_limit_mb: u32,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged, in the words of tracing's filters; default `info,sqlx=warn`.
    pub log: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3310)),
            store: None,
            database: DatabaseConfig::default(),
            auth_secret: None,
            env_secret: None,
            body_limit_mb: 50,
            log_format: LogFormat::Text,
            log: "info,sqlx=warn".to_owned(),
        }
    }
}

/// What the command line says; `None` where it says nothing.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Flags {
    /// See [`Config::listen`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// See [`Config::store`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<PathBuf>,
    /// See [`DatabaseConfig::url`].
    #[serde(skip)]
    pub database_url: Option<String>,
}

/// Keys that the environment can set: its name without `LEVERS_`, the key, and
/// whether the value is a list of names with commas between.
const ENVIRONMENT: [(&str, &str, bool); 11] = [
    ("LISTEN", "listen", false),
    ("STORE", "store", false),
    ("DATABASE_URL", "database.url", false),
    ("DATABASE_INCLUDE", "database.include", true),
    ("DATABASE_EXCLUDE", "database.exclude", true),
    ("DATABASE_SCHEMAS", "database.schemas", true),
    ("AUTH_SECRET", "auth_secret", false),
    ("ENV_SECRET", "env_secret", false),
    ("BODY_LIMIT_MB", "body_limit_mb", false),
    ("LOG_FORMAT", "log_format", false),
    ("LOG", "log", false),
];

impl Config {
    /// Reads the three layers as they are given.
    ///
    /// # Errors
    /// `Invalid`, naming the key and the place that set it.
    pub(crate) fn gather(
        document: Option<&Document>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &Flags,
    ) -> Result<Self> {
        let mut figment = Figment::new();
        if let Some(document) = document {
            figment = figment.merge(Serialized::from(document.settings(), Profile::Default));
        }
        figment = figment.merge(Serialized::from(environment_layer(environment)?, Profile::Default));
        figment = figment.merge(Serialized::from(flags, Profile::Default));
        if let Some(url) = &flags.database_url {
            figment = figment.merge(Serialized::default("database.url", url));
        }
        figment.extract().map_err(|error| in_words(&error))
    }

    /// Where jobs and events are kept: as configured; else beside an `SQLite`
    /// database (`shop.db` → `shop.db.levers.db`); else `levers.db` in the working folder.
    pub fn store_path(&self) -> PathBuf {
        let database = || store_beside(self.database.url.as_ref()?.expose());
        self.store.clone().or_else(database).unwrap_or_else(|| PathBuf::from("levers.db"))
    }

    /// Keeps jobs beside the first of these sources that is a file, where nothing
    /// else was configured: what an author's program opens itself is not in the URL.
    pub(crate) fn keep_beside(&mut self, sources: &[Arc<dyn Source>]) {
        if self.store.is_none() && self.database.url.is_none() {
            self.store = sources.iter().find_map(|source| source.file()).map(beside);
        }
    }

    /// The secret that signs tokens: the configured one; else, where only this
    /// machine can reach the server, one that is kept beside the store.
    ///
    /// # Errors
    /// `Refused` when others can reach the server and there is no good secret.
    pub fn auth_secret(&self) -> Result<AuthSecret> {
        self.check_secret()?;
        match &self.auth_secret {
            Some(secret) => Ok(AuthSecret { secret: secret.clone(), file: None }),
            None => development_secret(&self.store_path()),
        }
    }

    /// Whether the secret is good enough for where the server listens.
    ///
    /// # Errors
    /// `Refused` when others can reach the server and there is no good secret.
    pub fn check_secret(&self) -> Result<()> {
        if self.listen.ip().is_loopback() {
            return Ok(());
        }
        check_for_strangers(self.auth_secret.as_ref(), &self.listen.to_string())
    }

    /// The secret that a server with this configuration would use, if there is one
    /// already; unlike [`Config::auth_secret`] it never makes one.
    pub fn known_secret(&self) -> Option<Secret> {
        self.auth_secret.clone().or_else(|| kept_secret(&self.store_path()))
    }

    /// The settings that differ in `now` and are used only when the process starts.
    pub(crate) fn only_at_start(&self, now: &Self) -> Vec<&'static str> {
        let differs = [
            ("listen", self.listen != now.listen),
            ("store", self.store_path() != now.store_path()),
            ("auth_secret", self.auth_secret != now.auth_secret),
            ("log", self.log != now.log),
            ("log_format", self.log_format != now.log_format),
        ];
        differs.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
    }

    /// The largest request body, in bytes.
    pub fn body_limit(&self) -> usize {
        (self.body_limit_mb as usize) << 20
    }
}

/// The store's file beside the database of this URL, if that is a file.
pub(crate) fn store_beside(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:").or_else(|| (!url.contains(':')).then_some(url))?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    (!path.is_empty() && path != ":memory:").then(|| beside(Path::new(path)))
}

/// The store's file beside a database's.
fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".levers.db");
    name.into()
}

/// The environment as a layer. `FOREST_*` names are read where ours are absent.
fn environment_layer(environment: impl IntoIterator<Item = (String, String)>) -> Result<Dict> {
    let mut layer = Dict::new();
    let mut fallbacks = Dict::new();
    for (name, value) in environment {
        match name.as_str() {
            "FOREST_AUTH_SECRET" => drop(fallbacks.insert("auth_secret".into(), value.into())),
            "FOREST_ENV_SECRET" => drop(fallbacks.insert("env_secret".into(), value.into())),
            _ => {
                if let Some(name) = name.strip_prefix("LEVERS_") {
                    set(&mut layer, name, value)?;
                }
            }
        }
    }
    for (key, value) in fallbacks {
        layer.entry(key).or_insert(value);
    }
    Ok(layer)
}

fn set(layer: &mut Dict, name: &str, value: String) -> Result<()> {
    let Some((_, key, list)) = ENVIRONMENT.iter().find(|(known, ..)| *known == name) else {
        // Other programs of ours read other names (`LEVERS_SERVER`); only what looks like a
        // typing error of a known one is refused.
        let known = ENVIRONMENT.iter().map(|(known, ..)| *known);
        return match nearest(name, known) {
            Some(near) => Err(Error::invalid(format!(
                "The environment sets LEVERS_{name}, which means nothing. Did you mean LEVERS_{near}?"
            ))),
            None => Ok(()),
        };
    };
    let value = match *key {
        "body_limit_mb" => Value::from(value.parse::<u32>().map_err(|_| {
            Error::invalid(format!("LEVERS_{name} is “{value}”, which is not a whole number of megabytes."))
        })?),
        _ if *list => {
            let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
            Value::from(names.map(Value::from).collect::<Vec<_>>())
        }
        _ => Value::from(value),
    };
    match key.split_once('.') {
        None => drop(layer.insert((*key).to_owned(), value)),
        Some((table, key)) => {
            let entry = layer.entry(table.to_owned()).or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, table) = entry {
                table.insert(key.to_owned(), value);
            }
        }
    }
    Ok(())
}

/// The known name that looks most like this one, if one looks enough like it.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const ENOUGH: f64 = 0.85;
    known
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(likeness, _)| *likeness >= ENOUGH)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

/// A sentence that names the key without the value, which may be a secret. What the file sets was
/// checked when it was read, so this is about the environment and flags.
fn in_words(error: &figment::Error) -> Error {
    let path = error.path.join(".");
    Error::invalid(match &error.kind {
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            format!("The configuration sets “{path}” to something that is not {expected}.")
        }
        Kind::UnknownVariant(_, known) => {
            format!("The configuration sets “{path}” to something else than {}.", known.join(" or "))
        }
        _ if path == "listen" => {
            "The configuration sets “listen” to something that is not an address and port such as 127.0.0.1:3310."
                .to_owned()
        }
        kind => format!("The configuration sets “{path}” wrongly: {kind}."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn gather(toml: &str, pairs: &[(&str, &str)], flags: &Flags) -> Result<Config> {
        let files = vec![("levers.toml".into(), toml.to_owned())];
        let document = levers_declare::parse(files, &levers_declare::Process).unwrap();
        Config::gather(Some(&document), environment(pairs), flags)
    }

    fn refusal(pairs: &[(&str, &str)]) -> String {
        gather("", pairs, &Flags::default()).unwrap_err().to_string()
    }

    #[test]
    fn nothing_configured_is_a_configuration() {
        assert_eq!(gather("", &[], &Flags::default()).unwrap(), Config::default());
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let toml = "listen = '127.0.0.1:1'\nstore = 'file.db'\nlog_format = 'json'\n[database]\nurl = 'sqlite:file'\nexclude = ['a']";
        let pairs = [
            ("LEVERS_LISTEN", "127.0.0.1:2"),
            ("LEVERS_STORE", "environment.db"),
            ("LEVERS_DATABASE_INCLUDE", "x, y,"),
            ("LEVERS_AUTH_SECRET", "12345"),
            ("FOREST_AUTH_SECRET", "other"),
            ("FOREST_ENV_SECRET", "forest"),
            ("LEVERS_TEST_POSTGRES_URL", "postgres://x"),
        ];
        let flags = Flags { listen: Some("127.0.0.1:3".into()), store: None, database_url: Some("sqlite:flag".into()) };
        let config = gather(toml, &pairs, &flags).unwrap();
        assert_eq!(config.listen.port(), 3);
        assert_eq!(config.store, Some("environment.db".into()));
        assert_eq!(config.log_format, LogFormat::Json);
        assert_eq!(config.database.url, Some(Secret::new("sqlite:flag")));
        assert_eq!(
            (config.database.include, config.database.exclude),
            (vec!["x".into(), "y".into()], vec!["a".into()])
        );
        assert_eq!(config.auth_secret, Some(Secret::new("12345")));
        assert_eq!(config.env_secret, Some(Secret::new("forest")));
    }

    #[test]
    fn refusals_name_the_key_and_what_would_be_right() {
        insta::assert_snapshot!(refusal(&[("LEVERS_LISTN", "x")]), @"The environment sets LEVERS_LISTN, which means nothing. Did you mean LEVERS_LISTEN?");
        insta::assert_snapshot!(refusal(&[("LEVERS_LISTEN", "x")]), @"The configuration sets “listen” to something that is not an address and port such as 127.0.0.1:3310.");
        insta::assert_snapshot!(refusal(&[("LEVERS_BODY_LIMIT_MB", "x")]), @"LEVERS_BODY_LIMIT_MB is “x”, which is not a whole number of megabytes.");
        insta::assert_snapshot!(refusal(&[("LEVERS_LOG_FORMAT", "xml")]), @"The configuration sets “log_format” to something else than text or json.");
    }

    #[test]
    fn what_only_a_restart_changes_is_named() {
        let before = gather("", &[], &Flags::default()).unwrap();
        let toml = "listen = '127.0.0.1:1'\nlog_format = 'json'\nbody_limit_mb = 1\n[database]\nurl = 'sqlite:shop.db'";
        let after = gather(toml, &[("LEVERS_AUTH_SECRET", "x")], &Flags::default()).unwrap();
        assert_eq!(before.only_at_start(&after), ["listen", "store", "auth_secret", "log_format"]);
        assert!(after.only_at_start(&after).is_empty());
    }

    #[test]
    fn the_store_stands_beside_an_sqlite_database() {
        let store = |url: &str| {
            let database = DatabaseConfig { url: Some(Secret::new(url)), ..DatabaseConfig::default() };
            Config { database, ..Config::default() }.store_path()
        };
        assert_eq!(store("sqlite:shop.db"), PathBuf::from("shop.db.levers.db"));
        assert_eq!(store("sqlite:///srv/shop.db?mode=ro"), PathBuf::from("/srv/shop.db.levers.db"));
        assert_eq!(store("sqlite::memory:"), PathBuf::from("levers.db"));
        assert_eq!(store("postgres://u:p@h/db"), PathBuf::from("levers.db"));
    }

    #[test]
    fn a_configured_secret_is_taken_and_a_missing_one_made_on_loopback_only() {
        let folder = tempfile::tempdir().unwrap();
        let local = Config { store: Some(folder.path().join("s.db")), ..Config::default() };
        assert!(local.auth_secret().unwrap().file.is_some());
        let open = Config { listen: SocketAddr::from(([0, 0, 0, 0], 1)), ..local };
        assert!(open.auth_secret().is_err());
    }
}

//! What can be configured, and where each value comes from.
//!
//! Three layers, each over the one before: a file (TOML), the environment
//! (`LEVERS_*`), flags. Everything has a default but the database, so no file is
//! needed. A key that is not known is refused with the nearest one that is:
//! a typing error in `auth_secret` must not pass for 'no secret'.
//!
//! Rejected: figment's own `Env` provider. It guesses types from texts, so that
//! a secret of digits becomes a number, and accepts every `LEVERS_` name.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use figment::error::Kind;
use figment::providers::{Format as _, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile};
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
    /// Reads the file (the named one, or `levers.toml` in the working folder if
    /// there is one), the process's environment and the flags.
    ///
    /// # Errors
    /// `Invalid`, naming the key and the place that set it.
    pub fn load(file: Option<&Path>, flags: &Flags) -> Result<Self> {
        let file = match file {
            Some(file) if !file.is_file() => {
                return Err(Error::invalid(format!("There is no configuration file {}.", file.display())));
            }
            Some(file) => Some(file.to_owned()),
            None => Some(PathBuf::from(DEFAULT_FILE)).filter(|file| file.is_file()),
        };
        // Names and values that are not UTF-8 cannot be ours.
        let environment =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self::gather(file.as_deref(), environment, flags)
    }

    /// Reads the three layers as they are given.
    ///
    /// # Errors
    /// Those of [`Config::load`].
    pub fn gather(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &Flags,
    ) -> Result<Self> {
        let mut figment = Figment::new();
        if let Some(file) = file {
            figment = figment.merge(Toml::file_exact(file));
        }
        figment = figment.merge(Serialized::from(environment_layer(environment)?, Profile::Default));
        figment = figment.merge(Serialized::from(flags, Profile::Default));
        if let Some(url) = &flags.database_url {
            figment = figment.merge(Serialized::default("database.url", url));
        }
        figment.extract().map_err(|error| in_words(&error, file))
    }

    /// Where jobs and events are kept: as configured; else beside an `SQLite`
    /// database (`shop.db` → `shop.db.levers.db`); else `levers.db` in the working folder.
    pub fn store_path(&self) -> PathBuf {
        let beside = || {
            let url = self.database.url.as_ref()?.expose();
            let path = url.strip_prefix("sqlite:").or_else(|| (!url.contains(':')).then_some(url))?;
            let path = path.strip_prefix("//").unwrap_or(path);
            let path = path.split_once('?').map_or(path, |(path, _)| path);
            (!path.is_empty() && path != ":memory:").then(|| beside(Path::new(path)))
        };
        self.store.clone().or_else(beside).unwrap_or_else(|| PathBuf::from("levers.db"))
    }

    /// Keeps jobs beside the first of these sources that is a file, where nothing
    /// else was configured: what an author's program opens itself is not in the URL.
    pub fn keep_beside(&mut self, sources: &[Arc<dyn Source>]) {
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

    /// The largest request body, in bytes.
    pub fn body_limit(&self) -> usize {
        (self.body_limit_mb as usize) << 20
    }
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
        return match nearest(name, known, 0.85) {
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

/// The known name that looks most like this one, if any looks at least so much like it.
fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>, at_least: f64) -> Option<&'a str> {
    known
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .filter(|(likeness, _)| *likeness >= at_least)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

/// A sentence that names the key and the file, without the value: it may be a secret.
fn in_words(error: &figment::Error, file: Option<&Path>) -> Error {
    let place = match (error.metadata.as_ref().and_then(|metadata| metadata.source.as_ref()), file) {
        (Some(figment::Source::File(_)), Some(file)) => file.display().to_string(),
        _ => "The configuration".to_owned(),
    };
    let path = error.path.join(".");
    Error::invalid(match &error.kind {
        Kind::UnknownField(key, known) => {
            let key = if error.path.last().is_some_and(|last| last == key) { path } else { join(&path, key) };
            let name = key.rsplit('.').next().unwrap_or_default();
            let near = nearest(name, known.iter().copied(), 0.0).unwrap_or_default();
            format!(
                "{place} sets “{key}”, which is not a key. Did you mean “{near}”? The keys are: {}.",
                known.join(", ")
            )
        }
        Kind::InvalidType(..) | Kind::InvalidValue(..) if path == "body_limit_mb" => {
            format!("{place} sets “{path}” to something that is not a whole number of megabytes.")
        }
        Kind::InvalidType(_, expected) | Kind::InvalidValue(_, expected) => {
            format!("{place} sets “{path}” to something that is not {expected}.")
        }
        Kind::UnknownVariant(_, known) => {
            format!("{place} sets “{path}” to something else than {}.", known.join(" or "))
        }
        _ if path == "listen" => {
            format!("{place} sets “listen” to something that is not an address and port such as 127.0.0.1:3310.")
        }
        _ if path.is_empty() => {
            format!("{place} cannot be read: {}.", without_excerpt(&error.kind.to_string()))
        }
        kind => format!("{place} sets “{path}” wrongly: {kind}."),
    })
}

/// A parser's message without the line of the file that it quotes: a secret may stand there.
fn without_excerpt(message: &str) -> String {
    let quoted = |line: &&str| line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ').starts_with('|');
    let lines: Vec<&str> = message.lines().filter(|line| !quoted(line) && !line.trim().is_empty()).collect();
    lines.join(": ").trim_end_matches('.').to_owned()
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn gather(toml: &str, pairs: &[(&str, &str)], flags: &Flags) -> Result<Config> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(DEFAULT_FILE);
        std::fs::write(&file, toml).unwrap();
        Config::gather(Some(&file), environment(pairs), flags)
            .map_err(|error| Error::invalid(error.message().replace(&folder.path().display().to_string(), ".")))
    }

    fn refusal(toml: &str, pairs: &[(&str, &str)]) -> String {
        gather(toml, pairs, &Flags::default()).unwrap_err().to_string()
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
        insta::assert_snapshot!(refusal("auth_secrt = 'x'", &[]));
        insta::assert_snapshot!(refusal("[database]\nuri = 'x'", &[]));
        insta::assert_snapshot!(refusal("body_limit_mb = 'much'", &[]));
        insta::assert_snapshot!(refusal("listen = 'everywhere'", &[]));
        insta::assert_snapshot!(refusal("log_format = 'xml'", &[]));
        insta::assert_snapshot!(refusal("listen = ", &[]));
        insta::assert_snapshot!(refusal("", &[("LEVERS_LISTN", "x")]));
        insta::assert_snapshot!(refusal("", &[("LEVERS_LISTEN", "x")]));
        insta::assert_snapshot!(refusal("", &[("LEVERS_BODY_LIMIT_MB", "x")]));
        insta::assert_snapshot!(Config::load(Some(Path::new("nowhere.toml")), &Flags::default()).unwrap_err());
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

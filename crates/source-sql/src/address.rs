//! Where a database is: URLs, and what to say when nobody answers there.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use levers_model::{Error, Result};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection as _, Executor as _};

use crate::db::Db;
use crate::lender::Lender;
use crate::sqlite::{self, File};

/// How long a server may take to answer at start.
const PATIENCE: Duration = Duration::from_secs(10);

/// Without strict mode, values that do not fit are cut without a word.
const STRICT: &str = "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_ALL_TABLES')";

/// Connections to a server.
const CONNECTIONS: usize = 10;

/// How long a request waits for a free connection.
const CONNECTION_PATIENCE: Duration = Duration::from_secs(5);

/// A database that was named by URL.
#[derive(Debug)]
pub(crate) enum Address {
    Sqlite(File),
    Postgres(Box<PgConnectOptions>),
    MySql(Box<MySqlConnectOptions>),
}

impl Address {
    /// Reads a URL, or the path of an SQLite file.
    ///
    /// # Errors
    /// `Invalid`, saying what a URL looks like; never the password in it.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        let rest = url.split_once(':').map_or("", |(_, rest)| rest);
        match scheme.as_deref() {
            Some("sqlite") => sqlite_file(url, rest).map(Self::Sqlite),
            Some("postgres" | "postgresql") => {
                let options = PgConnectOptions::from_str(url).map_err(|failure| malformed(url, failure))?;
                Ok(Self::Postgres(Box::new(options.application_name("levers"))))
            }
            Some("mysql" | "mariadb") => {
                let options = MySqlConnectOptions::from_str(&format!("mysql:{rest}"))
                    .map_err(|failure| malformed(url, failure))?;
                if options.get_database().is_none() {
                    return Err(Error::invalid(format!(
                        "The URL “{}” names no database. Write it after the host: mysql://user@host/database.",
                        without_password(url)
                    )));
                }
                Ok(Self::MySql(Box::new(options)))
            }
            _ if is_file_name(url) => Ok(Self::Sqlite(File { path: PathBuf::from(url), read_only: false })),
            _ => Err(Error::invalid(format!(
                "“{}” is not a database URL that this program knows. It takes sqlite:path, postgres://user:password@host/database, \
                 mysql://user:password@host/database, and the path of a file that ends in .db, .sqlite or .sqlite3.",
                without_password(url)
            ))),
        }
    }

    /// The file that it is, if it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(file) => Some(&file.path),
            Self::Postgres(_) | Self::MySql(_) => None,
        }
    }

    /// Connects. Says in a sentence why, when that does not work.
    pub(crate) async fn connect(self) -> Result<(Db, bool)> {
        match self {
            Self::Sqlite(file) => sqlite::open(file).await.map(|(sqlite, read_only)| (Db::Sqlite(sqlite), read_only)),
            Self::Postgres(options) => postgres(*options).await.map(|db| (db, false)),
            Self::MySql(options) => mysql(*options).await.map(|db| (db, false)),
        }
    }
}

/// Reads what follows `sqlite:`: a path, with or without two slashes before it,
/// in which % is followed by two digits, and `?mode=ro` for one that is only read.
fn sqlite_file(url: &str, rest: &str) -> Result<File> {
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let path = percent_encoding::percent_decode_str(path).decode_utf8().map_err(|failure| malformed(url, failure))?;
    let mut file = File { path: PathBuf::from(Cow::into_owned(path)), read_only: false };
    for (name, value) in form_urlencoded::parse(parameters.as_bytes()) {
        match (&*name, &*value) {
            ("mode", "ro") => file.read_only = true,
            ("mode", "rw" | "rwc") => {}
            _ => {
                return Err(Error::invalid(format!(
                    "The database URL “{url}” has the parameter “{name}={value}”, which is not known. There is mode=ro, for a file that is only to be read."
                )));
            }
        }
    }
    Ok(file)
}

fn is_file_name(url: &str) -> bool {
    let extension = Path::new(url).extension().map(std::ffi::OsStr::to_ascii_lowercase);
    !url.contains("://")
        && extension.is_some_and(|extension| extension == "db" || extension == "sqlite" || extension == "sqlite3")
}

fn malformed(url: &str, failure: impl std::fmt::Display) -> Error {
    Error::invalid(format!(
        "The database URL “{}” cannot be read. Characters such as @, / and # in a password are written %40, %2F and %23.",
        without_password(url)
    ))
    .with_internal(failure)
}

/// The URL with stars for the password.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((account, place)) = rest.rsplit_once('@') else { return url.to_owned() };
    let account = account.split_once(':').map_or(account.to_owned(), |(user, _)| format!("{user}:***"));
    format!("{scheme}://{account}@{place}")
}

/// Opens connections; how many there are is the lender's affair.
fn opener<DB: sqlx::Database>() -> sqlx::pool::PoolOptions<DB> {
    sqlx::pool::PoolOptions::new().acquire_timeout(CONNECTION_PATIENCE)
}

async fn postgres(options: PgConnectOptions) -> Result<Db> {
    let place = format!("{}:{}", options.get_host(), options.get_port());
    let database = options.get_database().unwrap_or(options.get_username()).to_owned();
    let user = options.get_username().to_owned();
    try_out(PgConnection::connect_with(&options), "PostgreSQL", &place, &database, &user).await?;
    let opener = opener().connect_lazy_with(options);
    Ok(Db::Postgres(Lender::new(opener, CONNECTIONS, CONNECTION_PATIENCE)))
}

async fn mysql(options: MySqlConnectOptions) -> Result<Db> {
    let place = format!("{}:{}", options.get_host(), options.get_port());
    let database = options.get_database().unwrap_or_default().to_owned();
    let user = options.get_username().to_owned();
    try_out(MySqlConnection::connect_with(&options), "MySQL", &place, &database, &user).await?;
    let opener = opener::<sqlx::MySql>()
        .after_connect(|connection, _| Box::pin(async move { connection.execute(STRICT).await.map(drop) }))
        .connect_lazy_with(options);
    Ok(Db::MySql(Lender::new(opener, CONNECTIONS, CONNECTION_PATIENCE)))
}

/// One connection, in order to say at start, and at once, why there is none.
async fn try_out<C: sqlx::Connection>(
    connecting: impl Future<Output = Result<C, sqlx::Error>>,
    server: &str,
    place: &str,
    database: &str,
    user: &str,
) -> Result<()> {
    let failure = match tokio::time::timeout(PATIENCE, connecting).await {
        Ok(Ok(connection)) => {
            let _ = connection.close().await;
            return Ok(());
        }
        Ok(Err(failure)) => failure,
        Err(_) => sqlx::Error::PoolTimedOut,
    };
    let sentence = why_not(&failure, server, place, database, user);
    Err(Error::unavailable(sentence).with_internal(failure))
}

/// What to do about a connection that did not come about.
fn why_not(failure: &sqlx::Error, server: &str, place: &str, database: &str, user: &str) -> String {
    let answer = failure.as_database_error();
    let code = answer.and_then(sqlx::error::DatabaseError::code);
    let number =
        answer.and_then(|answer| answer.try_downcast_ref::<MySqlDatabaseError>()).map(MySqlDatabaseError::number);
    match (code.as_deref(), number) {
        (_, Some(1820 | 1862 | 3118 | 4151)) => format!(
            "The {server} server at {place} refused the user “{user}”: the account is locked, or its password has expired."
        ),
        (Some("28P01" | "28000"), _) | (_, Some(1045 | 1698)) => {
            format!(
                "The {server} server at {place} refused the user “{user}”. Check the user and the password in the URL."
            )
        }
        (Some("3D000"), _) | (_, Some(1049)) => {
            format!(
                "The {server} server at {place} has no database “{database}”. Check the name at the end of the URL."
            )
        }
        (_, Some(1044)) => format!(
            "The user “{user}” may not use the database “{database}” at {place}. Grant the right or use another user."
        ),
        (_, Some(1130)) => {
            format!("The {server} server at {place} takes no connections from this machine. Allow them at the server.")
        }
        (Some("53300"), _) | (_, Some(1040 | 1203 | 1226)) => format!(
            "The {server} server at {place} has no connection left for the user “{user}”. Close others or raise its limit."
        ),
        // The driver sends the passwords of MySQL's accounts over an encrypted connection only,
        // because the key that it would encrypt them with comes from whoever answers.
        _ if number == Some(3159) || matches!(failure, sqlx::Error::Configuration(_)) => format!(
            "The {server} server at {place} takes the user “{user}” over an encrypted connection only. \
             Leave ssl-mode out of the URL, or switch TLS on at the server."
        ),
        _ if is_of_tls(failure) => format!(
            "No encrypted connection to the {server} server at {place} came about. Switch TLS on at the server, or check \
             the parameters at the end of the URL."
        ),
        (Some(_), _) => {
            format!("The {server} server at {place} answered, but took no connection for the user “{user}”.")
        }
        _ => format!(
            "The {server} server at {place} does not answer. Check that it runs and that the host and the port in the URL are right."
        ),
    }
}

/// Certificates that are refused come as bytes that cannot be read.
fn is_of_tls(failure: &sqlx::Error) -> bool {
    match failure {
        sqlx::Error::Tls(_) => true,
        sqlx::Error::Io(failure) => failure.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_never_shown() {
        assert_eq!(without_password("oracle://scott:tiger@host/db"), "oracle://scott:***@host/db");
        assert_eq!(without_password("oracle://scott:ti@ger@host/db"), "oracle://scott:***@host/db");
        assert_eq!(without_password("data.db"), "data.db");
        let message = Address::parse("oracle://scott:tiger@host/db").unwrap_err().to_string();
        assert!(message.starts_with("“oracle://scott:***@host/db” is not a database URL"), "{message}");
        assert!(!Address::parse("postgres://u:secret@host:notaport/db").unwrap_err().to_string().contains("secret"));
    }

    #[test]
    fn a_server_that_answered_is_not_called_silent() {
        let said = |failure: sqlx::Error| why_not(&failure, "MySQL", "host:3306", "shop", "ada");
        let io = |kind: std::io::ErrorKind| sqlx::Error::Io(kind.into());
        assert!(said(sqlx::Error::Configuration("RSA".into())).contains("“ada” over an encrypted connection only"));
        assert!(said(io(std::io::ErrorKind::InvalidData)).starts_with("No encrypted connection to the MySQL server"));
        assert!(said(io(std::io::ErrorKind::ConnectionRefused)).contains("does not answer"));
    }

    #[test]
    fn files_are_told_by_their_endings() {
        for url in ["sqlite:a.db", "sqlite://a.db", "/tmp/a.sqlite3", "./a.SQLITE", "a.db"] {
            assert!(matches!(Address::parse(url), Ok(Address::Sqlite(..))), "{url}");
        }
        assert!(Address::parse("notes.txt").is_err());
        assert!(matches!(Address::parse("mariadb://root@localhost/test"), Ok(Address::MySql(_))));
        let file = |url: &str| match Address::parse(url).unwrap() {
            Address::Sqlite(file) => (file.path.to_str().unwrap().to_owned(), file.read_only),
            other => panic!("{other:?}"),
        };
        assert_eq!(file("sqlite:///tmp/a%3Fb.db?mode=ro"), ("/tmp/a?b.db".to_owned(), true));
        assert_eq!(file("sqlite:a.db?mode=rwc"), ("a.db".to_owned(), false));
        assert!(Address::parse("sqlite:a.db?mode=memory").unwrap_err().to_string().contains("“mode=memory”"));
        assert!(Address::parse("mysql://root@localhost").unwrap_err().to_string().contains("names no database"));
    }
}

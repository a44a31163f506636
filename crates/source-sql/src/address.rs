//! Where a database is: URLs, and what to say when nobody answers there.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use levers_model::{Error, Result};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection as _, Executor as _};

use crate::db::Db;
use crate::lender::Lender;

/// How long a server may take to answer at start.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a statement waits for a lock that another process has on the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Without strict mode, values that do not fit are cut without a word.
const STRICT: &str = "SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_ALL_TABLES')";

/// Connections to a server.
const CONNECTIONS: usize = 10;

/// How long a request waits for a free connection.
const CONNECTION_PATIENCE: Duration = Duration::from_secs(5);

/// How long a write to an SQLite file waits for those before it, of which one
/// may be about a million records.
const WRITE_PATIENCE: Duration = Duration::from_mins(1);

/// A database that was named by URL.
#[derive(Debug)]
pub(crate) enum Address {
    Sqlite(Box<SqliteConnectOptions>, PathBuf),
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
            Some("sqlite") => {
                let options = SqliteConnectOptions::from_str(url).map_err(|failure| malformed(url, failure))?;
                let path = options.get_filename().to_owned();
                Ok(Self::Sqlite(Box::new(options), path))
            }
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
            _ if is_file_name(url) => {
                Ok(Self::Sqlite(Box::new(SqliteConnectOptions::new().filename(url)), PathBuf::from(url)))
            }
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
            Self::Sqlite(_, path) => Some(path),
            Self::Postgres(_) | Self::MySql(_) => None,
        }
    }

    /// Connects. Says in a sentence why, when that does not work.
    pub(crate) async fn connect(self) -> Result<(Db, bool)> {
        match self {
            Self::Sqlite(options, path) => sqlite(*options, &path).await,
            Self::Postgres(options) => postgres(*options).await.map(|db| (db, false)),
            Self::MySql(options) => mysql(*options).await.map(|db| (db, false)),
        }
    }
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

/// Opens a file that is there; the second half says whether it is read-only.
async fn sqlite(options: SqliteConnectOptions, path: &Path) -> Result<(Db, bool)> {
    let metadata = std::fs::metadata(path).map_err(|failure| {
        Error::not_found(format!(
            "There is no SQLite database at “{}”. Check the path; the file is not created.",
            path.display()
        ))
        .with_internal(failure)
    })?;
    if metadata.is_dir() {
        return Err(Error::invalid(format!("“{}” is a folder, not an SQLite database.", path.display())));
    }
    let options = options.create_if_missing(false).foreign_keys(true).busy_timeout(BUSY_TIMEOUT);
    if !metadata.permissions().readonly() {
        let writable = options.clone().journal_mode(SqliteJournalMode::Wal).synchronous(SqliteSynchronous::Normal);
        match sqlx::SqliteConnection::connect_with(&writable).await {
            Ok(connection) => {
                let _ = connection.close().await;
                return Ok((sqlite_pools(&writable), false));
            }
            Err(failure) if !is_read_only(&failure) => return Err(sqlite_failure(path, &failure)),
            Err(_) => {}
        }
    }
    let readable = options.read_only(true);
    match sqlx::SqliteConnection::connect_with(&readable).await {
        Ok(connection) => {
            let _ = connection.close().await;
            Ok((sqlite_pools(&readable), true))
        }
        Err(failure) => Err(sqlite_failure(path, &failure)),
    }
}

fn sqlite_pools(options: &SqliteConnectOptions) -> Db {
    let readers = std::thread::available_parallelism().map_or(4, |cores| cores.get().max(4));
    let opener = opener().connect_lazy_with(options.clone());
    Db::Sqlite {
        read: Lender::new(opener.clone(), readers, CONNECTION_PATIENCE),
        write: Lender::new(opener, 1, WRITE_PATIENCE),
    }
}

/// Opens connections; how many there are is the lender's affair.
fn opener<DB: sqlx::Database>() -> sqlx::pool::PoolOptions<DB> {
    sqlx::pool::PoolOptions::new().acquire_timeout(CONNECTION_PATIENCE)
}

/// Whether the file, or the folder in which SQLite keeps its journal, cannot be written.
fn is_read_only(failure: &sqlx::Error) -> bool {
    let code = failure.as_database_error().and_then(|database| database.code()?.parse::<i32>().ok());
    code.is_some_and(|code| matches!(code & 0xff, 8 | 14))
}

fn sqlite_failure(path: &Path, failure: &sqlx::Error) -> Error {
    let code =
        failure.as_database_error().and_then(|database| database.code()?.parse::<i32>().ok()).unwrap_or_default();
    let shown = path.display();
    let sentence = match code & 0xff {
        26 => format!("“{shown}” is not an SQLite database, or it is encrypted."),
        5 | 6 => {
            format!("The SQLite database “{shown}” is locked by another program. Close it or wait until it is done.")
        }
        _ => format!(
            "The SQLite database “{shown}” cannot be opened. Check that this program may read the file and its folder."
        ),
    };
    Error::unavailable(sentence).with_internal(failure)
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
    let code = failure.as_database_error().and_then(|database| database.code().map(std::borrow::Cow::into_owned));
    let number = failure
        .as_database_error()
        .and_then(|database| database.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>())
        .map(sqlx::mysql::MySqlDatabaseError::number);
    let sentence = match (code.as_deref(), number) {
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
        _ => format!(
            "The {server} server at {place} does not answer. Check that it runs and that the host and the port in the URL are right."
        ),
    };
    Err(Error::unavailable(sentence).with_internal(failure))
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
    fn files_are_told_by_their_endings() {
        for url in ["sqlite:a.db", "sqlite://a.db", "/tmp/a.sqlite3", "./a.SQLITE", "a.db"] {
            assert!(matches!(Address::parse(url), Ok(Address::Sqlite(..))), "{url}");
        }
        assert!(Address::parse("notes.txt").is_err());
        assert!(matches!(Address::parse("mariadb://root@localhost/test"), Ok(Address::MySql(_))));
        assert!(Address::parse("mysql://root@localhost").unwrap_err().to_string().contains("names no database"));
    }
}

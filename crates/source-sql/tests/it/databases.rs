//! Real databases for tests, each new and gone afterwards.

use std::path::PathBuf;

use levers_source_sql::Sql;
use sqlx::mysql::MySqlConnection;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};

/// The kinds of database that every test of the suite runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
    /// MariaDB, or MySQL if `LEVERS_TEST_MYSQL_URL` leads to one.
    MariaDb,
}

/// A database of one test.
pub(crate) struct Database {
    pub(crate) kind: Kind,
    pub(crate) url: String,
    name: String,
    _folder: tempfile::TempDir,
}

fn server(kind: Kind) -> String {
    let (variable, default) = match kind {
        Kind::Sqlite => return String::new(),
        Kind::Postgres => ("LEVERS_TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres"),
        Kind::MariaDb => ("LEVERS_TEST_MYSQL_URL", "mysql://root@127.0.0.1:3306/test"),
    };
    std::env::var(variable).unwrap_or_else(|_| default.to_owned())
}

fn how_to_start(kind: Kind, failure: &sqlx::Error) -> String {
    let (service, variable) = match kind {
        Kind::Sqlite => return failure.to_string(),
        Kind::Postgres => ("postgresql", "LEVERS_TEST_POSTGRES_URL"),
        Kind::MariaDb => ("mariadb", "LEVERS_TEST_MYSQL_URL"),
    };
    format!(
        "No {kind:?} server answers at the test URL ({failure}). Start one (`service {service} start`) or set {variable}."
    )
}

/// Runs statements on the database of a URL.
pub(crate) async fn run(kind: Kind, url: &str, script: &str) {
    match kind {
        Kind::Sqlite => {
            rusqlite::Connection::open(url).unwrap().execute_batch(script).unwrap();
        }
        Kind::Postgres => {
            let connected = PgConnection::connect(url).await;
            let mut connection = connected.unwrap_or_else(|failure| panic!("{}", how_to_start(kind, &failure)));
            sqlx::raw_sql(AssertSqlSafe(script.to_owned())).execute(&mut connection).await.unwrap();
        }
        Kind::MariaDb => {
            let connected = MySqlConnection::connect(url).await;
            let mut connection = connected.unwrap_or_else(|failure| panic!("{}", how_to_start(kind, &failure)));
            let script = if is_mysql(&mut connection).await { in_words_of_mysql(script) } else { script.to_owned() };
            sqlx::raw_sql(AssertSqlSafe(script)).execute(&mut connection).await.unwrap();
        }
    }
}

async fn is_mysql(connection: &mut MySqlConnection) -> bool {
    !version(connection).await.to_ascii_lowercase().contains("mariadb")
}

async fn version(connection: &mut MySqlConnection) -> String {
    sqlx::query_scalar("SELECT CAST(VERSION() AS CHAR)").fetch_one(connection).await.unwrap()
}

/// What MariaDB has of its own, as MySQL says it: its usual key of that kind is a text.
fn in_words_of_mysql(script: &str) -> String {
    script.replace(" uid uuid", " uid char(36)").replace("max_recursive_iterations", "cte_max_recursion_depth")
}

impl Database {
    /// An empty database.
    pub(crate) async fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("levers_test_{}", uuid::Uuid::now_v7().simple());
        let url = match kind {
            Kind::Sqlite => folder.path().join("test.db").to_str().unwrap().to_owned(),
            Kind::Postgres | Kind::MariaDb => {
                run(kind, &server(kind), &format!("CREATE DATABASE {name}")).await;
                let server = server(kind);
                let place = server.rsplit_once('/').unwrap().0;
                format!("{place}/{name}")
            }
        };
        Self { kind, url, name, _folder: folder }
    }

    /// A database with what the script of its kind makes.
    pub(crate) async fn with(kind: Kind, sqlite: &str, postgres: &str, mariadb: &str) -> Self {
        let database = Self::new(kind).await;
        let script = match kind {
            Kind::Sqlite => sqlite,
            Kind::Postgres => postgres,
            Kind::MariaDb => mariadb,
        };
        database.run(script).await;
        database
    }

    /// A database in which one script does for all kinds.
    pub(crate) async fn with_same(kind: Kind, script: &str) -> Self {
        // Names are quoted as the standard says; MariaDB says otherwise.
        Self::with(kind, script, script, &script.replace('"', "`")).await
    }

    /// Chinook, the sample that none of us designed.
    pub(crate) async fn chinook(kind: Kind) -> Self {
        let folder = std::env::var("LEVERS_CHINOOK_DIR").map_or_else(
            |_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/chinook"),
            PathBuf::from,
        );
        let database = Self::new(kind).await;
        let file = folder.join(match kind {
            Kind::Sqlite => "chinook.sqlite",
            Kind::Postgres => "chinook-postgresql.sql",
            Kind::MariaDb => "chinook-mysql.sql",
        });
        let missing = |failure| panic!("{} cannot be read ({failure}); set LEVERS_CHINOOK_DIR", file.display());
        if kind == Kind::Sqlite {
            std::fs::copy(&file, &database.url).unwrap_or_else(missing);
            return database;
        }
        let script = String::from_utf8(std::fs::read(&file).unwrap_or_else(|failure| {
            missing(failure);
            unreachable!()
        }))
        .unwrap();
        let own = |line: &&str| !line.contains("DATABASE ") && !line.starts_with("\\c") && !line.starts_with("USE ");
        let script: Vec<&str> = script.lines().filter(own).collect();
        database.run(&script.join("\n")).await;
        database
    }

    /// Which product it is, for what they do not agree on.
    pub(crate) async fn product(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite => "Sqlite",
            Kind::Postgres => "Postgres",
            Kind::MariaDb if is_mysql(&mut MySqlConnection::connect(&self.url).await.unwrap()).await => "MySql",
            Kind::MariaDb => "MariaDb",
        }
    }

    /// The first two numbers of the version of a server of MySQL or MariaDB.
    pub(crate) async fn version(&self) -> [u32; 2] {
        let version = version(&mut MySqlConnection::connect(&self.url).await.unwrap()).await;
        let mut numbers = version.split('.').map(|part| part.parse().unwrap());
        [numbers.next().unwrap(), numbers.next().unwrap()]
    }

    /// Its name on the server.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Runs statements.
    pub(crate) async fn run(&self, script: &str) {
        run(self.kind, &self.url, script).await;
    }

    /// Opens it as a source.
    pub(crate) async fn open(&self) -> Sql {
        Sql::open(&self.url).await.unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.kind == Kind::Sqlite {
            return;
        }
        let force = if self.kind == Kind::Postgres { " WITH (FORCE)" } else { "" };
        let (kind, script) = (self.kind, format!("DROP DATABASE IF EXISTS {}{force}", self.name));
        // A runtime cannot be entered twice on one thread, and drop cannot wait.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(kind, &server(kind), &script));
        });
        let _ = dropping.join();
    }
}

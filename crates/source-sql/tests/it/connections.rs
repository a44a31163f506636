//! Opening, choosing, streaming, and coming back when the database does.

use futures::StreamExt as _;
use levers_model::query::field;
use levers_model::{Condition, ErrorKind, Page, Value};
use levers_ports::{Query, Source};
use levers_source_sql::Sql;
use rstest::rstest;

use crate::databases::{Database, Kind};
use crate::{count, cx, texts};

const TABLES: &str = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a(id)); CREATE TABLE c (id int);";

fn names(sql: &Sql) -> Vec<&str> {
    sql.collections().iter().map(|collection| collection.name.as_str()).collect()
}

#[rstest]
#[tokio::test]
async fn tables_are_chosen(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let database = Database::with_same(kind, TABLES).await;
    assert_eq!(names(&database.open().await), ["a", "b", "c"]);
    let some = Sql::builder(&database.url).include(["a", "b"]).exclude(["a"]).open().await.unwrap();
    assert_eq!(names(&some), ["b"]);
    assert_eq!(some.collections()[0].relations().count(), 0);
    let patterned = Sql::builder(&database.url).include(["?"]).exclude(["b*", "nothing*"]).open().await.unwrap();
    assert_eq!(names(&patterned), ["a", "c"]);
    let builders = [Sql::builder(&database.url).include(["z"]), Sql::builder(&database.url).exclude(["z"])];
    for (builder, to) in builders.into_iter().zip(["include", "exclude"]) {
        let error = builder.open().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.to_string().starts_with(&format!("There is no table or view “z” to {to}.")), "{error}");
    }
}

#[tokio::test]
async fn schemas_are_chosen() {
    let database = Database::with_same(
        Kind::Postgres,
        "
        CREATE TABLE a (id int PRIMARY KEY); CREATE SCHEMA other;
        CREATE TABLE other.a (id int PRIMARY KEY, a_id int REFERENCES public.a(id));",
    )
    .await;
    let sql = Sql::builder(&database.url).schemas(["public", "other"]).open().await.unwrap();
    assert_eq!(names(&sql), ["a", "other.a"]);
    assert_eq!(sql.collections()[1].relation("a").unwrap().target, "a");
    assert_eq!(count(&sql, "other.a", field("a:id").ne(3_i64)).await, 0);
    assert_eq!(
        sql.update(
            &cx(),
            "other.a",
            &field("a:id").ne(3_i64),
            &levers_model::Patch([("a_id".to_owned(), Value::Null)].into_iter().collect()),
            3
        )
        .await
        .unwrap()
        .count,
        0
    );
    let only = Sql::builder(&database.url).schemas(["other"]).open().await.unwrap();
    assert_eq!(names(&only), ["a"]);
}

#[tokio::test]
async fn what_cannot_be_opened_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("text.db"), "just some text, long enough to be no empty database at all".repeat(20)).unwrap();
    let mut said = Vec::new();
    for (url, kind) in [
        (path("none.db"), ErrorKind::NotFound),
        (path("text.db"), ErrorKind::Unavailable),
        ("postgres://u:secret@127.0.0.1:1/none".to_owned(), ErrorKind::Unavailable),
        ("mysql://u:secret@127.0.0.1:1/none".to_owned(), ErrorKind::Unavailable),
        ("oracle://u:secret@127.0.0.1/none".to_owned(), ErrorKind::Invalid),
    ] {
        let error = Sql::open(&url).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        said.push(error.to_string().replace(folder.path().to_str().unwrap(), "…"));
    }
    assert!(!folder.path().join("none.db").exists());
    insta::assert_debug_snapshot!(said);
}

#[rstest]
#[tokio::test]
async fn lists_of_any_length_stream(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let recursive = "CREATE TABLE numbers (id int PRIMARY KEY, text varchar(20));
        INSERT INTO numbers WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i, CONCAT('row ', i) FROM n;";
    let sqlite = recursive.replace("CONCAT('row ', i)", "'row ' || i");
    let mariadb = format!("SET SESSION max_recursive_iterations = 100000; {recursive}");
    let database = Database::with(kind, &sqlite, recursive, &mariadb).await;
    let sql = database.open().await;
    let mut stream = sql.stream(&cx(), "numbers", &Query::default()).await.unwrap();
    let mut seen = 0_i64;
    while let Some(record) = stream.next().await {
        seen += record.unwrap().get("id").unwrap().as_i64().unwrap();
    }
    assert_eq!(seen, 50_000 * 50_001 / 2);
    // More streams than there are connections, each dropped after one record: none is lost.
    for _ in 0..25 {
        let mut stream = sql.stream(&cx(), "numbers", &Query::default()).await.unwrap();
        stream.next().await.unwrap().unwrap();
    }
    let query = Query { page: Some(Page { skip: 49_999, limit: u64::MAX }), ..Query::default() };
    assert_eq!(sql.list(&cx(), "numbers", &query).await.unwrap().len(), 1);
}

#[tokio::test]
async fn ended_sessions_go_unnoticed() {
    let database =
        Database::with_same(Kind::Postgres, "CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a VALUES (1)").await;
    let sql = database.open().await;
    let reads = || futures::future::join_all((0..8).map(|_| texts(&sql, "a", "id", Condition::always())));
    reads().await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.run(end).await;
    assert!(reads().await.iter().all(|ids| *ids == ["1"]));
    reads().await;
    database.run(end).await;
    let patch = levers_model::Patch([("id".to_owned(), Value::Int(2))].into_iter().collect());
    assert_eq!(sql.create("a", &[patch]).await.unwrap().len(), 1);
    sql.check().await.unwrap();
}

#[tokio::test]
async fn writers_of_sqlite_wait_for_each_other() {
    let database = Database::with_same(
        Kind::Sqlite,
        "CREATE TABLE a (id INTEGER PRIMARY KEY, n int NOT NULL DEFAULT 0); INSERT INTO a DEFAULT VALUES",
    )
    .await;
    let (one, other) = (database.open().await, database.open().await);
    let write = |sql: Sql, n: i64| async move {
        let patch = levers_model::Patch([("n".to_owned(), Value::Int(n))].into_iter().collect());
        sql.update(&cx(), "a", &Condition::always(), &patch, 9).await.unwrap().count
    };
    let counts =
        futures::future::join_all((0..40).map(|n| write(if n % 2 == 0 { one.clone() } else { other.clone() }, n)))
            .await;
    assert_eq!(counts, [1; 40]);
}

#[tokio::test]
async fn a_read_only_sqlite_is_read_only() {
    let database = Database::with_same(Kind::Sqlite, TABLES).await;
    let sql = Sql::open(&format!("sqlite:{}?mode=ro", database.url)).await.unwrap();
    assert!(sql.collections().iter().all(|collection| collection.read_only));
    assert_eq!(count(&sql, "a", Condition::always()).await, 0);
    assert_eq!(sql.delete(&cx(), "a", &Condition::always(), 0).await.unwrap_err().kind(), ErrorKind::Refused);
}

#[tokio::test]
async fn long_readings_of_sqlite_keep_nobody_waiting() {
    let numbers = "CREATE TABLE numbers (id INTEGER PRIMARY KEY);
        INSERT INTO numbers WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n;";
    let database = Database::with_same(Kind::Sqlite, numbers).await;
    let sql = database.open().await;
    let mut streams = Vec::new();
    for _ in 0..8 {
        let mut stream = sql.stream(&cx(), "numbers", &Query::default()).await.unwrap();
        stream.next().await.unwrap().unwrap();
        streams.push(stream);
    }
    assert_eq!(count(&sql, "numbers", Condition::always()).await, 5_000);
    assert_eq!(sql.delete(&cx(), "numbers", &Condition::always(), 0).await.unwrap().count, 5_000);
    // What is being read stays as it was when the reading began.
    assert_eq!(streams.pop().unwrap().count().await, 4_999);
}

#[tokio::test]
async fn a_database_that_takes_no_connections_is_unavailable() {
    let database = Database::with_same(Kind::Postgres, TABLES).await;
    let (sql, server) = (database.open().await, Database::new(Kind::Postgres).await);
    let name = database.url.rsplit('/').next().unwrap();
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    let unavailable = async |why: &str| {
        let error = sql.list(&cx(), "a", &Query::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{why}: {error:?}");
        assert_eq!(sql.check().await.unwrap_err().kind(), ErrorKind::Unavailable, "{why}");
        let patch = levers_model::Patch([("id".to_owned(), Value::Int(2))].into_iter().collect());
        assert_eq!(sql.create("a", &[patch]).await.unwrap_err().kind(), ErrorKind::Unavailable, "{why}");
    };
    server.run(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
    server.run(&end).await;
    unavailable("closed").await;
    server.run(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
    sql.check().await.unwrap();
    server.run(&end).await;
    // Its sessions end a moment after they were told to, which renaming waits for.
    server.run(&format!("ALTER DATABASE {name} RENAME TO {name}_other")).await;
    unavailable("renamed").await;
    server.run(&format!("ALTER DATABASE {name}_other RENAME TO {name}")).await;
    sql.check().await.unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn an_sqlite_file_that_was_moved_takes_no_writes() {
    let database = Database::with_same(Kind::Sqlite, TABLES).await;
    let sql = database.open().await;
    let patch = |id| levers_model::Patch([("id".to_owned(), Value::Int(id))].into_iter().collect());
    sql.create("a", &[patch(1)]).await.unwrap();
    let elsewhere = format!("{}.elsewhere", database.url);
    std::fs::rename(&database.url, &elsewhere).unwrap();
    let error = sql.create("a", &[patch(2)]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(
        error.message(),
        "The database's file was moved or deleted while the service ran. Nothing was written; put the file back, or \
         restart the service."
    );
    assert_eq!(sql.check().await.unwrap_err().kind(), ErrorKind::Unavailable);
    std::fs::rename(&elsewhere, &database.url).unwrap();
    sql.check().await.unwrap();
    assert_eq!(texts(&sql, "a", "id", Condition::always()).await, ["1"]);
}

#[rstest]
#[tokio::test]
async fn a_schema_that_changed_asks_for_a_restart(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let database =
        Database::with_same(kind, "CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int)").await;
    let sql = database.open().await;
    let patch = levers_model::Patch([("id", 1), ("n", 1)].map(|(name, n)| (name.to_owned(), Value::Int(n))).into());
    database.run("ALTER TABLE a DROP COLUMN n; DROP TABLE b").await;
    for error in [
        sql.list(&cx(), "a", &Query { projection: levers_model::Projection::new(["n"]), ..Query::default() })
            .await
            .err(),
        sql.create("a", &[patch]).await.err(),
        sql.list(&cx(), "b", &Query::default()).await.err(),
    ] {
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Refused, "{error:?}");
        assert!(error.message().ends_with("Restart the service, which reads the schema when it starts."), "{error}");
    }
    sql.check().await.unwrap();
}

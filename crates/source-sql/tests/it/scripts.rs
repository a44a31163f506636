//! Scripts: whatever a value holds it stays a value, and all happens or nothing.

use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::{Condition, ConstraintKind, Error, ErrorKind, Value};
use levers_ports::{Script, ScriptResult, ScriptValue, Scripts, Source};
use levers_source_sql::Sql;
use rstest::rstest;

use crate::databases::{Database, Kind};
use crate::{count, cx, texts};

const TABLES: &str = "
    CREATE TABLE companies (id int PRIMARY KEY, name varchar(40) NOT NULL UNIQUE, score decimal(10, 2), CHECK (score >= 0));
    CREATE TABLE people (id int PRIMARY KEY, name varchar(40), company_id int, FOREIGN KEY (company_id) REFERENCES companies (id));
    INSERT INTO companies VALUES (1, 'One', 1.5), (2, 'Two', NULL), (3, 'Three', 3);
    INSERT INTO people VALUES (1, 'Ada', 1), (2, 'Bob', 2);";

pub(crate) type Round = IndexMap<String, ScriptValue>;

/// Values of one round; lists are several values.
pub(crate) fn round<const N: usize>(values: [(&str, Value); N]) -> Round {
    let value = |value| match value {
        Value::List(items) => ScriptValue::Many(items),
        one => ScriptValue::One(one),
    };
    values.into_iter().map(|(name, given)| (name.to_owned(), value(given))).collect()
}

pub(crate) fn ints(ints: impl IntoIterator<Item = i64>) -> Value {
    Value::List(ints.into_iter().map(Value::Int).collect())
}

pub(crate) async fn run<const N: usize>(
    sql: &Sql,
    statements: [&str; N],
    rounds: impl IntoIterator<Item = Round>,
) -> Result<ScriptResult, Error> {
    let statements = statements.into_iter().map(Arc::from).collect();
    sql.run(&cx(), &Script { statements, rounds: rounds.into_iter().collect() }).await
}

fn rows(result: &ScriptResult) -> Vec<Vec<String>> {
    result.rows.iter().map(|row| row.iter().map(Value::to_text).collect()).collect()
}

#[rstest]
#[tokio::test]
async fn values_stand_in_all_places(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let sql = Database::with_same(kind, TABLES).await;
    let (_database, sql) = (&sql, sql.open().await);
    let found = run(
        &sql,
        ["select name as label, score from companies where (score > :values.least or id in (:ids)) and name <> ':ids' -- :none
          order by id limit :count"],
        [round([("values.least", "1.25".into()), ("ids", ints([2])), ("count", Value::Int(5))])],
    )
    .await
    .unwrap();
    assert_eq!((found.changed, found.columns.as_slice()), (0, &["label".to_owned(), "score".to_owned()][..]));
    assert_eq!(
        rows(&found),
        [["One", "1.50"], ["Two", ""], ["Three", if kind == Kind::Sqlite { "3" } else { "3.00" }]].map(|row| {
            row.map(|text| if kind == Kind::Sqlite { text.replace("1.50", "1.5") } else { text.to_owned() }).to_vec()
        })
    );

    let statement = "update companies set name = :name, score = case when :raise = 1 then :score + 1 else :score end where id = :id";
    let (done, undone) = (
        round([("name", "Uno".into()), ("raise", Value::Int(1)), ("score", "2.5".into()), ("id", "1".into())]),
        round([("name", "Dos".into()), ("raise", Value::Int(0)), ("score", Value::Null), ("id", Value::Int(2))]),
    );
    let statement =
        if kind == Kind::Postgres { statement.replace(":score", ":score::numeric") } else { statement.to_owned() };
    let written = run(&sql, [&*statement], [done, undone]).await.unwrap();
    assert_eq!((written.changed, written.columns.len(), written.rows.len()), (2, 0, 0));
    assert_eq!(texts(&sql, "companies", "name", Condition::always()).await, ["Dos", "Three", "Uno"]);
}

#[rstest]
#[tokio::test]
async fn whatever_a_value_holds_it_stays_a_value(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let database = Database::with_same(kind, TABLES).await;
    let sql = database.open().await;
    for nasty in [
        "'); drop table companies; --",
        "\\'; delete from companies; #",
        "\" or 1=1 --",
        "$1 ? :id {} /* ",
        "$$;drop table people;$$",
        "{\"a\",NULL}",
        "O’Brien — 名前 🙂",
        "",
    ] {
        let values = || {
            round([
                ("id", Value::Int(9)),
                ("name", nasty.into()),
                ("names", Value::List(vec!["x".into(), nasty.into()])),
            ])
        };
        let statements = [
            "insert into people (id, name) values (:id, :name)",
            "update people set name = :name where name in (:names) and id = :id",
            "select name from people where name in (:names)",
        ];
        let result = run(&sql, statements, [values()]).await.unwrap();
        assert_eq!((result.changed, rows(&result)), (2, vec![vec![nasty.to_owned()]]), "{nasty}");
        assert_eq!(run(&sql, ["delete from people where name = :name"], [values()]).await.unwrap().changed, 1);
        assert_eq!(count(&sql, "people", Condition::always()).await, 2, "{nasty}");
    }
}

#[rstest]
#[tokio::test]
async fn lists_are_of_any_length(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let database = Database::with_same(kind, TABLES).await;
    let sql = database.open().await;
    let chosen = |statement: &'static str, ids: Value| {
        let sql = &sql;
        async move { run(sql, [statement], [round([("ids", ids)])]).await.map(|result| result.rows.len()) }
    };
    let inside = "select id from companies where id in (:ids)";
    let outside = "select id from companies where id not in (:ids)";
    assert_eq!(chosen(inside, ints([])).await.unwrap(), 0);
    assert_eq!(chosen(outside, ints([])).await.unwrap(), 3);
    assert_eq!(chosen(inside, Value::Int(2)).await.unwrap(), 1);
    assert_eq!(chosen(inside, Value::List(vec!["1".into(), "3".into()])).await.unwrap(), 2);
    assert_eq!(chosen(inside, ints(0..30_000)).await.unwrap(), 3);
    let error = chosen(inside, ints(0..30_001)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.message().contains("30001 values up to “:ids”; at most 30000 are taken"), "{error}");
    let error = chosen("select id from companies where id = :ids", ints([1, 2])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.message(), "“:ids” holds several values, but stands where one may. Write it as “in (:ids)”.");
    if kind == Kind::Postgres {
        for statement in [
            "select id from companies where id = any(:ids)",
            "select id from companies where id = any(:ids::bigint[])",
            "select id from companies where id in (select unnest(:ids::int[]))",
        ] {
            assert_eq!(chosen(statement, ints([1, 3, 7])).await.unwrap(), 2, "{statement}");
            assert_eq!(chosen(statement, ints([])).await.unwrap(), 0, "{statement}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_failure_in_a_later_round_undoes_all(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let database = Database::with_same(kind, TABLES).await;
    let sql = database.open().await;
    let statements =
        ["update companies set score = 7 where id = :id", "insert into people (id, name) values (:new, 'x')"];
    let values = |id, new| round([("id", Value::Int(id)), ("new", Value::Int(new))]);
    let error = run(&sql, statements, [values(1, 10), values(2, 1)]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Constraint, "{error:?}");
    assert_eq!(error.violated().unwrap().kind, ConstraintKind::Unique);
    assert_eq!(error.violated().unwrap().fields, ["id"]);
    assert_eq!(count(&sql, "people", Condition::always()).await, 2);
    assert_eq!(
        texts(&sql, "companies", "score", levers_model::query::field("score").eq(7_i64)).await,
        Vec::<String>::new()
    );
    // The same connection goes on.
    assert_eq!(run(&sql, statements, [values(1, 10), values(2, 11)]).await.unwrap().changed, 4);
    // A value that is missing in the second round is found before or within, and nothing is kept.
    let error = run(&sql, statements, [values(1, 20), round([("id", Value::Int(2))])]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.message(), "The statement needs a value for “:new”, and none was given.");
    assert_eq!(count(&sql, "people", Condition::always()).await, 4);
}

#[rstest]
#[tokio::test]
async fn violations_name_fields(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let database = Database::with_same(kind, TABLES).await;
    let sql = database.open().await;
    let mut said = Vec::new();
    for statement in [
        "insert into companies (id, name) values (9, 'One')",
        "update companies set name = null where id = 1",
        "update people set company_id = 77 where id = 1",
        "insert into people (id, company_id) values (9, 77)",
        "delete from companies where id = 1",
        "update companies set score = -1 where id = 1",
    ] {
        let error = run(&sql, [statement], [Round::new()]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Constraint, "{statement}: {error:?}");
        said.push(format!("{statement}: {error} {:?}", error.violated().unwrap().fields));
    }
    insta::assert_debug_snapshot!(format!("script_violations_{}", database.product().await), said);
}

#[rstest]
#[tokio::test]
async fn returned_rows_are_those_of_the_last_statement_that_has_some(
    #[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind,
) {
    let database = Database::with_same(kind, TABLES).await;
    let sql = database.open().await;
    // MySQL writes without returning anything, so there the rows are selected.
    let [one, other] = match database.product().await {
        "MySql" => [
            "insert into people (id, name) values (:id + 10, :name)",
            "select id, name from people where id = :id + 10",
        ],
        _ => ["select 1 as one", "insert into people (id, name) values (:id + 10, :name) returning id, name"],
    };
    let inserted = run(
        &sql,
        ["select name from companies where id = :id", one, other, "update companies set score = 0 where id = :id"],
        [1, 2].map(|id| round([("id", Value::Int(id)), ("name", format!("n{id}").into())])),
    )
    .await
    .unwrap();
    assert_eq!((inserted.changed, inserted.columns.as_slice()), (4, &["id".to_owned(), "name".to_owned()][..]));
    assert_eq!(inserted.rows, [11, 12].map(|id| vec![Value::Int(id), format!("n{}", id - 10).into()]));
    // Nothing found has columns too, and takes the place of what was returned before.
    let none =
        run(&sql, ["select 1 as one", "select name from people where id = :id"], [round([("id", Value::Int(99))])]);
    let none = none.await.unwrap();
    assert_eq!((none.columns.as_slice(), none.rows.len()), (&["name".to_owned()][..], 0));
    if kind == Kind::Postgres {
        let moved = run(
            &sql,
            [
                "with gone as (delete from people where id > :id returning name) select upper(name) as name from gone order by 1",
            ],
            [round([("id", Value::Int(10))])],
        );
        let moved = moved.await.unwrap();
        assert_eq!((moved.changed, rows(&moved)), (2, vec![vec!["N1".to_owned()], vec!["N2".to_owned()]]));
    }
}

#[rstest]
#[tokio::test]
async fn statements_are_checked_without_being_run(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let database = Database::with_same(kind, TABLES).await;
    let sql = database.open().await;
    for good in [
        "delete from people where id in (:ids)",
        "insert into people (id, name) values (:id, :values.name) -- :x",
        "with x as (select 1 as a) select a, 'it''s :b' from x where a = :record.id",
    ] {
        assert_eq!(sql.prepare(good).await, Ok(()), "{good}");
    }
    assert_eq!(count(&sql, "people", Condition::always()).await, 2);
    let mut said = Vec::new();
    for wrong in [
        "selct 1",
        "select 'ä', wrong_column from people where id = :id",
        "update nowhere set a = :a where b in (:ids)",
        "insert into people (id) values (:a, :b)",
        "select 1; delete from people",
    ] {
        let mistake = sql.prepare(wrong).await.unwrap_err();
        said.push(format!("{wrong} at {}: {}", mistake.offset, mistake.message.replace(database.name(), "…")));
        let error = run(
            &sql,
            [wrong],
            [round([("a", Value::Int(1)), ("b", Value::Int(1)), ("id", Value::Int(1)), ("ids", ints([1]))])],
        );
        let error = error.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal, "{wrong}: {error:?}");
        for hidden in ["nowhere", "selct", "wrong_column", "into"] {
            assert!(!error.message().contains(hidden), "{error}");
        }
        said.push(error.message().to_owned());
    }
    insta::assert_debug_snapshot!(format!("script_mistakes_{}", database.product().await), said);
    assert_eq!(count(&sql, "people", Condition::always()).await, 2);
}

#[tokio::test]
async fn names_are_told_with_their_places() {
    let database = Database::with_same(Kind::Sqlite, TABLES).await;
    let sql = database.open().await;
    let text = "update a set b = :values.amount where id in (:ids)";
    let found = sql.scripts().unwrap().parameters(text).unwrap();
    let found: Vec<_> = found.iter().map(|found| (found.name.as_str(), found.offset, found.many)).collect();
    assert_eq!(found, [("values.amount", 17, false), ("ids", 45, true)]);
    assert_eq!(sql.parameters("begin").unwrap_err().offset, 0);
}

#[rstest]
#[tokio::test]
async fn a_statement_that_fails_is_told_by_its_number(
    #[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind,
) {
    let database = Database::with_same(kind, TABLES).await;
    let sql = database.open().await;
    let error = run(&sql, ["select 1", "select * from nowhere"], [Round::new()]).await.unwrap_err();
    assert!(
        error.message().starts_with("Statement 2 of 2 of this action failed, and all of them were undone. "),
        "{error}"
    );
    assert!(error.internal_text().unwrap().contains("nowhere"), "{error:?}");
    let raise = match kind {
        Kind::Sqlite => "CREATE TRIGGER guard BEFORE DELETE ON people BEGIN SELECT RAISE(ABORT, 'Nobody leaves'); END;",
        Kind::Postgres => "CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'Nobody leaves.'; END $$;
            CREATE TRIGGER guard BEFORE DELETE ON people FOR EACH ROW EXECUTE FUNCTION guard();",
        Kind::MariaDb => "CREATE TRIGGER guard BEFORE DELETE ON people FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'Nobody leaves';",
    };
    database.run(raise).await;
    let error = run(&sql, ["delete from people"], [Round::new()]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.message(), "The action's SQL statement failed. The database refused this: Nobody leaves.");
    // The same to whoever deletes without a script.
    let error = sql.delete(&cx(), "people", &Condition::always(), 5).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Refused, "The database refused this: Nobody leaves."));
}

#[tokio::test]
async fn too_much_for_one_transaction_is_refused() {
    let database = Database::with_same(Kind::Sqlite, TABLES).await;
    let sql = database.open().await;
    let error = run(&sql, ["select 1"; 101], [Round::new()]).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::TooLarge, "The script has 101 statements; at most 100 are taken.")
    );
    let error = run(&sql, ["select 1"; 2], vec![Round::new(); 50_001]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert!(error.message().contains("50001 records"), "{error}");
    assert_eq!(run(&sql, ["select 1"], []).await.unwrap(), ScriptResult::default());
}

#[tokio::test]
async fn a_read_only_file_is_read_only() {
    let database = Database::with_same(Kind::Sqlite, TABLES).await;
    let sql = Sql::open(&format!("sqlite:{}?mode=ro", database.url)).await.unwrap();
    assert_eq!(run(&sql, ["select count(*) from people"], [Round::new()]).await.unwrap().rows, [[Value::Int(2)]]);
    let error = run(&sql, ["delete from people"], [Round::new()]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(error.message().ends_with("The database is read-only, so nothing can be changed in it."), "{error}");
}

#[tokio::test]
async fn a_long_report_keeps_no_writer_waiting() {
    let database = Database::with_same(Kind::Sqlite, TABLES).await;
    let sql = database.open().await;
    // Counts for about a second; the writes beside it take milliseconds.
    let long =
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000000) select count(*) from n";
    let report = run(&sql, [long], [Round::new()]);
    let writes = async {
        for _ in 0..20 {
            run(&sql, ["update people set name = 'x' where id = 1"], [Round::new()]).await.unwrap();
            count(&sql, "people", Condition::always()).await;
        }
    };
    tokio::pin!(report);
    tokio::select! {
        biased;
        _ = &mut report => panic!("the report came first"),
        () = writes => {}
    }
    assert_eq!(report.await.unwrap().rows, [[Value::Int(3_000_000)]]);
}

#[tokio::test]
async fn postgresql_ends_what_takes_too_long() {
    let database = Database::with_same(Kind::Postgres, TABLES).await;
    let sql = database.open().await;
    let limit = "select current_setting('statement_timeout')";
    assert_eq!(rows(&run(&sql, [limit], [Round::new()]).await.unwrap()), [["5min"]]);
    database.run(&format!("ALTER DATABASE {} SET statement_timeout = '100ms'", database.name())).await;
    let sql = database.open().await;
    assert_eq!(rows(&run(&sql, [limit], [Round::new()]).await.unwrap()), [["100ms"]]);
    let statements = ["delete from people where id = 1", "select pg_sleep(60)"];
    let error = run(&sql, statements, [Round::new()]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("because it took too long"), "{error}");
    assert_eq!(count(&sql, "people", Condition::always()).await, 2);
}

/// What a caller was told is there when the file is opened anew, also without its log's end.
#[tokio::test]
async fn what_was_answered_can_be_read_by_others() {
    let database = Database::with_same(Kind::Sqlite, TABLES).await;
    let sql = database.open().await;
    run(&sql, ["update people set name = :name"], [round([("name", "Eve".into())])]).await.unwrap();
    let other = database.open().await;
    assert_eq!(texts(&other, "people", "name", Condition::always()).await, ["Eve", "Eve"]);
}

#[rstest]
#[tokio::test]
async fn a_table_that_got_a_column_is_read_anew(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let database = Database::with_same(kind, TABLES).await;
    let sql = database.open().await;
    let all = || {
        run(
            &sql,
            ["update people set name = 'x'", "select * from people where id = :id"],
            [round([("id", Value::Int(1))])],
        )
    };
    assert_eq!(rows(&all().await.unwrap()), [["1", "x", "1"]]);
    database.run("ALTER TABLE people ADD COLUMN age int DEFAULT 30").await;
    let again = all().await.unwrap();
    assert_eq!(
        (again.changed, again.columns.len(), rows(&again)),
        (2, 4, vec![["1", "x", "1", "30"].map(str::to_owned).to_vec()])
    );
}

#[rstest]
#[tokio::test]
async fn columns_are_told_when_a_list_finds_nothing(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let database = Database::with_same(kind, TABLES).await;
    let sql = database.open().await;
    for ids in [ints([]), ints([77, 78])] {
        let none =
            run(&sql, ["select id, name from people where id in (:ids)"], [round([("ids", ids)])]).await.unwrap();
        assert_eq!((none.columns.join(","), none.rows.len()), ("id,name".to_owned(), 0));
    }
}

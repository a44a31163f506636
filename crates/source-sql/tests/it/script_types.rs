//! Values of every type through a script: what goes in comes out, and what does not
//! fit is named.

use levers_model::{ErrorKind, Value};
use levers_ports::Scripts as _;
use rstest::rstest;
use serde_json::json;

use crate::databases::{Database, Kind};
use crate::scripts::{Round, ints, round, run};

const SQLITE: &str =
    "CREATE TABLE t (id integer primary key, flag boolean, whole bigint, real_ real, money decimal(20, 5), words text,
    day date, clock time, local_ datetime, instant timestamp, uid uuid, doc json, raw blob);";
const POSTGRES: &str = "CREATE TYPE mood AS ENUM ('sad', 'it''s fine'); CREATE DOMAIN cents AS numeric(12, 3) CHECK (VALUE >= 0);
    CREATE TABLE t (id int primary key, flag boolean, whole bigint, real_ double precision, money numeric, words text,
    day date, clock time, local_ timestamp, instant timestamptz, uid uuid, doc jsonb, raw bytea);
    CREATE TABLE p (id int primary key, small smallint, code char(5), price cents, feeling mood, address inet, span interval, cash money,
    numbers int[], words text[], moods mood[], days date[], bits bit(3), single real, old json, letter \"char\");";
const MARIADB: &str = "CREATE TABLE t (id int primary key, flag tinyint(1), whole bigint, real_ double, money decimal(20, 5), words text,
    day date, clock time(2), local_ datetime(3), instant timestamp(3) null, uid uuid, doc json, raw varbinary(20)) DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin;
    CREATE TABLE m (id int primary key, huge bigint unsigned, bits bit(10), single float, year_ year, feeling enum('sad', 'fine'), code binary(4));";

#[rstest]
#[tokio::test]
async fn values_of_all_types_come_back(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let database = Database::with(kind, SQLITE, POSTGRES, MARIADB).await;
    let sql = database.open().await;
    let uuid: uuid::Uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".parse().unwrap();
    let (doc, uid) = match kind {
        // It has no type for documents, and hands out UUIDs as text; MySQL has one, but not for UUIDs.
        Kind::MariaDb if database.product().await == "MariaDb" => {
            (Value::Text(json!({ "b": [1, null] }).to_string()), Value::Text(uuid.to_string()))
        }
        Kind::MariaDb => (Value::Json(json!({ "b": [1, null] })), Value::Text(uuid.to_string())),
        _ => (Value::Json(json!({ "b": [1, null] })), Value::Uuid(uuid)),
    };
    let values = [
        ("id", Value::Int(1)),
        ("flag", Value::Bool(true)),
        ("whole", Value::Int(i64::MAX)),
        ("real_", Value::Float(0.1)),
        ("money", Value::Decimal("1234567.12345".parse().unwrap())),
        ("words", "Ärger \\ 'quoted' 🙂".into()),
        ("day", Value::Date("2024-02-29".parse().unwrap())),
        ("clock", Value::Time("13:45:00.25".parse().unwrap())),
        ("local_", Value::DateTime("2024-02-29T13:45:00.250".parse().unwrap())),
        ("instant", Value::Timestamp("2024-02-29T13:45:00.250Z".parse().unwrap())),
        ("uid", uid),
        ("doc", doc),
        ("raw", Value::Bytes(vec![0, 255])),
    ];
    let names = values.iter().map(|(name, _)| *name).collect::<Vec<_>>();
    let places = names.iter().map(|name| format!(":{name}")).collect::<Vec<_>>().join(", ");
    let insert = format!("insert into t ({}) values ({places})", names.join(", "));
    let nulls = names.iter().map(|name| ((*name).to_owned(), levers_ports::ScriptValue::One(Value::Null)));
    let mut nulls: Round = nulls.collect();
    nulls.extend(round([("id", Value::Int(2))]));
    let result = run(&sql, [&*insert, "select * from t order by id"], [round(values.clone())]).await.unwrap();
    assert_eq!(result.columns, names);
    for ((name, expected), found) in values.iter().zip(&result.rows[0]) {
        assert_eq!(found, expected, "{name}");
    }
    let result = run(&sql, [&*insert, "select * from t where id = 2"], [nulls]).await.unwrap();
    assert!(result.rows[0][1..].iter().all(Value::is_null), "{:?}", result.rows);
    // Each value finds its row.
    for (name, value) in values {
        let found =
            run(&sql, [&*format!("select id from t where {name} = :{name}")], [round([(name, value)])]).await.unwrap();
        assert!(found.rows.len() == 1 || name == "real_" || name == "doc", "{name}");
    }
}

#[tokio::test]
async fn postgresql_says_what_it_expects_and_values_are_made_to_fit() {
    let database = Database::with(Kind::Postgres, SQLITE, POSTGRES, MARIADB).await;
    let sql = database.open().await;
    let insert = "insert into p values (:id, :small, :code, :price, :feeling, :address, :span, :cash, :numbers, :words, :moods, :days,
        :bits, :single, :old, :letter)";
    let select = "select id, small, code, price, feeling, address::text, span::text, cash::numeric, numbers, words, moods, days::text, bits::text,
        single, old, letter::text from p";
    let texts = |texts: &[&str]| Value::List(texts.iter().map(|text| Value::from(*text)).collect());
    let given = round([
        ("id", "7".into()),
        ("small", Value::Decimal("-5.0".parse().unwrap())),
        ("code", "ab".into()),
        ("price", Value::Int(2)),
        ("feeling", "it's fine".into()),
        ("address", "10.0.0.1/8".into()),
        ("span", "1 day 02:00".into()),
        ("cash", "12.50".into()),
        ("numbers", Value::List(vec!["1".into(), Value::Null, Value::Int(3)])),
        ("words", texts(&["a,b", "", "NULL", "\"q\\"])),
        ("moods", texts(&["sad", "it's fine"])),
        ("days", texts(&["2024-02-29"])),
        ("bits", "101".into()),
        ("single", Value::Float(0.1)),
        ("old", Value::Json(json!([1, "x"]))),
        ("letter", "Z".into()),
    ]);
    let found = run(&sql, [insert, select], [given.clone()]).await.unwrap();
    insta::assert_debug_snapshot!(found);

    let wrong = async |name: &str, value: Value| {
        let mut given = given.clone();
        given.extend(round([("id", Value::Int(8))]));
        given.extend(round([(name, value)]));
        let error = run(&sql, [insert], [given]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{name}: {error:?}");
        assert!(error.message().contains(name), "{error}");
        error.message().to_owned()
    };
    let said = [
        wrong("id", "many".into()).await,
        wrong("id", Value::Int(1 << 40)).await,
        wrong("small", Value::Float(1.5)).await,
        wrong("small", Value::Int(40_000)).await,
        wrong("feeling", "glad".into()).await,
        wrong("price", "free".into()).await,
        wrong("numbers", Value::List(vec!["x".into()])).await,
        wrong("moods", texts(&["glad"])).await,
        wrong("words", texts(&["a\0b"])).await,
        wrong("days", texts(&["tomorrow"])).await,
        wrong("code", ints([1])).await,
    ];
    insta::assert_debug_snapshot!(said);
    for untold in ["select :a is null", "select address from p where id = :id", "select array_agg(day) as days from t"]
    {
        let mistake = sql.prepare(untold).await.unwrap_err();
        insta::assert_snapshot!(format!("{untold}: {mistake:?}"));
    }
    let found = run(
        &sql,
        ["select :a, :b::int + 1, :c"],
        [round([("a", "x".into()), ("b", "41".into()), ("c", Value::Int(5))])],
    );
    assert_eq!(found.await.unwrap().rows, [["x".into(), Value::Int(42), "5".into()]]);
    let functions = run(
        &sql,
        ["select pg_notify('a', :a), 'NaN'::numeric, '{1.50}'::numeric[], now() is null"],
        [round([("a", "x".into())])],
    );
    let list = Value::List(vec![Value::Decimal("1.50".parse().unwrap())]);
    assert_eq!(functions.await.unwrap().rows, [[Value::Null, "NaN".into(), list, Value::Bool(false)]]);
}

#[tokio::test]
async fn the_types_of_mariadb_are_read() {
    let database = Database::with(Kind::MariaDb, SQLITE, POSTGRES, MARIADB).await;
    let sql = database.open().await;
    let huge = Value::Decimal("18446744073709551615".parse().unwrap());
    let given = round([
        ("huge", huge.clone()),
        ("bits", Value::Int(513)),
        ("single", Value::Float(0.1)),
        ("year", Value::Int(2024)),
        ("feeling", "fine".into()),
        ("code", Value::Bytes(vec![1, 2, 3, 4])),
    ]);
    let statements = ["insert into m values (1, :huge, :bits, :single, :year, :feeling, :code)", "select * from m"];
    let found = run(&sql, statements, [given]).await.unwrap();
    let expected = [
        Value::Int(1),
        huge,
        Value::Int(513),
        Value::Float(0.1),
        Value::Int(2024),
        "fine".into(),
        Value::Bytes(vec![1, 2, 3, 4]),
    ];
    assert_eq!(found.rows, [expected.to_vec()]);
    database
        .run(
            "CREATE PROCEDURE two(IN a int) BEGIN UPDATE m SET huge = a; SELECT a AS first; SELECT 'x' AS second; END;",
        )
        .await;
    let called = run(&sql, ["call two(:a)"], [round([("a", Value::Int(5))])]).await.unwrap();
    assert_eq!((called.columns.as_slice(), called.rows), (&["first".to_owned()][..], vec![vec![Value::Int(5)]]));
    let again = run(&sql, ["select huge from m"], [Round::new()]).await.unwrap();
    assert_eq!(again.rows, [[Value::Int(5)]]);
}

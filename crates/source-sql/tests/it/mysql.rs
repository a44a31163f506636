//! What MySQL and MariaDB have that the others have not.
//!
//! Everything runs on the server of `LEVERS_TEST_MYSQL_URL`, whichever of the two it is;
//! where only one of them has a thing, the other's nearest stands in.

use levers_model::query::field;
use levers_model::{
    Aggregation, Column, Condition, ConstraintKind, DefaultValue, Error, ErrorKind, Operator, Patch, Value,
};
use levers_ports::{Query, Source};
use levers_source_sql::Sql;
use serde_json::json;

use crate::databases::{Database, Kind};
use crate::scripts::{round, run};
use crate::{count, cx, texts};

fn patch<const N: usize>(values: [(&str, Value); N]) -> Patch {
    Patch(values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn column<'a>(sql: &'a Sql, name: &str) -> &'a Column {
    sql.collections()[0].columns().find(|(column, _)| *column == name).unwrap().1
}

/// A database with one table, `t`, as each of the two says it.
async fn table(mysql: &str, mariadb: &str) -> (Database, Sql) {
    let database = Database::new(Kind::MariaDb).await;
    database.run(if database.product().await == "MySql" { mysql } else { mariadb }).await;
    let sql = database.open().await;
    (database, sql)
}

fn assert_range(error: &Error, fields: &[&str]) {
    let violated = error.violated().unwrap_or_else(|| panic!("{error:?}"));
    assert_eq!(violated.kind, ConstraintKind::Range, "{error:?}");
    assert_eq!(violated.fields, fields, "{error:?}");
}

/// MariaDB makes null of such an instant when it is bound as a timestamp, or the time of the insert.
#[tokio::test]
async fn instants_that_a_timestamp_cannot_hold_are_refused() {
    let script = "CREATE TABLE t (id int PRIMARY KEY, maybe timestamp(6) NULL, always timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)";
    let (_database, sql) = table(script, script).await;
    for at in ["1969-12-31T23:59:59Z", "2200-02-28T13:45:00Z"] {
        for name in ["maybe", "always"] {
            let at = Value::Timestamp(at.parse().unwrap());
            let error = sql.create("t", &[patch([("id", Value::Int(1)), (name, at.clone())])]).await.unwrap_err();
            assert_range(&error, &[name]);
            let insert = format!("insert into t (id, {name}) values (1, :at)");
            let error = run(&sql, [&*insert], [round([("at", at)])]).await.unwrap_err();
            assert_range(&error, &[name]);
        }
    }
    let at = Value::Timestamp("2024-02-29T13:45:00.123456Z".parse().unwrap());
    let created = sql.create("t", &[patch([("id", Value::Int(1)), ("maybe", at.clone())])]).await.unwrap();
    assert_eq!(created[0].get("maybe"), Some(&at));
    assert_eq!(count(&sql, "t", field("maybe").eq(at)).await, 1);
}

/// What a column's character set has no letters for.
#[tokio::test]
async fn characters_of_other_character_sets() {
    let script = "CREATE TABLE t (id int PRIMARY KEY, latin varchar(20) CHARACTER SET latin1, utf3 varchar(20) CHARACTER SET utf8mb3,
        feeling enum('é', 'y') CHARACTER SET latin1); INSERT INTO t VALUES (1, 'é', '名', 'é')";
    let (_database, sql) = table(script, script).await;
    for (name, known, strange) in [("latin", "é", "名"), ("utf3", "名", "🙂")] {
        assert_eq!(count(&sql, "t", field(name).eq(known)).await, 1, "{name}");
        // What is looked for within a text is just not there.
        assert_eq!(count(&sql, "t", field(name).contains(strange)).await, 0, "{name}");
        for condition in [field(name).eq(strange), field(name).ne(strange), field(name).is_in([known, strange])] {
            let query = Query { condition: condition.clone(), ..Query::default() };
            let error = sql.list(&cx(), "t", &query).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid, "{error:?}");
            let counted = sql.aggregate(&cx(), "t", &condition, &Aggregation::count(), None).await;
            assert_eq!(counted.unwrap_err().kind(), ErrorKind::Invalid);
        }
        let error = sql.create("t", &[patch([("id", Value::Int(2)), (name, strange.into())])]).await.unwrap_err();
        assert_eq!(error.violated().map(|violated| violated.kind), Some(ConstraintKind::Range), "{error:?}");
    }
    assert_eq!(count(&sql, "t", Condition::leaf("feeling", Operator::Equal, "é")).await, 1);
}

/// A column that `*` leaves out is read and written like any other, also where the database makes the key.
#[tokio::test]
async fn invisible_columns_are_there() {
    let columns = "secret int INVISIBLE DEFAULT 4, id char(36) PRIMARY KEY DEFAULT (uuid()), name varchar(20)";
    let script = format!("CREATE TABLE t ({columns})");
    let (database, sql) = table(&script, &script).await;
    assert_eq!(column(&sql, "id").default, Some(DefaultValue::Computed));
    let given =
        sql.create("t", &[patch([("id", "k".into()), ("name", "x".into()), ("secret", Value::Int(7))])]).await.unwrap();
    assert_eq!(given[0].values(), [Value::Int(7), "k".into(), "x".into()]);
    let made = sql.create("t", &[patch([("name", "y".into())])]).await;
    if database.product().await == "MySql" {
        let error = made.unwrap_err();
        assert!(
            error.message().starts_with("Give “id” a value: this database does not tell which key it made"),
            "{error}"
        );
    } else {
        let made = made.unwrap();
        assert_eq!((made[0].get("secret"), made[0].get("name")), (Some(&Value::Int(4)), Some(&"y".into())));
        assert_eq!(made[0].get("id").unwrap().to_text().len(), 36);
    }
}

#[tokio::test]
async fn what_the_database_computes() {
    let mysql = "CREATE TABLE t (id int PRIMARY KEY, a int, twice int AS (a * 2) VIRTUAL, thrice int AS (a * 3) STORED,
        name varchar(20) DEFAULT (concat('a', 'b')), at datetime DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
        bits bit(4) DEFAULT b'101', code binary(2) DEFAULT 'ab', day date DEFAULT '2020-01-01', doc json DEFAULT (json_array(1)),
        word varchar(20) DEFAULT 'it''s', UNIQUE INDEX lower_name ((lower(name))))";
    let mariadb = mysql.replace("UNIQUE INDEX lower_name ((lower(name)))", "UNIQUE INDEX lower_name (name)");
    let (_database, sql) = table(mysql, &mariadb).await;
    for (name, computed) in
        [("name", true), ("at", true), ("bits", true), ("doc", true), ("day", false), ("word", false)]
    {
        let default = column(&sql, name).default.clone().unwrap();
        assert_eq!(default == DefaultValue::Computed, computed, "{name}: {default:?}");
    }
    assert!(column(&sql, "twice").read_only && column(&sql, "thrice").read_only);
    let created = sql.create("t", &[patch([("id", Value::Int(1)), ("a", Value::Int(3))])]).await.unwrap();
    let found = |name: &str| created[0].get(name).unwrap().clone();
    assert_eq!([found("twice"), found("thrice"), found("bits")], [6, 9, 5].map(Value::Int));
    assert_eq!([found("name"), found("word")], ["ab", "it's"].map(Value::from));
    assert_eq!(found("doc"), Value::Json(json!([1])));
    let error = sql.create("t", &[patch([("id", Value::Int(2)), ("name", "AB".into())])]).await.unwrap_err();
    let violated = error.violated().unwrap();
    assert_eq!((violated.kind, violated.name.as_deref()), (ConstraintKind::Unique, Some("lower_name")));
}

/// Shapes and vectors are read as text, and searched as they are read.
#[tokio::test]
async fn what_is_only_read_as_text_is_searched_as_text() {
    let shapes = "CREATE TABLE t (id int PRIMARY KEY, shape geometry, spot point, V);
        INSERT INTO t (id, shape, spot) VALUES (1, ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))'), ST_GeomFromText('POINT(1 2)')), (2, NULL, NULL)";
    let database = Database::new(Kind::MariaDb).await;
    let version = database.version().await;
    // MySQL has vectors from version 9 on, MariaDB from 11.7 on.
    let vectors = if database.product().await == "MySql" { version >= [9, 0] } else { version >= [11, 7] };
    database.run(&shapes.replace(", V)", if vectors { ", v vector(2))" } else { ")" })).await;
    let sql = database.open().await;
    assert_eq!(texts(&sql, "t", "shape", Condition::always()).await, ["POLYGON((0 0,1 0,1 1,0 0))", ""]);
    assert_eq!(count(&sql, "t", field("spot").contains("point(1")).await, 1);
    assert_eq!(count(&sql, "t", Condition::leaf("shape", Operator::LongerThan, Value::Int(20))).await, 1);
    assert!(column(&sql, "spot").read_only);
    if vectors {
        let make = if database.product().await == "MySql" { "STRING_TO_VECTOR" } else { "VEC_FromText" };
        database.run(&format!("UPDATE t SET v = {make}('[1,2]') WHERE id = 1")).await;
        assert!(texts(&sql, "t", "v", field("id").eq(1_i64)).await[0].starts_with("[1"));
        assert_eq!(count(&sql, "t", field("v").contains("[1")).await, 1);
        assert!(column(&sql, "v").read_only);
    }
}

#[tokio::test]
async fn sets_and_unsigned_numbers() {
    let script =
        "CREATE TABLE t (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, chosen set('a', 'b'), tiny tinyint unsigned,
        filled int(6) unsigned zerofill, price decimal(6, 2) unsigned)";
    let (_database, sql) = table(script, script).await;
    let huge = Value::Decimal("18446744073709551614".parse().unwrap());
    let given = patch([("id", huge.clone()), ("chosen", "a,b".into()), ("filled", Value::Int(5))]);
    let created = sql.create("t", &[given]).await.unwrap();
    assert_eq!((created[0].get("id"), created[0].get("filled")), (Some(&huge), Some(&Value::Int(5))));
    assert_eq!(count(&sql, "t", field("id").eq(huge)).await, 1);
    assert_eq!(count(&sql, "t", field("id").gt(-1_i64)).await, 1);
    assert_eq!(count(&sql, "t", field("chosen").contains("b")).await, 1);
    for (name, value) in [
        ("tiny", Value::Int(256)),
        ("tiny", Value::Int(-1)),
        ("chosen", "c".into()),
        ("price", Value::Decimal("-0.01".parse().unwrap())),
    ] {
        assert_range(&sql.create("t", &[patch([("id", Value::Int(1)), (name, value)])]).await.unwrap_err(), &[name]);
    }
}

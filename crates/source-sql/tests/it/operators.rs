//! Operators: the same records on every database, and never an SQL error.

use levers_model::query::field;
use levers_model::{
    Aggregation, AggregationOperation, ColumnType, Condition, DatePeriod, Group, Operator, Page, Patch, Sort,
    SortClause, Value,
};
use levers_ports::{Query, Source};
use levers_source_sql::Sql;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use rstest::rstest;

use crate::databases::{Database, Kind};
use crate::{count, cx, texts};

const SQLITE: &str = r"
    CREATE TABLE owners (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE things (id INTEGER PRIMARY KEY, flag BOOLEAN, size INTEGER, ratio REAL, price DECIMAL(10,2), name TEXT, day DATE, clock TIME,
        seen DATETIME, at TIMESTAMP, uid UUID, doc JSON, raw BLOB, owner_id INTEGER REFERENCES owners(id));";
const POSTGRES: &str = r"
    CREATE TYPE mood AS ENUM ('sad', 'fine');
    CREATE TABLE owners (id int PRIMARY KEY, name text);
    CREATE TABLE things (id int PRIMARY KEY, flag boolean, size int, ratio double precision, price numeric(10,2), name text, day date, clock time,
        seen timestamp, at timestamptz, uid uuid, doc json, raw bytea, owner_id int REFERENCES owners(id), mood mood, tags text[], points point[],
        address inet, docs json[]);";
const MARIADB: &str = r"
    CREATE TABLE owners (id int PRIMARY KEY, name varchar(20));
    CREATE TABLE things (id int PRIMARY KEY, flag tinyint(1), size int, ratio double, price decimal(10,2), name text, day date, clock time(3),
        seen datetime(3), at timestamp(3) NULL, uid uuid, doc json, raw varbinary(20), owner_id int, mood enum('sad', 'fine'),
        FOREIGN KEY (owner_id) REFERENCES owners(id)) DEFAULT CHARSET utf8mb4;";

fn parse(text: &str, column_type: &ColumnType) -> Value {
    Value::parse(text, column_type).unwrap()
}

async fn things(kind: Kind) -> (Database, Sql) {
    let database = Database::with(kind, SQLITE, POSTGRES, MARIADB).await;
    let sql = database.open().await;
    let patch = |values: &[(&str, Value)]| {
        Patch(values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    };
    sql.create("owners", &[patch(&[("id", Value::Int(1)), ("name", "Ada".into())]), patch(&[("id", Value::Int(2))])])
        .await
        .unwrap();
    let rows = [
        // id, flag, size, ratio, price, name, day, clock, at, owner
        ("1", "true", "1", "0.5", "1.15", "50% off_x", "2024-03-31", "10:00", "2024-03-31T09:59:59.999Z", "1"),
        ("2", "false", "2", "1.5", "2.20", "Straße ÄÖ", "2024-03-30", "23:59:59", "2024-03-30T23:00:00Z", "1"),
        ("3", "true", "-3", "-1.0", "-3.30", "a*b?[c]\\d", "2024-03-25", "00:00", "2024-03-25T00:00:00Z", "2"),
        ("4", "false", "0", "0", "0", "", "2024-01-01", "12:00", "2023-12-31T23:30:00Z", "2"),
        ("5", "", "", "", "", "", "", "", "", ""),
    ];
    let mut patches = Vec::new();
    for row in rows {
        let or_null = |text: &str, column_type: ColumnType| {
            if text.is_empty() && row.0 == "5" { Value::Null } else { parse(text, &column_type) }
        };
        let at = or_null(row.8, ColumnType::Timestamp);
        patches.push(patch(&[
            ("id", parse(row.0, &ColumnType::Integer)),
            ("flag", or_null(row.1, ColumnType::Boolean)),
            ("size", or_null(row.2, ColumnType::Integer)),
            ("ratio", or_null(row.3, ColumnType::Float)),
            ("price", or_null(row.4, ColumnType::Decimal)),
            ("name", or_null(row.5, ColumnType::Text)),
            ("day", or_null(row.6, ColumnType::Date)),
            ("clock", or_null(row.7, ColumnType::Time)),
            ("seen", at.clone()),
            ("at", at),
            ("owner_id", or_null(row.9, ColumnType::Integer)),
        ]));
    }
    sql.create("things", &patches).await.unwrap();
    (database, sql)
}

#[rstest]
#[tokio::test]
async fn find_the_same_everywhere(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    use Operator as O;
    let (_database, sql) = things(kind).await;
    let t = |text: &str| Value::from(text);
    let at = |text: &str| parse(text, &ColumnType::Timestamp);
    let int = Value::Int;
    let list = |items: &[Value]| Value::List(items.to_vec());
    for (path, operator, value, expected) in [
        ("size", O::Equal, int(1), "1"),
        ("size", O::Equal, Value::Null, "5"),
        ("size", O::NotEqual, int(1), "2 3 4 5"),
        ("size", O::NotEqual, Value::Null, "1 2 3 4"),
        ("size", O::In, list(&[int(1), Value::Null]), "1 5"),
        ("size", O::In, list(&[]), ""),
        ("size", O::NotIn, list(&[int(1), int(2)]), "3 4 5"),
        ("size", O::NotIn, list(&[int(1), Value::Null]), "2 3 4"),
        ("size", O::NotIn, list(&[]), "1 2 3 4 5"),
        ("size", O::LessThan, int(1), "3 4"),
        ("size", O::GreaterThanOrEqual, int(1), "1 2"),
        ("price", O::Equal, parse("2.2", &ColumnType::Decimal), "2"),
        ("price", O::In, list(&[parse("2.20", &ColumnType::Decimal), parse("1.150", &ColumnType::Decimal)]), "1 2"),
        ("price", O::LessThan, parse("-3.2", &ColumnType::Decimal), "3"),
        ("ratio", O::GreaterThan, Value::Float(0.25), "1 2"),
        ("flag", O::Equal, Value::Bool(true), "1 3"),
        ("flag", O::NotEqual, Value::Bool(true), "2 4 5"),
        ("name", O::Blank, Value::Null, "4 5"),
        ("name", O::Present, Value::Null, "1 2 3"),
        ("name", O::Missing, Value::Null, "5"),
        ("size", O::Blank, Value::Null, "5"),
        ("name", O::Equal, t(""), "4"),
        ("name", O::Contains, t("50%"), "1"),
        ("name", O::Contains, t("f_x"), "1"),
        ("name", O::Contains, t("F_X"), ""),
        ("name", O::IContains, t("F_X"), "1"),
        ("name", O::IContains, t("_"), "1"),
        ("name", O::NotContains, t("a"), "1 4 5"),
        ("name", O::NotIContains, t("STRA"), "1 3 4 5"),
        ("name", O::Contains, t("ÄÖ"), "2"),
        ("name", O::StartsWith, t("a*b?["), "3"),
        ("name", O::StartsWith, t("A*"), ""),
        ("name", O::IStartsWith, t("A*"), "3"),
        ("name", O::EndsWith, t("]\\d"), "3"),
        ("name", O::EndsWith, t("\\D"), ""),
        ("name", O::IEndsWith, t("\\D"), "3"),
        ("name", O::Like, t("%\\_"), "3"),
        ("name", O::Like, t("s%"), ""),
        ("name", O::ILike, t("s%"), "2"),
        ("name", O::LongerThan, int(8), "1 2 3"),
        ("name", O::ShorterThan, int(9), "4"),
        ("clock", O::LessThan, parse("10:00", &ColumnType::Time), "3"),
        ("clock", O::LessThanOrEqual, parse("10:00", &ColumnType::Time), "1 3"),
        ("at", O::Equal, at("2024-03-25T01:00:00+01:00"), "3"),
        ("at", O::Before, at("2024-03-25T00:00:00.001Z"), "3 4"),
        ("at", O::After, at("2024-03-30T22:59:59.999Z"), "1 2"),
        ("seen", O::After, at("2024-03-30T23:00:00Z"), "1"),
        ("day", O::Before, parse("2024-03-25", &ColumnType::Date), "4"),
        // Midnight in Paris is 23:00 in UTC the day before.
        ("at", O::Today, Value::Null, "1 2"),
        ("at", O::Yesterday, Value::Null, ""),
        ("day", O::Today, Value::Null, "1"),
        ("day", O::Yesterday, Value::Null, "2"),
        ("day", O::Past, Value::Null, "2 3 4"),
        ("day", O::Future, Value::Null, ""),
        ("day", O::PreviousXDays, int(6), "2 3"),
        ("day", O::PreviousXDaysToDate, int(1), "1 2"),
        ("at", O::PreviousXDays, int(6), "3"),
        ("at", O::AfterXHoursAgo, int(1), "1"),
        ("at", O::BeforeXHoursAgo, int(11), "3 4"),
        ("at", O::PreviousQuarterToDate, Value::Null, "1 2 3 4"),
        ("at", O::PreviousYear, Value::Null, ""),
        ("at", O::Past, Value::Null, "1 2 3 4"),
        ("owner:name", O::Equal, t("Ada"), "1 2"),
        ("owner:name", O::NotEqual, t("Ada"), "3 4 5"),
        ("owner:name", O::Missing, Value::Null, "3 4 5"),
    ] {
        let leaf = field(path).test(operator, value.clone());
        let found = texts(&sql, "things", "id", leaf.clone()).await.join(" ");
        assert_eq!(found, expected, "{path} {operator:?} {value:?}");
        let others = texts(&sql, "things", "id", leaf.negate()).await;
        let mut all: Vec<&str> = found.split_whitespace().chain(others.iter().map(String::as_str)).collect();
        all.sort_unstable();
        assert_eq!(all, ["1", "2", "3", "4", "5"], "not {path} {operator:?} {value:?}");
    }
}

#[rstest]
#[tokio::test]
async fn long_lists_work(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let (_database, sql) = things(kind).await;
    let ints: Vec<i64> = (2..100_002).collect();
    assert_eq!(count(&sql, "things", field("size").is_in(ints.clone())).await, 1);
    assert_eq!(count(&sql, "things", field("size").not_in(ints)).await, 4);
    let words: Vec<String> = (0..100_000).map(|i| format!("word {i}")).chain(["50% off_x".to_owned()]).collect();
    assert_eq!(count(&sql, "things", field("name").is_in(words)).await, 1);
    let prices = (0..200).map(|cents| bigdecimal::BigDecimal::new(cents.into(), 2));
    assert_eq!(count(&sql, "things", field("price").is_in(prices)).await, 2);
    let leaves = (0..3_000_i64).map(|size| field("size").eq(size)).collect();
    assert_eq!(count(&sql, "things", Condition::Or(leaves)).await, 3);
}

#[rstest]
#[tokio::test]
async fn order_is_the_same_everywhere(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let (_database, sql) = things(kind).await;
    for (path, ascending, expected) in [
        ("size", true, "3 4 1 2 5"),
        ("size", false, "5 2 1 4 3"),
        ("flag", true, "2 4 1 3 5"),
        ("flag", false, "5 3 1 4 2"),
        ("owner:name", true, "1 2 3 4 5"),
        ("owner:name", false, "5 4 3 2 1"),
        ("day", true, "4 3 2 1 5"),
    ] {
        let mut ids = Vec::new();
        for skip in [0, 2, 4] {
            let sort = Sort(vec![SortClause { field: path.into(), ascending }]);
            let query = Query { sort, page: Some(Page { skip, limit: 2 }), ..Query::default() };
            let records = sql.list(&cx(), "things", &query).await.unwrap();
            ids.extend(records.iter().map(|record| record.get("id").unwrap().to_text()));
        }
        assert_eq!(ids.join(" "), expected, "{path} {ascending}");
    }
}

#[rstest]
#[tokio::test]
async fn periods_follow_the_callers_calendar(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    use AggregationOperation as Op;
    let (_database, sql) = things(kind).await;
    let mut said = Vec::new();
    for (operation, path, group, period) in [
        (Op::Count, None, "at", DatePeriod::Day),
        (Op::Count, None, "seen", DatePeriod::Week),
        (Op::Count, None, "day", DatePeriod::Month),
        (Op::Sum, Some("price"), "at", DatePeriod::Month),
        (Op::Avg, Some("price"), "at", DatePeriod::Quarter),
        (Op::Avg, Some("size"), "at", DatePeriod::Year),
        (Op::Max, Some("at"), "at", DatePeriod::Year),
        (Op::Min, Some("day"), "day", DatePeriod::Year),
    ] {
        let aggregation = Aggregation {
            operation,
            field: path.map(Into::into),
            groups: vec![Group { field: group.into(), period: Some(period) }],
        };
        let rows = sql.aggregate(&cx(), "things", &Condition::always(), &aggregation, None).await.unwrap();
        let rows: Vec<String> =
            rows.iter().map(|row| format!("{}={}", row.group[0].to_text(), number(&row.value))).collect();
        said.push(format!("{operation:?} {path:?} by {period:?} of {group}: {}", rows.join(" ")));
    }
    for (operation, path) in [
        (Op::Sum, "size"),
        (Op::Sum, "price"),
        (Op::Avg, "price"),
        // The greatest depends on the column's collation.
        (Op::Min, "name"),
        (Op::Min, "clock"),
        (Op::Count, "name"),
    ] {
        let aggregation = Aggregation { operation, field: Some(path.into()), groups: vec![] };
        let rows = sql.aggregate(&cx(), "things", &Condition::always(), &aggregation, None).await.unwrap();
        said.push(format!("{operation:?} {path}: {}", number(&rows[0].value)));
        let none = sql.aggregate(&cx(), "things", &Condition::never(), &aggregation, None).await.unwrap();
        assert!(none[0].value.is_null() || none[0].value == Value::Int(0));
        let by_owner = Aggregation { groups: vec![Group { field: "owner:name".into(), period: None }], ..aggregation };
        let rows = sql.aggregate(&cx(), "things", &Condition::always(), &by_owner, Some(1)).await.unwrap();
        assert_eq!(rows.len(), 1);
    }
    insta::allow_duplicates! { insta::assert_debug_snapshot!("periods", said); }
}

/// Decimals without the zeros that only some databases keep, and without what
/// SQLite's binary sums add at the seventeenth digit.
fn number(value: &Value) -> String {
    match value {
        // SQLite adds decimals up as floats.
        Value::Decimal(decimal) => decimal.with_prec(12).normalized().to_plain_string(),
        other => other.to_text(),
    }
}

/// A value that an operator takes on a column of this type.
fn operand(column_type: &ColumnType) -> BoxedStrategy<Value> {
    let nasty = prop_oneof![".{0,6}", "[%_\\\\*?\\[\\]!'\"$:]{0,6}", Just("Ada".to_owned())];
    let text = nasty.prop_map(|text| Value::Text(text.replace('\0', "")));
    let scalar = match column_type {
        ColumnType::Boolean => any::<bool>().prop_map(Value::Bool).boxed(),
        ColumnType::Integer => prop_oneof![any::<i64>(), -5..5_i64].prop_map(Value::Int).boxed(),
        ColumnType::Float => any::<f64>().prop_map(Value::Float).boxed(),
        ColumnType::Decimal => (any::<i64>(), 0..9_i64)
            .prop_map(|(digits, scale)| Value::Decimal(bigdecimal::BigDecimal::new(digits.into(), scale)))
            .boxed(),
        ColumnType::Text => text.boxed(),
        ColumnType::Date => (0..20_000_i64)
            .prop_map(|day| Value::Date(chrono::DateTime::from_timestamp(day * 86_400, 0).unwrap().date_naive()))
            .boxed(),
        ColumnType::Time => (0..86_400_u32)
            .prop_map(|second| Value::Time(chrono::NaiveTime::from_num_seconds_from_midnight_opt(second, 0).unwrap()))
            .boxed(),
        ColumnType::DateTime => any::<u32>()
            .prop_map(|second| Value::DateTime(chrono::DateTime::from_timestamp(second.into(), 0).unwrap().naive_utc()))
            .boxed(),
        ColumnType::Timestamp => any::<u32>()
            .prop_map(|second| Value::Timestamp(chrono::DateTime::from_timestamp(second.into(), 0).unwrap()))
            .boxed(),
        ColumnType::Uuid => any::<u128>().prop_map(|number| Value::Uuid(uuid::Uuid::from_u128(number))).boxed(),
        ColumnType::Json => prop_oneof![Just("{}"), Just("[1, \"a\"]"), Just("null"), Just("\"x\"")]
            .prop_map(|text| Value::Json(text.parse().unwrap()))
            .boxed(),
        ColumnType::Binary => proptest::collection::vec(any::<u8>(), 0..9).prop_map(Value::Bytes).boxed(),
        ColumnType::Enum(values) => proptest::sample::select(values.clone()).prop_map(Value::Text).boxed(),
        ColumnType::List(item) => return proptest::collection::vec(operand(item), 0..4).prop_map(Value::List).boxed(),
    };
    prop_oneof![9 => scalar, 1 => Just(Value::Null)].boxed()
}

fn conditions(leaves: Vec<(String, ColumnType)>) -> BoxedStrategy<Condition> {
    let leaf = proptest::sample::select(leaves).prop_flat_map(|(path, column_type)| {
        let allowed: Vec<Operator> =
            Operator::ALL.iter().copied().filter(|operator| operator.allowed_on(&column_type)).collect();
        proptest::sample::select(allowed).prop_flat_map(move |operator| {
            let path = path.clone();
            let value = match operator.operand(&column_type) {
                None => Just(Value::Null).boxed(),
                // A count without a number means nothing.
                Some(ColumnType::Integer) if column_type != ColumnType::Integer => {
                    (-5..100_000_i64).prop_map(Value::Int).boxed()
                }
                Some(operand_type) => operand(&operand_type),
            };
            value.prop_map(move |value| Condition::leaf(path.as_str(), operator, value))
        })
    });
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Condition::And),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Condition::Or),
            inner.clone().prop_map(|child| Condition::Not(Box::new(child))),
            inner.prop_map(|child| Condition::Exists {
                collection: "things".into(),
                pairs: vec![("owner_id".into(), "owner_id".into())],
                condition: Box::new(child),
            }),
        ]
    })
    .boxed()
}

/// Whatever tree a caller sends: the database answers, a condition and its
/// negation share the records, and what is found is what is written.
#[rstest]
#[tokio::test]
async fn no_tree_makes_an_sql_error(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let (_database, sql) = things(kind).await;
    let collection = sql.collections().iter().find(|collection| collection.name == "things").unwrap();
    let mut leaves: Vec<(String, ColumnType)> =
        collection.columns().map(|(name, column)| (name.to_owned(), column.column_type.clone())).collect();
    leaves.push(("owner:name".into(), ColumnType::Text));
    leaves.push(("owner:id".into(), ColumnType::Integer));
    let strategy = conditions(leaves);
    let mut runner = TestRunner::deterministic();
    for _ in 0..400 {
        let condition = strategy.new_tree(&mut runner).unwrap().current();
        let found = sql.aggregate(&cx(), "things", &condition, &Aggregation::count(), None).await;
        let found = found.unwrap_or_else(|error| panic!("{error:?} from {condition:?}"))[0].value.as_i64().unwrap();
        assert_eq!(found + count(&sql, "things", condition.clone().negate()).await, 5, "{condition:?}");
        let written = sql
            .update(&cx(), "things", &condition, &Patch([("raw".to_owned(), Value::Null)].into_iter().collect()), 3)
            .await;
        let written = written.unwrap_or_else(|error| panic!("{error:?} from {condition:?}"));
        assert_eq!(written.count, u64::try_from(found).unwrap(), "{condition:?}");
    }
}

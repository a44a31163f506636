//! Every type of every database: what is read can be written back, and what is
//! odd is read as text instead of failing the list.

use std::fmt::Write as _;

use levers_model::query::field;
use levers_model::{Condition, FieldSchema, Operator, Patch, Projection, Value};
use levers_ports::{Query, Source};
use rstest::rstest;

use crate::databases::{Database, Kind};
use crate::{count, cx};

const SQLITE: &str = r#"
    CREATE TABLE everything (id INTEGER PRIMARY KEY, flag BOOLEAN, whole BIGINT, real_ REAL, money NUMERIC(10,2), words TEXT,
        day DATE, clock TIME, local_ DATETIME, instant TIMESTAMP, uid UUID, doc JSON, raw BLOB, typeless,
        twice INTEGER GENERATED ALWAYS AS (whole * 2) STORED);
    INSERT INTO everything (id, flag, whole, real_, money, words, day, clock, local_, instant, uid, doc, raw, typeless) VALUES
        (1, 1, 9223372036854775807, 0.1, 12.5, 'Ärger', '2024-02-29', '13:45:00', '2024-02-29 13:45:00.25', '2024-02-29T13:45:00Z',
            'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"b": [1, null], "a": "x"}', x'00ff', 42),
        (2, 'true', 'many', 'NaN?', 'free', x'c3a4', 1709164800, 'noon', 1709214300000, 2460370.0, x'a0eebc999c0b4ef8bb6d6bb9bd380a11', 'no json', 'text', x'ff'),
        (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);"#;

const POSTGRES: &str = r#"
    CREATE TYPE mood AS ENUM ('sad', 'so so', 'it''s "fine"');
    CREATE DOMAIN cents AS numeric(12, 3) CHECK (VALUE >= 0);
    CREATE TABLE everything (id int PRIMARY KEY, flag boolean, small smallint, whole bigint, single real, real_ double precision,
        exact numeric, price cents, cash money, words text, code char(5), day date, clock time, zoned timetz, local_ timestamp,
        instant timestamptz, uid uuid, doc json, docb jsonb, raw bytea, feeling mood, address inet, span interval, period daterange,
        numbers int[], wordlist text[], moods mood[], days timestamptz[], exacts numeric[], grid int[][], spot point, bits bit(3),
        twice bigint GENERATED ALWAYS AS (whole * 2) STORED, always int GENERATED ALWAYS AS IDENTITY);
    INSERT INTO everything (id, flag, small, whole, single, real_, exact, price, cash, words, code, day, clock, zoned, local_, instant,
            uid, doc, docb, raw, feeling, address, span, period, numbers, wordlist, moods, days, exacts, grid, spot, bits) VALUES
        (1, true, -32768, 4611686018427387903, 0.1, 0.1, 12345678901234567890.12345678901234567890, 1.5, 1234.5, 'Ärger', 'ab', '2024-02-29',
            '13:45:00.25', '13:45:00+02', '2024-02-29 13:45:00.25', '2024-02-29 13:45:00+02', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
            '{"b": [1, null], "a": "x"}', '{"b": [1, null], "a": "x"}', '\x00ff', 'it''s "fine"', '10.0.0.1', '1 day 02:00', '[2024-01-01,2024-02-01)',
            '{1,NULL,3}', '{"a,b",NULL,"","NULL","\"q\\"}', '{sad,"so so","it''s \"fine\""}', '{2024-02-29 13:45:00+00}', '{1.50,-2}', '{{1,2},{3,4}}', '(1,2)', B'101'),
        (2, false, 0, -1, 'NaN', 'Infinity', 'NaN', 0, -1, '', '', 'infinity', '24:00:00', '00:00:00-12', '-infinity', 'infinity',
            NULL, '1e400', '12345678901234567890', '', 'sad', '::1/64', '-1 mon', 'empty', '{}', '{}', '{}', '{infinity}', '{NaN}', '{}', NULL, B'000'),
        (3);"#;

const MARIADB: &str = r#"
    CREATE TABLE everything (id int PRIMARY KEY, flag tinyint(1), onebit bit(1), bits bit(10), small smallint, whole bigint, huge bigint unsigned,
        single float, real_ double, exact decimal(40, 20), words text, code char(5), day date, clock time(2), local_ datetime(3),
        instant timestamp(3) NULL, year_ year, uid uuid, doc json, raw varbinary(20), fixed binary(4), feeling enum('sad', 'so so', 'it''s "fine"'),
        chosen set('a', 'b', 'c'), spot point, twice bigint GENERATED ALWAYS AS (small * 2) STORED) DEFAULT CHARSET utf8mb4;
    INSERT INTO everything (id, flag, onebit, bits, small, whole, huge, single, real_, exact, words, code, day, clock, local_, instant, year_, uid, doc, raw,
            fixed, feeling, chosen, spot) VALUES
        (1, 1, 1, 513, -32768, -9223372036854775808, 18446744073709551615, 0.1, 0.1, 12345678901234567890.12345678901234567890, 'Ärger', 'ab',
            '2024-02-29', '13:45:00.25', '2024-02-29 13:45:00.25', '2024-02-29 13:45:00', 2024, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
            '{"b": [1, null], "a": "x"}', x'00ff', x'00ff', 'it''s "fine"', 'a,c', ST_PointFromText('POINT(1 2)'));
    SET SESSION sql_mode = '';
    INSERT INTO everything (id, day, clock, local_, feeling) VALUES (2, '0000-00-00', '-838:59:59', '0000-00-00 00:00:00', 'unknown');
    INSERT INTO everything (id) VALUES (3);"#;

#[rstest]
#[tokio::test]
async fn values_are_read_and_written_back(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let postgres = POSTGRES.replace("        (3);", "        (4, true, 0, 0, 0, 0, 0, 0, 0, '', '', '2000-01-01', '00:00', '00:00+00', '2000-01-01', '2000-01-01', NULL, 'null', 'null', '', 'sad', '::1', '0', 'empty', '{}', '{}', '{}', '{}', '{}', '{}', NULL, B'000'); INSERT INTO everything (id) VALUES (3);");
    let database = Database::with(kind, SQLITE, &postgres, MARIADB).await;
    let sql = database.open().await;
    let everything = sql.collections().iter().find(|collection| collection.name == "everything").unwrap().clone();
    let records = sql.list(&cx(), "everything", &Query::default()).await.unwrap();
    let mut text = String::new();
    for (name, field) in &everything.fields {
        let FieldSchema::Column(column) = field else { continue };
        let read_only = if column.read_only { " read-only" } else { "" };
        writeln!(text, "{name}: {:?}{read_only}", column.column_type).unwrap();
        for record in &records {
            writeln!(text, "  {:?}", record.get(name).unwrap()).unwrap();
        }
    }
    insta::assert_snapshot!(format!("values_{}", database.product().await), text);

    // The first record, whose values fit their types, is written as it was read, and found by each value.
    let first = &records[0];
    let mut copy = Patch::default();
    for (name, column) in everything.columns().filter(|(_, column)| !column.read_only) {
        let value = first.get(name).unwrap().clone();
        if kind != Kind::Sqlite || name != "typeless" {
            let condition = field(name).test(Operator::Equal, value.clone());
            // `point` has no equality, but its text has; a single-precision number is found too.
            assert!(count(&sql, "everything", condition).await >= 1, "{name}: {value:?} {column:?}");
        }
        copy.0.insert(name.to_owned(), value);
    }
    copy.0.insert("id".to_owned(), Value::Int(9));
    let created = sql.create("everything", &[copy]).await.unwrap();
    for (name, column) in everything.columns().filter(|(_, column)| !column.read_only && !column.primary_key) {
        assert_eq!(created[0].get(name), first.get(name), "{name} {column:?}");
    }
}

#[rstest]
#[tokio::test]
async fn any_name_works(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let quote = |name: &str| match kind {
        Kind::MariaDb => format!("`{}`", name.replace('`', "``")),
        _ => format!("\"{}\"", name.replace('"', "\"\"")),
    };
    let names = [
        "select",
        "Mixed Case",
        "quote\"d",
        "back`tick",
        "it's",
        "naïve 名前",
        "a.b",
        "?",
        "$1",
        "semi;colon",
        "per%cent",
    ];
    let mut script = String::new();
    for name in names {
        let columns: Vec<String> = names.iter().map(|name| format!("{} varchar(20)", quote(name))).collect();
        write!(script, "CREATE TABLE {} (id int PRIMARY KEY, {});", quote(name), columns.join(", ")).unwrap();
    }
    let database = Database::with(kind, &script, &script, &script).await;
    let sql = database.open().await;
    assert_eq!(sql.collections().len(), names.len());
    for table in names {
        let mut patch = Patch(names.iter().map(|name| ((*name).to_owned(), Value::from(*name))).collect());
        patch.0.insert("id".to_owned(), Value::Int(1));
        sql.create(table, &[patch.clone()]).await.unwrap();
        for name in names {
            let condition =
                field(name).eq(name).and(field(name).test(Operator::StartsWith, name)).and(field(name).contains(name));
            let written = sql.update(&cx(), table, &condition, &patch, 9).await.unwrap();
            assert_eq!(written.count, 1, "{table} {name}");
            let query = Query { projection: Projection::new([name]), ..Query::default() };
            assert_eq!(sql.list(&cx(), table, &query).await.unwrap()[0].get(name), Some(&Value::from(name)));
        }
        assert_eq!(sql.delete(&cx(), table, &Condition::always(), 9).await.unwrap().count, 1);
    }
}

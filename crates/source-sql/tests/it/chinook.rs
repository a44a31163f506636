//! Chinook: what is found in a database that none of us designed.

use std::fmt::Write as _;

use levers_model::query::field;
use levers_model::{
    Aggregation, AggregationOperation, Condition, DatePeriod, FieldSchema, Group, Operator, Page, Projection,
    RelationKind, Sort, SortClause, Value,
};
use levers_ports::{Query, Source};
use levers_source_sql::Sql;
use rstest::rstest;

use crate::databases::{Database, Kind};
use crate::{count, cx, texts};

fn describe(sql: &Sql) -> String {
    let mut text = String::new();
    for collection in sql.collections() {
        writeln!(text, "{} [{}]", collection.name, collection.primary_key.join(", ")).unwrap();
        for (name, field) in &collection.fields {
            match field {
                FieldSchema::Column(column) => {
                    let null = if column.nullable { " null" } else { "" };
                    let longest = column.max_length.map_or(String::new(), |longest| format!(" max {longest}"));
                    let default =
                        column.default.as_ref().map_or(String::new(), |default| format!(" default {default:?}"));
                    writeln!(text, "  {name}: {:?}{null}{longest}{default}", column.column_type).unwrap();
                }
                FieldSchema::Relation(relation) => {
                    let kind = match &relation.kind {
                        RelationKind::ManyToOne { foreign_key, .. } => format!("-> by {}", foreign_key.join(", ")),
                        RelationKind::OneToOne { origin_key, .. } => format!("<-> by {}", origin_key.join(", ")),
                        RelationKind::OneToMany { origin_key, .. } => format!("<- by {}", origin_key.join(", ")),
                        RelationKind::ManyToMany { through, .. } => format!("<=> through {through}"),
                    };
                    writeln!(text, "  {name}: {} {kind}", relation.target).unwrap();
                }
            }
        }
    }
    text
}

#[rstest]
#[tokio::test]
async fn is_described(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let database = Database::chinook(kind).await;
    insta::assert_snapshot!(format!("described_{kind:?}"), describe(&database.open().await));
}

/// Names as the kind spells them: `InvoiceLine` or `invoice_line`.
fn named(kind: Kind, name: &str) -> String {
    if kind != Kind::Postgres {
        return name.to_owned();
    }
    let mut snake = String::new();
    for part in name.split(':') {
        if !snake.is_empty() {
            snake.push(':');
        }
        for (index, character) in part.char_indices() {
            if character.is_uppercase() && index > 0 {
                snake.push('_');
            }
            snake.extend(character.to_lowercase());
        }
    }
    snake
}

#[rstest]
#[tokio::test]
async fn is_queried(#[values(Kind::Sqlite, Kind::Postgres, Kind::MariaDb)] kind: Kind) {
    let database = Database::chinook(kind).await;
    let sql = database.open().await;
    let n = |name: &str| named(kind, name);

    // Through two relations, sorted through one, a page in the middle.
    let query = Query {
        condition: field(n("Album:Artist:Name")).eq("Queen").and(field(n("Milliseconds")).gt(200_000_i64)),
        projection: Projection::new([
            n("TrackId"),
            n("Name"),
            n("Album:Title"),
            n("Album:Artist:Name"),
            n("UnitPrice"),
        ]),
        sort: Sort(vec![
            SortClause { field: n("Album:Title").into(), ascending: true },
            SortClause { field: n("Name").into(), ascending: false },
        ]),
        page: Some(Page { skip: 5, limit: 3 }),
    };
    let records = sql.list(&cx(), &n("Track"), &query).await.unwrap();
    let rows: Vec<Vec<String>> =
        records.iter().map(|record| record.values().iter().map(Value::to_text).collect()).collect();
    insta::allow_duplicates! { insta::assert_debug_snapshot!("page_of_tracks", rows); }

    // A self reference and nulls.
    let top =
        texts(&sql, &n("Employee"), &n("LastName"), field(n("ReportsTo")).test(Operator::Missing, Value::Null)).await;
    assert_eq!(top, ["Adams"]);

    // Tracks of a playlist through its join table, without a join of ours.
    let of_playlist = Condition::Exists {
        collection: n("PlaylistTrack"),
        pairs: vec![(n("TrackId"), n("TrackId"))],
        condition: Box::new(field(n("PlaylistId")).eq(18_i64)),
    };
    assert_eq!(texts(&sql, &n("Track"), &n("Name"), of_playlist.clone()).await, ["Now's The Time"]);
    assert_eq!(count(&sql, &n("Track"), of_playlist.negate()).await, 3502);

    // Text in whatever case, non-ASCII letters included where the letters' case is the same.
    assert_eq!(count(&sql, &n("Artist"), field(n("Name")).contains("ANTÔNIO")).await, i64::from(kind != Kind::Sqlite));
    assert_eq!(count(&sql, &n("Artist"), field(n("Name")).contains("ac/dc")).await, 1);
    assert_eq!(count(&sql, &n("Artist"), field(n("Name")).test(Operator::Contains, "ac/dc")).await, 0);

    // Exact sums by year, greatest first.
    let by_year = Aggregation {
        operation: AggregationOperation::Sum,
        field: Some(n("Total").into()),
        groups: vec![Group { field: n("InvoiceDate").into(), period: Some(DatePeriod::Year) }],
    };
    let rows = sql.aggregate(&cx(), &n("Invoice"), &Condition::always(), &by_year, Some(3)).await.unwrap();
    let rows: Vec<String> =
        rows.iter().map(|row| format!("{} {}", row.group[0].to_text(), row.value.to_text())).collect();
    insta::allow_duplicates! { insta::assert_debug_snapshot!("sum_by_year", rows); }

    let by_country = Aggregation {
        operation: AggregationOperation::Avg,
        field: Some(n("Total").into()),
        groups: vec![Group { field: n("Customer:Country").into(), period: None }],
    };
    let rows = sql.aggregate(&cx(), &n("Invoice"), &Condition::always(), &by_country, Some(2)).await.unwrap();
    let rows: Vec<String> =
        rows.iter().map(|row| format!("{} {:.4}", row.group[0].to_text(), row.value.as_f64().unwrap())).collect();
    assert_eq!(rows, ["Chile 6.6600", "Hungary 6.5171"]);
}

//! One suite over all kinds of database: what is promised holds on each.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chinook;
mod connections;
mod databases;
mod mysql;
mod operators;
mod script_types;
mod scripts;
mod types;
mod writes;

use levers_model::{Condition, Projection, Sort, SortClause, Value};
use levers_ports::{Query, QueryContext, Source};
use levers_source_sql::Sql;

/// A Sunday in March at noon, seen from Paris on the day of the change to summer time.
pub(crate) fn cx() -> QueryContext {
    QueryContext { now: "2024-03-31T10:00:00Z".parse().unwrap(), timezone: chrono_tz::Tz::Europe__Paris }
}

/// A list of one field, ordered by it unless the query says otherwise.
pub(crate) async fn column(sql: &Sql, collection: &str, path: &str, condition: Condition) -> Vec<Value> {
    let query = Query {
        condition,
        projection: Projection::new([path]),
        sort: Sort(vec![SortClause { field: path.into(), ascending: true }]),
        page: None,
    };
    let records = sql.list(&cx(), collection, &query).await.unwrap();
    records.into_iter().map(|record| record.values()[0].clone()).collect()
}

/// The same as text, which is easier to read in a test.
pub(crate) async fn texts(sql: &Sql, collection: &str, path: &str, condition: Condition) -> Vec<String> {
    column(sql, collection, path, condition).await.iter().map(Value::to_text).collect()
}

/// How many records pass.
pub(crate) async fn count(sql: &Sql, collection: &str, condition: Condition) -> i64 {
    let counted =
        sql.aggregate(&cx(), collection, &condition, &levers_model::Aggregation::count(), None).await.unwrap();
    counted[0].value.as_i64().unwrap()
}

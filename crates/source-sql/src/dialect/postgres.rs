//! PostgreSQL, 12 and later.
//!
//! Values are bound with the driver's own types; where a column's type is
//! another (enums, arrays, `inet`), the bound text is cast to it by name.

use levers_model::{ColumnType, Value};
use sea_query::{Expr, ExprTrait as _, Func};

use super::{Place, pattern};
use crate::catalog::{Read, Storage, TableColumn};
use crate::value::{Kind, literal};

pub(super) fn read(column: Expr, storage: &Storage) -> Expr {
    match storage.read {
        Read::Text => text_of(column, storage),
        Read::DecimalText => column.cast_as("numeric").cast_as("text"),
        Read::Native | Read::Number | Read::Through(_) => column,
    }
}

pub(super) fn stored(value: &Value, column: &TableColumn) -> Expr {
    cast(bind_for(value, column), column.storage.cast.as_deref())
}

pub(super) fn operand(value: &Value, column: &TableColumn) -> Expr {
    cast(bind_for(value, column), column.storage.compare.or(column.storage.cast.as_deref()))
}

/// Whole numbers beyond 64 bits are bound as decimals, and the statement must
/// say so: sqlx prepares a text once for the types of its first values, and would
/// send the next number, of eight bytes, where a decimal is expected.
fn bind_for(value: &Value, column: &TableColumn) -> Expr {
    let is_huge = matches!(value, Value::Decimal(_)) && *column.column_type() == ColumnType::Integer;
    cast(bind(value), is_huge.then_some("numeric"))
}

pub(super) fn comparable(expr: Expr, storage: &Storage) -> Expr {
    match storage.compare {
        Some("text") => text_of(expr, storage),
        other => cast(expr, other),
    }
}

/// A value's text as people write it; a cast would add `/32` to every address.
fn text_of(expr: Expr, storage: &Storage) -> Expr {
    match storage.cast.as_deref() {
        Some("inet") => Func::cust("ABBREV").arg(expr.cast_as("inet")).into(),
        _ => expr.cast_as("text"),
    }
}

/// The column as plain text, for operators that other text types redefine.
pub(super) fn as_text(expr: Expr, storage: &Storage) -> Expr {
    if storage.read == Read::Native { expr } else { text_of(expr, storage) }
}

fn cast(expr: Expr, type_name: Option<&str>) -> Expr {
    match type_name {
        // The name comes from format_type(), which quotes what needs quotes.
        Some(name) => Func::cast_as(expr, name.to_owned()).into(),
        None => expr,
    }
}

fn bind(value: &Value) -> Expr {
    match value {
        Value::Null => Expr::null(),
        Value::Bool(bool) => Expr::val(*bool),
        Value::Int(int) => Expr::val(*int),
        Value::Float(float) => Expr::val(*float),
        Value::Decimal(decimal) => Expr::val(decimal.clone()),
        Value::Text(text) => Expr::val(text.as_str()),
        Value::Date(date) => Expr::val(*date),
        Value::Time(time) => Expr::val(*time),
        Value::DateTime(at) => Expr::val(*at),
        Value::Timestamp(at) => Expr::val(*at),
        Value::Uuid(uuid) => Expr::val(*uuid),
        Value::Json(json) => Expr::val(json.clone()),
        Value::Bytes(bytes) => Expr::val(bytes.clone()),
        Value::List(items) => Expr::val(literal(items)),
    }
}

/// One bound array whatever the length, so that there is one prepared statement.
pub(super) fn one_of(expr: Expr, values: &[Value], column: &TableColumn) -> Expr {
    let storage = &column.storage;
    let item = storage.compare.or(storage.cast.as_deref()).unwrap_or(match Kind::of(column.column_type()) {
        Kind::Boolean => "boolean",
        Kind::Integer if values.iter().all(|value| matches!(value, Value::Int(_))) => "bigint",
        Kind::Integer | Kind::Decimal => "numeric",
        Kind::Float => "double precision",
        Kind::Text => "text",
        Kind::Date => "date",
        Kind::Time => "time",
        Kind::DateTime => "timestamp",
        Kind::Timestamp => "timestamptz",
        Kind::Uuid => "uuid",
        Kind::Json => "jsonb",
        Kind::Binary => "bytea",
    });
    let list = cast(Expr::val(literal(values)), Some(&format!("{item}[]")));
    Expr::cust_with_exprs("($1 = ANY($2))", [comparable(expr, storage), list])
}

pub(super) fn has(text: Expr, part: &str, place: Place, any_case: bool) -> Expr {
    matches(text, pattern(part, place, '\\', '%'), any_case)
}

/// The backslash is nothing special to a caller's pattern.
pub(super) fn like(text: Expr, caller_pattern: &str, any_case: bool) -> Expr {
    matches(text, caller_pattern.replace('\\', "\\\\"), any_case)
}

fn matches(text: Expr, pattern: String, any_case: bool) -> Expr {
    let template = if any_case { "($1 ILIKE $2)" } else { "($1 LIKE $2)" };
    Expr::cust_with_exprs(template, [text, Expr::val(pattern)])
}

pub(super) fn quarter_hour(expr: &Expr) -> Expr {
    Expr::cust_with_exprs(
        "CASE WHEN ISFINITE($1) THEN CAST(FLOOR(EXTRACT(EPOCH FROM $2) / 900) AS bigint) END",
        [expr.clone(), expr.clone()],
    )
}

#[cfg(test)]
mod tests {
    use super::super::escape_like;
    use super::*;
    use sea_query::{PostgresQueryBuilder, Query};

    #[test]
    fn wildcards_in_a_searched_part_are_literal() {
        assert_eq!(escape_like(r"50%_\", '\\'), r"50\%\_\\");
        let sql =
            Query::select().expr(has(Expr::col("name"), "50%", Place::Anywhere, true)).to_string(PostgresQueryBuilder);
        assert_eq!(sql, r#"SELECT ("name" ILIKE E'%50\\%%')"#);
    }
}

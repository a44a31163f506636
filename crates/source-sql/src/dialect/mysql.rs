//! MySQL 8 and MariaDB 10.5 and later. Sessions are in UTC.
//!
//! Equality is the column's own, so a column whose collation disregards case
//! finds `Ada` by `ada`, as its unique indexes do. Searches within text say
//! themselves whether case counts, whatever the collation.

use levers_model::{ColumnType, Error, Result, Value};
use sea_query::{Expr, ExprTrait as _, Func};

use super::{MySqlServer, Place, pattern};
use crate::catalog::{Read, Storage, TableColumn};

/// Prepared statements take 65,535 values; this leaves some for the rest.
const LONGEST_LIST: usize = 50_000;

const ESCAPE: char = '!';

/// Marks columns of single precision, whose values are bound as such.
pub(crate) const SINGLE: &str = "float";

pub(super) fn read(column: Expr, storage: &Storage) -> Expr {
    match storage.read {
        Read::Native => column,
        Read::Text | Read::DecimalText => column.cast_as("CHAR"),
        Read::Number => column.cast_as("UNSIGNED"),
        Read::Through(function) => Func::cust(function).arg(column).into(),
    }
}

pub(super) fn stored(value: &Value, storage: &Storage) -> Expr {
    bind(value, storage)
}

fn bind(value: &Value, storage: &Storage) -> Expr {
    match value {
        Value::Null => Expr::null(),
        Value::Bool(bool) => Expr::val(*bool),
        Value::Int(int) => Expr::val(*int),
        #[expect(clippy::cast_possible_truncation, reason = "the column itself has this precision")]
        Value::Float(float) if storage.cast.as_deref() == Some(SINGLE) => Expr::val(*float as f32),
        Value::Float(float) if !float.is_finite() => Expr::null(),
        Value::Float(float) => Expr::val(*float),
        Value::Decimal(decimal) => Expr::val(decimal.clone()),
        Value::Date(date) => Expr::val(*date),
        Value::Time(time) => Expr::val(*time),
        Value::DateTime(at) => Expr::val(*at),
        // The session's zone is UTC. Bound as a timestamp, one that the column cannot hold
        // would become null on MariaDB, without an error.
        Value::Timestamp(at) => Expr::val(at.naive_utc()),
        Value::Bytes(bytes) => Expr::val(bytes.clone()),
        Value::Text(_) | Value::Uuid(_) | Value::Json(_) | Value::List(_) => Expr::val(value.to_text()),
    }
}

pub(super) fn comparable(expr: Expr, column: &TableColumn, server: MySqlServer) -> Expr {
    match column.storage.read {
        Read::Native if *column.column_type() == ColumnType::Json && server.mariadb => {
            Expr::cust_with_exprs("JSON_COMPACT(?)", [expr])
        }
        Read::Native => expr,
        _ => read(expr, &column.storage),
    }
}

pub(super) fn operand(value: &Value, column: &TableColumn, server: MySqlServer) -> Expr {
    let bound = bind(value, &column.storage);
    match column.column_type() {
        ColumnType::Json if server.mariadb => Expr::cust_with_exprs("JSON_COMPACT(?)", [bound]),
        ColumnType::Json => bound.cast_as("JSON"),
        _ => bound,
    }
}

pub(super) fn one_of(expr: Expr, values: &[Value], column: &TableColumn, server: MySqlServer) -> Result<Expr> {
    let expr = comparable(expr, column, server);
    if values.len() <= LONGEST_LIST {
        let operands: Vec<Expr> = values.iter().map(|value| operand(value, column, server)).collect();
        return Ok(expr.is_in(operands));
    }
    let template = match column.column_type() {
        _ if !server.json_table => None,
        ColumnType::Integer | ColumnType::Decimal => {
            Some("(? IN (SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v DECIMAL(65, 30) PATH '$')) AS list))")
        }
        ColumnType::Text | ColumnType::Enum(_) => Some(
            "(CONVERT(? USING utf8mb4) COLLATE utf8mb4_bin IN (SELECT v COLLATE utf8mb4_bin \
             FROM JSON_TABLE(?, '$[*]' COLUMNS (v LONGTEXT CHARACTER SET utf8mb4 PATH '$')) AS list))",
        ),
        _ => None,
    };
    let template = template.ok_or_else(|| {
        Error::invalid(format!(
            "“{}” is compared with {} values; this database takes at most {LONGEST_LIST} for a column of its type.",
            column.name,
            values.len()
        ))
    })?;
    let list = serde_json::Value::Array(values.iter().map(Value::to_json).collect()).to_string();
    Ok(Expr::cust_with_exprs(template, [expr, Expr::val(list)]))
}

pub(super) fn has(text: Expr, part: &str, place: Place, any_case: bool) -> Expr {
    matches(text, pattern(part, place, ESCAPE, '%'), any_case)
}

/// Only `%` and `_` have a meaning in a caller's pattern.
pub(super) fn like(text: Expr, caller_pattern: &str, any_case: bool) -> Expr {
    matches(text, caller_pattern.replace(ESCAPE, "!!"), any_case)
}

fn matches(text: Expr, pattern: String, any_case: bool) -> Expr {
    let template = if any_case {
        "(LOWER(CONVERT(? USING utf8mb4)) LIKE LOWER(CONVERT(? USING utf8mb4)) COLLATE utf8mb4_bin ESCAPE '!')"
    } else {
        "(CONVERT(? USING utf8mb4) LIKE CONVERT(? USING utf8mb4) COLLATE utf8mb4_bin ESCAPE '!')"
    };
    Expr::cust_with_exprs(template, [text, Expr::val(pattern)])
}

pub(super) fn quarter_hour(expr: Expr) -> Expr {
    Expr::cust_with_exprs("CAST(FLOOR(TIMESTAMPDIFF(SECOND, '1970-01-01 00:00:00', ?) / 900) AS SIGNED)", [expr])
}

#[cfg(test)]
mod tests {
    use super::super::escape_like;
    use super::*;

    #[test]
    fn the_escape_character_escapes_itself() {
        assert_eq!(escape_like("50%!", ESCAPE), "50!%!!");
    }
}

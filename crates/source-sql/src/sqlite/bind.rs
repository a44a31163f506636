//! The builder's values as SQLite's.
//!
//! Rejected: `sea-query-rusqlite`, which copies each value and knows many kinds
//! that `dialect/sqlite.rs` never binds.

use rusqlite::types::{Null, ToSqlOutput, ValueRef};
use rusqlite::{Error, Statement, ToSql};
use sea_query::{Value, Values};

/// Binds the values of a statement.
pub(crate) fn bind(statement: &mut Statement<'_>, values: &Values) -> rusqlite::Result<()> {
    for (index, value) in values.0.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, Bound(value))?;
    }
    Ok(())
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Bool(Some(bool)) => bool.to_sql()?,
            Value::TinyInt(Some(int)) => int.to_sql()?,
            Value::SmallInt(Some(int)) => int.to_sql()?,
            Value::Int(Some(int)) => int.to_sql()?,
            Value::BigInt(Some(int)) => int.to_sql()?,
            Value::TinyUnsigned(Some(int)) => int.to_sql()?,
            Value::SmallUnsigned(Some(int)) => int.to_sql()?,
            Value::Unsigned(Some(int)) => int.to_sql()?,
            // Limits were made to fit before.
            Value::BigUnsigned(Some(int)) => i64::try_from(*int).unwrap_or(i64::MAX).into(),
            Value::Float(Some(float)) => float.to_sql()?,
            Value::Double(Some(float)) => float.to_sql()?,
            Value::String(Some(text)) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Char(Some(char)) => char.to_string().into(),
            Value::Bytes(Some(bytes)) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            other if is_null(other) => Null.into(),
            other => return Err(Error::ToSqlConversionFailure(format!("{other:?} is not bound on SQLite").into())),
        })
    }
}

/// Nulls of the kinds that are bound, and those that `Expr::null` makes.
const fn is_null(value: &Value) -> bool {
    matches!(
        value,
        Value::Bool(None)
            | Value::TinyInt(None)
            | Value::SmallInt(None)
            | Value::Int(None)
            | Value::BigInt(None)
            | Value::TinyUnsigned(None)
            | Value::SmallUnsigned(None)
            | Value::Unsigned(None)
            | Value::BigUnsigned(None)
            | Value::Float(None)
            | Value::Double(None)
            | Value::String(None)
            | Value::Char(None)
            | Value::Bytes(None)
    )
}

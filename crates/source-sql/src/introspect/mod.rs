//! Reading a database's own description of itself.
//!
//! Plain catalogue queries, one set per dialect. Rejected: `sea-schema`, which
//! describes tables in order to create them again; generated columns, unique
//! indexes that count as keys, domains and the text of types that only the
//! database can spell are not in its model.

pub(crate) mod mysql;
pub(crate) mod postgres;
pub(crate) mod sqlite;
mod wanted;

use levers_model::{ColumnType, DefaultValue, Value};

pub(crate) use self::wanted::Wanted;

/// A default's text as a value of the column, or `Computed`.
fn literal_default(text: &str, column_type: &ColumnType) -> DefaultValue {
    let scalar = match column_type {
        ColumnType::List(_) => None,
        other => Value::parse(text, other),
    };
    scalar.map_or(DefaultValue::Computed, |value| DefaultValue::Literal(value.to_json()))
}

/// The text inside an SQL string literal.
fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let plain = inner.replace("''", "");
    (!plain.contains('\'')).then(|| inner.replace("''", "'"))
}

/// Whether a default's text is a bare number.
fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
        && text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'))
}

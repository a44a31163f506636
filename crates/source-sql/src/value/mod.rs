//! Reading rows into values.
//!
//! A list must not fail because one record holds something odd, so reading has
//! no error: what cannot be read as the column's type becomes text, and what is
//! not even text becomes null.

mod array;
mod bind;
mod moment;
pub(crate) mod mysql;
pub(crate) mod postgres;
pub(crate) mod sqlite;

pub(crate) use array::{element, literal};
pub(crate) use bind::coerce;

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDateTime, NaiveTime};
use levers_model::{ColumnType, Value};
use uuid::Uuid;

use crate::catalog::{Read, Storage, TableColumn};

/// A type without its parameters, cheap to copy into every query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    Integer,
    Float,
    Decimal,
    Text,
    Date,
    Time,
    DateTime,
    Timestamp,
    Uuid,
    Json,
    Binary,
}

impl Kind {
    /// The kind of a scalar, or of a list's items.
    pub(crate) fn of(column_type: &ColumnType) -> Self {
        match column_type {
            ColumnType::Boolean => Self::Boolean,
            ColumnType::Integer => Self::Integer,
            ColumnType::Float => Self::Float,
            ColumnType::Decimal => Self::Decimal,
            ColumnType::Text | ColumnType::Enum(_) => Self::Text,
            ColumnType::Date => Self::Date,
            ColumnType::Time => Self::Time,
            ColumnType::DateTime => Self::DateTime,
            ColumnType::Timestamp => Self::Timestamp,
            ColumnType::Uuid => Self::Uuid,
            ColumnType::Json => Self::Json,
            ColumnType::Binary => Self::Binary,
            ColumnType::List(item) => Self::of(item),
        }
    }
}

/// How one expression of a row is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decoder {
    pub(crate) kind: Kind,
    pub(crate) list: bool,
    /// Whether the database sends text whatever the kind.
    pub(crate) as_text: bool,
    pub(crate) unsigned: bool,
}

impl Decoder {
    /// Reads what [`crate::dialect::Dialect::read`] selects for a column.
    pub(crate) fn of(column: &TableColumn) -> Self {
        Self::new(column.column_type(), &column.storage)
    }

    fn new(column_type: &ColumnType, storage: &Storage) -> Self {
        Self {
            kind: Kind::of(column_type),
            list: matches!(column_type, ColumnType::List(_)),
            as_text: matches!(storage.read, Read::Text | Read::DecimalText),
            unsigned: storage.unsigned,
        }
    }

    /// Reads a plain value of this kind.
    pub(crate) const fn plain(kind: Kind) -> Self {
        Self { kind, list: false, as_text: false, unsigned: false }
    }

    /// Reads the text of a value of this kind.
    pub(crate) const fn text(kind: Kind) -> Self {
        Self { kind, list: false, as_text: true, unsigned: false }
    }

    /// Reads text that the database made of a value.
    fn read_text(self, text: &str) -> Value {
        if self.list { array::parse(text, self.kind) } else { scalar_from_text(text, self.kind) }
    }
}

/// Reads a database's text of a value; text that is something else stays text.
pub(crate) fn scalar_from_text(text: &str, kind: Kind) -> Value {
    let parsed = match kind {
        Kind::Text => None,
        Kind::Boolean => match text {
            "t" | "true" | "TRUE" | "1" => Some(Value::Bool(true)),
            "f" | "false" | "FALSE" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        Kind::Integer => text.parse().ok().map(Value::Int).or_else(|| text.parse().ok().map(Value::Decimal)),
        Kind::Float => text.parse().ok().map(Value::Float),
        Kind::Decimal => text.parse::<BigDecimal>().ok().map(Value::Decimal),
        Kind::Date => moment::date(text).or_else(|| text.parse().ok()).map(Value::Date),
        Kind::Time => text.parse::<NaiveTime>().ok().map(Value::Time),
        Kind::DateTime => {
            moment::date_time(text).map(Value::DateTime).or_else(|| Value::parse(text, &ColumnType::DateTime))
        }
        Kind::Timestamp => moment::date_time(text)
            .map(|at| Value::Timestamp(at.and_utc()))
            .or_else(|| Value::parse(text, &ColumnType::Timestamp)),
        Kind::Uuid => Uuid::try_parse(text).ok().map(Value::Uuid),
        Kind::Json => serde_json::from_str(text).ok().map(Value::Json),
        Kind::Binary => text.strip_prefix("\\x").and_then(unhex).map(Value::Bytes),
    };
    parsed.unwrap_or_else(|| Value::Text(text.to_owned()))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

/// A number of seconds (or, when that large, milliseconds) since 1970, as a
/// point in time: what programs without a date type put into their tables.
pub(crate) fn from_epoch(number: f64) -> Option<NaiveDateTime> {
    let seconds = if number.abs() >= EPOCH_MILLISECONDS_FROM { number / 1000.0 } else { number };
    #[expect(clippy::cast_possible_truncation, reason = "a saturated cast is far outside of what chrono accepts")]
    let micros = (seconds * 1_000_000.0).round() as i64;
    DateTime::from_timestamp_micros(micros).map(|at| at.naive_utc())
}

/// Numbers from here on are milliseconds: as seconds they would be past the year 5138.
pub(crate) const EPOCH_MILLISECONDS_FROM: f64 = 1e11;

/// The shortest text that reads back as this number, as an exact decimal.
pub(crate) fn decimal_from_float(float: f64) -> Option<BigDecimal> {
    float.to_string().parse().ok()
}

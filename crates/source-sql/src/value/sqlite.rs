//! Reading SQLite's rows. Each value has its own storage class there, whatever
//! the column declares, so the class decides how it is read and the column's
//! type what is made of it.

use levers_model::Value;
use rusqlite::Row;
use rusqlite::types::ValueRef;
use uuid::Uuid;

use super::{Decoder, Kind, decimal_from_float, from_epoch, moment, scalar_from_text};

/// All values of a row.
pub(crate) fn row(row: &Row<'_>, decoders: &[Decoder]) -> Vec<Value> {
    let value =
        |(index, decoder): (usize, &Decoder)| row.get_ref(index).map_or(Value::Null, |raw| value(raw, decoder.kind));
    decoders.iter().enumerate().map(value).collect()
}

/// One value, as a column of this kind has it.
pub(crate) fn value(raw: ValueRef<'_>, kind: Kind) -> Value {
    match raw {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(int) => from_int(int, kind),
        ValueRef::Real(float) => from_float(float, kind),
        ValueRef::Text(bytes) => std::str::from_utf8(bytes).map_or(Value::Null, |text| from_text(text, kind)),
        ValueRef::Blob(bytes) => from_blob(bytes, kind),
    }
}

fn from_int(int: i64, kind: Kind) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "points in time lie far below 2^53 seconds")]
    let float = || int as f64;
    match kind {
        Kind::Boolean if int == 0 || int == 1 => Value::Bool(int == 1),
        Kind::Integer | Kind::Boolean => Value::Int(int),
        Kind::Float => Value::Float(float()),
        Kind::Decimal => Value::Decimal(int.into()),
        Kind::Json => Value::Json(int.into()),
        Kind::Date | Kind::DateTime | Kind::Timestamp => from_float(float(), kind),
        Kind::Text | Kind::Time | Kind::Uuid | Kind::Binary => Value::Text(int.to_string()),
    }
}

fn from_float(float: f64, kind: Kind) -> Value {
    /// Julian days of the years -4713 to 9999, which SQLite's own functions take.
    const JULIAN_UNTIL: f64 = 5_373_484.5;
    const JULIAN_EPOCH: f64 = 2_440_587.5;
    let is_julian = (0.0..JULIAN_UNTIL).contains(&float);
    let at = || from_epoch(if is_julian { (float - JULIAN_EPOCH) * 86_400.0 } else { float });
    match kind {
        Kind::Decimal => decimal_from_float(float).map_or(Value::Float(float), Value::Decimal),
        Kind::Date => at().map_or(Value::Float(float), |at| Value::Date(at.date())),
        Kind::DateTime => at().map_or(Value::Float(float), Value::DateTime),
        Kind::Timestamp => at().map_or(Value::Float(float), |at| Value::Timestamp(at.and_utc())),
        Kind::Json => Value::Json(float.into()),
        Kind::Integer | Kind::Boolean | Kind::Float => Value::Float(float),
        Kind::Text | Kind::Time | Kind::Uuid | Kind::Binary => Value::Text(float.to_string()),
    }
}

fn from_blob(bytes: &[u8], kind: Kind) -> Value {
    match (kind, Uuid::from_slice(bytes)) {
        (Kind::Uuid, Ok(uuid)) => return Value::Uuid(uuid),
        (Kind::Binary, _) => return Value::Bytes(bytes.to_vec()),
        _ => {}
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => from_text(text, kind),
        Err(_) => Value::Text(Value::Bytes(bytes.to_vec()).to_text()),
    }
}

fn from_text(text: &str, kind: Kind) -> Value {
    let parsed = match kind {
        Kind::Binary => Some(Value::Bytes(text.as_bytes().to_vec())),
        // Dates are often stored with a time, times without seconds.
        Kind::Date => {
            moment::date(text).map(Value::Date).or_else(|| Value::parse(text, &levers_model::ColumnType::Date))
        }
        Kind::Time => Value::parse(text, &levers_model::ColumnType::Time),
        _ => None,
    };
    parsed.unwrap_or_else(|| scalar_from_text(text, kind))
}

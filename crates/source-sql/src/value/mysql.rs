//! Reading the rows of MySQL and MariaDB.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use levers_model::Value;
use sqlx::mysql::types::MySqlTime;
use sqlx::mysql::{MySqlRow, MySqlValueRef};
use sqlx::{Decode, MySql, Row as _, ValueRef as _};
use uuid::Uuid;

use super::{Decoder, Kind};

/// All values of a row.
pub(crate) fn row(row: &MySqlRow, decoders: &[Decoder]) -> Vec<Value> {
    let value = |(index, decoder): (usize, &Decoder)| match row.try_get_raw(index) {
        // Days that no calendar has (0000-00-00) count as null there.
        Ok(raw) if !raw.is_null() => value(&raw, *decoder).unwrap_or(Value::Null),
        _ => Value::Null,
    };
    decoders.iter().enumerate().map(value).collect()
}

fn value(raw: &MySqlValueRef<'_>, decoder: Decoder) -> Option<Value> {
    if decoder.as_text {
        return text(raw).map(|text| decoder.read_text(text));
    }
    Some(match decoder.kind {
        Kind::Text => Value::Text(text(raw)?.to_owned()),
        Kind::Boolean => Value::Bool(decode::<i64>(raw)? != 0),
        Kind::Integer if decoder.unsigned => {
            let unsigned = decode::<u64>(raw)?;
            i64::try_from(unsigned).map_or_else(|_| Value::Decimal(unsigned.into()), Value::Int)
        }
        Kind::Integer => Value::Int(decode(raw)?),
        Kind::Float => Value::Float(float(raw)?),
        Kind::Date => Value::Date(decode::<NaiveDate>(raw)?),
        Kind::Time => match decode::<NaiveTime>(raw) {
            Some(time) => Value::Time(time),
            // Its times are durations too: -838:59:59 is one.
            None => Value::Text(decode::<MySqlTime>(raw)?.to_string()),
        },
        Kind::DateTime => Value::DateTime(decode::<NaiveDateTime>(raw)?),
        Kind::Timestamp => Value::Timestamp(decode::<DateTime<Utc>>(raw)?),
        Kind::Uuid => Value::Uuid(Uuid::try_parse(text(raw)?).ok()?),
        Kind::Binary => Value::Bytes(decode::<&[u8]>(raw)?.to_vec()),
        Kind::Decimal | Kind::Json => super::scalar_from_text(text(raw)?, decoder.kind),
    })
}

fn decode<'r, T: Decode<'r, MySql>>(raw: &MySqlValueRef<'r>) -> Option<T> {
    T::decode(raw.clone()).ok()
}

fn text<'r>(raw: &MySqlValueRef<'r>) -> Option<&'r str> {
    decode(raw)
}

/// A `float` becomes the double that its shortest text names: 0.1 stays 0.1.
fn float(raw: &MySqlValueRef<'_>) -> Option<f64> {
    use sqlx::TypeInfo as _;
    if raw.type_info().name() == "FLOAT" {
        return decode::<f32>(raw)?.to_string().parse().ok();
    }
    decode(raw)
}

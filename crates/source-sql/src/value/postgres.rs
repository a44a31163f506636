//! Reading PostgreSQL's rows from its binary format.
//!
//! Rejected: the driver's decoders for dates and times. They overflow on
//! `infinity`, which is an ordinary value there.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime};
use levers_model::Value;
use sqlx::postgres::{PgRow, PgValueRef};
use sqlx::{Row as _, ValueRef as _};
use uuid::Uuid;

use super::{Decoder, Kind};

/// All values of a row.
pub(crate) fn row(row: &PgRow, decoders: &[Decoder]) -> Vec<Value> {
    let value = |(index, decoder): (usize, &Decoder)| match row.try_get_raw(index) {
        Ok(raw) if !raw.is_null() => value(&raw, *decoder).unwrap_or(Value::Null),
        _ => Value::Null,
    };
    decoders.iter().enumerate().map(value).collect()
}

/// One value; `None` for what is read in another way.
pub(crate) fn value(raw: &PgValueRef<'_>, decoder: Decoder) -> Option<Value> {
    if decoder.as_text {
        return raw.as_str().ok().map(|text| decoder.read_text(text));
    }
    let bytes = raw.as_bytes().ok()?;
    Some(match decoder.kind {
        Kind::Text => Value::Text(raw.as_str().ok()?.to_owned()),
        Kind::Boolean => Value::Bool(bytes != [0]),
        Kind::Integer => Value::Int(integer(bytes)?),
        Kind::Float => Value::Float(float(bytes)?),
        Kind::Decimal => return None,
        Kind::Date => date(i32::from_be_bytes(bytes.try_into().ok()?)),
        Kind::Time => time(i64::from_be_bytes(bytes.try_into().ok()?))?,
        Kind::DateTime => match instant(i64::from_be_bytes(bytes.try_into().ok()?)) {
            Ok(at) => Value::DateTime(at),
            Err(text) => text,
        },
        Kind::Timestamp => match instant(i64::from_be_bytes(bytes.try_into().ok()?)) {
            Ok(at) => Value::Timestamp(at.and_utc()),
            Err(text) => text,
        },
        Kind::Uuid => Value::Uuid(Uuid::from_slice(bytes).ok()?),
        Kind::Json => json(bytes),
        Kind::Binary => Value::Bytes(bytes.to_vec()),
    })
}

fn integer(bytes: &[u8]) -> Option<i64> {
    match bytes.len() {
        2 => Some(i16::from_be_bytes(bytes.try_into().ok()?).into()),
        4 => Some(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        _ => Some(i64::from_be_bytes(bytes.try_into().ok()?)),
    }
}

/// A `real` becomes the double that its shortest text names: 0.1 stays 0.1.
fn float(bytes: &[u8]) -> Option<f64> {
    match bytes.len() {
        4 => f32::from_be_bytes(bytes.try_into().ok()?).to_string().parse().ok(),
        _ => Some(f64::from_be_bytes(bytes.try_into().ok()?)),
    }
}

/// What PostgreSQL counts from.
fn epoch() -> NaiveDateTime {
    DateTime::from_timestamp(946_684_800, 0).unwrap_or_default().naive_utc()
}

fn infinity(positive: bool) -> Value {
    Value::Text(if positive { "infinity" } else { "-infinity" }.to_owned())
}

fn date(days: i32) -> Value {
    match days {
        i32::MAX | i32::MIN => infinity(days > 0),
        days => Duration::try_days(days.into())
            .and_then(|days| NaiveDate::checked_add_signed(epoch().date(), days))
            .map_or_else(|| Value::Text(format!("day {days} from 2000-01-01 on")), Value::Date),
    }
}

fn time(micros: i64) -> Option<Value> {
    const DAY: i64 = 86_400_000_000;
    // PostgreSQL has 24:00:00, which no clock shows.
    if micros == DAY {
        return Some(Value::Text("24:00:00".to_owned()));
    }
    let seconds = u32::try_from(micros / 1_000_000).ok()?;
    let nanos = u32::try_from(micros % 1_000_000 * 1_000).ok()?;
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos).map(Value::Time)
}

fn instant(micros: i64) -> Result<NaiveDateTime, Value> {
    match micros {
        i64::MAX | i64::MIN => Err(infinity(micros > 0)),
        micros => epoch()
            .checked_add_signed(Duration::microseconds(micros))
            .ok_or_else(|| Value::Text(format!("microsecond {micros} from 2000-01-01 on"))),
    }
}

/// `jsonb` has a version before its text; `json` is the text.
fn json(bytes: &[u8]) -> Value {
    let text = bytes.strip_prefix(&[1]).unwrap_or(bytes);
    match serde_json::from_slice(text) {
        Ok(json) => Value::Json(json),
        Err(_) => Value::Text(String::from_utf8_lossy(text).into_owned()),
    }
}

//! One value of one field, exact.
//!
//! JSON alone cannot hold what databases hold: decimals lose digits, dates and
//! texts look alike. Adapters read into this type and bind from it; doors print
//! it in their own spelling, or in the canonical one of [`Value::to_json`].
//!
//! Rejected: `serde_json::Value` with conventions. Every reader would have to
//! know the column's type again to tell a date from a text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::schema::ColumnType;

/// A field's value as the database holds it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number of at most 64 bits.
    Int(i64),
    /// A binary floating point number.
    Float(f64),
    /// A decimal number with every digit kept.
    Decimal(BigDecimal),
    /// Text, and values of database enums.
    Text(String),
    /// A day without a time.
    Date(NaiveDate),
    /// A time of day without a day.
    Time(NaiveTime),
    /// A day and a time without a zone.
    DateTime(NaiveDateTime),
    /// An instant.
    Timestamp(DateTime<Utc>),
    /// A UUID.
    Uuid(Uuid),
    /// A JSON document.
    Json(Json),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Several values of one type (PostgreSQL arrays, values of `in`).
    List(Vec<Value>),
}

impl Value {
    /// Whether there is no value.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text inside, when it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as a 64-bit integer, when it is one without loss.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(int) => Some(*int),
            Self::Bool(bool) => Some(i64::from(*bool)),
            Self::Decimal(decimal) if decimal.is_integer() => decimal.with_scale(0).to_plain_string().parse().ok(),
            _ => None,
        }
    }

    /// The nearest 64-bit floating point number, when it is a number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "the nearest float is what was asked for")]
            Self::Int(int) => Some(*int as f64),
            Self::Float(float) => Some(*float),
            Self::Decimal(decimal) => decimal.to_string().parse().ok(),
            _ => None,
        }
    }

    /// The truth value, when it is one.
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// Canonical JSON: decimals as text with all digits, instants as ISO 8601 in
    /// UTC with milliseconds, bytes as a base64 data URI, floats that JSON cannot
    /// hold (NaN, infinities) as null.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(bool) => Json::Bool(*bool),
            Self::Int(int) => Json::from(*int),
            Self::Float(float) => Json::from(*float),
            Self::Json(json) => json.clone(),
            Self::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Bytes(bytes) => {
                Json::String(format!("data:application/octet-stream;base64,{}", BASE64.encode(bytes)))
            }
            other => Json::String(other.to_text()),
        }
    }

    /// The plain text of the value, as in a CSV cell or a packed id. Null is empty.
    pub fn to_text(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(bool) => bool.to_string(),
            Self::Int(int) => int.to_string(),
            Self::Float(float) => float.to_string(),
            Self::Decimal(decimal) => decimal.to_plain_string(),
            Self::Text(text) => text.clone(),
            Self::Date(date) => date.to_string(),
            Self::Time(time) => time.format("%H:%M:%S%.f").to_string(),
            Self::DateTime(at) => at.format("%Y-%m-%dT%H:%M:%S%.3f").to_string(),
            Self::Timestamp(at) => at.to_rfc3339_opts(SecondsFormat::Millis, true),
            Self::Uuid(uuid) => uuid.to_string(),
            Self::Json(json) => json.to_string(),
            Self::Bytes(bytes) => BASE64.encode(bytes),
            Self::List(_) => self.to_json().to_string(),
        }
    }

    /// Reads JSON as a value of this column type.
    ///
    /// Numbers are accepted as text and texts of other types are parsed, because
    /// forms, command lines and CSV files have only text.
    ///
    /// # Errors
    /// A sentence that says what was expected, for the field's error.
    pub fn from_json(json: &Json, column: &ColumnType) -> Result<Self, String> {
        if json.is_null() {
            return Ok(Self::Null);
        }
        let wrong = || format!("{} is not {}.", shorten(json), column.in_words());
        match (column, json) {
            (ColumnType::Json, json) => Ok(Self::Json(json.clone())),
            (ColumnType::List(item), Json::Array(items)) => {
                items.iter().map(|json| Self::from_json(json, item)).collect::<Result<_, _>>().map(Self::List)
            }
            (ColumnType::Boolean, Json::Bool(bool)) => Ok(Self::Bool(*bool)),
            (ColumnType::Boolean, Json::Number(number)) if number.as_i64() == Some(0) => Ok(Self::Bool(false)),
            (ColumnType::Boolean, Json::Number(number)) if number.as_i64() == Some(1) => Ok(Self::Bool(true)),
            (ColumnType::Text, Json::Number(number)) => Ok(Self::Text(number.to_string())),
            (ColumnType::Integer, Json::Number(number)) => integer(&number.to_string()).ok_or_else(wrong),
            (ColumnType::Float, Json::Number(number)) => number.as_f64().map(Self::Float).ok_or_else(wrong),
            (ColumnType::Decimal, Json::Number(number)) => {
                number.to_string().parse().map(Self::Decimal).map_err(|_| wrong())
            }
            (column, Json::String(text)) => Self::parse(text, column).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }

    /// Reads plain text as a value of this column type, the inverse of
    /// [`Value::to_text`] for every type.
    pub fn parse(text: &str, column: &ColumnType) -> Option<Self> {
        match column {
            ColumnType::Text => Some(Self::Text(text.to_owned())),
            ColumnType::Enum(values) => values.iter().any(|value| value == text).then(|| Self::Text(text.to_owned())),
            ColumnType::Boolean => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" => Some(Self::Bool(true)),
                "false" | "0" | "no" => Some(Self::Bool(false)),
                _ => None,
            },
            ColumnType::Integer => integer(text.trim()),
            ColumnType::Float => text.trim().parse().ok().filter(|float: &f64| float.is_finite()).map(Self::Float),
            ColumnType::Decimal => decimal(text.trim()),
            ColumnType::Date => date(text).map(Self::Date),
            ColumnType::Time => time(text).map(Self::Time),
            ColumnType::DateTime => date_time(text).map(Self::DateTime),
            ColumnType::Timestamp => timestamp(text).map(Self::Timestamp),
            ColumnType::Uuid => Uuid::try_parse(text).ok().map(Self::Uuid),
            ColumnType::Json => serde_json::from_str(text).ok().map(Self::Json),
            ColumnType::Binary => bytes(text).map(Self::Bytes),
            ColumnType::List(item) => match serde_json::from_str::<Json>(text).ok()? {
                Json::Array(items) => {
                    let items: Result<_, _> = items.iter().map(|json| Self::from_json(json, item)).collect();
                    items.ok().map(Self::List)
                }
                _ => None,
            },
        }
    }
}

/// Serializes as [`Value::to_json`] does.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(bool) => serializer.serialize_bool(*bool),
            Self::Int(int) => serializer.serialize_i64(*int),
            Self::Float(float) => serializer.serialize_f64(*float),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Json(json) => json.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            other => other.to_json().serialize(serializer),
        }
    }
}

macro_rules! from {
    ($($type:ty => $variant:ident),* $(,)?) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        })*
    };
}

from! {
    bool => Bool, i64 => Int, i32 => Int, u32 => Int, f64 => Float, BigDecimal => Decimal, String => Text, &str => Text,
    NaiveDate => Date, NaiveTime => Time, NaiveDateTime => DateTime, DateTime<Utc> => Timestamp, Uuid => Uuid,
    Json => Json, Vec<u8> => Bytes,
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Integers beyond 64 bits (MySQL's unsigned, PostgreSQL's numeric keys) stay exact as decimals.
/// `3.0` is the integer 3, because JavaScript clients print it so.
fn integer(text: &str) -> Option<Value> {
    if let Ok(int) = text.parse() {
        return Some(Value::Int(int));
    }
    let Some(Value::Decimal(decimal)) = decimal(text) else { return None };
    if !decimal.is_integer() {
        return None;
    }
    let plain = decimal.with_scale(0).to_plain_string();
    Some(plain.parse().map_or(Value::Decimal(decimal), Value::Int))
}

/// An exponent of five digits would print as a text of megabytes, so such numbers are refused.
fn decimal(text: &str) -> Option<Value> {
    const LONGEST: usize = 1_000;
    if text.len() > LONGEST {
        return None;
    }
    let decimal: BigDecimal = text.parse().ok()?;
    let (_, scale) = decimal.as_bigint_and_exponent();
    if scale.unsigned_abs() > LONGEST as u64 {
        return None;
    }
    // 0e3 would print as 0000.
    let decimal = if scale < 0 { decimal.with_scale(0) } else { decimal };
    // What is read must be read again when it was printed, so the printed text is bounded too.
    (decimal.to_plain_string().len() <= LONGEST).then_some(Value::Decimal(decimal))
}

/// A day, also when a time follows it: JavaScript's date pickers send instants.
fn date(text: &str) -> Option<NaiveDate> {
    text.parse().ok().or_else(|| date_time(text).map(|at| at.date()))
}

fn time(text: &str) -> Option<NaiveTime> {
    ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|format| NaiveTime::parse_from_str(text, format).ok())
}

fn date_time(text: &str) -> Option<NaiveDateTime> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.naive_utc());
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0))
}

/// A text without a zone is read as UTC.
fn timestamp(text: &str) -> Option<DateTime<Utc>> {
    ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"]
        .iter()
        .find_map(|format| DateTime::parse_from_str(text, format).ok())
        .map(|at| at.to_utc())
        .or_else(|| date_time(text).map(|at| at.and_utc()))
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    let payload = match text.strip_prefix("data:") {
        Some(uri) => uri.split_once("base64,")?.1,
        None => text,
    };
    BASE64.decode(payload).ok()
}

/// The first characters of a value, quoted, for an error message.
pub(crate) fn shorten(json: &Json) -> String {
    const LONGEST: usize = 40;
    let text = match json {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("“{short}”")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn decimals_keep_every_digit() {
        let text = "12345678901234567890.1234567890";
        let value = Value::from_json(&json!(text), &ColumnType::Decimal).unwrap();
        assert_eq!(value.to_text(), text);
        assert_eq!(value.to_json(), json!(text));
    }

    #[test]
    fn integers_accept_what_javascript_prints_and_nothing_lossy() {
        assert_eq!(Value::from_json(&json!(3.0), &ColumnType::Integer), Ok(Value::Int(3)));
        assert_eq!(Value::from_json(&json!("42"), &ColumnType::Integer), Ok(Value::Int(42)));
        assert_eq!(Value::from_json(&json!(3.5), &ColumnType::Integer), Err("“3.5” is not a whole number.".to_owned()));
        let huge = Value::parse("18446744073709551615", &ColumnType::Integer).unwrap();
        assert_eq!(huge.to_text(), "18446744073709551615");
    }

    #[test]
    fn a_number_with_a_monstrous_exponent_is_refused() {
        assert_eq!(Value::parse("1e999999999", &ColumnType::Decimal), None);
        assert_eq!(Value::parse("1e-999999999", &ColumnType::Integer), None);
    }

    #[test]
    fn wrong_values_say_what_was_expected() {
        for (json, column) in [
            (json!("tomorrow"), ColumnType::Date),
            (json!("25:00"), ColumnType::Time),
            (json!("maybe"), ColumnType::Boolean),
            (json!(5), ColumnType::Uuid),
            (json!("purple"), ColumnType::Enum(vec!["red".into(), "green".into()])),
        ] {
            let message = Value::from_json(&json, &column).unwrap_err();
            assert!(message.starts_with('“') && message.contains(" is not "), "{message}");
        }
    }

    #[test]
    fn an_instant_with_a_zone_is_turned_into_utc() {
        let value = Value::parse("2024-03-10T12:00:00+02:00", &ColumnType::Timestamp).unwrap();
        assert_eq!(value.to_text(), "2024-03-10T10:00:00.000Z");
    }

    proptest! {
        #[test]
        fn reading_any_text_as_any_type_never_panics_and_reads_back(text in ".{0,40}") {
            for column in ColumnType::samples() {
                if let Some(value) = Value::parse(&text, &column) {
                    let again = Value::parse(&value.to_text(), &column);
                    prop_assert!(again.is_some(), "{column:?}: {text} -> {}", value.to_text());
                }
            }
        }
    }
}

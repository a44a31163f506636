//! One value of a record as agents print it.
//!
//! Not [`Value::to_json`], our canonical form: here decimals are numbers with
//! all their digits, and times without a zone are UTC, as Forest's clients expect.

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Datelike as _, NaiveDateTime, Timelike as _, Utc};
use levers_model::Value;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Serializes a value without building JSON first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WireValue<'a>(pub &'a Value);

impl Serialize for WireValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(bool) => serializer.serialize_bool(*bool),
            Value::Int(int) => serializer.serialize_i64(*int),
            Value::Float(float) => serializer.serialize_f64(*float),
            Value::Decimal(decimal) => {
                RawValue::from_string(decimal.to_plain_string()).map_err(S::Error::custom)?.serialize(serializer)
            }
            Value::Text(text) => serializer.serialize_str(text),
            Value::Date(date) => serializer.collect_str(date),
            Value::DateTime(at) => serialize_instant(*at, serializer),
            Value::Timestamp(at) => serialize_instant(DateTime::<Utc>::naive_utc(at), serializer),
            Value::Uuid(uuid) => {
                serializer.serialize_str(uuid.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()))
            }
            Value::Json(json) => json.serialize(serializer),
            Value::Bytes(bytes) => serializer.collect_str(&format_args!(
                "data:application/octet-stream;base64,{}",
                Base64Display::new(bytes, &BASE64)
            )),
            Value::List(items) => serializer.collect_seq(items.iter().map(WireValue)),
            Value::Time(_) => serializer.serialize_str(&self.0.to_text()),
        }
    }
}

/// `2024-12-31T13:45:00.000Z`. Formatters read their pattern for each value, which is
/// most of the time that a list of dates takes; years of four digits need none.
fn serialize_instant<S: Serializer>(at: NaiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    let Some(year) = u32::try_from(at.year()).ok().filter(|year| *year <= 9999) else {
        return serializer.collect_str(&at.and_utc().format("%Y-%m-%dT%H:%M:%S%.3fZ"));
    };
    let mut text = *b"0000-00-00T00:00:00.000Z";
    let mut put = |position: usize, width: usize, mut number: u32| {
        for digit in text[position..position + width].iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
    };
    put(0, 4, year);
    put(5, 2, at.month());
    put(8, 2, at.day());
    put(11, 2, at.hour());
    put(14, 2, at.minute());
    put(17, 2, at.second());
    // A leap second has up to 1999 milliseconds; JavaScript knows none.
    put(20, 3, (at.nanosecond() / 1_000_000).min(999));
    serializer.serialize_str(std::str::from_utf8(&text).map_err(S::Error::custom)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use proptest::prelude::*;
    use serde_json::json;

    fn wire(value: impl Into<Value>) -> String {
        serde_json::to_string(&WireValue(&value.into())).unwrap()
    }

    #[test]
    fn every_value_has_its_spelling() {
        let at = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap().and_hms_milli_opt(23, 5, 9, 7).unwrap();
        assert_eq!(wire(Value::Null), "null");
        assert_eq!(wire(true), "true");
        assert_eq!(wire(9_007_199_254_740_993_i64), "9007199254740993");
        assert_eq!(wire(0.5), "0.5");
        assert_eq!(wire(f64::NAN), "null");
        for digits in ["0.99", "1234567890123456789.12345", "-0.10", "1000"] {
            assert_eq!(wire(Value::Decimal(digits.parse().unwrap())), digits);
        }
        assert_eq!(wire("é\""), "\"é\\\"\"");
        assert_eq!(wire(at.date()), "\"2024-02-29\"");
        assert_eq!(wire(at.time()), "\"23:05:09.007\"");
        assert_eq!(wire(at), "\"2024-02-29T23:05:09.007Z\"");
        assert_eq!(wire(at.and_utc()), "\"2024-02-29T23:05:09.007Z\"");
        assert_eq!(wire(uuid::Uuid::from_u128(7)), "\"00000000-0000-0000-0000-000000000007\"");
        assert_eq!(wire(json!({ "a": [1] })), "{\"a\":[1]}");
        assert_eq!(wire(b"hi".to_vec()), "\"data:application/octet-stream;base64,aGk=\"");
        assert_eq!(wire(Value::List(vec![1_i64.into(), Value::Null])), "[1,null]");
    }

    proptest! {
        #[test]
        fn instants_print_as_chrono_prints_them(seconds in -100_000_000_000_i64..300_000_000_000, nanos in 0_u32..1_000_000_000) {
            let at = DateTime::from_timestamp(seconds, nanos).unwrap();
            let expected = at.format("\"%Y-%m-%dT%H:%M:%S%.3fZ\"").to_string();
            prop_assert_eq!(wire(at), expected);
        }
    }
}

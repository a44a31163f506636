//! Points in time in the spellings that databases and their libraries write,
//! read without an interpreter of formats: a list has hundreds of them, an
//! export millions.
//!
//! Other spellings are left to [`levers_model::Value::parse`], which takes many
//! and half a microsecond more.

use chrono::{Duration, NaiveDate, NaiveDateTime, NaiveTime};

/// Reads `2024-03-31`.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text.as_bytes() else { return None };
    let year = number(&[*y0, *y1, *y2, *y3])?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, number(&[*m0, *m1])?, number(&[*d0, *d1])?)
}

/// Reads `2024-03-31 10:00:00` or, with a T between, the same; with a fraction or
/// without; with `Z` or an offset, before which there may be a space, or without.
pub(super) fn date_time(text: &str) -> Option<NaiveDateTime> {
    let (day, rest) = text.split_at_checked(10)?;
    let (time, rest) = rest.split_at_checked(9)?;
    let [b' ' | b'T', h0, h1, b':', m0, m1, b':', s0, s1] = time.as_bytes() else { return None };
    let (nanos, zone) = match rest.strip_prefix('.') {
        Some(rest) => fraction(rest)?,
        None => (0, rest),
    };
    let time = NaiveTime::from_hms_nano_opt(number(&[*h0, *h1])?, number(&[*m0, *m1])?, number(&[*s0, *s1])?, nanos)?;
    date(day)?.and_time(time).checked_sub_signed(Duration::minutes(offset(zone)?))
}

/// The nanoseconds at the start, and what follows them.
fn fraction(text: &str) -> Option<(u32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(length);
    let missing = 9_u32.checked_sub(u32::try_from(length).ok()?).filter(|_| length > 0)?;
    Some((number(digits.as_bytes())? * 10_u32.pow(missing), rest))
}

/// Minutes that a zone is ahead of UTC, as which no zone counts.
fn offset(zone: &str) -> Option<i64> {
    match zone.strip_prefix(' ').unwrap_or(zone).as_bytes() {
        [] if zone.is_empty() => Some(0),
        b"Z" => Some(0),
        [sign @ (b'+' | b'-'), h0, h1, b':', m0, m1] => {
            let (hours, minutes) = (number(&[*h0, *h1])?, number(&[*m0, *m1])?);
            let ahead = i64::from(hours * 60 + minutes);
            (hours < 24 && minutes < 60).then_some(if *sign == b'-' { -ahead } else { ahead })
        }
        _ => None,
    }
}

/// At most nine digits as a number.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use levers_model::{ColumnType, Value};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_read_is_what_the_long_way_reads(
            text in "[0-2][0-9]{3}-[01][0-9]-[0-3][0-9][ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,10})?(Z|[+-][0-2][0-9]:[0-6][0-9])?"
        ) {
            if let Some(at) = date_time(&text) {
                prop_assert_eq!(Value::parse(&text, &ColumnType::DateTime), Some(Value::DateTime(at)));
                prop_assert_eq!(Value::parse(&text, &ColumnType::Timestamp), Some(Value::Timestamp(at.and_utc())));
            }
            if let Some(day) = date(&text[..10]) {
                prop_assert_eq!(Value::parse(&text[..10], &ColumnType::Date), Some(Value::Date(day)));
            }
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,30}|[0-9é]{8,12}[ T.:+-][0-9:.é]{0,20}") {
            let _ = (date(&text), date_time(&text));
        }
    }

    #[test]
    fn common_spellings_are_read() {
        for text in [
            "2024-03-31 10:00:00.5",
            "2024-03-31T10:00:00.500Z",
            "2024-03-31 12:00:00.500 +02:00",
            "2024-03-31 10:00:00.5 Z",
        ] {
            assert_eq!(date_time(text).unwrap().to_string(), "2024-03-31 10:00:00.500", "{text}");
        }
        for text in
            ["2024-03-31", "2024-02-30 10:00:00", "2024-03-31 10:00:00 ", "2024-03-31 10:00:00.", "2024-03-31 24:00:00"]
        {
            assert_eq!(date_time(text), None, "{text}");
        }
    }
}

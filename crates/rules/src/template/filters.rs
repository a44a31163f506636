//! The filters of templates.
//!
//! They take whatever stands before them as it would be written, and never fail: a value
//! that a filter cannot work with is left as it is, because a text with an odd value in
//! it says more than an error. Rejected: the engine's own filters, which fail on null.

use bigdecimal::{BigDecimal, RoundingMode};
use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, NaiveDate, Utc};
use minijinja::{Environment, Value};

use crate::template::values::{Exact, joined, number, text};

/// A filter, and how many values stand in its brackets.
pub(super) struct Filter {
    pub(super) name: &'static str,
    pub(super) fewest: usize,
    pub(super) most: usize,
}

const fn filter(name: &'static str, fewest: usize, most: usize) -> Filter {
    Filter { name, fewest, most }
}

/// The filters that templates may use.
pub(super) const FILTERS: &[Filter] = &[
    filter("upper", 0, 0),
    filter("lower", 0, 0),
    filter("title", 0, 0),
    filter("capitalize", 0, 0),
    filter("trim", 0, 0),
    filter("truncate", 1, 1),
    filter("default", 1, 1),
    filter("join", 0, 1),
    filter("length", 0, 0),
    filter("first", 0, 0),
    filter("last", 0, 0),
    filter("round", 0, 1),
    filter("date", 1, 2),
];

/// The tests that templates may use, as in `record.name is none`.
pub(super) const TESTS: [&str; 2] = ["none", "defined"];

/// The filter that the check puts behind a number that is computed with.
pub(super) const NUMBER: &str = "number";

/// The filter that the check puts behind what `~` joins.
pub(super) const WRITTEN: &str = "written";

/// Gives the engine our filters.
pub(super) fn register(environment: &mut Environment<'static>) {
    environment.add_filter("upper", |value: &Value| text(value).to_uppercase());
    environment.add_filter("lower", |value: &Value| text(value).to_lowercase());
    environment.add_filter("title", |value: &Value| title(&text(value)));
    environment.add_filter("capitalize", |value: &Value| capitalized(&text(value)));
    environment.add_filter("trim", |value: &Value| text(value).trim().to_owned());
    environment.add_filter("truncate", |value: &Value, longest: usize| truncated(&text(value), longest));
    environment.add_filter("default", |value: Value, other: Value| if text(&value).is_empty() { other } else { value });
    environment.add_filter("join", |value: &Value, between: Option<String>| {
        // A text is no list; joining its letters would only make it longer.
        if value.as_str().is_some() { text(value) } else { joined(value, &between.unwrap_or_default()) }
    });
    environment.add_filter("length", |value: &Value| {
        value.as_str().map_or_else(|| value.len().unwrap_or_default(), |text| text.chars().count())
    });
    environment.add_filter("first", |value: &Value| item(value, true));
    environment.add_filter("last", |value: &Value| item(value, false));
    environment.add_filter("round", |value: Value, digits: Option<i64>| rounded(value, digits.unwrap_or_default()));
    environment.add_filter("date", |value: &Value, format: String, zone: Option<String>| {
        dated(&text(value), &format, zone.as_deref()).unwrap_or_else(|| text(value))
    });
    environment.add_filter(WRITTEN, |value: &Value| text(value));
    environment.add_test("none", is_missing);
    environment.add_test("defined", |value: &Value| !is_missing(value));
    environment.add_filter(NUMBER, |value: Value| number(&value).map_or(value, Value::from));
}

fn is_missing(value: &Value) -> bool {
    value.is_none() || value.is_undefined()
}

/// Whether a date can be written like this.
pub(super) fn is_format(format: &str) -> bool {
    !StrftimeItems::new(format).any(|item| matches!(item, Item::Error))
}

fn title(text: &str) -> String {
    text.split_inclusive(char::is_whitespace).map(capitalized).collect()
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.flat_map(char::to_lowercase)).collect()
}

fn truncated(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn item(value: &Value, first: bool) -> Value {
    let Some(length) = value.len().filter(|length| *length > 0) else { return Value::from(()) };
    match value.as_str() {
        Some(text) => {
            let letter = if first { text.chars().next() } else { text.chars().next_back() };
            letter.map_or_else(|| Value::from(()), |letter| Value::from(letter.to_string()))
        }
        None => value.get_item_by_index(if first { 0 } else { length - 1 }).unwrap_or_else(|_| Value::from(())),
    }
}

/// Half away from zero, as people round; with as many digits as were asked for.
fn rounded(value: Value, digits: i64) -> Value {
    let decimal = match value.downcast_object_ref::<Exact>() {
        Some(Exact(decimal)) => Some(decimal.clone()),
        None => number(&value).and_then(|float| float.to_string().parse::<BigDecimal>().ok()),
    };
    match decimal {
        Some(decimal) => Value::from_object(Exact(decimal.with_scale_round(digits.clamp(0, 30), RoundingMode::HalfUp))),
        None => value,
    }
}

/// An instant or a day in another form, in a time zone of one's own.
fn dated(text: &str, format: &str, zone: Option<&str>) -> Option<String> {
    if !is_format(format) {
        return None;
    }
    let zone: chrono_tz::Tz = zone.unwrap_or("UTC").parse().ok()?;
    if let Ok(at) = text.parse::<DateTime<Utc>>() {
        return Some(at.with_timezone(&zone).format(format).to_string());
    }
    // A day is the same day in every zone.
    let day: NaiveDate = text.parse().ok()?;
    Some(day.and_hms_opt(0, 0, 0)?.and_utc().format(format).to_string())
}

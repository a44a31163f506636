//! Facts as values of templates, and how those are written.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use bigdecimal::BigDecimal;
use minijinja::value::{Object, ObjectRepr, Value, ValueKind};
use minijinja::{Error, HtmlEscape, Output};
use serde_json::Value as Json;

use crate::bind;
use crate::facts::{Fact, Facts, MOST_ITEMS, instant};
use crate::template::Escape;

/// A decimal that is written with all its digits. Where a template computes or compares,
/// the check puts the filter `number` behind it.
#[derive(Debug)]
pub(super) struct Exact(pub(super) BigDecimal);

impl Object for Exact {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        self.0 != BigDecimal::default()
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_plain_string())
    }
}

/// What a template reads, for the engine.
pub(super) fn context(facts: &Facts, reads: &BTreeSet<Vec<String>>) -> Value {
    value(Fact::Object(facts.pick(reads)))
}

fn value(fact: Fact) -> Value {
    match fact {
        Fact::Unknown => Value::UNDEFINED,
        Fact::Null => Value::from(()),
        Fact::Bool(bool) => Value::from(bool),
        Fact::Int(int) => Value::from(int),
        Fact::Float(float) => Value::from(float),
        Fact::Decimal(decimal) => Value::from_object(Exact(decimal)),
        Fact::Text(text) => Value::from(text),
        Fact::Timestamp(at) => Value::from(instant(&at)),
        Fact::Bytes(bytes) => Value::from_bytes(bytes),
        Fact::List(items) => items.into_iter().map(value).collect(),
        Fact::Object(members) => Value::from_pairs(members.into_iter().map(|(name, member)| (name, value(member)))),
    }
}

/// Writes a value into the template's text.
pub(super) fn write(output: &mut Output<'_>, value: &Value, escape: Escape) -> Result<(), Error> {
    let text = text(value);
    match escape {
        Escape::Text => output.write_str(&text)?,
        Escape::Html => write!(output, "{}", HtmlEscape(&text))?,
        Escape::Json => {
            let quoted = Json::from(text).to_string();
            output.write_str(quoted.get(1..quoted.len() - 1).unwrap_or_default())?;
        }
    }
    Ok(())
}

/// A value as people write it: nothing for null, 5 rather than 5.0, a list with commas.
pub(super) fn text(value: &Value) -> String {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => String::new(),
        ValueKind::Number if !value.is_integer() => match f64::try_from(value.clone()).ok().and_then(bind::number) {
            Some(number) => number.to_string(),
            None => String::new(),
        },
        ValueKind::Seq | ValueKind::Iterable => joined(value, ", "),
        ValueKind::Bool => value.is_true().to_string(),
        ValueKind::Map => json(value).to_string(),
        _ => value.to_string(),
    }
}

/// An object within JSON, as JSON.
fn json(value: &Value) -> Json {
    match value.kind() {
        ValueKind::Undefined | ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => number(value).and_then(bind::number).unwrap_or(Json::Null),
        ValueKind::Seq => value.try_iter().into_iter().flatten().map(|item| json(&item)).collect(),
        ValueKind::Map => {
            let names = value.try_iter().into_iter().flatten();
            names
                .map(|name| (name.to_string(), value.get_item(&name).map_or(Json::Null, |member| json(&member))))
                .collect()
        }
        _ => Json::String(value.to_string()),
    }
}

/// The items of a list, with something between them.
pub(super) fn joined(list: &Value, between: &str) -> String {
    let mut text = String::new();
    for (index, item) in list.try_iter().into_iter().flatten().take(MOST_ITEMS).enumerate() {
        if index > 0 {
            text.push_str(between);
        }
        text.push_str(&self::text(&item));
    }
    text
}

/// The number that a value is, if it is one.
pub(super) fn number(value: &Value) -> Option<f64> {
    match value.downcast_object_ref::<Exact>() {
        Some(Exact(decimal)) => levers_model::Value::Decimal(decimal.clone()).as_f64(),
        None if value.is_number() => f64::try_from(value.clone()).ok(),
        None => None,
    }
}

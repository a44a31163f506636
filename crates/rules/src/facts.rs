//! The values over which rules and templates are evaluated.
//!
//! A fact is made to fit the [`Type`] that the scope gives it: a form's `5` is a double
//! where the field is a number and an int where it is a whole number, a decimal that came
//! as text keeps its digits, and everything that the scope declares is there, null when
//! nobody said what it is. So what the checker promised holds when the rule is evaluated.
//!
//! Rejected: handing JSON to the evaluator as it comes. CEL's int and double do not add,
//! and which one a JSON `5` is depends on who wrote it.

use std::collections::BTreeSet;
use std::sync::Arc;

use bigdecimal::BigDecimal;
use chrono::{DateTime, SecondsFormat, Utc};
use indexmap::IndexMap;
use levers_model::{ColumnType, Record, Value};
use serde_json::Value as Json;

use crate::types::{Scope, Type};

/// The longest list that a rule or template looks at.
pub(crate) const MOST_ITEMS: usize = 500;
/// The longest text, in bytes.
pub(crate) const LONGEST_TEXT: usize = 64 * 1024;
/// How deep lists, objects and JSON nest.
const DEEPEST: usize = 32;

/// What rules and templates know when they are evaluated: a value for each variable of a [`Scope`].
///
/// Whatever is not set is null. A value that does not fit its type, or is too long (64 KB
/// of text, 500 items), is not known: rules that read it cannot be computed.
///
/// ```
/// # use std::sync::Arc;
/// # use indexmap::IndexMap;
/// # use levers_rules::{Facts, Rule, Scope, Type};
/// let scope = Arc::new(Scope { variables: IndexMap::from([("count".to_owned(), Type::Int)]) });
/// let mut facts = Facts::new(&scope);
/// facts.set("count", &5_i64.into());
/// assert_eq!(Rule::compile("count * 2", &scope, &Type::Int).unwrap().compute(&facts), Some(10.into()));
/// ```
#[derive(Debug, Clone)]
pub struct Facts {
    scope: Arc<Scope>,
    known: IndexMap<String, Fact>,
}

/// One value, of the type that the scope promised.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fact {
    /// Something is there that nobody can compute with: of a wrong type, or too long.
    Unknown,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Decimal(BigDecimal),
    Text(String),
    Timestamp(DateTime<Utc>),
    Bytes(Vec<u8>),
    List(Vec<Fact>),
    Object(IndexMap<String, Fact>),
}

impl Facts {
    /// Facts about this scope, all null.
    pub fn new(scope: &Arc<Scope>) -> Self {
        Self { scope: Arc::clone(scope), known: nulls(&scope.variables, DEEPEST) }
    }

    /// Sets a variable. One that the scope does not declare is ignored, because nothing can read it.
    pub fn set(&mut self, variable: &str, value: &Value) {
        self.put(variable, |wanted| of_value(value, wanted, DEEPEST));
    }

    /// Sets a variable from JSON, read as the scope types it.
    pub fn set_json(&mut self, variable: &str, json: &Json) {
        self.put(variable, |wanted| of_json(json, wanted, DEEPEST));
    }

    /// Sets a variable to an object of named values.
    pub fn set_object<'a>(&mut self, variable: &str, members: impl IntoIterator<Item = (&'a str, &'a Value)>) {
        self.put(variable, |wanted| {
            let Type::Object(types) = wanted else { return Fact::Unknown };
            let mut object = nulls(types, DEEPEST);
            for (name, value) in members {
                if let Some(wanted) = types.get(name) {
                    object.insert(name.to_owned(), of_value(value, wanted, DEEPEST));
                }
            }
            Fact::Object(object)
        });
    }

    /// Sets a variable to a record; columns of related records stand in an object of the relation's name.
    pub fn set_record(&mut self, variable: &str, record: &Record) {
        self.put(variable, |wanted| {
            let mut root = null(wanted, DEEPEST);
            for (path, value) in record.iter() {
                let mut place = Some((&mut root, wanted));
                for step in path.relations().chain(std::iter::once(path.column())) {
                    place = place.and_then(|(fact, wanted)| match (fact, wanted) {
                        (Fact::Object(members), Type::Object(types)) => members.get_mut(step).zip(types.get(step)),
                        _ => None,
                    });
                }
                if let Some((fact, wanted)) = place {
                    *fact = of_value(value, wanted, DEEPEST);
                }
            }
            root
        });
    }

    /// Makes a variable not known: rules that read it cannot be computed.
    pub fn forget(&mut self, variable: &str) {
        self.put(variable, |_| Fact::Unknown);
    }

    fn put(&mut self, variable: &str, fact: impl FnOnce(&Type) -> Fact) {
        if let Some(wanted) = self.scope.variables.get(variable) {
            let fact = fact(wanted);
            self.known.insert(variable.to_owned(), fact);
        }
    }

    /// What these paths read: each variable, of an object only the members that are read.
    pub(crate) fn pick(&self, reads: &BTreeSet<Vec<String>>) -> IndexMap<String, Fact> {
        let paths: Vec<&[String]> = reads.iter().map(Vec::as_slice).collect();
        picked(&self.known, &paths)
    }
}

fn picked(members: &IndexMap<String, Fact>, paths: &[&[String]]) -> IndexMap<String, Fact> {
    let mut picked = IndexMap::new();
    for (name, fact) in members {
        let deeper: Vec<&[String]> = paths
            .iter()
            .filter_map(|path| path.split_first().filter(|(first, _)| *first == name).map(|(_, rest)| rest))
            .collect();
        if deeper.is_empty() {
            continue;
        }
        let fact = match fact {
            Fact::Object(members) if deeper.iter().all(|rest| !rest.is_empty()) => {
                Fact::Object(self::picked(members, &deeper))
            }
            fact => fact.clone(),
        };
        picked.insert(name.clone(), fact);
    }
    picked
}

/// The fact of this type of which nothing is known yet.
fn null(wanted: &Type, depth: usize) -> Fact {
    match wanted {
        Type::Object(types) => Fact::Object(nulls(types, depth)),
        _ => Fact::Null,
    }
}

fn nulls(types: &IndexMap<String, Type>, depth: usize) -> IndexMap<String, Fact> {
    match depth.checked_sub(1) {
        Some(depth) => types.iter().map(|(name, wanted)| (name.clone(), null(wanted, depth))).collect(),
        None => IndexMap::new(),
    }
}

fn text(text: &str) -> Fact {
    if text.len() > LONGEST_TEXT { Fact::Unknown } else { Fact::Text(text.to_owned()) }
}

fn list<T>(items: &[T], fact: impl FnMut(&T) -> Fact) -> Fact {
    if items.len() > MOST_ITEMS { Fact::Unknown } else { Fact::List(items.iter().map(fact).collect()) }
}

/// The fact that a value of a database or form is.
fn of_value(value: &Value, wanted: &Type, depth: usize) -> Fact {
    let Some(deeper) = depth.checked_sub(1) else { return Fact::Unknown };
    match (value, wanted) {
        (Value::Null, wanted) => null(wanted, depth),
        (Value::Bool(bool), Type::Bool | Type::Json) => Fact::Bool(*bool),
        (Value::Int(int), Type::Int) => Fact::Int(*int),
        (Value::Int(_) | Value::Decimal(_), Type::Json) => value.as_f64().map_or(Fact::Unknown, Fact::Float),
        (Value::Int(int), Type::Bool) if matches!(int, 0 | 1) => Fact::Bool(*int == 1),
        (Value::Int(int), Type::Float) => Fact::Decimal(BigDecimal::from(*int)),
        (Value::Decimal(_), Type::Int) => value.as_i64().map_or(Fact::Unknown, Fact::Int),
        (Value::Float(float), Type::Float | Type::Json) if float.is_finite() => Fact::Float(*float),
        (Value::Decimal(decimal), Type::Float) => Fact::Decimal(decimal.clone()),
        (Value::Timestamp(at), Type::Timestamp | Type::Json) => Fact::Timestamp(*at),
        (Value::DateTime(at), Type::Timestamp | Type::Json) => Fact::Timestamp(at.and_utc()),
        (Value::Bytes(bytes), Type::Bytes) if bytes.len() <= LONGEST_TEXT => Fact::Bytes(bytes.clone()),
        (Value::Json(json), wanted) => of_json(json, wanted, deeper),
        (Value::List(items), Type::List(item)) => list(items, |value| of_value(value, item, deeper)),
        (Value::List(items), Type::Json) => list(items, |value| of_value(value, &Type::Json, deeper)),
        (Value::Text(value), wanted) => of_json(&Json::String(value.clone()), wanted, deeper),
        (Value::Date(_), Type::Date | Type::Text | Type::Json)
        | (Value::Time(_) | Value::Uuid(_), Type::Text | Type::Json)
        | (
            Value::Int(_) | Value::Float(_) | Value::Decimal(_) | Value::Timestamp(_) | Value::DateTime(_),
            Type::Text,
        ) => text(&value.to_text()),
        (
            Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Decimal(_)
            | Value::Date(_)
            | Value::Time(_)
            | Value::DateTime(_)
            | Value::Timestamp(_)
            | Value::Uuid(_)
            | Value::Bytes(_)
            | Value::List(_),
            _,
        ) => Fact::Unknown,
    }
}

/// The fact that JSON is. Texts are parsed where another type is wanted, as forms send them.
fn of_json(json: &Json, wanted: &Type, depth: usize) -> Fact {
    let Some(deeper) = depth.checked_sub(1) else { return Fact::Unknown };
    let parsed = |column: ColumnType| match Value::from_json(json, &column) {
        // What a text is read as is never a text again, so this ends.
        Ok(Value::Text(_) | Value::Json(_)) | Err(_) => Fact::Unknown,
        Ok(value) => of_value(&value, wanted, deeper),
    };
    match (wanted, json) {
        (wanted, Json::Null) => null(wanted, depth),
        (Type::Text, Json::String(value)) => text(value),
        (Type::Text, Json::Number(number)) => Fact::Text(number.to_string()),
        (Type::Bool, Json::Bool(bool)) => Fact::Bool(*bool),
        (Type::Int, Json::Number(number)) if number.is_i64() => number.as_i64().map_or(Fact::Unknown, Fact::Int),
        (Type::Float, Json::Number(number)) => match number.as_i64() {
            Some(int) => Fact::Decimal(BigDecimal::from(int)),
            None => number.as_f64().map_or(Fact::Unknown, Fact::Float),
        },
        (Type::Float, Json::String(value)) if value.trim().is_empty() => Fact::Null,
        (Type::Bool, _) => parsed(ColumnType::Boolean),
        (Type::Int, Json::Number(_) | Json::String(_)) => parsed(ColumnType::Integer),
        (Type::Float, Json::String(_)) => parsed(ColumnType::Decimal),
        (Type::Timestamp, Json::String(_)) => parsed(ColumnType::Timestamp),
        (Type::Date, Json::String(_)) => parsed(ColumnType::Date),
        (Type::Bytes, Json::String(_)) => parsed(ColumnType::Binary),
        (Type::List(item), Json::Array(items)) => list(items, |json| of_json(json, item, deeper)),
        (Type::Object(types), Json::Object(members)) => Fact::Object(
            types
                .iter()
                .map(|(name, wanted)| (name.clone(), of_json(members.get(name).unwrap_or(&Json::Null), wanted, deeper)))
                .collect(),
        ),
        (Type::Json, json) => of_any_json(json, deeper),
        (
            Type::Text
            | Type::Int
            | Type::Float
            | Type::Timestamp
            | Type::Date
            | Type::Bytes
            | Type::List(_)
            | Type::Object(_),
            _,
        ) => Fact::Unknown,
    }
}

/// JSON of no declared type. All its numbers are doubles, as JavaScript has them.
fn of_any_json(json: &Json, depth: usize) -> Fact {
    let Some(depth) = depth.checked_sub(1) else { return Fact::Unknown };
    match json {
        Json::Null => Fact::Null,
        Json::Bool(bool) => Fact::Bool(*bool),
        Json::Number(number) => number.as_f64().map_or(Fact::Unknown, Fact::Float),
        Json::String(value) => text(value),
        Json::Array(items) => list(items, |json| of_any_json(json, depth)),
        Json::Object(members) if members.len() > MOST_ITEMS => Fact::Unknown,
        Json::Object(members) => {
            Fact::Object(members.iter().map(|(name, json)| (name.clone(), of_any_json(json, depth))).collect())
        }
    }
}

/// An instant as people's files have it: ISO 8601 in UTC, with a fraction only when there is one.
pub(crate) fn instant(at: &DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fact(value: impl Into<Value>, wanted: &Type) -> Fact {
        of_value(&value.into(), wanted, DEEPEST)
    }

    #[test]
    fn a_number_is_what_its_type_says() {
        assert_eq!(of_json(&json!(5), &Type::Int, DEEPEST), Fact::Int(5));
        assert_eq!(of_json(&json!(5), &Type::Float, DEEPEST), Fact::Decimal(5.into()));
        assert_eq!(of_json(&json!(5.0), &Type::Int, DEEPEST), Fact::Int(5));
        assert_eq!(of_json(&json!("12.50"), &Type::Float, DEEPEST), Fact::Decimal("12.50".parse().unwrap()));
        assert_eq!(of_json(&json!(""), &Type::Float, DEEPEST), Fact::Null);
        assert_eq!(of_json(&json!(5), &Type::Json, DEEPEST), Fact::Float(5.0));
        assert_eq!(fact(5_i64, &Type::Float), Fact::Decimal(5.into()));
        assert_eq!(fact(f64::NAN, &Type::Float), Fact::Unknown);
    }

    #[test]
    fn what_does_not_fit_is_not_known_and_what_is_missing_is_null() {
        assert_eq!(of_json(&json!("five"), &Type::Int, DEEPEST), Fact::Unknown);
        assert_eq!(of_json(&json!([1]), &Type::Text, DEEPEST), Fact::Unknown);
        assert_eq!(of_json(&json!("x"), &Type::List(Box::new(Type::Text)), DEEPEST), Fact::Unknown);
        assert_eq!(fact(true, &Type::Text), Fact::Unknown);
        let object = Type::Object(IndexMap::from([("name".to_owned(), Type::Text)]));
        let empty = Fact::Object(IndexMap::from([("name".to_owned(), Fact::Null)]));
        assert_eq!(of_json(&json!({"other": 1}), &object, DEEPEST), empty);
        assert_eq!(of_json(&Json::Null, &object, DEEPEST), empty);
    }

    #[test]
    fn every_column_s_values_are_known() {
        for column in ColumnType::samples() {
            let text = match &column {
                ColumnType::Boolean => "true",
                ColumnType::Integer | ColumnType::Float | ColumnType::Decimal | ColumnType::Json => "1",
                ColumnType::Text => "x",
                ColumnType::Date => "2024-12-31",
                ColumnType::Time => "13:45:00",
                ColumnType::DateTime | ColumnType::Timestamp => "2024-12-31T13:45:00",
                ColumnType::Uuid => "67e55044-10b1-426f-9247-bb680e5fe0c8",
                ColumnType::Binary => "eA==",
                ColumnType::Enum(values) => values.first().unwrap(),
                ColumnType::List(_) => "[]",
            };
            let value = Value::parse(text, &column).unwrap();
            let found = fact(value, &Type::of_column(&column));
            assert!(!matches!(found, Fact::Unknown | Fact::Null), "{column:?}: {found:?}");
        }
    }

    #[test]
    fn only_what_is_read_is_picked() {
        let inner = Type::Object(IndexMap::from([("a".to_owned(), Type::Int), ("b".to_owned(), Type::Int)]));
        let scope =
            Arc::new(Scope { variables: IndexMap::from([("x".to_owned(), inner), ("y".to_owned(), Type::Int)]) });
        let mut facts = Facts::new(&scope);
        facts.set_object("x", [("a", &Value::Int(1)), ("nothing", &Value::Int(2))]);
        let picked = facts.pick(&BTreeSet::from([vec!["x".to_owned(), "a".to_owned()]]));
        let a = Fact::Object(IndexMap::from([("a".to_owned(), Fact::Int(1))]));
        assert_eq!(picked, IndexMap::from([("x".to_owned(), a)]));
        let whole = facts.pick(&BTreeSet::from([vec!["x".to_owned()], vec!["x".to_owned(), "a".to_owned()]]));
        assert_eq!(whole["x"], facts.known["x"]);
        facts.forget("x");
        assert_eq!(facts.pick(&BTreeSet::from([vec!["x".to_owned(), "a".to_owned()]]))["x"], Fact::Unknown);
    }
}

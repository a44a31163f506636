//! Facts as values of CEL, and values of CEL as JSON.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cel::Value as Cel;
use cel::objects::{Key, Opaque};
use levers_model::Value;
use serde_json::{Number, Value as Json};

use crate::facts::{Fact, instant};
use crate::types::Type;

/// Above this a double skips whole numbers, so it prints as a double.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// A value that is there, but that nobody can compute with. It differs from null and from
/// everything else, and no function takes it.
#[derive(Debug, PartialEq, Eq)]
struct Unknown;

impl Opaque for Unknown {
    fn runtime_type_name(&self) -> &'static str {
        "unknown"
    }
}

/// A fact as a value of CEL.
pub(crate) fn value(fact: Fact) -> Cel {
    match fact {
        Fact::Unknown => Cel::Opaque(Arc::new(Unknown)),
        Fact::Null => Cel::Null,
        Fact::Bool(bool) => Cel::Bool(bool),
        Fact::Int(int) => Cel::Int(int),
        Fact::Float(float) => Cel::Float(float),
        Fact::Decimal(decimal) => match Value::Decimal(decimal).as_f64() {
            Some(float) if float.is_finite() => Cel::Float(float),
            _ => Cel::Opaque(Arc::new(Unknown)),
        },
        Fact::Text(text) => Cel::String(Arc::new(text)),
        Fact::Timestamp(at) => Cel::Timestamp(at.fixed_offset()),
        Fact::Bytes(bytes) => Cel::Bytes(Arc::new(bytes)),
        Fact::List(items) => Cel::List(Arc::new(items.into_iter().map(value).collect())),
        Fact::Object(members) => {
            let members: HashMap<Key, Cel> =
                members.into_iter().map(|(name, member)| (Key::String(Arc::new(name)), value(member))).collect();
            Cel::Map(members.into())
        }
    }
}

/// A value of CEL as JSON of the wanted type; null is of every type.
pub(crate) fn to_json(value: &Cel, wanted: &Type) -> Option<Json> {
    match (value, wanted) {
        (Cel::Null, _) => Some(Json::Null),
        (Cel::Bool(bool), Type::Bool | Type::Json) => Some(Json::Bool(*bool)),
        (Cel::Int(int), Type::Int | Type::Float | Type::Json) => Some(Json::from(*int)),
        (Cel::Float(float), Type::Float | Type::Json) => number(*float),
        (Cel::Float(float), Type::Int) => number(*float).filter(Json::is_i64),
        (Cel::String(text), Type::Text | Type::Date | Type::Json) => Some(Json::from(text.as_str())),
        (Cel::Timestamp(at), Type::Timestamp | Type::Json) => Some(Json::from(instant(&at.to_utc()))),
        (Cel::Bytes(bytes), Type::Bytes | Type::Json) => Some(Value::Bytes(bytes.to_vec()).to_json()),
        (Cel::List(items), Type::List(item)) => items.iter().map(|value| to_json(value, item)).collect(),
        (Cel::List(items), Type::Json) => items.iter().map(|value| to_json(value, &Type::Json)).collect(),
        (Cel::Map(map), Type::Json) => {
            let members = map.map.iter().map(|(key, value)| Some((name(key)?, to_json(value, &Type::Json)?)));
            // The evaluator keeps no order, and the same rule gives the same text each time.
            let sorted: BTreeMap<String, Json> = members.collect::<Option<_>>()?;
            Some(sorted.into_iter().collect())
        }
        (Cel::Map(map), Type::Object(members)) => members
            .iter()
            .map(|(name, wanted)| {
                let member = map.map.get(&Key::String(Arc::new(name.clone()))).unwrap_or(&Cel::Null);
                Some((name.clone(), to_json(member, wanted)?))
            })
            .collect(),
        _ => None,
    }
}

fn name(key: &Key) -> Option<String> {
    match key {
        Key::String(name) => Some(name.to_string()),
        Key::Int(_) | Key::Uint(_) | Key::Bool(_) => None,
    }
}

/// A double as people and JavaScript write it: 5 rather than 5.0.
pub(crate) fn number(float: f64) -> Option<Json> {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and in range")]
    if float.fract() == 0.0 && float.abs() <= LARGEST_WHOLE {
        return Some(Json::from(float as i64));
    }
    Number::from_f64(float).map(Json::Number)
}

//! Reading a form's values as a struct. serde's errors do not say of which field
//! they speak, so the reader keeps count.

use std::collections::btree_map::Iter;
use std::fmt;

use levers_model::{FieldError, Values};
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value as Json;

use crate::error::{Error, Result};

/// Reads values as a struct; an error names the field.
pub(super) fn read<T: DeserializeOwned>(values: &Values) -> Result<T> {
    T::deserialize(Reader(values)).map_err(|wrong| match wrong.field {
        Some(field) => Error::invalid_fields(vec![FieldError::new(field, wrong.message)]),
        None => Error::invalid(format!("The form's values do not fit: {}.", wrong.message)),
    })
}

/// What serde says, with the field that it says it of.
#[derive(Debug)]
struct Wrong {
    field: Option<String>,
    message: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

impl serde::de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { field: None, message: message.to_string() }
    }
}

struct Reader<'de>(&'de Values);

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_map(Fields { left: self.0.iter(), at: None })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Fields<'de> {
    left: Iter<'de, String, Json>,
    at: Option<(&'de String, &'de Json)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        self.at = self.left.next();
        let Some((field, _)) = self.at else { return Ok(None) };
        seed.deserialize(BorrowedStrDeserializer::new(field)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let Some((field, value)) = self.at.take() else {
            return Err(serde::de::Error::custom("a value was read before its name"));
        };
        seed.deserialize(value).map_err(|error| Wrong { field: Some(field.clone()), message: in_words(value, &error) })
    }
}

/// The form knows numbers, a struct knows integers of some width; that difference
/// is the one which callers meet, so it gets words of its own.
fn in_words(value: &Json, error: &serde_json::Error) -> String {
    match value {
        Json::Number(number) if number.is_f64() => format!("{number} is not a whole number."),
        Json::Number(number) => format!("{number} is out of range."),
        _ => format!("The value does not fit: {error}."),
    }
}

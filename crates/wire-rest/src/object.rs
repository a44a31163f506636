//! Objects that are objects.
//!
//! Derived readers take a list for a struct as well, its items in the order of
//! the fields in our source, and call the struct by its name there when
//! something else comes. A body such as `[[["1"]], {}]` must not run an action.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A struct, read from a JSON object and from nothing else.
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OfMap(PhantomData))
    }
}

struct OfMap<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OfMap<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

/// Reads a field that holds an object.
pub(crate) fn one<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|object| object.0)
}

/// Reads a field that holds an object or null.
pub(crate) fn maybe<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Option::<Object<T>>::deserialize(deserializer).map(|object| object.map(|object| object.0))
}

/// Reads a field that holds a list of objects.
pub(crate) fn many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Vec::<Object<T>>::deserialize(deserializer).map(|objects| objects.into_iter().map(|object| object.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Inner {
        a: u8,
    }

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[serde(deserialize_with = "one")]
        one: Inner,
        #[serde(default, deserialize_with = "maybe")]
        maybe: Option<Inner>,
        #[serde(default, deserialize_with = "many")]
        many: Vec<Inner>,
    }

    fn read(text: &str) -> Result<Outer, String> {
        let read: Result<Object<Outer>, _> = serde_json::from_str(text);
        read.map(|object| object.0).map_err(|error| error.to_string())
    }

    #[test]
    fn objects_are_read() {
        let outer = read(r#"{ "one": { "a": 1 }, "maybe": { "a": 2 }, "many": [{ "a": 3 }] }"#).unwrap();
        assert_eq!((outer.one.a, outer.maybe.unwrap().a, outer.many[0].a), (1, 2, 3));
        let outer = read(r#"{ "one": { "a": 1 }, "maybe": null }"#).unwrap();
        assert!(outer.maybe.is_none() && outer.many.is_empty());
    }

    #[test]
    fn lists_and_scalars_are_no_objects() {
        for text in [
            "[[1]]",
            "null",
            r#""x""#,
            r#"{ "one": [1] }"#,
            r#"{ "one": { "a": 1 }, "maybe": [1] }"#,
            r#"{ "one": { "a": 1 }, "many": [[1]] }"#,
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains("expected an object"), "{text}: {error}");
        }
    }
}

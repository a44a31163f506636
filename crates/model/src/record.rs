//! Records and their identities.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::error::{Error, FieldError, Result};
use crate::query::FieldPath;
use crate::schema::Collection;
use crate::value::Value;

/// One record as a projection read it.
///
/// The columns are shared by all records of one answer, so a record costs its
/// values only. A path through a relation (`company:name`) is a column too.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    columns: Arc<[FieldPath]>,
    values: Vec<Value>,
}

impl Record {
    /// Pairs values with their columns; both have the same length and order.
    pub fn new(columns: Arc<[FieldPath]>, values: Vec<Value>) -> Self {
        debug_assert_eq!(columns.len(), values.len());
        Self { columns, values }
    }

    /// The value at this path, if the projection held it.
    pub fn get(&self, path: &str) -> Option<&Value> {
        self.columns.iter().position(|column| column.as_str() == path).and_then(|index| self.values.get(index))
    }

    /// The columns, in the projection's order.
    pub fn columns(&self) -> &Arc<[FieldPath]> {
        &self.columns
    }

    /// The values, in the columns' order.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// Pairs of column and value.
    pub fn iter(&self) -> impl Iterator<Item = (&FieldPath, &Value)> {
        self.columns.iter().zip(&self.values)
    }

    /// The record's identity.
    ///
    /// # Errors
    /// `Refused` when the collection has no key or the projection left it out.
    pub fn id(&self, collection: &Collection) -> Result<RecordId> {
        if collection.primary_key.is_empty() {
            return Err(Error::refused(format!(
                "Records of “{}” have no identity, because the table has no primary key.",
                collection.name
            )));
        }
        let values: Option<Vec<Value>> = collection.primary_key.iter().map(|key| self.get(key).cloned()).collect();
        values.map(RecordId).ok_or_else(|| Error::internal("a projection left the primary key out"))
    }

    /// Canonical JSON, relations nested (`{"company": {"name": …}}`).
    pub fn to_json(&self) -> Json {
        let mut root = serde_json::Map::new();
        for (path, value) in self.iter() {
            nested(&mut root, path).insert(path.column().to_owned(), value.to_json());
        }
        Json::Object(root)
    }
}

/// The object in which a path's column stands; made where it is missing.
fn nested<'a>(root: &'a mut serde_json::Map<String, Json>, path: &FieldPath) -> &'a mut serde_json::Map<String, Json> {
    path.relations().fold(root, |object, relation| {
        let entry = object.entry(relation.to_owned()).or_insert(Json::Null);
        if !entry.is_object() {
            *entry = Json::Object(serde_json::Map::new());
        }
        match entry {
            Json::Object(object) => object,
            _ => unreachable!("it was made an object just now"),
        }
    })
}

/// Serializes flat: paths as keys.
impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (path, value) in self.iter() {
            map.serialize_entry(path.as_str(), value)?;
        }
        map.end()
    }
}

/// New values by column, typed; what `create` and `update` of a source take.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patch(pub IndexMap<String, Value>);

impl Patch {
    /// Reads a JSON object against a collection's columns, in the object's order.
    ///
    /// # Errors
    /// `Invalid`, with one entry per field that is unknown, cannot be written, is
    /// null where it must not be, or has the wrong type.
    pub fn from_json(json: &Json, collection: &Collection) -> Result<Self> {
        let Json::Object(object) = json else {
            return Err(Error::invalid("The record must be a JSON object with a value for each field."));
        };
        Self::from_pairs(object, collection)
    }

    /// Reads pairs of column and JSON, in their order.
    ///
    /// # Errors
    /// Those of [`Patch::from_json`].
    pub fn from_pairs<'a>(
        pairs: impl IntoIterator<Item = (&'a String, &'a Json)>,
        collection: &Collection,
    ) -> Result<Self> {
        let mut patch = IndexMap::new();
        let mut errors = Vec::new();
        for (name, json) in pairs {
            match Self::field_from_json(name, json, collection) {
                Ok(value) => {
                    patch.insert(name.clone(), value);
                }
                Err(message) => errors.push(FieldError::new(name, message)),
            }
        }
        if errors.is_empty() { Ok(Self(patch)) } else { Err(Error::invalid_fields(errors)) }
    }

    fn field_from_json(name: &str, json: &Json, collection: &Collection) -> Result<Value, String> {
        let Some(column) = collection.column(name) else {
            return Err(format!("“{}” has no column of this name.", collection.name));
        };
        if column.read_only {
            return Err("This column cannot be written.".to_owned());
        }
        let value = Value::from_json(json, &column.column_type)?;
        match (&value, column.max_length) {
            (Value::Null, _) if !column.nullable && column.default.is_none() => Err("A value is required.".to_owned()),
            (Value::Text(text), Some(longest)) if text.chars().count() > longest as usize => {
                Err(format!("At most {longest} characters fit."))
            }
            _ => Ok(value),
        }
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Canonical JSON.
    pub fn to_json(&self) -> Json {
        Json::Object(self.0.iter().map(|(name, value)| (name.clone(), value.to_json())).collect())
    }
}

/// The values of a primary key, in key order.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordId(pub Vec<Value>);

impl RecordId {
    /// Reads an id as text: the key's values joined by `|`. A key of a single
    /// column takes the whole text, so it may hold a `|` itself.
    ///
    /// # Errors
    /// `Invalid` when the number of parts or a part's type is wrong; `Refused`
    /// when the collection has no key.
    pub fn parse(text: &str, collection: &Collection) -> Result<Self> {
        let keys = &collection.primary_key;
        if keys.is_empty() {
            return Err(Error::refused(format!("“{}” has no primary key.", collection.name)));
        }
        let parts: Vec<&str> = if keys.len() == 1 { vec![text] } else { text.split('|').collect() };
        if parts.len() != keys.len() {
            return Err(Error::invalid(format!(
                "Expected {} values, found {}: an id of “{}” is {}.",
                keys.len(),
                parts.len(),
                collection.name,
                keys.join("|")
            )));
        }
        let values = keys.iter().zip(parts).map(|(key, part)| {
            let column_type = collection.column(key).map(|column| &column.column_type);
            column_type
                .ok_or_else(|| Error::internal(format!("key column {key} is missing from {}", collection.name)))
                .and_then(|column_type| {
                    Value::parse(part, column_type).ok_or_else(|| {
                        Error::invalid(format!(
                            "The given value has a wrong type for \"{key}\": “{}” is not {}.",
                            part.chars().take(40).collect::<String>(),
                            column_type.in_words()
                        ))
                    })
                })
        });
        values.collect::<Result<_>>().map(Self)
    }
}

/// The packed form: the key's values joined by `|`.
impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("|")?;
            }
            f.write_str(&value.to_text())?;
        }
        Ok(())
    }
}

impl Serialize for RecordId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, ColumnType, FieldSchema};
    use serde_json::json;

    fn pairs() -> Collection {
        let key = |column_type| {
            FieldSchema::Column(Column { primary_key: true, nullable: false, ..Column::new(column_type) })
        };
        Collection {
            name: "pairs".into(),
            fields: [
                ("left".to_owned(), key(ColumnType::Integer)),
                ("right".to_owned(), key(ColumnType::Text)),
                (
                    "note".to_owned(),
                    FieldSchema::Column(Column { max_length: Some(3), ..Column::new(ColumnType::Text) }),
                ),
            ]
            .into_iter()
            .collect(),
            primary_key: vec!["left".into(), "right".into()],
            read_only: false,
        }
    }

    #[test]
    fn a_composite_id_packs_and_unpacks() {
        let id = RecordId::parse("1|x", &pairs()).unwrap();
        assert_eq!(id, RecordId(vec![Value::Int(1), Value::Text("x".into())]));
        assert_eq!(id.to_string(), "1|x");
    }

    #[test]
    fn wrong_ids_say_what_was_expected() {
        let message = |text| RecordId::parse(text, &pairs()).unwrap_err().to_string();
        insta::assert_snapshot!(message("1"), @"Expected 2 values, found 1: an id of “pairs” is left|right.");
        insta::assert_snapshot!(message("a|x"), @r#"The given value has a wrong type for "left": “a” is not a whole number."#);
    }

    #[test]
    fn a_patch_names_every_field_that_is_wrong() {
        let error = Patch::from_json(&json!({"left": "x", "note": "long", "other": 1}), &pairs()).unwrap_err();
        insta::assert_snapshot!(error, @"left: “x” is not a whole number. note: At most 3 characters fit. other: “pairs” has no column of this name.");
    }

    #[test]
    fn related_columns_nest() {
        let columns: Arc<[FieldPath]> = [FieldPath::from("id"), FieldPath::from("company:name")].into();
        let record = Record::new(columns, vec![Value::Int(1), Value::Text("Ada".into())]);
        assert_eq!(record.to_json(), json!({"id": 1, "company": {"name": "Ada"}}));
        assert_eq!(record.get("company:name").and_then(Value::as_str), Some("Ada"));
    }
}

// Included as it is by `crates/model/tests/seeds.rs` too.

use levers_model::query::search_condition;
use levers_model::{Collection, Column, ColumnType, Field, FieldSchema, FieldType, FileValue, Patch, RecordId, Value};
use serde_json::Value as Json;

/// A data URI is read or refused; what was read prints and reads back equal.
pub fn file_value(text: &str) {
    if let Ok(file) = FileValue::parse(text) {
        assert_eq!(FileValue::parse(&file.to_data_uri()), Ok(file));
    }
}

/// An id is read or refused with a message; what was read prints as an id again.
pub fn record_id(text: &str) {
    for collection in collections() {
        match RecordId::parse(text, &collection) {
            Ok(id) => {
                let packed = id.to_string();
                let again = RecordId::parse(&packed, &collection);
                let again = again.unwrap_or_else(|error| panic!("{:?} of “{packed}”: {error}", collection.primary_key));
                assert_eq!(again.to_string(), packed);
            }
            Err(error) => assert!(!error.message().is_empty()),
        }
    }
}

/// A text, and a JSON document, are read as a value of each type or refused;
/// what was read prints as a value of its type again, the same each time.
pub fn value(text: &str) {
    for column in ColumnType::samples() {
        if let Some(value) = Value::parse(text, &column) {
            let printed = value.to_text();
            let again = Value::parse(&printed, &column).unwrap_or_else(|| panic!("{column:?}: “{printed}”"));
            assert_eq!(again.to_text(), printed, "{column:?}");
        }
    }
    let collection = everything();
    let _ = search_condition(text, true, &collection, |_| None);
    let Ok(json) = serde_json::from_str::<Json>(text) else { return };
    let _ = Patch::from_json(&json, &collection);
    for column in ColumnType::samples() {
        match Value::from_json(&json, &column) {
            Ok(value) => {
                let printed = value.to_json();
                let again = Value::from_json(&printed, &column).unwrap_or_else(|error| panic!("{column:?}: {error}"));
                assert_eq!(again.to_json(), printed, "{column:?}");
            }
            Err(message) => assert!(message.len() < 1_000, "{column:?}: {message}"),
        }
    }
}

/// A form's value is taken or refused with a sentence; what was taken is spelled
/// so that it would be taken as it is.
pub fn form_value(text: &str) {
    let json = serde_json::from_str::<Json>(text).unwrap_or_else(|_| Json::String(text.to_owned()));
    for field_type in FieldType::samples() {
        let field = Field { required: true, ..Field::new("field", field_type) };
        match field.check(Some(json.clone())) {
            Ok(taken) => assert_eq!(field.check(taken.clone()), Ok(taken), "{:?}", field.field_type),
            Err(message) => assert!(!message.is_empty() && message.len() < 1_000, "{:?}: {message}", field.field_type),
        }
    }
}

/// One collection for each type of key, one with a key of two columns, one without a key.
fn collections() -> Vec<Collection> {
    let mut collections: Vec<Collection> =
        ColumnType::samples().into_iter().map(|column| collection(vec![("id", column)])).collect();
    collections.push(collection(vec![("left", ColumnType::Integer), ("right", ColumnType::Text)]));
    collections.push(collection(Vec::new()));
    collections
}

fn collection(keys: Vec<(&str, ColumnType)>) -> Collection {
    Collection {
        name: "records".into(),
        primary_key: keys.iter().map(|(name, _)| (*name).to_owned()).collect(),
        fields: keys.into_iter().map(|(name, column)| (name.to_owned(), column_of(column))).collect(),
        read_only: false,
    }
}

/// A collection with a column of each type, named `c0`, `c1` and so on.
fn everything() -> Collection {
    let columns = ColumnType::samples().into_iter().enumerate();
    Collection {
        fields: columns.map(|(index, column)| (format!("c{index}"), column_of(column))).collect(),
        ..collection(vec![("id", ColumnType::Integer)])
    }
}

fn column_of(column: ColumnType) -> FieldSchema {
    FieldSchema::Column(Column { max_length: Some(5), ..Column::new(column) })
}

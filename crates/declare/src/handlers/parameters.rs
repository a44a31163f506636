//! What the names in a statement stand for.

use chrono::Utc;
use levers_model::{ColumnType, Error, FieldPath, FieldType, FileValue, Record, RecordId, Result, Value};
use levers_ports::{ActionContext, ScriptValue};
use serde_json::Value as Json;

use super::facts::caller_value;

/// What a name stands for. Names were resolved when the file was checked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Parameter {
    /// The key of the record, or one of its columns.
    Key(String),
    /// The keys of all selected records.
    Keys(String),
    /// A value of the form.
    Value {
        /// The field's id.
        field: String,
        /// The field's type.
        field_type: FieldType,
    },
    /// A property of whoever asks.
    Caller(Vec<String>),
    /// A column of the record.
    Record(FieldPath),
    /// How many records are selected.
    Count,
    /// Now.
    Now,
}

impl Parameter {
    /// Whether its value differs from record to record.
    pub(crate) const fn is_of_record(&self) -> bool {
        matches!(self, Self::Key(_) | Self::Record(_))
    }

    /// Its value for a record of the selection.
    pub(crate) fn of_record(&self, record: &Record) -> Option<ScriptValue> {
        let path = match self {
            Self::Key(column) => column.as_str(),
            Self::Record(path) => path.as_str(),
            Self::Keys(_) | Self::Value { .. } | Self::Caller(_) | Self::Count | Self::Now => return None,
        };
        Some(ScriptValue::One(record.get(path).cloned().unwrap_or(Value::Null)))
    }

    /// Its value for the selection as a whole.
    pub(crate) fn of_all(&self, cx: &ActionContext, records: &[Record], count: u64) -> Result<Option<ScriptValue>> {
        Ok(Some(match self {
            Self::Key(_) | Self::Record(_) => return Ok(None),
            Self::Keys(column) => {
                ScriptValue::Many(records.iter().filter_map(|record| record.get(column).cloned()).collect())
            }
            Self::Value { field, field_type } => given(cx, cx.values.get(field), field_type)?,
            Self::Caller(path) => {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                ScriptValue::One(caller_value(&cx.caller, &path))
            }
            Self::Count => ScriptValue::One(Value::Int(i64::try_from(count).unwrap_or(i64::MAX))),
            Self::Now => ScriptValue::One(Value::Timestamp(Utc::now())),
        }))
    }
}

/// A value of the form, typed as its field is. The form checked it.
fn given(cx: &ActionContext, json: Option<&Json>, field_type: &FieldType) -> Result<ScriptValue> {
    let json = json.unwrap_or(&Json::Null);
    let list = |item: &FieldType| {
        let items = json.as_array().map_or(&[][..], Vec::as_slice);
        items.iter().map(|json| one(cx, json, item)).collect::<Result<_>>().map(ScriptValue::Many)
    };
    match field_type {
        FieldType::NumberList => list(&FieldType::Number),
        FieldType::StringList | FieldType::EnumList { .. } => list(&FieldType::String),
        FieldType::FileList => list(&FieldType::File),
        FieldType::Boolean
        | FieldType::Date
        | FieldType::Dateonly
        | FieldType::Time
        | FieldType::Enum { .. }
        | FieldType::Json
        | FieldType::Number
        | FieldType::String
        | FieldType::File
        | FieldType::Collection { .. } => one(cx, json, field_type).map(ScriptValue::One),
    }
}

fn one(cx: &ActionContext, json: &Json, field_type: &FieldType) -> Result<Value> {
    let column = match field_type {
        _ if json.is_null() => return Ok(Value::Null),
        FieldType::Boolean => ColumnType::Boolean,
        FieldType::Date => ColumnType::Timestamp,
        FieldType::Dateonly => ColumnType::Date,
        FieldType::Time => ColumnType::Time,
        FieldType::Json => ColumnType::Json,
        FieldType::Number | FieldType::NumberList if json.is_i64() => ColumnType::Integer,
        FieldType::Number | FieldType::NumberList => ColumnType::Decimal,
        FieldType::File | FieldType::FileList => {
            let file = FileValue::parse(json.as_str().unwrap_or_default()).map_err(Error::invalid)?;
            return Ok(Value::Bytes(file.content));
        }
        FieldType::Collection { collection } => return picked(cx, json.as_str().unwrap_or_default(), collection),
        FieldType::Enum { .. } | FieldType::EnumList { .. } | FieldType::String | FieldType::StringList => {
            ColumnType::Text
        }
    };
    Value::from_json(json, &column).map_err(Error::invalid)
}

/// The key of a picked record; a key of several columns stays the text that names it.
fn picked(cx: &ActionContext, id: &str, collection: &str) -> Result<Value> {
    let RecordId(mut values) = RecordId::parse(id, cx.records.collection(collection)?.as_ref())?;
    match (values.pop(), values.is_empty()) {
        (Some(value), true) => Ok(value),
        _ => Ok(Value::Text(id.to_owned())),
    }
}

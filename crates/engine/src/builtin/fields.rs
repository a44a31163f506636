//! A form's field for each column.

use levers_model::{Collection, Column, ColumnType, DefaultValue, RelationKind, Value, Widget};
use levers_ports::{ElementDeclaration, FieldDeclaration, TypeDeclaration};
use serde_json::Value as Json;

/// The columns that can be written, but for a key that the database makes.
pub(super) fn writable(schema: &Collection) -> impl Iterator<Item = (&str, &Column)> {
    schema.columns().filter(|(_, column)| {
        let made_by_the_database = column.primary_key && column.default.is_some();
        !column.read_only && !made_by_the_database
    })
}

/// The field in which a column's value is entered; optional.
pub(super) fn of_column(schema: &Collection, name: &str, column: &Column) -> FieldDeclaration {
    let target = single_target(schema, name);
    let widget = if target.is_some() { None } else { widget(&column.column_type, column.max_length) };
    let field_type = match target {
        Some(collection) => TypeDeclaration::Collection(collection.to_owned().into()),
        None => field_type(&column.column_type),
    };
    FieldDeclaration { widget: widget.map(Into::into), ..FieldDeclaration::new(name, field_type) }
}

/// The value that a new record gets, where it is known beforehand.
pub(super) fn literal_default(column: &Column) -> Option<Json> {
    match &column.default {
        Some(DefaultValue::Literal(value)) if !value.is_null() => Some(value.clone()),
        _ => None,
    }
}

/// A column's value as its form field shows it; nothing for bytes, which would make a form as large as its files.
pub(super) fn shown(schema: &Collection, name: &str, column: &Column, value: &Value) -> Option<Json> {
    match (&column.column_type, value) {
        (_, Value::Null) | (ColumnType::Binary, _) => None,
        (_, value) if single_target(schema, name).is_some() => Some(Json::String(value.to_text())),
        (_, value) => Some(value.to_json()),
    }
}

/// Wraps fields into a form's elements.
pub(super) fn elements(fields: impl Iterator<Item = FieldDeclaration>) -> Vec<ElementDeclaration> {
    fields.map(|field| ElementDeclaration::Field(Box::new(field))).collect()
}

/// The collection in which a record is picked to fill a column.
fn single_target<'a>(schema: &'a Collection, column: &str) -> Option<&'a str> {
    schema.relations().find_map(|(_, relation)| match &relation.kind {
        RelationKind::ManyToOne { foreign_key, .. } if foreign_key.len() == 1 && foreign_key[0] == column => {
            Some(relation.target.as_str())
        }
        _ => None,
    })
}

fn field_type(column: &ColumnType) -> TypeDeclaration {
    match column {
        ColumnType::Boolean => TypeDeclaration::Boolean,
        ColumnType::Integer | ColumnType::Float | ColumnType::Decimal => TypeDeclaration::Number,
        ColumnType::Text | ColumnType::Uuid => TypeDeclaration::String,
        ColumnType::Date => TypeDeclaration::Dateonly,
        ColumnType::Time => TypeDeclaration::Time,
        ColumnType::DateTime | ColumnType::Timestamp => TypeDeclaration::Date,
        ColumnType::Json => TypeDeclaration::Json,
        ColumnType::Binary => TypeDeclaration::File,
        ColumnType::Enum(values) => TypeDeclaration::Enum(values.clone().into()),
        ColumnType::List(item) => match item.as_ref() {
            ColumnType::Enum(values) => TypeDeclaration::EnumList(values.clone().into()),
            ColumnType::Integer | ColumnType::Float | ColumnType::Decimal => TypeDeclaration::NumberList,
            ColumnType::Boolean | ColumnType::Json | ColumnType::Binary | ColumnType::List(_) => TypeDeclaration::Json,
            _ => TypeDeclaration::StringList,
        },
    }
}

/// A text that may be longer than this is entered in several lines.
const ONE_LINE: u32 = 255;

fn widget(column: &ColumnType, max_length: Option<u32>) -> Option<Widget> {
    match column {
        ColumnType::Boolean => Some(Widget::Checkbox),
        ColumnType::Integer => Some(Widget::NumberInput { placeholder: None, min: None, max: None, step: Some(1.0) }),
        ColumnType::Float | ColumnType::Decimal => {
            Some(Widget::NumberInput { placeholder: None, min: None, max: None, step: None })
        }
        ColumnType::Text if max_length.is_some_and(|longest| longest > ONE_LINE) => {
            Some(Widget::TextArea { placeholder: None, rows: None })
        }
        ColumnType::Text | ColumnType::Uuid => Some(Widget::TextInput { placeholder: None }),
        ColumnType::Date | ColumnType::DateTime | ColumnType::Timestamp => {
            Some(Widget::DatePicker { format: None, placeholder: None, min: None, max: None })
        }
        ColumnType::Time => Some(Widget::TimePicker),
        ColumnType::Json => Some(Widget::JsonEditor),
        ColumnType::Binary => Some(Widget::FilePicker { extensions: Vec::new(), max_size_mb: None, max_count: None }),
        // The choices of an enum come with its type.
        ColumnType::Enum(_) | ColumnType::List(_) => None,
    }
}

/// An optional list of texts.
pub(super) fn text_list(id: &str, description: &str) -> FieldDeclaration {
    FieldDeclaration {
        description: Some(description.to_owned().into()),
        ..FieldDeclaration::new(id, TypeDeclaration::StringList)
    }
}

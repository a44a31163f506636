//! Columns in the schema file. The keys of a field are in alphabetical order.

use levers_model::{Collection, Column, ColumnType, DefaultValue};
use serde_json::{Value as Json, json};

use crate::translate::{column_type, is_sortable};

pub(super) fn column(name: &str, column: &Column, schema: &Collection) -> Json {
    json!({
        "defaultValue": default_value(column),
        "enums": enums(&column.column_type),
        "field": name,
        "integration": null,
        "inverseOf": null,
        "isFilterable": is_filterable(column),
        "isPrimaryKey": column.primary_key,
        // A key that points elsewhere is set by its relation, and never changed.
        "isReadOnly": column.read_only || schema.is_foreign_key(name),
        "isRequired": column.required(),
        "isSortable": is_sortable(&column.column_type),
        "isVirtual": false,
        "reference": null,
        "type": column_type(&column.column_type),
        "validations": validations(column),
    })
}

pub(super) fn is_filterable(column: &Column) -> bool {
    !column.operators().is_empty()
}

pub(super) fn default_value(column: &Column) -> Json {
    match &column.default {
        Some(DefaultValue::Literal(value)) => value.clone(),
        Some(DefaultValue::Computed) | None => Json::Null,
    }
}

fn enums(column_type: &ColumnType) -> Vec<&str> {
    match column_type {
        ColumnType::Enum(values) => {
            let mut values: Vec<&str> = values.iter().map(String::as_str).collect();
            values.sort_unstable();
            values
        }
        ColumnType::List(item) => enums(item),
        _ => Vec::new(),
    }
}

/// What the front checks before it sends a record.
pub(super) fn validations(column: &Column) -> Vec<Json> {
    let mut validations = Vec::new();
    if column.required() {
        validations.push(json!({ "type": "is present", "message": "Field is required" }));
    }
    if let (ColumnType::Text, Some(longest)) = (&column.column_type, column.max_length) {
        let limit = u64::from(longest) + 1;
        validations.push(json!({
            "type": "is shorter than",
            "value": limit,
            "message": format!("Value must be shorter than {limit} characters"),
        }));
    }
    validations
}

//! Types of columns and form fields in Forest's words.

use levers_model::{Collection, ColumnType, FieldType};
use serde_json::{Value as Json, json};

/// A column's type: a name, or a list of one name for arrays.
pub(crate) fn column_type(column: &ColumnType) -> Json {
    match column {
        ColumnType::List(item) => json!([column_type(item)]),
        // Agents offer bytes as text (data URIs), so the front knows no other name for them.
        ColumnType::Text | ColumnType::Binary => json!("String"),
        ColumnType::Boolean => json!("Boolean"),
        ColumnType::Integer | ColumnType::Float | ColumnType::Decimal => json!("Number"),
        ColumnType::Date => json!("Dateonly"),
        ColumnType::Time => json!("Time"),
        ColumnType::DateTime | ColumnType::Timestamp => json!("Date"),
        ColumnType::Uuid => json!("Uuid"),
        ColumnType::Json => json!("Json"),
        ColumnType::Enum(_) => json!("Enum"),
    }
}

/// A form field's type. `target` gives the collection that records are picked from,
/// whose first key column is the type of such a field.
pub(crate) fn form_type<'a>(field_type: &FieldType, target: impl Fn(&str) -> Option<&'a Collection>) -> Json {
    match field_type {
        FieldType::EnumList { .. } => json!(["Enum"]),
        FieldType::NumberList => json!(["Number"]),
        FieldType::StringList => json!(["String"]),
        FieldType::FileList => json!(["File"]),
        FieldType::Collection { collection } => {
            let key = target(collection).and_then(|target| target.column(target.primary_key.first()?));
            key.map_or_else(|| json!("String"), |key| column_type(&key.column_type))
        }
        FieldType::Boolean
        | FieldType::Date
        | FieldType::Dateonly
        | FieldType::Time
        | FieldType::Enum { .. }
        | FieldType::Json
        | FieldType::Number
        | FieldType::String
        | FieldType::File => json!(field_type.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_name() {
        let columns: Vec<String> =
            ColumnType::samples().iter().map(|column| format!("{column:?}: {}", column_type(column))).collect();
        let fields: Vec<String> = FieldType::samples()
            .iter()
            .map(|field| format!("{}: {}", field.name(), form_type(field, |_| None)))
            .collect();
        insta::assert_snapshot!(format!("{}\n\n{}", columns.join("\n"), fields.join("\n")));
    }
}

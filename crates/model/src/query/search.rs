//! A search as a condition.
//!
//! Text columns hold the text in whatever case; numbers, UUIDs and enum values
//! are equal to it. Compiling searches here keeps data sources from inventing
//! each their own.

use super::{Condition, FieldPath, Operator};
use crate::schema::{Collection, Column, ColumnType};
use crate::value::Value;

/// The condition that a record is found by this text. `target` gives the
/// collection of a name, for extended searches, which look into to-one
/// relations too. A text that no column can hold finds nothing; a blank text
/// finds everything.
pub fn search_condition<'a>(
    text: &str,
    extended: bool,
    collection: &'a Collection,
    target: impl Fn(&str) -> Option<&'a Collection>,
) -> Condition {
    let text = text.trim();
    if text.is_empty() {
        return Condition::always();
    }
    let mut any = own_columns(text, collection, None);
    if extended {
        for (name, relation) in collection.relations().filter(|(_, relation)| relation.is_to_one()) {
            if let Some(target) = target(&relation.target) {
                any.extend(own_columns(text, target, Some(name)));
            }
        }
    }
    Condition::Or(any)
}

fn own_columns(text: &str, collection: &Collection, relation: Option<&str>) -> Vec<Condition> {
    let path = |name: &str| {
        let path = FieldPath::from(name);
        relation.map_or(path.clone(), |relation| path.under(relation))
    };
    let leaf = |(name, column): (&str, &Column)| {
        let (operator, value) = column_test(text, &column.column_type)?;
        Some(Condition::Leaf { field: path(name), operator, value })
    };
    collection.columns().filter_map(leaf).collect()
}

fn column_test(text: &str, column: &ColumnType) -> Option<(Operator, Value)> {
    match column {
        ColumnType::Text => Some((Operator::IContains, Value::Text(text.to_owned()))),
        ColumnType::Integer | ColumnType::Float | ColumnType::Decimal | ColumnType::Uuid => {
            Value::parse(text, column).map(|value| (Operator::Equal, value))
        }
        ColumnType::Enum(values) => values
            .iter()
            .find(|value| value.to_lowercase() == text.to_lowercase())
            .map(|value| (Operator::Equal, Value::Text(value.clone()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{FieldSchema, Relation, RelationKind};

    fn collection(name: &str, columns: &[(&str, ColumnType)]) -> Collection {
        let fields = columns.iter().map(|(name, t)| ((*name).to_owned(), FieldSchema::Column(Column::new(t.clone()))));
        Collection { name: name.into(), fields: fields.collect(), primary_key: vec![], read_only: false }
    }

    #[test]
    fn each_type_is_searched_in_its_own_way() {
        let companies = collection("companies", &[("name", ColumnType::Text)]);
        let mut orders = collection(
            "orders",
            &[
                ("id", ColumnType::Integer),
                ("note", ColumnType::Text),
                ("status", ColumnType::Enum(vec!["Live".into()])),
                ("at", ColumnType::Timestamp),
            ],
        );
        orders.fields.insert(
            "company".into(),
            FieldSchema::Relation(Relation {
                target: "companies".into(),
                kind: RelationKind::ManyToOne { foreign_key: vec![], foreign_key_target: vec![] },
            }),
        );
        let search = |text, extended| search_condition(text, extended, &orders, |_| Some(&companies));
        assert_eq!(search("  ", false), Condition::always());
        insta::assert_debug_snapshot!([search("42", false), search("live", true)]);
    }
}

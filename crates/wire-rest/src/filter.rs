//! What a list is narrowed to: conditions, search, segment, in our own words.
//!
//! A condition is `{"field": …, "operator": …, "value": …}`, `{"and": […]}`,
//! `{"or": […]}` or `{"not": …}`. Values are typed by the column that they are
//! compared with, so the schema is at hand here.

use levers_engine::{CollectionEntry, Engine, OpContext};
use levers_model::{ColumnType, Condition, Error, FieldPath, Operator, RequestFilter, Result, Search, Value};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::limits;

/// A tree of conditions.
#[derive(Debug, Clone, PartialEq, ToSchema)]
#[schema(no_recursion, example = json!({ "and": [
    { "field": "status", "operator": "equal", "value": "live" },
    { "field": "company:country", "operator": "in", "value": ["FR", "DE"] }
]}))]
#[serde(untagged)]
pub(crate) enum ConditionTree {
    /// A test of one field.
    Leaf {
        /// A column, or one through to-one relations: `company:name`.
        field: String,
        /// One of the column's operators.
        operator: String,
        /// What is tested against; left out where the operator takes none.
        #[schema(value_type = Option<Value>)]
        value: Json,
    },
    /// All hold.
    And {
        /// The conditions.
        and: Vec<ConditionTree>,
    },
    /// At least one holds.
    Or {
        /// The conditions.
        or: Vec<ConditionTree>,
    },
    /// It does not hold.
    Not {
        /// The condition.
        not: Box<ConditionTree>,
    },
}

impl ConditionTree {
    /// Reads a tree, saying what is wrong with which part of it. A derived reader of an
    /// untagged enum would only say that no variant fits.
    fn read(json: Json, depth: usize) -> Result<Self, String> {
        const SHAPES: &str =
            "a condition is {\"field\", \"operator\", \"value\"}, {\"and\": […]}, {\"or\": […]} or {\"not\": …}";
        if depth > Condition::DEEPEST {
            return Err(format!("conditions are nested deeper than {}", Condition::DEEPEST));
        }
        let Json::Object(mut object) = json else { return Err(SHAPES.to_owned()) };
        let list = |json: Json| match json {
            Json::Array(items) => items.into_iter().map(|item| Self::read(item, depth + 1)).collect(),
            _ => Err("“and” and “or” take a list of conditions".to_owned()),
        };
        let tree = if let Some(items) = object.shift_remove("and") {
            Self::And { and: list(items)? }
        } else if let Some(items) = object.shift_remove("or") {
            Self::Or { or: list(items)? }
        } else if let Some(inner) = object.shift_remove("not") {
            Self::Not { not: Box::new(Self::read(inner, depth + 1)?) }
        } else {
            match (object.shift_remove("field"), object.shift_remove("operator")) {
                (Some(Json::String(field)), Some(Json::String(operator))) => {
                    Self::Leaf { field, operator, value: object.shift_remove("value").unwrap_or(Json::Null) }
                }
                _ => return Err(SHAPES.to_owned()),
            }
        };
        match object.keys().next() {
            Some(key) => Err(format!("“{key}” has no place there; {SHAPES}")),
            None => Ok(tree),
        }
    }

    /// Reads the text of a query string.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let json = serde_json::from_str(text)
            .map_err(|error| Error::invalid(format!("“filter” is not JSON: {error}. Percent-encode it.")))?;
        Self::read(json, 1).map_err(|message| Error::invalid(format!("“filter” cannot be read: {message}.")))
    }

    fn tests(&self) -> usize {
        match self {
            Self::Leaf { .. } => 1,
            Self::And { and: children } | Self::Or { or: children } => children.iter().map(Self::tests).sum(),
            Self::Not { not } => not.tests(),
        }
    }
}

impl<'de> Deserialize<'de> for ConditionTree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(Json::deserialize(deserializer)?, 1).map_err(D::Error::custom)
    }
}

/// What a list is narrowed to, as a request says it.
#[derive(Debug, Default)]
pub(crate) struct Narrowed {
    pub(crate) filter: Option<ConditionTree>,
    pub(crate) search: Option<String>,
    pub(crate) search_extended: bool,
    pub(crate) segment: Option<String>,
}

impl Narrowed {
    /// Types it against the collection.
    pub(crate) fn translate(self, schemas: &Schemas<'_>, entry: &CollectionEntry) -> Result<RequestFilter> {
        let search = self.search.filter(|text| !text.trim().is_empty());
        let length = search.as_deref().map_or(0, |text| text.chars().count());
        limits::at_most("characters of a search", length, limits::LONGEST_SEARCH)?;
        limits::at_most("conditions", self.filter.as_ref().map_or(0, ConditionTree::tests), limits::MOST_CONDITIONS)?;
        Ok(RequestFilter {
            condition: self.filter.map(|tree| schemas.condition(entry, tree)).transpose()?,
            search: search.map(|text| Search { text, extended: self.search_extended }),
            segment: self.segment,
        })
    }
}

/// The schemas that the caller may know, for typing what a request says of fields.
pub(crate) struct Schemas<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) cx: &'a OpContext,
}

impl<'a> Schemas<'a> {
    fn condition(&self, entry: &'a CollectionEntry, tree: ConditionTree) -> Result<Condition> {
        let all = |children: Vec<ConditionTree>| {
            children.into_iter().map(|child| self.condition(entry, child)).collect::<Result<Vec<_>>>()
        };
        Ok(match tree {
            ConditionTree::And { and } => Condition::And(all(and)?),
            ConditionTree::Or { or } => Condition::Or(all(or)?),
            ConditionTree::Not { not } => Condition::Not(Box::new(self.condition(entry, *not)?)),
            ConditionTree::Leaf { field, operator, value } => self.leaf(entry, &field, &operator, &value)?,
        })
    }

    fn leaf(&self, entry: &'a CollectionEntry, field: &str, operator: &str, json: &Json) -> Result<Condition> {
        let (path, column) = self.column(entry, field)?;
        let operator =
            Operator::from_name(operator).filter(|operator| operator.allowed_on(column)).ok_or_else(|| {
                let known = Operator::ALL.iter().filter(|operator| operator.allowed_on(column));
                let names: Vec<&str> = known.map(|operator| operator.name()).collect();
                Error::invalid(format!("“{field}” cannot be tested with “{operator}”. It takes: {}.", names.join(", ")))
            })?;
        let value = match operator.operand(column) {
            None => Value::Null,
            Some(operand) => {
                let wrong =
                    |message| Error::invalid(format!("The value of “{}” on “{field}”: {message}", operator.name()));
                if let Json::Array(items) = json {
                    limits::at_most("values of a condition", items.len(), limits::LONGEST_LIST)?;
                }
                Value::from_json(json, &operand).map_err(wrong)?
            }
        };
        Ok(Condition::Leaf { field: path, operator, value })
    }

    /// The column at the end of a path.
    pub(crate) fn column(&self, entry: &'a CollectionEntry, path: &str) -> Result<(FieldPath, &'a ColumnType)> {
        let path = FieldPath::from(path);
        limits::at_most("relations of a path", path.relations().count(), limits::LONGEST_PATH)?;
        let mut here = entry;
        for name in path.relations() {
            let relation = here.schema().relation(name).filter(|relation| relation.is_to_one()).ok_or_else(|| {
                let known = here.schema().relations().filter(|(_, relation)| relation.is_to_one());
                unknown("relation to one record", name, here.name(), known.map(|(name, _)| name))
            })?;
            here = self.engine.collection(self.cx, &relation.target)?;
        }
        let column = here.schema().column(path.column()).ok_or_else(|| {
            unknown("column", path.column(), here.name(), here.schema().columns().map(|(name, _)| name))
        })?;
        Ok((path, &column.column_type))
    }
}

fn unknown<'n>(what: &str, name: &str, collection: &str, known: impl Iterator<Item = &'n str>) -> Error {
    let name: String = name.chars().take(64).collect();
    let known: Vec<&str> = known.collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Error::invalid(format!("“{collection}” has no {what} “{name}”. It has: {known}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn trees_are_read_and_faults_said() {
        let tree = ConditionTree::parse(r#"{"and":[{"field":"a","operator":"present"},{"not":{"or":[]}}]}"#).unwrap();
        assert_eq!(tree.tests(), 1);
        let refusal = |text: &str| ConditionTree::parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(refusal("{"));
        insta::assert_snapshot!(refusal("[]"));
        insta::assert_snapshot!(refusal(r#"{"field":"a"}"#));
        insta::assert_snapshot!(refusal(r#"{"and":{}}"#));
        insta::assert_snapshot!(refusal(r#"{"and":[],"or":[]}"#));
        let deep = format!("{}{}{}", r#"{"not":"#.repeat(40), r#"{"or":[]}"#, "}".repeat(40));
        insta::assert_snapshot!(refusal(&deep));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in r#"[\[\]{}":,a-z0-9 ]{0,60}"#) {
            let _ = ConditionTree::parse(&text);
        }
    }
}

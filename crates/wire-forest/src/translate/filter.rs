//! Condition trees (specification, section 3.2).

use levers_model::{Collection, Column, ColumnType, Condition, FieldPath, Operator, Value};
use serde_json::Value as Json;

use super::ids::json_type;
use super::schemas::Schemas;
use crate::error::{Fault, Result, field_not_found, shortened};

/// Reads the text of a `filters` parameter; an empty text and `null` filter nothing.
///
/// # Errors
/// 400 `Invalid filters (…)`.
pub(crate) fn condition(text: &str, collection: &Collection, schemas: &Schemas<'_>) -> Result<Option<Condition>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let json: Json = serde_json::from_str(text).map_err(|error| invalid(&error.to_string()))?;
    if json.is_null() {
        return Ok(None);
    }
    Reader { collection, schemas: *schemas }.tree(&json, 1).map(Some).map_err(|reason| invalid(&reason))
}

fn invalid(reason: &str) -> Fault {
    Fault::validation(format!("Invalid filters ({reason})"))
}

struct Reader<'a> {
    collection: &'a Collection,
    schemas: Schemas<'a>,
}

impl Reader<'_> {
    fn tree(&self, json: &Json, depth: usize) -> Result<Condition, String> {
        if depth > Condition::DEEPEST {
            return Err(format!("conditions nest deeper than {} levels", Condition::DEEPEST));
        }
        let Json::Object(node) = json else {
            return Err(format!("expected a condition, received: {}", json_type(Some(json))));
        };
        if let Some(aggregator) = node.get("aggregator") {
            let Some(Json::Array(conditions)) = node.get("conditions") else {
                return Err("a branch needs a list of conditions".into());
            };
            let mut children: Vec<Condition> =
                conditions.iter().map(|child| self.tree(child, depth + 1)).collect::<Result<_, _>>()?;
            let aggregator = aggregator.as_str().unwrap_or_default().to_ascii_lowercase();
            return match aggregator.as_str() {
                "and" | "or" if children.len() == 1 => Ok(children.remove(0)),
                "and" => Ok(Condition::And(children)),
                "or" => Ok(Condition::Or(children)),
                _ => Err("the aggregator must be \"and\" or \"or\"".into()),
            };
        }
        let text = |key: &str| {
            node.get(key).and_then(Json::as_str).ok_or_else(|| format!("a condition needs a \"{key}\" and has none"))
        };
        self.leaf(text("field")?, text("operator")?, node.get("value").unwrap_or(&Json::Null))
    }

    fn leaf(&self, field: &str, operator: &str, value: &Json) -> Result<Condition, String> {
        let (path, column) = find_column(field, self.collection, &self.schemas)?;
        let operator = named(operator)
            .filter(|operator| operator.allowed_on(&column.column_type))
            .ok_or_else(|| unsupported(operator, field, column))?;
        let Some(operand) = operator.operand(&column.column_type) else {
            return Ok(Condition::Leaf { field: path, operator, value: Value::Null });
        };
        if value.is_null() && !matches!(operator, Operator::Equal | Operator::NotEqual) {
            return match operand {
                ColumnType::Integer if !column.column_type.is_number() => {
                    Err(format!("the operator '{}' on '{field}' needs a number", operator.name()))
                }
                // Nothing is greater than, or like, or one of null.
                _ => Ok(Condition::never()),
            };
        }
        let value = cast(value, &operand).map_err(|reason| format!("the value of '{field}': {reason}"))?;
        Ok(Condition::Leaf { field: path, operator, value })
    }
}

/// The column at the end of `a:b:c`, through to-one relations.
pub(super) fn find_column<'c>(
    path: &str,
    collection: &'c Collection,
    schemas: &Schemas<'c>,
) -> Result<(FieldPath, &'c Column), String> {
    // An own column whose name has a colon cannot be told from a path; the path wins.
    let mut at = collection;
    let mut parts = path.split(':').peekable();
    while let Some(part) = parts.next() {
        let names = || at.fields.keys().map(String::as_str);
        if parts.peek().is_none() {
            let column = at.column(part).ok_or_else(|| match at.relation(part) {
                Some(_) => {
                    format!("'{part}' is a relation of '{}': name one of its columns, as {part}:column", at.name)
                }
                None => field_not_found(&at.name, part, names()),
            })?;
            return Ok((FieldPath::from(path), column));
        }
        at = match (schemas.to_one(at, part), at.fields.get(part)) {
            (Some((_, target)), _) => target,
            (None, Some(_)) => return Err(format!("'{}.{part}' does not lead to one other record", at.name)),
            (None, None) => return Err(field_not_found(&at.name, part, names())),
        };
    }
    Err(field_not_found(&collection.name, path, collection.fields.keys().map(String::as_str)))
}

/// An operator in snake case, camel case or Pascal case.
fn named(name: &str) -> Option<Operator> {
    if name.len() > 64 {
        return None;
    }
    let mut snake = String::with_capacity(name.len() + 8);
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    Operator::from_name(&snake)
}

fn unsupported(operator: &str, field: &str, column: &Column) -> String {
    let operator = shortened(operator);
    let allowed: Vec<String> = column.operators().into_iter().map(|operator| pascal(operator.name())).collect();
    format!(
        "The given operator '{}' is not supported by the column: '{field}'.\nThe allowed types are: [{}]",
        pascal(&operator),
        allowed.join(",")
    )
}

fn pascal(snake: &str) -> String {
    snake
        .split('_')
        .flat_map(|word| {
            let mut characters = word.chars();
            characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters)
        })
        .collect()
}

/// A value as its column wants it: texts are split for lists, truth is JavaScript's.
fn cast(json: &Json, operand: &ColumnType) -> Result<Value, String> {
    match (operand, json) {
        (_, Json::Null) => Ok(Value::Null),
        (ColumnType::List(item), json) => {
            let items: Vec<Json> = match json {
                Json::Array(items) => items.clone(),
                Json::String(text) => text.split(',').map(|item| Json::from(item.trim())).collect(),
                other => vec![other.clone()],
            };
            // Items that are no numbers are dropped, as agents do.
            let keep = |json: &Json| !item.is_number() || cast(json, item).is_ok();
            items
                .iter()
                .filter(|json| keep(json))
                .map(|json| cast(json, item))
                .collect::<Result<_, _>>()
                .map(Value::List)
        }
        (ColumnType::Boolean, json) => Ok(Value::Bool(truth(json))),
        (ColumnType::Text, Json::Bool(bool)) => Ok(Value::Text(bool.to_string())),
        (operand, json) => Value::from_json(json, operand),
    }
}

fn truth(json: &Json) -> bool {
    match json {
        Json::Null => false,
        Json::Bool(bool) => *bool,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !matches!(text.to_ascii_lowercase().as_str(), "" | "false" | "0" | "no"),
        Json::Array(_) | Json::Object(_) => true,
    }
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "a `json!` reads best in its place")]
mod tests {
    use super::*;
    use crate::samples::{orders, schemas};
    use serde_json::json;

    fn read(json: &Json) -> Result<Option<Condition>> {
        condition(&json.to_string(), &orders(), &schemas())
    }

    fn refusal(json: &Json) -> String {
        match read(json) {
            Err(Fault::Api { status: 400, name: "ValidationError", detail }) => detail,
            other => panic!("{json}: {other:?}"),
        }
    }

    fn leaf(field: &str, operator: &str, value: Json) -> Value {
        match read(&json!({ "field": field, "operator": operator, "value": value })).unwrap() {
            Some(Condition::Leaf { value, .. }) => value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_operator_is_read_in_three_spellings() {
        for operator in Operator::ALL {
            let pascal = pascal(operator.name());
            let camel: String = pascal[..1].to_lowercase() + &pascal[1..];
            for spelling in [operator.name(), &pascal, &camel] {
                assert_eq!(named(spelling), Some(*operator), "{spelling}");
            }
        }
    }

    #[test]
    fn every_operator_is_read_on_each_type_that_has_it() {
        let orders = orders();
        for (name, column) in orders.columns() {
            for operator in Operator::ALL {
                let value = match operator.operand(&column.column_type) {
                    Some(ColumnType::List(item)) => json!([sample(&item)]),
                    Some(column) => sample(&column),
                    None => Json::Null,
                };
                let read = read(&json!({ "field": name, "operator": operator.name(), "value": value }));
                assert_eq!(read.is_ok(), operator.allowed_on(&column.column_type), "{name} {operator:?} {read:?}");
            }
        }
    }

    fn sample(column: &ColumnType) -> Json {
        match column {
            ColumnType::Boolean => json!(true),
            ColumnType::Integer | ColumnType::Float | ColumnType::Decimal => json!(3),
            ColumnType::Text | ColumnType::Json => json!("a"),
            ColumnType::Date => json!("2024-12-31"),
            ColumnType::Time => json!("13:45"),
            ColumnType::DateTime | ColumnType::Timestamp => json!("2024-12-31T13:45:00.000Z"),
            ColumnType::Uuid => json!("67e55044-10b1-426f-9247-bb680e5fe0c8"),
            ColumnType::Binary => json!("data:application/octet-stream;base64,aGk="),
            ColumnType::Enum(values) => json!(values[0]),
            ColumnType::List(item) => json!([sample(item)]),
        }
    }

    #[test]
    fn values_are_cast_by_their_column() {
        let ints = |items: &[i64]| Value::List(items.iter().map(|&item| Value::Int(item)).collect());
        assert_eq!(leaf("id", "in", json!("3, 2, x")), ints(&[3, 2]));
        assert_eq!(leaf("id", "in", json!([1, "2"])), ints(&[1, 2]));
        assert_eq!(leaf("id", "equal", json!("7")), Value::Int(7));
        assert_eq!(leaf("note", "equal", json!(7)), Value::Text("7".into()));
        assert_eq!(leaf("note", "equal", Json::Null), Value::Null);
        for (value, expected) in [(json!("yes"), true), (json!("no"), false), (json!(0), false), (json!("on"), true)] {
            assert_eq!(leaf("paid", "equal", value), Value::Bool(expected));
        }
        assert_eq!(leaf("created_at", "previous_x_days", json!("3")), Value::Int(3));
        assert_eq!(leaf("client:name", "i_contains", json!("ad")), Value::Text("ad".into()));
    }

    #[test]
    fn branches_collapse_and_empty_ones_keep_their_meaning() {
        let live = json!({ "field": "paid", "operator": "present" });
        assert_eq!(read(&json!({ "aggregator": "and", "conditions": [live] })), read(&live));
        assert_eq!(read(&json!({ "aggregator": "And", "conditions": [] })), Ok(Some(Condition::always())));
        assert_eq!(read(&json!({ "aggregator": "or", "conditions": [] })), Ok(Some(Condition::never())));
        assert_eq!(condition("", &orders(), &schemas()), Ok(None));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_its_reason() {
        let mut deep = json!({ "field": "id", "operator": "equal", "value": 1 });
        for _ in 0..40 {
            deep = json!({ "aggregator": "and", "conditions": [deep] });
        }
        let refusals: Vec<String> = [
            json!([]),
            json!("x"),
            json!({}),
            json!({ "field": "id" }),
            json!({ "field": "nope", "operator": "equal", "value": 1 }),
            json!({ "field": "client", "operator": "equal", "value": 1 }),
            json!({ "field": "client:nope", "operator": "equal", "value": 1 }),
            json!({ "field": "lines:id", "operator": "equal", "value": 1 }),
            json!({ "field": "id", "operator": "zork", "value": 1 }),
            json!({ "field": "id", "operator": "match", "value": 1 }),
            json!({ "field": "id", "operator": "equal", "value": "abc" }),
            json!({ "field": "created_at", "operator": "previous_x_days" }),
            json!({ "aggregator": "xor", "conditions": [] }),
            json!({ "aggregator": "and", "conditions": {} }),
            deep,
        ]
        .iter()
        .map(refusal)
        .collect();
        insta::assert_json_snapshot!(refusals);
    }
}

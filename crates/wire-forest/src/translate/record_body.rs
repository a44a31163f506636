//! Bodies of create, update and of changes to one relation (specification, section 3.4).

use levers_model::{Collection, ColumnType, RecordId, Values};
use serde_json::Value as Json;

use super::bulk_body::attributes;
use super::ids::{json_type, record_id, text_id};
use super::schemas::Schemas;
use crate::error::{Fault, Result, shortened};

/// To-one relations and the records that they shall lead to.
pub(crate) type Links = Vec<(String, Option<RecordId>)>;

/// A record to be written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RecordBody {
    /// Values by column.
    pub(crate) values: Values,
    /// Only of a new record: an update has its own requests for relations.
    pub(crate) links: Links,
}

/// Reads `{"data":{"attributes":{…},"relationships":{…}}}`.
///
/// # Errors
/// 400 for what is no such body, for unknown columns, and for values of a text column that are no texts.
pub(crate) fn record_body(body: &Json, collection: &Collection, schemas: &Schemas<'_>) -> Result<RecordBody> {
    let values = attributes_of(body, collection)?;
    let relationships = body.get("data").and_then(|data| data.get("relationships")).and_then(Json::as_object);
    let mut links = Links::new();
    for (name, relationship) in relationships.into_iter().flatten() {
        if let Some((_, target)) = schemas.to_one(collection, name) {
            links.push((name.clone(), to_one_body(relationship, target)?));
        } else if collection.relation(name).is_none() {
            return Err(Fault::missing_field(&collection.name, name, collection.relations().map(|(name, _)| name)));
        }
    }
    Ok(RecordBody { values, links })
}

/// Reads the values by column alone, as an update wants them.
///
/// # Errors
/// As [`record_body`].
pub(crate) fn attributes_of(body: &Json, collection: &Collection) -> Result<Values> {
    let mut values = Values::new();
    for (name, value) in attributes(body)? {
        let Some(column) = collection.column(name) else {
            let names = collection.columns().map(|(name, _)| name);
            return Err(Fault::missing_field(&collection.name, name, names));
        };
        // Texts are the one type that would swallow a value of any other.
        let is_text = matches!(column.column_type, ColumnType::Text | ColumnType::Enum(_));
        if is_text && !matches!(value, Json::String(_) | Json::Null) {
            let value = shortened(&value.to_string());
            return Err(Fault::validation(format!(
                "The given value has a wrong type for \"{name}\": {value}.\n Expects \"String\",null"
            )));
        }
        values.insert(name.clone(), value.clone());
    }
    Ok(values)
}

/// Reads `{"data":{"id":"3"}}`, or `{"data":null}` to unlink.
///
/// # Errors
/// 400 when it is neither.
pub(crate) fn to_one_body(body: &Json, target: &Collection) -> Result<Option<RecordId>> {
    match body.get("data") {
        Some(Json::Null) => Ok(None),
        Some(data @ Json::Object(_)) => record_id(text_id(data.get("id"))?, target).map(Some),
        other => Err(Fault::validation(format!("Expected a record in “data”, received: {}", json_type(other)))),
    }
}

/// Puts `data.attributes` at a position of a list that a JSON column holds.
///
/// # Errors
/// 400 when the column holds no list, or none of that length.
pub(crate) fn array_element(list: Option<&Json>, index: &str, body: &Json) -> Result<Json> {
    let Some(Json::Array(items)) = list else {
        return Err(Fault::validation("The field holds no list, so no element of it can be changed."));
    };
    let mut items = items.clone();
    let length = items.len();
    let element = index.parse::<usize>().ok().and_then(|index| items.get_mut(index)).ok_or_else(|| {
        let index = shortened(index);
        Fault::validation(format!("There is no element {index}: the list has {length}, counted from 0."))
    })?;
    *element = Json::Object(attributes(body)?.clone());
    Ok(Json::Array(items))
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "a `json!` reads best in its place")]
mod tests {
    use super::*;
    use crate::samples::{clients, orders, schemas};
    use serde_json::json;

    fn read(data: Json) -> Result<RecordBody> {
        record_body(&json!({ "data": data }), &orders(), &schemas())
    }

    #[test]
    fn a_record_has_columns_and_links() {
        let body = read(json!({ "type": "orders", "attributes": { "note": "x", "total": 1.5 },
            "relationships": { "client": { "data": { "type": "clients", "id": "3" } }, "lines": { "data": [] } } }))
        .unwrap();
        assert_eq!(body.values.keys().collect::<Vec<_>>(), ["note", "total"]);
        assert_eq!(body.links, [("client".to_owned(), Some(RecordId(vec![3_i64.into()])))]);
    }

    #[test]
    fn wrong_bodies_are_refused() {
        let details: Vec<String> = [
            json!(7),
            json!({ "attributes": [] }),
            json!({ "attributes": { "zork": 1 } }),
            json!({ "attributes": { "client": 1 } }),
            json!({ "attributes": { "note": 7 } }),
            json!({ "attributes": { "note": { "$ne": 1 } } }),
            json!({ "attributes": {}, "relationships": { "client": { "data": { "id": 3 } } } }),
            json!({ "attributes": {}, "relationships": { "client": {} } }),
            json!({ "attributes": {}, "relationships": { "zork": { "data": null } } }),
        ]
        .into_iter()
        .map(|data| match read(data.clone()) {
            Err(Fault::Api { status: 400, detail, .. }) => detail,
            other => panic!("{data}: {other:?}"),
        })
        .collect();
        insta::assert_json_snapshot!(details);
    }

    #[test]
    fn a_relation_is_set_or_unset() {
        assert_eq!(to_one_body(&json!({ "data": null }), &clients()), Ok(None));
        assert!(to_one_body(&json!({ "data": { "id": "3" } }), &clients()).unwrap().is_some());
        for body in [json!({}), json!(null), json!({ "data": [] }), json!({ "data": { "id": 3 } })] {
            assert!(to_one_body(&body, &clients()).is_err(), "{body}");
        }
    }

    #[test]
    fn one_element_is_replaced() {
        let list = json!([{ "a": 1 }, { "a": 2 }]);
        let body = json!({ "data": { "attributes": { "a": 3 } } });
        assert_eq!(array_element(Some(&list), "1", &body), Ok(json!([{ "a": 1 }, { "a": 3 }])));
        for (list, index) in [(Some(&list), "2"), (Some(&list), "x"), (None, "0")] {
            assert!(array_element(list, index, &body).is_err());
        }
    }
}

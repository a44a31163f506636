//! Bodies that name records: bulk delete, dissociate, associate (specification, section 3.4).

use levers_model::{Collection, ParentRecord, RecordId, Targets};
use serde_json::{Map, Value as Json};

use super::ids::{record_id, record_ids, text_id};
use super::schemas::Schemas;
use crate::error::{Fault, Result, shortened};

/// Which records a body is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BulkBody {
    /// The ticked ones, or all but some.
    pub(crate) targets: Targets,
    /// The attributes, for the subset query in them.
    pub(crate) attributes: Map<String, Json>,
}

/// Reads `{"data":{"attributes":{"ids":…}}}`, or the older `{"data":[{"id":…}]}`.
///
/// # Errors
/// 400 when there are no ids, or they are no ids of the collection.
pub(crate) fn bulk_body(body: &Json, collection: &Collection) -> Result<BulkBody> {
    if let Some(Json::Array(records)) = body.get("data") {
        let ids = records.iter().map(|record| record_id(text_id(record.get("id"))?, collection));
        return Ok(BulkBody { targets: Targets::Ids(ids.collect::<Result<_>>()?), attributes: Map::new() });
    }
    let attributes = attributes(body)?;
    Ok(BulkBody { targets: targets(attributes, collection)?, attributes: attributes.clone() })
}

/// `data.attributes` of a body.
///
/// # Errors
/// 400 when there are none.
pub(crate) fn attributes(body: &Json) -> Result<&Map<String, Json>> {
    body.get("data")
        .and_then(|data| data.get("attributes"))
        .and_then(Json::as_object)
        .ok_or_else(|| Fault::validation("Expected a body of the form {\"data\":{\"attributes\":{…}}}"))
}

/// The ticked records, or all but the excluded ones.
pub(super) fn targets(attributes: &Map<String, Json>, collection: &Collection) -> Result<Targets> {
    match attributes.get("all_records") {
        Some(Json::Bool(true)) => {
            record_ids(attributes.get("all_records_ids_excluded"), collection).map(Targets::AllExcept)
        }
        None | Some(Json::Null | Json::Bool(false)) => record_ids(attributes.get("ids"), collection).map(Targets::Ids),
        Some(_) => Err(Fault::validation("“all_records” must be true or false.")),
    }
}

/// The record from whose related data a request was made, if it was.
pub(super) fn parent(
    attributes: &Map<String, Json>,
    collection: &Collection,
    schemas: &Schemas<'_>,
) -> Result<Option<ParentRecord>> {
    let text = |key: &str| attributes.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
    let Some(relation) = text("parent_association_name") else { return Ok(None) };
    let name = text("parent_collection_name").unwrap_or_default();
    let unknown = || {
        Fault::validation(format!(
            "“{}” has no relation “{}” that leads to many records of “{}”.",
            shortened(name),
            shortened(relation),
            collection.name
        ))
    };
    let parent = schemas.get(name).ok_or_else(unknown)?;
    let leads_here = |relation: &&levers_model::Relation| !relation.is_to_one() && relation.target == collection.name;
    parent.relation(relation).filter(leads_here).ok_or_else(unknown)?;
    let id = record_id(text_id(attributes.get("parent_collection_id"))?, parent)?;
    Ok(Some(ParentRecord { collection: name.to_owned(), id, relation: relation.to_owned() }))
}

/// The record to link: `{"data":[{"id":…}]}`. Agents link the first one only.
///
/// # Errors
/// 400 when there is none, or it is no id of the collection.
pub(crate) fn linked_id(body: &Json, collection: &Collection) -> Result<RecordId> {
    let data = body.get("data");
    let record = match data {
        Some(Json::Array(records)) => records.first(),
        other => other,
    };
    record_id(text_id(record.and_then(|record| record.get("id")))?, collection)
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "a `json!` reads best in its place")]
mod tests {
    use super::*;
    use crate::samples::orders;
    use serde_json::json;

    fn read(attributes: Json) -> Result<Targets> {
        bulk_body(&json!({ "data": { "attributes": attributes } }), &orders()).map(|body| body.targets)
    }

    fn id(value: i64) -> RecordId {
        RecordId(vec![value.into()])
    }

    #[test]
    fn ids_are_ticked_excluded_or_old() {
        assert_eq!(read(json!({ "ids": ["1"] })), Ok(Targets::Ids(vec![id(1)])));
        assert_eq!(read(json!({ "ids": [] })), Ok(Targets::Ids(vec![])));
        let all = json!({ "ids": ["1"], "all_records": true, "all_records_ids_excluded": ["4"] });
        assert_eq!(read(all), Ok(Targets::AllExcept(vec![id(4)])));
        let ignored = json!({ "ids": ["1"], "all_records": false, "all_records_ids_excluded": ["4"] });
        assert_eq!(read(ignored), Ok(Targets::Ids(vec![id(1)])));
        let old = bulk_body(&json!({ "data": [{ "id": "1", "type": "orders" }] }), &orders());
        assert_eq!(old.map(|body| body.targets), Ok(Targets::Ids(vec![id(1)])));
    }

    #[test]
    fn without_ids_there_is_nothing_to_do() {
        for attributes in [
            json!({}),
            json!({ "ids": [7] }),
            json!({ "ids": "1" }),
            json!({ "all_records": true }),
            json!({ "all_records": "yes", "ids": ["1"] }),
        ] {
            assert!(read(attributes.clone()).is_err(), "{attributes}");
        }
        for body in [json!(null), json!({}), json!({ "data": 7 }), json!({ "data": [{}] }), json!([])] {
            assert!(bulk_body(&body, &orders()).is_err(), "{body}");
        }
    }
}

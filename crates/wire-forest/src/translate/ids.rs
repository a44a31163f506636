//! Packed ids, with the agents' refusals.

use levers_model::{Collection, ColumnType, RecordId};
use serde_json::Value as Json;

use crate::error::{Fault, Result};

/// Reads a packed id.
///
/// # Errors
/// 400 when the number of parts or the type of one is wrong.
pub(crate) fn record_id(text: &str, collection: &Collection) -> Result<RecordId> {
    let keys = &collection.primary_key;
    // A `|` belongs to the value where the only key column is a text.
    let one_text = || {
        let key = keys.first().and_then(|key| collection.column(key));
        keys.len() == 1 && key.is_some_and(|key| matches!(key.column_type, ColumnType::Text | ColumnType::Enum(_)))
    };
    let found = text.split('|').count();
    if !keys.is_empty() && found != keys.len() && !one_text() {
        return Err(Fault::validation(format!("Expected {} values, found {found}", keys.len())));
    }
    RecordId::parse(text, collection).map_err(Fault::from)
}

/// Reads a list of packed ids from a body.
///
/// # Errors
/// 400 when it is no list, or some id is no text or no id of the collection.
pub(crate) fn record_ids(json: Option<&Json>, collection: &Collection) -> Result<Vec<RecordId>> {
    let Some(Json::Array(ids)) = json else {
        return Err(Fault::validation(format!("Expected array, received: {}", json_type(json))));
    };
    ids.iter().map(|id| record_id(text_id(Some(id))?, collection)).collect()
}

/// The text of an id in a body; ids are never numbers there.
pub(super) fn text_id(json: Option<&Json>) -> Result<&str> {
    json.and_then(Json::as_str)
        .ok_or_else(|| Fault::validation(format!("Expected string, received: {}", json_type(json))))
}

/// A JSON value's type as JavaScript names it.
pub(super) const fn json_type(json: Option<&Json>) -> &'static str {
    match json {
        None => "undefined",
        Some(Json::Null) => "null",
        Some(Json::Bool(_)) => "boolean",
        Some(Json::Number(_)) => "number",
        Some(Json::String(_)) => "string",
        Some(Json::Array(_)) => "array",
        Some(Json::Object(_)) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{orders, pairs};
    use serde_json::json;

    #[test]
    fn wrong_ids_are_refused_in_the_agents_words() {
        let refused = |result: Result<_>| match result {
            Err(Fault::Api { detail, .. }) => detail,
            other => panic!("{other:?}"),
        };
        let ids = |json| record_ids(Some(&json), &orders()).map(|_| ());
        insta::assert_json_snapshot!([
            refused(record_id("1", &pairs()).map(|_| ())),
            refused(record_id("1|2", &orders()).map(|_| ())),
            refused(record_id("abc", &orders()).map(|_| ())),
            refused(record_ids(None, &orders()).map(|_| ())),
            refused(ids(json!("1"))),
            refused(ids(json!([1]))),
        ]);
        assert_eq!(record_id("1|a", &pairs()).unwrap().to_string(), "1|a");
    }
}

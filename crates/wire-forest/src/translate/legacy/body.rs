//! Bodies of dialect B.

use serde_json::{Map, Value as Json};

use crate::translate::attributes;

/// Django's keys at the root of a form hook's body, with those of everybody else.
const FLAT: [(&str, &str); 4] = [
    ("recordIds", "ids"),
    ("collectionName", "collection_name"),
    ("fields", "fields"),
    ("changedField", "changed_field"),
];

/// The body of a form hook as everybody but Django's clients sends it. What is neither
/// form stays as it is, and is refused where it is read.
pub(crate) fn unflattened(body: Json) -> Json {
    match body {
        Json::Object(mut flat) if !flat.contains_key("data") => {
            let known = FLAT.into_iter().filter_map(|(theirs, usual)| Some((usual.to_owned(), flat.remove(theirs)?)));
            let attributes: Map<String, Json> = known.collect();
            serde_json::json!({ "data": { "attributes": attributes } })
        }
        body => body,
    }
}

/// The timezone that a body names where the query string does not: beside the selection,
/// or in its subset query.
pub(crate) fn timezone_in(body: &Json) -> Option<&str> {
    let attributes = attributes(body).ok()?;
    [Some(attributes), attributes.get("all_records_subset_query").and_then(Json::as_object)]
        .into_iter()
        .flatten()
        .find_map(|map| text(map, "timezone"))
}

/// What a body says of the action that it is for, besides the slug in the URL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    /// The action's collection.
    pub(crate) collection: Option<&'a str>,
    /// The action, in one of the spellings of [`super::super::names_action`].
    pub(crate) action: Option<&'a str>,
}

impl<'a> Address<'a> {
    /// Reads a body, which may say nothing.
    pub(crate) fn of(body: &'a Json) -> Self {
        let Ok(attributes) = attributes(body) else { return Self::default() };
        Self { collection: text(attributes, "collection_name"), action: text(attributes, "smart_action_id") }
    }
}

fn text<'a>(map: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    map.get(key).and_then(Json::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn djangos_hooks_read_like_all_others() {
        let flat = json!({ "recordIds": ["70"], "collectionName": "clients", "fields": [], "changedField": "city" });
        let usual = json!({ "data": { "attributes": {
            "ids": ["70"], "collection_name": "clients", "fields": [], "changed_field": "city" } } });
        assert_eq!(unflattened(flat), usual);
        assert_eq!(unflattened(usual.clone()), usual);
        assert_eq!(unflattened(json!({})), json!({ "data": { "attributes": {} } }));
        assert_eq!(unflattened(json!([1])), json!([1]));
    }

    #[test]
    fn an_address_is_what_the_body_says() {
        let body =
            json!({ "data": { "attributes": { "collection_name": "orders", "smart_action_id": "orders.Refund" } } });
        assert_eq!(Address::of(&body), Address { collection: Some("orders"), action: Some("orders.Refund") });
        for body in [json!(null), json!({ "data": { "attributes": { "collection_name": "", "smart_action_id": 7 } } })]
        {
            assert_eq!(Address::of(&body), Address::default());
        }
    }

    #[test]
    fn the_timezone_is_found_in_either_place() {
        let within = |attributes: Json| json!({ "data": { "attributes": attributes } });
        let subset = json!({ "timezone": "Europe/Paris" });
        let beside = within(json!({ "timezone": "Asia/Tokyo", "all_records_subset_query": subset }));
        assert_eq!(timezone_in(&beside), Some("Asia/Tokyo"));
        assert_eq!(timezone_in(&within(json!({ "all_records_subset_query": subset }))), Some("Europe/Paris"));
        assert_eq!(timezone_in(&within(json!({ "all_records_subset_query": null }))), None);
    }
}

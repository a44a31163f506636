//! The query string, and the same keys in a body's subset query.

use std::borrow::Cow;

use chrono_tz::Tz;
use serde_json::{Map, Value as Json};

use crate::error::{Fault, Result, shortened};

/// A query string, decoded, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct QueryString(Vec<(String, String)>);

impl QueryString {
    /// Reads `a=b&c=d`; any text can be read.
    pub(crate) fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The first value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// Whether there is a value that is not empty.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| !value.is_empty())
    }

    /// The names in `fields[<of>]`: a comma list, a repeated key, or both; `None` when there are none.
    ///
    /// A key that was encoded twice is found too: agent-client does so for names with spaces.
    pub(crate) fn fields(&self, of: &str) -> Option<Vec<&str>> {
        let key = format!("fields[{of}]");
        let is_key = |name: &str| name == key || percent_decoded(name) == key;
        let names: Vec<&str> = self
            .0
            .iter()
            .filter(|(name, _)| is_key(name))
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        (!names.is_empty()).then_some(names)
    }
}

fn percent_decoded(text: &str) -> Cow<'_, str> {
    if text.contains('%') { percent_encoding::percent_decode_str(text).decode_utf8_lossy() } else { text.into() }
}

/// Where a key is looked up: first in the body's `all_records_subset_query`, then in
/// the query string.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Params<'a> {
    query: &'a QueryString,
    subset: Option<&'a Map<String, Json>>,
}

impl<'a> Params<'a> {
    /// Of a request without a body.
    pub(crate) const fn of_query(query: &'a QueryString) -> Self {
        Self { query, subset: None }
    }

    /// Of a request whose body's attributes may hold a subset query.
    pub(crate) fn of_body(query: &'a QueryString, attributes: &'a Map<String, Json>) -> Self {
        Self { query, subset: attributes.get("all_records_subset_query").and_then(Json::as_object) }
    }

    /// The text of a key; numbers and booleans of a body as their text, objects as JSON.
    pub(crate) fn get(&self, key: &str) -> Option<Cow<'a, str>> {
        match self.subset.and_then(|subset| subset.get(key)) {
            None | Some(Json::Null) => self.query.get(key).map(Cow::Borrowed),
            Some(Json::String(text)) => Some(Cow::Borrowed(text)),
            Some(other) => Some(Cow::Owned(other.to_string())),
        }
    }
}

/// The timezone of a request.
///
/// # Errors
/// 400 when it is missing, empty or unknown.
pub(crate) fn timezone(text: Option<&str>) -> Result<Tz> {
    match text {
        None | Some("") => Err(Fault::validation("Missing timezone")),
        Some(name) => name.parse().map_err(|_| Fault::validation(format!("Invalid timezone: \"{}\"", shortened(name)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_come_as_list_as_repeated_key_and_doubly_encoded() {
        for text in ["fields[o]=a,%20b", "fields%5Bo%5D=a&fields%5Bo%5D=b"] {
            assert_eq!(QueryString::parse(text).fields("o"), Some(vec!["a", "b"]), "{text}");
        }
        assert_eq!(QueryString::parse("fields%5Bco%2520l%5D=a").fields("co l"), Some(vec!["a"]));
        assert_eq!(QueryString::parse("fields[o]=&fields[p]=x").fields("o"), None);
    }

    #[test]
    fn the_subset_of_a_body_goes_first() {
        let query = QueryString::parse("search=a&segment=b");
        let attributes = json!({ "all_records_subset_query": { "search": "c", "searchExtended": 0, "segment": null } });
        let params = Params::of_body(&query, attributes.as_object().unwrap());
        assert_eq!(params.get("search").as_deref(), Some("c"));
        assert_eq!(params.get("searchExtended").as_deref(), Some("0"));
        assert_eq!(params.get("segment").as_deref(), Some("b"));
    }

    #[test]
    fn timezones_are_wanted_and_known() {
        assert_eq!(timezone(Some("Europe/Paris")), Ok(Tz::Europe__Paris));
        assert_eq!(timezone(None), Err(Fault::validation("Missing timezone")));
        assert_eq!(timezone(Some("")), Err(Fault::validation("Missing timezone")));
        assert_eq!(timezone(Some("Nope/X")), Err(Fault::validation("Invalid timezone: \"Nope/X\"")));
    }
}

//! Bodies of executions and form hooks (specification, sections 1.3, 4.1 and 4.3).

use levers_engine::SearchedField;
use levers_model::{Caller, Collection, Scope, Selection, Targets, Values};
use levers_ports::Segment;
use serde_json::{Map, Value as Json};

use super::bulk_body::{attributes, parent, targets};
use super::ids::json_type;
use super::query_string::{Params, QueryString};
use super::reading::request_filter;
use super::schemas::Schemas;
use crate::error::{Fault, Result};

/// What agents show while a dynamic form loads; never a field of ours.
const PLACEHOLDER: &str = "Loading...";

/// What a request is read against.
pub(crate) struct Asked<'a> {
    /// The query string.
    pub(crate) query: &'a QueryString,
    /// Who asks.
    pub(crate) caller: &'a Caller,
    /// The action's collection.
    pub(crate) collection: &'a Collection,
    /// The collection's segments.
    pub(crate) segments: &'a [Segment],
    /// The other collections.
    pub(crate) schemas: Schemas<'a>,
}

/// A wish to run an action.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ActionBody {
    /// Which records it is about.
    pub(crate) selection: Selection,
    /// The form's values.
    pub(crate) values: Values,
}

/// A wish to see a form.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FormBody {
    /// Which records it is about.
    pub(crate) selection: Selection,
    /// What was typed; `None` when the form is first opened.
    pub(crate) values: Option<Values>,
    /// The field that was changed.
    pub(crate) changed: Option<String>,
    /// The field whose choices are searched.
    pub(crate) search: Option<SearchedField>,
}

/// Reads the body of an execution, after [`crate::approval::open`].
///
/// # Errors
/// 400 when it makes no sense, 403 or 422 for a segment in SQL.
pub(crate) fn action_body(body: &Json, scope: Scope, asked: &Asked<'_>) -> Result<ActionBody> {
    let attributes = attributes(body)?;
    let values = match attributes.get("values") {
        None | Some(Json::Null) => Values::new(),
        Some(Json::Object(values)) => {
            values.iter().filter(|(id, _)| *id != PLACEHOLDER).map(|(id, value)| (id.clone(), value.clone())).collect()
        }
        other => {
            return Err(Fault::validation(format!("Expected an object of values, received: {}", json_type(other))));
        }
    };
    Ok(ActionBody { selection: selection(attributes, scope, asked)?, values })
}

/// Reads the body of a form hook. Load, change and search share it: the body decides.
///
/// # Errors
/// As [`action_body`].
pub(crate) fn form_body(body: &Json, scope: Scope, asked: &Asked<'_>) -> Result<FormBody> {
    let attributes = attributes(body)?;
    let selection = selection(attributes, scope, asked)?;
    let text = |key: &str| attributes.get(key).and_then(Json::as_str).filter(|text| !text.is_empty());
    let fields = match attributes.get("fields") {
        None | Some(Json::Null) => return Ok(FormBody { selection, values: None, changed: None, search: None }),
        Some(Json::Array(fields)) => fields,
        other => return Err(Fault::validation(format!("Expected array, received: {}", json_type(other)))),
    };
    let values = fields.iter().filter_map(|field| field_value(field).transpose()).collect::<Result<Values>>()?;
    let search =
        text("search_field").map(|name| SearchedField { field: name.to_owned(), text: search_text(fields, name) });
    Ok(FormBody { selection, values: Some(values), changed: text("changed_field").map(str::to_owned), search })
}

/// A field's id and value, unless it has none: an absent value takes the default.
fn field_value(field: &Json) -> Result<Option<(String, Json)>> {
    let Some(id) = field.get("field").and_then(Json::as_str) else {
        return Err(Fault::validation("Every field of a form needs its name in “field”."));
    };
    let Some(value) = field.get("value").filter(|_| id != PLACEHOLDER) else { return Ok(None) };
    let picked = field.get("reference").is_some_and(|reference| !reference.is_null());
    if picked && !matches!(value, Json::Null | Json::String(_)) {
        return Err(Fault::validation(format!("Expected string, received: {}", json_type(Some(value)))));
    }
    Ok(Some((id.to_owned(), value.clone())))
}

fn search_text(fields: &[Json], name: &str) -> String {
    let is_it =
        |field: &&Json| ["field", "label"].iter().any(|key| field.get(*key).and_then(Json::as_str) == Some(name));
    match fields.iter().find(is_it).and_then(|field| field.get("searchValue")) {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The selection (4.1): filters, search and segment apply even to ticked ids and to global
/// actions; page, sort and fields never do.
fn selection(attributes: &Map<String, Json>, scope: Scope, asked: &Asked<'_>) -> Result<Selection> {
    let targets = match scope {
        Scope::Global => Targets::None,
        Scope::Single | Scope::Bulk => targets(attributes, asked.collection)?,
    };
    let params = Params::of_body(asked.query, attributes);
    let filter = request_filter(params, asked.caller, asked.collection, asked.segments, &asked.schemas)?;
    Ok(Selection { filter, targets, parent: parent(attributes, asked.collection, &asked.schemas)? })
}

#[cfg(test)]
#[expect(clippy::needless_pass_by_value, reason = "a `json!` reads best in its place")]
mod tests {
    use super::*;
    use crate::samples::{orders, schemas};
    use levers_model::Door;
    use serde_json::json;

    fn with_asked<T>(read: impl FnOnce(&Asked<'_>) -> T) -> T {
        let (query, caller) = (QueryString::default(), Caller::new("a@b.c", Door::Forest));
        let collection = orders();
        read(&Asked { query: &query, caller: &caller, collection: &collection, segments: &[], schemas: schemas() })
    }

    fn execute(attributes: Json, scope: Scope) -> Result<ActionBody> {
        with_asked(|asked| action_body(&json!({ "data": { "attributes": attributes } }), scope, asked))
    }

    fn hook(attributes: Json) -> Result<FormBody> {
        with_asked(|asked| form_body(&json!({ "data": { "attributes": attributes } }), Scope::Single, asked))
    }

    fn status<T: std::fmt::Debug>(result: Result<T>) -> u16 {
        match result {
            Err(Fault::Api { status, .. }) => status,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_execution_is_read_whole() {
        let body = execute(
            json!({
                "ids": ["1", "2"],
                "values": { "tone": "firm", "Loading...": null },
                "parent_collection_name": "clients",
                "parent_collection_id": "3",
                "parent_association_name": "orders",
                "all_records_subset_query": { "filters": "{\"field\":\"id\",\"operator\":\"present\"}", "page[size]": 0 },
            }),
            Scope::Bulk,
        );
        insta::assert_debug_snapshot!(body.unwrap());
    }

    #[test]
    fn global_actions_ignore_ids_and_keep_the_filter() {
        let body =
            execute(json!({ "ids": ["x"], "all_records_subset_query": { "search": "a" } }), Scope::Global).unwrap();
        assert_eq!(body.selection.targets, Targets::None);
        assert!(body.selection.filter.search.is_some());
        assert_eq!(execute(json!({}), Scope::Global).unwrap().values, Values::new());
    }

    #[test]
    fn bodies_that_are_no_executions_are_refused() {
        assert_eq!(status(execute(json!({ "values": {} }), Scope::Single)), 400);
        assert_eq!(status(execute(json!({ "ids": ["1"], "values": 7 }), Scope::Single)), 400);
        let parent = json!({ "ids": [], "parent_association_name": "client", "parent_collection_name": "orders",
            "parent_collection_id": "1" });
        assert_eq!(status(execute(parent, Scope::Bulk)), 400);
        let sql = json!({ "ids": [], "all_records_subset_query": { "segmentQuery": "select 1" } });
        assert_eq!(status(execute(sql, Scope::Bulk)), 403);
    }

    #[test]
    fn a_first_load_has_no_values() {
        assert_eq!(hook(json!({ "ids": ["1"], "values": {} })).unwrap().values, None);
        assert_eq!(hook(json!({ "ids": ["1"], "fields": null })).unwrap().values, None);
    }

    #[test]
    fn a_change_keeps_null_and_drops_what_is_absent() {
        let body = hook(json!({
            "ids": ["7"],
            "changed_field": "amount",
            "fields": [
                { "field": "amount", "type": "Number", "value": 20, "hook": "changeHook" },
                { "field": "city", "value": null, "searchValue": "ly" },
                { "field": "later", "type": "String" },
                { "field": "buyer", "reference": "clients.id", "value": "3" },
                { "field": "Loading...", "value": "x" },
            ],
            "search_field": "city",
        }));
        insta::assert_debug_snapshot!(body.unwrap());
    }

    #[test]
    fn a_picked_record_is_a_text() {
        let fields = json!([{ "field": "buyer", "reference": "clients.id", "value": 3 }]);
        assert_eq!(status(hook(json!({ "ids": ["7"], "fields": fields }))), 400);
        assert_eq!(status(hook(json!({ "ids": ["7"], "fields": [7] }))), 400);
        assert_eq!(status(hook(json!({ "ids": ["7"], "fields": "x" }))), 400);
    }
}

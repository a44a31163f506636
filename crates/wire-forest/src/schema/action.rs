//! Actions in the schema file.

use levers_engine::{CollectionEntry, Engine};
use levers_model::{BuiltIn, Form, Scope};
use levers_ports::ActionDeclaration;
use serde_json::{Map, Value as Json, json};

use crate::translate::{self, Schemas, slug};

/// The actions that Forest's clients are offered, in the order that counts in URLs:
/// declared ones first, so that they keep their places.
///
/// Linking and unlinking are left out: they make sense from a parent's related data
/// only, where clients have requests of their own for them.
pub(crate) fn offered(entry: &CollectionEntry) -> impl Iterator<Item = &ActionDeclaration> {
    let links = [Some(BuiltIn::Associate), Some(BuiltIn::Dissociate)];
    entry.actions().filter(move |declaration| !links.contains(&declaration.action.built_in))
}

/// Sorted by name; the index in the URL stays that of [`offered`].
pub(super) fn actions(entry: &CollectionEntry, schemas: &Schemas<'_>) -> Vec<Json> {
    let mut actions: Vec<(usize, &ActionDeclaration)> = offered(entry).enumerate().collect();
    actions.sort_by_key(|(_, declaration)| &declaration.action.name);
    actions.into_iter().map(|(index, declaration)| action(entry.name(), index, declaration, schemas)).collect()
}

/// The wire has no keys for what a button looks like and for whether a caller waits: an
/// action in the background answers that it began. Nor has it one for a confirmation, which
/// is a part of the form, and is asked for with it.
fn action(collection: &str, index: usize, declaration: &ActionDeclaration, schemas: &Schemas<'_>) -> Json {
    let action = &declaration.action;
    let slug = slug(&action.name);
    let form = Engine::static_form(declaration).filter(|_| declaration.confirmation.is_none());
    let mut json = Map::new();
    json.insert("id".into(), json!(format!("{collection}-{index}-{slug}")));
    json.insert("name".into(), json!(action.name));
    json.insert("type".into(), json!(scope(action.scope)));
    json.insert("baseUrl".into(), Json::Null);
    json.insert("endpoint".into(), json!(format!("/forest/_actions/{collection}/{index}/{slug}")));
    json.insert("httpMethod".into(), json!("POST"));
    json.insert("redirect".into(), Json::Null);
    json.insert("download".into(), json!(action.generates_file));
    json.insert("fields".into(), form.as_ref().map_or_else(loading, |form| fields(form, schemas)));
    let layout = form.as_ref().map(translate::layout).filter(|layout| !layout.is_empty());
    if let Some(layout) = layout {
        json.insert("layout".into(), json!(layout));
    }
    if let Some(description) = &action.description {
        json.insert("description".into(), json!(description));
    }
    if let Some(label) = &action.submit_label {
        json.insert("submitButtonLabel".into(), json!(label));
    }
    json.insert("hooks".into(), json!({ "load": form.is_none(), "change": ["changeHook"] }));
    Json::Object(json)
}

const fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::Single => "single",
        Scope::Bulk => "bulk",
        Scope::Global => "global",
    }
}

/// The fields of a static form, with what they hold at first.
fn fields(form: &Form, schemas: &Schemas<'_>) -> Json {
    form.fields
        .iter()
        .map(|field| {
            let mut wire = translate::field(field, schemas);
            let first = field.default.as_ref().or(field.value.as_ref());
            let first = first.map_or(Json::Null, |value| translate::shown(value, &field.field_type));
            wire.insert("defaultValue".into(), first);
            Json::Object(wire)
        })
        .collect()
}

/// A front does not ask for a form without fields, so a dynamic one has this field
/// until it is asked for.
fn loading() -> Json {
    json!([{
        "field": "Loading...",
        "label": "Loading...",
        "type": "String",
        "isReadOnly": true,
        "isRequired": false,
        "defaultValue": "Form is loading",
        "description": "",
        "enums": null,
        "hook": null,
        "reference": null,
        "widgetEdit": null,
    }])
}

//! Where the fields of a backend's form stand (specification, section 1.6).
//!
//! On the wire a layout names fields; some backends hand out what developers wrote
//! instead, with the fields inside. Both are read, in upper and lower case.

use std::collections::BTreeSet;

use levers_ports::{ElementDeclaration, FieldDeclaration};
use serde_json::Value as Json;

use super::wire::{Legacy, name_of};

/// A piece of layout that names its fields.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// A field.
    Input(String),
    /// Fields side by side.
    Row(Vec<String>),
    /// A line.
    Separator,
    /// Markup.
    Html(String),
    /// A step.
    Page { next: Option<String>, previous: Option<String>, places: Vec<Place> },
}

/// Reads a layout. What is not known is left out: a form without a line is still a form.
pub(super) fn places(layout: &[Json]) -> Vec<Place> {
    layout.iter().filter_map(place).collect()
}

fn place(json: &Json) -> Option<Place> {
    let text = |key: &str| json.get(key).and_then(Json::as_str).map(str::to_owned);
    let list = |key: &str| json.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    match json.get("component").and_then(Json::as_str)?.to_ascii_lowercase().as_str() {
        "input" => text("fieldId").map(Place::Input),
        "row" => Some(Place::Row(list("fields").iter().filter_map(named).collect())),
        "separator" => Some(Place::Separator),
        "htmlblock" => Some(Place::Html(text("content").unwrap_or_default())),
        "page" => Some(Place::Page {
            next: text("nextButtonLabel"),
            previous: text("previousButtonLabel"),
            places: places(list("elements")),
        }),
        _ => None,
    }
}

/// The field that an item of a row names.
fn named(item: &Json) -> Option<String> {
    let name = item.as_str().or_else(|| item.get("fieldId")?.as_str()).or_else(|| item.get("field")?.as_str());
    name.map(str::to_owned)
}

/// Takes the fields out of a list that may hold pieces of layout, too.
pub(super) fn extracted(items: Vec<Json>) -> Result<(Vec<Legacy>, Vec<Place>), String> {
    let is_layout = |item: &Json| item.get("type").and_then(Json::as_str) == Some("Layout");
    let mixed = items.iter().any(is_layout);
    let (mut fields, mut layout) = (Vec::new(), Vec::new());
    for item in items {
        let place = take(item, &mut fields)?;
        layout.extend(place);
    }
    Ok((fields, if mixed { layout } else { Vec::new() }))
}

fn take(item: Json, fields: &mut Vec<Legacy>) -> Result<Option<Place>, String> {
    let Json::Object(mut object) = item else { return Err("a field is no object".into()) };
    if object.get("type").and_then(Json::as_str) != Some("Layout") {
        let place = name_of(&object).map(|name| Place::Input(name.to_owned()));
        fields.push(object);
        return Ok(place);
    }
    let mut inside = Vec::new();
    for key in ["fields", "elements"] {
        if let Some(Json::Array(items)) = object.remove(key) {
            for item in items {
                inside.extend(take(item, fields)?);
            }
        }
    }
    Ok(match place(&Json::Object(object)) {
        Some(Place::Row(_)) => {
            let names = inside.into_iter().filter_map(|place| match place {
                Place::Input(name) => Some(name),
                _ => None,
            });
            Some(Place::Row(names.collect()))
        }
        Some(Place::Page { next, previous, places: _ }) => Some(Place::Page { next, previous, places: inside }),
        other => other,
    })
}

/// Puts fields where they belong. Fields that have no place follow at the end; those that
/// have two stand in the first.
pub(super) fn placed(places: Vec<Place>, fields: Vec<FieldDeclaration>) -> Vec<ElementDeclaration> {
    let mut left = Left { placed: BTreeSet::new(), fields };
    let mut elements = left.elements(places);
    let rest: Vec<ElementDeclaration> =
        left.fields.into_iter().map(|field| ElementDeclaration::Field(Box::new(field))).collect();
    // Beside pages nothing else may stand.
    match elements.last_mut() {
        Some(ElementDeclaration::Page { elements, .. }) => elements.extend(rest),
        _ => elements.extend(rest),
    }
    elements
}

struct Left {
    placed: BTreeSet<String>,
    fields: Vec<FieldDeclaration>,
}

impl Left {
    fn take(&mut self, name: &str) -> Option<FieldDeclaration> {
        let index = self.fields.iter().position(|field| field.id == name)?;
        self.placed.insert(name.to_owned()).then(|| self.fields.remove(index))
    }

    fn elements(&mut self, places: Vec<Place>) -> Vec<ElementDeclaration> {
        places.into_iter().filter_map(|place| self.element(place)).collect()
    }

    fn element(&mut self, place: Place) -> Option<ElementDeclaration> {
        Some(match place {
            Place::Input(name) => ElementDeclaration::Field(Box::new(self.take(&name)?)),
            Place::Row(names) => {
                let fields: Vec<_> = names.iter().filter_map(|name| self.take(name)).collect();
                if fields.is_empty() {
                    return None;
                }
                ElementDeclaration::Row { fields, condition: None }
            }
            Place::Separator => ElementDeclaration::Separator { condition: None },
            Place::Html(content) => ElementDeclaration::Html { content: content.into(), condition: None },
            Place::Page { next, previous, places } => ElementDeclaration::Page {
                next_label: next,
                previous_label: previous,
                elements: self.elements(places),
                condition: None,
            },
        })
    }
}

//! The declared form as a backend would have declared it, for backends that have
//! change hooks and leave the opening to the file.

use levers_model::Result;
use levers_ports::{Computed, ElementDeclaration, FieldDeclaration, FormContext, TypeDeclaration};
use serde_json::{Value as Json, json};

use super::layout::Place;
use super::wire::{Legacy, LegacyForm};
use crate::action::HttpAction;

/// All declared fields, in order.
pub(super) fn fields(elements: &[ElementDeclaration]) -> Vec<&FieldDeclaration> {
    let mut found = Vec::new();
    for element in elements {
        match element {
            ElementDeclaration::Field(field) => found.push(&**field),
            ElementDeclaration::Row { fields, .. } => found.extend(fields),
            ElementDeclaration::Page { elements, .. } => found.extend(self::fields(elements)),
            ElementDeclaration::Separator { .. } | ElementDeclaration::Html { .. } => {}
        }
    }
    found
}

/// The form with all that is computed in it known.
pub(super) async fn form(elements: &[ElementDeclaration], action: &HttpAction, cx: &FormContext) -> Result<LegacyForm> {
    let mut form = LegacyForm::default();
    for (position, field) in fields(elements).into_iter().enumerate() {
        form.fields.push(legacy(field, position, action, cx).await?);
    }
    form.places = Box::pin(places(elements, cx)).await?;
    Ok(form)
}

async fn places(elements: &[ElementDeclaration], cx: &FormContext) -> Result<Vec<Place>> {
    let mut found = Vec::new();
    for element in elements {
        found.push(match element {
            ElementDeclaration::Field(field) => Place::Input(field.id.clone()),
            ElementDeclaration::Row { fields, .. } => Place::Row(fields.iter().map(|field| field.id.clone()).collect()),
            ElementDeclaration::Separator { .. } => Place::Separator,
            ElementDeclaration::Html { content, .. } => Place::Html(known(content, cx).await?),
            ElementDeclaration::Page { next_label, previous_label, elements, .. } => Place::Page {
                next: next_label.clone(),
                previous: previous_label.clone(),
                places: Box::pin(places(elements, cx)).await?,
            },
        });
    }
    Ok(found)
}

async fn legacy(field: &FieldDeclaration, position: usize, action: &HttpAction, cx: &FormContext) -> Result<Legacy> {
    let (name, enums, reference) = described(&field.field_type, action, cx).await?;
    let default = optional(field.default.as_ref(), cx).await?;
    let value = optional(field.value.as_ref(), cx).await?.or_else(|| default.clone());
    let hook = action.hooks.change.get(&field.id);
    let legacy = json!({
        "field": field.id,
        "type": name,
        "description": optional(field.description.as_ref(), cx).await?,
        "isRequired": known(&field.required, cx).await?,
        "isReadOnly": known(&field.read_only, cx).await?,
        "enums": enums,
        "reference": reference,
        "hook": hook,
        "defaultValue": default,
        "value": value,
        "position": position,
        "widgetEdit": null,
    });
    Ok(match legacy {
        Json::Object(legacy) => legacy,
        _ => Legacy::new(),
    })
}

/// A type's legacy name, choices and reference.
async fn described(
    declared: &TypeDeclaration,
    action: &HttpAction,
    cx: &FormContext,
) -> Result<(Json, Option<Vec<String>>, Option<String>)> {
    let plain = |name: &str| Ok((json!(name), None, None));
    match declared {
        TypeDeclaration::Boolean => plain("Boolean"),
        TypeDeclaration::Date => plain("Date"),
        TypeDeclaration::Dateonly => plain("Dateonly"),
        TypeDeclaration::Time => plain("Time"),
        TypeDeclaration::Json => plain("Json"),
        TypeDeclaration::Number => plain("Number"),
        TypeDeclaration::String => plain("String"),
        TypeDeclaration::File => plain("File"),
        TypeDeclaration::NumberList => Ok((json!(["Number"]), None, None)),
        TypeDeclaration::StringList => Ok((json!(["String"]), None, None)),
        TypeDeclaration::FileList => Ok((json!(["File"]), None, None)),
        TypeDeclaration::Enum(values) => Ok((json!("Enum"), Some(known(values, cx).await?), None)),
        TypeDeclaration::EnumList(values) => Ok((json!(["Enum"]), Some(known(values, cx).await?), None)),
        TypeDeclaration::Collection(name) => {
            let name = known(name, cx).await?;
            let key = cx.records.collection(&name).ok().and_then(|found| found.primary_key.first().cloned());
            let name = if name == cx.collection.name { action.backend_collection.clone() } else { name };
            Ok((json!("String"), None, Some(format!("{name}.{}", key.as_deref().unwrap_or("id")))))
        }
    }
}

async fn known<T: Clone>(property: &Computed<T>, cx: &FormContext) -> Result<T> {
    match property {
        Computed::Constant(value) => Ok(value.clone()),
        Computed::Dynamic(compute) => compute(cx.clone()).await,
    }
}

async fn optional<T: Clone>(property: Option<&Computed<T>>, cx: &FormContext) -> Result<Option<T>> {
    match property {
        None => Ok(None),
        Some(property) => known(property, cx).await.map(Some),
    }
}

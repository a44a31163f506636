//! A backend's field as a declaration (specification, section 1.6).

use levers_model::FieldType;
use levers_ports::{Computed, FieldDeclaration, FormContext, TypeDeclaration};
use serde_json::Value as Json;

use super::widget::widget;
use super::wire::{Legacy, name_of};
use crate::action::HttpAction;

/// What a field's value in the answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is where the field begins; what was typed goes before it.
    Beginning,
    /// The hook set it just now, over what was typed.
    Set,
}

/// The field as it shall be shown. What a backend cannot say (that a field is secret, the
/// rules of the file) is kept from the declared field of the same name.
///
/// # Errors
/// A text for the log that names the field.
pub(super) fn declaration(
    field: &Legacy,
    standing: Standing,
    declared: Option<&FieldDeclaration>,
    action: &HttpAction,
    cx: &FormContext,
) -> Result<FieldDeclaration, String> {
    let name = name_of(field).unwrap_or_default();
    let field_type = field_type(field, action, cx)?;
    let mut declaration = declared.cloned().unwrap_or_else(|| FieldDeclaration::new(name, TypeDeclaration::String));
    let flag = |key: &str| field.get(key).and_then(Json::as_bool).unwrap_or(false);
    let text = |key: &str| field.get(key).and_then(Json::as_str).map(str::to_owned);
    let given = |key: &str| field.get(key).filter(|value| !value.is_null()).cloned();
    let value = given("value");
    if let Some(description) = text("description") {
        declaration.description = Some(description.into());
    }
    declaration.widget = widget(field, &field_type).map(Computed::from).or_else(|| {
        let declared = declaration.widget.take();
        declared.filter(|widget| matches!(widget, Computed::Constant(widget) if widget.fits(&field_type)))
    });
    declaration.field_type = declared_type(field_type);
    declaration.required = flag("isRequired").into();
    declaration.read_only = flag("isReadOnly").into();
    declaration.condition = None;
    declaration.default = value.clone().or_else(|| given("defaultValue")).map(Computed::from);
    declaration.value = match standing {
        Standing::Set => Some(value.unwrap_or_default().into()),
        Standing::Beginning if flag("isReadOnly") => value.map(Computed::from),
        Standing::Beginning => None,
    };
    Ok(declaration)
}

fn field_type(field: &Legacy, action: &HttpAction, cx: &FormContext) -> Result<FieldType, String> {
    let (name, list) = match field.get("type") {
        None | Some(Json::Null) => ("String", false),
        Some(Json::String(name)) => (name.as_str(), false),
        Some(Json::Array(items)) => (items.first().and_then(Json::as_str).unwrap_or("String"), true),
        Some(_) => ("", false),
    };
    if !list && let Some(collection) = reference(field, action, cx) {
        return Ok(FieldType::Collection { collection });
    }
    let enums = enums(field);
    Ok(match (name.to_ascii_lowercase().as_str(), list) {
        ("enum", false) => FieldType::Enum { values: enums.unwrap_or_default() },
        ("enum", true) => FieldType::EnumList { values: enums.unwrap_or_default() },
        ("string", list) => match (enums.filter(|values| !values.is_empty()), list) {
            (Some(values), true) => FieldType::EnumList { values },
            (Some(values), false) => FieldType::Enum { values },
            (None, true) => FieldType::StringList,
            (None, false) => FieldType::String,
        },
        ("number", false) => FieldType::Number,
        ("number", true) => FieldType::NumberList,
        ("date", false) => FieldType::Date,
        ("dateonly", false) => FieldType::Dateonly,
        // Lists of days and times are lists of their texts.
        ("date" | "dateonly" | "time", true) => FieldType::StringList,
        ("time" | "timeonly", false) => FieldType::Time,
        ("boolean", false) => FieldType::Boolean,
        ("file", false) => FieldType::File,
        ("file", true) => FieldType::FileList,
        ("json", _) | ("boolean", true) => FieldType::Json,
        _ => {
            let name = name_of(field).unwrap_or_default();
            return Err(format!("the field “{name}” has the type {}", field.get("type").unwrap_or(&Json::Null)));
        }
    })
}

/// The collection that a field picks from, in our name for it; a collection that we do not
/// know cannot be picked from, so its id is typed.
fn reference(field: &Legacy, action: &HttpAction, cx: &FormContext) -> Option<String> {
    let reference = field.get("reference")?.as_str()?;
    let name = reference.rsplit_once('.').map_or(reference, |(collection, _key)| collection);
    if name == action.backend_collection {
        return Some(cx.collection.name.clone());
    }
    cx.records.collection(name).ok().map(|collection| collection.name.clone())
}

fn enums(field: &Legacy) -> Option<Vec<String>> {
    let values = field.get("enums")?.as_array()?;
    let text = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(bool) => Some(bool.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    };
    Some(values.iter().filter_map(text).collect())
}

fn declared_type(field_type: FieldType) -> TypeDeclaration {
    match field_type {
        FieldType::Boolean => TypeDeclaration::Boolean,
        FieldType::Date => TypeDeclaration::Date,
        FieldType::Dateonly => TypeDeclaration::Dateonly,
        FieldType::Time => TypeDeclaration::Time,
        FieldType::Enum { values } => TypeDeclaration::Enum(values.into()),
        FieldType::EnumList { values } => TypeDeclaration::EnumList(values.into()),
        FieldType::Json => TypeDeclaration::Json,
        FieldType::Number => TypeDeclaration::Number,
        FieldType::NumberList => TypeDeclaration::NumberList,
        FieldType::String => TypeDeclaration::String,
        FieldType::StringList => TypeDeclaration::StringList,
        FieldType::File => TypeDeclaration::File,
        FieldType::FileList => TypeDeclaration::FileList,
        FieldType::Collection { collection } => TypeDeclaration::Collection(collection.into()),
    }
}

//! Forms (specification, sections 4.4 and 4.5).

use levers_model::{Field, FieldType, Form, LayoutElement};
use serde_json::{Map, Value as Json, json};

use super::column_type::form_type;
use super::schemas::Schemas;
use super::widget::widget;

/// The answer of a form hook.
pub(crate) fn form(form: &Form, schemas: &Schemas<'_>) -> Json {
    let fields: Vec<Json> = form
        .fields
        .iter()
        .map(|declared| {
            let mut wire = field(declared, schemas);
            if let Some(value) = &declared.value {
                wire.insert("value".into(), shown(value, &declared.field_type));
            }
            Json::Object(wire)
        })
        .collect();
    json!({ "fields": fields, "layout": layout(form) })
}

/// A field without its value: what the schema and the hooks have in common. What
/// was not declared is absent.
pub(crate) fn field(field: &Field, schemas: &Schemas<'_>) -> Map<String, Json> {
    let mut wire = Map::new();
    wire.insert("field".into(), json!(field.id));
    wire.insert("label".into(), json!(field.label));
    if let Some(description) = &field.description {
        wire.insert("description".into(), json!(description));
    }
    if field.required {
        wire.insert("isRequired".into(), json!(true));
    }
    if field.read_only {
        wire.insert("isReadOnly".into(), json!(true));
    }
    if field.watched {
        wire.insert("hook".into(), json!("changeHook"));
    }
    wire.insert("type".into(), form_type(&field.field_type, |name| schemas.get(name)));
    match &field.field_type {
        FieldType::Collection { collection } => {
            let key = schemas.get(collection).and_then(|target| target.primary_key.first());
            wire.insert("reference".into(), json!(format!("{collection}.{}", key.map_or("id", String::as_str))));
        }
        FieldType::Enum { values } | FieldType::EnumList { values } => {
            wire.insert("enums".into(), json!(values));
        }
        _ => {}
    }
    if let Some(widget) = widget(field) {
        wire.insert("widgetEdit".into(), widget);
    }
    wire
}

/// A value as the front may show it: choices that are not offered any more are
/// taken out, because the front cannot show them.
pub(crate) fn shown(value: &Json, field_type: &FieldType) -> Json {
    let offered = |values: &[String], value: &Json| value.as_str().is_some_and(|text| values.iter().any(|v| v == text));
    match (field_type, value) {
        (FieldType::Enum { values }, value) if !offered(values, value) => Json::Null,
        (FieldType::EnumList { values }, Json::Array(items)) => {
            Json::Array(items.iter().filter(|item| offered(values, item)).cloned().collect())
        }
        (field_type, Json::String(text)) if field_type.is_file() && text.is_empty() => Json::Null,
        _ => value.clone(),
    }
}

/// Where the fields stand. There is no key for a confirmation, so it stands where it is
/// read before anything runs: at the form's end, above the button.
pub(crate) fn layout(form: &Form) -> Vec<Json> {
    let mut layout: Vec<Json> = form.layout.iter().map(written).collect();
    let Some(confirmation) = &form.confirmation else { return layout };
    if layout.is_empty() {
        layout.extend(form.fields.iter().map(|field| input(&field.id)));
    }
    let question = json!({ "component": "htmlBlock", "content": paragraph(confirmation) });
    match layout.last_mut().and_then(|last| last.get_mut("elements")).and_then(Json::as_array_mut) {
        Some(last_page) => last_page.push(question),
        None => layout.push(question),
    }
    layout
}

/// A text as markup.
fn paragraph(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<p>{escaped}</p>")
}

fn input(id: &str) -> Json {
    json!({ "component": "input", "fieldId": id })
}

fn written(element: &LayoutElement) -> Json {
    match element {
        LayoutElement::Input { field } => input(field),
        LayoutElement::Row { fields } => {
            json!({ "component": "row", "fields": fields.iter().map(|id| input(id)).collect::<Vec<_>>() })
        }
        LayoutElement::Separator => json!({ "component": "separator" }),
        LayoutElement::Html { content } => json!({ "component": "htmlBlock", "content": content }),
        LayoutElement::Page { next_label, previous_label, elements } => {
            let mut page = Map::new();
            page.insert("component".into(), json!("page"));
            for (key, label) in [("nextButtonLabel", next_label), ("previousButtonLabel", previous_label)] {
                if let Some(label) = label {
                    page.insert(key.into(), json!(label));
                }
            }
            page.insert("elements".into(), elements.iter().map(written).collect());
            Json::Object(page)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::schemas;

    #[test]
    fn every_field_type_is_written() {
        let fields = FieldType::samples().into_iter().map(|field_type| {
            let value = match &field_type {
                FieldType::Enum { .. } => json!("gone"),
                FieldType::EnumList { .. } => json!(["gone", "large"]),
                FieldType::File => json!("data:text/plain;name=a;base64,aGk="),
                FieldType::Collection { .. } => json!("1|x"),
                _ => json!(null),
            };
            Field { value: Some(value), ..Field::new(field_type.name(), field_type) }
        });
        let mut fields: Vec<Field> = fields.collect();
        fields.push(Field {
            label: "City".into(),
            description: Some("Where to?".into()),
            required: true,
            read_only: true,
            watched: true,
            ..Field::new("city", FieldType::Collection { collection: "clients".into() })
        });
        insta::assert_json_snapshot!(form(&Form { fields, ..Form::default() }, &schemas()));
    }

    #[test]
    fn every_piece_of_layout_is_written() {
        let elements = vec![LayoutElement::Page {
            next_label: Some("On".into()),
            previous_label: None,
            elements: vec![
                LayoutElement::Input { field: "a".into() },
                LayoutElement::Row { fields: vec!["b".into(), "c".into()] },
                LayoutElement::Separator,
                LayoutElement::Html { content: "<p/>".into() },
            ],
        }];
        insta::assert_json_snapshot!(layout(&Form { layout: elements, ..Form::default() }));
    }

    #[test]
    fn a_confirmation_stands_at_the_end() {
        let asked = |fields: &[&str], elements: Vec<LayoutElement>| {
            let fields = fields.iter().map(|id| Field::new(*id, FieldType::String)).collect();
            json!(layout(&Form { fields, layout: elements, confirmation: Some("Delete <b> & c?".into()) }))
        };
        let question = json!({ "component": "htmlBlock", "content": "<p>Delete &lt;b&gt; &amp; c?</p>" });
        let separator = json!({ "component": "separator" });
        assert_eq!(asked(&[], vec![]), json!([question]));
        assert_eq!(asked(&["a"], vec![]), json!([{ "component": "input", "fieldId": "a" }, question]));
        assert_eq!(asked(&[], vec![LayoutElement::Separator]), json!([separator, question]));
        let page =
            || LayoutElement::Page { next_label: None, previous_label: None, elements: vec![LayoutElement::Separator] };
        let pages = asked(&[], vec![page(), page()]);
        assert_eq!(pages[0]["elements"], json!([separator]));
        assert_eq!(pages[1]["elements"], json!([separator, question]));
    }
}

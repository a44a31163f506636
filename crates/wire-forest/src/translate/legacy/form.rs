//! Forms, as the answers of dialect B's hooks have them (specification, section 1.6).

use levers_model::{Field, FieldType, Form, Widget};
use serde_json::{Map, Value as Json, json};

use crate::translate::form::{field, layout, shown};
use crate::translate::schemas::Schemas;

/// What a field always has, null where it was not declared.
const ALWAYS: [&str; 6] = ["description", "enums", "reference", "hook", "widgetEdit", "defaultValue"];

/// The answer of a form hook.
pub(crate) fn legacy_form(form: &Form, schemas: &Schemas<'_>) -> Json {
    let fields: Vec<Json> =
        form.fields.iter().enumerate().map(|(at, declared)| legacy_field(at, declared, schemas)).collect();
    json!({ "fields": fields, "layout": layout(form) })
}

/// As in dialect A, with every key spelled out. A default is never among them: the engine
/// has made it the value already, and a client would put it back after it was emptied.
fn legacy_field(position: usize, declared: &Field, schemas: &Schemas<'_>) -> Json {
    let mut wire: Map<String, Json> = field(declared, schemas);
    if declared.field_type == FieldType::Time {
        // These clients know no such type of a form, but the widget.
        wire.insert("type".into(), json!("String"));
        wire.insert("widgetEdit".into(), json!({ "name": "time input", "parameters": {} }));
    }
    if matches!(declared.widget, Some(Widget::UserDropdown { .. })) {
        wire.remove("widgetEdit");
    }
    let value = declared.value.as_ref().map_or(Json::Null, |value| shown(value, &declared.field_type));
    wire.insert("value".into(), value);
    wire.insert("isRequired".into(), json!(declared.required));
    wire.insert("isReadOnly".into(), json!(declared.read_only));
    wire.insert("position".into(), json!(position));
    for key in ALWAYS {
        wire.entry(key).or_insert(Json::Null);
    }
    Json::Object(wire)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::schemas;
    use levers_model::LayoutElement;

    #[test]
    fn every_field_type_is_spelled_out() {
        let values = |field_type: &FieldType| match field_type {
            FieldType::Enum { .. } => Some(json!("gone")),
            FieldType::EnumList { .. } => Some(json!(["gone", "large"])),
            FieldType::Number => Some(json!(7)),
            _ => None,
        };
        let mut fields: Vec<Field> = FieldType::samples()
            .into_iter()
            .map(|sample| Field { value: values(&sample), ..Field::new(sample.name(), sample) })
            .collect();
        fields.push(Field {
            label: "Which city?".into(),
            description: Some("Where to?".into()),
            required: true,
            read_only: true,
            watched: true,
            default: Some(json!("1")),
            value: Some(json!("2")),
            ..Field::new("city", FieldType::Collection { collection: "clients".into() })
        });
        let layout = vec![LayoutElement::Row { fields: vec!["city".into()] }, LayoutElement::Separator];
        insta::assert_json_snapshot!(legacy_form(&Form { fields, layout, ..Form::default() }, &schemas()));
    }

    #[test]
    fn widgets_are_those_that_these_clients_know() {
        const KNOWN: [&str; 21] = [
            "address editor",
            "belongsto dropdown",
            "belongsto typeahead",
            "boolean editor",
            "checkboxes",
            "color editor",
            "date editor",
            "dropdown",
            "embedded document editor",
            "file picker",
            "input array",
            "json code editor",
            "multiple select",
            "number input",
            "point editor",
            "price editor",
            "radio button",
            "rich text",
            "text area editor",
            "text editor",
            "time input",
        ];
        for widget in Widget::samples() {
            let field_type = if widget == Widget::TimePicker { FieldType::Time } else { FieldType::String };
            let field = Field { widget: Some(widget), ..Field::new("a", field_type) };
            let wire = legacy_field(0, &field, &schemas());
            let name = wire["widgetEdit"]["name"].as_str();
            assert!(name.is_none_or(|name| KNOWN.contains(&name)), "{wire}");
        }
    }
}

//! Widgets as backends name them (specification, section 1.6).
//!
//! A widget that does not go with its field's type is left out: the client then
//! chooses, which is what the legacy front does.

use levers_model::form::{Choice, CurrencyBase, DropdownSearch};
use levers_model::{FieldType, Widget};
use serde_json::Value as Json;

use super::wire::Legacy;

/// The widget of a field, if it has one that we know and that fits.
pub(super) fn widget(field: &Legacy, field_type: &FieldType) -> Option<Widget> {
    let (name, parameters) = match field.get("widgetEdit").filter(|edit| edit.is_object()) {
        Some(edit) => (edit.get("name")?.as_str()?, edit.get("parameters").unwrap_or(&Json::Null)),
        None => (renamed(field.get("widget")?.as_str()?), &Json::Null),
    };
    known(name, &Parameters(parameters), field_type).filter(|widget| widget.fits(field_type))
}

/// The older names.
fn renamed(name: &str) -> &str {
    match name {
        "address" => "address editor",
        "belongsto select" => "belongsto dropdown",
        "color picker" => "color editor",
        "date picker" => "date editor",
        "price" => "price editor",
        "JSON editor" => "json code editor",
        "rich text editor" => "rich text",
        "text area" => "text area editor",
        "text input" => "text editor",
        other => other,
    }
}

fn known(name: &str, with: &Parameters<'_>, field_type: &FieldType) -> Option<Widget> {
    let placeholder = || with.text("placeholder");
    let (min, max, step) = (|| with.number("min"), || with.number("max"), || with.number("step"));
    Some(match name {
        "address editor" => Widget::AddressAutocomplete { placeholder: placeholder() },
        "boolean editor" => Widget::Checkbox,
        "checkboxes" | "multiple select" => Widget::CheckboxGroup { options: with.options()? },
        "color editor" => Widget::ColorPicker {
            placeholder: placeholder(),
            enable_opacity: with.flag("enableOpacity"),
            quick_palette: with.texts("quickPalette"),
        },
        "date editor" => Widget::DatePicker {
            format: with.text("format"),
            placeholder: placeholder(),
            min: with.text("minDate"),
            max: with.text("maxDate"),
        },
        "dropdown" => Widget::Dropdown {
            options: with.options()?,
            search: if with.flag("isSearchable") { DropdownSearch::Static } else { DropdownSearch::Disabled },
            placeholder: placeholder(),
        },
        "file picker" => Widget::FilePicker {
            extensions: with.texts("filesExtensions"),
            max_size_mb: with.number("filesSizeLimit").filter(|size| *size > 0.0),
            max_count: with.number("filesCountLimit").and_then(count),
        },
        "input array" if *field_type == FieldType::NumberList => Widget::NumberInputList {
            placeholder: placeholder(),
            allow_duplicates: with.flag("allowDuplicate"),
            enable_reorder: with.flag("enableReorder"),
            min: min(),
            max: max(),
            step: step(),
        },
        "input array" => Widget::TextInputList {
            placeholder: placeholder(),
            allow_duplicates: with.flag("allowDuplicate"),
            allow_empty_values: with.flag("allowEmptyValue"),
            enable_reorder: with.flag("enableReorder"),
        },
        "json code editor" => Widget::JsonEditor,
        "number input" => Widget::NumberInput { placeholder: placeholder(), min: min(), max: max(), step: step() },
        "price editor" => Widget::CurrencyInput {
            placeholder: placeholder(),
            min: min(),
            max: max(),
            step: step(),
            currency: with.text("currency").unwrap_or_default(),
            base: if with.text("base").is_some_and(|base| base.eq_ignore_ascii_case("cents")) {
                CurrencyBase::Cents
            } else {
                CurrencyBase::Unit
            },
        },
        "radio button" => Widget::RadioGroup { options: with.options()? },
        "rich text" => Widget::RichText { placeholder: placeholder() },
        "text area editor" => Widget::TextArea { placeholder: placeholder(), rows: with.number("rows") },
        "text editor" => Widget::TextInput { placeholder: placeholder() },
        "time input" => Widget::TimePicker,
        // Pickers of records belong to the type; the others have no counterpart here.
        _ => return None,
    })
}

fn count(number: f64) -> Option<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds that are checked")]
    (1.0..=1e6).contains(&number).then_some(number as u32)
}

struct Parameters<'a>(&'a Json);

impl Parameters<'_> {
    fn get(&self, key: &str) -> Option<&Json> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    fn text(&self, key: &str) -> Option<String> {
        self.get(key).and_then(Json::as_str).map(str::to_owned)
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.get(key).and_then(Json::as_f64)
    }

    fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Json::as_bool).unwrap_or(false)
    }

    fn texts(&self, key: &str) -> Vec<String> {
        let items = self.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Json::as_str).map(str::to_owned).collect()
    }

    /// The choices; `None` when there are none, which would leave nothing to choose.
    fn options(&self) -> Option<Vec<Choice>> {
        let options = self.get("static")?.get("options")?.as_array()?;
        let choices: Vec<Choice> = options.iter().filter_map(choice).collect();
        (!choices.is_empty()).then_some(choices)
    }
}

fn choice(json: &Json) -> Option<Choice> {
    match json {
        Json::String(_) | Json::Number(_) => Some(Choice { value: json.clone(), label: None }),
        Json::Object(pair) => Some(Choice {
            value: pair.get("value").filter(|value| !value.is_null())?.clone(),
            label: pair.get("label").and_then(Json::as_str).map(str::to_owned),
        }),
        Json::Null | Json::Bool(_) | Json::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const NAMES: [&str; 20] = [
        "address editor",
        "belongsto dropdown",
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

    fn legacy(json: Json) -> Legacy {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn each_name_is_a_widget_of_some_types() {
        let parameters = json!({ "static": { "options": [{ "label": "A", "value": "a" }, 1] }, "isSearchable": true,
            "placeholder": "Type", "min": 1, "rows": 4, "currency": "EUR", "base": "Cents", "quickPalette": ["#ffffff"],
            "filesCountLimit": 3, "filesSizeLimit": 1.5, "filesExtensions": [".pdf"], "allowDuplicate": true });
        let table: Vec<(&str, Vec<String>)> = NAMES
            .into_iter()
            .map(|name| {
                let field = legacy(json!({ "widgetEdit": { "name": name, "parameters": parameters } }));
                let of =
                    |field_type: FieldType| Some(format!("{}: {:?}", field_type.name(), widget(&field, &field_type)?));
                (name, FieldType::samples().into_iter().filter_map(of).collect())
            })
            .collect();
        insta::assert_json_snapshot!(table);
    }

    #[test]
    fn older_names_and_widgets_without_choices() {
        let old = legacy(json!({ "widget": "JSON editor" }));
        assert_eq!(widget(&old, &FieldType::Json), Some(Widget::JsonEditor));
        assert_eq!(widget(&legacy(json!({ "widgetEdit": null })), &FieldType::String), None);
        let empty =
            legacy(json!({ "widgetEdit": { "name": "dropdown", "parameters": { "static": { "options": [] } } } }));
        assert_eq!(widget(&empty, &FieldType::String), None);
    }

    proptest! {
        #[test]
        fn any_parameters_are_read(name in prop::sample::select(&NAMES[..]), key in "(min|rows|static|filesCountLimit|filesExtensions)", number in any::<f64>(), text in ".{0,5}") {
            for value in [json!(number), json!(text), json!([text, number]), json!({ "options": [number, { "value": [text] }] })] {
                let field = legacy(json!({ "widgetEdit": { "name": name, "parameters": { &key: value } } }));
                for field_type in FieldType::samples() {
                    if let Some(widget) = widget(&field, &field_type) {
                        prop_assert!(widget.fits(&field_type));
                    }
                }
            }
        }
    }
}

//! Widgets (specification, section 4.5).

use levers_model::form::{Choice, CurrencyBase, DropdownSearch};
use levers_model::{Field, FieldType, Widget};
use serde_json::{Value as Json, json};

/// `widgetEdit` of a field; `None` where the front picks one itself.
pub(crate) fn widget(field: &Field) -> Option<Json> {
    match field.field_type {
        FieldType::Collection { .. } | FieldType::Enum { .. } | FieldType::EnumList { .. } => None,
        _ => field.widget.as_ref().map(|widget| json!({ "name": name(widget), "parameters": parameters(widget) })),
    }
}

const fn name(widget: &Widget) -> &'static str {
    match widget {
        Widget::Dropdown { .. } => "dropdown",
        Widget::RadioGroup { .. } => "radio button",
        Widget::CheckboxGroup { .. } => "checkboxes",
        Widget::Checkbox => "boolean editor",
        Widget::TextInput { .. } => "text editor",
        Widget::TextArea { .. } => "text area editor",
        Widget::RichText { .. } => "rich text",
        Widget::TextInputList { .. } | Widget::NumberInputList { .. } => "input array",
        Widget::NumberInput { .. } => "number input",
        Widget::CurrencyInput { .. } => "price editor",
        Widget::DatePicker { .. } => "date editor",
        Widget::TimePicker => "time editor",
        Widget::ColorPicker { .. } => "color editor",
        Widget::FilePicker { .. } => "file picker",
        Widget::JsonEditor => "json code editor",
        Widget::UserDropdown { .. } => "assignee editor",
        Widget::AddressAutocomplete { .. } => "address editor",
    }
}

/// Options that are not set are null, never absent.
fn parameters(widget: &Widget) -> Json {
    match widget {
        Widget::Dropdown { options, search, placeholder } => json!({
            "searchType": (*search == DropdownSearch::Dynamic).then_some("dynamic"),
            "isSearchable": *search != DropdownSearch::Disabled,
            "placeholder": placeholder,
            "static": { "options": choices(options) },
        }),
        Widget::RadioGroup { options } | Widget::CheckboxGroup { options } => {
            json!({ "static": { "options": choices(options) } })
        }
        Widget::Checkbox | Widget::TimePicker | Widget::JsonEditor => json!({}),
        Widget::TextInput { placeholder }
        | Widget::RichText { placeholder }
        | Widget::UserDropdown { placeholder }
        | Widget::AddressAutocomplete { placeholder } => json!({ "placeholder": placeholder }),
        Widget::TextArea { placeholder, rows } => {
            let rows = rows.map(f64::round).filter(|rows| *rows > 0.0);
            json!({ "placeholder": placeholder, "rows": number(rows) })
        }
        Widget::TextInputList { placeholder, allow_duplicates, allow_empty_values, enable_reorder } => json!({
            "placeholder": placeholder,
            "allowDuplicate": allow_duplicates,
            "allowEmptyValue": allow_empty_values,
            "enableReorder": enable_reorder,
        }),
        Widget::NumberInput { placeholder, min, max, step } => {
            json!({ "placeholder": placeholder, "min": number(*min), "max": number(*max), "step": number(*step) })
        }
        Widget::NumberInputList { placeholder, allow_duplicates, enable_reorder, min, max, step } => json!({
            "placeholder": placeholder,
            "allowDuplicate": allow_duplicates,
            "enableReorder": enable_reorder,
            "min": number(*min),
            "max": number(*max),
            "step": number(*step),
        }),
        Widget::CurrencyInput { placeholder, min, max, step, currency, base } => json!({
            "placeholder": placeholder,
            "min": number(*min),
            "max": number(*max),
            "step": number(*step),
            "currency": (currency.chars().count() == 3).then(|| currency.to_uppercase()),
            "base": match base { CurrencyBase::Unit => "Unit", CurrencyBase::Cents => "Cents" },
        }),
        Widget::DatePicker { format, placeholder, min, max } => {
            json!({ "format": format, "placeholder": placeholder, "minDate": min, "maxDate": max })
        }
        Widget::ColorPicker { placeholder, enable_opacity, quick_palette } => {
            let palette = (!quick_palette.is_empty()).then_some(quick_palette);
            json!({
                "placeholder": placeholder,
                "enableOpacity": enable_opacity,
                "quickPalette": palette,
                // agent-client looks for both in here, though agents never send them there.
                "static": { "enableOpacity": enable_opacity, "quickPalette": palette },
            })
        }
        Widget::FilePicker { extensions, max_size_mb, max_count } => json!({
            "prefix": null,
            "filesExtensions": (!extensions.is_empty()).then_some(extensions),
            "filesSizeLimit": number(*max_size_mb),
            "filesCountLimit": max_count,
        }),
    }
}

fn choices(options: &[Choice]) -> Vec<Json> {
    options
        .iter()
        .map(|choice| match &choice.label {
            Some(label) => json!({ "label": label, "value": choice.value }),
            None => choice.value.clone(),
        })
        .collect()
}

/// A whole number without a fraction, as JavaScript prints it.
fn number(number: Option<f64>) -> Json {
    match number {
        #[expect(clippy::cast_possible_truncation, reason = "whole and far below 2^53, as checked")]
        Some(number) if number.fract() == 0.0 && number.abs() < 9e15 => json!(number as i64),
        other => json!(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_widget_is_written() {
        let widgets: Vec<Json> = Widget::samples()
            .into_iter()
            .map(|sample| widget(&Field { widget: Some(sample), ..Field::new("a", FieldType::String) }).unwrap())
            .collect();
        insta::assert_json_snapshot!(widgets);
    }

    #[test]
    fn options_that_are_not_set_are_null() {
        let bare = [
            Widget::TextArea { placeholder: None, rows: Some(0.2) },
            Widget::ColorPicker { placeholder: None, enable_opacity: false, quick_palette: vec![] },
            Widget::FilePicker { extensions: vec![], max_size_mb: None, max_count: None },
            Widget::Dropdown { options: vec![], search: DropdownSearch::Disabled, placeholder: None },
        ];
        insta::assert_json_snapshot!(bare.iter().map(parameters).collect::<Vec<_>>());
    }

    #[test]
    fn pickers_of_records_and_enums_have_none() {
        for field_type in FieldType::samples() {
            let has_own = !matches!(
                field_type,
                FieldType::Collection { .. } | FieldType::Enum { .. } | FieldType::EnumList { .. }
            );
            let field = Field { widget: Some(Widget::Checkbox), ..Field::new("a", field_type) };
            assert_eq!(widget(&field).is_some(), has_own);
        }
    }
}

//! How a field is entered.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::field::FieldType;

/// One of the values that a widget offers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// A text or a number.
    pub value: Json,
    /// What is shown for it; the value itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

impl<V: Into<Json>> From<V> for Choice {
    fn from(value: V) -> Self {
        Self { value: value.into(), label: None }
    }
}

impl Choice {
    /// A value with a text of its own.
    pub fn labelled(value: impl Into<Json>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: Some(label.into()) }
    }
}

/// Whether and where a dropdown's choices can be searched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropdownSearch {
    /// Not at all.
    #[default]
    Disabled,
    /// Among the choices that came with the form.
    Static,
    /// By asking the form's search hook with what was typed.
    Dynamic,
}

/// What a currency amount counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CurrencyBase {
    /// Whole units.
    #[default]
    Unit,
    /// Hundredths.
    Cents,
}

/// A way to enter a value, with all its options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[expect(
    missing_docs,
    reason = "the options' names are the specification's; what each does is said once, on the variant"
)]
pub enum Widget {
    /// A list that opens.
    Dropdown { options: Vec<Choice>, search: DropdownSearch, placeholder: Option<String> },
    /// All choices in sight, one to pick.
    RadioGroup { options: Vec<Choice> },
    /// All choices in sight, several to pick.
    CheckboxGroup { options: Vec<Choice> },
    /// One box to tick.
    Checkbox,
    /// One line of text.
    TextInput { placeholder: Option<String> },
    /// Several lines of text; `rows` is the height in lines.
    TextArea { placeholder: Option<String>, rows: Option<f64> },
    /// Text with formatting, as HTML.
    RichText { placeholder: Option<String> },
    /// Several texts.
    TextInputList {
        placeholder: Option<String>,
        allow_duplicates: bool,
        allow_empty_values: bool,
        enable_reorder: bool,
    },
    /// A number.
    NumberInput { placeholder: Option<String>, min: Option<f64>, max: Option<f64>, step: Option<f64> },
    /// Several numbers.
    NumberInputList {
        placeholder: Option<String>,
        allow_duplicates: bool,
        enable_reorder: bool,
        min: Option<f64>,
        max: Option<f64>,
        step: Option<f64>,
    },
    /// An amount of money; `currency` is an ISO 4217 code.
    CurrencyInput {
        placeholder: Option<String>,
        min: Option<f64>,
        max: Option<f64>,
        step: Option<f64>,
        currency: String,
        base: CurrencyBase,
    },
    /// A calendar; `format` in Moment's letters, `min` and `max` ISO texts.
    DatePicker { format: Option<String>, placeholder: Option<String>, min: Option<String>, max: Option<String> },
    /// A time of day.
    TimePicker,
    /// A colour as `#rrggbb`, or `#rrggbbaa` with opacity; `quick_palette` are colours at hand.
    ColorPicker { placeholder: Option<String>, enable_opacity: bool, quick_palette: Vec<String> },
    /// Files; `extensions` such as `.pdf`, `max_size_mb` per file, `max_count` for lists.
    FilePicker { extensions: Vec<String>, max_size_mb: Option<f64>, max_count: Option<u32> },
    /// A JSON editor.
    JsonEditor,
    /// An account of this service.
    UserDropdown { placeholder: Option<String> },
    /// An address with suggestions.
    AddressAutocomplete { placeholder: Option<String> },
}

impl Widget {
    /// The widget's name, as authors and documents call it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Dropdown { .. } => "Dropdown",
            Self::RadioGroup { .. } => "RadioGroup",
            Self::CheckboxGroup { .. } => "CheckboxGroup",
            Self::Checkbox => "Checkbox",
            Self::TextInput { .. } => "TextInput",
            Self::TextArea { .. } => "TextArea",
            Self::RichText { .. } => "RichText",
            Self::TextInputList { .. } => "TextInputList",
            Self::NumberInput { .. } => "NumberInput",
            Self::NumberInputList { .. } => "NumberInputList",
            Self::CurrencyInput { .. } => "CurrencyInput",
            Self::DatePicker { .. } => "DatePicker",
            Self::TimePicker => "TimePicker",
            Self::ColorPicker { .. } => "ColorPicker",
            Self::FilePicker { .. } => "FilePicker",
            Self::JsonEditor => "JsonEditor",
            Self::UserDropdown { .. } => "UserDropdown",
            Self::AddressAutocomplete { .. } => "AddressAutocomplete",
        }
    }

    /// The values that it offers, where they are all there is to pick from: not
    /// for a dropdown whose choices depend on what is searched.
    pub fn options(&self) -> Option<&[Choice]> {
        match self {
            Self::Dropdown { search: DropdownSearch::Dynamic, .. } => None,
            Self::Dropdown { options, .. } | Self::RadioGroup { options } | Self::CheckboxGroup { options } => {
                Some(options)
            }
            _ => None,
        }
    }

    /// Whether a field of this type can be entered with it (specification, section 4.5).
    pub fn fits(&self, field_type: &FieldType) -> bool {
        use FieldType as T;
        match self {
            Self::Dropdown { .. } => {
                matches!(field_type, T::String | T::Number | T::Date | T::Dateonly | T::StringList | T::NumberList)
            }
            Self::RadioGroup { .. } => matches!(field_type, T::String | T::Number | T::Date | T::Dateonly),
            Self::CheckboxGroup { .. } => matches!(field_type, T::StringList | T::NumberList),
            Self::Checkbox => matches!(field_type, T::Boolean),
            Self::TextInput { .. }
            | Self::TextArea { .. }
            | Self::RichText { .. }
            | Self::ColorPicker { .. }
            | Self::AddressAutocomplete { .. } => matches!(field_type, T::String),
            Self::TextInputList { .. } => matches!(field_type, T::StringList),
            Self::NumberInput { .. } | Self::CurrencyInput { .. } => matches!(field_type, T::Number),
            Self::NumberInputList { .. } => matches!(field_type, T::NumberList),
            Self::DatePicker { .. } => matches!(field_type, T::Date | T::Dateonly | T::String),
            Self::TimePicker => matches!(field_type, T::Time),
            Self::FilePicker { .. } => field_type.is_file(),
            Self::JsonEditor => matches!(field_type, T::Json),
            Self::UserDropdown { .. } => matches!(field_type, T::String | T::StringList),
        }
    }

    /// One of each with every option set, for tests that must not forget any.
    pub fn samples() -> Vec<Self> {
        let options = || vec![Choice::from("small"), Choice::labelled("large", "Large one")];
        let placeholder = || Some("Type here".to_owned());
        vec![
            Self::Dropdown { options: options(), search: DropdownSearch::Dynamic, placeholder: placeholder() },
            Self::RadioGroup { options: options() },
            Self::CheckboxGroup { options: options() },
            Self::Checkbox,
            Self::TextInput { placeholder: placeholder() },
            Self::TextArea { placeholder: placeholder(), rows: Some(3.0) },
            Self::RichText { placeholder: placeholder() },
            Self::TextInputList {
                placeholder: placeholder(),
                allow_duplicates: true,
                allow_empty_values: true,
                enable_reorder: false,
            },
            Self::NumberInput { placeholder: placeholder(), min: Some(1.0), max: Some(9.5), step: Some(0.5) },
            Self::NumberInputList {
                placeholder: placeholder(),
                allow_duplicates: true,
                enable_reorder: false,
                min: Some(1.0),
                max: Some(9.0),
                step: Some(2.0),
            },
            Self::CurrencyInput {
                placeholder: placeholder(),
                min: Some(1.0),
                max: Some(9.0),
                step: Some(0.01),
                currency: "EUR".into(),
                base: CurrencyBase::Cents,
            },
            Self::DatePicker {
                format: Some("YYYY-MM-DD".into()),
                placeholder: placeholder(),
                min: Some("2024-01-01T00:00:00.000Z".into()),
                max: None,
            },
            Self::TimePicker,
            Self::ColorPicker {
                placeholder: placeholder(),
                enable_opacity: true,
                quick_palette: vec!["#ff0000".into(), "#00ff00".into()],
            },
            Self::FilePicker { extensions: vec![".pdf".into()], max_size_mb: Some(10.0), max_count: Some(3) },
            Self::JsonEditor,
            Self::UserDropdown { placeholder: placeholder() },
            Self::AddressAutocomplete { placeholder: placeholder() },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_widget_fits_some_type_and_none_fits_all() {
        for widget in Widget::samples() {
            let fitting = FieldType::samples().into_iter().filter(|field_type| widget.fits(field_type)).count();
            assert!((1..FieldType::samples().len()).contains(&fitting), "{widget:?}");
        }
    }
}

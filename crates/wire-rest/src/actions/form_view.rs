//! Forms on the wire: fields, widgets, layout.

use levers_model::form::{Choice, CurrencyBase, DropdownSearch, Field, FieldType, Form, LayoutElement, Widget};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A form ready to be shown.
#[derive(Serialize, ToSchema)]
pub(super) struct FormView {
    /// The fields that are shown, in order.
    fields: Vec<FieldView>,
    /// Where they stand; empty when they simply follow each other.
    layout: Vec<LayoutView>,
    /// What has to be agreed to before it is submitted. It is text for whoever decides:
    /// the server does not ask whether anybody did.
    #[schema(example = "Charge 12 USD?")]
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation: Option<String>,
}

impl From<Form> for FormView {
    fn from(form: Form) -> Self {
        Self {
            fields: form.fields.into_iter().map(Into::into).collect(),
            layout: form.layout.into_iter().map(Into::into).collect(),
            confirmation: form.confirmation,
        }
    }
}

/// A field as it stands in a form.
#[expect(clippy::struct_excessive_bools, reason = "each is a property of its own on the wire")]
#[derive(Serialize, ToSchema)]
struct FieldView {
    /// The key of its value.
    #[schema(example = "amount")]
    id: String,
    /// What is written beside it.
    label: String,
    /// A sentence of help.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(flatten)]
    field_type: FieldTypeView,
    /// Whether a value must be given.
    required: bool,
    /// Whether the value is shown but cannot be changed.
    read_only: bool,
    /// The value as it stands now: what was typed, else the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    /// The declared default, where it is a constant.
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    /// Whether other parts of the form depend on it: ask for the form again when it changes.
    watched: bool,
    /// Whether its value is kept out of jobs and logs.
    secret: bool,
    /// How it is entered; absent when the choice is the client's.
    #[serde(skip_serializing_if = "Option::is_none")]
    widget: Option<WidgetView>,
}

impl From<Field> for FieldView {
    fn from(field: Field) -> Self {
        Self {
            id: field.id,
            label: field.label,
            description: field.description,
            field_type: field.field_type.into(),
            required: field.required,
            read_only: field.read_only,
            value: field.value,
            default: field.default,
            watched: field.watched,
            secret: field.secret,
            widget: field.widget.map(Into::into),
        }
    }
}

/// What a field's value may be. Files are data URIs, picked records packed ids, dates ISO texts.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum FieldTypeView {
    Boolean,
    Date,
    Dateonly,
    Time,
    Enum {
        /// The texts to pick from.
        values: Vec<String>,
    },
    EnumList {
        /// The texts to pick from.
        values: Vec<String>,
    },
    Json,
    Number,
    NumberList,
    String,
    StringList,
    File,
    FileList,
    Collection {
        /// The collection to pick from.
        collection: String,
    },
}

impl From<FieldType> for FieldTypeView {
    fn from(field_type: FieldType) -> Self {
        match field_type {
            FieldType::Boolean => Self::Boolean,
            FieldType::Date => Self::Date,
            FieldType::Dateonly => Self::Dateonly,
            FieldType::Time => Self::Time,
            FieldType::Enum { values } => Self::Enum { values },
            FieldType::EnumList { values } => Self::EnumList { values },
            FieldType::Json => Self::Json,
            FieldType::Number => Self::Number,
            FieldType::NumberList => Self::NumberList,
            FieldType::String => Self::String,
            FieldType::StringList => Self::StringList,
            FieldType::File => Self::File,
            FieldType::FileList => Self::FileList,
            FieldType::Collection { collection } => Self::Collection { collection },
        }
    }
}

/// One of the values that a widget offers.
#[derive(Serialize, ToSchema)]
struct ChoiceView {
    /// A text or a number.
    value: Value,
    /// What is shown for it; the value itself when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
}

impl From<Choice> for ChoiceView {
    fn from(choice: Choice) -> Self {
        Self { value: choice.value, label: choice.label }
    }
}

fn choices(options: Vec<Choice>) -> Vec<ChoiceView> {
    options.into_iter().map(Into::into).collect()
}

/// Whether a dropdown's choices can be searched: not, among those that came, or by asking the form.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SearchView {
    Disabled,
    Static,
    Dynamic,
}

/// What a currency amount counts: whole units, or hundredths.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum BaseView {
    Unit,
    Cents,
}

/// How a field is entered.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum WidgetView {
    Dropdown {
        options: Vec<ChoiceView>,
        search: SearchView,
        placeholder: Option<String>,
    },
    RadioGroup {
        options: Vec<ChoiceView>,
    },
    CheckboxGroup {
        options: Vec<ChoiceView>,
    },
    Checkbox,
    TextInput {
        placeholder: Option<String>,
    },
    TextArea {
        placeholder: Option<String>,
        rows: Option<f64>,
    },
    RichText {
        placeholder: Option<String>,
    },
    TextInputList {
        placeholder: Option<String>,
        allow_duplicates: bool,
        allow_empty_values: bool,
        enable_reorder: bool,
    },
    NumberInput {
        placeholder: Option<String>,
        min: Option<f64>,
        max: Option<f64>,
        step: Option<f64>,
    },
    NumberInputList {
        placeholder: Option<String>,
        allow_duplicates: bool,
        enable_reorder: bool,
        min: Option<f64>,
        max: Option<f64>,
        step: Option<f64>,
    },
    CurrencyInput {
        placeholder: Option<String>,
        min: Option<f64>,
        max: Option<f64>,
        step: Option<f64>,
        currency: String,
        base: BaseView,
    },
    DatePicker {
        format: Option<String>,
        placeholder: Option<String>,
        min: Option<String>,
        max: Option<String>,
    },
    TimePicker,
    ColorPicker {
        placeholder: Option<String>,
        enable_opacity: bool,
        quick_palette: Vec<String>,
    },
    FilePicker {
        extensions: Vec<String>,
        max_size_mb: Option<f64>,
        max_count: Option<u32>,
    },
    JsonEditor,
    UserDropdown {
        placeholder: Option<String>,
    },
    AddressAutocomplete {
        placeholder: Option<String>,
    },
}

impl From<Widget> for WidgetView {
    fn from(widget: Widget) -> Self {
        match widget {
            Widget::Dropdown { options, search, placeholder } => {
                let search = match search {
                    DropdownSearch::Disabled => SearchView::Disabled,
                    DropdownSearch::Static => SearchView::Static,
                    DropdownSearch::Dynamic => SearchView::Dynamic,
                };
                Self::Dropdown { options: choices(options), search, placeholder }
            }
            Widget::RadioGroup { options } => Self::RadioGroup { options: choices(options) },
            Widget::CheckboxGroup { options } => Self::CheckboxGroup { options: choices(options) },
            Widget::Checkbox => Self::Checkbox,
            Widget::TextInput { placeholder } => Self::TextInput { placeholder },
            Widget::TextArea { placeholder, rows } => Self::TextArea { placeholder, rows },
            Widget::RichText { placeholder } => Self::RichText { placeholder },
            Widget::TextInputList { placeholder, allow_duplicates, allow_empty_values, enable_reorder } => {
                Self::TextInputList { placeholder, allow_duplicates, allow_empty_values, enable_reorder }
            }
            Widget::NumberInput { placeholder, min, max, step } => Self::NumberInput { placeholder, min, max, step },
            Widget::NumberInputList { placeholder, allow_duplicates, enable_reorder, min, max, step } => {
                Self::NumberInputList { placeholder, allow_duplicates, enable_reorder, min, max, step }
            }
            Widget::CurrencyInput { placeholder, min, max, step, currency, base } => {
                let base = match base {
                    CurrencyBase::Unit => BaseView::Unit,
                    CurrencyBase::Cents => BaseView::Cents,
                };
                Self::CurrencyInput { placeholder, min, max, step, currency, base }
            }
            Widget::DatePicker { format, placeholder, min, max } => Self::DatePicker { format, placeholder, min, max },
            Widget::TimePicker => Self::TimePicker,
            Widget::ColorPicker { placeholder, enable_opacity, quick_palette } => {
                Self::ColorPicker { placeholder, enable_opacity, quick_palette }
            }
            Widget::FilePicker { extensions, max_size_mb, max_count } => {
                Self::FilePicker { extensions, max_size_mb, max_count }
            }
            Widget::JsonEditor => Self::JsonEditor,
            Widget::UserDropdown { placeholder } => Self::UserDropdown { placeholder },
            Widget::AddressAutocomplete { placeholder } => Self::AddressAutocomplete { placeholder },
        }
    }
}

/// A piece of layout. Pages stand at the root only, and then nothing else does.
#[derive(Serialize, ToSchema)]
#[serde(tag = "component", rename_all = "snake_case")]
#[schema(no_recursion)]
enum LayoutView {
    Input {
        /// The field's id.
        field: String,
    },
    Row {
        /// Ids of the fields side by side.
        fields: Vec<String>,
    },
    Separator,
    Html {
        /// The markup. Show it sanitised.
        content: String,
    },
    Page {
        #[serde(skip_serializing_if = "Option::is_none")]
        next_label: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        previous_label: Option<String>,
        /// What stands on it; no pages.
        elements: Vec<LayoutView>,
    },
}

impl From<LayoutElement> for LayoutView {
    fn from(element: LayoutElement) -> Self {
        match element {
            LayoutElement::Input { field } => Self::Input { field },
            LayoutElement::Row { fields } => Self::Row { fields },
            LayoutElement::Separator => Self::Separator,
            LayoutElement::Html { content } => Self::Html { content },
            LayoutElement::Page { next_label, previous_label, elements } => {
                let elements = elements.into_iter().map(Into::into).collect();
                Self::Page { next_label, previous_label, elements }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_type_and_widget_has_its_form_on_the_wire() {
        let types: Vec<FieldTypeView> = FieldType::samples().into_iter().map(Into::into).collect();
        let widgets: Vec<WidgetView> = Widget::samples().into_iter().map(Into::into).collect();
        insta::assert_json_snapshot!((types, widgets));
    }
}

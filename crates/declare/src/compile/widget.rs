//! Widgets, as the model has them.

use levers_model::Widget;
use levers_model::form::{Choice, CurrencyBase, DropdownSearch};

use crate::tree::Node;

/// The widget that a table describes; its shape was checked.
pub(super) fn widget(node: &Node) -> Option<Widget> {
    let placeholder = node.string("placeholder");
    let number = |key| node.get(key).and_then(Node::as_number);
    let (min, max, step) = (number("min"), number("max"), number("step"));
    let flag = |key| node.flag(key);
    // As in Rust: who types a list may put it in order.
    let enable_reorder = node.get("enable_reorder").is_none_or(|reorder| reorder.as_bool() == Some(true));
    Some(match node.text("type")? {
        "Dropdown" => Widget::Dropdown {
            options: choices(node),
            search: match node.text("search") {
                Some("static") => DropdownSearch::Static,
                _ => DropdownSearch::Disabled,
            },
            placeholder,
        },
        "RadioGroup" => Widget::RadioGroup { options: choices(node) },
        "CheckboxGroup" => Widget::CheckboxGroup { options: choices(node) },
        "Checkbox" => Widget::Checkbox,
        "TextInput" => Widget::TextInput { placeholder },
        "TextArea" => Widget::TextArea { placeholder, rows: number("rows") },
        "RichText" => Widget::RichText { placeholder },
        "TextInputList" => Widget::TextInputList {
            placeholder,
            allow_duplicates: flag("allow_duplicates"),
            allow_empty_values: flag("allow_empty_values"),
            enable_reorder,
        },
        "NumberInput" => Widget::NumberInput { placeholder, min, max, step },
        "NumberInputList" => Widget::NumberInputList {
            placeholder,
            allow_duplicates: flag("allow_duplicates"),
            enable_reorder,
            min,
            max,
            step,
        },
        "CurrencyInput" => Widget::CurrencyInput {
            placeholder,
            min,
            max,
            step,
            currency: node.string("currency").unwrap_or_default(),
            base: if node.text("base") == Some("cents") { CurrencyBase::Cents } else { CurrencyBase::Unit },
        },
        "DatePicker" => Widget::DatePicker {
            format: node.string("format"),
            placeholder,
            min: node.string("min"),
            max: node.string("max"),
        },
        "TimePicker" => Widget::TimePicker,
        "ColorPicker" => Widget::ColorPicker {
            placeholder,
            enable_opacity: flag("enable_opacity"),
            quick_palette: node.texts("quick_palette"),
        },
        "FilePicker" => Widget::FilePicker {
            extensions: node.texts("extensions"),
            max_size_mb: number("max_size_mb"),
            max_count: node.get("max_count").and_then(Node::as_whole).and_then(|count| u32::try_from(count).ok()),
        },
        "JsonEditor" => Widget::JsonEditor,
        "UserDropdown" => Widget::UserDropdown { placeholder },
        "AddressAutocomplete" => Widget::AddressAutocomplete { placeholder },
        _ => return None,
    })
}

fn choices(node: &Node) -> Vec<Choice> {
    let choice = |item: &Node| match item.get("value") {
        Some(value) => Choice { value: value.to_json(), label: item.string("label") },
        None => Choice { value: item.to_json(), label: None },
    };
    node.get("options").map_or(&[][..], Node::items).iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use levers_model::Widget;

    use crate::shape::widget::WIDGET;

    #[test]
    fn the_file_knows_every_widget() {
        let described: Vec<&str> = WIDGET.of.iter().map(|(name, _)| *name).collect();
        let known: Vec<&str> = Widget::samples().iter().map(Widget::name).collect();
        assert_eq!(described, known);
    }
}

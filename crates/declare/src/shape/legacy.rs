//! The words of Smart Actions, for those who move theirs here.
//!
//! They type what they know. The nearest key by its letters is mostly another
//! one (`httpMethod` looks like `http`), so the right one is told by name.

use crate::tree::Node;

/// What a key of a Smart Action is called in this record.
pub(super) fn key(record: &str, name: &str) -> Option<String> {
    let here = match (record, name) {
        ("action", "fields") => "“form”",
        ("action", "endpoint") => "http = { endpoint = \"…\" }",
        ("action", "httpMethod" | "http_method") => "http = { http_method = \"…\" }",
        ("http_action", "httpMethod") => "“http_method”",
        ("action", "download") => "“generates_file”",
        ("action", "hooks") => "http = { hooks = { load = true } }, or change = { field = \"its hook\" }",
        ("field", "enums") => "“options”",
        ("field", "reference") => "type = \"Collection\" with “collection”, which is the collection's name alone",
        ("field", "isRequired" | "is_required") => "“required”",
        ("field", "isReadOnly" | "is_read_only") => "“read_only”",
        ("field", "defaultValue" | "default_value") => "“default”",
        ("field", "hook") => {
            "the action's http = { hooks = { change = { … = \"…\" } } }, from the field's id to this name"
        }
        _ => return None,
    };
    Some(said(&format!("“{name}”"), here))
}

/// What a word of a Smart Action is here, where it stands under a key of the same name.
pub(super) fn word(key: &str, word: &str, known: &[(&str, &str)]) -> Option<String> {
    let of_button = known.iter().any(|(word, _)| *word == "danger");
    (key == "type" && of_button && matches!(word, "single" | "bulk" | "global"))
        .then(|| said(&format!("type = \"{word}\""), &format!("scope = \"{word}\"")))
}

/// The type of a field that Smart Actions write as a list of one, such as `["String"]`.
pub(super) fn list_type(node: &Node, known: &[(&str, &str)]) -> Option<String> {
    let [item] = node.items() else { return None };
    let of = item.as_text()?;
    let (list, _) = known.iter().find(|(word, _)| word.strip_suffix("List").is_some_and(|item| item == of))?;
    Some(said(&format!("[\"{of}\"]"), &format!("“{list}”")))
}

/// The table that a widget's name of a Smart Action becomes.
pub(super) fn widget(name: &str, mut known: impl Iterator<Item = &'static str>) -> String {
    let here = match name {
        "address" | "address editor" => "AddressAutocomplete",
        "boolean editor" => "Checkbox",
        "checkboxes" => "CheckboxGroup",
        "color picker" | "color editor" => "ColorPicker",
        "date picker" | "date editor" => "DatePicker",
        "dropdown" => "Dropdown",
        "file picker" => "FilePicker",
        "input array" => "TextInputList",
        "JSON editor" | "json code editor" => "JsonEditor",
        "number input" => "NumberInput",
        "price" | "price editor" => "CurrencyInput",
        "radio button" => "RadioGroup",
        "rich text" | "rich text editor" => "RichText",
        "text area" | "text area editor" => "TextArea",
        "text input" | "text editor" => "TextInput",
        "time input" => "TimePicker",
        // Whoever knows the name of ours may have forgotten the table.
        _ => match known.find(|known| *known == name) {
            Some(known) => return format!("Write {{ type = \"{known}\" }}."),
            None => return "Write { type = \"…\" }, or leave it out: the screen then decides by the type.".to_owned(),
        },
    };
    said(&format!("“{name}”"), &format!("{{ type = \"{here}\" }}"))
}

fn said(there: &str, here: &str) -> String {
    format!("Smart Actions say {there}; here it is {here}.")
}

#[cfg(test)]
mod tests {
    use super::super::action::ACTION;
    use super::super::widget::WIDGET;
    use super::*;

    #[test]
    fn no_word_of_ours_is_taken_for_one_of_theirs() {
        assert!(ACTION.names().all(|name| key("action", name).is_none()));
        assert_eq!(key("collection", "fields"), None);
    }

    #[test]
    fn every_widget_that_is_named_is_there() {
        let names = || WIDGET.of.iter().map(|(name, _)| *name);
        for there in
            ["address", "checkboxes", "input array", "JSON editor", "price", "radio button", "text area editor"]
        {
            let hint = widget(there, names());
            assert!(names().any(|name| hint.ends_with(&format!("{{ type = \"{name}\" }}."))), "{hint}");
        }
        assert_eq!(widget("TextArea", names()), "Write { type = \"TextArea\" }.");
    }
}

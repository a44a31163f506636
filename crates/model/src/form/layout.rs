//! Where fields stand in a form.

use serde::{Deserialize, Serialize};

/// A piece of layout. Pages stand at the root only, and then nothing else does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "component")]
pub enum LayoutElement {
    /// A field.
    Input {
        /// Which one.
        field: String,
    },
    /// Fields side by side.
    Row {
        /// Ids of the fields.
        fields: Vec<String>,
    },
    /// A line between two parts.
    Separator,
    /// Text with markup. It is shown sanitised.
    Html {
        /// The markup.
        content: String,
    },
    /// A step of a form of several.
    Page {
        /// What the button to the next page says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next_label: Option<String>,
        /// What the button to the page before says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous_label: Option<String>,
        /// What stands on it; no pages.
        elements: Vec<LayoutElement>,
    },
}

//! Widgets for texts.

use levers_model::Widget;

use super::FieldWidget;
use crate::error::Result;
use crate::property::Answer;

widget! {
    /// One line of text.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("name").widget(TextInput::new().placeholder("Ada"));
    /// ```
    TextInput {
        /// What stands in it while it is empty.
        placeholder: Option<String> as text,
    }
}

widget! {
    /// Several lines of text.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("note").widget(TextArea::new().rows(4).placeholder("What happened?"));
    /// ```
    TextArea {
        /// What stands in it while it is empty.
        placeholder: Option<String> as text,
        /// Its height in lines.
        rows: Option<f64> as number,
    }
}

widget! {
    /// Text with formatting; the value is HTML.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("letter").widget(RichText::new().placeholder("Dear …"));
    /// ```
    RichText {
        /// What stands in it while it is empty.
        placeholder: Option<String> as text,
    }
}

/// Several texts. They can be ordered by hand unless it is switched off.
///
/// ```
/// use levers::prelude::*;
/// let _ = Field::string_list("tags").widget(TextInputList::new().allow_duplicates(false).enable_reorder(false));
/// ```
#[derive(Debug, Clone)]
pub struct TextInputList {
    placeholder: Option<String>,
    allow_duplicates: bool,
    allow_empty_values: bool,
    enable_reorder: bool,
}

impl Default for TextInputList {
    fn default() -> Self {
        Self { placeholder: None, allow_duplicates: false, allow_empty_values: false, enable_reorder: true }
    }
}

impl TextInputList {
    /// Without duplicates and empty texts, to be ordered by hand.
    pub fn new() -> Self {
        Self::default()
    }

    widget!(@setter
        /// What stands in it while it is empty.
        placeholder: Option<String> as text);
    widget!(@setter
        /// Whether a text may be there twice; not without this.
        allow_duplicates: bool as flag);
    widget!(@setter
        /// Whether a text may be empty; not without this.
        allow_empty_values: bool as flag);
    widget!(@setter
        /// Whether they can be ordered by hand; they can without this.
        enable_reorder: bool as flag);
}

widget!(@into TextInputList, |widget| Widget::TextInputList {
    placeholder: widget.placeholder,
    allow_duplicates: widget.allow_duplicates,
    allow_empty_values: widget.allow_empty_values,
    enable_reorder: widget.enable_reorder,
});

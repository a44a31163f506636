//! Widgets for dates, colours, files, people and the rest.

use levers_model::Widget;

use super::FieldWidget;
use crate::error::Result;
use crate::property::Answer;

widget! {
    /// A calendar. For dates, days and texts.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::date_only("from").widget(DatePicker::new().format("DD/MM/YYYY").min("2020-01-01"));
    /// ```
    DatePicker {
        /// How a date is shown, in Moment's letters: `YYYY-MM-DD`.
        format: Option<String> as text,
        /// What stands in it while it is empty.
        placeholder: Option<String> as text,
        /// The first date to pick, as ISO text.
        min: Option<String> as text,
        /// The last date to pick, as ISO text.
        max: Option<String> as text,
    }
}

widget! {
    /// A colour as `#rrggbb`.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("colour").widget(ColorPicker::new().quick_palette(["#ff0000", "#00ff00"]));
    /// ```
    ColorPicker {
        /// What stands in it while it is empty.
        placeholder: Option<String> as text,
        /// Whether an opacity can be picked too, as `#rrggbbaa`.
        enable_opacity: bool as flag,
        /// Colours at hand.
        quick_palette: Vec<String> as texts,
    }
}

/// Files to choose from the caller's machine.
///
/// ```
/// use levers::prelude::*;
/// let _ = Field::file_list("scans").widget(FilePicker::new().extensions([".pdf", ".png"]).max_size_mb(5).max_count(3));
/// ```
#[derive(Debug, Clone, Default)]
pub struct FilePicker {
    extensions: Vec<String>,
    max_size_mb: Option<f64>,
    max_count: Option<u32>,
}

impl FilePicker {
    /// Files of any kind, size and number.
    pub fn new() -> Self {
        Self::default()
    }

    widget!(@setter
        /// The endings of names that are taken, with their dot: `.pdf`.
        extensions: Vec<String> as texts);
    widget!(@setter
        /// The largest file, in megabytes.
        max_size_mb: Option<f64> as number);

    /// How many files at most, in a list of files.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = FilePicker::new().max_count(3);
    /// ```
    pub fn max_count(mut self, max_count: u32) -> Self {
        self.max_count = Some(max_count);
        self
    }
}

widget!(@into FilePicker, |widget| Widget::FilePicker {
    extensions: widget.extensions,
    max_size_mb: widget.max_size_mb,
    max_count: widget.max_count,
});

widget! {
    /// An account of this service, by e-mail address.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("assignee").widget(UserDropdown::new().placeholder("Who takes it?"));
    /// ```
    UserDropdown {
        /// What stands in it while nobody is picked.
        placeholder: Option<String> as text,
    }
}

widget! {
    /// An address with suggestions.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("address").widget(AddressAutocomplete::new().placeholder("Street and city"));
    /// ```
    AddressAutocomplete {
        /// What stands in it while it is empty.
        placeholder: Option<String> as text,
    }
}

/// One box to tick. For booleans.
///
/// ```
/// use levers::prelude::*;
/// let _ = Field::boolean("urgent").widget(Checkbox);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Checkbox;

widget!(@into Checkbox, |_widget| Widget::Checkbox);

/// A time of day. For times.
///
/// ```
/// use levers::prelude::*;
/// let _ = Field::time("opens_at").widget(TimePicker);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct TimePicker;

widget!(@into TimePicker, |_widget| Widget::TimePicker);

/// A JSON editor. For JSON.
///
/// ```
/// use levers::prelude::*;
/// let _ = Field::json("settings").widget(JsonEditor);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct JsonEditor;

widget!(@into JsonEditor, |_widget| Widget::JsonEditor);

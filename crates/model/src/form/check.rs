//! Whether a value may be given to a field, and in which spelling handlers get it.
//!
//! Doors and clients differ in how they spell the same day or colour; what
//! passes here is of the field's type and spelled in one way, so that handlers
//! need not be careful. Only what needs a schema (does this text name a record
//! of that collection?) is left to the engine.
//!
//! Rejected: JSON Schema. Its messages speak of instances and paths; ours are
//! read by an operator beside the field.

use serde_json::Value as Json;

use super::field::{Field, FieldType};
use super::file::FileValue;
use super::widget::Widget;
use crate::schema::ColumnType;
use crate::value::{Value, shorten};

/// The largest file that any form takes, in bytes, whatever its widget says.
pub const LARGEST_FILE: usize = 50 * 1024 * 1024;

const MEGABYTE: f64 = 1024.0 * 1024.0;

/// Whether two values are one, `1` and `1.0` included.
pub fn same_value(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_value(one, other))
        }
        (one, other) => one == other,
    }
}

impl Field {
    /// Checks what was given, and spells it as handlers get it. `None` and null are
    /// no value, and so are an empty list and, except for texts and JSON, an empty text.
    ///
    /// # Errors
    /// A whole sentence that makes sense beside the field.
    pub fn check(&self, given: Option<Json>) -> Result<Option<Json>, String> {
        let value = self.normalize(given)?;
        let missing = match &value {
            None => true,
            Some(Json::String(text)) => text.is_empty(),
            Some(_) => false,
        };
        if missing && self.required { Err("A value is required.".to_owned()) } else { Ok(value) }
    }

    /// As [`Field::check`], for a field that may be empty.
    ///
    /// # Errors
    /// A whole sentence that makes sense beside the field.
    pub fn normalize(&self, given: Option<Json>) -> Result<Option<Json>, String> {
        let value = match given {
            None | Some(Json::Null) => return Ok(None),
            Some(Json::String(text)) if text.is_empty() && self.empty_text_is_nothing() => return Ok(None),
            Some(Json::Array(items)) if items.is_empty() && self.field_type.is_list() => return Ok(None),
            Some(value) => value,
        };
        if let Some(item) = self.field_type.item() {
            self.list(value, &item).map(Some)
        } else {
            self.item(value, &self.field_type).map(Some)
        }
    }

    fn empty_text_is_nothing(&self) -> bool {
        match &self.field_type {
            FieldType::String | FieldType::Json => false,
            FieldType::Enum { values } => !values.iter().any(String::is_empty),
            _ => true,
        }
    }

    fn list(&self, value: Json, item: &FieldType) -> Result<Json, String> {
        let Json::Array(items) = value else {
            return Err(format!("{} is not a list.", self.quote(&value)));
        };
        if let Some(Widget::FilePicker { max_count: Some(most), .. }) = &self.widget
            && items.len() > *most as usize
        {
            return Err(format!("At most {most} files can be given, not {}.", items.len()));
        }
        let mut checked: Vec<Json> = Vec::with_capacity(items.len());
        for (index, value) in items.into_iter().enumerate() {
            let value = self.item(value, item).map_err(|message| format!("Item {}: {message}", index + 1))?;
            if value.as_str() == Some("") && !self.takes_empty_items() {
                return Err(format!("Item {} is empty.", index + 1));
            }
            if !self.takes_duplicates() && checked.iter().any(|known| same_value(known, &value)) {
                return Err(format!("{} is there twice.", self.quote(&value)));
            }
            checked.push(value);
        }
        Ok(Json::Array(checked))
    }

    fn takes_duplicates(&self) -> bool {
        match self.widget {
            Some(Widget::TextInputList { allow_duplicates, .. } | Widget::NumberInputList { allow_duplicates, .. }) => {
                allow_duplicates
            }
            _ => true,
        }
    }

    fn takes_empty_items(&self) -> bool {
        !matches!(self.widget, Some(Widget::TextInputList { allow_empty_values: false, .. }))
    }

    /// One value of a type that is not a list.
    fn item(&self, value: Json, field_type: &FieldType) -> Result<Json, String> {
        let value = match field_type {
            FieldType::Boolean if value.is_boolean() => value,
            FieldType::Number if value.is_number() => self.in_range(value)?,
            FieldType::String if value.is_string() => self.colour(value)?,
            FieldType::Enum { values } => match value.as_str() {
                Some(text) if values.iter().any(|known| known == text) => value,
                _ => {
                    return Err(format!(
                        "{} is not among the choices: {}.",
                        self.quote(&value),
                        some_of(values.iter().cloned())
                    ));
                }
            },
            FieldType::Json => value,
            FieldType::Date => self.on_calendar(&value, &ColumnType::Timestamp)?,
            FieldType::Dateonly => self.on_calendar(&value, &ColumnType::Date)?,
            FieldType::Time => self.parsed(&value, &ColumnType::Time)?.to_json(),
            FieldType::File => self.file(value)?,
            FieldType::Collection { .. } => match value {
                Json::String(_) => value,
                other => return Err(format!("Expected string, received: {}.", json_type(&other))),
            },
            FieldType::Boolean
            | FieldType::Number
            | FieldType::String
            | FieldType::EnumList { .. }
            | FieldType::NumberList
            | FieldType::StringList
            | FieldType::FileList => {
                return Err(format!("{} is not {}.", self.quote(&value), field_type.in_words()));
            }
        };
        self.offered(value)
    }

    fn in_range(&self, value: Json) -> Result<Json, String> {
        let (least, most) = match &self.widget {
            Some(
                Widget::NumberInput { min, max, .. }
                | Widget::NumberInputList { min, max, .. }
                | Widget::CurrencyInput { min, max, .. },
            ) => (*min, *max),
            _ => (None, None),
        };
        let number = value.as_f64().unwrap_or(f64::NAN);
        match (least, most) {
            (Some(least), _) if number < least => Err(format!("{} is less than {least}.", self.quote(&value))),
            (_, Some(most)) if number > most => Err(format!("{} is more than {most}.", self.quote(&value))),
            _ => Ok(whole(number).unwrap_or(value)),
        }
    }

    fn colour(&self, value: Json) -> Result<Json, String> {
        let (Some(Widget::ColorPicker { enable_opacity, .. }), Some(text)) = (&self.widget, value.as_str()) else {
            return Ok(value);
        };
        let digits = text.strip_prefix('#').filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let fits = digits.is_some_and(|digits| digits.len() == 6 || (*enable_opacity && digits.len() == 8));
        if fits || text.is_empty() {
            return Ok(value);
        }
        let example = if *enable_opacity { "#ff8800 or #ff8800cc" } else { "#ff8800" };
        Err(format!("{} is not a colour such as {example}.", self.quote(&value)))
    }

    /// A day or an instant within what its calendar shows.
    fn on_calendar(&self, value: &Json, column: &ColumnType) -> Result<Json, String> {
        let parsed = self.parsed(value, column)?;
        let text = parsed.to_text();
        if let Some(Widget::DatePicker { min, max, .. }) = &self.widget {
            // Both are of one type and of four-digit years, so their texts sort as they do.
            let bound = |text: &Option<String>| Value::parse(text.as_deref()?, column).map(|bound| bound.to_text());
            if let Some(least) = bound(min).filter(|least| text < *least) {
                return Err(format!("{} is before {least}.", self.quote(value)));
            }
            if let Some(most) = bound(max).filter(|most| text > *most) {
                return Err(format!("{} is after {most}.", self.quote(value)));
            }
        }
        Ok(Json::String(text))
    }

    fn parsed(&self, value: &Json, column: &ColumnType) -> Result<Value, String> {
        value
            .as_str()
            .and_then(|text| Value::parse(text, column))
            .filter(has_plain_year)
            .ok_or_else(|| format!("{} is not {}.", self.quote(value), column.in_words()))
    }

    fn file(&self, value: Json) -> Result<Json, String> {
        let Json::String(uri) = &value else {
            return Err(format!("Expected a file as a data uri, received: {}.", json_type(&value)));
        };
        let most = match &self.widget {
            Some(Widget::FilePicker { max_size_mb: Some(megabytes), .. }) => {
                (megabytes * MEGABYTE).min(as_f64(LARGEST_FILE))
            }
            _ => as_f64(LARGEST_FILE),
        };
        // The text is longer than the file by a third and a head; a file that
        // cannot fit is not decoded to find that out.
        let too_large = || format!("The file is larger than {} MB.", most / MEGABYTE);
        if as_f64(uri.len()) * 0.75 > most + 4096.0 {
            return Err(too_large());
        }
        let file = FileValue::parse(uri)?;
        if as_f64(file.content.len()) > most {
            return Err(too_large());
        }
        if let Some(Widget::FilePicker { extensions, .. }) = &self.widget
            && !has_extension(&file.name, extensions)
        {
            return Err(format!("“{}” is not a file of these kinds: {}.", file.name, extensions.join(", ")));
        }
        Ok(value)
    }

    /// A value that the widget offers, when it offers all there are.
    fn offered(&self, value: Json) -> Result<Json, String> {
        let Some(options) = self.widget.as_ref().and_then(Widget::options) else {
            return Ok(value);
        };
        let column = match self.field_type {
            FieldType::Date => Some(ColumnType::Timestamp),
            FieldType::Dateonly => Some(ColumnType::Date),
            _ => None,
        };
        let spelled = |option: &Json| {
            let parsed = column.as_ref().and_then(|column| Value::parse(option.as_str()?, column));
            parsed.map_or_else(|| option.clone(), |parsed| Json::String(parsed.to_text()))
        };
        if value.as_str() == Some("") || options.iter().any(|option| same_value(&spelled(&option.value), &value)) {
            return Ok(value);
        }
        let known = some_of(options.iter().map(|option| plain(&option.value)));
        Err(format!("{} is not among the choices: {known}.", self.quote(&value)))
    }

    /// The value's beginning; nothing of it when it is a secret.
    fn quote(&self, value: &Json) -> String {
        if self.secret { "The value".to_owned() } else { shorten(value) }
    }
}

impl FieldType {
    /// The type of the list's items, when it is a list.
    fn item(&self) -> Option<Self> {
        match self {
            Self::EnumList { values } => Some(Self::Enum { values: values.clone() }),
            Self::NumberList => Some(Self::Number),
            Self::StringList => Some(Self::String),
            Self::FileList => Some(Self::File),
            _ => None,
        }
    }

    /// The type with its article, for messages.
    const fn in_words(&self) -> &'static str {
        match self {
            Self::Boolean => "true or false",
            Self::Number => "a number",
            Self::String => "a text",
            Self::Date => "an instant",
            Self::Dateonly => "a date",
            Self::Time => "a time",
            Self::Enum { .. } => "one of the choices",
            Self::Json => "JSON",
            Self::File => "a file",
            Self::Collection { .. } => "a record's id",
            Self::EnumList { .. } | Self::NumberList | Self::StringList | Self::FileList => "a list",
        }
    }
}

/// `3.0` as `3`, which handlers can read as an integer; `None` for other numbers.
fn whole(number: f64) -> Option<Json> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and far below 2^63")]
    (number.fract() == 0.0 && number.abs() < EXACT).then(|| Json::from(number as i64))
}

/// Years of more than four digits do not sort and read back as text.
fn has_plain_year(value: &Value) -> bool {
    use chrono::Datelike as _;
    let year = match value {
        Value::Date(date) => date.year(),
        Value::Timestamp(at) => at.year(),
        _ => 1,
    };
    (0..=9999).contains(&year)
}

/// `.pdf`, `pdf` and `PDF` are one; no extensions are all.
fn has_extension(name: &str, extensions: &[String]) -> bool {
    let name = name.to_lowercase();
    let ends = |extension: &String| {
        let extension = extension.trim_start_matches('.').to_lowercase();
        name.strip_suffix(&extension).is_some_and(|stem| stem.ends_with('.'))
    };
    extensions.is_empty() || extensions.iter().any(ends)
}

/// The first of these, for messages; a dropdown may offer hundreds.
fn some_of(names: impl ExactSizeIterator<Item = String>) -> String {
    const MOST: usize = 12;
    let left = names.len().saturating_sub(MOST);
    let first = names.take(MOST).collect::<Vec<_>>().join(", ");
    if left == 0 { first } else { format!("{first} and {left} more") }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

const fn json_type(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files are far below 2^52")]
const fn as_f64(size: usize) -> f64 {
    size as f64
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;

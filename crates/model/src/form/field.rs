//! One field of a form.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::widget::Widget;

/// What a field's value may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum FieldType {
    /// True or false.
    Boolean,
    /// An instant, as ISO text.
    Date,
    /// A day, as `2024-12-31`.
    Dateonly,
    /// A time of day, as `13:45` or `13:45:00`.
    Time,
    /// One of these texts.
    Enum {
        /// The texts to pick from.
        values: Vec<String>,
    },
    /// Several of these texts.
    EnumList {
        /// The texts to pick from.
        values: Vec<String>,
    },
    /// Any JSON.
    Json,
    /// A number.
    Number,
    /// Several numbers.
    NumberList,
    /// A text.
    String,
    /// Several texts.
    StringList,
    /// A file, as data URI.
    File,
    /// Several files, as data URIs.
    FileList,
    /// A record of a collection, as packed id.
    Collection {
        /// The collection to pick from.
        collection: String,
    },
}

impl FieldType {
    /// Whether the value is an array.
    pub const fn is_list(&self) -> bool {
        matches!(self, Self::EnumList { .. } | Self::NumberList | Self::StringList | Self::FileList)
    }

    /// Whether the value is one file or several.
    pub const fn is_file(&self) -> bool {
        matches!(self, Self::File | Self::FileList)
    }

    /// The type's name, as authors and documents call it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Boolean => "Boolean",
            Self::Date => "Date",
            Self::Dateonly => "Dateonly",
            Self::Time => "Time",
            Self::Enum { .. } => "Enum",
            Self::EnumList { .. } => "EnumList",
            Self::Json => "Json",
            Self::Number => "Number",
            Self::NumberList => "NumberList",
            Self::String => "String",
            Self::StringList => "StringList",
            Self::File => "File",
            Self::FileList => "FileList",
            Self::Collection { .. } => "Collection",
        }
    }

    /// One of each, for tests that must not forget any.
    pub fn samples() -> Vec<Self> {
        let values = || vec!["small".to_owned(), "large".to_owned()];
        vec![
            Self::Boolean,
            Self::Date,
            Self::Dateonly,
            Self::Time,
            Self::Enum { values: values() },
            Self::EnumList { values: values() },
            Self::Json,
            Self::Number,
            Self::NumberList,
            Self::String,
            Self::StringList,
            Self::File,
            Self::FileList,
            Self::Collection { collection: "companies".into() },
        ]
    }
}

/// A field as it stands in a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other; no state machine hides in them")]
pub struct Field {
    /// The key of its value.
    pub id: String,
    /// What is written beside it.
    pub label: String,
    /// A sentence of help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What its value may be.
    #[serde(flatten)]
    pub field_type: FieldType,
    /// Whether a value must be given.
    pub required: bool,
    /// Whether the value is shown but cannot be changed.
    pub read_only: bool,
    /// The value as it stands now: what was typed, else the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// The declared default, where it is a constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    /// Whether other parts of the form depend on its value, so that a change of
    /// it asks for the form again.
    pub watched: bool,
    /// Whether its value is kept out of jobs and logs.
    pub secret: bool,
    /// How it is entered; `None` leaves the choice to the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub widget: Option<Widget>,
}

impl Field {
    /// An optional field whose label is its id.
    pub fn new(id: impl Into<String>, field_type: FieldType) -> Self {
        let id = id.into();
        Self {
            label: id.clone(),
            id,
            description: None,
            field_type,
            required: false,
            read_only: false,
            value: None,
            default: None,
            watched: false,
            secret: false,
            widget: None,
        }
    }
}

//! What an expression may name, and of which type it is.
//!
//! Fewer types than columns and form fields have, because an expression tells fewer things
//! apart: a decimal computes as a float, a UUID is a text.
//!
//! Rejected: a type that cannot be null. A form is filled field by field, so nothing is
//! there at first, and a rule that read such a type would still find nothing.

use std::fmt;

use indexmap::IndexMap;
use levers_model::{ColumnType, FieldType};

/// The type of a variable, a field, or a rule's result. Any of them may be null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Bool,
    /// A whole number; CEL's `int`.
    Int,
    /// Any number; CEL's `double`. Decimals are exact in templates and the nearest double in rules.
    Float,
    /// A text.
    Text,
    /// An instant.
    Timestamp,
    /// A day, as the text `2024-12-31`, so days compare as texts do.
    Date,
    /// Bytes.
    Bytes,
    /// Any JSON, not known before it is there.
    Json,
    /// Several values of one type.
    List(Box<Type>),
    /// Named members.
    Object(IndexMap<String, Type>),
}

impl Type {
    /// The type as which an expression sees values of a column.
    pub fn of_column(column: &ColumnType) -> Self {
        match column {
            ColumnType::Boolean => Self::Bool,
            ColumnType::Integer => Self::Int,
            ColumnType::Float | ColumnType::Decimal => Self::Float,
            ColumnType::Text | ColumnType::Time | ColumnType::Uuid | ColumnType::Enum(_) => Self::Text,
            ColumnType::Date => Self::Date,
            ColumnType::DateTime | ColumnType::Timestamp => Self::Timestamp,
            ColumnType::Json => Self::Json,
            ColumnType::Binary => Self::Bytes,
            ColumnType::List(item) => Self::List(Box::new(Self::of_column(item))),
        }
    }

    /// The type as which an expression sees values of a form's field.
    pub fn of_field(field: &FieldType) -> Self {
        match field {
            FieldType::Boolean => Self::Bool,
            FieldType::Date => Self::Timestamp,
            FieldType::Dateonly => Self::Date,
            FieldType::Number => Self::Float,
            FieldType::NumberList => Self::List(Box::new(Self::Float)),
            FieldType::Json => Self::Json,
            FieldType::Time
            | FieldType::Enum { .. }
            | FieldType::String
            | FieldType::File
            | FieldType::Collection { .. } => Self::Text,
            FieldType::EnumList { .. } | FieldType::StringList | FieldType::FileList => {
                Self::List(Box::new(Self::Text))
            }
        }
    }

    /// Whether a value of this type may stand where `wanted` is: whole numbers are numbers,
    /// days are texts, and of JSON nobody knows better.
    pub(crate) fn fits(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Json, _) | (_, Self::Json) | (Self::Int, Self::Float) | (Self::Date, Self::Text) => true,
            (Self::List(item), Self::List(wanted)) => item.fits(wanted),
            (Self::Object(members), Self::Object(wanted)) => {
                wanted.iter().all(|(name, wanted)| members.get(name).is_some_and(|member| member.fits(wanted)))
            }
            (mine, wanted) => mine == wanted,
        }
    }
}

/// The type in words, with its article: “a text”.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "true or false",
            Self::Int => "a whole number",
            Self::Float => "a number",
            Self::Text => "a text",
            Self::Timestamp => "an instant",
            Self::Date => "a day",
            Self::Bytes => "bytes",
            Self::Json => "JSON",
            Self::Object(_) => "an object",
            Self::List(item) => {
                return f.write_str(match **item {
                    Self::Bool => "a list of true or false",
                    Self::Int => "a list of whole numbers",
                    Self::Float => "a list of numbers",
                    Self::Text => "a list of texts",
                    Self::Timestamp => "a list of instants",
                    Self::Date => "a list of days",
                    Self::Bytes => "a list of bytes",
                    Self::Json => "a list",
                    Self::List(_) => "a list of lists",
                    Self::Object(_) => "a list of objects",
                });
            }
        })
    }
}

/// The variables that an expression may name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Each variable with its type.
    pub variables: IndexMap<String, Type>,
}

/// The word that was probably meant, if one is near enough.
pub(crate) fn nearest<'a>(wrong: &str, right: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR: f64 = 0.75;
    let folded = wrong.to_lowercase().replace(['_', '-'], "");
    right
        .map(|word| (strsim::jaro_winkler(&folded, &word.to_lowercase().replace(['_', '-'], "")), word))
        .filter(|(similarity, _)| *similarity >= NEAR)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, word)| word)
}

//! Forms as a caller sees them: fields, widgets, layout, values.
//!
//! A declared form may compute every property; what is here is the result of
//! that, for one caller, one selection and one set of values. Doors print it,
//! and submitted values are checked against it.

mod check;
mod field;
mod file;
mod layout;
mod widget;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use check::{LARGEST_FILE, same_value};
pub use field::{Field, FieldType};
pub use file::FileValue;
pub use layout::LayoutElement;
pub use widget::{Choice, CurrencyBase, DropdownSearch, Widget};

/// Form values by field id. Files are data URIs (see [`FileValue`]), picked
/// records packed ids, dates ISO texts.
pub type Values = BTreeMap<String, Json>;

/// A form ready to be shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// The fields that are shown, in order. A field whose condition does not hold is not here.
    pub fields: Vec<Field>,
    /// Where they stand; empty when they simply follow each other.
    pub layout: Vec<LayoutElement>,
    /// What has to be agreed to before it is submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<String>,
}

impl Form {
    /// The field of this id.
    pub fn field(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// The values that the form would submit as it stands.
    pub fn values(&self) -> Values {
        self.fields.iter().filter_map(|field| field.value.clone().map(|value| (field.id.clone(), value))).collect()
    }
}

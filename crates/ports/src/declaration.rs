//! Actions as they are declared.
//!
//! Whatever declares actions (Rust, a file, later a page) yields these; past
//! them nobody can tell the difference. Every property is a constant or a
//! closure over the form's context.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use levers_model::{Action, Result, Widget};
use serde_json::Value as Json;

use crate::handler::{FormContext, Handler};

/// A closure that computes a property.
pub type ComputedFn<T> = Arc<dyn Fn(FormContext) -> BoxFuture<'static, Result<T>> + Send + Sync>;

/// A property of a form: known, or computed for each caller.
#[derive(Clone)]
pub enum Computed<T> {
    /// The same for everybody.
    Constant(T),
    /// Computed when the form is resolved.
    Dynamic(ComputedFn<T>),
}

impl<T> Computed<T> {
    /// Whether it is computed.
    pub const fn is_dynamic(&self) -> bool {
        matches!(self, Self::Dynamic(_))
    }
}

impl<T> From<T> for Computed<T> {
    fn from(value: T) -> Self {
        Self::Constant(value)
    }
}

impl<T: fmt::Debug> fmt::Debug for Computed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant(value) => value.fmt(f),
            Self::Dynamic(_) => f.write_str("computed"),
        }
    }
}

/// A field's type, of which the choices and the collection can be computed.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the variants are those of the model's FieldType")]
pub enum TypeDeclaration {
    Boolean,
    Date,
    Dateonly,
    Time,
    Enum(Computed<Vec<String>>),
    EnumList(Computed<Vec<String>>),
    Json,
    Number,
    NumberList,
    String,
    StringList,
    File,
    FileList,
    Collection(Computed<String>),
}

/// A declared field.
#[derive(Clone)]
pub struct FieldDeclaration {
    /// The key of its value; unique within the form.
    pub id: String,
    /// What is written beside it.
    pub label: Computed<String>,
    /// A sentence of help.
    pub description: Option<Computed<String>>,
    /// What its value may be.
    pub field_type: TypeDeclaration,
    /// Whether a value must be given.
    pub required: Computed<bool>,
    /// Whether the value is shown but cannot be changed.
    pub read_only: Computed<bool>,
    /// The value that it has until something is typed.
    pub default: Option<Computed<Json>>,
    /// The value that it has whatever was typed.
    pub value: Option<Computed<Json>>,
    /// Whether it is shown at all; a field that is not cannot be given a value.
    pub condition: Option<Computed<bool>>,
    /// How it is entered. A dynamic dropdown computes its widget from the context's search text.
    pub widget: Option<Computed<Widget>>,
    /// What its author checks of a value that was submitted, in this order: a sentence
    /// when it is wrong. The form's context has all values as handlers get them.
    pub validations: Vec<ComputedFn<Option<String>>>,
    /// Whether its value is kept out of jobs and logs.
    pub secret: bool,
}

impl fmt::Debug for FieldDeclaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            label,
            description,
            field_type,
            required,
            read_only,
            default,
            value,
            condition,
            widget,
            validations,
            secret,
        } = self;
        f.debug_struct("FieldDeclaration")
            .field("id", id)
            .field("label", label)
            .field("description", description)
            .field("field_type", field_type)
            .field("required", required)
            .field("read_only", read_only)
            .field("default", default)
            .field("value", value)
            .field("condition", condition)
            .field("widget", widget)
            .field("validations", &validations.len())
            .field("secret", secret)
            .finish()
    }
}

impl FieldDeclaration {
    /// An optional field whose label is its id.
    pub fn new(id: impl Into<String>, field_type: TypeDeclaration) -> Self {
        let id = id.into();
        Self {
            label: id.clone().into(),
            id,
            description: None,
            field_type,
            required: false.into(),
            read_only: false.into(),
            default: None,
            value: None,
            condition: None,
            widget: None,
            validations: Vec::new(),
            secret: false,
        }
    }
}

impl TypeDeclaration {
    const fn is_dynamic(&self) -> bool {
        match self {
            Self::Enum(values) | Self::EnumList(values) => values.is_dynamic(),
            Self::Collection(name) => name.is_dynamic(),
            Self::Boolean
            | Self::Date
            | Self::Dateonly
            | Self::Time
            | Self::Json
            | Self::Number
            | Self::NumberList
            | Self::String
            | Self::StringList
            | Self::File
            | Self::FileList => false,
        }
    }

    const fn is_file(&self) -> bool {
        matches!(self, Self::File | Self::FileList)
    }
}

impl FieldDeclaration {
    /// Whether a client has to ask for the field: some property of it is computed,
    /// or it is a file with a default, which is too large for a schema.
    pub fn is_dynamic(&self) -> bool {
        let Self {
            id: _,
            label,
            description,
            field_type,
            required,
            read_only,
            default,
            value,
            condition,
            widget,
            validations: _,
            secret: _,
        } = self;
        label.is_dynamic()
            || description.as_ref().is_some_and(Computed::is_dynamic)
            || field_type.is_dynamic()
            || required.is_dynamic()
            || read_only.is_dynamic()
            || default.as_ref().is_some_and(|default| default.is_dynamic() || field_type.is_file())
            || value.as_ref().is_some_and(Computed::is_dynamic)
            || condition.as_ref().is_some_and(Computed::is_dynamic)
            || widget.as_ref().is_some_and(Computed::is_dynamic)
    }
}

/// A declared piece of a form.
#[derive(Debug, Clone)]
pub enum ElementDeclaration {
    /// A field.
    Field(Box<FieldDeclaration>),
    /// Fields side by side.
    Row {
        /// The fields.
        fields: Vec<FieldDeclaration>,
        /// Whether it is shown.
        condition: Option<Computed<bool>>,
    },
    /// A line between two parts.
    Separator {
        /// Whether it is shown.
        condition: Option<Computed<bool>>,
    },
    /// Text with markup.
    Html {
        /// The markup.
        content: Computed<String>,
        /// Whether it is shown.
        condition: Option<Computed<bool>>,
    },
    /// A step; at the root only, and then nothing else is there.
    Page {
        /// What the button to the next page says.
        next_label: Option<String>,
        /// What the button to the page before says.
        previous_label: Option<String>,
        /// What stands on it; no pages.
        elements: Vec<ElementDeclaration>,
        /// Whether it is shown.
        condition: Option<Computed<bool>>,
    },
}

impl ElementDeclaration {
    /// Whether a client has to ask for it.
    pub fn is_dynamic(&self) -> bool {
        let (condition, inside) = match self {
            Self::Field(field) => return field.is_dynamic(),
            Self::Row { fields, condition } => (condition, fields.iter().any(FieldDeclaration::is_dynamic)),
            Self::Separator { condition } => (condition, false),
            Self::Html { content, condition } => (condition, content.is_dynamic()),
            Self::Page { elements, condition, .. } => (condition, elements.iter().any(Self::is_dynamic)),
        };
        inside || condition.as_ref().is_some_and(Computed::is_dynamic)
    }
}

/// A declared form.
#[derive(Clone)]
pub enum FormDeclaration {
    /// These elements, each of which may compute its properties.
    Elements(Vec<ElementDeclaration>),
    /// Elements that are themselves computed.
    Dynamic(ComputedFn<Vec<ElementDeclaration>>),
}

impl FormDeclaration {
    /// A form without fields.
    pub const fn empty() -> Self {
        Self::Elements(Vec::new())
    }

    /// Whether the form can differ from caller to caller or from value to value,
    /// so that a client has to ask for it.
    pub fn is_dynamic(&self) -> bool {
        match self {
            Self::Elements(elements) => elements.iter().any(ElementDeclaration::is_dynamic),
            Self::Dynamic(_) => true,
        }
    }
}

impl fmt::Debug for FormDeclaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elements(elements) => elements.fmt(f),
            Self::Dynamic(_) => f.write_str("computed"),
        }
    }
}

/// A declared action.
#[derive(Clone)]
pub struct ActionDeclaration {
    /// What everybody may know of it.
    pub action: Arc<Action>,
    /// What it asks.
    pub form: Arc<FormDeclaration>,
    /// What has to be agreed to before it is submitted; resolved with the form.
    pub confirmation: Option<Computed<String>>,
    /// What it does.
    pub handler: Arc<dyn Handler>,
}

impl ActionDeclaration {
    /// An action that asks for nothing.
    pub fn new(action: Action, handler: Arc<dyn Handler>) -> Self {
        Self { action: Arc::new(action), form: Arc::new(FormDeclaration::empty()), confirmation: None, handler }
    }
}

impl fmt::Debug for ActionDeclaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActionDeclaration")
            .field("action", &self.action)
            .field("form", &self.form)
            .field("confirmation", &self.confirmation)
            .finish_non_exhaustive()
    }
}

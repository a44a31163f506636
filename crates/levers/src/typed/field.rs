//! What Rust types and the options of `#[form(…)]` mean for a form.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use levers_model::form::CurrencyBase;
use levers_model::{FileValue, Widget};
use levers_ports::{Computed, ElementDeclaration, FieldDeclaration, TypeDeclaration};
use serde_json::Value as Json;

use super::RecordRef;
use crate::layout::Element;

/// What a Rust type means for a form. The derive macros use it; authors derive
/// [`Choices`](crate::Choices) rather than implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a form",
    label = "not a type that a form knows",
    note = "fields are bool, String, integers and floats, chrono's NaiveDate, NaiveTime and DateTime<Utc>, \
            levers::FileValue, levers::RecordRef, serde_json::Value, enums that derive levers::Choices, \
            and Option and Vec of these"
)]
pub trait FormField {
    /// What sort of field it is; the macro checks options against it.
    #[doc(hidden)]
    const KIND: Kind;

    /// Whether a value must be given, when the author says nothing.
    #[doc(hidden)]
    const REQUIRED: bool = true;

    /// The texts of enums.
    #[doc(hidden)]
    const CHOICES: &'static [&'static str] = &[];
}

/// A type of which a form can hold a list.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a form has no lists of `{Self}`",
    note = "lists are of String, integers, floats, levers::FileValue, and enums that derive levers::Choices"
)]
pub trait FormItem: FormField {
    const LIST: Kind;
}

/// The types of fields, as constants that the macro can check options against.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Boolean,
    Date,
    Dateonly,
    Time,
    Enum,
    EnumList,
    Json,
    Number,
    NumberList,
    String,
    StringList,
    File,
    FileList,
    Collection,
}

impl Kind {
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Number | Self::NumberList)
    }

    pub const fn is_single_number(self) -> bool {
        matches!(self, Self::Number)
    }

    pub const fn is_date(self) -> bool {
        matches!(self, Self::Date | Self::Dateonly)
    }

    pub const fn is_text(self) -> bool {
        matches!(self, Self::String)
    }

    pub const fn has_placeholder(self) -> bool {
        self.is_number() || self.is_date() || matches!(self, Self::String | Self::StringList)
    }

    pub const fn is_file(self) -> bool {
        matches!(self, Self::File | Self::FileList)
    }

    pub const fn is_file_list(self) -> bool {
        matches!(self, Self::FileList)
    }

    pub const fn is_collection(self) -> bool {
        matches!(self, Self::Collection)
    }

    pub const fn can_be_collection(self) -> bool {
        matches!(self, Self::Collection | Self::String)
    }
}

macro_rules! fields {
    ($($kind:ident: $($type:ty),*;)*) => {
        $($(
            impl FormField for $type {
                const KIND: Kind = Kind::$kind;
            }
        )*)*
    };
}

macro_rules! items {
    ($($list:ident: $($type:ty),*;)*) => {
        $($(
            impl FormItem for $type {
                const LIST: Kind = Kind::$list;
            }
        )*)*
    };
}

fields! {
    Number: i8, i16, i32, i64, u8, u16, u32, u64, usize, f32, f64;
    String: String;
    File: FileValue;
    Date: DateTime<Utc>;
    Dateonly: NaiveDate;
    Time: NaiveTime;
    Json: Json;
    Collection: RecordRef;
}

items! {
    NumberList: i8, i16, i32, i64, u8, u16, u32, u64, usize, f32, f64;
    StringList: String;
    FileList: FileValue;
}

/// A box that nobody ticks is false, so nothing has to be given.
impl FormField for bool {
    const KIND: Kind = Kind::Boolean;
}

impl<T: FormField> FormField for Option<T> {
    const KIND: Kind = T::KIND;
    const REQUIRED: bool = false;
    const CHOICES: &'static [&'static str] = T::CHOICES;
}

impl<T: FormItem> FormField for Vec<T> {
    const KIND: Kind = T::LIST;
    const CHOICES: &'static [&'static str] = T::CHOICES;
}

/// A least or greatest value, as an author writes it.
#[doc(hidden)]
#[derive(Debug, Clone)]
pub enum Bound {
    /// Of a number.
    Number(f64),
    /// Of a date, as ISO text.
    Text(String),
}

impl Bound {
    fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Text(_) => None,
        }
    }

    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) => None,
        }
    }
}

impl From<f64> for Bound {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for Bound {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<&str> for Bound {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// What the macro read of a field.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct FieldOptions {
    pub id: &'static str,
    pub label: String,
    pub description: Option<&'static str>,
    pub required: Option<bool>,
    pub read_only: bool,
    pub secret: bool,
    pub default: Option<Json>,
    pub collection: Option<&'static str>,
    pub widget: Option<Computed<Widget>>,
    pub placeholder: Option<&'static str>,
    pub min: Option<Bound>,
    pub max: Option<Bound>,
    pub step: Option<f64>,
    pub currency: Option<&'static str>,
    pub rows: Option<f64>,
    pub extensions: Option<Vec<String>>,
    pub max_size_mb: Option<f64>,
    pub max_count: Option<u32>,
}

/// Declares a field of type `T`; the macro writes a call for each field.
#[doc(hidden)]
pub fn declare<T: FormField>(options: FieldOptions) -> Element {
    let mut field = FieldDeclaration::new(options.id, declared_type::<T>(options.collection));
    field.label = Computed::Constant(options.label.clone());
    field.description = options.description.map(|text| text.to_owned().into());
    field.required = options.required.unwrap_or(T::REQUIRED).into();
    field.read_only = options.read_only.into();
    field.secret = options.secret;
    let unticked = (T::KIND == Kind::Boolean && T::REQUIRED).then_some(Json::Bool(false));
    field.default = options.default.clone().or(unticked).map(Into::into);
    field.widget =
        if options.widget.is_some() { options.widget } else { natural_widget(T::KIND, options).map(Into::into) };
    ElementDeclaration::Field(Box::new(field)).into()
}

fn declared_type<T: FormField>(collection: Option<&str>) -> TypeDeclaration {
    if let Some(collection) = collection {
        return TypeDeclaration::Collection(collection.to_owned().into());
    }
    let choices = || Computed::Constant(T::CHOICES.iter().map(|&choice| choice.to_owned()).collect());
    match T::KIND {
        Kind::Boolean => TypeDeclaration::Boolean,
        Kind::Date => TypeDeclaration::Date,
        Kind::Dateonly => TypeDeclaration::Dateonly,
        Kind::Time => TypeDeclaration::Time,
        Kind::Enum => TypeDeclaration::Enum(choices()),
        Kind::EnumList => TypeDeclaration::EnumList(choices()),
        Kind::Json => TypeDeclaration::Json,
        Kind::Number => TypeDeclaration::Number,
        Kind::NumberList => TypeDeclaration::NumberList,
        // The macro refuses a `RecordRef` without a collection.
        Kind::String | Kind::Collection => TypeDeclaration::String,
        Kind::StringList => TypeDeclaration::StringList,
        Kind::File => TypeDeclaration::File,
        Kind::FileList => TypeDeclaration::FileList,
    }
}

/// The widget that the options call for; `None` leaves the choice to the client.
fn natural_widget(kind: Kind, options: FieldOptions) -> Option<Widget> {
    let FieldOptions { placeholder, min, max, step, currency, rows, extensions, max_size_mb, max_count, .. } = options;
    let placeholder = placeholder.map(str::to_owned);
    let said = placeholder.is_some() || min.is_some() || max.is_some() || step.is_some();
    let bounds = (min.clone().and_then(Bound::number), max.clone().and_then(Bound::number));
    Some(match (kind, currency, rows) {
        (Kind::Number, Some(currency), _) => Widget::CurrencyInput {
            placeholder,
            min: bounds.0,
            max: bounds.1,
            step,
            currency: currency.to_owned(),
            base: CurrencyBase::Unit,
        },
        (Kind::Number, None, _) if said => Widget::NumberInput { placeholder, min: bounds.0, max: bounds.1, step },
        (Kind::NumberList, ..) if said => Widget::NumberInputList {
            placeholder,
            allow_duplicates: true,
            enable_reorder: true,
            min: bounds.0,
            max: bounds.1,
            step,
        },
        (Kind::String, _, Some(rows)) => Widget::TextArea { placeholder, rows: Some(rows) },
        (Kind::String, ..) if said => Widget::TextInput { placeholder },
        (Kind::StringList, ..) if said => Widget::TextInputList {
            placeholder,
            allow_duplicates: true,
            allow_empty_values: true,
            enable_reorder: true,
        },
        (Kind::Date | Kind::Dateonly, ..) if said => Widget::DatePicker {
            format: None,
            placeholder,
            min: min.and_then(Bound::text),
            max: max.and_then(Bound::text),
        },
        (Kind::File | Kind::FileList, ..) if extensions.is_some() || max_size_mb.is_some() || max_count.is_some() => {
            Widget::FilePicker { extensions: extensions.unwrap_or_default(), max_size_mb, max_count }
        }
        _ => return None,
    })
}

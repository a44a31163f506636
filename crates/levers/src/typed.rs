//! Forms that are a Rust struct: `#[derive(Form)]`, and handlers that receive it.
//!
//! The derive macro writes one call of [`declare`] per field; what a Rust type
//! means for a form is said here, by [`FormField`], so that an author's mistake
//! is a message of the compiler about their own type.
//!
//! Rejected: schemars. A JSON Schema knows no widgets, no collections and no
//! order of fields.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use levers_model::{FieldError, FileValue, Values, Widget};
use levers_ports::{ActionDeclaration, Computed, ElementDeclaration, FieldDeclaration, TypeDeclaration};
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, forward_to_deserialize_any};
use serde_json::Value as Json;

use crate::action::Action;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::layout::Element;
use crate::outcome::Outcome;

/// A struct that says what a form asks; `#[derive(Form)]` writes it.
///
/// Each field of the struct is a field of the form: its name is the id, its
/// documentation the description, its type decides what may be given, and an
/// `Option` need not be given. `#[form(…)]` says the rest, and serde's `rename`,
/// `rename_all`, `skip` and `default` are honoured.
///
/// ```
/// use levers::prelude::*;
/// use levers::{Choices, Form, RecordRef};
///
/// #[derive(Form, serde::Deserialize)]
/// struct Charge {
///     /// In USD, such as 42.50.
///     #[form(label = "Amount to charge", min = 0.5, step = 0.01)]
///     amount: f64,
///     /// What the customer reads on the statement.
///     #[form(placeholder = "Order 42")]
///     description: Option<String>,
///     #[form(default = "normal")]
///     speed: Speed,
///     #[form(collection = "companies")]
///     beneficiary: Option<RecordRef>,
/// }
///
/// #[derive(Choices, serde::Deserialize)]
/// #[serde(rename_all = "snake_case")]
/// enum Speed {
///     Normal,
///     Instant,
/// }
///
/// let charge = Action::single("Charge").form::<Charge>().execute(|_cx, charge| async move {
///     let how = match charge.speed {
///         Speed::Normal => "tomorrow",
///         Speed::Instant => "now",
///     };
///     Ok(Outcome::success(format!("{:.2} USD will be charged {how}.", charge.amount)))
/// });
/// # let _ = charge;
/// ```
///
/// What `#[form(…)]` takes:
///
/// | attribute | on | meaning |
/// |---|---|---|
/// | `label = "…"` | all | what is written beside the field, instead of its name |
/// | `description = "…"` | all | a sentence of help, instead of the documentation |
/// | `default = …` | all | the value that it has until another is typed |
/// | `required`, `required = false` | all | whether a value must be given |
/// | `read_only` | all | shown, not to be changed |
/// | `secret` | all | kept out of jobs and logs |
/// | `collection = "…"` | [`RecordRef`], `String` | the collection to pick a record from |
/// | `placeholder = "…"` | texts, numbers, dates | shown while nothing is typed |
/// | `min`, `max` | numbers, dates | the least and the greatest value; of dates as ISO text |
/// | `step` | numbers | how far the arrows go |
/// | `currency = "EUR"` | numbers | an amount of money |
/// | `rows = 5` | texts | several lines |
/// | `extensions = [".csv"]`, `max_size_mb`, `max_count` | files | which files are taken |
/// | `widget = …` | all | any widget, such as `widget = RadioGroup::new(["a", "b"])` |
pub trait Form: Sized {
    /// The elements that ask for the struct's fields.
    fn elements() -> Vec<Element>;
}

/// An enum of choices; `#[derive(Choices)]` writes it for enums whose variants
/// hold nothing. The texts are the variants' names as serde reads them.
///
/// ```
/// use levers::Choices;
///
/// #[derive(Choices, serde::Deserialize)]
/// enum Size {
///     Small,
///     #[serde(rename = "extra large")]
///     Large,
/// }
/// assert_eq!(Size::CHOICES, ["Small", "extra large"]);
/// ```
pub trait Choices: Sized {
    /// The texts to pick from, in order.
    const CHOICES: &'static [&'static str];
}

/// A record that was picked in a form, by its packed id: what
/// [`CollectionHandle::get`](crate::CollectionHandle::get) takes.
///
/// ```
/// use levers::RecordRef;
///
/// let picked: RecordRef = serde_json::from_str("\"7|fr\"").unwrap();
/// assert_eq!(picked.to_string(), "7|fr");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordRef(String);

impl RecordRef {
    /// The packed id.
    ///
    /// ```
    /// # let picked: levers::RecordRef = serde_json::from_str("\"7\"").unwrap();
    /// assert_eq!(picked.as_str(), "7");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RecordRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a Rust type means for a form. The derive macros use it; authors derive
/// [`Choices`] rather than implement it.
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
            base: levers_model::form::CurrencyBase::Unit,
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

impl Action {
    /// Asks for the fields of a struct, below those that were declared before;
    /// the handler receives the struct.
    ///
    /// ```
    /// use levers::prelude::*;
    ///
    /// #[derive(levers::Form, serde::Deserialize)]
    /// struct Reason {
    ///     /// The companies will read it.
    ///     reason: String,
    /// }
    ///
    /// let reject = Action::bulk("Reject").form::<Reason>().execute(|cx, form| async move {
    ///     cx.update(json!({ "description": form.reason })).await?;
    ///     Ok(Outcome::done())
    /// });
    /// # let _ = reject;
    /// ```
    pub fn form<T: Form>(self) -> TypedAction<T> {
        let action = T::elements().into_iter().fold(self, Action::with);
        TypedAction { action, form: PhantomData }
    }
}

/// An action whose form is a struct; [`TypedAction::execute`] completes it.
pub struct TypedAction<T> {
    action: Action,
    form: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for TypedAction<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.action.fmt(f)
    }
}

impl<T: Form + DeserializeOwned + Send + 'static> TypedAction<T> {
    /// What the action does, as [`Action::execute`], with the form's values as struct.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// # #[derive(levers::Form, serde::Deserialize)]
    /// # struct Note { text: String }
    /// let note = Action::single("Note").form::<Note>().execute(|cx, note| async move {
    ///     cx.update(json!({ "note": note.text })).await?;
    ///     Ok(Outcome::success("Noted."))
    /// });
    /// # let _ = note;
    /// ```
    pub fn execute<F, Fut, R>(self, handler: F) -> ActionDeclaration
    where
        F: Fn(Context, T) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R>> + Send + 'static,
        R: Into<Outcome> + 'static,
    {
        self.action.execute(move |cx: Context| {
            let ready = read(cx.values()).map(|form| handler(cx, form));
            async move { ready?.await }
        })
    }
}

impl Context {
    /// The form's values as a struct, for actions whose form is one.
    ///
    /// # Errors
    /// Invalid, naming the field, when a value does not fit the struct (a number
    /// with a fraction where an integer is wanted).
    ///
    /// ```
    /// # use levers::prelude::*;
    /// #[derive(serde::Deserialize)]
    /// struct Charge { amount: f64, description: Option<String> }
    ///
    /// # let _ = Action::single("x").execute(|cx| async move {
    /// let charge: Charge = cx.form()?;
    /// # let _ = (charge.amount, charge.description); Ok(Outcome::done()) });
    /// ```
    pub fn form<T: DeserializeOwned>(&self) -> Result<T> {
        read(self.values())
    }
}

/// Reads values as a struct; an error names the field.
fn read<T: DeserializeOwned>(values: &Values) -> Result<T> {
    T::deserialize(Reader(values)).map_err(|wrong| match wrong.field {
        Some(field) => {
            Error::invalid_fields(vec![FieldError::new(field, format!("The value does not fit: {}.", wrong.message))])
        }
        None => Error::invalid(format!("The form's values do not fit: {}.", wrong.message)),
    })
}

/// What serde says, with the field that it says it of.
#[derive(Debug)]
struct Wrong {
    field: Option<String>,
    message: String,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

impl serde::de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { field: None, message: message.to_string() }
    }
}

struct Reader<'de>(&'de Values);

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_map(Fields { left: self.0.iter(), at: None })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Fields<'de> {
    left: std::collections::btree_map::Iter<'de, String, Json>,
    at: Option<(&'de String, &'de Json)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        self.at = self.left.next();
        let Some((field, _)) = self.at else { return Ok(None) };
        seed.deserialize(BorrowedStrDeserializer::new(field)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let Some((field, value)) = self.at.take() else {
            return Err(serde::de::Error::custom("a value was read before its name"));
        };
        seed.deserialize(value).map_err(|error| Wrong { field: Some(field.clone()), message: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use levers_ports::FormDeclaration;
    use serde_json::json;

    use super::*;
    use crate::widget::TextArea;

    #[derive(Debug, crate::Choices, Deserialize, PartialEq)]
    #[serde(rename_all = "kebab-case")]
    enum Size {
        Small,
        #[serde(rename = "XL")]
        ExtraLarge,
    }

    /// Every type and every option.
    #[derive(Debug, crate::Form, Deserialize)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "only the declaration is looked at")]
    struct Everything {
        /// How much,
        /// in USD.
        ///
        /// Only developers read this.
        #[form(min = 0.5, max = 100, step = 0.5, placeholder = "42.50", required = false)]
        #[serde(default)]
        amount_due: f64,
        #[form(currency = "EUR")]
        price: Option<f64>,
        urgent: bool,
        maybe: Option<bool>,
        #[form(label = "Why?", rows = 5, secret)]
        reason: String,
        #[form(description = "Said twice", widget = TextArea::new().rows(2), default = "none", read_only)]
        note: Option<String>,
        #[form(min = "2024-01-01")]
        day: NaiveDate,
        at: Option<DateTime<Utc>>,
        opens: NaiveTime,
        size: Size,
        sizes: Vec<Size>,
        tags: Option<Vec<String>>,
        numbers: Vec<i64>,
        #[form(extensions = [".csv"], max_size_mb = 1.5)]
        csv: FileValue,
        #[form(max_count = 2)]
        scans: Vec<FileValue>,
        settings: Json,
        #[form(collection = "companies")]
        beneficiary: RecordRef,
        #[serde(rename = "from")]
        #[form(collection = "companies")]
        sender: Option<String>,
        #[serde(skip)]
        not_asked: u8,
    }

    #[test]
    fn a_struct_declares_its_form() {
        let elements: Vec<_> = Everything::elements().into_iter().map(ElementDeclaration::from).collect();
        insta::assert_debug_snapshot!(FormDeclaration::Elements(elements));
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Small {
        count: i64,
        size: Option<Size>,
        scan: Option<FileValue>,
    }

    fn values(json: Json) -> Values {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn values_are_read_as_a_struct() {
        let read: Small =
            read(&values(json!({ "count": 3, "size": "XL", "scan": "data:;name=a;base64,aGk=" }))).unwrap();
        assert_eq!((read.count, read.size), (3, Some(Size::ExtraLarge)));
        assert_eq!(read.scan.unwrap().content, b"hi");
    }

    #[test]
    fn a_value_that_does_not_fit_names_its_field() {
        let message = |json| read::<Small>(&values(json)).unwrap_err().to_string();
        let messages = [
            message(json!({ "count": 2.5 })),
            message(json!({ "size": "XL" })),
            message(json!({ "count": 1, "size": "huge" })),
        ];
        insta::assert_snapshot!(messages.join("\n"));
    }
}

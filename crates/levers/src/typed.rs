//! Forms that are a Rust struct: `#[derive(Form)]`, and handlers that receive it.
//!
//! The derive macro writes one call of [`declare`] per field; what a Rust type
//! means for a form is said by [`FormField`], so that an author's mistake
//! is a message of the compiler about their own type.
//!
//! Rejected: schemars. A JSON Schema knows no widgets, no collections and no
//! order of fields.

mod field;
mod read;

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use levers_ports::ActionDeclaration;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use self::field::{Bound, FieldOptions, FormField, FormItem, Kind, declare};
use self::read::read;
use crate::action::Action;
use crate::context::Context;
use crate::error::Result;
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

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
    use levers_model::{FileValue, Values};
    use levers_ports::{ElementDeclaration, FormDeclaration};
    use serde_json::{Value as Json, json};

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

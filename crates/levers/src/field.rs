//! Fields of forms.

use std::future::Future;
use std::sync::Arc;

use levers_ports::{Computed, FieldDeclaration, TypeDeclaration};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::error::Error;
use crate::form_context::FormContext;
use crate::property::{Answer, computed};
use crate::widget::FieldWidget;

/// A field of a form: what it is called, what its value may be, how it is entered.
///
/// Every property is a constant, or a closure over the [`FormContext`] that is
/// asked again whenever a value that it read has changed.
///
/// ```
/// use levers::prelude::*;
///
/// let amount = Field::number("amount")
///     .label("Amount")
///     .description("The amount (USD) to charge the credit card. Example: 42.50")
///     .required()
///     .widget(NumberInput::new().min(0.5).step(0.01));
///
/// let reason = Field::string("reason")
///     .visible_if(|cx| async move { cx.value::<f64>("amount").is_some_and(|amount| amount > 1000.0) })
///     .required_if(|cx| async move { cx.caller().role.as_deref() != Some("manager") })
///     .widget(TextArea::new().rows(3));
/// ```
#[derive(Debug, Clone)]
pub struct Field(FieldDeclaration);

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident: $declared:ident),* $(,)?) => {
        $($(#[$doc])*
        pub fn $name(id: impl Into<String>) -> Self {
            Self(FieldDeclaration::new(id, TypeDeclaration::$declared))
        })*
    };
}

impl Field {
    constructors! {
        /// A text; its value is a `String`.
        ///
        /// ```
        /// let _ = levers::Field::string("note");
        /// ```
        string: String,
        /// A number; its value is an `f64`, or an `i64` where it is whole.
        ///
        /// ```
        /// let _ = levers::Field::number("amount");
        /// ```
        number: Number,
        /// True or false; its value is a `bool`.
        ///
        /// ```
        /// let _ = levers::Field::boolean("urgent");
        /// ```
        boolean: Boolean,
        /// An instant; its value is ISO 8601 text such as `2024-12-31T13:45:00.000Z`.
        ///
        /// ```
        /// let _ = levers::Field::date("starts_at");
        /// ```
        date: Date,
        /// A day; its value is text such as `2024-12-31`, which reads as `chrono::NaiveDate` too.
        ///
        /// ```
        /// let _ = levers::Field::date_only("birthday");
        /// ```
        date_only: Dateonly,
        /// A time of day; its value is text such as `13:45:00`.
        ///
        /// ```
        /// let _ = levers::Field::time("opens_at");
        /// ```
        time: Time,
        /// Any JSON document.
        ///
        /// ```
        /// let _ = levers::Field::json("settings");
        /// ```
        json: Json,
        /// Several numbers; its value is a `Vec<f64>`.
        ///
        /// ```
        /// let _ = levers::Field::number_list("sizes");
        /// ```
        number_list: NumberList,
        /// Several texts; its value is a `Vec<String>`.
        ///
        /// ```
        /// let _ = levers::Field::string_list("tags");
        /// ```
        string_list: StringList,
        /// A file; read it with [`Context::file`](crate::Context::file).
        ///
        /// ```
        /// let _ = levers::Field::file("csv");
        /// ```
        file: File,
        /// Several files; read them with [`Context::files`](crate::Context::files).
        ///
        /// ```
        /// let _ = levers::Field::file_list("scans");
        /// ```
        file_list: FileList,
    }

    /// One of these texts.
    ///
    /// ```
    /// let _ = levers::Field::enumeration("size", ["small", "large"]);
    /// ```
    pub fn enumeration<S: Into<String>>(id: impl Into<String>, values: impl IntoIterator<Item = S>) -> Self {
        Self(FieldDeclaration::new(id, TypeDeclaration::Enum(texts(values))))
    }

    /// One of the texts that a closure finds.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::enumeration_with("city", |cx| async move {
    ///     match cx.value::<String>("country").as_deref() {
    ///         Some("France") => vec!["Lyon", "Paris"],
    ///         _ => vec!["Berlin", "Rome"],
    ///     }
    /// });
    /// ```
    pub fn enumeration_with<F, Fut>(id: impl Into<String>, values: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<Vec<String>>,
    {
        Self(FieldDeclaration::new(id, TypeDeclaration::Enum(computed(values))))
    }

    /// Several of these texts; its value is a `Vec<String>`.
    ///
    /// ```
    /// let _ = levers::Field::enum_list("colours", ["red", "green", "blue"]);
    /// ```
    pub fn enum_list<S: Into<String>>(id: impl Into<String>, values: impl IntoIterator<Item = S>) -> Self {
        Self(FieldDeclaration::new(id, TypeDeclaration::EnumList(texts(values))))
    }

    /// Several of the texts that a closure finds.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::enum_list_with("columns", |cx| async move {
    ///     let schema = cx.collection("orders").schema()?;
    ///     Ok(schema.columns().map(|(name, _)| name.to_owned()).collect::<Vec<_>>())
    /// });
    /// ```
    pub fn enum_list_with<F, Fut>(id: impl Into<String>, values: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<Vec<String>>,
    {
        Self(FieldDeclaration::new(id, TypeDeclaration::EnumList(computed(values))))
    }

    /// A record of a collection, to be picked; read it with
    /// [`Context::record_id`](crate::Context::record_id).
    ///
    /// ```
    /// let _ = levers::Field::collection("beneficiary", "companies");
    /// ```
    pub fn collection(id: impl Into<String>, collection: impl Into<String>) -> Self {
        Self(FieldDeclaration::new(id, TypeDeclaration::Collection(collection.into().into())))
    }

    /// A record of the collection that a closure names.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::collection_with("owner", |cx| async move {
    ///     if cx.value::<bool>("is_company") == Some(true) { "companies" } else { "customers" }
    /// });
    /// ```
    pub fn collection_with<F, Fut>(id: impl Into<String>, collection: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<String>,
    {
        Self(FieldDeclaration::new(id, TypeDeclaration::Collection(computed(collection))))
    }

    /// What is written beside it; its id without this.
    ///
    /// ```
    /// let _ = levers::Field::number("vat").label("Value added tax");
    /// ```
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.0.label = label.into().into();
        self
    }

    /// What is written beside it, computed.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Field::number("amount").label_with(|cx| async move {
    ///     format!("Amount in {}", cx.value::<String>("currency").unwrap_or_else(|| "euros".into()))
    /// });
    /// ```
    pub fn label_with<F, Fut>(mut self, label: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<String>,
    {
        self.0.label = computed(label);
        self
    }

    /// A sentence of help.
    ///
    /// ```
    /// let _ = levers::Field::number("amount").description("In euros, without tax.");
    /// ```
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.0.description = Some(text.into().into());
        self
    }

    /// A sentence of help, computed.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Field::string("reason")
    ///     .description_with(|cx| async move { Ok(format!("Why {} records?", cx.count().await?)) });
    /// ```
    pub fn description_with<F, Fut>(mut self, text: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<String>,
    {
        self.0.description = Some(computed(text));
        self
    }

    /// A value must be given.
    ///
    /// ```
    /// let _ = levers::Field::number("amount").required();
    /// ```
    pub fn required(mut self) -> Self {
        self.0.required = true.into();
        self
    }

    /// A value must be given when the closure says so.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Field::string("reason").required_if(|cx| async move { Ok(cx.count().await? > 10) });
    /// ```
    pub fn required_if<F, Fut>(mut self, condition: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<bool>,
    {
        self.0.required = computed(condition);
        self
    }

    /// The value is shown and cannot be changed; a value that is submitted
    /// nevertheless is refused.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Field::number("total").read_only().value_with(|cx| async move { cx.value::<f64>("net") });
    /// ```
    pub fn read_only(mut self) -> Self {
        self.0.read_only = true.into();
        self
    }

    /// The value cannot be changed when the closure says so.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Field::number("discount").read_only_if(|cx| async move { cx.caller().role.is_none() });
    /// ```
    pub fn read_only_if<F, Fut>(mut self, condition: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<bool>,
    {
        self.0.read_only = computed(condition);
        self
    }

    /// The value that it has until another is typed.
    ///
    /// ```
    /// let _ = levers::Field::number("quantity").default(1);
    /// ```
    pub fn default(mut self, value: impl Into<Json>) -> Self {
        self.0.default = Some(value.into().into());
        self
    }

    /// The value that it has until another is typed, computed.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Field::string("name")
    ///     .default_with(|cx| async move { cx.record(["name"]).await?.get::<String>("name") });
    /// ```
    pub fn default_with<F, Fut>(mut self, value: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<Json>,
    {
        self.0.default = Some(computed(value));
        self
    }

    /// The value that it has whatever was typed, computed each time the form is.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Field::number("vat")
    ///     .value_with(|cx| async move { cx.value::<f64>("net").map(|net| net * 0.2) });
    /// ```
    pub fn value_with<F, Fut>(mut self, value: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<Json>,
    {
        self.0.value = Some(computed(value));
        self
    }

    /// Shows it only when the closure says so; while it is hidden it has no value.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Field::string("reason").visible_if(|cx| async move { cx.value::<bool>("refund") == Some(true) });
    /// ```
    pub fn visible_if<F, Fut>(mut self, condition: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<bool>,
    {
        self.0.condition = Some(computed(condition));
        self
    }

    /// How it is entered; without this the client chooses by the type.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Field::string("note").widget(TextArea::new().rows(4));
    /// ```
    pub fn widget(mut self, widget: impl Into<FieldWidget>) -> Self {
        self.0.widget = Some(widget.into().into());
        self
    }

    /// How it is entered, computed.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Field::number("amount").widget_with(|cx| async move {
    ///     CurrencyInput::new(cx.value::<String>("currency").unwrap_or_else(|| "EUR".into()))
    /// });
    /// ```
    pub fn widget_with<F, Fut>(mut self, widget: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<levers_model::Widget>,
    {
        self.0.widget = Some(computed(widget));
        self
    }

    /// Checks a value that was submitted: the closure answers with a sentence when it is
    /// wrong, which then stands beside the field, and with `None` when it is fine.
    ///
    /// The value comes as a Rust type, as with [`Context::value`](crate::Context::value);
    /// a field without a value is not checked. The context has all submitted values.
    /// Several checks run in their order, up to the first that finds something; all
    /// wrong fields of a form are told at once.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let amount = Field::number("amount")
    ///     .validate(|_, amount: f64| async move { (amount <= 0.0).then_some("The amount must be above zero.") });
    ///
    /// let email = Field::string("email").validate(|cx, email: String| async move {
    ///     let taken = cx.collection("customers").filter(field("email").eq(email.clone())).count().await? > 0;
    ///     Ok(taken.then(|| format!("There is a customer with {email} already.")))
    /// });
    ///
    /// let until = Field::date_only("until").validate(|cx, until: String| async move {
    ///     (cx.value::<String>("from") > Some(until)).then_some("It must not lie before the first day.")
    /// });
    /// # let _ = (amount, email, until);
    /// ```
    pub fn validate<T, F, Fut>(mut self, check: F) -> Self
    where
        T: DeserializeOwned,
        F: Fn(FormContext, T) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<Option<String>>,
    {
        let field = self.0.id.clone();
        self.0.validations.push(Arc::new(move |cx| {
            // The value itself is not in the error: it may be a secret.
            let value = T::deserialize(cx.values.get(&field).unwrap_or(&Json::Null))
                .map_err(|_| Error::internal(format!("the value of “{field}” is no {}", std::any::type_name::<T>())));
            let answer = value.map(|value| check(FormContext::new(cx), value));
            Box::pin(async move { Ok(answer?.await.into_answer()?) })
        }));
        self
    }

    /// Keeps its value out of jobs and logs; the handler gets it all the same.
    ///
    /// ```
    /// let _ = levers::Field::string("password").secret();
    /// ```
    pub fn secret(mut self) -> Self {
        self.0.secret = true;
        self
    }
}

impl From<Field> for FieldDeclaration {
    fn from(field: Field) -> Self {
        field.0
    }
}

impl From<FieldDeclaration> for Field {
    fn from(declaration: FieldDeclaration) -> Self {
        Self(declaration)
    }
}

fn texts<S: Into<String>>(values: impl IntoIterator<Item = S>) -> Computed<Vec<String>> {
    values.into_iter().map(Into::into).collect::<Vec<String>>().into()
}

//! Widgets that offer choices.

use std::future::Future;

use levers_model::Widget;
use levers_model::form::{Choice, DropdownSearch};

use super::FieldWidget;
use crate::error::Result;
use crate::form_context::FormContext;
use crate::property::{Answer, computed_as};

fn choices<C: Into<Choice>>(options: impl IntoIterator<Item = C>) -> Vec<Choice> {
    options.into_iter().map(Into::into).collect()
}

/// Declares the builders that offer choices.
macro_rules! choice_widget {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            options: Vec<Choice>,
        }

        impl $name {
            /// Offers these: texts, numbers, or [`Choice`]s with a text of their own.
            pub fn new<C: Into<Choice>>(options: impl IntoIterator<Item = C>) -> Self {
                Self { options: choices(options) }
            }

            /// Offers what a closure finds.
            pub fn computed<F, Fut>(options: F) -> FieldWidget
            where
                F: Fn(FormContext) -> Fut + Send + Sync + 'static,
                Fut: Future + Send + 'static,
                Fut::Output: Answer<Vec<Choice>>,
            {
                FieldWidget(computed_as(options, |options| Widget::$name { options }))
            }
        }

        widget!(@into $name, |widget| Widget::$name { options: widget.options });
    };
}

choice_widget! {
    /// All choices in sight, one to pick. For texts, numbers and dates.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("size").widget(RadioGroup::new(["small", "large"]));
    /// let _ = Field::string("size").widget(RadioGroup::computed(|cx| async move {
    ///     if cx.value::<bool>("all") == Some(true) { vec!["small", "large"] } else { vec!["small"] }
    /// }));
    /// ```
    RadioGroup
}

choice_widget! {
    /// All choices in sight, several to pick. For lists of texts and numbers.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::number_list("sizes").widget(CheckboxGroup::new([Choice::labelled(36, "S"), Choice::labelled(38, "M")]));
    /// ```
    CheckboxGroup
}

/// A list of choices that opens. For texts, numbers, dates, and lists of texts and numbers.
///
/// ```
/// use levers::prelude::*;
/// let _ = Field::string("size").widget(Dropdown::new(["small", "large"]).placeholder("Pick one").search_static());
/// ```
#[derive(Debug, Clone)]
pub struct Dropdown {
    options: Vec<Choice>,
    search: DropdownSearch,
    placeholder: Option<String>,
}

impl Dropdown {
    /// Offers these: texts, numbers, or [`Choice`]s with a text of their own.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Dropdown::new([Choice::labelled("FR", "France"), Choice::labelled("IT", "Italy")]);
    /// ```
    pub fn new<C: Into<Choice>>(options: impl IntoIterator<Item = C>) -> Self {
        Self { options: choices(options), search: DropdownSearch::Disabled, placeholder: None }
    }

    /// Offers what a closure finds, which depends on other values.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("city").widget(Dropdown::computed(|cx| async move {
    ///     if cx.value::<String>("country").as_deref() == Some("France") { ["Lyon", "Paris"] } else { ["Milan", "Rome"] }
    /// }));
    /// ```
    pub fn computed<F, Fut>(options: F) -> FieldWidget
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<Vec<Choice>>,
    {
        FieldWidget(computed_as(options, |options: Vec<Choice>| Self::new(options).into()))
    }

    /// Offers what a closure finds for the text that is being typed
    /// ([`FormContext::search`]); the closure is asked at each key.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("company").widget(Dropdown::searched(|cx| async move {
    ///     let found = cx.collection("companies").filter(field("name").contains(cx.search()));
    ///     let found = found.sort("name").page(0, 20).list(["name"]).await?;
    ///     found.iter().map(|company| company.get::<String>("name")).collect::<levers::Result<Vec<_>>>()
    /// }));
    /// ```
    pub fn searched<F, Fut>(options: F) -> FieldWidget
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<Vec<Choice>>,
    {
        FieldWidget(computed_as(options, |options: Vec<Choice>| Self::new(options).search_dynamic().into()))
    }

    /// What stands in it while nothing is picked.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Dropdown::new(["small", "large"]).placeholder("Pick one");
    /// ```
    pub fn placeholder(mut self, placeholder: impl Into<String>) -> Self {
        self.placeholder = Some(placeholder.into());
        self
    }

    /// Lets people type to narrow the choices that came with the form.
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Dropdown::new(["small", "large"]).search_static();
    /// ```
    pub fn search_static(mut self) -> Self {
        self.search = DropdownSearch::Static;
        self
    }

    /// Asks for the choices again at each key: for [`Field::widget_with`](crate::Field::widget_with),
    /// whose closure then looks at [`FormContext::search`].
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = Dropdown::new(["small", "large"]).search_dynamic();
    /// ```
    pub fn search_dynamic(mut self) -> Self {
        self.search = DropdownSearch::Dynamic;
        self
    }
}

widget!(@into Dropdown, |widget| Widget::Dropdown {
    options: widget.options,
    search: widget.search,
    placeholder: widget.placeholder,
});

//! How fields are entered: one builder per widget, for [`Field::widget`](crate::Field::widget).
//!
//! Each has the options that make sense for it and no others, so that a
//! mistake does not compile. Which widget fits which type is checked when a
//! form is resolved.

use std::future::Future;

use levers_model::Widget;
use levers_model::form::{Choice, CurrencyBase, DropdownSearch};
use levers_ports::Computed;

use crate::error::Result;
use crate::form_context::FormContext;
use crate::property::{Answer, computed_as};

/// What [`Field::widget`](crate::Field::widget) takes: any of the builders here.
///
/// ```
/// use levers::prelude::*;
/// use levers::FieldWidget;
/// let widget: FieldWidget = Checkbox.into();
/// # let _ = widget;
/// ```
#[derive(Debug, Clone)]
pub struct FieldWidget(Computed<Widget>);

impl From<FieldWidget> for Computed<Widget> {
    fn from(widget: FieldWidget) -> Self {
        widget.0
    }
}

impl From<Widget> for FieldWidget {
    fn from(widget: Widget) -> Self {
        Self(widget.into())
    }
}

impl Answer<Widget> for Widget {
    fn into_answer(self) -> Result<Widget> {
        Ok(self)
    }
}

fn choices<C: Into<Choice>>(options: impl IntoIterator<Item = C>) -> Vec<Choice> {
    options.into_iter().map(Into::into).collect()
}

/// Declares a builder whose whole state is its options.
macro_rules! widget {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$option_doc:meta])* $option:ident: $type:ty as $kind:ident),* $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default)]
        pub struct $name {
            $($option: $type,)*
        }

        impl $name {
            /// The widget with no option set.
            pub fn new() -> Self {
                Self::default()
            }

            $(widget!(@setter $(#[$option_doc])* $option: $type as $kind);)*
        }

        widget!(@into $name, |widget| Widget::$name { $($option: widget.$option),* });
    };
    (@setter $(#[$doc:meta])* $option:ident: $type:ty as text) => {
        $(#[$doc])*
        pub fn $option(mut self, $option: impl Into<String>) -> Self {
            self.$option = Some($option.into());
            self
        }
    };
    (@setter $(#[$doc:meta])* $option:ident: $type:ty as number) => {
        $(#[$doc])*
        pub fn $option(mut self, $option: impl Into<f64>) -> Self {
            self.$option = Some($option.into());
            self
        }
    };
    (@setter $(#[$doc:meta])* $option:ident: $type:ty as flag) => {
        $(#[$doc])*
        pub fn $option(mut self, $option: bool) -> Self {
            self.$option = $option;
            self
        }
    };
    (@setter $(#[$doc:meta])* $option:ident: $type:ty as texts) => {
        $(#[$doc])*
        pub fn $option<S: Into<String>>(mut self, $option: impl IntoIterator<Item = S>) -> Self {
            self.$option = $option.into_iter().map(Into::into).collect();
            self
        }
    };
    (@into $name:ident, |$widget:ident| $build:expr) => {
        impl From<$name> for Widget {
            fn from($widget: $name) -> Self {
                $build
            }
        }

        impl From<$name> for FieldWidget {
            fn from(widget: $name) -> Self {
                Widget::from(widget).into()
            }
        }

        impl Answer<Widget> for $name {
            fn into_answer(self) -> Result<Widget> {
                Ok(self.into())
            }
        }
    };
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
    pub fn placeholder(mut self, placeholder: impl Into<String>) -> Self {
        self.placeholder = Some(placeholder.into());
        self
    }

    /// Lets people type to narrow the choices that came with the form.
    pub fn search_static(mut self) -> Self {
        self.search = DropdownSearch::Static;
        self
    }

    /// Asks for the choices again at each key: for [`Field::widget_with`](crate::Field::widget_with),
    /// whose closure then looks at [`FormContext::search`].
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

widget! {
    /// One line of text.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("name").widget(TextInput::new().placeholder("Ada"));
    /// ```
    TextInput {
        /// What stands in it while it is empty.
        placeholder: Option<String> as text,
    }
}

widget! {
    /// Several lines of text.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("note").widget(TextArea::new().rows(4).placeholder("What happened?"));
    /// ```
    TextArea {
        /// What stands in it while it is empty.
        placeholder: Option<String> as text,
        /// Its height in lines.
        rows: Option<f64> as number,
    }
}

widget! {
    /// Text with formatting; the value is HTML.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("letter").widget(RichText::new().placeholder("Dear …"));
    /// ```
    RichText {
        /// What stands in it while it is empty.
        placeholder: Option<String> as text,
    }
}

/// Several texts. They can be ordered by hand unless it is switched off.
///
/// ```
/// use levers::prelude::*;
/// let _ = Field::string_list("tags").widget(TextInputList::new().allow_duplicates(false).enable_reorder(false));
/// ```
#[derive(Debug, Clone)]
pub struct TextInputList {
    placeholder: Option<String>,
    allow_duplicates: bool,
    allow_empty_values: bool,
    enable_reorder: bool,
}

impl Default for TextInputList {
    fn default() -> Self {
        Self { placeholder: None, allow_duplicates: false, allow_empty_values: false, enable_reorder: true }
    }
}

impl TextInputList {
    /// Without duplicates and empty texts, to be ordered by hand.
    pub fn new() -> Self {
        Self::default()
    }

    widget!(@setter
        /// What stands in it while it is empty.
        placeholder: Option<String> as text);
    widget!(@setter
        /// Whether a text may be there twice; not without this.
        allow_duplicates: bool as flag);
    widget!(@setter
        /// Whether a text may be empty; not without this.
        allow_empty_values: bool as flag);
    widget!(@setter
        /// Whether they can be ordered by hand; they can without this.
        enable_reorder: bool as flag);
}

widget!(@into TextInputList, |widget| Widget::TextInputList {
    placeholder: widget.placeholder,
    allow_duplicates: widget.allow_duplicates,
    allow_empty_values: widget.allow_empty_values,
    enable_reorder: widget.enable_reorder,
});

widget! {
    /// A number.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::number("quantity").widget(NumberInput::new().min(1).max(99).step(1));
    /// ```
    NumberInput {
        /// What stands in it while it is empty.
        placeholder: Option<String> as text,
        /// The smallest number; less is refused.
        min: Option<f64> as number,
        /// The greatest number; more is refused.
        max: Option<f64> as number,
        /// The distance from one number to the next.
        step: Option<f64> as number,
    }
}

/// Several numbers. They can be ordered by hand unless it is switched off.
///
/// ```
/// use levers::prelude::*;
/// let _ = Field::number_list("sizes").widget(NumberInputList::new().min(34).max(52).step(2));
/// ```
#[derive(Debug, Clone)]
pub struct NumberInputList {
    placeholder: Option<String>,
    allow_duplicates: bool,
    enable_reorder: bool,
    min: Option<f64>,
    max: Option<f64>,
    step: Option<f64>,
}

impl Default for NumberInputList {
    fn default() -> Self {
        Self { placeholder: None, allow_duplicates: false, enable_reorder: true, min: None, max: None, step: None }
    }
}

impl NumberInputList {
    /// Without duplicates, to be ordered by hand.
    pub fn new() -> Self {
        Self::default()
    }

    widget!(@setter
        /// What stands in it while it is empty.
        placeholder: Option<String> as text);
    widget!(@setter
        /// Whether a number may be there twice; not without this.
        allow_duplicates: bool as flag);
    widget!(@setter
        /// Whether they can be ordered by hand; they can without this.
        enable_reorder: bool as flag);
    widget!(@setter
        /// The smallest number; less is refused.
        min: Option<f64> as number);
    widget!(@setter
        /// The greatest number; more is refused.
        max: Option<f64> as number);
    widget!(@setter
        /// The distance from one number to the next.
        step: Option<f64> as number);
}

widget!(@into NumberInputList, |widget| Widget::NumberInputList {
    placeholder: widget.placeholder,
    allow_duplicates: widget.allow_duplicates,
    enable_reorder: widget.enable_reorder,
    min: widget.min,
    max: widget.max,
    step: widget.step,
});

/// An amount of money. The value counts whole units of the currency, or
/// hundredths after [`CurrencyInput::in_cents`].
///
/// ```
/// use levers::prelude::*;
/// let _ = Field::number("price").widget(CurrencyInput::new("EUR").min(0).in_cents());
/// ```
#[derive(Debug, Clone)]
pub struct CurrencyInput {
    currency: String,
    base: CurrencyBase,
    placeholder: Option<String>,
    min: Option<f64>,
    max: Option<f64>,
    step: Option<f64>,
}

impl CurrencyInput {
    /// An amount of the currency of this ISO 4217 code, such as `EUR`.
    pub fn new(currency: impl Into<String>) -> Self {
        let (base, currency) = (CurrencyBase::Unit, currency.into());
        Self { currency, base, placeholder: None, min: None, max: None, step: None }
    }

    /// The value counts hundredths.
    pub fn in_cents(mut self) -> Self {
        self.base = CurrencyBase::Cents;
        self
    }

    widget!(@setter
        /// What stands in it while it is empty.
        placeholder: Option<String> as text);
    widget!(@setter
        /// The smallest amount; less is refused.
        min: Option<f64> as number);
    widget!(@setter
        /// The greatest amount; more is refused.
        max: Option<f64> as number);
    widget!(@setter
        /// The distance from one amount to the next.
        step: Option<f64> as number);
}

widget!(@into CurrencyInput, |widget| Widget::CurrencyInput {
    placeholder: widget.placeholder,
    min: widget.min,
    max: widget.max,
    step: widget.step,
    currency: widget.currency,
    base: widget.base,
});

widget! {
    /// A calendar. For dates, days and texts.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::date_only("from").widget(DatePicker::new().format("DD/MM/YYYY").min("2020-01-01"));
    /// ```
    DatePicker {
        /// How a date is shown, in Moment's letters: `YYYY-MM-DD`.
        format: Option<String> as text,
        /// What stands in it while it is empty.
        placeholder: Option<String> as text,
        /// The first date to pick, as ISO text.
        min: Option<String> as text,
        /// The last date to pick, as ISO text.
        max: Option<String> as text,
    }
}

widget! {
    /// A colour as `#rrggbb`.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("colour").widget(ColorPicker::new().quick_palette(["#ff0000", "#00ff00"]));
    /// ```
    ColorPicker {
        /// What stands in it while it is empty.
        placeholder: Option<String> as text,
        /// Whether an opacity can be picked too, as `#rrggbbaa`.
        enable_opacity: bool as flag,
        /// Colours at hand.
        quick_palette: Vec<String> as texts,
    }
}

/// Files to choose from the caller's machine.
///
/// ```
/// use levers::prelude::*;
/// let _ = Field::file_list("scans").widget(FilePicker::new().extensions([".pdf", ".png"]).max_size_mb(5).max_count(3));
/// ```
#[derive(Debug, Clone, Default)]
pub struct FilePicker {
    extensions: Vec<String>,
    max_size_mb: Option<f64>,
    max_count: Option<u32>,
}

impl FilePicker {
    /// Files of any kind, size and number.
    pub fn new() -> Self {
        Self::default()
    }

    widget!(@setter
        /// The endings of names that are taken, with their dot: `.pdf`.
        extensions: Vec<String> as texts);
    widget!(@setter
        /// The largest file, in megabytes.
        max_size_mb: Option<f64> as number);

    /// How many files at most, in a list of files.
    pub fn max_count(mut self, max_count: u32) -> Self {
        self.max_count = Some(max_count);
        self
    }
}

widget!(@into FilePicker, |widget| Widget::FilePicker {
    extensions: widget.extensions,
    max_size_mb: widget.max_size_mb,
    max_count: widget.max_count,
});

widget! {
    /// An account of this service, by e-mail address.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("assignee").widget(UserDropdown::new().placeholder("Who takes it?"));
    /// ```
    UserDropdown {
        /// What stands in it while nobody is picked.
        placeholder: Option<String> as text,
    }
}

widget! {
    /// An address with suggestions.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Field::string("address").widget(AddressAutocomplete::new().placeholder("Street and city"));
    /// ```
    AddressAutocomplete {
        /// What stands in it while it is empty.
        placeholder: Option<String> as text,
    }
}

/// One box to tick. For booleans.
///
/// ```
/// use levers::prelude::*;
/// let _ = Field::boolean("urgent").widget(Checkbox);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Checkbox;

widget!(@into Checkbox, |_widget| Widget::Checkbox);

/// A time of day. For times.
///
/// ```
/// use levers::prelude::*;
/// let _ = Field::time("opens_at").widget(TimePicker);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct TimePicker;

widget!(@into TimePicker, |_widget| Widget::TimePicker);

/// A JSON editor. For JSON.
///
/// ```
/// use levers::prelude::*;
/// let _ = Field::json("settings").widget(JsonEditor);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct JsonEditor;

widget!(@into JsonEditor, |_widget| Widget::JsonEditor);

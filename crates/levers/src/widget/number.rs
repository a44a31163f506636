//! Widgets for numbers.

use levers_model::Widget;
use levers_model::form::CurrencyBase;

use super::FieldWidget;
use crate::error::Result;
use crate::property::Answer;

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
    ///
    /// ```
    /// # use levers::prelude::*;
    /// let _ = CurrencyInput::new("EUR").in_cents();
    /// ```
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

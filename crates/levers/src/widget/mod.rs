//! How fields are entered: one builder per widget, for [`Field::widget`](crate::Field::widget).
//!
//! Each has the options that make sense for it and no others, so that a
//! mistake does not compile. Which widget fits which type is checked when a
//! form is resolved.

use levers_model::Widget;
use levers_ports::Computed;

use crate::error::Result;
use crate::property::Answer;

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

mod choices;
mod number;
mod other;
mod text;

pub use choices::{CheckboxGroup, Dropdown, RadioGroup};
pub use number::{CurrencyInput, NumberInput, NumberInputList};
pub use other::{
    AddressAutocomplete, Checkbox, ColorPicker, DatePicker, FilePicker, JsonEditor, TimePicker, UserDropdown,
};
pub use text::{RichText, TextArea, TextInput, TextInputList};

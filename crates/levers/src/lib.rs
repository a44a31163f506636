//! Buttons on data: declare actions on the collections of your databases.
//!
//! Levers shows operators the collections of a database that you already have,
//! with a button for everything that your company does with a record. You
//! declare the buttons; Levers brings the forms, the permissions, the record of
//! who did what, a REST API, Forest Admin's protocol and a command line.
//!
//! # A first program
//!
//! ```no_run
//! use levers::prelude::*;
//!
//! #[tokio::main]
//! async fn main() -> levers::Result<levers::ExitCode> {
//!     Levers::new()
//!         .source(Sql::open("sqlite:live-demo.db").await?)
//!         .collection("companies", |companies| companies
//!             .segment("Live", field("status").eq("live"))
//!             .action(Action::single("Mark as Live").execute(|cx| async move {
//!                 cx.update(json!({ "status": "live" })).await?;
//!                 Ok(Outcome::success("Company is now live!"))
//!             })))
//!         .run().await
//! }
//! ```
//!
//! The program has the whole command line of `levers`: `my-program serve`,
//! `my-program actions`, `my-program run companies mark-as-live --id 7`. Without
//! arguments it serves.
//!
//! # Which records
//!
//! An action is [single](Action::single) (one record), [bulk](Action::bulk) (one
//! or many) or [global](Action::global) (the collection as such). The handler
//! gets a [`Context`]. A selection may be 'all that match this filter', so the
//! context speaks of the selected records as one thing: [`update`](Context::update)
//! and [`delete`](Context::delete) are one statement for one record as for a
//! million, and [`stream`](Context::stream) reads them one after the other.
//!
//! ```
//! use levers::prelude::*;
//!
//! let validate = Action::bulk("Validate").execute(|cx| async move {
//!     let open = cx.condition().clone().and(field("status").eq("to_validate"));
//!     let validated = cx.collection("transactions").filter(open).update(json!({ "status": "validated" })).await?;
//!     Ok(Outcome::success(format!("{validated} transactions validated.")))
//! });
//! ```
//!
//! # Asking for values
//!
//! A [`Field`] says what is asked. Each of its properties is a constant or a
//! closure over a [`FormContext`], which sees the selection and what was typed so
//! far; the form follows the values by itself. What is submitted is checked
//! before the handler runs, so [`Context::value`] gets what was declared.
//!
//! ```
//! use levers::prelude::*;
//!
//! let reject = Action::bulk("Reject companies")
//!     .field(Field::string("reason")
//!         .description("The companies will read it.")
//!         .required_if(|cx| async move { Ok(cx.count().await? > 10) })
//!         .widget(TextArea::new().rows(3)))
//!     .execute(|cx| async move {
//!         let reason: Option<String> = cx.value("reason")?;
//!         let rejected = cx.update(json!({ "status": "rejected", "description": reason })).await?;
//!         Ok(Outcome::success(format!("{rejected} companies rejected.")))
//!     });
//! ```
//!
//! Long forms have [`Page`]s, [`Row`]s, [`Separator`]s and [`Html`], put in their
//! place by [`Action::with`].
//!
//! # Coming back
//!
//! A handler returns an [`Outcome`]: a message, markup, a file, another page, a
//! webhook. What it cannot do is either an [`Outcome::error`], when the caller
//! understands it, or an [`Error`]. `?` works on any error; those of other
//! libraries go to the log, and the caller never reads them.
//!
//! # Testing
//!
//! [`testing`] runs actions over the real engine, without a server: submit as a
//! caller, look at the form at each step, assert the outcome, the errors of single fields and
//! the changes.

// So that the derive macros, which write `::levers`, work in this crate too.
extern crate self as levers;

mod action;
mod builder;
mod collection;
mod context;
mod error;
mod field;
mod form_context;
mod layout;
mod outcome;
mod property;
mod record;
mod records;
mod selected;
pub mod testing;
mod title;
mod typed;
mod widget;

pub use std::process::ExitCode;

pub use async_trait::async_trait;
pub use futures::TryStreamExt;
pub use levers_derive::{Choices, Form};
pub use levers_model::form::Choice;
pub use levers_model::query::field;
pub use levers_model::{
    ActionKind, Aggregation, AggregationOperation, Approval, Caller, ChangeKind, ChangeSet, Collection, Condition,
    DatePeriod, ErrorKind, FieldError, FileValue, Group, JobId, Operator, RecordId, Selection, Value,
};
pub use levers_ports::{ActionContext, ActionDeclaration, AggregateRow, Handler, Reply, Source};
pub use levers_source_sql::{Sql, SqlBuilder};

pub use action::Action;
pub use builder::Levers;
pub use collection::CollectionBuilder;
pub use context::Context;
pub use error::{Error, Result};
pub use field::Field;
pub use form_context::FormContext;
pub use layout::{Element, Html, Page, Row, Separator};
pub use outcome::{Outcome, Webhook, escape_html};
pub use property::Answer;
pub use record::{ALL, FromValue, Record};
pub use records::{CollectionHandle, RecordQuery, RecordStream};
pub use typed::{Choices, Form, FormField, RecordRef, TypedAction};
pub use widget::{
    AddressAutocomplete, Checkbox, CheckboxGroup, ColorPicker, CurrencyInput, DatePicker, Dropdown, FieldWidget,
    FilePicker, JsonEditor, NumberInput, NumberInputList, RadioGroup, RichText, TextArea, TextInput, TextInputList,
    TimePicker, UserDropdown,
};

/// What a [`Handler`] of one's own returns; [`Error`] turns into its error by `?`.
pub type HandlerResult<T> = levers_model::Result<T>;

/// Everything that a program of actions names: `use levers::prelude::*;`
pub mod prelude {
    pub use serde_json::{Value as Json, json};

    pub use crate::{
        ALL, Action, ActionKind, AddressAutocomplete, Checkbox, CheckboxGroup, Choice, CollectionBuilder, ColorPicker,
        Context, CurrencyInput, DatePicker, Dropdown, Element, Error, Field, FilePicker, FormContext, Html, JsonEditor,
        Levers, NumberInput, NumberInputList, Outcome, Page, RadioGroup, RichText, Row, Separator, Sql, TextArea,
        TextInput, TextInputList, TimePicker, UserDropdown, Webhook, escape_html, field,
    };
}

/// What the derive macros write; no part of the API.
#[doc(hidden)]
pub mod __private {
    pub use serde_json::json;

    pub use crate::typed::{Bound, FieldOptions, FormField, FormItem, Kind, declare};
}

/// The manual's examples of Rust, compiled with the tests so that they stay true.
#[cfg(doctest)]
mod manual {
    macro_rules! page {
        ($name:ident, $file:literal) => {
            #[doc = include_str!(concat!("../../../docs/src/", $file))]
            mod $name {}
        };
    }
    page!(five_minutes, "five-minutes.md");
    page!(databases, "databases.md");
    page!(actions, "actions.md");
    page!(forms, "forms.md");
    page!(outcomes, "outcomes.md");
    page!(testing, "testing.md");
    #[doc = include_str!("../../../README.md")]
    mod readme {}
}

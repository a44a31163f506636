//! The derive macros of the `levers` crate: a form from a struct, choices from an enum.
//!
//! The macros only read syntax: names, documentation, attributes. What a Rust
//! type means for a form is said by traits in `levers`, so that an alias or an
//! author's own enum works wherever the type itself does. `levers` re-exports
//! both macros and documents their attributes.
//!
//! Errors are tested on syntax trees here; compiling crates that must fail
//! (trybuild) would cost a minute per run.

mod attributes;
mod choices;
mod form;
mod names;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Declares a form from a struct with named fields. See `levers::Form`.
#[proc_macro_derive(Form, attributes(form, serde))]
pub fn derive_form(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    form::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes an enum without values the choices of a form's field. See `levers::Choices`.
#[proc_macro_derive(Choices, attributes(serde))]
pub fn derive_choices(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    choices::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

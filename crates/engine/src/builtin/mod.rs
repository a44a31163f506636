//! The actions that nobody has to declare, written as an author would write them.
//!
//! Each is a form made from the schema and a handler on [`levers_ports::Records`]; past
//! their declaration nothing treats them differently, but for two things. Their
//! values are checked by column instead of by field, so that absent ones stay
//! absent (an update must not write back what its form showed), and what they
//! read is named by the caller, so the caller's own permissions count.

mod associate;
mod create;
mod csv_text;
mod delete;
mod dissociate;
mod duplicate;
mod export;
mod fields;
mod link;
mod update;

use std::sync::Arc;

use levers_model::{Action, BuiltIn, Collection, Error, FieldError, Outcome, Patch, Result, Values};
use levers_ports::{ActionDeclaration, FormDeclaration, Handler};

/// Declares a built-in action on a collection.
pub(crate) fn declare(built_in: BuiltIn, schema: &Arc<Collection>) -> ActionDeclaration {
    let (form, handler): (FormDeclaration, Arc<dyn Handler>) = match built_in {
        BuiltIn::Create => (create::form(schema), Arc::new(create::Create)),
        BuiltIn::Update => (update::form(schema), Arc::new(update::Update)),
        BuiltIn::Delete => (FormDeclaration::empty(), Arc::new(delete::Delete)),
        BuiltIn::Duplicate => (duplicate::form(schema), Arc::new(duplicate::Duplicate)),
        BuiltIn::Export => (export::form(), Arc::new(export::Export)),
        BuiltIn::Associate => (FormDeclaration::empty(), Arc::new(associate::Associate)),
        BuiltIn::Dissociate => (dissociate::form(), Arc::new(dissociate::Dissociate)),
    };
    let action = Action {
        built_in: Some(built_in),
        generates_file: built_in == BuiltIn::Export,
        ..Action::new(built_in.name(), built_in.scope())
    };
    ActionDeclaration { action: Arc::new(action), form: Arc::new(form), handler }
}

/// Checks values before a job is made of them.
pub(crate) fn check_values(built_in: BuiltIn, schema: &Collection, values: &Values) -> Result<()> {
    match built_in {
        BuiltIn::Create => create::read(schema, values).map(drop),
        BuiltIn::Update | BuiltIn::Duplicate => Patch::from_pairs(values, schema).map(drop),
        BuiltIn::Export => export::Request::read(schema, values).map(drop),
        BuiltIn::Dissociate => dissociate::read(values).map(drop),
        BuiltIn::Delete | BuiltIn::Associate => only(values, &[]),
    }
}

/// Refuses values that nobody asked for.
fn only(values: &Values, known: &[&str]) -> Result<()> {
    let unknown = values.keys().filter(|name| !known.contains(&name.as_str()));
    let errors: Vec<FieldError> =
        unknown.map(|name| FieldError::new(name, "The form has no field of this name.")).collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::invalid_fields(errors)) }
}

/// "1 record updated." and "12 records updated."
fn counted(count: u64, what: &str) -> Outcome {
    let noun = if count == 1 { "record" } else { "records" };
    Outcome::success(format!("{count} {noun} {what}."))
}

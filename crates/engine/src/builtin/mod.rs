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

use levers_model::{Action, ActionId, BuiltIn, Collection, Error, FieldError, Outcome, Patch, Result, Values};
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
    ActionDeclaration { form: Arc::new(form), ..ActionDeclaration::new(action, handler) }
}

/// Whether the action can ever work: a new record is impossible where a column that
/// must have a value can be given none. `schema` is what callers see of `whole`.
pub(crate) fn is_possible(built_in: BuiltIn, schema: &Collection, whole: &Collection) -> bool {
    let out_of_reach = |name: &str| schema.column(name).is_none_or(|column| column.read_only);
    let mut needed = whole.columns().filter(|(name, column)| column.required() && out_of_reach(name));
    match built_in {
        BuiltIn::Create => needed.next().is_none(),
        BuiltIn::Duplicate => !needed.any(|(_, column)| duplicate::identifies(whole, column)),
        BuiltIn::Update | BuiltIn::Delete | BuiltIn::Export | BuiltIn::Associate | BuiltIn::Dissociate => true,
    }
}

/// Whether this is the id of a built-in action that the collection lacks because it cannot work.
pub(crate) fn is_withheld(id: &ActionId, schema: &Collection, whole: &Collection) -> bool {
    BuiltIn::ALL.into_iter().any(|built_in| built_in.id() == *id && !is_possible(built_in, schema, whole))
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

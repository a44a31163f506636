//! What a violated constraint means for what was being written.
//!
//! Databases tell it without knowing why they were asked: SQLite does not name a
//! foreign key, PostgreSQL's sentence covers both its ends, none names the column
//! of a number out of range. The verb knows which columns it wrote, and that a
//! deletion can only leave references behind.

use levers_model::{Constraint, ConstraintKind, Error};

use crate::error::{sentence_of, unfit};
use crate::schema::Entity;

/// What was being done.
pub(crate) enum Wrote<'a> {
    /// Records with values in these columns were added.
    Created(Vec<&'a str>),
    /// These columns were set.
    Updated(Vec<&'a str>),
    /// Records were deleted.
    Deleted,
}

/// The error with the columns and the half of the sentence that apply.
pub(crate) fn explain(error: Error, wrote: &Wrote<'_>, entity: &Entity) -> Error {
    let Some(violated) = error.violated().cloned() else { return error };
    let (Wrote::Created(written) | Wrote::Updated(written)) = wrote else {
        return match violated.kind {
            ConstraintKind::ForeignKey => still_referred_to(&error, violated),
            _ => unfit(error),
        };
    };
    let is_candidate = |column: &&str| match violated.kind {
        ConstraintKind::ForeignKey => entity.collection.is_foreign_key(column),
        _ => true,
    };
    let known = || violated.fields.iter().map(String::as_str).filter(|field| written.contains(field)).collect();
    let mut columns: Vec<&str> =
        if violated.fields.is_empty() { written.iter().copied().filter(is_candidate).collect() } else { known() };
    columns.dedup();
    match (violated.kind, columns.as_slice()) {
        (ConstraintKind::ForeignKey, [_, ..]) => {
            let fields = columns.iter().map(|column| format!("“{column}”")).collect::<Vec<_>>().join(" or ");
            let sentence = format!("The record that {fields} refers to does not exist{}.", rule(&violated));
            again(&error, Constraint { fields: owned(&columns), ..violated }, sentence)
        }
        (ConstraintKind::Range | ConstraintKind::Check, [_]) if violated.fields.is_empty() => {
            let constraint = Constraint { fields: owned(&columns), ..violated };
            let sentence = sentence_of(&constraint);
            again(&error, constraint, sentence)
        }
        _ => error,
    }
}

fn still_referred_to(error: &Error, violated: Constraint) -> Error {
    let sentence = format!("Other records still refer to this one, so it cannot be deleted{}.", rule(&violated));
    again(error, violated, sentence)
}

fn rule(violated: &Constraint) -> String {
    violated.name.as_ref().map_or_else(String::new, |name| format!(" (constraint “{name}”)"))
}

fn owned(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|column| (*column).to_owned()).collect()
}

fn again(error: &Error, constraint: Constraint, sentence: String) -> Error {
    let explained = Error::constraint(constraint, sentence);
    match error.internal_text() {
        Some(internal) => explained.with_internal(internal),
        None => explained,
    }
}

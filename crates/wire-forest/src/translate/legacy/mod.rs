//! What dialect B says otherwise than dialect A (specification, sections 1.1 to 1.6).
//!
//! Selections and values are read as in dialect A, whose bodies have the same keys. What
//! differs is here: Django's flat bodies of form hooks, where the action's collection is
//! named, what a field looks like, and what an outcome is answered with.

mod body;
mod form;
mod outcome;

pub(crate) use body::{Address, timezone_in, unflattened};
pub(crate) use form::legacy_form;
pub(crate) use outcome::{LegacyAnswer, legacy_answer};

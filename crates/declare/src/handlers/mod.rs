//! What declared actions do.
//!
//! `update` and `sql` are executed here; `http` and `webhook` in a crate of their
//! own. `spoken` puts the declared rule before each of them and the declared
//! words after it.

pub(crate) mod expression;
pub(crate) mod facts;
pub(crate) mod message;
pub(crate) mod parameters;
pub(crate) mod rows;
pub(crate) mod spoken;
pub(crate) mod sql;
pub(crate) mod update;

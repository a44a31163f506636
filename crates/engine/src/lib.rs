//! The verbs of Levers: everything that a door can ask, without any wire or SQL.
//!
//! One verb, one file. Every verb takes an [`OpContext`] first (who asks, when)
//! and authorizes by itself: a door translates and decides nothing. Reads are in
//! `records/`, forms in `form/`, submitting in `actions/`, looking back in `jobs/`;
//! `builtin/` holds the actions that nobody has to declare, written with the
//! same words as an author's.
//!
//! Rejected: methods of one big struct in one file. [`Engine`] is a handle; its
//! methods stand beside what they do.

mod actions;
mod authorize;
mod build;
mod builtin;
mod context;
mod engine;
mod form;
mod jobs;
mod recorder;
mod records;
mod registry;
mod shown;

pub use actions::{Submission, Submitted};
pub use authorize::{AllowAuthenticated, Permission, Policy};
pub use build::EngineBuilder;
pub use context::OpContext;
pub use engine::Engine;
pub use form::{FormRequest, SearchedField};
pub use jobs::JobQuery;
pub use records::{ListQuery, Titled};
pub use registry::CollectionEntry;

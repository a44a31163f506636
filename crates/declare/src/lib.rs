//! Actions declared in a file.
//!
//! A file (or a folder of files) names data sources and declares collections,
//! segments and actions. It is read in two steps, because they need different
//! things: [`parse`] needs the text alone and answers whether it is in shape;
//! [`Document::declare`] needs the opened databases and answers whether it fits
//! them. Both find every mistake, and point at it.
//!
//! What comes out are `ports` declarations; past them nobody can tell whether an
//! action was written in Rust or here. The handlers `update` and `sql` live in
//! `handlers/`, `http` and `webhook` in a crate of their own.

mod compile;
mod document;
mod environment;
mod handlers;
mod init;
mod literal;
mod mistake;
mod shape;
mod text;
mod tree;

pub use compile::World;
pub use document::{Document, Outline, Settings, SourceDeclaration, parse, read, read_what_is_right};
pub use environment::{Lookup, Process};
pub use init::{Backend, SmartActions, init};
pub use levers_handler_http::SecretText;
pub use mistake::{Mistake, Severity};
pub use shape::schema::json_schema;

//! Rules and templates: what an author writes in a file instead of Rust.
//!
//! A **rule** is an expression of CEL (`values.kind == 'other'`), a **template** is a text
//! of Jinja's language (`{{ record.name }} is live.`). Both are compiled against a
//! [`Scope`], which says what they may name and of which [`Type`] it is, so that a wrong
//! word or a wrong type is found when the file is checked and not by the operator who
//! opens a form. Both are evaluated over [`Facts`], are bounded in time and size, do no
//! I/O and never panic.
//!
//! CEL was chosen because it cannot loop forever, has no side effects, and has a
//! JavaScript implementation that passes the same conformance tests: a browser can
//! evaluate the same rules. Rejected: Rhai and JavaScript engines (Turing complete, so a
//! rule could hang a server), JSON logic (nobody can read it).
//!
//! ```
//! use std::sync::Arc;
//! use indexmap::IndexMap;
//! use levers_rules::{Facts, Rule, Scope, Type};
//! use serde_json::json;
//!
//! let fields = Type::Object(IndexMap::from([("amount".to_owned(), Type::Float)]));
//! let scope = Arc::new(Scope { variables: IndexMap::from([("values".to_owned(), fields)]) });
//! let rule = Rule::compile("values.amount > 100.0", &scope, &Type::Bool).unwrap();
//!
//! let mut facts = Facts::new(&scope);
//! facts.set_json("values", &json!({"amount": 250}));
//! assert_eq!(rule.test(&facts), Some(true));
//!
//! let mistakes = Rule::compile("values.amuont > 100.0", &scope, &Type::Bool).unwrap_err();
//! assert_eq!(mistakes[0].hint.as_deref(), Some("Did you mean “amount”?"));
//! ```

mod bind;
mod check;
mod contained;
mod facts;
mod mistake;
mod parse;
mod pattern;
mod rule;
mod template;
mod types;

pub use facts::Facts;
pub use mistake::Mistake;
pub use rule::Rule;
pub use template::{Escape, Template};
pub use types::{Scope, Type};

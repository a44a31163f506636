//! Scripts: statements that an author wrote in the data source's own language.
//!
//! An author names values in the text (`:id`, `:values.amount`); the source finds
//! the names, binds the values and never pastes one into the text. All rounds of a
//! script run in one transaction: a script has happened as a whole or not at all.
//!
//! Rejected: parameters by position (`?`, `$1`). Reviewers would have to count,
//! and a statement that gains a condition would shift every value behind it.

use std::sync::Arc;

use async_trait::async_trait;
use indexmap::IndexMap;
use levers_model::{Result, Value};

use crate::source::QueryContext;

/// What a name in a statement stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum ScriptValue {
    /// One value.
    One(Value),
    /// Several, for `in (:ids)` and `any(:ids)`. None at all match nothing.
    Many(Vec<Value>),
}

/// Statements and the values to run them with.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// What to run, in this order.
    pub statements: Vec<Arc<str>>,
    /// Each round runs all statements with its values. All rounds are one transaction.
    pub rounds: Vec<IndexMap<String, ScriptValue>>,
}

/// What a script did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScriptResult {
    /// How many rows its statements added, changed or deleted, over all rounds; rows
    /// that a changing statement returned count too. What triggers and cascades
    /// changed besides is not in it.
    pub changed: u64,
    /// The names of the columns of [`ScriptResult::rows`]; empty when no statement returns rows.
    pub columns: Vec<String>,
    /// What the last statement that returns rows returned, of all rounds, one after the other.
    pub rows: Vec<Vec<Value>>,
    /// Whether there were more rows than are kept.
    pub truncated: bool,
}

/// A name in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterUse {
    /// Without its colon: `values.amount`.
    pub name: String,
    /// Where its colon stands, in bytes.
    pub offset: usize,
    /// Whether it stands where several values may: `in (:ids)`, `any(:ids)`.
    pub many: bool,
}

/// What is wrong with a statement. Its text is for the author of the statement,
/// and may carry the database's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptMistake {
    /// Where in the statement, in bytes.
    pub offset: usize,
    /// A whole sentence.
    pub message: String,
}

/// A data source that runs scripts.
#[async_trait]
pub trait Scripts: Send + Sync {
    /// The names in a statement, in the order of the text; a name that stands twice is there twice.
    fn parameters(&self, statement: &str) -> Result<Vec<ParameterUse>, ScriptMistake>;

    /// Asks the database whether a statement makes sense, without running it.
    async fn prepare(&self, statement: &str) -> Result<(), ScriptMistake>;

    /// Runs a script, wholly or not at all; the answer is given when the change is durable.
    async fn run(&self, cx: &QueryContext, script: &Script) -> Result<ScriptResult>;
}

//! What executes, and what it is handed.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use levers_model::{Action, Approval, Caller, Collection, Condition, JobId, Outcome, Result, Selection, Values};
use serde_json::Value as Json;

use crate::records::Records;

/// Executes one action.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Runs to an end. An `Err` fails the job; so does a panic, and nothing else.
    async fn execute(&self, cx: ActionContext) -> Result<Reply>;
}

/// What a handler is handed.
#[derive(Clone)]
pub struct ActionContext {
    /// The job that this execution is.
    pub job: JobId,
    /// The action.
    pub action: Arc<Action>,
    /// The action's collection.
    pub collection: Arc<Collection>,
    /// Who asks.
    pub caller: Arc<Caller>,
    /// The selection as it was asked for.
    pub selection: Arc<Selection>,
    /// The selection compiled: it holds for the selected records and no others.
    /// Global actions get what the list was narrowed to.
    pub condition: Condition,
    /// The form's values, checked.
    pub values: Arc<Values>,
    /// The key that makes repeated submits one, for handlers that hand it on.
    pub idempotency_key: Option<String>,
    /// Set when somebody else asked for it and the caller approved.
    pub approval: Option<Approval>,
    /// Reads and writes.
    pub records: Arc<dyn Records>,
}

/// What a closure of a form is handed.
#[derive(Clone)]
pub struct FormContext {
    /// The action.
    pub action: Arc<Action>,
    /// The action's collection.
    pub collection: Arc<Collection>,
    /// Who asks.
    pub caller: Arc<Caller>,
    /// The selection as it was asked for.
    pub selection: Arc<Selection>,
    /// The selection compiled.
    pub condition: Condition,
    /// What was typed so far. Reading a value makes its field watched.
    pub values: FormValues,
    /// The field whose change asked for the form; `None` when it is first loaded
    /// or submitted.
    pub changed: Option<Arc<str>>,
    /// What was typed into the search of the field that is being resolved.
    pub search: Option<Arc<str>>,
    /// Reads only: a form that writes is refused.
    pub records: Arc<dyn Records>,
}

/// The values of a form that is being filled, which remembers which of them were read.
#[derive(Clone, Default)]
pub struct FormValues {
    values: Arc<Values>,
    read: Arc<Mutex<BTreeSet<String>>>,
}

impl FormValues {
    /// Wraps the values of a form.
    pub fn new(values: Arc<Values>) -> Self {
        Self { values, read: Arc::default() }
    }

    /// The value of a field, and a note that somebody depends on it. Null and absent are one.
    pub fn get(&self, field: &str) -> Option<&Json> {
        self.watch(field);
        self.values.get(field).filter(|value| !value.is_null())
    }

    /// The value of a field as it was sent, null or absent, without a note that anybody depends
    /// on it: for whoever hands all values on and is told apart which of them matter.
    pub fn peek(&self, field: &str) -> Option<&Json> {
        self.values.get(field)
    }

    /// Notes that somebody depends on a field without reading its value.
    pub fn watch(&self, field: &str) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if !read.contains(field) {
            read.insert(field.to_owned());
        }
    }

    /// The fields that somebody read.
    pub fn watched(&self) -> BTreeSet<String> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A file's bytes.
pub enum FileBody {
    /// All at once.
    Bytes(Bytes),
    /// As they come, of any length.
    Stream(BoxStream<'static, Result<Bytes>>),
}

impl fmt::Debug for FileBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// What a handler comes back with.
#[derive(Debug)]
pub struct Reply {
    /// What came of it.
    pub outcome: Outcome,
    /// The bytes of a file outcome; `None` for every other.
    pub file: Option<FileBody>,
}

impl From<Outcome> for Reply {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, file: None }
    }
}

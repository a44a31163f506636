//! For whom and on what a form is resolved.

use std::sync::Arc;

use levers_model::{Action, Caller, Collection, Condition, Result, Selection};
use levers_ports::{FormContext, FormValues, Records};

use crate::context::OpContext;
use crate::engine::Inner;
use crate::recorder::Recorder;
use crate::registry::CollectionEntry;

/// A [`FormContext`] but for the values.
#[derive(Clone)]
pub(crate) struct FormScope {
    /// The action.
    pub(crate) action: Arc<Action>,
    /// The action's collection.
    pub(crate) collection: Arc<Collection>,
    /// Who asks.
    pub(crate) caller: Arc<Caller>,
    /// The selection as it was asked for.
    pub(crate) selection: Arc<Selection>,
    /// The selection compiled.
    pub(crate) condition: Condition,
    /// What closures read; it refuses writes.
    pub(crate) records: Arc<dyn Records>,
}

impl FormScope {
    /// The form of an action of `entry`; `condition` is the selection compiled.
    pub(crate) fn new(
        inner: &Arc<Inner>,
        cx: &OpContext,
        entry: &CollectionEntry,
        action: &Arc<Action>,
        selection: Arc<Selection>,
        condition: Condition,
    ) -> Self {
        Self {
            action: action.clone(),
            collection: entry.seen_by(action).clone(),
            caller: cx.caller.clone(),
            selection,
            condition,
            records: Arc::new(Recorder::reading(inner.clone(), cx.query_context())),
        }
    }

    /// The schema of any collection.
    pub(super) fn schema(&self, collection: &str) -> Result<Arc<Collection>> {
        self.records.collection(collection)
    }

    pub(super) fn context(
        &self,
        values: FormValues,
        changed: Option<Arc<str>>,
        search: Option<Arc<str>>,
    ) -> FormContext {
        FormContext {
            action: self.action.clone(),
            collection: self.collection.clone(),
            caller: self.caller.clone(),
            selection: self.selection.clone(),
            condition: self.condition.clone(),
            values,
            changed,
            search,
            records: self.records.clone(),
        }
    }
}

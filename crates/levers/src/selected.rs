//! The selected records, as handlers and forms both see them.

use std::sync::Arc;

use levers_model::{Action, Collection, Condition, FieldPath, RecordId, Scope};
use levers_ports::Records;

use crate::error::{Error, Result};
use crate::record::Record;
use crate::records::{CollectionHandle, RecordQuery, RecordStream};

/// What a context knows of its selection.
#[derive(Clone)]
pub(crate) struct Selected {
    pub(crate) action: Arc<Action>,
    pub(crate) collection: Arc<Collection>,
    pub(crate) condition: Condition,
    pub(crate) records: Arc<dyn Records>,
}

impl Selected {
    pub(crate) fn handle(&self, name: &str) -> CollectionHandle {
        CollectionHandle::new(self.records.clone(), name.to_owned())
    }

    pub(crate) fn query(&self) -> RecordQuery {
        self.handle(&self.collection.name).filter(self.condition.clone())
    }

    /// The selected records, for those who change them. A global action has none:
    /// its condition holds for all that the list shows, which nobody picked.
    pub(crate) fn picked(&self) -> Result<RecordQuery> {
        match self.action.scope {
            Scope::Single | Scope::Bulk => Ok(self.query()),
            Scope::Global => Err(Error::internal(format!(
                "“{}” is a global action, so it has no selected records: reach for them with cx.collection(…)",
                self.action.name
            ))),
        }
    }

    pub(crate) async fn record<P: Into<FieldPath>>(&self, fields: impl IntoIterator<Item = P>) -> Result<Record> {
        self.picked()?.first(fields).await?.ok_or_else(|| self.gone())
    }

    pub(crate) async fn records<P: Into<FieldPath>>(&self, fields: impl IntoIterator<Item = P>) -> Result<Vec<Record>> {
        self.query().list(fields).await
    }

    pub(crate) async fn stream<P: Into<FieldPath>>(&self, fields: impl IntoIterator<Item = P>) -> Result<RecordStream> {
        self.query().stream(fields).await
    }

    pub(crate) async fn ids(&self) -> Result<Vec<RecordId>> {
        self.query().ids().await
    }

    /// A single action that changed nothing lost its record to somebody else.
    pub(crate) fn changed(&self, count: u64) -> Result<u64> {
        if count == 0 && self.action.scope == Scope::Single { Err(self.gone()) } else { Ok(count) }
    }

    fn gone(&self) -> Error {
        Error::not_found(format!("The selected record of “{}” does not exist any more.", self.collection.name))
    }
}

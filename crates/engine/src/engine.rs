//! The handle on which all verbs are called.

use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::{Caller, Error, Result};
use levers_ports::{Clock, Store};

use crate::actions::Running;
use crate::authorize::{Permission, Policy, require};
use crate::build::EngineBuilder;
use crate::context::OpContext;
use crate::registry::CollectionEntry;

/// Everything a door can ask. Clones are cheap and share all state.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) collections: IndexMap<String, CollectionEntry>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) policy: Arc<dyn Policy>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) running: Arc<Running>,
}

impl Inner {
    pub(crate) fn entry(&self, name: &str) -> Result<&CollectionEntry> {
        self.collections.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.collections.keys().map(String::as_str).collect();
            Error::not_found(format!("There is no collection “{name}”. There are: {}.", names.join(", ")))
        })
    }
}

impl Engine {
    /// Begins an engine that keeps its jobs in this store.
    pub fn builder(store: Arc<dyn Store>) -> EngineBuilder {
        EngineBuilder::new(store)
    }

    /// The context of a request of this caller, now.
    pub fn context(&self, caller: Caller) -> OpContext {
        OpContext::new(caller, self.inner.clock.now())
    }

    /// All collections, by name, for start-up tasks such as writing a schema
    /// file. Doors that answer a caller use [`Engine::describe`].
    pub fn collections(&self) -> impl Iterator<Item = &CollectionEntry> {
        self.inner.collections.values()
    }

    /// The collections that the caller may know of, by name.
    pub fn describe(&self, cx: &OpContext) -> Vec<&CollectionEntry> {
        let may = |name| self.inner.policy.allows(&cx.caller, Permission::Describe { collection: name });
        self.collections().filter(|entry| may(entry.name())).collect()
    }

    /// One collection that the caller may know of.
    ///
    /// # Errors
    /// `NotFound` names the collections that there are.
    pub fn collection(&self, cx: &OpContext, name: &str) -> Result<&CollectionEntry> {
        let entry = self.entry(name)?;
        self.authorize(cx, Permission::Describe { collection: name })?;
        Ok(entry)
    }

    /// Whether the store and every data source answer.
    ///
    /// # Errors
    /// That of the first which does not.
    pub async fn check(&self) -> Result<()> {
        self.inner.store.check().await?;
        for source in crate::registry::distinct_sources(&self.inner.collections) {
            source.check().await?;
        }
        Ok(())
    }

    pub(crate) fn entry(&self, name: &str) -> Result<&CollectionEntry> {
        self.inner.entry(name)
    }

    pub(crate) fn authorize(&self, cx: &OpContext, permission: Permission<'_>) -> Result<()> {
        require(self.inner.policy.as_ref(), &cx.caller, permission)
    }
}

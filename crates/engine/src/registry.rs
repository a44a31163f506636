//! What there is: collections of all sources, with what was declared on them.
//!
//! Built once and never changed, so that a lookup on the hot path is a map access
//! without a lock.

use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::{Action, ActionId, BuiltIn, Collection, Error, Result};
use levers_ports::{ActionDeclaration, RecordTitle, Segment, Source};

/// How much of a collection there is for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sees {
    /// What callers may know: hidden fields do not exist.
    Shown,
    /// All that the source offers, for code that an author answers for.
    Everything,
}

/// A collection with all that was declared on it.
pub struct CollectionEntry {
    /// What callers may know of it.
    pub(crate) schema: Arc<Collection>,
    /// All that the source offers.
    pub(crate) whole: Arc<Collection>,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) declared: Vec<ActionDeclaration>,
    pub(crate) built_in: Vec<ActionDeclaration>,
    pub(crate) label: Option<String>,
    pub(crate) title: Option<RecordTitle>,
}

impl CollectionEntry {
    /// The collection's name.
    pub fn name(&self) -> &str {
        &self.schema.name
    }

    /// The collection's schema, as callers may know it: without hidden fields, and
    /// with the columns as read-only that its author declared so.
    pub fn schema(&self) -> &Arc<Collection> {
        &self.schema
    }

    /// The schema as somebody sees it.
    pub(crate) const fn seen(&self, sees: Sees) -> &Arc<Collection> {
        match sees {
            Sees::Shown => &self.schema,
            Sees::Everything => &self.whole,
        }
    }

    /// The schema that an action's form and handler are handed: built-in actions
    /// do for callers what these ask for, all others are an author's.
    pub(crate) const fn seen_by(&self, action: &Action) -> &Arc<Collection> {
        self.seen(if action.built_in.is_some() { Sees::Shown } else { Sees::Everything })
    }

    /// Whether this column is there, and callers must not know it.
    pub(crate) fn hides(&self, column: &str) -> bool {
        self.schema.column(column).is_none() && self.whole.column(column).is_some()
    }

    /// What people call the collection, if its author said.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// How records of it are called, if its author said.
    pub const fn title(&self) -> Option<&RecordTitle> {
        self.title.as_ref()
    }

    /// The collection's segments, in the order of their declaration.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The actions that were declared, in the order of their declaration.
    pub fn declared_actions(&self) -> &[ActionDeclaration] {
        &self.declared
    }

    /// The actions that nobody had to declare.
    pub fn built_in_actions(&self) -> &[ActionDeclaration] {
        &self.built_in
    }

    /// All actions, declared ones first.
    pub fn actions(&self) -> impl Iterator<Item = &ActionDeclaration> {
        self.declared.iter().chain(&self.built_in)
    }

    /// The action of this id.
    ///
    /// # Errors
    /// `NotFound` names the actions that there are.
    pub fn action(&self, id: &ActionId) -> Result<&ActionDeclaration> {
        self.actions().find(|declaration| declaration.action.id == *id).ok_or_else(|| {
            let ids: Vec<&str> = self.actions().map(|declaration| declaration.action.id.as_str()).collect();
            if self.schema.read_only && BuiltIn::ALL.iter().any(|built_in| built_in.id() == *id) {
                return Error::not_found(format!(
                    "“{}” has no action “{id}”, because its records cannot be changed: it is a view, has no primary \
                     key, or its database can only be read.",
                    self.name()
                ));
            }
            let possible = if crate::builtin::is_withheld(id, &self.schema, &self.whole) {
                " A new record needs a value in a column that nobody may write here."
            } else {
                ""
            };
            let ids = ids.join(", ");
            Error::not_found(format!("“{}” has no action “{id}”.{possible} It has: {ids}.", self.name()))
        })
    }
}

/// Every source once, however many collections it has.
pub(crate) fn distinct_sources(collections: &IndexMap<String, CollectionEntry>) -> Vec<Arc<dyn Source>> {
    let mut sources: Vec<Arc<dyn Source>> = Vec::new();
    for entry in collections.values() {
        if !sources.iter().any(|known| Arc::ptr_eq(known, &entry.source)) {
            sources.push(entry.source.clone());
        }
    }
    sources
}

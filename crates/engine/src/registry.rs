//! What there is: collections of all sources, with their segments and actions.
//!
//! Built once at start and never changed, so that a lookup on the hot path is a
//! map access without a lock.

use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::{Action, ActionId, BuiltIn, Collection, Error, Result};
use levers_ports::{ActionDeclaration, Clock, Segment, Source, Store, SystemClock};

use crate::authorize::{AllowAuthenticated, Policy};
use crate::builtin;
use crate::engine::{Engine, Inner};
use crate::form;
use crate::records::check::Checker;

/// A collection with all that was declared on it.
pub struct CollectionEntry {
    pub(crate) schema: Arc<Collection>,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) declared: Vec<ActionDeclaration>,
    pub(crate) built_in: Vec<ActionDeclaration>,
}

impl CollectionEntry {
    /// The collection's name.
    pub fn name(&self) -> &str {
        &self.schema.name
    }

    /// The collection's schema.
    pub fn schema(&self) -> &Arc<Collection> {
        &self.schema
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
            Error::not_found(format!("“{}” has no action “{id}”. It has: {}.", self.name(), ids.join(", ")))
        })
    }
}

/// What an author adds to a collection.
#[derive(Debug, Clone, Default)]
pub struct Customization {
    /// Named filters.
    pub segments: Vec<Segment>,
    /// Actions, in the order in which they are shown.
    pub actions: Vec<ActionDeclaration>,
}

/// Gathers sources and declarations, and checks them against each other.
pub struct EngineBuilder {
    store: Arc<dyn Store>,
    sources: Vec<Arc<dyn Source>>,
    customizations: IndexMap<String, Customization>,
    policy: Arc<dyn Policy>,
    clock: Arc<dyn Clock>,
}

impl EngineBuilder {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            sources: Vec::new(),
            customizations: IndexMap::new(),
            policy: Arc::new(AllowAuthenticated),
            clock: Arc::new(SystemClock),
        }
    }

    /// Offers all collections of a source.
    pub fn source(mut self, source: Arc<dyn Source>) -> Self {
        self.sources.push(source);
        self
    }

    /// Adds segments and actions to a collection.
    pub fn customize(mut self, collection: impl Into<String>, customization: Customization) -> Self {
        let entry = self.customizations.entry(collection.into()).or_default();
        entry.segments.extend(customization.segments);
        entry.actions.extend(customization.actions);
        self
    }

    /// Decides who may do what; without it, everybody who proved an identity may do everything.
    pub fn policy(mut self, policy: Arc<dyn Policy>) -> Self {
        self.policy = policy;
        self
    }

    /// Takes time and identities from here; without it, from the machine.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Checks all declarations.
    ///
    /// # Errors
    /// `Invalid`, naming the collection and what is wrong: two collections or
    /// actions of one name, an unknown collection, a label that is too long.
    pub fn build(self) -> Result<Engine> {
        let mut collections = IndexMap::new();
        for source in &self.sources {
            for schema in source.collections() {
                let entry = CollectionEntry {
                    schema: schema.clone(),
                    source: source.clone(),
                    segments: Vec::new(),
                    declared: Vec::new(),
                    built_in: built_ins(schema),
                };
                if collections.insert(schema.name.clone(), entry).is_some() {
                    return Err(Error::invalid(format!(
                        "Two data sources have a collection “{}”. Exclude it from one of them.",
                        schema.name
                    )));
                }
            }
        }
        collections.sort_keys();
        for (name, customization) in self.customizations {
            let names = || collections.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let missing =
                || Error::invalid(format!("There is no collection “{name}” to customize. There are: {}.", names()));
            if !collections.contains_key(&name) {
                return Err(missing());
            }
            if let Some(entry) = collections.get_mut(&name) {
                customize(entry, customization)?;
            }
        }
        let inner =
            Inner { collections, store: self.store, policy: self.policy, clock: self.clock, running: Arc::default() };
        check_segments(inner).map(|inner| Engine { inner: Arc::new(inner) })
    }
}

/// Checks the segments' conditions, and types their values once and for all.
fn check_segments(mut inner: Inner) -> Result<Inner> {
    let mut checked = Vec::new();
    for entry in inner.collections.values() {
        for (index, segment) in entry.segments.iter().enumerate() {
            let mut condition = segment.condition.clone();
            Checker::for_author(&inner).condition(&entry.schema, &mut condition).map_err(|error| {
                Error::invalid(format!("The segment “{}” of “{}”: {error}", segment.name, entry.name()))
            })?;
            checked.push((entry.name().to_owned(), index, condition));
        }
    }
    for (collection, index, condition) in checked {
        if let Some(segment) = inner.collections.get_mut(&collection).and_then(|entry| entry.segments.get_mut(index)) {
            segment.condition = condition;
        }
    }
    Ok(inner)
}

fn built_ins(schema: &Arc<Collection>) -> Vec<ActionDeclaration> {
    BuiltIn::ALL
        .into_iter()
        .filter(|built_in| built_in.reads_only() || !schema.read_only)
        .map(|built_in| builtin::declare(built_in, schema))
        .collect()
}

fn customize(entry: &mut CollectionEntry, customization: Customization) -> Result<()> {
    let collection = entry.name().to_owned();
    for segment in customization.segments {
        if entry.segments.iter().any(|known| known.name == segment.name) {
            return Err(Error::invalid(format!("“{collection}” has two segments “{}”.", segment.name)));
        }
        entry.segments.push(segment);
    }
    for declaration in customization.actions {
        let action = &declaration.action;
        check_action(&collection, action)?;
        form::check_declaration(&declaration)?;
        if let Some(other) = entry.actions().find(|known| known.action.id == action.id) {
            return Err(Error::invalid(format!(
                "“{collection}” has two actions whose names give the id “{}”: “{}” and “{}”. Rename one.",
                action.id, other.action.name, action.name
            )));
        }
        entry.declared.push(declaration);
    }
    Ok(())
}

fn check_action(collection: &str, action: &Action) -> Result<()> {
    if action.id.as_str().is_empty() {
        return Err(Error::invalid(format!("An action of “{collection}” needs a name with a letter or digit in it.")));
    }
    let label = action.submit_label.as_deref().unwrap_or_default();
    if label.chars().count() > Action::LONGEST_LABEL {
        return Err(Error::invalid(format!(
            "The submit label of “{}” on “{collection}” is longer than {} characters.",
            action.name,
            Action::LONGEST_LABEL
        )));
    }
    Ok(())
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

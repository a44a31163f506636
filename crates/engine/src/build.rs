//! From sources and declarations to an engine, with everything checked against everything.

use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::{Action, BuiltIn, Collection, Error, Projection, Result};
use levers_ports::{ActionDeclaration, Clock, CollectionDeclaration, RecordTitle, Segment, Source, Store, SystemClock};

use crate::actions::Running;
use crate::authorize::{AllowAuthenticated, Policy};
use crate::builtin;
use crate::engine::{Engine, Inner};
use crate::form;
use crate::records::check::Checker;
use crate::registry::CollectionEntry;
use crate::shown;

/// Gathers sources and declarations, and checks them against each other.
pub struct EngineBuilder {
    store: Arc<dyn Store>,
    sources: Vec<Arc<dyn Source>>,
    declarations: IndexMap<String, CollectionDeclaration>,
    policy: Arc<dyn Policy>,
    clock: Arc<dyn Clock>,
    running: Arc<Running>,
}

impl EngineBuilder {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            sources: Vec::new(),
            declarations: IndexMap::new(),
            policy: Arc::new(AllowAuthenticated),
            clock: Arc::new(SystemClock),
            running: Arc::default(),
        }
    }

    /// Offers all collections of a source.
    pub fn source(mut self, source: Arc<dyn Source>) -> Self {
        self.sources.push(source);
        self
    }

    /// Declares something on a collection. What several declarations say of one
    /// collection adds up; of two labels or titles the later one counts.
    pub fn customize(mut self, collection: impl Into<String>, declaration: CollectionDeclaration) -> Self {
        let known = self.declarations.entry(collection.into()).or_default();
        let CollectionDeclaration { segments, actions, label, title, hidden, read_only } = declaration;
        known.segments.extend(segments);
        known.actions.extend(actions);
        known.label = label.or(known.label.take());
        known.title = title.or(known.title.take());
        known.hidden.extend(hidden);
        known.read_only.extend(read_only);
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

    /// Takes the place of an engine on the same store: knows the jobs and files that
    /// are under way there, so that a repeated submit finds the first one and
    /// [`Engine::drain`] waits for both engines' jobs.
    pub fn continuing(mut self, engine: &Engine) -> Self {
        self.running = engine.inner.running.clone();
        self
    }

    /// Checks all declarations.
    ///
    /// # Errors
    /// `Invalid`, naming the collection and what is wrong: two collections or
    /// actions of one name, an unknown collection or field, a label that is too long.
    pub fn build(self) -> Result<Engine> {
        let Self { store, sources, declarations, policy, clock, running } = self;
        let mut collections = IndexMap::new();
        for source in &sources {
            for whole in source.collections() {
                shown::check(whole, declarations.get(&whole.name))?;
                let schema = shown::of(whole, &declarations);
                let entry = CollectionEntry {
                    built_in: built_ins(&schema, whole),
                    schema,
                    whole: whole.clone(),
                    source: source.clone(),
                    segments: Vec::new(),
                    declared: Vec::new(),
                    label: None,
                    title: None,
                };
                if collections.insert(whole.name.clone(), entry).is_some() {
                    return Err(Error::invalid(format!(
                        "Two data sources have a collection “{}”. Exclude it from one of them.",
                        whole.name
                    )));
                }
            }
        }
        collections.sort_keys();
        for (name, declaration) in declarations {
            let names = || collections.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let missing =
                || Error::invalid(format!("There is no collection “{name}” to customize. There are: {}.", names()));
            if !collections.contains_key(&name) {
                return Err(missing());
            }
            if let Some(entry) = collections.get_mut(&name) {
                customize(entry, declaration)?;
            }
        }
        let inner = check_segments(Inner { collections, store, policy, clock, running })?;
        check_titles(&inner)?;
        Ok(Engine { inner: Arc::new(inner) })
    }
}

/// Checks the segments' conditions, and types their values once and for all.
fn check_segments(mut inner: Inner) -> Result<Inner> {
    let mut checked = Vec::new();
    for entry in inner.collections.values() {
        for (index, segment) in entry.segments.iter().enumerate() {
            let mut condition = segment.condition.clone();
            Checker::for_author(&inner).condition(&entry.whole, &mut condition).map_err(|error| {
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

/// A title shows what it is made of, so it cannot be made of what is hidden.
fn check_titles(inner: &Inner) -> Result<()> {
    for entry in inner.collections.values() {
        let Some(RecordTitle { fields, .. }) = &entry.title else { continue };
        let hidden = fields.iter().find(|path| path.is_own() && entry.hides(path.as_str()));
        if let Some(path) = hidden {
            return Err(Error::invalid(format!(
                "The title of “{}” shows “{path}”, which is hidden. Take one of the two back.",
                entry.name()
            )));
        }
        let fields = Projection(fields.clone());
        let checked = Checker::for_everybody(inner).projection(&entry.schema, &fields);
        checked.map_err(|error| Error::invalid(format!("The title of “{}”: {error}", entry.name())))?;
    }
    Ok(())
}

fn built_ins(schema: &Arc<Collection>, whole: &Collection) -> Vec<ActionDeclaration> {
    BuiltIn::ALL
        .into_iter()
        .filter(|built_in| built_in.reads_only() || !schema.read_only)
        .filter(|built_in| builtin::is_possible(*built_in, schema, whole))
        .map(|built_in| builtin::declare(built_in, schema))
        .collect()
}

fn customize(entry: &mut CollectionEntry, declaration: CollectionDeclaration) -> Result<()> {
    let collection = entry.name().to_owned();
    for segment in declaration.segments {
        add_segment(entry, segment)?;
    }
    for declaration in declaration.actions {
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
    entry.label = declaration.label;
    entry.title = declaration.title;
    Ok(())
}

fn add_segment(entry: &mut CollectionEntry, segment: Segment) -> Result<()> {
    if entry.segments.iter().any(|known| known.name == segment.name) {
        return Err(Error::invalid(format!("“{}” has two segments “{}”.", entry.name(), segment.name)));
    }
    entry.segments.push(segment);
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

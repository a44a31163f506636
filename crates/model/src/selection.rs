//! Which records an execution is about.

use serde::{Deserialize, Serialize};

use crate::query::Condition;
use crate::record::RecordId;

/// A text to look for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// What was typed.
    pub text: String,
    /// Whether to look into the columns of to-one relations too.
    pub extended: bool,
}

/// What a caller narrowed a collection to, before any selection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RequestFilter {
    /// A tree of conditions.
    pub condition: Option<Condition>,
    /// A text to look for.
    pub search: Option<Search>,
    /// The name of one of the collection's segments.
    pub segment: Option<String>,
}

/// Which of the records that pass the filter are meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Targets {
    /// No record: the action is about the collection.
    None,
    /// These records.
    Ids(Vec<RecordId>),
    /// All but these records.
    AllExcept(Vec<RecordId>),
}

/// The record from whose related data an action was started.
#[derive(Debug, Clone, PartialEq)]
pub struct ParentRecord {
    /// The parent's collection.
    pub collection: String,
    /// The parent.
    pub id: RecordId,
    /// The parent's relation that leads to the action's collection.
    pub relation: String,
}

/// Which records an execution is about. A million records are a filter here,
/// never a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// What the list was narrowed to. It restricts `Ids` too.
    pub filter: RequestFilter,
    /// What was picked from it.
    pub targets: Targets,
    /// Set when the action was started from a record's related data.
    pub parent: Option<ParentRecord>,
}

impl Selection {
    /// No record, as global actions want.
    pub fn none() -> Self {
        Self { filter: RequestFilter::default(), targets: Targets::None, parent: None }
    }

    /// Exactly these records.
    pub fn ids(ids: Vec<RecordId>) -> Self {
        Self { targets: Targets::Ids(ids), ..Self::none() }
    }

    /// All records that pass this filter.
    pub fn all(filter: RequestFilter) -> Self {
        Self { filter, targets: Targets::AllExcept(Vec::new()), parent: None }
    }

    /// How many records were named one by one, when they were.
    pub fn named_count(&self) -> Option<usize> {
        match &self.targets {
            Targets::Ids(ids) => Some(ids.len()),
            Targets::None | Targets::AllExcept(_) => None,
        }
    }
}

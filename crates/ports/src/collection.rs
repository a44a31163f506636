//! What is declared on a collection, besides what its data source tells of it.

use std::fmt;
use std::sync::Arc;

use levers_model::{Condition, FieldPath, Record};

use crate::declaration::ActionDeclaration;

/// What an author adds to a collection.
#[derive(Debug, Clone, Default)]
pub struct CollectionDeclaration {
    /// Named filters.
    pub segments: Vec<Segment>,
    /// Actions, in the order in which they are shown.
    pub actions: Vec<ActionDeclaration>,
    /// What people call the collection; its name without this.
    pub label: Option<String>,
    /// How a record is called in a list or a headline.
    pub title: Option<RecordTitle>,
    /// Columns and relations that no door shows, reads or writes. Declared
    /// handlers and forms still see and write them. A relation that hangs on a
    /// hidden column is hidden with it, on both of its ends: the id of the other
    /// record would tell the column's value.
    pub hidden: Vec<String>,
    /// Columns that built-in actions do not write. Declared handlers may.
    pub read_only: Vec<String>,
}

/// A named filter of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Unique within the collection.
    pub name: String,
    /// What its records pass.
    pub condition: Condition,
}

/// How records are called.
#[derive(Clone)]
pub struct RecordTitle {
    /// The title as its author wrote it, for those who describe the collection.
    pub template: String,
    /// What `render` needs to read of a record; fields of related records as `company:name`.
    pub fields: Vec<FieldPath>,
    /// The title of a record of which `fields` were read. A field that the caller may
    /// not read is absent.
    pub render: Arc<dyn Fn(&Record) -> String + Send + Sync>,
}

impl fmt::Debug for RecordTitle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordTitle")
            .field("template", &self.template)
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}

//! What introspection found, dialect-free: tables as the database describes
//! them, before relations are derived and before anything is left out.

use levers_model::{Column, ColumnType, ConstraintKind};

/// How a column's values travel to and from the database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Storage {
    /// How it is read.
    pub(crate) read: Read,
    /// The database's type that a bound value is cast to, spelled and quoted by
    /// the database itself; `None` where the driver's own type fits.
    pub(crate) cast: Option<String>,
    /// The type that both sides of a comparison are cast to, where the column's
    /// own may have no operators.
    pub(crate) compare: Option<&'static str>,
    /// Whole numbers that may exceed `i64` (MySQL's unsigned).
    pub(crate) unsigned: bool,
}

/// How a column is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Read {
    /// As the driver delivers it.
    #[default]
    Native,
    /// Cast to text by the database, then parsed.
    Text,
    /// Cast to a decimal first (PostgreSQL's money is spelled by locale).
    DecimalText,
    /// Turned into a number (MySQL's bit strings).
    Number,
    /// Through a function that makes text of it (MySQL's geometries and vectors).
    Through(&'static str),
}

/// A column of a table.
#[derive(Debug, Clone)]
pub(crate) struct TableColumn {
    pub(crate) name: String,
    pub(crate) column: Column,
    pub(crate) storage: Storage,
}

impl TableColumn {
    /// The column's type.
    pub(crate) const fn column_type(&self) -> &ColumnType {
        &self.column.column_type
    }
}

/// A constraint that the database names when it is violated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedConstraint {
    pub(crate) name: String,
    pub(crate) kind: ConstraintKind,
    pub(crate) columns: Vec<String>,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ForeignKey {
    pub(crate) columns: Vec<String>,
    /// The other table, by schema and name.
    pub(crate) target: TableId,
    /// Its columns; empty when its primary key is meant.
    pub(crate) target_columns: Vec<String>,
}

/// A table's place in the database.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TableId {
    /// `None` where the dialect has no schemas.
    pub(crate) schema: Option<String>,
    pub(crate) name: String,
}

/// A table or view.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) id: TableId,
    pub(crate) is_view: bool,
    pub(crate) columns: Vec<TableColumn>,
    pub(crate) primary_key: Vec<String>,
    /// Sets of columns that are unique together, the primary key left out.
    pub(crate) unique: Vec<Vec<String>>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    pub(crate) constraints: Vec<NamedConstraint>,
    /// The column that the database numbers by itself (MySQL).
    pub(crate) auto_increment: Option<String>,
}

impl Table {
    /// An empty table of this name.
    pub(crate) const fn new(id: TableId, is_view: bool) -> Self {
        Self {
            id,
            is_view,
            columns: Vec::new(),
            primary_key: Vec::new(),
            unique: Vec::new(),
            foreign_keys: Vec::new(),
            constraints: Vec::new(),
            auto_increment: None,
        }
    }

    /// Whether these columns, in any order, are unique together.
    pub(crate) fn is_unique(&self, columns: &[String]) -> bool {
        let same = |other: &[String]| other.len() == columns.len() && other.iter().all(|name| columns.contains(name));
        same(&self.primary_key) || self.unique.iter().any(|other| same(other))
    }
}

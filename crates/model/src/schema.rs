//! What a collection looks like: columns, key, relations.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::query::Operator;

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// True or false.
    Boolean,
    /// Whole numbers.
    Integer,
    /// Binary floating point numbers.
    Float,
    /// Decimal numbers, kept exact.
    Decimal,
    /// Text of any length, and columns of types that we do not know.
    Text,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and a time without a zone.
    DateTime,
    /// An instant.
    Timestamp,
    /// A UUID.
    Uuid,
    /// A JSON document.
    Json,
    /// Bytes.
    Binary,
    /// One of these texts.
    Enum(Vec<String>),
    /// Several values of one type.
    List(Box<ColumnType>),
}

impl ColumnType {
    /// One of each, for tests that must not forget any.
    pub fn samples() -> Vec<Self> {
        vec![
            Self::Boolean,
            Self::Integer,
            Self::Float,
            Self::Decimal,
            Self::Text,
            Self::Date,
            Self::Time,
            Self::DateTime,
            Self::Timestamp,
            Self::Uuid,
            Self::Json,
            Self::Binary,
            Self::Enum(vec!["draft".into(), "live".into()]),
            Self::List(Box::new(Self::Integer)),
        ]
    }

    /// Whether values are compared as numbers.
    pub const fn is_number(&self) -> bool {
        matches!(self, Self::Integer | Self::Float | Self::Decimal)
    }

    /// Whether values lie on a calendar.
    pub const fn is_date(&self) -> bool {
        matches!(self, Self::Date | Self::DateTime | Self::Timestamp)
    }

    /// The type with its article, for messages.
    pub fn in_words(&self) -> String {
        match self {
            Self::Boolean => "true or false".into(),
            Self::Integer => "a whole number".into(),
            Self::Float | Self::Decimal => "a number".into(),
            Self::Text => "a text".into(),
            Self::Date => "a date such as 2024-12-31".into(),
            Self::Time => "a time such as 13:45:00".into(),
            Self::DateTime => "a date and time such as 2024-12-31T13:45:00".into(),
            Self::Timestamp => "an instant such as 2024-12-31T13:45:00Z".into(),
            Self::Uuid => "a UUID".into(),
            Self::Json => "a JSON document".into(),
            Self::Binary => "base64 text or a data URI".into(),
            Self::Enum(values) => format!("one of {}", values.join(", ")),
            Self::List(item) => format!("a list in which each is {}", item.in_words()),
        }
    }
}

/// What a new record gets where no value is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultValue {
    /// This value.
    Literal(Json),
    /// Something that the database computes (a sequence, `now()`).
    Computed,
}

/// One column.
#[expect(clippy::struct_excessive_bools, reason = "each is a property of its own; no two exclude each other")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its type.
    pub column_type: ColumnType,
    /// Whether it may hold no value.
    pub nullable: bool,
    /// What a new record gets without a value for it.
    pub default: Option<DefaultValue>,
    /// Generated columns, and all columns of read-only collections, cannot be written.
    pub read_only: bool,
    /// Whether it is unique by itself (a unique index of this column alone).
    pub unique: bool,
    /// Whether it is part of the primary key.
    pub primary_key: bool,
    /// Longest text that fits, in characters, when limited.
    pub max_length: Option<u32>,
}

impl Column {
    /// A plain, writable, nullable column of this type.
    pub const fn new(column_type: ColumnType) -> Self {
        Self {
            column_type,
            nullable: true,
            default: None,
            read_only: false,
            unique: false,
            primary_key: false,
            max_length: None,
        }
    }

    /// Whether a new record is refused without a value for it.
    pub const fn required(&self) -> bool {
        !self.nullable && self.default.is_none() && !self.read_only
    }

    /// The operators that a condition on this column may use.
    pub fn operators(&self) -> Vec<Operator> {
        Operator::ALL.iter().copied().filter(|operator| operator.allowed_on(&self.column_type)).collect()
    }
}

/// How two collections hang together. Columns are paired in key order; a
/// composite key has several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    /// Our columns point at one record of the target.
    ManyToOne {
        /// Our columns.
        foreign_key: Vec<String>,
        /// The target's columns that they equal.
        foreign_key_target: Vec<String>,
    },
    /// One record of the target points at us.
    OneToOne {
        /// The target's columns.
        origin_key: Vec<String>,
        /// Our columns that they equal.
        origin_key_target: Vec<String>,
    },
    /// Many records of the target point at us.
    OneToMany {
        /// The target's columns.
        origin_key: Vec<String>,
        /// Our columns that they equal.
        origin_key_target: Vec<String>,
    },
    /// Records of the target and ours are paired in a third collection.
    ManyToMany {
        /// The collection that pairs.
        through: String,
        /// Columns of `through` that point at us.
        origin_key: Vec<String>,
        /// Our columns that they equal.
        origin_key_target: Vec<String>,
        /// Columns of `through` that point at the target.
        foreign_key: Vec<String>,
        /// The target's columns that they equal.
        foreign_key_target: Vec<String>,
    },
}

/// A relation to another collection of the same source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// The collection at the other end.
    pub target: String,
    /// How the two hang together.
    pub kind: RelationKind,
}

impl Relation {
    /// Whether at most one record is at the other end.
    pub const fn is_to_one(&self) -> bool {
        matches!(self.kind, RelationKind::ManyToOne { .. } | RelationKind::OneToOne { .. })
    }
}

/// What a field's name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldSchema {
    /// A value of the record itself.
    Column(Column),
    /// A way to other records.
    Relation(Relation),
}

/// A set of records with a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// Unique among all data sources of a server.
    pub name: String,
    /// Columns in the table's order, then relations.
    pub fields: IndexMap<String, FieldSchema>,
    /// The key's columns in key order; empty for tables without one.
    pub primary_key: Vec<String>,
    /// Whether records can be created, changed and deleted at all. Views and
    /// tables without a primary key cannot.
    pub read_only: bool,
}

impl Collection {
    /// The column of this name, if it is one.
    pub fn column(&self, name: &str) -> Option<&Column> {
        match self.fields.get(name) {
            Some(FieldSchema::Column(column)) => Some(column),
            _ => None,
        }
    }

    /// The relation of this name, if it is one.
    pub fn relation(&self, name: &str) -> Option<&Relation> {
        match self.fields.get(name) {
            Some(FieldSchema::Relation(relation)) => Some(relation),
            _ => None,
        }
    }

    /// All columns in the table's order.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Column)> {
        self.fields.iter().filter_map(|(name, field)| match field {
            FieldSchema::Column(column) => Some((name.as_str(), column)),
            FieldSchema::Relation(_) => None,
        })
    }

    /// All relations.
    pub fn relations(&self) -> impl Iterator<Item = (&str, &Relation)> {
        self.fields.iter().filter_map(|(name, field)| match field {
            FieldSchema::Relation(relation) => Some((name.as_str(), relation)),
            FieldSchema::Column(_) => None,
        })
    }

    /// Whether the column is part of some many-to-one relation.
    pub fn is_foreign_key(&self, column: &str) -> bool {
        self.relations().any(|(_, relation)| {
            matches!(&relation.kind, RelationKind::ManyToOne { foreign_key, .. } if foreign_key.iter().any(|key| key == column))
        })
    }
}

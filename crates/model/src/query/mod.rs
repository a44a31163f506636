//! The query vocabulary: conditions, projections, sorts, pages, aggregations.
//!
//! Everything a caller can ask of a collection is one of these, so a data
//! source implements this and nothing else. Searches, segments and scopes are
//! compiled into conditions before they reach a source.

mod condition;
mod operator;
mod relative_date;
mod search;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use condition::{Condition, field};
pub use operator::Operator;
pub use relative_date::{DateRange, relative_range};
pub use search::search_condition;

/// A column of the collection, or of a record that to-one relations lead to:
/// `name`, `company:name`, `company:country:code`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldPath(String);

impl FieldPath {
    /// The relations on the way, outermost first.
    pub fn relations(&self) -> impl Iterator<Item = &str> {
        let (relations, _) = self.split();
        relations.split(':').filter(|name| !name.is_empty())
    }

    /// The column at the end of the way.
    pub fn column(&self) -> &str {
        self.split().1
    }

    /// Whether the column belongs to the collection itself.
    pub fn is_own(&self) -> bool {
        !self.0.contains(':')
    }

    /// The whole path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path as seen from a record whose relation `relation` leads here.
    pub fn under(&self, relation: &str) -> Self {
        Self(format!("{relation}:{}", self.0))
    }

    fn split(&self) -> (&str, &str) {
        self.0.rsplit_once(':').unwrap_or(("", &self.0))
    }
}

impl From<&str> for FieldPath {
    fn from(path: &str) -> Self {
        Self(path.to_owned())
    }
}

impl From<String> for FieldPath {
    fn from(path: String) -> Self {
        Self(path)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The fields to read, in order, without repetition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Projection(pub Vec<FieldPath>);

impl Projection {
    /// Collects paths and drops repetitions.
    pub fn new<P: Into<FieldPath>>(paths: impl IntoIterator<Item = P>) -> Self {
        let mut projection = Self::default();
        for path in paths {
            projection.add(path.into());
        }
        projection
    }

    /// Adds a path unless it is there.
    pub fn add(&mut self, path: FieldPath) {
        if !self.0.contains(&path) {
            self.0.push(path);
        }
    }
}

/// One criterion of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortClause {
    /// What to order by.
    pub field: FieldPath,
    /// Smallest first.
    pub ascending: bool,
}

/// Criteria, most important first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sort(pub Vec<SortClause>);

/// A window on an ordered list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// How many records to leave out first.
    pub skip: u64,
    /// How many records to read at most.
    pub limit: u64,
}

/// What to compute over a set of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AggregationOperation {
    /// How many records, or how many with a value in the field.
    Count,
    /// The field's sum.
    Sum,
    /// The field's mean.
    Avg,
    /// The field's smallest value.
    Min,
    /// The field's greatest value.
    Max,
}

/// Lengths of time to group dates by, in the caller's timezone. Weeks begin on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatePeriod {
    /// Calendar years.
    Year,
    /// Quarters of a calendar year.
    Quarter,
    /// Calendar months.
    Month,
    /// Weeks from Monday on.
    Week,
    /// Days.
    Day,
}

/// One criterion to group by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// The field whose values make the groups.
    pub field: FieldPath,
    /// For dates: what to round them down to. The group's value is then the
    /// period's first day, a `Value::Date`.
    pub period: Option<DatePeriod>,
}

/// A computation over a set of records, by group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aggregation {
    /// What to compute.
    pub operation: AggregationOperation,
    /// Over which field; `None` only for `Count`.
    pub field: Option<FieldPath>,
    /// One result for each combination of these; a single one when empty.
    pub groups: Vec<Group>,
}

impl Aggregation {
    /// How many records there are.
    pub fn count() -> Self {
        Self { operation: AggregationOperation::Count, field: None, groups: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_splits_into_relations_and_column() {
        let path = FieldPath::from("company:country:code");
        assert_eq!(path.relations().collect::<Vec<_>>(), ["company", "country"]);
        assert_eq!(path.column(), "code");
        let own = FieldPath::from("name");
        assert_eq!(own.relations().count(), 0);
        assert!(own.is_own());
        assert_eq!(own.under("company").as_str(), "company:name");
    }
}

//! What an execution changed, record by record, within a bound.
//!
//! The audit of 'what did this job change', a preview and an undo all stand on
//! this. A change of a million records keeps counts only: the bound is on
//! records, because that is what a reader can look at.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What happened to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It came to be.
    Created,
    /// Some of its values changed.
    Updated,
    /// It is gone.
    Deleted,
    /// An author's statement changed it, or a row beside it: such rows are counted
    /// under the collection that the action belongs to, and not kept one by one.
    ChangedByStatement,
}

/// What happened to one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The record's collection.
    pub collection: String,
    /// The record's packed id.
    pub id: String,
    /// What happened.
    pub kind: ChangeKind,
    /// Values before, by column: of the changed columns for an update, of all for a deletion.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub before: IndexMap<String, Json>,
    /// Values after, by column: of the changed columns for an update, of all for a creation.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub after: IndexMap<String, Json>,
}

/// How many records of a collection changed in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeCount {
    /// The records' collection.
    pub collection: String,
    /// What happened to them.
    pub kind: ChangeKind,
    /// How many there were.
    pub count: u64,
}

/// All that one execution changed through its context.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSet {
    /// Always complete.
    pub counts: Vec<ChangeCount>,
    /// At most [`ChangeSet::BOUND`] of them.
    pub changes: Vec<Change>,
    /// Whether records changed that `changes` does not hold.
    pub truncated: bool,
}

impl ChangeSet {
    /// How many records are kept one by one.
    pub const BOUND: usize = 1_000;

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// How many more records would be kept one by one.
    pub fn room(&self) -> usize {
        if self.truncated { 0 } else { Self::BOUND.saturating_sub(self.changes.len()) }
    }

    /// Notes that `count` records changed; `changes` are all of them, or `None`
    /// when there were more than there was room for.
    pub fn add(&mut self, collection: &str, kind: ChangeKind, count: u64, changes: Option<Vec<Change>>) {
        if count == 0 {
            return;
        }
        match self.counts.iter_mut().find(|entry| entry.kind == kind && entry.collection == collection) {
            Some(entry) => entry.count += count,
            None => self.counts.push(ChangeCount { collection: collection.to_owned(), kind, count }),
        }
        match changes {
            Some(changes) if changes.len() <= self.room() => self.changes.extend(changes),
            _ => self.truncated = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(id: usize) -> Change {
        Change {
            collection: "orders".into(),
            id: id.to_string(),
            kind: ChangeKind::Deleted,
            before: IndexMap::new(),
            after: IndexMap::new(),
        }
    }

    #[test]
    fn counts_stay_complete_when_the_bound_is_reached() {
        let mut set = ChangeSet::default();
        set.add("orders", ChangeKind::Deleted, 999, Some((0..999).map(change).collect()));
        assert_eq!(set.room(), 1);
        set.add("orders", ChangeKind::Deleted, 2, Some(vec![change(1), change(2)]));
        set.add("orders", ChangeKind::Deleted, 1_000_000, None);
        assert_eq!(set.counts[0].count, 1_001_001);
        assert_eq!(set.changes.len(), 999);
        assert!(set.truncated);
        assert_eq!(set.room(), 0);
    }

    #[test]
    fn jobs_of_earlier_versions_are_read_and_statements_have_a_name() {
        let json = r#"{"counts":[{"collection":"orders","kind":"deleted","count":2}],"changes":[],"truncated":false}"#;
        let mut set: ChangeSet = serde_json::from_str(json).unwrap();
        set.add("orders", ChangeKind::ChangedByStatement, 3, None);
        let text = serde_json::to_string(&set).unwrap();
        assert!(text.contains(r#"{"collection":"orders","kind":"changed_by_statement","count":3}"#), "{text}");
        assert_eq!(serde_json::from_str::<ChangeSet>(&text).unwrap(), set);
    }
}

//! Which actions of a file a reload changed, in one line for the log.

use std::collections::BTreeMap;
use std::fmt;

use levers_declare::{Document, Outline};

/// Which actions were added, removed and changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    added: Vec<String>,
    removed: Vec<String>,
    changed: Vec<String>,
}

impl Changes {
    /// From what one document declares to what another does. No document declares nothing.
    pub(crate) fn between(before: Option<&Document>, after: Option<&Document>) -> Self {
        let outline = |document: Option<&Document>| document.map(Document::outline).unwrap_or_default();
        Self::of(outline(before), outline(after))
    }

    fn of(before: Vec<Outline>, after: Vec<Outline>) -> Self {
        let (before, after) = (named(before), named(after));
        let only = |these: &BTreeMap<String, u64>, others: &BTreeMap<String, u64>| {
            these.keys().filter(|name| !others.contains_key(*name)).cloned().collect()
        };
        let differs = |(name, now): &(&String, &u64)| before.get(*name).is_some_and(|then| then != *now);
        Self {
            added: only(&after, &before),
            removed: only(&before, &after),
            changed: after.iter().filter(differs).map(|(name, _)| name.clone()).collect(),
        }
    }
}

fn named(outline: Vec<Outline>) -> BTreeMap<String, u64> {
    outline.into_iter().map(|it| (format!("“{}” on {}", it.action, it.collection), it.fingerprint)).collect()
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [("added", &self.added), ("removed", &self.removed), ("changed", &self.changed)];
        let parts = kinds.iter().filter(|(_, names)| !names.is_empty());
        let parts: Vec<String> = parts.map(|(kind, names)| format!("{kind} {}", names.join(", "))).collect();
        if parts.is_empty() {
            f.write_str("no action was added, removed or changed")
        } else {
            f.write_str(&parts.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_said_in_one_line() {
        let outline = |actions: &[(&str, &str, u64)]| -> Vec<Outline> {
            let outline = |(collection, action, fingerprint): &(&str, &str, u64)| Outline {
                collection: (*collection).to_owned(),
                action: (*action).to_owned(),
                fingerprint: *fingerprint,
            };
            actions.iter().map(outline).collect()
        };
        let before = outline(&[("orders", "Ship", 1), ("orders", "Cancel", 2), ("people", "Call", 3)]);
        let after = outline(&[("orders", "Ship", 1), ("orders", "Cancel", 9), ("orders", "Invoice", 4)]);
        let said = Changes::of(before.clone(), after).to_string();
        assert_eq!(said, "added “Invoice” on orders; removed “Call” on people; changed “Cancel” on orders");
        assert_eq!(Changes::of(before.clone(), before).to_string(), "no action was added, removed or changed");
    }
}

//! What a reload changed, in one line for the log: collections that came or went, and actions.

use std::collections::BTreeMap;
use std::fmt;

use levers_declare::{Document, Outline};
use levers_engine::Engine;

/// Which collections and actions were added, removed and changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    added: Vec<String>,
    removed: Vec<String>,
    changed: Vec<String>,
}

impl Changes {
    /// From what one document declares, and one engine serves, to what another does. No document
    /// declares nothing.
    pub(crate) fn between(before: (Option<&Document>, &Engine), after: (Option<&Document>, &Engine)) -> Self {
        let all = |(document, engine): (Option<&Document>, &Engine)| {
            let mut all = named(document.map(Document::outline).unwrap_or_default());
            all.extend(engine.collections().map(|entry| (format!("the collection “{}”", entry.name()), 0)));
            all
        };
        Self::of(&all(before), &all(after))
    }

    fn of(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> Self {
        let only = |these: &BTreeMap<String, u64>, others: &BTreeMap<String, u64>| {
            these.keys().filter(|name| !others.contains_key(*name)).cloned().collect()
        };
        let differs = |(name, now): &(&String, &u64)| before.get(*name).is_some_and(|then| then != *now);
        Self {
            added: only(after, before),
            removed: only(before, after),
            changed: after.iter().filter(differs).map(|(name, _)| name.clone()).collect(),
        }
    }
}

fn named(outline: Vec<Outline>) -> BTreeMap<String, u64> {
    outline.into_iter().map(|it| (format!("“{}” on {}", it.action, it.collection), it.fingerprint)).collect()
}

/// The most names in one line.
const MOST: usize = 20;

fn in_short(names: &[String]) -> String {
    let shown = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [("added", &self.added), ("removed", &self.removed), ("changed", &self.changed)];
        let parts = kinds.iter().filter(|(_, names)| !names.is_empty());
        let parts: Vec<String> = parts.map(|(kind, names)| format!("{kind} {}", in_short(names))).collect();
        if parts.is_empty() {
            f.write_str("no collection or action was added or removed, and no action changed")
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
        let outline = |actions: &[(&str, &str, u64)]| -> BTreeMap<String, u64> {
            let outline = |(collection, action, fingerprint): &(&str, &str, u64)| Outline {
                collection: (*collection).to_owned(),
                action: (*action).to_owned(),
                fingerprint: *fingerprint,
            };
            named(actions.iter().map(outline).collect())
        };
        let before = outline(&[("orders", "Ship", 1), ("orders", "Cancel", 2), ("people", "Call", 3)]);
        let after = outline(&[("orders", "Ship", 1), ("orders", "Cancel", 9), ("orders", "Invoice", 4)]);
        let said = Changes::of(&before, &after).to_string();
        assert_eq!(said, "added “Invoice” on orders; removed “Call” on people; changed “Cancel” on orders");
        let names: Vec<String> = (0..22).map(|number| format!("“{number}”")).collect();
        assert!(in_short(&names).ends_with("“19” and 2 more"));
        assert_eq!(
            Changes::of(&before, &before).to_string(),
            "no collection or action was added or removed, and no action changed"
        );
    }
}

//! What the fuzzers in `fuzz/` drive, and their seeds as ordinary tests: whatever
//! a stranger sends is read or refused with a status of theirs, never a panic.

use levers_model::{Caller, Condition, Door, Scope};
use serde_json::Value as Json;

use crate::approval::{Approvals, open};
use crate::error::{Fault, Result};
use crate::samples::{clients, orders, pairs, schemas};
use crate::translate::{
    Address, Asked, Params, QueryString, action_body, array_element, bulk_body, condition, form_body, linked_id, page,
    projection, record_body, record_id, request_filter, sort, timezone, timezone_in, to_one_body, unflattened,
};

/// Reads the text of a `filters` parameter.
pub fn filters(text: &str) {
    for collection in [orders(), clients(), pairs()] {
        if let Some(Some(tree)) = read(condition(text, &collection, &schemas())) {
            assert!(depth(&tree) <= Condition::DEEPEST, "too deep to be walked safely");
        }
    }
}

/// Reads a query string, and each of its parameters.
pub fn query(text: &str) {
    let query = QueryString::parse(text);
    let params = Params::of_query(&query);
    for collection in [orders(), clients(), pairs()] {
        read(projection(None, &query, &collection, &schemas()));
        read(projection(Some(text), &query, &collection, &schemas()));
        read(sort(query.get("sort"), &collection, &schemas()));
        read(request_filter(params, &caller(), &collection, &[], &schemas()));
        read(record_id(text, &collection));
    }
    read(page(params));
    read(timezone(query.get("timezone")));
}

/// Reads the body of every route that takes one.
pub fn body(text: &str) {
    let Ok(body) = serde_json::from_str::<Json>(text) else { return };
    read(open(body.clone(), Some(&Approvals::new(b"a secret of at least thirty-two characters"))));
    read_body(&body);
    // Django's clients send the bodies of form hooks without an envelope.
    let unflattened = unflattened(body);
    let _ = (Address::of(&unflattened), timezone_in(&unflattened));
    read_body(&unflattened);
}

fn read_body(body: &Json) {
    let query = QueryString::default();
    for collection in [orders(), clients(), pairs()] {
        let (caller, schemas) = (caller(), schemas());
        let asked = Asked { query: &query, caller: &caller, collection: &collection, segments: &[], schemas };
        for scope in [Scope::Single, Scope::Bulk, Scope::Global] {
            read(action_body(body, scope, &asked));
            read(form_body(body, scope, &asked));
        }
        read(bulk_body(body, &collection));
        read(linked_id(body, &collection));
        read(record_body(body, &collection, &schemas));
        read(to_one_body(body, &collection));
    }
    read(array_element(Some(body), "0", body));
}

fn caller() -> Caller {
    Caller::new("ada@example.org", Door::Forest)
}

/// What was read; a refusal must be the sender's fault and say something.
fn read<T>(result: Result<T>) -> Option<T> {
    match result {
        Ok(read) => Some(read),
        Err(fault) => {
            let (status, text) = match &fault {
                Fault::Api { status, detail, .. } => (*status, detail.as_str()),
                Fault::Form(text) => (400, text.as_str()),
                Fault::Text { status, text } => (*status, *text),
            };
            assert!((400..500).contains(&status) && !text.is_empty(), "{status}: {text}");
            assert!(text.len() < 2_000, "a refusal repeats what was sent: {text}");
            None
        }
    }
}

fn depth(tree: &Condition) -> usize {
    match tree {
        Condition::And(children) | Condition::Or(children) => 1 + children.iter().map(depth).max().unwrap_or(0),
        Condition::Not(child) | Condition::Exists { condition: child, .. } => 1 + depth(child),
        Condition::Leaf { .. } => 1,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    fn replay(target: &str, run: fn(&str)) {
        replay_all("fuzz/seeds", target, run);
    }

    fn replay_all(within: &str, target: &str, run: fn(&str)) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(within).join(target);
        let mut seeds = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            run(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
            seeds += 1;
        }
        assert!(seeds > 0, "there are no seeds in {}", folder.display());
    }

    #[test]
    fn the_seeds_of_filters_are_read_or_refused() {
        replay("forest_filters", super::filters);
    }

    #[test]
    fn the_seeds_of_queries_are_read_or_refused() {
        replay("forest_query", super::query);
    }

    #[test]
    fn the_seeds_of_bodies_are_read_or_refused() {
        replay("forest_body", super::body);
    }

    #[test]
    fn the_bodies_of_legacy_clients_are_read_or_refused() {
        replay_all("conformance", "legacy", super::body);
    }
}

//! Selections as JSON, and the digest that tells a repeated submit from another.

use std::io;

use levers_model::{ActionId, Approval, Condition, Operator, RequestFilter, Selection, Targets, Value, Values};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

/// A selection as it stays with its job: what was not asked for is left out.
pub(super) fn selection(selection: &Selection) -> Json {
    let mut map = Map::new();
    match &selection.targets {
        Targets::None => {}
        Targets::Ids(ids) => {
            map.insert("ids".into(), ids.iter().map(ToString::to_string).collect());
        }
        Targets::AllExcept(ids) => {
            map.insert("all_except".into(), ids.iter().map(ToString::to_string).collect());
        }
    }
    let RequestFilter { condition, search, segment } = &selection.filter;
    if let Some(tree) = condition {
        map.insert("condition".into(), condition_json(tree));
    }
    if let Some(search) = search {
        map.insert("search".into(), json!({ "text": search.text, "extended": search.extended }));
    }
    if let Some(segment) = segment {
        map.insert("segment".into(), Json::from(segment.as_str()));
    }
    if let Some(parent) = &selection.parent {
        let parent = json!({
            "collection": parent.collection, "id": parent.id.to_string(), "relation": parent.relation,
        });
        map.insert("parent".into(), parent);
    }
    Json::Object(map)
}

fn condition_json(condition: &Condition) -> Json {
    match condition {
        Condition::Leaf { field, operator, value } => leaf(field.as_str(), *operator, value),
        Condition::And(children) => json!({ "and": children.iter().map(condition_json).collect::<Vec<_>>() }),
        Condition::Or(children) => json!({ "or": children.iter().map(condition_json).collect::<Vec<_>>() }),
        Condition::Not(child) => json!({ "not": condition_json(child) }),
        Condition::Exists { collection, pairs, condition } => {
            json!({ "exists": collection, "pairs": pairs, "condition": condition_json(condition) })
        }
    }
}

fn leaf(field: &str, operator: Operator, value: &Value) -> Json {
    json!({ "field": field, "operator": operator.name(), "value": value.to_json() })
}

/// All that makes two submits the same.
pub(super) struct Request<'a> {
    /// Keys are kept by the caller's id, and two issuers of tokens may give one id to two
    /// accounts, of which neither must see what came of the other's submit.
    pub(super) account: &'a str,
    pub(super) collection: &'a str,
    pub(super) action: &'a ActionId,
    pub(super) selection: &'a Json,
    pub(super) values: &'a Values,
    pub(super) approval: Option<&'a Approval>,
}

/// The SHA-256 of a request, in hexadecimal.
pub(super) fn fingerprint(request: &Request<'_>) -> String {
    struct Sink(Sha256);
    impl io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let Request { account, collection, action, selection, values, approval } = request;
    let mut sink = Sink(Sha256::new());
    // Written to the digest as it is printed, so that files are not copied. It
    // cannot fail: all keys are texts and the sink takes everything.
    let _ = serde_json::to_writer(&mut sink, &(account, collection, action, selection, values));
    if let Some(approval) = approval {
        let _ = serde_json::to_writer(&mut sink, approval);
    }
    format!("{:x}", sink.0.finalize())
}

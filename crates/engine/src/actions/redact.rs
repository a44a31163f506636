//! Form values as they stay with a job: without secrets, without files' contents, within a bound.

use std::collections::BTreeSet;

use levers_model::Values;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json, json};

/// More bytes of values than these are not kept with a job.
const LARGEST: usize = 64 * 1024;

/// What stands in the place of a secret.
const SECRET: &str = "[secret]";

/// The values as they may be kept. A file becomes its name, media type and size
/// in bytes; what is too large becomes its size.
pub(super) fn redact(values: &Values, secret: &BTreeSet<String>) -> Json {
    let mut kept = Map::new();
    for (field, value) in values {
        let value = if secret.contains(field) && !value.is_null() { Json::from(SECRET) } else { without_files(value) };
        kept.insert(field.clone(), value);
    }
    let total: usize = kept.values().map(size).sum();
    if total > LARGEST {
        let share = LARGEST / kept.len().max(1);
        for value in kept.values_mut() {
            let size = size(value);
            if size > share {
                *value = json!({ "left_out": true, "size": size });
            }
        }
    }
    Json::Object(kept)
}

fn without_files(value: &Json) -> Json {
    match value {
        Json::String(text) => file(text).unwrap_or_else(|| value.clone()),
        Json::Array(items) => items.iter().map(without_files).collect(),
        Json::Object(map) => Json::Object(map.iter().map(|(key, value)| (key.clone(), without_files(value))).collect()),
        other => other.clone(),
    }
}

/// Reads the head of a data URI, whatever the type of its field, without decoding its contents.
fn file(text: &str) -> Option<Json> {
    let (head, payload) = text.strip_prefix("data:")?.split_once(";base64,")?;
    let mut parts = head.split(';');
    let mime = parts.next().filter(|mime| !mime.is_empty()).unwrap_or("application/octet-stream");
    let name = parts.find_map(|part| part.strip_prefix("name=")).unwrap_or("file");
    let padding = payload.bytes().rev().take_while(|byte| *byte == b'=').count();
    let size = (payload.len() / 4 * 3).saturating_sub(padding);
    Some(json!({ "file": percent_decode_str(name).decode_utf8_lossy(), "mime": mime, "size": size }))
}

/// How many bytes a value takes, near enough.
fn size(value: &Json) -> usize {
    match value {
        Json::String(text) => text.len() + 2,
        Json::Array(items) => 2 + items.iter().map(size).sum::<usize>(),
        Json::Object(map) => 2 + map.iter().map(|(key, value)| key.len() + 4 + size(value)).sum::<usize>(),
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_contents_are_left_out() {
        let values: Values = [
            ("card".to_owned(), json!("4111")),
            ("empty".to_owned(), Json::Null),
            ("files".to_owned(), json!(["data:text/plain;name=a%20b.txt;base64,aGVsbG8="])),
            ("note".to_owned(), json!("data: none")),
        ]
        .into();
        let secret = ["card".to_owned(), "empty".to_owned()].into();
        assert_eq!(
            redact(&values, &secret),
            json!({
                "card": "[secret]",
                "empty": null,
                "files": [{ "file": "a b.txt", "mime": "text/plain", "size": 5 }],
                "note": "data: none",
            })
        );
    }

    #[test]
    fn large_values_leave_their_size_and_spare_the_small_ones() {
        let values: Values = [("large".to_owned(), json!("x".repeat(100_000))), ("small".to_owned(), json!(1))].into();
        let kept = redact(&values, &BTreeSet::new());
        assert_eq!(kept, json!({ "large": { "left_out": true, "size": 100_002 }, "small": 1 }));
    }
}

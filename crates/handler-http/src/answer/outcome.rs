//! What a backend's JSON means (specification, section 1.5).

use std::collections::BTreeMap;

use levers_model::outcome::{is_http_url, is_safe_redirect};
use levers_model::{Outcome, OutcomeKind};
use serde_json::{Map, Value as Json};

/// The longest message, in characters; the rest is left out.
const LONGEST_MESSAGE: usize = 2_000;
/// The longest markup, in bytes; the engine closes what is left open.
const LONGEST_HTML: usize = 512 * 1024;
/// The most panels that are loaded again.
const MOST_RELATIONS: usize = 100;

/// What a success says.
///
/// # Errors
/// A text for the log that says what makes no sense.
pub(crate) fn success(json: &Json) -> Result<Outcome, String> {
    let said = match json {
        // Said nothing, in JSON.
        Json::Null => return Ok(Outcome::done()),
        Json::Object(said) => said,
        other => return Err(format!("expected an object, found {}", beginning(other))),
    };
    if let Some(webhook) = said.get("webhook").filter(|webhook| !webhook.is_null()) {
        return self::webhook(webhook);
    }
    let message = text(said, "success").map(short);
    if let Some(to) = said.get("redirectTo").filter(|to| !to.is_null()) {
        let to = to.as_str().filter(|to| is_safe_redirect(to));
        let to = to.ok_or("redirectTo is neither a path that begins with one “/” nor an http or https address")?;
        return Ok(OutcomeKind::Redirect { to: to.to_owned(), message }.into());
    }
    // A backend that says what went wrong and forgets the status.
    if let (Some(error), None, None) = (text(said, "error"), &message, text(said, "html")) {
        return Ok(Outcome::error(short(error)));
    }
    let refresh = said.get("refresh").and_then(|refresh| refresh.get("relationships")).and_then(Json::as_array);
    let refresh = refresh.into_iter().flatten().filter_map(Json::as_str).take(MOST_RELATIONS);
    let refresh = refresh.map(str::to_owned).collect();
    Ok(OutcomeKind::Success { message, html: text(said, "html").map(shortened_html), refresh }.into())
}

/// What a refusal says; `None` when it says nothing to anybody.
pub(crate) fn refusal(json: &Json) -> Option<Outcome> {
    let said = json.as_object()?;
    let html = text(said, "html").map(shortened_html);
    let message = text(said, "error").or_else(|| json_api(said)).or_else(|| text(said, "message"));
    let message = message.map(short).or_else(|| by_field(said).filter(|_| html.is_none()));
    (message.is_some() || html.is_some()).then(|| OutcomeKind::Error { message, html }.into())
}

/// The first error of a JSON:API answer.
fn json_api(said: &Map<String, Json>) -> Option<&str> {
    let first = said.get("errors")?.get(0)?.as_object()?;
    ["detail", "title", "name"].into_iter().find_map(|key| text(first, key))
}

/// Sentences by field, as form libraries answer: `{"amount": ["Too large."]}`.
fn by_field(said: &Map<String, Json>) -> Option<String> {
    let sentence = |(field, says): (&String, &Json)| {
        let says: Option<Vec<&str>> = match says {
            Json::Array(says) if !says.is_empty() => says.iter().map(Json::as_str).collect(),
            Json::String(says) => Some(vec![says]),
            _ => None,
        };
        let says = says.filter(|says| says.iter().any(|says| !says.trim().is_empty()));
        says.map(|says| format!("{field}: {}", says.join(" ")))
    };
    let sentences: Option<Vec<String>> = said.iter().map(sentence).collect();
    sentences.filter(|sentences| !sentences.is_empty()).map(|sentences| short(&sentences.join("\n")))
}

/// A refusal in plain text; `None` when it is none that anybody would read.
pub(crate) fn plain_refusal(bytes: &[u8]) -> Option<Outcome> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let is_sentence = !text.is_empty() && text.chars().count() <= LONGEST_MESSAGE && !text.starts_with(['<', '{', '[']);
    is_sentence.then(|| Outcome::error(text))
}

fn webhook(json: &Json) -> Result<Outcome, String> {
    let url = json.get("url").and_then(Json::as_str).filter(|url| is_http_url(url));
    let url = url.ok_or("the webhook has no http or https address")?.to_owned();
    let method = json.get("method").and_then(Json::as_str).unwrap_or("POST").to_ascii_uppercase();
    let headers = match json.get("headers") {
        None | Some(Json::Null) => BTreeMap::new(),
        Some(Json::Object(headers)) => {
            headers.iter().filter_map(|(name, value)| Some((name.clone(), scalar(value)?))).collect()
        }
        Some(_) => return Err("the webhook's headers are no object".into()),
    };
    let body = json.get("body").cloned().unwrap_or_default();
    Ok(OutcomeKind::Webhook { url, method, headers, body }.into())
}

fn scalar(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(bool) => Some(bool.to_string()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// A text that says something.
fn text<'a>(said: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    said.get(key).and_then(Json::as_str).filter(|text| !text.trim().is_empty())
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn shortened_html(html: &str) -> String {
    html[..html.floor_char_boundary(LONGEST_HTML)].to_owned()
}

fn beginning(json: &Json) -> String {
    json.to_string().chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn successes_are_read() {
        let outcomes: Vec<Result<Outcome, String>> = [
            json!({}),
            json!({ "success": "Company is now live!" }),
            json!({ "success": "", "html": "<p>Live</p>", "refresh": { "relationships": ["lines", 7] } }),
            json!({ "success": "On its way.", "redirectTo": "/companies/1" }),
            json!({ "redirectTo": "https://example.org/track" }),
            json!({ "webhook": { "url": "https://example.org", "method": "put", "headers": { "x": 1 }, "body": [1] } }),
            json!({ "webhook": { "url": "http://example.org" } }),
            json!({ "error": "Not today." }),
            json!({ "error": "Not today.", "success": "Tomorrow then." }),
            json!({ "redirectTo": "javascript:alert(1)" }),
            json!({ "redirectTo": 7 }),
            json!({ "webhook": { "url": "file:///etc/passwd" } }),
            json!({ "webhook": { "url": "http://example.org", "headers": 7 } }),
            json!("OK"),
            json!(null),
        ]
        .iter()
        .map(success)
        .collect();
        insta::assert_json_snapshot!(outcomes);
    }

    #[test]
    fn refusals_are_read() {
        let outcomes: Vec<Option<Outcome>> = [
            json!({ "error": "The card was declined." }),
            json!({ "html": "<p>No</p>", "error": "No" }),
            json!({ "html": "<p>No</p>" }),
            json!({ "errors": [{ "detail": "no model found", "name": "X" }] }),
            json!({ "errors": [{ "name": "CustomActionRequiresApprovalError", "status": 403 }] }),
            json!({ "message": "The given data was invalid.", "errors": { "amount": ["too low"] } }),
            json!({ "status": 400 }),
            json!({ "amount": ["Too large.", "Not whole."], "reason": "Missing." }),
            json!({ "amount": [7] }),
            json!({}),
            json!({ "error": "  " }),
            json!([]),
        ]
        .iter()
        .map(refusal)
        .collect();
        insta::assert_json_snapshot!(outcomes);
    }

    #[test]
    fn sentences_are_read_and_pages_are_not() {
        assert_eq!(plain_refusal(b" Not today.\n"), Some(Outcome::error("Not today.")));
        for bytes in [&b""[..], b"<!doctype html>", b"{}", b"\xff", "x".repeat(3_000).as_bytes()] {
            assert_eq!(plain_refusal(bytes), None);
        }
    }

    #[test]
    fn long_texts_are_cut_where_a_character_ends() {
        let json = json!({ "success": "é".repeat(3_000), "html": "é".repeat(LONGEST_HTML) });
        let OutcomeKind::Success { message: Some(message), html: Some(html), .. } = success(&json).unwrap().kind else {
            panic!("no success");
        };
        assert_eq!((message.chars().count(), html.len()), (LONGEST_MESSAGE + 1, LONGEST_HTML));
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let key = "(success|error|html|redirectTo|refresh|relationships|webhook|url|headers|errors|detail|.{0,4})";
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            "(https?://)?.{0,12}".prop_map(Json::from)
        ];
        leaf.prop_recursive(4, 32, 5, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::vec((key, inner), 0..5).prop_map(|pairs| Json::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_read_or_refused(json in any_json()) {
            let _ = refusal(&json);
            if let Ok(Outcome { kind: OutcomeKind::Redirect { to, .. }, .. }) = success(&json) {
                prop_assert!(is_safe_redirect(&to));
            }
        }
    }
}

//! Outcomes, as dialect B answers them (specification, section 1.5).
//!
//! Nothing is said that a handler did not say: these clients have words of their own for
//! an answer without any.

use levers_model::{Outcome, OutcomeKind};
use serde_json::{Map, Value as Json, json};

/// What an outcome is answered with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LegacyAnswer {
    /// 204: it worked, and there is nothing to add.
    Nothing,
    /// This, with the status of [`crate::translate::outcome_status`].
    Json(Json),
    /// The file's bytes.
    File,
}

/// Writes an outcome.
pub(crate) fn legacy_answer(outcome: &Outcome) -> LegacyAnswer {
    let mut body = Map::new();
    match &outcome.kind {
        OutcomeKind::Success { message, html, refresh } => {
            insert(&mut body, "success", message.as_ref());
            insert(&mut body, "html", html.as_ref());
            if !refresh.is_empty() {
                body.insert("refresh".into(), json!({ "relationships": refresh }));
            }
            if body.is_empty() {
                return LegacyAnswer::Nothing;
            }
        }
        OutcomeKind::Error { message, html } => {
            insert(&mut body, "error", message.as_ref());
            insert(&mut body, "html", html.as_ref());
            if body.is_empty() {
                body.insert("error".into(), json!("Error"));
            }
        }
        OutcomeKind::Redirect { to, message } => {
            insert(&mut body, "success", message.as_ref());
            body.insert("redirectTo".into(), json!(to));
        }
        OutcomeKind::Webhook { url, method, headers, body: call } => {
            let webhook = json!({ "url": url, "method": method, "headers": headers, "body": call });
            body.insert("webhook".into(), webhook);
        }
        OutcomeKind::File { .. } => return LegacyAnswer::File,
    }
    LegacyAnswer::Json(Json::Object(body))
}

fn insert(body: &mut Map<String, Json>, key: &str, text: Option<&String>) {
    if let Some(text) = text {
        body.insert(key.into(), json!(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::outcome_status;

    #[test]
    fn every_outcome_is_written() {
        let more = [
            OutcomeKind::Success { message: None, html: None, refresh: vec!["lines".into()] },
            OutcomeKind::Success { message: None, html: Some("<p>Live</p>".into()), refresh: vec![] },
            OutcomeKind::Error { message: None, html: Some("<p>No</p>".into()) },
        ];
        let answers: Vec<Json> = Outcome::samples()
            .into_iter()
            .chain(more.map(Outcome::from))
            .map(|outcome| match legacy_answer(&outcome) {
                LegacyAnswer::Nothing => json!(204),
                LegacyAnswer::Json(body) => json!({ "status": outcome_status(&outcome), "body": body }),
                LegacyAnswer::File => json!("the file"),
            })
            .collect();
        insta::assert_json_snapshot!(answers);
    }
}

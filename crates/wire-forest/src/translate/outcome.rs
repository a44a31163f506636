//! Outcomes (specification, section 4.8).

use levers_model::{Outcome, OutcomeKind};
use serde_json::{Map, Value as Json, json};

/// The status that an outcome is answered with.
pub(crate) const fn outcome_status(outcome: &Outcome) -> u16 {
    if outcome.is_error() { 400 } else { 200 }
}

/// The JSON that an outcome is answered with; `None` for a file, whose bytes are the answer.
pub(crate) fn outcome_body(outcome: &Outcome) -> Option<Json> {
    let mut body = Map::new();
    match &outcome.kind {
        OutcomeKind::Success { message, html, refresh } => {
            // A handler that says nothing at all gets the agents' default; one that says
            // something else than a message gets none.
            let said_nothing = html.is_none() && refresh.is_empty();
            let default = if said_nothing { "Success" } else { "" };
            body.insert("success".into(), json!(message.as_deref().unwrap_or(default)));
            insert_html(&mut body, html.as_ref());
            body.insert("refresh".into(), json!({ "relationships": refresh }));
        }
        OutcomeKind::Error { message, html } => {
            body.insert("error".into(), json!(message.as_deref().unwrap_or("Error")));
            insert_html(&mut body, html.as_ref());
        }
        // The front shows no message beside a redirect.
        OutcomeKind::Redirect { to, message: _ } => {
            body.insert("redirectTo".into(), json!(to));
        }
        OutcomeKind::Webhook { url, method, headers, body: call } => {
            let webhook = json!({ "url": url, "method": method, "headers": headers, "body": call });
            body.insert("webhook".into(), webhook);
        }
        OutcomeKind::File { .. } => return None,
    }
    Some(Json::Object(body))
}

fn insert_html(body: &mut Map<String, Json>, html: Option<&String>) {
    if let Some(html) = html {
        body.insert("html".into(), json!(html));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_written() {
        let answers: Vec<Json> = Outcome::samples()
            .iter()
            .map(|outcome| json!({ "status": outcome_status(outcome), "body": outcome_body(outcome) }))
            .collect();
        insta::assert_json_snapshot!(answers);
    }
}

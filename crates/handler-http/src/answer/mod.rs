//! From a backend's answer to what the caller gets.
//!
//! `disposition` finds the name of a file, `outcome` reads JSON; here the status
//! and the media type decide which of them is asked.

mod disposition;
mod outcome;

use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderMap};
use levers_model::{Outcome, OutcomeKind};
use levers_ports::{FileBody, Reply};
use serde_json::Value as Json;

use crate::outbound::{Answer, AnswerBody, Fault, OutboundConfig};

/// How much of an answer that nobody understands is kept for the log.
const FOR_THE_LOG: usize = 500;
/// How much of a refusal in plain text is read, in bytes.
const LONGEST_SENTENCE: usize = 4_000;

/// Reads the answer to an execution.
pub(crate) async fn reply(answer: Answer, config: &OutboundConfig, authority: &str) -> Result<Reply, Fault> {
    let Answer { status, headers, body } = answer;
    if !status.is_success() {
        return refusal(status, &headers, body, config.max_answer).await.map(Reply::from);
    }
    if let Some(name) = disposition::file_name(&headers) {
        let mime = media_type(&headers).unwrap_or_else(|| "application/octet-stream".to_owned());
        let file = FileBody::Stream(body.stream(config.max_file, authority.to_owned())?);
        return Ok(Reply { outcome: OutcomeKind::File { name, mime }.into(), file: Some(file) });
    }
    // No content, whatever a body says.
    if status == StatusCode::NO_CONTENT || body.is_empty() {
        return Ok(Outcome::done().into());
    }
    let json = json(&headers, body, config.max_answer).await?;
    let Some(json) = json else { return Ok(Outcome::done().into()) };
    outcome::success(&json).map(Reply::from).map_err(Fault::BadJson)
}

/// What a refusal says to the operator, where it says something; else what its status means.
async fn refusal(status: StatusCode, headers: &HeaderMap, body: AnswerBody, most: u64) -> Result<Outcome, Fault> {
    // Who we are is between the two servers; of a fault of its own, a backend tells its log.
    let for_the_operator = status.is_client_error() && status != StatusCode::UNAUTHORIZED;
    if for_the_operator && is_json(headers) {
        let bytes = body.whole(most).await?;
        let said = serde_json::from_slice::<Json>(&bytes).ok();
        return said.as_ref().and_then(outcome::refusal).ok_or_else(|| Fault::Status(status, log_text(&bytes)));
    }
    let bytes = body.beginning(LONGEST_SENTENCE).await;
    let is_plain = media_type(headers).is_some_and(|mime| essence(&mime).eq_ignore_ascii_case("text/plain"));
    let said = outcome::plain_refusal(&bytes).filter(|_| for_the_operator && is_plain);
    said.ok_or_else(|| Fault::Status(status, log_text(&bytes)))
}

/// The JSON of an answer; `None` when there is no body at all.
pub(crate) async fn json(headers: &HeaderMap, body: AnswerBody, most: u64) -> Result<Option<Json>, Fault> {
    let mime = media_type(headers);
    if mime.is_some() && !is_json(headers) {
        // An empty text is what some frameworks send for nothing.
        return if body.whole(FOR_THE_LOG as u64).await.is_ok_and(|bytes| bytes.is_empty()) {
            Ok(None)
        } else {
            Err(Fault::NotJson(mime.map(|mime| essence(&mime).to_owned()).unwrap_or_default()))
        };
    }
    let bytes = body.whole(most).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice(&bytes) {
        Ok(json) => Ok(Some(json)),
        Err(_) if mime.is_none() => Err(Fault::NotJson(String::new())),
        Err(error) => Err(Fault::BadJson(format!("{error}: {}", log_text(&bytes)))),
    }
}

/// What an answer that is no success means, for calls that show nobody what the other side says.
pub(crate) async fn fault(answer: Answer) -> Fault {
    Fault::Status(answer.status, log_text(&answer.body.beginning(FOR_THE_LOG).await))
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn essence(mime: &str) -> &str {
    let essence = mime.split(';').next().unwrap_or_default().trim();
    &essence[..essence.floor_char_boundary(100)]
}

fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|mime| {
        let essence = essence(&mime).to_ascii_lowercase();
        essence == "application/json" || essence == "text/json" || essence.ends_with("+json")
    })
}

fn log_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(FOR_THE_LOG)]).into_owned()
}

//! Bodies and headers of calls to a backend (specification, section 1.3).

use bytes::Bytes;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use levers_model::{Caller, Error, Result, Values};
use percent_encoding::{CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value as Json, json};

use crate::action::HttpAction;
use crate::signing::Signing;

/// What an execution sends. `requester` asked for the approval that this execution has.
pub(crate) fn execution(
    mut attributes: Map<String, Json>,
    action: &HttpAction,
    values: &Values,
    requester: Option<&str>,
    signing: &Signing,
) -> Result<Json> {
    let mut sent = Map::new();
    for field in action.fields.iter().chain(values.keys()) {
        sent.insert(field.clone(), values.get(field).cloned().unwrap_or_default());
    }
    attributes.insert("values".into(), Json::Object(sent));
    let mut body = wrapped("custom-action-requests", attributes);
    let approval = match requester {
        Some(requester) => signing.approval(requester, &body)?,
        None => None,
    };
    body["data"]["attributes"]["signed_approval_request"] = json!(approval);
    Ok(body)
}

/// `{"data": {"type": …, "attributes": …}}`.
pub(crate) fn wrapped(kind: &str, attributes: Map<String, Json>) -> Json {
    // Moved, not copied: values can hold files.
    let mut data = Map::new();
    data.insert("type".into(), json!(kind));
    data.insert("attributes".into(), Json::Object(attributes));
    let mut body = Map::new();
    body.insert("data".into(), Json::Object(data));
    Json::Object(body)
}

/// The bytes of a body.
pub(crate) fn bytes(body: &Json) -> Result<Bytes> {
    serde_json::to_vec(body).map(Bytes::from).map_err(Error::internal)
}

/// The configured headers, and who asks.
pub(crate) fn headers(configured: &HeaderMap, signing: &Signing, caller: &Caller) -> Result<HeaderMap> {
    let mut headers = configured.clone();
    let mut token = HeaderValue::from_str(&format!("Bearer {}", signing.token(caller)?)).map_err(Error::internal)?;
    token.set_sensitive(true);
    headers.insert(AUTHORIZATION, token);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, */*;q=0.8"));
    Ok(headers)
}

/// A key as a header can carry it: whatever is no printable ASCII is percent-encoded.
pub(crate) fn idempotency_key(key: &str) -> Result<HeaderValue> {
    HeaderValue::try_from(utf8_percent_encode(key, CONTROLS).to_string()).map_err(Error::internal)
}

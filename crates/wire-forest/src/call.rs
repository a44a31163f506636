//! One request, read: caller, names in the path, query, body.
//!
//! Rejected: axum's `Query` and `Json`. Their rejections are not the agents'
//! answers, keys such as `fields[orders]` repeat, and DELETE has a body here.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts as _, RawPathParams, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::response::Response;
use bytes::BytesMut;
use chrono_tz::Tz;
use futures::StreamExt as _;
use levers_engine::OpContext;
use levers_model::Caller;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::agent::Agent;
use crate::error::{Fault, Result};
use crate::translate::{QueryString, timezone};

/// Carries an id of the request, for logs and bug reports.
pub(crate) const CORRELATION_HEADER: &str = "x-forest-correlation-id";

/// A request of a known caller in a known timezone.
pub(crate) struct Call {
    pub(crate) cx: OpContext,
    pub(crate) query: QueryString,
    pub(crate) headers: HeaderMap,
    /// Null when there is none.
    pub(crate) body: Json,
    names: Vec<String>,
}

impl Call {
    /// The names in the path, in order; the router made sure that they are there.
    pub(crate) fn names<const N: usize>(&self) -> Result<[&str; N]> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        names.try_into().map_err(|_| Fault::NOT_FOUND)
    }

    /// Sets what 'today' means to the caller.
    pub(crate) fn in_timezone(&mut self, timezone: Tz) {
        // Nobody shares the caller yet, so that this copies nothing.
        Arc::make_mut(&mut self.cx.caller).timezone = timezone;
    }

    /// The `Idempotency-Key` header; the engine says what it may look like.
    pub(crate) fn idempotency_key(&self) -> Result<Option<String>> {
        let key = self.headers.get("idempotency-key").map(HeaderValue::to_str).transpose();
        key.map(|key| key.map(str::to_owned))
            .map_err(|_| Fault::validation("The Idempotency-Key header must be printable ASCII characters."))
    }

    /// The `Forest-Projection` header.
    pub(crate) fn projection_header(&self) -> Option<&str> {
        self.headers.get("forest-projection").and_then(|value| value.to_str().ok())
    }
}

impl FromRequest<Agent> for Call {
    type Rejection = Fault;

    async fn from_request(request: Request, agent: &Agent) -> Result<Self> {
        let Untimed(mut call) = Untimed::from_request(request, agent).await?;
        call.in_timezone(timezone(call.query.get("timezone"))?);
        Ok(call)
    }
}

/// A call on one of the few routes that want no timezone.
pub(crate) struct Untimed(pub(crate) Call);

impl FromRequest<Agent> for Untimed {
    type Rejection = Fault;

    async fn from_request(request: Request, agent: &Agent) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        let params = RawPathParams::from_request_parts(&mut parts, &()).await.map_err(|_| Fault::NOT_FOUND)?;
        let names = params.iter().map(|(_, value)| value.to_owned()).collect();
        let caller = parts.extensions.remove::<Caller>().ok_or_else(|| Fault::unauthorized("Authentication Error"))?;
        let body = match parts.method {
            Method::GET | Method::HEAD => Json::Null,
            _ => read_json(&parts.headers, body, agent.body_limit).await?,
        };
        Ok(Self(Call {
            cx: agent.engine.context(caller),
            query: QueryString::parse(parts.uri.query().unwrap_or_default()),
            headers: parts.headers,
            body,
            names,
        }))
    }
}

async fn read_json(headers: &HeaderMap, body: axum::body::Body, limit: usize) -> Result<Json> {
    const TOO_LARGE: Fault = Fault::Text { status: 413, text: "Payload Too Large" };
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    // What is too large is read to its end, up to a bound, and dropped: a client that is
    // still sending when the connection closes would never see the answer.
    let bound = limit.saturating_mul(2);
    if announced.is_some_and(|length| length > bound) {
        return Err(TOO_LARGE);
    }
    let mut bytes = BytesMut::with_capacity(announced.unwrap_or_default().min(64 * 1024));
    let mut read = 0_usize;
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| BAD_REQUEST)?;
        read = read.saturating_add(chunk.len());
        if read > bound {
            return Err(TOO_LARGE);
        }
        if read <= limit {
            bytes.extend_from_slice(&chunk);
        }
    }
    if read > limit {
        return Err(TOO_LARGE);
    }
    if bytes.is_empty() {
        return Ok(Json::Null);
    }
    if !is_json(headers) {
        return Err(Fault::Text { status: 415, text: "Unsupported Media Type: send the body as application/json" });
    }
    // A list costs two bytes to send and more than thirty to keep. What is shorter than so
    // many bytes needs no counting.
    let marks = || bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    if bytes.len() > MOST_VALUES && marks() > MOST_VALUES {
        return Err(TOO_LARGE);
    }
    serde_json::from_slice(&bytes).map_err(|_| BAD_REQUEST)
}

/// Values in a body at most, told by the commas and brackets before them. Files, which are
/// base64, have none of these.
const MOST_VALUES: usize = 1_000_000;

const BAD_REQUEST: Fault = Fault::Text { status: 400, text: "Bad Request" };

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Marks an answer to a known caller.
pub(crate) fn correlated(mut response: Response) -> Response {
    if let Ok(value) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        response.headers_mut().insert(HeaderName::from_static(CORRELATION_HEADER), value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_of_too_many_values_is_too_large() {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let read = async |body: String| read_json(&headers, body.into(), 50_000_000).await;
        let list = |values: usize| format!("[{}1]", "1,".repeat(values - 1));
        assert!(read(list(1_000_000)).await.is_ok());
        assert!(matches!(read(list(1_000_001)).await, Err(Fault::Text { status: 413, .. })));
    }
}

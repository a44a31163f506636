//! Writing answers.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use levers_model::Error;
use serde::Serialize;

use crate::problem::Problem;

/// A JSON answer, written into one buffer.
pub(crate) fn json(body: &impl Serialize) -> Result<Response, Problem> {
    let bytes = serde_json::to_vec(body).map_err(|error| Problem::from(Error::internal(error)))?;
    let mut response = Response::new(Body::from(bytes));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// Says that the answer is that of an earlier request with the same idempotency key.
pub(crate) fn mark_replayed(response: &mut Response, replayed: bool) {
    if replayed {
        response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
}

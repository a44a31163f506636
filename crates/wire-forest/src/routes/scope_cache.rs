//! `POST /forest/scope-cache-invalidation`: the Forest server says that scopes changed.
//!
//! Nothing of a rendering is cached here, so there is nothing to throw away; the answer
//! keeps a Forest server from trying again.

use axum::http::StatusCode;
use serde_json::Value as Json;

use crate::call::Untimed;
use crate::error::{Fault, Result};

pub(super) async fn invalidate(Untimed(call): Untimed) -> Result<StatusCode> {
    let is_number = match call.body.get("renderingId") {
        Some(Json::Number(_)) => true,
        Some(Json::String(text)) => text.parse::<u64>().is_ok(),
        _ => false,
    };
    if is_number { Ok(StatusCode::NO_CONTENT) } else { Err(Fault::validation("Malformed body")) }
}

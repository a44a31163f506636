//! `GET /forest/`: says that somebody is there, to anybody.

use axum::Json;
use serde_json::{Value, json};

pub(super) async fn health() -> Json<Value> {
    Json(json!({ "error": null, "message": "Agent is running" }))
}

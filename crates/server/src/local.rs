//! What the command line asks without a server: the API over a database opened
//! in this process, and the schema file of Forest's clients.

use axum::Router;
use levers_identity::Tokens;
use levers_model::{Door, Result};
use levers_wire_rest::RestConfig;
use serde_json::Value as Json;

use crate::{App, Config, open};

/// The REST API over the configured database, without a listener.
///
/// # Errors
/// Those of [`open`].
pub async fn local_api(config: &Config, app: App) -> Result<Router> {
    let tokens = Tokens::new(config.auth_secret()?.secret.expose().as_bytes());
    let engine = open(config, app).await?;
    Ok(levers_wire_rest::router(engine, RestConfig { tokens, body_limit: config.body_limit(), door: Door::Cli }))
}

/// The file `.forestadmin-schema.json` of the configured database.
///
/// # Errors
/// Those of [`open`].
pub async fn forest_schema(config: &Config, app: App) -> Result<Json> {
    Ok(levers_wire_forest::schema_document(&open(config, app).await?))
}

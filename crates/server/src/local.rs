//! What the command line asks without a server: the API over a database opened
//! in this process, and the schema file of Forest's clients.

use axum::Router;
use levers_engine::Engine;
use levers_identity::Tokens;
use levers_model::{Door, Result};
use levers_wire_rest::RestConfig;
use serde_json::Value as Json;

use crate::open::open_to_describe;
use crate::{App, Config, open};

/// The REST API over the configured database, without a listener.
///
/// # Errors
/// Those of [`open`].
pub async fn local_api(config: &Config, app: App) -> Result<Router> {
    api(config, open(config, app).await?)
}

/// The same, to look at schemas only: no job store is opened, so it works beside a running server.
///
/// # Errors
/// Those of [`open`].
pub async fn describing_api(config: &Config, app: App) -> Result<Router> {
    api(config, open_to_describe(config, app).await?)
}

/// The file `.forestadmin-schema.json` of the configured database.
///
/// # Errors
/// Those of [`open`].
pub async fn forest_schema(config: &Config, app: App) -> Result<Json> {
    Ok(levers_wire_forest::schema_document(&open_to_describe(config, app).await?))
}

fn api(config: &Config, engine: Engine) -> Result<Router> {
    let tokens = Tokens::new(config.auth_secret()?.secret.expose().as_bytes());
    Ok(levers_wire_rest::router(engine, RestConfig { tokens, body_limit: config.body_limit(), door: Door::Cli }))
}

//! What the command line asks without a server: the API over a database opened
//! in this process, and the schema file of Forest's clients.

use axum::Router;
use levers_engine::Engine;
use levers_identity::Tokens;
use levers_model::{Door, Result};
use levers_wire_rest::RestConfig;
use serde_json::Value as Json;

use crate::open::{open, open_to_describe};
use crate::{App, Setup, SetupError};

/// The REST API over the configured databases, without a listener.
///
/// # Errors
/// All mistakes of the file, or why a database or the store cannot be opened.
pub async fn local_api(setup: &Setup, app: &App) -> Result<Router, SetupError> {
    Ok(api(setup, open(setup, app).await?.0)?)
}

/// The same, to look at schemas only: no job store is opened, so it works beside a running server.
///
/// # Errors
/// Those of [`local_api`].
pub async fn describing_api(setup: &Setup, app: &App) -> Result<Router, SetupError> {
    Ok(api(setup, open_to_describe(setup, app).await?)?)
}

/// The file `.forestadmin-schema.json` of the configured databases.
///
/// # Errors
/// Those of [`local_api`].
pub async fn forest_schema(setup: &Setup, app: &App) -> Result<Json, SetupError> {
    Ok(levers_wire_forest::schema_document(&open_to_describe(setup, app).await?))
}

fn api(setup: &Setup, engine: Engine) -> Result<Router> {
    let tokens = Tokens::new(setup.config.auth_secret()?.secret.expose().as_bytes());
    Ok(levers_wire_rest::router(engine, RestConfig { tokens, body_limit: setup.config.body_limit(), door: Door::Cli }))
}

//! The composition root: configuration, the registry of sources, doors, one listener.
//!
//! Only wiring stands here. What a request means is the doors' affair, what it
//! does the engine's; this crate decides which of them exist in this process
//! and how it starts and stops.

mod config;
mod doors;
mod listen;
mod local;
mod log;
mod no_store;
mod open;
mod secret;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use levers_identity::Tokens;
use levers_model::{Error, Result};

pub use config::{Config, DEFAULT_FILE, DatabaseConfig, Flags, LogFormat};
pub use local::{describing_api, forest_schema, local_api};
pub use open::{App, open};
pub use secret::{AuthSecret, Secret};

/// Serves until the process is told to stop (SIGTERM or SIGINT), then lets
/// running requests and jobs finish. `ready` is called with the address once
/// requests are answered.
///
/// # Errors
/// `Refused` for a secret that is not good enough, `Unavailable` when the
/// address, the database or the store cannot be had, `Invalid` for a
/// configuration or a declaration that makes no sense.
pub async fn serve(config: Config, app: App, ready: impl FnOnce(SocketAddr)) -> Result<()> {
    log::begin(&config)?;
    config.check_secret()?;
    let stop = listen::stop_signal()?;
    // The database first: a mistyped URL must leave neither a secret nor a taken port behind.
    let opened = open::open_all(&config, app).await?;
    let auth = config.auth_secret()?;
    if let Some(file) = &auth.file {
        tracing::warn!(file = %file.display(), "no auth secret is configured; this machine's development secret is used");
    }
    let listener = listen::bind(config.listen).await?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let taking_work = Arc::new(AtomicBool::new(true));
    let tokens = Tokens::new(auth.secret.expose().as_bytes());
    let router = doors::router(opened.engine.clone(), &config, tokens, taking_work.clone());
    if config.log_format == LogFormat::Json {
        // In place of the greeting that people read.
        tracing::info!(%address, "listening");
    }
    ready(address);
    listen::run(listener, router, &opened.engine, &taking_work, stop).await;
    opened.store.close().await;
    Ok(())
}

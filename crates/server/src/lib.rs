//! The composition root: configuration, the registry of sources, doors, one listener.
//!
//! Only wiring stands here. What a request means is the doors' affair, what it
//! does the engine's; this crate decides which of them exist in this process
//! and how it starts and stops.

mod changes;
mod check;
mod config;
mod doors;
mod init;
mod listen;
mod live;
mod local;
mod log;
mod no_store;
mod open;
mod reload;
mod secret;
mod setup;
mod sources;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use levers_identity::Tokens;
use levers_model::{Error, Result};

pub use check::{Checked, Declared, check};
pub use config::{Config, DEFAULT_FILE, DatabaseConfig, Flags, LogFormat};
pub use init::{Application, FirstFile, first_file};
pub use levers_declare::{Mistake, Severity, json_schema};
pub use local::{describing_api, forest_schema, local_api};
pub use open::App;
pub use secret::{AuthSecret, Secret};
pub use setup::{Setup, SetupError};

use crate::doors::{Doors, Ready};
use crate::live::{House, Live, Standing};
use crate::reload::Reloader;

/// Serves until the process is told to stop (SIGTERM or SIGINT), then lets
/// running requests and jobs finish. Meanwhile it follows what changes in the
/// setup's files. `ready` is called with the address once requests are answered.
///
/// # Errors
/// All mistakes of the file; `Refused` for a secret that is not good enough,
/// `Unavailable` when the address, a database or the store cannot be had,
/// `Invalid` for a configuration or a declaration that makes no sense.
pub async fn serve(setup: Setup, app: App, ready: impl FnOnce(SocketAddr)) -> Result<(), SetupError> {
    log::begin(&setup.config)?;
    setup.config.check_secret()?;
    let stop = listen::stop_signal()?;
    let hang_up = listen::hang_up()?;
    let (engine, ground) = open::open(&setup, &app).await?;
    if let Some(file) = &ground.auth.file {
        tracing::warn!(file = %file.display(), "no auth secret is configured; this machine's development secret is used");
    }
    reload::warn(&setup);
    let listener = listen::bind(setup.config.listen).await?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let doors = Doors {
        tokens: Tokens::new(ground.auth.secret.expose().as_bytes()),
        ready: Ready::new(AtomicBool::new(true)),
        standing: Standing::shared(),
    };
    let router = doors.router(engine.clone(), &setup.config);
    let live = Arc::new(Live::from_pointee(House { engine, router }));
    if setup.config.log_format == LogFormat::Json {
        // In place of the greeting that people read.
        tracing::info!(%address, "listening");
    }
    ready(address);
    let store = ground.store.clone();
    let reloader = Reloader::new(setup, app, ground, doors.clone(), live.clone());
    let following = tokio::spawn(reloader.follow(hang_up));
    listen::run(listener, &live, &doors.ready, stop).await;
    following.abort();
    store.close().await;
    Ok(())
}

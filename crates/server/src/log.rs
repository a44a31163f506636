//! Log lines, on standard error.

use std::io::{IsTerminal as _, stderr};

use levers_model::{Error, Result};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Begins to log as configured. Where an author's program logs already, its way stands.
///
/// # Errors
/// `Invalid` when the filter cannot be read.
pub(crate) fn begin(config: &Config) -> Result<()> {
    let filter = EnvFilter::try_new(&config.log)
        .map_err(|error| Error::invalid(format!("“log” is “{}”, which is not a filter: {error}.", config.log)))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_target(false)
        // Where nobody listens any more, such as in a terminal that was closed, there is nobody to tell.
        .log_internal_errors(false);
    // An error says that somebody logs already.
    let _ = match config.log_format {
        LogFormat::Text => lines.with_ansi(stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    Ok(())
}

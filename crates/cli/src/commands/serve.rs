//! `levers serve`.

use std::fmt::Write as _;

use levers_server::{App, Config, LogFormat};

use crate::args::{GlobalArgs, ServeArgs};
use crate::exit::Failure;
use crate::setup;

#[expect(clippy::print_stderr, reason = "the operator wants to know where it listens")]
pub(crate) async fn serve(args: ServeArgs, global: &GlobalArgs, app: App) -> Result<(), Failure> {
    let listen = args.listen.map(|address| address.to_string());
    let setup = setup::setup(global, &app, args.url.as_deref(), listen)?;
    if !setup.names_a_source() && app.sources.is_empty() {
        return Err(Failure::usage(
            "Which database? Name it: levers serve sqlite:shop.db, or levers serve postgres://user@host/name. \
             `levers init URL` writes a levers.toml that names it.",
        ));
    }
    let token_hint = token_hint(&args, global, &setup.config);
    let for_programs = setup.config.log_format == LogFormat::Json;
    let declared = setup.document.is_some().then(|| setup.place().display().to_string());
    levers_server::serve(setup, app, move |address| {
        if for_programs {
            return;
        }
        eprintln!("Levers listens on http://{address}");
        eprintln!("  API and its pages   http://{address}/api/v1/docs");
        eprintln!("  Forest's clients    http://{address}/forest");
        eprintln!("  A token for you     {token_hint}");
        if let Some(place) = declared {
            eprintln!("  Declared in         {place}, read again when it changes");
        }
    })
    .await?;
    Ok(())
}

/// The command that mints a token for this server.
fn token_hint(args: &ServeArgs, global: &GlobalArgs, config: &Config) -> String {
    // As it was typed, so that the line works where the program is not on the path.
    let program = std::env::args().next().unwrap_or_else(crate::program);
    let mut hint = format!("{program} token --email you@example.com");
    if let Some(file) = &global.config {
        let _ = write!(hint, " --config {}", file.display());
    }
    if config.auth_secret.is_none() {
        let store = global.store.as_ref().map(|store| format!(" --store {}", store.display()));
        let database = beside_a_file(args.url.as_deref(), config).map(|url| format!(" --database {url}"));
        hint.push_str(&store.or(database).unwrap_or_default());
    }
    hint
}

/// The URL where it says where the store and its secret are. That of a server does not, and may hold a password.
fn beside_a_file<'a>(url: Option<&'a str>, config: &Config) -> Option<&'a str> {
    url.filter(|_| config.store_path() != Config::default().store_path())
}

#[cfg(test)]
mod tests {
    use levers_server::{DatabaseConfig, Secret};

    use super::*;

    #[test]
    fn the_greeting_repeats_no_password() {
        let told = |url: &'static str| {
            let database = DatabaseConfig { url: Some(Secret::new(url)), ..DatabaseConfig::default() };
            beside_a_file(Some(url), &Config { database, ..Config::default() })
        };
        assert_eq!(told("sqlite:shop.db"), Some("sqlite:shop.db"));
        assert_eq!(told("mysql://shop:secret@127.0.0.1/shop"), None);
    }
}

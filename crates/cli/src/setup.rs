//! From arguments to a configuration, and to somewhere that answers requests.

use levers_identity::{NewToken, Tokens};
use levers_server::{App, Config, Flags, Setup, SetupError};

use crate::api::Api;
use crate::args::{GlobalArgs, TargetArgs};
use crate::exit::Failure;

/// What a command wants of the API. Describing needs no job store, so it works
/// beside a running server, which keeps its store locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Run,
    Describe,
}

/// The setup: file, environment, then what the command line says.
pub(crate) fn setup(
    global: &GlobalArgs,
    app: &App,
    url: Option<&str>,
    listen: Option<String>,
) -> Result<Setup, Failure> {
    Ok(load(global, app, url, listen)?)
}

/// The same, with its mistakes still apart.
pub(crate) fn load(
    global: &GlobalArgs,
    app: &App,
    url: Option<&str>,
    listen: Option<String>,
) -> Result<Setup, SetupError> {
    let flags = Flags { listen, store: global.store.clone(), database_url: url.map(str::to_owned) };
    Setup::load(global.config.as_deref(), flags, &app.sources)
}

/// What is right of a file with mistakes, to look for more of them.
pub(crate) fn load_what_is_right(global: &GlobalArgs, app: &App) -> Option<Setup> {
    let flags = Flags { store: global.store.clone(), ..Flags::default() };
    Setup::load_what_is_right(global.config.as_deref(), flags, &app.sources)
}

/// What signs and checks the tokens of a configuration's server.
pub(crate) fn tokens(config: &Config) -> Result<Tokens, Failure> {
    Ok(Tokens::new(config.auth_secret()?.secret.expose().as_bytes()))
}

/// The API of a running server, or of the database opened here.
pub(crate) async fn api(target: &TargetArgs, global: &GlobalArgs, app: App, purpose: Purpose) -> Result<Api, Failure> {
    let remote = |url: &str, token| Api::Remote { url: url.trim_end_matches('/').to_owned(), token };
    if let (Some(url), Some(token)) = (&target.server, &target.token) {
        // Nothing here matters to a server that knows the token, not even a file with mistakes.
        return Ok(remote(url, token.clone()));
    }
    let setup = setup(global, &app, target.database.as_deref(), None)?;
    if let Some(url) = &target.server {
        return Ok(remote(url, minted_for_server(target, &setup.config)?));
    }
    let router = match purpose {
        Purpose::Run => levers_server::local_api(&setup, &app).await?,
        Purpose::Describe => levers_server::describing_api(&setup, &app).await?,
    };
    Ok(Api::Local { router, token: tokens(&setup.config)?.mint(&NewToken::new(&target.email))? })
}

/// A token minted with the secret of the server's configuration. A secret is never made
/// here: the server would not have it.
fn minted_for_server(target: &TargetArgs, config: &Config) -> Result<String, Failure> {
    let secret = config.known_secret().ok_or_else(|| {
        Failure::usage(
            "Who are you? Set LEVERS_TOKEN (or --token) to what `levers token --email you@example.com --database URL` \
             prints, with the database's URL of the server; or name that URL here with --database.",
        )
    })?;
    Ok(Tokens::new(secret.expose().as_bytes()).mint(&NewToken::new(&target.email))?)
}

/// A path segment, encoded.
pub(crate) fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

//! From arguments to a configuration, and to somewhere that answers requests.

use levers_identity::{NewToken, Tokens};
use levers_server::{App, Config, Flags};

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

/// The configuration: file, environment, then what the command line says.
pub(crate) fn config(
    global: &GlobalArgs,
    app: &App,
    url: Option<&str>,
    listen: Option<String>,
) -> Result<Config, Failure> {
    let flags = Flags { listen, store: global.store.clone(), database_url: url.map(str::to_owned) };
    let mut config = Config::load(global.config.as_deref(), &flags)?;
    config.keep_beside(&app.sources);
    Ok(config)
}

/// What signs and checks the tokens of a configuration's server.
pub(crate) fn tokens(config: &Config) -> Result<Tokens, Failure> {
    Ok(Tokens::new(config.auth_secret()?.secret.expose().as_bytes()))
}

/// The API of a running server, or of the database opened here.
pub(crate) async fn api(target: &TargetArgs, global: &GlobalArgs, app: App, purpose: Purpose) -> Result<Api, Failure> {
    let config = config(global, &app, target.database.as_deref(), None)?;
    if let Some(url) = &target.server {
        return Ok(Api::Remote {
            url: url.trim_end_matches('/').to_owned(),
            token: token_for_server(target, &config)?,
        });
    }
    let router = match purpose {
        Purpose::Run => levers_server::local_api(&config, app).await?,
        Purpose::Describe => levers_server::describing_api(&config, app).await?,
    };
    Ok(Api::Local { router, token: tokens(&config)?.mint(&NewToken::new(&target.email))? })
}

/// The token that was given, or one minted with the secret of the server's
/// configuration. A secret is never made here: the server would not have it.
fn token_for_server(target: &TargetArgs, config: &Config) -> Result<String, Failure> {
    match (&target.token, config.known_secret()) {
        (Some(token), _) => Ok(token.clone()),
        (None, Some(secret)) => Ok(Tokens::new(secret.expose().as_bytes()).mint(&NewToken::new(&target.email))?),
        (None, None) => Err(Failure::usage(
            "Who are you? Set LEVERS_TOKEN (or --token) to what `levers token --email you@example.com --database URL` \
             prints, with the database's URL of the server; or name that URL here with --database.",
        )),
    }
}

/// A path segment, encoded.
pub(crate) fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

//! `levers token`: proves an identity to a server that has the same secret.

use std::collections::BTreeMap;
use std::time::Duration;

use levers_identity::NewToken;
use levers_server::App;

use crate::args::{GlobalArgs, TokenArgs};
use crate::exit::Failure;
use crate::output::say;
use crate::setup;

pub(crate) fn token(args: &TokenArgs, global: &GlobalArgs, app: &App) -> Result<(), Failure> {
    let config = setup::setup(global, app, args.database.as_deref(), None)?.config;
    let new = NewToken {
        id: args.id.clone(),
        rendering_id: args.rendering,
        first_name: args.first_name.clone().unwrap_or_default(),
        last_name: args.last_name.clone().unwrap_or_default(),
        team: args.team.clone(),
        role: args.role.clone(),
        tags: tags(&args.tags)?,
        expires_in: Duration::from_secs(u64::from(args.hours) * 3600),
        ..NewToken::new(&args.email)
    };
    let token = setup::tokens(&config)?.mint(&new)?;
    if global.json {
        say(serde_json::json!({ "token": token, "expires_in": new.expires_in.as_secs() }))?;
    } else {
        say(token)?;
    }
    Ok(())
}

fn tags(texts: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let pair = |text: &String| {
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| Failure::usage(format!("--tag {text} is not of the form KEY=VALUE.")))?;
        Ok((key.to_owned(), value.to_owned()))
    };
    texts.iter().map(pair).collect()
}

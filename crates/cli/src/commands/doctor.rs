//! `levers doctor`: looks for what is wrong, and says what to do about it.
//!
//! Alone it opens the database as `serve` would and looks at what it finds; with
//! `--server` it asks a running server what a client would.

use levers_server::{App, Config, Mistake, Setup, SetupError, Severity};
use serde_json::{Value as Json, json};

use crate::api::Api;
use crate::args::{DoctorArgs, GlobalArgs, TargetArgs};
use crate::exit::Failure;
use crate::output::say;
use crate::setup::{self, Purpose};
use crate::table;

/// The check of what the file declares.
const DECLARATIONS: &str = "declarations";

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Warning,
    Bad,
}

impl Verdict {
    const fn name(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Warning => "warning",
            Self::Bad => "problem",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug)]
struct Finding {
    verdict: Verdict,
    what: &'static str,
    text: String,
}

impl Finding {
    fn new(verdict: Verdict, what: &'static str, text: impl Into<String>) -> Self {
        Self { verdict, what, text: text.into() }
    }
}

pub(crate) async fn doctor(args: DoctorArgs, global: &GlobalArgs, app: App) -> Result<(), Failure> {
    let findings = match &args.server {
        Some(server) => look_at_server(server, &args, global).await?,
        None => look_alone(&args, global, app).await?,
    };
    if global.json {
        let of = |finding: &Finding| json!({ "check": finding.what, "result": finding.verdict.name(), "text": finding.text });
        say(format_args!("{:#}", json!({ "findings": findings.iter().map(of).collect::<Vec<_>>() })))?;
    } else {
        let row =
            |finding: &Finding| vec![finding.verdict.name().to_owned(), finding.what.to_owned(), finding.text.clone()];
        table::print(&["", "Check", "Finding"], findings.iter().map(row))?;
    }
    match findings.iter().filter(|finding| finding.verdict == Verdict::Bad).count() {
        0 => Ok(()),
        count => Err(Failure::new(Failure::FAILED, format!("{count} of {} checks found a problem.", findings.len()))),
    }
}

async fn look_alone(args: &DoctorArgs, global: &GlobalArgs, app: App) -> Result<Vec<Finding>, Failure> {
    let setup = match setup::load(global, &app, args.url.as_deref(), None) {
        Ok(setup) => setup,
        Err(SetupError::Mistakes(mistakes)) => return Ok(vec![unfit(&mistakes)]),
        Err(failed @ SetupError::Failed(_)) => return Err(failed.into()),
    };
    let config = &setup.config;
    let mut findings = vec![secret(config)];
    if let Some(finding) = declarations(&setup, &app).await {
        findings.push(finding);
    }
    let target = TargetArgs { database: args.url.clone(), ..TargetArgs::local() };
    match setup::api(&target, global, app, Purpose::Describe).await {
        // Already said.
        Err(_) if findings.iter().any(|finding| finding.what == DECLARATIONS && finding.verdict == Verdict::Bad) => {}
        Err(failure) => findings.push(Finding::new(Verdict::Bad, "database", failure.text())),
        Ok(api) => {
            findings.push(Finding::new(
                Verdict::Good,
                "database",
                format!("It can be read; jobs are kept in {}.", config.store_path().display()),
            ));
            findings.extend(collections(&api).await?);
        }
    }
    Ok(findings)
}

async fn look_at_server(server: &str, args: &DoctorArgs, global: &GlobalArgs) -> Result<Vec<Finding>, Failure> {
    let target = TargetArgs { server: Some(server.to_owned()), token: args.token.clone(), ..TargetArgs::local() };
    let api = setup::api(&target, global, App::default(), Purpose::Describe).await?;
    let mut findings = Vec::new();
    match api.get_json("/ready").await {
        Ok(_) => {
            findings.push(Finding::new(Verdict::Good, "readiness", "The server, its store and its database answer."));
        }
        Err(failure) => {
            findings.push(Finding::new(Verdict::Bad, "readiness", failure.text()));
            return Ok(findings);
        }
    }
    match collections(&api).await {
        Ok(more) => findings.extend(more),
        Err(failure) => findings.push(Finding::new(Verdict::Bad, "token", failure.text())),
    }
    let health = api.get_json("/health").await?;
    findings.extend(served(&health["declarations"]));
    Ok(findings)
}

/// Whether the server serves what its file says now. A server that does not tell has not accepted the token.
fn served(standing: &Json) -> Option<Finding> {
    let since = standing["since"].as_str()?.split('.').next().unwrap_or_default();
    if standing["state"] == "current" {
        let text = format!("What is declared is what is served, since {since} UTC.");
        return Some(Finding::new(Verdict::Good, DECLARATIONS, text));
    }
    let mistakes = standing["mistakes"].as_array().into_iter().flatten().map(|mistake| {
        let message = mistake["message"].as_str().unwrap_or_default();
        match (mistake["file"].as_str(), mistake["line"].as_u64()) {
            (Some(file), Some(line @ 1..)) => format!("{file}:{line}: {message}"),
            (Some(file), _) => format!("{file}: {message}"),
            (None, _) => message.to_owned(),
        }
    });
    let mistakes: Vec<String> = mistakes.collect();
    let text =
        format!("Since {since} UTC the file is wrong, and what it said before is served: {}", mistakes.join(" "));
    Some(Finding::new(Verdict::Bad, DECLARATIONS, text))
}

/// Whether what is declared could be served, when something is.
async fn declarations(setup: &Setup, app: &App) -> Option<Finding> {
    setup.document.as_ref()?;
    match levers_server::check(setup, app, false).await {
        Ok(checked) if checked.is_good() => {
            Some(Finding::new(Verdict::Good, DECLARATIONS, format!("{} has no mistakes.", setup.place().display())))
        }
        Ok(checked) => Some(unfit(&checked.mistakes)),
        Err(SetupError::Mistakes(mistakes)) => Some(unfit(&mistakes)),
        // The database's affair, which is looked at by itself.
        Err(SetupError::Failed(_)) => None,
    }
}

fn unfit(mistakes: &[Mistake]) -> Finding {
    let errors: Vec<&Mistake> = mistakes.iter().filter(|mistake| mistake.severity == Severity::Error).collect();
    let first = errors.first().map(|Mistake { file, line, message, .. }| match line {
        0 => format!("{}: {message}", file.display()),
        line => format!("{}:{line}: {message}", file.display()),
    });
    let text = match errors.len() {
        1 => first.unwrap_or_default(),
        several => format!("{several} mistakes, the first: {}", first.unwrap_or_default()),
    };
    Finding::new(Verdict::Bad, DECLARATIONS, format!("{text} `levers check` shows all."))
}

fn secret(config: &Config) -> Finding {
    match config.auth_secret() {
        Err(error) => Finding::new(Verdict::Bad, "auth secret", error.message()),
        Ok(secret) => match secret.file {
            Some(file) => Finding::new(
                Verdict::Warning,
                "auth secret",
                format!(
                    "None is configured; a development secret is kept in {}. Set LEVERS_AUTH_SECRET before others use this.",
                    file.display()
                ),
            ),
            None => Finding::new(Verdict::Good, "auth secret", "Configured."),
        },
    }
}

/// What there is, and which tables will disappoint.
async fn collections(api: &Api) -> Result<Vec<Finding>, Failure> {
    let list = api.get_json("/api/v1/collections").await?;
    let collections: Vec<&Json> = list["collections"].as_array().into_iter().flatten().collect();
    let names = |test: &dyn Fn(&Json) -> bool| {
        let names: Vec<&str> =
            collections.iter().filter(|json| test(json)).filter_map(|json| json["name"].as_str()).collect();
        names.join(", ")
    };
    if collections.is_empty() {
        let text =
            "The database has no table or view that can be seen. Check the schema, include and exclude settings.";
        return Ok(vec![Finding::new(Verdict::Bad, "collections", text)]);
    }
    let declared = collections
        .iter()
        .flat_map(|json| json["actions"].as_array().into_iter().flatten())
        .filter(|action| action["built_in"] != true)
        .count();
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let (all, s, actions) = (collections.len(), plural(collections.len()), plural(declared));
    let text = format!("{all} collection{s}, {declared} declared action{actions}.");
    let mut findings = vec![Finding::new(Verdict::Good, "collections", text)];
    let keyless = names(&|json| json["primary_key"].as_array().is_some_and(Vec::is_empty));
    if !keyless.is_empty() {
        let text = format!("Read-only, because they have no primary key: {keyless}.");
        findings.push(Finding::new(Verdict::Warning, "primary keys", text));
    }
    Ok(findings)
}

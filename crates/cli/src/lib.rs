//! The command line of Levers, as a library, so that an author's program has
//! all of it: [`run`] parses the arguments of the process and does what they say.
//!
//! Commands speak the REST API. Without a server they open the database, build
//! the API's router over it in this process and ask that: one way to do a thing.

mod api;
mod args;
mod commands;
mod exit;
mod output;
mod setup;
mod table;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use levers_server::App;

use crate::args::{Cli, Command, ServeArgs};
use crate::exit::Failure;

/// The allocator of every program that uses this crate with the feature `mimalloc`.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Does what the process's arguments say; `app` is what an author's program
/// declares. Without arguments an author's program serves, and the plain one
/// prints its help.
pub async fn run(app: App) -> ExitCode {
    let matches = command(&app).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let as_json = cli.global.json;
    match dispatch(cli, app).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(as_json),
    }
}

/// The command line as this program has it: under its own name, and without
/// database URLs where the program opens its own sources.
fn command(app: &App) -> clap::Command {
    let name = program();
    let rename = |command: clap::Command| match command.get_after_help() {
        Some(text) if name != PLAIN => {
            let text = text.to_string().replace(&format!("{PLAIN} "), &format!("{name} "));
            command.after_help(text)
        }
        _ => command,
    };
    let mut command = rename(Cli::command().name(name.clone()).mut_subcommands(&rename));
    if !app.sources.is_empty() {
        for (subcommand, argument) in URL_ARGUMENTS {
            command = command.mut_subcommand(subcommand, |command| command.mut_arg(argument, |arg| arg.hide(true)));
        }
    }
    command
}

/// The name under which the program was started, without its folder.
pub(crate) fn program() -> String {
    let path = std::env::args_os().next().unwrap_or_default();
    std::path::Path::new(&path).file_stem().map_or_else(|| PLAIN.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The program without anything declared.
const PLAIN: &str = "levers";

/// Arguments that name a database.
const URL_ARGUMENTS: [(&str, &str); 7] = [
    ("serve", "url"),
    ("schema", "url"),
    ("doctor", "url"),
    ("run", "database"),
    ("actions", "database"),
    ("jobs", "database"),
    ("token", "database"),
];

async fn dispatch(cli: Cli, app: App) -> Result<(), Failure> {
    let global = &cli.global;
    match cli.command {
        None if app.sources.is_empty() => {
            command(&app).print_help().map_err(|error| Failure::new(Failure::FAILED, error.to_string()))
        }
        None => commands::serve::serve(ServeArgs::default(), global, app).await,
        Some(Command::Serve(args)) => commands::serve::serve(args, global, app).await,
        Some(Command::Run(args)) => commands::run::run(args, global, app).await,
        Some(Command::Actions(args)) => commands::actions::actions(args, global, app).await,
        Some(Command::Jobs(args)) => commands::jobs::jobs(args, global, app).await,
        Some(Command::Schema(args)) => commands::schema::schema(args, global, app).await,
        Some(Command::Check(args)) => commands::check::check(args, global, app).await,
        Some(Command::Init(args)) => commands::init::init(args, global).await,
        Some(Command::Doctor(args)) => commands::doctor::doctor(args, global, app).await,
        Some(Command::Token(args)) => commands::token::token(&args, global, &app),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_reads_well() {
        let help = |path: &[&str]| {
            let mut command = Cli::command().term_width(100);
            let command = path.iter().fold(&mut command, |command, name| command.find_subcommand_mut(name).unwrap());
            command.render_long_help().to_string()
        };
        insta::assert_snapshot!(help(&[]));
        insta::assert_snapshot!(help(&["run"]));
        insta::assert_snapshot!(help(&["token"]));
        insta::assert_snapshot!(help(&["check"]));
        insta::assert_snapshot!(help(&["init"]));
    }
}

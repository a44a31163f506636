//! What can be typed. The texts here are the help that teaches.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

const AFTER_HELP: &str = "\
Start with a database that you have:
  levers serve sqlite:shop.db
  levers serve postgres://me@localhost/shop
  levers token --email me@example.com
  levers actions sqlite:shop.db

Declare your own actions, in a file and without a program:
  levers init sqlite:shop.db     writes levers.toml, with all that can be declared
  levers check                   says what is wrong in it, line by line
  levers serve                   serves it, and follows every change

Exit codes: 0 done, 1 the action or a check failed, 2 wrong usage,
3 not allowed, 4 not found, 5 invalid input, 6 cannot be reached, 7 refused or in conflict.

Every option can come from levers.toml, then from the environment (LEVERS_LISTEN,
LEVERS_AUTH_SECRET, …), then from the command line; the last one wins.";

/// Who runs a command, when nobody says.
const LOCAL_ACCOUNT: &str = "cli@localhost";

/// Buttons on data: actions on the collections of your databases.
#[derive(Debug, Parser)]
#[command(name = "levers", version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct GlobalArgs {
    /// Reads this file, or all .toml files of this folder, instead of ./levers.toml
    #[arg(long, global = true, value_name = "PATH", help_heading = "Everywhere")]
    pub(crate) config: Option<PathBuf>,
    /// Keeps jobs and events in this file [default: beside the database]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) store: Option<PathBuf>,
    /// Prints JSON for programs instead of tables for people
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serves a database: REST API, Forest's agent protocol, every action as a recorded job
    Serve(ServeArgs),
    /// Writes a first levers.toml for a database, to declare actions in
    Init(InitArgs),
    /// Says what is wrong in levers.toml, line by line
    Check(CheckArgs),
    /// Runs an action and prints what came of it
    Run(RunArgs),
    /// Lists the actions of all collections, or of one
    Actions(ActionsArgs),
    /// Lists the latest jobs, or shows one with its events
    Jobs(JobsArgs),
    /// Prints the schema of all collections
    Schema(SchemaArgs),
    /// Looks for what is wrong, and says what to do about it
    Doctor(DoctorArgs),
    /// Mints a token that proves an identity to a server
    Token(TokenArgs),
}

#[derive(Debug, Default, Args)]
#[command(after_help = "\
What levers.toml declares is served, and served anew when the file changes: no restart. An edit
that is wrong is said here, and what the file said before is served on. A restart is needed for
listen, store, auth_secret and log. SIGHUP also reads the tables of the databases again.")]
pub(crate) struct ServeArgs {
    /// The database: sqlite:FILE, postgres://…, mysql://… or mariadb://…
    #[arg(value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Listens here [default: 127.0.0.1:3310]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  levers init sqlite:shop.db
  levers init postgres://me:secret@localhost/shop --output shop/levers.toml
  levers init sqlite:db.sqlite3 --smart-actions .forestadmin-schema.json --endpoint http://127.0.0.1:8000

A password in the URL is not written: the file reads it from the environment, as ${env:DATABASE_PASSWORD}.
Editors complete the file by its JSON Schema, which `levers schema --format file` prints.")]
pub(crate) struct InitArgs {
    /// The database: sqlite:FILE, postgres://…, mysql://… or mariadb://…
    #[arg(value_name = "URL")]
    pub(crate) url: String,
    /// Writes this file; - for standard output
    #[arg(long, short, value_name = "FILE", default_value = levers_server::DEFAULT_FILE)]
    pub(crate) output: PathBuf,
    /// Writes over a file that is there, which is kept beside it as .bak
    #[arg(long)]
    pub(crate) force: bool,
    /// Declares the Smart Actions of an application too: its .forestadmin-schema.json
    #[arg(long, value_name = "FILE")]
    pub(crate) smart_actions: Option<PathBuf>,
    /// Where that application answers [default: port 8000 of this machine for Django, else 3000]
    #[arg(long, value_name = "URL", requires = "smart_actions")]
    pub(crate) endpoint: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  levers check
  levers check declarations/ --json
  levers check --offline         in a place that reaches no database

Every mistake is told with its file, line, what was expected and what is likely meant. Nothing is
run and nothing is changed: the databases say what they have, and whether the SQL makes sense.
Exit codes: 0 no mistake, 4 no file, 5 mistakes, 6 a database does not answer.")]
pub(crate) struct CheckArgs {
    /// The file, or a folder of .toml files [default: levers.toml]
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// Asks no database: names of collections, fields and SQL stay unchecked
    #[arg(long)]
    pub(crate) offline: bool,
}

/// Where the collections are: behind a running server, or in a database opened here.
#[derive(Debug, Clone, Args)]
pub(crate) struct TargetArgs {
    /// Opens this database; with --server, finds the development secret beside it
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// Asks this running server, for example <http://127.0.0.1:3310>
    #[arg(long, value_name = "URL", env = "LEVERS_SERVER", hide_env_values = true)]
    pub(crate) server: Option<String>,
    /// Proves who you are to the server [default: minted with the configured secret]
    #[arg(long, value_name = "TOKEN", env = "LEVERS_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
    /// Who runs it, where no token says so
    #[arg(long = "as", value_name = "E-MAIL", default_value = LOCAL_ACCOUNT)]
    pub(crate) email: String,
    /// Decides what 'today' means, for example Europe/Paris
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub(crate) timezone: String,
}

impl TargetArgs {
    /// The configured database, asked by the command line's own account.
    pub(crate) fn local() -> Self {
        Self { database: None, server: None, token: None, email: LOCAL_ACCOUNT.to_owned(), timezone: "UTC".to_owned() }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  levers jobs --database sqlite:shop.db
  levers jobs --collection orders --state failed --server http://127.0.0.1:3310
  levers jobs job_01a1f9e5a54a750baa0e9396a58fe64b")]
pub(crate) struct JobsArgs {
    /// The job to show
    #[arg(value_name = "JOB", conflicts_with_all = ["collection", "action", "state", "limit"])]
    pub(crate) job: Option<String>,
    /// Only jobs of this collection
    #[arg(long, value_name = "NAME")]
    pub(crate) collection: Option<String>,
    /// Only jobs of this action
    #[arg(long, value_name = "ID")]
    pub(crate) action: Option<String>,
    /// Only jobs that are executing, complete or failed
    #[arg(long, value_name = "STATE", value_parser = ["executing", "complete", "failed"])]
    pub(crate) state: Option<String>,
    /// How many
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  levers run companies 'Mark as Live' --id 7 --database sqlite:shop.db
  levers run orders Update --id 1 --id 2 --set status=shipped --server http://127.0.0.1:3310
  levers run orders Delete --all --filter '{\"field\":\"status\",\"operator\":\"equal\",\"value\":\"draft\"}'
  levers run orders Export --output orders.csv
  levers run companies 'Import companies' --file csv=companies.csv")]
pub(crate) struct RunArgs {
    /// The collection
    #[arg(value_name = "COLLECTION")]
    pub(crate) collection: String,
    /// The action's name or id
    #[arg(value_name = "ACTION")]
    pub(crate) action: String,
    /// A record to run it on; repeat for several. Composite ids are joined by |
    #[arg(long = "id", value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Runs it on all records that match --filter and --search
    #[arg(long, conflicts_with = "ids")]
    pub(crate) all: bool,
    /// Narrows the records down: a condition as JSON
    #[arg(long, value_name = "JSON")]
    pub(crate) filter: Option<String>,
    /// Narrows the records down to those that hold this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Narrows the records down to a segment
    #[arg(long, value_name = "NAME")]
    pub(crate) segment: Option<String>,
    /// Gives a form field a value, read by the field's type; repeat for several
    #[arg(long = "set", value_name = "FIELD=VALUE")]
    pub(crate) set: Vec<String>,
    /// Gives a form field a file
    #[arg(long = "file", value_name = "FIELD=PATH")]
    pub(crate) files: Vec<String>,
    /// Writes a file that comes back here instead of under its own name; - for standard output
    #[arg(long, short, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Makes repeated runs with the same key one
    #[arg(long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    /// Agrees to what the action asks before it runs; needed where no terminal can be asked
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Does not wait for an action that runs in the background; needs --server
    #[arg(long)]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ActionsArgs {
    /// Only this collection's; a database URL stands for --database
    #[arg(value_name = "COLLECTION|URL")]
    pub(crate) collection: Option<String>,
    #[command(flatten)]
    pub(crate) target: TargetArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaFormat {
    /// The file .forestadmin-schema.json of Forest's agents
    Forest,
    /// Our own: collections, fields, relations, segments, actions
    Json,
    /// The JSON Schema of levers.toml, for editors
    File,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The database [default: the configured one]
    #[arg(value_name = "URL")]
    pub(crate) url: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value = "json")]
    pub(crate) format: SchemaFormat,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The database to look at
    #[arg(value_name = "URL", conflicts_with = "server")]
    pub(crate) url: Option<String>,
    /// The running server to look at
    #[arg(long, value_name = "URL", env = "LEVERS_SERVER", hide_env_values = true)]
    pub(crate) server: Option<String>,
    /// Proves who you are to the server [default: minted with the configured secret]
    #[arg(long, value_name = "TOKEN", env = "LEVERS_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    /// Names the account
    #[arg(long, value_name = "E-MAIL")]
    pub(crate) email: String,
    /// The account's number or other identity, which a backend of legacy actions may ask for; default: the e-mail address
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,
    /// The rendering in Forest's words, by which such a backend looks permissions up
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) rendering: u64,
    /// The account's role
    #[arg(long, value_name = "NAME")]
    pub(crate) role: Option<String>,
    /// The account's team
    #[arg(long, value_name = "NAME")]
    pub(crate) team: Option<String>,
    /// Given name
    #[arg(long, value_name = "NAME")]
    pub(crate) first_name: Option<String>,
    /// Family name
    #[arg(long, value_name = "NAME")]
    pub(crate) last_name: Option<String>,
    /// A label; repeat for several
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    pub(crate) tags: Vec<String>,
    /// How many hours it is valid
    #[arg(long, value_name = "HOURS", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=8760))]
    pub(crate) hours: u32,
    /// The database whose server it is for, to find the development secret kept beside it
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
}

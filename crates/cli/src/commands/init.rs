//! `levers init`: a first file of declarations, for a database that exists.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use levers_server::{Application, FirstFile};

use crate::args::{GlobalArgs, InitArgs};
use crate::exit::Failure;
use crate::output::say;

pub(crate) async fn init(args: InitArgs, global: &GlobalArgs) -> Result<(), Failure> {
    let to_output = args.output == Path::new("-");
    // Before the database is asked: who would lose a file wants to know at once.
    if !to_output && !args.force && args.output.exists() {
        return Err(taken(&args.output));
    }
    let endpoint = args.endpoint.clone();
    let application = args.smart_actions.clone().map(|schema| Application { schema, endpoint });
    let first = levers_server::first_file(&args.url, application.as_ref()).await?;
    if to_output {
        return say(first.text.trim_end());
    }
    write(&args.output, &first.text, args.force)?;
    if global.json {
        return say(serde_json::json!({
            "file": args.output,
            "collections": first.collections,
            "variables": first.variables,
            "mistakes": first.mistakes,
        }));
    }
    say(told(&args.output, &first))
}

/// What was written, and what to type next.
fn told(output: &Path, first: &FirstFile) -> String {
    let program = crate::program();
    let collections =
        if first.collections == 1 { "1 collection" } else { &format!("{} collections", first.collections) };
    let actions = match first.actions {
        0 => String::new(),
        1 => ", 1 action".to_owned(),
        many => format!(", {many} actions"),
    };
    let wrong = match first.mistakes.len() {
        0 => "no mistakes".to_owned(),
        1 => "1 mistake, which `check` shows".to_owned(),
        many => format!("{many} mistakes, which `check` shows"),
    };
    let written = format!("Wrote {}: {collections}{actions}, {wrong}.\n", output.display());
    let secrets = if first.variables.is_empty() {
        String::new()
    } else {
        let exports: Vec<String> = first.variables.iter().map(|name| format!("  export {name}=…\n")).collect();
        let exports = exports.concat();
        format!("The secret of the URL is not in it. Set it, as the URL had it, wherever the file is used:\n{exports}")
    };
    let (path, config) = if output == Path::new(levers_server::DEFAULT_FILE) {
        (String::new(), String::new())
    } else {
        (format!(" {}", output.display()), format!(" --config {}", output.display()))
    };
    format!("{written}{secrets}Next, edit it, and:\n  {program} check{path}\n  {program} serve{config}")
}

fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    if force && path.exists() {
        // Somebody's work, perhaps of weeks, and perhaps served at this moment.
        let kept = path.with_added_extension("bak");
        std::fs::copy(path, &kept).map_err(|error| {
            Failure::new(Failure::FAILED, format!("{} cannot be written: {error}.", kept.display()))
        })?;
    }
    let mut options = OpenOptions::new();
    options.write(true);
    // `create_new`, so that a file that came in the meantime is kept too.
    if force {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => taken(path),
        _ => Failure::new(Failure::FAILED, format!("{} cannot be written: {error}.", path.display())),
    })
}

fn taken(path: &Path) -> Failure {
    Failure::new(
        Failure::CONFLICT,
        format!("{} is there already. Write elsewhere with --output, or over it with --force.", path.display()),
    )
}

//! `levers check`: what is wrong in the file of declarations.
//!
//! Answers go to standard output whether they are good or bad: the mistakes are
//! what was asked for. The exit code tells programs which it is.

use levers_server::{App, Checked, Declared, Mistake, SetupError};
use serde_json::json;

use crate::args::{CheckArgs, GlobalArgs};
use crate::exit::Failure;
use crate::output::say;
use crate::setup;

pub(crate) async fn check(args: CheckArgs, global: &GlobalArgs, app: App) -> Result<(), Failure> {
    let global = GlobalArgs { config: args.path.or_else(|| global.config.clone()), ..global.clone() };
    let setup = match setup::load(&global, &app, None, None) {
        Ok(setup) => setup,
        Err(SetupError::Mistakes(mistakes)) => return report_all(mistakes, &global, &app, args.offline).await,
        Err(error) => return Err(error.into()),
    };
    if setup.document.is_none() {
        return Err(Failure::new(
            Failure::NOT_FOUND,
            format!("There is no {} here. `{} init URL` writes one.", setup.place().display(), crate::program()),
        ));
    }
    let place = setup.place().display().to_string();
    let checked = levers_server::check(&setup, &app, args.offline).await?;
    report(&place, &checked, args.offline, global.json)
}

/// Mistakes that keep the file from being read are findings too, and what is right of it
/// is held against the databases all the same, so that nobody mends in two rounds.
async fn report_all(mut mistakes: Vec<Mistake>, global: &GlobalArgs, app: &App, offline: bool) -> Result<(), Failure> {
    let mut is_whole = false;
    if let Some(setup) = setup::load_what_is_right(global, app)
        && let Ok(further) = levers_server::check(&setup, app, offline).await
    {
        mistakes.extend(further.mistakes);
        mistakes.sort_by(|one, other| one.place().cmp(&other.place()));
        mistakes.dedup();
        is_whole = true;
    }
    let place = global.config.as_deref().unwrap_or(std::path::Path::new(levers_server::DEFAULT_FILE));
    report(&place.display().to_string(), &Checked { declared: None, mistakes, is_whole }, false, global.json)
}

fn report(place: &str, checked: &Checked, offline: bool, as_json: bool) -> Result<(), Failure> {
    let good = checked.is_good();
    if as_json {
        say(format_args!(
            "{:#}",
            json!({
                "path": place,
                "good": good,
                "collections": checked.declared.map(|declared| declared.collections),
                "actions": checked.declared.map(|declared| declared.actions),
                "mistakes": checked.mistakes,
            })
        ))?;
    } else {
        for mistake in &checked.mistakes {
            say(format_args!("{mistake}\n"))?;
        }
        say(format_args!("{place}: {}", summary(checked, offline)))?;
    }
    if good { Ok(()) } else { Err(Failure::told(Failure::INVALID)) }
}

fn summary(checked: &Checked, offline: bool) -> String {
    let warnings = checked.mistakes.iter().filter(|mistake| is_warning(mistake)).count();
    let errors = checked.mistakes.len() - warnings;
    if errors > 0 {
        let later = if checked.is_whole { "" } else { "; names, rules and SQL are looked at when these are gone" };
        return format!("{}{later}", count(errors, "mistake"));
    }
    let counted = checked.declared.map(|Declared { collections, actions }| {
        format!("{}, {}, ", count(collections, "collection"), count(actions, "action"))
    });
    let warned = if warnings > 0 { format!(", {}", count(warnings, "warning")) } else { String::new() };
    let unasked = if offline { "; the databases were not asked" } else { "" };
    format!("{}no mistakes{warned}{unasked}", counted.unwrap_or_default())
}

fn is_warning(mistake: &Mistake) -> bool {
    mistake.severity == levers_server::Severity::Warning
}

/// A number with its noun.
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

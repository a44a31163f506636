//! What an action wants to have agreed to before it runs.
//!
//! Whoever sits at a terminal is asked. A script cannot answer, and must not agree by
//! silence to what was written to be read: without `--yes` nothing runs.

use std::io::{BufRead, IsTerminal as _, Write, stderr, stdin};

use serde_json::Value as Json;

use crate::exit::Failure;

/// Asks, if the form wants it.
pub(super) fn ask(form: &Json) -> Result<(), Failure> {
    let Some(text) = form["confirmation"].as_str() else { return Ok(()) };
    if !stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "The action asks: {text} Nothing was run. Agree with --yes, or run it at a terminal."
        )));
    }
    agreed(text, &mut stdin().lock(), &mut stderr())
}

/// Only a yes is one.
fn agreed(text: &str, answer: &mut impl BufRead, screen: &mut impl Write) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::usage(format!("The terminal cannot be asked: {error}. Use --yes."));
    write!(screen, "{text} [y/N] ").and_then(|()| screen.flush()).map_err(failed)?;
    let mut line = String::new();
    answer.read_line(&mut line).map_err(failed)?;
    match line.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Failure::new(Failure::FAILED, "Nothing was run.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one() {
        for (line, agrees) in
            [("y\n", true), ("Yes\n", true), ("n\n", false), ("\n", false), ("", false), ("yeah\n", false)]
        {
            let mut screen = Vec::new();
            assert_eq!(agreed("Go on?", &mut line.as_bytes(), &mut screen).is_ok(), agrees, "{line:?}");
            assert_eq!(String::from_utf8(screen).unwrap(), "Go on? [y/N] ");
        }
    }
}

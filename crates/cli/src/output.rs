//! Answers on standard output.
//!
//! `println!` panics when the reader is gone, and `levers actions | head` is an
//! ordinary thing to type; a reader that has seen enough is no failure.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _, stdout};

use crate::exit::Failure;

/// Prints an answer and a line's end.
pub(crate) fn say(text: impl Display) -> Result<(), Failure> {
    match writeln!(stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(Failure::FAILED, format!("The answer cannot be printed: {error}.")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

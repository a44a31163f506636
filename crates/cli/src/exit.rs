//! How a command ends: a sentence and a number that programs can rely on.

use std::process::ExitCode;

use levers_model::{Error, ErrorKind};
use serde_json::{Value as Json, json};

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
    /// The whole answer of the server, for `--json`.
    details: Option<Json>,
}

impl Failure {
    /// The action or a check failed.
    pub(crate) const FAILED: u8 = 1;
    /// The command line itself is wrong; clap uses the same number.
    pub(crate) const USAGE: u8 = 2;
    const FORBIDDEN: u8 = 3;
    const NOT_FOUND: u8 = 4;
    const INVALID: u8 = 5;
    const UNAVAILABLE: u8 = 6;
    const CONFLICT: u8 = 7;

    /// A failure with this exit code.
    pub(crate) fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: None }
    }

    /// The command line itself is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Self::USAGE, message)
    }

    /// Nobody answers.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Self::UNAVAILABLE, message)
    }

    /// What a problem document says, under the exit code of its status.
    pub(crate) fn from_problem(status: u16, problem: &Json) -> Self {
        let code = match problem["code"].as_str().and_then(ErrorKind::from_code) {
            Some(kind) => Self::of_kind(kind),
            // Something between us and the server answered.
            None => match status {
                401 | 403 => Self::FORBIDDEN,
                404 => Self::NOT_FOUND,
                502..=504 => Self::UNAVAILABLE,
                _ => Self::FAILED,
            },
        };
        let detail = problem["detail"].as_str().or_else(|| problem["title"].as_str());
        let message = detail.map_or_else(|| format!("The server answered with status {status}."), str::to_owned);
        Self { code, message, details: Some(problem.clone()) }
    }

    /// The sentence.
    pub(crate) fn text(&self) -> &str {
        &self.message
    }

    const fn of_kind(kind: ErrorKind) -> u8 {
        match kind {
            ErrorKind::Unauthenticated | ErrorKind::Forbidden => Self::FORBIDDEN,
            ErrorKind::NotFound => Self::NOT_FOUND,
            ErrorKind::Invalid | ErrorKind::Constraint | ErrorKind::TooLarge => Self::INVALID,
            ErrorKind::Unavailable => Self::UNAVAILABLE,
            ErrorKind::Conflict | ErrorKind::Refused => Self::CONFLICT,
            ErrorKind::Internal => Self::FAILED,
        }
    }

    /// Prints the failure where and how the caller expects it.
    #[expect(clippy::print_stderr, reason = "telling the user is this function's purpose")]
    pub(crate) fn report(&self, as_json: bool) -> ExitCode {
        if as_json {
            let fallback = || json!({ "detail": self.message });
            eprintln!("{}", self.details.clone().unwrap_or_else(fallback));
        } else {
            eprintln!("error: {}", self.message);
            if let Some(job) = self.details.as_ref().and_then(|problem| problem["job"].as_str()) {
                eprintln!("Job {job}");
            }
        }
        ExitCode::from(self.code)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        // Whoever runs the command line runs the service, so the log's text is for them too.
        let helps = matches!(error.kind(), ErrorKind::Internal | ErrorKind::Unavailable);
        let message = match error.internal_text().filter(|_| helps) {
            Some(internal) => format!("{} ({internal})", error.message()),
            None => error.message().to_owned(),
        };
        Self::new(Self::of_kind(error.kind()), message)
    }
}

//! How a command ends: a sentence and a number that programs can rely on.

use std::process::ExitCode;

use levers_model::{Error, ErrorKind};
use levers_server::{Mistake, SetupError};
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
    /// What was named is not there.
    pub(crate) const NOT_FOUND: u8 = 4;
    /// Input that does not make sense: values, a configuration, a file of declarations.
    pub(crate) const INVALID: u8 = 5;
    const UNAVAILABLE: u8 = 6;
    /// Something that is there stands in the way.
    pub(crate) const CONFLICT: u8 = 7;

    /// A failure with this exit code.
    pub(crate) fn new(code: u8, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: None }
    }

    /// A failure of which everything has been said.
    pub(crate) fn told(code: u8) -> Self {
        Self { code, message: String::new(), details: None }
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

    /// All mistakes of a file, one after the other, and how many there are.
    fn of_mistakes(mistakes: &[Mistake]) -> Self {
        let number = mistakes.len();
        let texts: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
        let what = if number == 1 { "1 mistake".to_owned() } else { format!("{number} mistakes") };
        Self {
            code: Self::INVALID,
            message: format!("{what} in what is declared:\n\n{}", texts.join("\n\n")),
            details: Some(json!({
                "detail": format!("{what} in what is declared."),
                "mistakes": mistakes,
            })),
        }
    }

    /// The same, of a job that was begun and goes on without us.
    pub(crate) fn while_running(self, job: &str) -> Self {
        let message = format!("{} The action runs on as {job}; look at that job for what comes of it.", self.message);
        Self { message, details: None, ..self }
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
        if self.message.is_empty() {
            return ExitCode::from(self.code);
        }
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

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        match error {
            SetupError::Failed(error) => error.into(),
            SetupError::Mistakes(mistakes) => Self::of_mistakes(&mistakes),
        }
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

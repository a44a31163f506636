//! What came of an execution under test.

use bytes::Bytes;
use futures::TryStreamExt as _;
use levers_engine::Submitted;
use levers_model::{ChangeSet, Error, Job, Outcome, OutcomeKind, Result};
use levers_ports::FileBody;

/// What came of a submit: an outcome, or the error that kept it from running or
/// made it fail. Assertions return `&self`, so that several follow each other.
///
/// ```no_run
/// # use levers::testing::Test;
/// # async fn example(test: Test) {
/// let outcome = test.action("companies", "Mark as Live").on([1]).submit().await;
/// outcome.assert_success("Company is now live!").assert_changes("companies", 1);
/// test.action("companies", "Mark as Live").on([1]).submit().await.assert_error("The company was already live!");
/// # }
/// ```
#[derive(Debug)]
pub struct TestOutcome {
    job: Option<Job>,
    result: Result<Outcome>,
    file: Option<Bytes>,
    replayed: bool,
    no_changes: ChangeSet,
}

impl TestOutcome {
    pub(super) async fn new(submitted: Result<Submitted>) -> Self {
        let no_changes = ChangeSet::default();
        match submitted {
            Err(error) => Self { job: None, result: Err(error), file: None, replayed: false, no_changes },
            Ok(Submitted { job, reply, replayed }) => {
                let (result, file) = match reply {
                    Err(error) => (Err(error), None),
                    Ok(reply) => match read(reply.file).await {
                        Ok(file) => (Ok(reply.outcome), file),
                        Err(error) => (Err(error), None),
                    },
                };
                Self { job: Some(job), result, file, replayed, no_changes }
            }
        }
    }

    /// It worked, and said this.
    ///
    /// # Panics
    /// When it did not, or said something else.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// outcome.assert_success("Company is now live!");
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_success(&self, expected: &str) -> &Self {
        match self.outcome().kind.clone() {
            OutcomeKind::Success { message, .. } => assert_eq!(message.as_deref().unwrap_or_default(), expected),
            other => panic!("Expected success with “{expected}”, got {other:?}."),
        }
        self
    }

    /// It came back with an error outcome, or broke off with an error, and said this.
    ///
    /// # Panics
    /// When it worked, or said something else.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// outcome.assert_error("The company was already live!");
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_error(&self, expected: &str) -> &Self {
        assert_eq!(self.error_text(), expected);
        self
    }

    /// A value was refused, with this sentence beside its field.
    ///
    /// # Panics
    /// When it was not, or with another sentence.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// outcome.assert_field_error("amount", "A value is required.");
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_field_error(&self, field: &str, expected: &str) -> &Self {
        let Err(error) = &self.result else { panic!("Expected an error of “{field}”, got {:?}.", self.result) };
        let of_field = error.fields().iter().find(|error| error.field == field);
        let of_field = of_field.unwrap_or_else(|| panic!("There is no error of “{field}” in {error:?}."));
        assert_eq!(of_field.message, expected);
        self
    }

    /// So many records of a collection were created, changed or deleted.
    ///
    /// # Panics
    /// When there were more or fewer.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// outcome.assert_changes("companies", 1);
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_changes(&self, collection: &str, expected: u64) -> &Self {
        let counts = self.changes().counts.iter().filter(|count| count.collection == collection);
        assert_eq!(counts.map(|count| count.count).sum::<u64>(), expected, "changes of “{collection}”");
        self
    }

    /// It leads to this page.
    ///
    /// # Panics
    /// When it leads elsewhere or nowhere.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// outcome.assert_redirect("/companies/7/activity");
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_redirect(&self, expected: &str) -> &Self {
        match self.outcome().kind.clone() {
            OutcomeKind::Redirect { to, .. } => assert_eq!(to, expected),
            other => panic!("Expected a redirect to “{expected}”, got {other:?}."),
        }
        self
    }

    /// It gave a file of this name; returns its bytes.
    ///
    /// # Panics
    /// When it gave none, or one of another name.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert!(outcome.assert_file("invoice.pdf").starts_with(b"%PDF-"));
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_file(&self, expected: &str) -> &Bytes {
        match self.outcome().kind.clone() {
            OutcomeKind::File { name, .. } => assert_eq!(name, expected),
            other => panic!("Expected a file “{expected}”, got {other:?}."),
        }
        self.file.as_ref().unwrap_or_else(|| panic!("The file “{expected}” has no bytes."))
    }

    /// The markup of the outcome, if it has any.
    ///
    /// # Panics
    /// When the action broke off with an error.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert!(outcome.html().unwrap().contains("charged"));
    /// # }
    /// ```
    #[track_caller]
    pub fn html(&self) -> Option<&str> {
        match &self.outcome().kind {
            OutcomeKind::Success { html, .. } | OutcomeKind::Error { html, .. } => html.as_deref(),
            _ => None,
        }
    }

    /// The relations that are to be loaded again.
    ///
    /// # Panics
    /// When the action broke off with an error.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert_eq!(outcome.refreshed(), ["emitted_transactions"]);
    /// # }
    /// ```
    #[track_caller]
    pub fn refreshed(&self) -> &[String] {
        match &self.outcome().kind {
            OutcomeKind::Success { refresh, .. } => refresh,
            _ => &[],
        }
    }

    /// The outcome as it is kept with the job.
    ///
    /// # Panics
    /// When the action broke off with an error.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// println!("{:?}", outcome.outcome().kind);
    /// # }
    /// ```
    #[track_caller]
    pub fn outcome(&self) -> &Outcome {
        match &self.result {
            Ok(outcome) => outcome,
            Err(error) => panic!("Expected an outcome, got the error {error:?}."),
        }
    }

    /// The error that kept it from running, or made it fail.
    ///
    /// # Panics
    /// When there is an outcome instead.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert_eq!(outcome.error().kind(), levers::ErrorKind::Refused);
    /// # }
    /// ```
    #[track_caller]
    pub fn error(&self) -> &Error {
        match &self.result {
            Err(error) => error,
            Ok(outcome) => panic!("Expected an error, got {outcome:?}."),
        }
    }

    /// What it changed; nothing when it did not run.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert_eq!(outcome.changes().changes[0].collection, "companies");
    /// # }
    /// ```
    pub fn changes(&self) -> &ChangeSet {
        self.job.as_ref().map_or(&self.no_changes, |job| &job.changes)
    }

    /// The job as it was recorded.
    ///
    /// # Panics
    /// When it did not run.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert_eq!(outcome.job().caller.email, "ada@example.com");
    /// # }
    /// ```
    #[track_caller]
    pub fn job(&self) -> &Job {
        self.job.as_ref().unwrap_or_else(|| panic!("There is no job, because of {:?}.", self.result))
    }

    /// Whether it is the outcome of an earlier submit with the same key.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert!(!outcome.is_replay());
    /// # }
    /// ```
    pub fn is_replay(&self) -> bool {
        self.replayed
    }

    #[track_caller]
    fn error_text(&self) -> String {
        match &self.result {
            Err(error) => error.message().to_owned(),
            Ok(outcome) => match &outcome.kind {
                OutcomeKind::Error { message, .. } => message.clone().unwrap_or_default(),
                other => panic!("Expected an error, got {other:?}."),
            },
        }
    }
}

async fn read(file: Option<FileBody>) -> Result<Option<Bytes>> {
    match file {
        None => Ok(None),
        Some(FileBody::Bytes(bytes)) => Ok(Some(bytes)),
        Some(FileBody::Stream(stream)) => {
            let chunks: Vec<Bytes> = stream.try_collect().await?;
            Ok(Some(chunks.concat().into()))
        }
    }
}

//! One execution that is being prepared.

use std::fmt::Display;

use levers_engine::{FormRequest, SearchedField, Submission, Submitted};
use levers_model::{
    ActionId, Condition, Form, JobState, ParentRecord, RecordId, RequestFilter, Search, Selection, Targets, Values,
};
use serde_json::Value as Json;

use super::Test;
use super::form::TestForm;
use super::outcome::TestOutcome;

/// An execution of an action that is being prepared: on which records, with which values.
///
/// ```no_run
/// # use levers::prelude::*;
/// # use levers::testing::Test;
/// # async fn example(test: Test) {
/// test.action("companies", "Reject companies").on([1, 2]).set("reason", "Fraud").submit().await.assert_success("2 companies rejected.");
/// test.action("companies", "Reject companies").on_all_where(field("status").eq("pending")).submit().await;
/// # }
/// ```
#[derive(Clone)]
pub struct Trial {
    pub(super) test: Test,
    pub(super) collection: String,
    pub(super) action: ActionId,
    pub(super) selection: Selection,
    pub(super) values: Values,
    idempotency_key: Option<String>,
}

impl Trial {
    pub(super) fn new(test: Test, collection: &str, action: &str) -> Self {
        Self {
            test,
            collection: collection.to_owned(),
            action: ActionId::from_name(action),
            selection: Selection::none(),
            values: Values::new(),
            idempotency_key: None,
        }
    }

    /// Selects these records, by id.
    ///
    /// # Panics
    /// When one of them cannot be an id of the collection.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// test.action("companies", "Reject").on([1, 2]).submit().await;
    /// # }
    /// ```
    pub fn on<I: Display>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        let ids = ids.into_iter().map(|id| self.record_id(&self.collection, &id)).collect();
        self.selection.targets = Targets::Ids(ids);
        self
    }

    /// Selects all records.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// test.action("companies", "Reject").on_all().submit().await;
    /// # }
    /// ```
    pub fn on_all(mut self) -> Self {
        self.selection.targets = Targets::AllExcept(Vec::new());
        self
    }

    /// Selects all records that pass a condition.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// test.action("companies", "Reject").on_all_where(field("status").eq("pending")).submit().await;
    /// # }
    /// ```
    pub fn on_all_where(mut self, condition: Condition) -> Self {
        self.selection.filter = RequestFilter { condition: Some(condition), ..RequestFilter::default() };
        self.on_all()
    }

    /// Narrows the list to what is found by this text, before anything is selected.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// test.action("companies", "Reject").searching("ltd").on_all().submit().await;
    /// # }
    /// ```
    pub fn searching(mut self, text: impl Into<String>) -> Self {
        self.selection.filter.search = Some(Search { text: text.into(), extended: false });
        self
    }

    /// Narrows the list to a segment, before anything is selected.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// test.action("companies", "Reject").in_segment("To review").on_all().submit().await;
    /// # }
    /// ```
    pub fn in_segment(mut self, name: impl Into<String>) -> Self {
        self.selection.filter.segment = Some(name.into());
        self
    }

    /// Takes these records out of a selection of all.
    ///
    /// # Panics
    /// When one of them cannot be an id of the collection.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// test.action("companies", "Reject").except([7]).submit().await;
    /// # }
    /// ```
    pub fn except<I: Display>(mut self, ids: impl IntoIterator<Item = I>) -> Self {
        let ids = ids.into_iter().map(|id| self.record_id(&self.collection, &id)).collect();
        self.selection.targets = Targets::AllExcept(ids);
        self
    }

    /// Starts it from the related data of a record.
    ///
    /// # Panics
    /// When the id cannot be one of that collection.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// test.action("transactions", "Validate").on_all().from_related("companies", 2, "emitted_transactions").submit().await;
    /// # }
    /// ```
    pub fn from_related(mut self, collection: &str, id: impl Display, relation: &str) -> Self {
        let id = self.record_id(collection, &id);
        self.selection.parent = Some(ParentRecord { collection: collection.into(), id, relation: relation.into() });
        self
    }

    /// Gives a field this value, as a client does that fills nothing by hand.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// test.action("companies", "Reject").on([1]).set("reason", "Fraud").submit().await;
    /// # }
    /// ```
    pub fn set(mut self, field: impl Into<String>, value: impl Into<Json>) -> Self {
        self.values.insert(field.into(), value.into());
        self
    }

    /// Gives a field this file.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// test.action("companies", "Import").set_file("csv", "new.csv", "text/csv", "name\nAcme\n").submit().await;
    /// # }
    /// ```
    pub fn set_file(self, field: impl Into<String>, name: &str, mime: &str, content: impl Into<Vec<u8>>) -> Self {
        self.set(field, data_uri(name, mime, content))
    }

    /// Makes repeated submits one.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// test.action("companies", "Reject").on([1]).idempotency_key("k1").submit().await;
    /// # }
    /// ```
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Opens the form.
    ///
    /// # Panics
    /// When the form cannot be shown.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// let form = test.action("companies", "Reject").on([1]).form().await;
    /// # }
    /// ```
    pub async fn form(self) -> TestForm {
        let values = (!self.values.is_empty()).then(|| self.values.clone());
        let form = self.resolve(values, None, None).await;
        TestForm::new(self, form)
    }

    /// Runs it with the values that were set and the defaults of all others, to its end,
    /// also when it runs in the background.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// let outcome = test.action("companies", "Reject").on([1]).submit().await;
    /// # }
    /// ```
    pub fn submit(&self) -> impl Future<Output = TestOutcome> + Send + use<> {
        let test = self.test.clone();
        let submission = Submission {
            collection: self.collection.clone(),
            action: self.action.clone(),
            selection: self.selection.clone(),
            values: self.values.clone(),
            idempotency_key: self.idempotency_key.clone(),
            approval: None,
        };
        async move { TestOutcome::new(submit_and_wait(&test, submission).await).await }
    }

    pub(super) async fn resolve(
        &self,
        values: Option<Values>,
        changed: Option<&str>,
        search: Option<SearchedField>,
    ) -> Form {
        let request = FormRequest {
            collection: self.collection.clone(),
            action: self.action.clone(),
            selection: self.selection.clone(),
            values,
            changed: changed.map(str::to_owned),
            search,
        };
        let form = self.test.engine.form(&self.test.context(), request).await;
        form.unwrap_or_else(|error| panic!("The form of “{}” cannot be shown: {error:?}", self.action))
    }

    fn record_id(&self, collection: &str, id: &impl Display) -> RecordId {
        let context = self.test.context();
        let entry = self.test.engine.collection(&context, collection);
        let entry = entry.unwrap_or_else(|error| panic!("{error}"));
        RecordId::parse(&id.to_string(), entry.schema()).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// An action in the background is waited for, so that a test looks at what came of it.
async fn submit_and_wait(test: &Test, submission: Submission) -> levers_model::Result<Submitted> {
    let cx = test.context();
    let submitted = test.engine.submit(&cx, submission).await?;
    if submitted.job.state != JobState::Executing {
        return Ok(submitted);
    }
    let ended = test.engine.wait(&cx, submitted.job.id).await?;
    Ok(Submitted { replayed: submitted.replayed, ..ended })
}

pub(super) fn data_uri(name: &str, mime: &str, content: impl Into<Vec<u8>>) -> String {
    let file = levers_model::FileValue { mime: mime.into(), name: name.into(), charset: None, content: content.into() };
    file.to_data_uri()
}

//! A form as a person fills it.

use levers_engine::SearchedField;
use levers_model::form::Choice;
use levers_model::{Field, Form, LayoutElement, Widget};
use serde_json::Value as Json;

use super::outcome::TestOutcome;
use super::trial::{Trial, data_uri};

/// A form that is being filled, as a client would: a change of a field on which
/// others depend asks for the form again.
///
/// ```no_run
/// # use levers::testing::Test;
/// # async fn example(test: Test) {
/// let mut form = test.action("customers", "Charge credit card").on([1]).form().await;
/// assert_eq!(form.ids(), ["amount", "description"]);
/// form.fill("amount", 20).await;
/// form.fill("description", "A chair").await;
/// assert!(form.field("amount").required);
/// form.submit().await.assert_success("20.00 USD charged.");
/// # }
/// ```
pub struct TestForm {
    trial: Trial,
    form: Form,
}

impl TestForm {
    pub(super) fn new(trial: Trial, form: Form) -> Self {
        let mut new = Self { trial, form };
        new.take_values();
        new
    }

    /// The ids of the fields that are shown, in order.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert_eq!(form.ids(), ["amount", "description"]);
    /// # }
    /// ```
    pub fn ids(&self) -> Vec<&str> {
        self.form.fields.iter().map(|field| field.id.as_str()).collect()
    }

    /// Whether a field is shown.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert!(!form.has("reason"));
    /// # }
    /// ```
    pub fn has(&self, field: &str) -> bool {
        self.form.field(field).is_some()
    }

    /// A field as it stands: label, description, type, value, required, read-only, widget.
    ///
    /// # Panics
    /// When it is not shown.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert!(form.field("amount").required);
    /// # }
    /// ```
    #[track_caller]
    pub fn field(&self, id: &str) -> &Field {
        let shown = || self.ids().join(", ");
        self.form.field(id).unwrap_or_else(|| panic!("There is no field “{id}” in the form. Shown are: {}.", shown()))
    }

    /// The value of a field as it stands; null when it is empty.
    ///
    /// # Panics
    /// When it is not shown.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert_eq!(form.value("amount"), json!(20));
    /// # }
    /// ```
    #[track_caller]
    pub fn value(&self, field: &str) -> Json {
        self.field(field).value.clone().unwrap_or_default()
    }

    /// Where the fields stand; empty when they simply follow each other.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert!(form.layout().is_empty());
    /// # }
    /// ```
    pub fn layout(&self) -> &[LayoutElement] {
        &self.form.layout
    }

    /// What has to be agreed to before the form is submitted, as it stands with these values.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert_eq!(form.confirmation(), Some("Refund 20 USD?"));
    /// # }
    /// ```
    pub fn confirmation(&self) -> Option<&str> {
        self.form.confirmation.as_deref()
    }

    /// Types a value, and asks for the form again when others depend on it.
    ///
    /// # Panics
    /// When the field is not shown or cannot be changed, or the form cannot be shown again.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// form.fill("amount", 20).await;
    /// # }
    /// ```
    pub async fn fill(&mut self, field: &str, value: impl Into<Json>) {
        let shown = self.field(field);
        assert!(!shown.read_only, "The field “{field}” is read-only.");
        let watched = shown.watched;
        let value = value.into();
        self.trial.values.insert(field.to_owned(), value.clone());
        if watched {
            self.form = self.trial.resolve(Some(self.trial.values.clone()), Some(field), None).await;
            self.take_values();
        } else if let Some(shown) = self.form.fields.iter_mut().find(|shown| shown.id == field) {
            shown.value = Some(value).filter(|value| !value.is_null());
        }
    }

    /// Puts a file into a field.
    ///
    /// # Panics
    /// As [`TestForm::fill`].
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// form.fill_file("csv", "new.csv", "text/csv", "name\nAcme\n").await;
    /// # }
    /// ```
    pub async fn fill_file(&mut self, field: &str, name: &str, mime: &str, content: impl Into<Vec<u8>>) {
        self.fill(field, data_uri(name, mime, content)).await;
    }

    /// Types into the search of a dropdown, and returns the choices that come back.
    ///
    /// # Panics
    /// When the field is not shown or no dropdown, or the form cannot be shown.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// assert!(!form.search("company", "acme").await.is_empty());
    /// # }
    /// ```
    pub async fn search(&self, field: &str, text: &str) -> Vec<Choice> {
        self.field(field);
        let search = SearchedField { field: field.to_owned(), text: text.to_owned() };
        let answer = self.trial.resolve(Some(self.trial.values.clone()), None, Some(search)).await;
        match answer.field(field).and_then(|field| field.widget.clone()) {
            Some(Widget::Dropdown { options, .. }) => options,
            other => panic!("The field “{field}” is no dropdown, but {other:?}."),
        }
    }

    /// Runs the action with the values as they stand.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// form.submit().await.assert_success("Done.");
    /// # }
    /// ```
    pub async fn submit(&self) -> TestOutcome {
        self.trial.submit().await
    }

    /// What the form shows is what it submits: computed values win over typed
    /// ones, and what is hidden has none.
    fn take_values(&mut self) {
        self.trial.values = self.form.values();
    }
}

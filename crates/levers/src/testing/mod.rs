//! Testing actions without a server.
//!
//! A [`Test`] is an author's program over the real engine, with its jobs in a
//! temporary file. It submits as a caller, shows the form at each step, and
//! has what came of it looked at. What does not hold panics with a sentence, as
//! assertions do.
//!
//! ```no_run
//! use levers::prelude::*;
//! use levers::testing::Test;
//!
//! # async fn program() -> levers::Result<Levers> { Ok(Levers::new()) }
//! # async fn example() -> levers::Result<()> {
//! let test = Test::new(program().await?).await.as_caller("ada@example.com").role("admin");
//!
//! // Straight through:
//! test.action("companies", "Mark as Live").on([1]).submit().await
//!     .assert_success("Company is now live!");
//!
//! // Step by step, as a person fills the form:
//! let mut form = test.action("companies", "Add new transaction").on([1]).form().await;
//! assert!(form.field("amount").required);
//! form.fill("beneficiary", "2").await;
//! form.fill("amount", 20).await;
//! let outcome = form.submit().await;
//! outcome.assert_success("New transaction emitted");
//! assert_eq!(outcome.changes().counts[0].count, 1);
//! # Ok(())
//! # }
//! ```

mod direct;
mod form;
mod outcome;
mod trial;

use std::sync::Arc;

use levers_engine::{Engine, OpContext};
use levers_model::{Caller, Door};
use levers_ports::Source;
use levers_store::SqliteStore;
use tempfile::TempDir;

pub use form::TestForm;
pub use levers_model::{Field, LayoutElement, Outcome, OutcomeKind, Widget};
pub use outcome::TestOutcome;
pub use trial::Trial;

use crate::builder::Levers;
use crate::record::Record;
use crate::records::CollectionHandle;

/// An author's program under test, and the caller who uses it.
#[derive(Clone)]
pub struct Test {
    engine: Engine,
    caller: Caller,
    sources: Vec<Arc<dyn Source>>,
    /// Removes the store's files when the last clone goes.
    _folder: Arc<TempDir>,
}

impl Test {
    /// Starts the engine over the program's data sources. The caller is
    /// `test@example.com` until [`Test::as_caller`] says otherwise.
    ///
    /// # Panics
    /// When the program is not in order: an unknown collection, two actions of one name.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// let test = Test::new(Levers::new()).await;
    /// # }
    /// ```
    pub async fn new(levers: Levers) -> Self {
        let folder = TempDir::new().unwrap_or_else(|error| panic!("There is no place for temporary files: {error}"));
        let store = SqliteStore::open(&folder.path().join("jobs.db")).await;
        let store = store.unwrap_or_else(|error| panic!("The store for jobs cannot be made: {error:?}"));
        let mut builder = Engine::builder(Arc::new(store));
        for source in &levers.sources {
            builder = builder.source(source.clone());
        }
        for (collection, customization) in levers.customizations {
            builder = builder.customize(collection, customization);
        }
        let engine = builder.build().unwrap_or_else(|error| panic!("The program is not in order: {error}"));
        Self {
            engine,
            caller: Caller::new("test@example.com", Door::Test),
            sources: levers.sources,
            _folder: Arc::new(folder),
        }
    }

    /// The same program, used by the account of this e-mail address.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// let ada = test.as_caller("ada@example.com");
    /// # }
    /// ```
    pub fn as_caller(&self, email: impl Into<String>) -> Self {
        Self { caller: Caller::new(email, Door::Test), ..self.clone() }
    }

    /// Gives the caller a role.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// let admin = test.as_caller("ada@example.com").role("admin");
    /// # }
    /// ```
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.caller.role = Some(role.into());
        self
    }

    /// Gives the caller a time zone, which decides what 'today' means; UTC without this.
    ///
    /// # Panics
    /// When there is no zone of this IANA name, such as `Europe/Paris`.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// let ada = test.as_caller("ada@example.com").timezone("Europe/Paris");
    /// # }
    /// ```
    pub fn timezone(mut self, name: &str) -> Self {
        self.caller.timezone = name.parse().unwrap_or_else(|_| panic!("There is no time zone “{name}”."));
        self
    }

    /// Begins an execution of an action, by its name or id.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// test.action("companies", "Mark as Live").on([1]).submit().await;
    /// # }
    /// ```
    pub fn action(&self, collection: &str, action: &str) -> Trial {
        Trial::new(self.clone(), collection, action)
    }

    /// Reads and changes records directly, to arrange and to check. Nothing of it is recorded.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// test.collection("companies").by_id(1).unwrap().update(json!({ "status": "pending" })).await.unwrap();
    /// # }
    /// ```
    pub fn collection(&self, name: &str) -> CollectionHandle {
        let cx = self.context().query_context();
        let records = direct::DirectRecords { sources: self.sources.clone(), cx };
        CollectionHandle::new(Arc::new(records), name.to_owned())
    }

    /// Reads the record of an id, every column.
    ///
    /// # Panics
    /// When there is none.
    ///
    /// ```no_run
    /// # use levers::prelude::*;
    /// # use levers::testing::{Test, TestForm, TestOutcome};
    /// # async fn example(test: Test, mut form: TestForm, outcome: TestOutcome) {
    /// let status: String = test.record("companies", 1).await.get("status").unwrap();
    /// # }
    /// ```
    pub async fn record(&self, collection: &str, id: impl std::fmt::Display) -> Record {
        let id = id.to_string();
        let read = self.collection(collection).get(&id, crate::record::ALL).await;
        read.unwrap_or_else(|error| panic!("“{collection}” {id} cannot be read: {error:?}"))
    }

    fn context(&self) -> OpContext {
        self.engine.context(self.caller.clone())
    }
}

//! Declaring an action.

use std::future::Future;
use std::sync::Arc;

use async_trait::async_trait;
use levers_model::{ActionKind, Mode, Scope};
use levers_ports::{ActionContext, ActionDeclaration, Computed, ElementDeclaration, FormDeclaration, Handler, Reply};

use crate::context::Context;
use crate::error::Result;
use crate::form_context::FormContext;
use crate::layout::Element;
use crate::outcome::Outcome;
use crate::property::{Answer, computed, computed_as};

/// An action that is being declared. [`Action::execute`] completes it, and
/// [`CollectionBuilder::action`](crate::CollectionBuilder::action) takes it.
///
/// ```
/// use levers::prelude::*;
///
/// let charge = Action::single("Charge credit card")
///     .description("Charges the customer's card at once.")
///     .submit_label("Charge")
///     .field(Field::number("amount").required().description("In USD, such as 42.50"))
///     .field(Field::string("description").required())
///     .execute(|cx| async move {
///         let amount: f64 = cx.value("amount")?;
///         Ok(Outcome::success(format!("{amount:.2} USD charged.")))
///     });
/// ```
#[derive(Debug)]
pub struct Action {
    about: levers_model::Action,
    form: FormDeclaration,
    confirmation: Option<Computed<String>>,
}

impl Action {
    /// An action on exactly one record. Its id is the name in lower case with dashes.
    ///
    /// ```
    /// let _ = levers::Action::single("Mark as Live");
    /// ```
    pub fn single(name: impl Into<String>) -> Self {
        Self::new(name, Scope::Single)
    }

    /// An action on one or many records, of which there may be a million.
    ///
    /// ```
    /// let _ = levers::Action::bulk("Reject");
    /// ```
    pub fn bulk(name: impl Into<String>) -> Self {
        Self::new(name, Scope::Bulk)
    }

    /// An action on the collection as such, without a selection.
    ///
    /// ```
    /// let _ = levers::Action::global("Import companies");
    /// ```
    pub fn global(name: impl Into<String>) -> Self {
        Self::new(name, Scope::Global)
    }

    fn new(name: impl Into<String>, scope: Scope) -> Self {
        Self { about: levers_model::Action::new(name, scope), form: FormDeclaration::empty(), confirmation: None }
    }

    /// A sentence shown above the form.
    ///
    /// ```
    /// let _ = levers::Action::bulk("Reject").description("Rejected companies are told by e-mail.");
    /// ```
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.about.description = Some(text.into());
        self
    }

    /// What the form's button says instead of the action's name; at most 50
    /// characters, which is checked at the start of the program.
    ///
    /// ```
    /// let _ = levers::Action::bulk("Reject").submit_label("Reject them");
    /// ```
    pub fn submit_label(mut self, label: impl Into<String>) -> Self {
        self.about.submit_label = Some(label.into());
        self
    }

    /// Says that a file may come back, so that clients prepare for a download.
    ///
    /// ```
    /// let _ = levers::Action::single("Generate invoice").generates_file();
    /// ```
    pub fn generates_file(mut self) -> Self {
        self.about.generates_file = true;
        self
    }

    /// What the button looks like, so that a dangerous action is told from the others.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Action::bulk("Delete for good").kind(ActionKind::Danger);
    /// ```
    pub fn kind(mut self, kind: ActionKind) -> Self {
        self.about.kind = kind;
        self
    }

    /// Does not let the caller wait: the answer is that the action has started, with the
    /// job in which its outcome will be. For what takes longer than somebody looks at
    /// a screen. A file that it comes back with, of at most 16 MB, is kept with the job.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let recompute = Action::global("Recompute all scores").background().execute(|cx| async move {
    ///     let companies = cx.update(json!({ "score": null })).await?;
    ///     Ok(Outcome::success(format!("{companies} scores recomputed.")))
    /// });
    /// # let _ = recompute;
    /// ```
    pub fn background(mut self) -> Self {
        self.about.mode = Mode::Background;
        self
    }

    /// What has to be agreed to before it runs. People are asked by the client that they
    /// use; programs are not.
    ///
    /// ```
    /// let _ = levers::Action::bulk("Reject").confirm("The companies will be told by e-mail. Go on?");
    /// ```
    pub fn confirm(mut self, text: impl Into<String>) -> Self {
        self.confirmation = Some(text.into().into());
        self
    }

    /// What has to be agreed to, computed from the records and what was typed. Nothing
    /// is asked while the text is empty.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Action::bulk("Reject")
    ///     .confirm_with(|cx| async move { Ok(format!("Reject {} companies?", cx.count().await?)) });
    /// ```
    pub fn confirm_with<F, Fut>(mut self, text: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<String>,
    {
        self.confirmation = Some(computed(text));
        self
    }

    /// Asks for a value.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Action::bulk("Reject").field(Field::string("reason").required());
    /// ```
    pub fn field(self, field: crate::Field) -> Self {
        self.with(field)
    }

    /// Puts a field, row, separator, text or page below the others. Takes the
    /// place of a form that was computed.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Action::bulk("Reject")
    ///     .with(Row::new(Field::string("reason"), Field::date_only("until")))
    ///     .with(Separator::new())
    ///     .with(Html::new("<p>They are told by e-mail.</p>"));
    /// ```
    pub fn with(mut self, element: impl Into<Element>) -> Self {
        let element = element.into().into();
        match &mut self.form {
            FormDeclaration::Elements(elements) => elements.push(element),
            FormDeclaration::Dynamic(_) => self.form = FormDeclaration::Elements(vec![element]),
        }
        self
    }

    /// A form whose very elements are computed. Where only properties depend on
    /// something, closures on the fields are simpler.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let _ = Action::bulk("Rename").form_with(|cx| async move {
    ///     let names = cx.records(["name"]).await?;
    ///     let fields = names.iter().map(|record| {
    ///         let name: String = record.get("name")?;
    ///         Ok(Field::string(record.id()?.to_string()).label(name.clone()).default(name))
    ///     });
    ///     fields.collect::<levers::Result<Vec<Field>>>()
    /// });
    /// ```
    pub fn form_with<F, Fut>(mut self, elements: F) -> Self
    where
        F: Fn(FormContext) -> Fut + Send + Sync + 'static,
        Fut: Future + Send + 'static,
        Fut::Output: Answer<Vec<Element>>,
    {
        let declared = |elements: Vec<Element>| elements.into_iter().map(ElementDeclaration::from).collect::<Vec<_>>();
        if let levers_ports::Computed::Dynamic(closure) = computed_as(elements, declared) {
            self.form = FormDeclaration::Dynamic(closure);
        }
        self
    }

    /// What it does: a closure that gets the [`Context`] and comes back with an
    /// [`Outcome`], with nothing, or with an [`Error`](crate::Error), which fails
    /// the job. A panic fails the job too, and nothing else.
    ///
    /// ```
    /// use levers::prelude::*;
    /// let mark_as_live = Action::single("Mark as Live").execute(|cx| async move {
    ///     cx.update(json!({ "status": "live" })).await?;
    ///     Ok(Outcome::success("Company is now live!"))
    /// });
    /// # let _ = mark_as_live;
    /// ```
    pub fn execute<F, Fut, R>(self, handler: F) -> ActionDeclaration
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R>> + Send + 'static,
        R: Into<Outcome> + 'static,
    {
        self.handler(Closure(handler))
    }

    /// What it does, as a [`Handler`] of one's own: for those that hold state or
    /// call other programs.
    ///
    /// ```
    /// use levers::prelude::*;
    /// use levers::{ActionContext, Handler, Reply};
    ///
    /// struct Greet(String);
    ///
    /// #[levers::async_trait]
    /// impl Handler for Greet {
    ///     async fn execute(&self, _cx: ActionContext) -> levers::HandlerResult<Reply> {
    ///         Ok(Outcome::success(&self.0).into())
    ///     }
    /// }
    ///
    /// let greet = Action::global("Greet").handler(Greet("Hello!".into()));
    /// # let _ = greet;
    /// ```
    pub fn handler(self, handler: impl Handler + 'static) -> ActionDeclaration {
        ActionDeclaration {
            action: Arc::new(self.about),
            form: Arc::new(self.form),
            confirmation: self.confirmation,
            handler: Arc::new(handler),
        }
    }
}

struct Closure<F>(F);

#[async_trait]
impl<F, Fut, R> Handler for Closure<F>
where
    F: Fn(Context) -> Fut + Send + Sync,
    Fut: Future<Output = Result<R>> + Send,
    R: Into<Outcome>,
{
    async fn execute(&self, cx: ActionContext) -> levers_model::Result<Reply> {
        let outcome: Outcome = (self.0)(Context::new(cx)).await?.into();
        Ok(outcome.into())
    }
}

//! What an author declared around the work: a rule before it, words after it.

use std::sync::Arc;

use async_trait::async_trait;
use levers_model::{Error, ErrorKind, Outcome, OutcomeKind, Result};
use levers_ports::{ActionContext, Handler, Reply};
use levers_rules::{Facts, Rule, Scope, Template};
use serde_json::json;

use super::expression::{Expression, in_action};
use super::facts::{Asker, Needs, narrowed};

/// What an action does.
#[async_trait]
pub(crate) trait Work: Send + Sync {
    /// Does it.
    async fn work(&self, cx: &ActionContext) -> Result<Done>;
}

/// What came of it.
pub(crate) struct Done {
    pub(crate) reply: Reply,
    /// How many records or rows changed, when that is known.
    pub(crate) count: Option<u64>,
}

/// Work that is a handler of its own.
pub(crate) struct Foreign<H>(pub(crate) H);

#[async_trait]
impl<H: Handler> Work for Foreign<H> {
    async fn work(&self, cx: &ActionContext) -> Result<Done> {
        Ok(Done { reply: self.0.execute(cx.clone()).await?, count: None })
    }
}

/// Work with a rule before it and words after it.
pub(crate) struct Spoken {
    pub(crate) work: Box<dyn Work>,
    pub(crate) allow: Option<Expression<Rule>>,
    pub(crate) allow_message: Option<Expression<Template>>,
    pub(crate) success: Words,
    pub(crate) error: Option<Expression<Template>>,
    pub(crate) refresh: Vec<String>,
}

/// What is said and shown after success, both over the same facts.
pub(crate) struct Words {
    text: Option<Expression<Template>>,
    html: Option<Expression<Template>>,
    needs: Needs,
    scope: Arc<Scope>,
}

impl Words {
    /// `scope` is what both may name.
    pub(crate) fn new(text: Option<Expression<Template>>, html: Option<Expression<Template>>, scope: &Scope) -> Self {
        let needs = text.iter().chain(&html).fold(Needs::default(), |needs, text| needs.and(&text.needs));
        let scope = narrowed(scope, &needs);
        Self { text, html, needs, scope }
    }

    const fn is_empty(&self) -> bool {
        self.text.is_none() && self.html.is_none()
    }
}

#[async_trait]
impl Handler for Spoken {
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        self.refuse(&cx).await?;
        // The record as it is now: afterwards it may be gone.
        let before = self.facts_of_success(&cx).await?;
        match self.work.work(&cx).await {
            Ok(Done { reply, count }) if !reply.outcome.is_error() => {
                Ok(self.succeeded(&cx, reply, count, before).await)
            }
            Ok(Done { reply, .. }) => self.failed(&cx, reply).await,
            // A form says beside each field what is wrong with it.
            Err(error) if error.kind() == ErrorKind::Invalid && !error.fields().is_empty() => Err(error),
            Err(error) => match self.reason(&cx, error.message()).await? {
                Some(message) => {
                    if let Some(internal) = error.internal_text() {
                        tracing::warn!(internal, "an action failed: {error}");
                    }
                    Ok(Outcome::error(message).into())
                }
                None => Err(error),
            },
        }
    }
}

impl Spoken {
    async fn refuse(&self, cx: &ActionContext) -> Result<()> {
        let Some(rule) = &self.allow else { return Ok(()) };
        if rule.of.test(&rule.in_action(cx).await?) == Some(true) {
            return Ok(());
        }
        let message = match &self.allow_message {
            Some(message) => message.of.render(&message.in_action(cx).await?)?,
            None => format!("“{}” is not possible now.", cx.action.name),
        };
        Err(Error::refused(message))
    }

    async fn facts_of_success(&self, cx: &ActionContext) -> Result<Option<Facts>> {
        if self.success.is_empty() {
            return Ok(None);
        }
        // How many there were is known afterwards.
        let needs = Needs { count: false, ..self.success.needs.clone() };
        in_action(cx, &needs, &self.success.scope).await.map(Some)
    }

    /// What was done is done: words that cannot be found leave the outcome as it is.
    async fn succeeded(
        &self,
        cx: &ActionContext,
        mut reply: Reply,
        count: Option<u64>,
        before: Option<Facts>,
    ) -> Reply {
        let OutcomeKind::Success { message, html, refresh } = &mut reply.outcome.kind else { return reply };
        if !self.refresh.is_empty() {
            refresh.clone_from(&self.refresh);
        }
        let Some(before) = before else { return reply };
        match self.words(cx, count, before).await {
            Ok((said, shown)) => {
                *message = said.or(message.take());
                *html = shown.or(html.take());
            }
            Err(error) => tracing::warn!(
                internal = error.internal_text(),
                "the success text of “{}” could not be made: {error}",
                cx.action.name
            ),
        }
        reply
    }

    async fn words(
        &self,
        cx: &ActionContext,
        count: Option<u64>,
        before: Facts,
    ) -> Result<(Option<String>, Option<String>)> {
        let mut facts = self.after(cx, before).await?;
        if self.success.needs.count {
            let count = match count {
                Some(count) => count,
                None => Asker::from(cx).count().await?,
            };
            facts.set_json("count", &json!(count));
        }
        let render = |text: &Option<Expression<Template>>| text.as_ref().map(|text| text.of.render(&facts)).transpose();
        Ok((render(&self.success.text)?, render(&self.success.html)?))
    }

    /// The record as it is after the work, or before it when the work took it away.
    async fn after(&self, cx: &ActionContext, before: Facts) -> Result<Facts> {
        if self.success.needs.record.is_empty() {
            return Ok(before);
        }
        let still = ActionContext { condition: Asker::from(cx).picked(), ..cx.clone() };
        let needs = Needs { count: false, ..self.success.needs.clone() };
        let found = Asker::from(&still).exists().await?;
        if found { in_action(&still, &needs, &self.success.scope).await } else { Ok(before) }
    }

    async fn failed(&self, cx: &ActionContext, mut reply: Reply) -> Result<Reply> {
        if let OutcomeKind::Error { message, .. } = &mut reply.outcome.kind
            && let Some(said) = self.reason(cx, message.as_deref().unwrap_or_default()).await?
        {
            *message = Some(said);
        }
        Ok(reply)
    }

    async fn reason(&self, cx: &ActionContext, reason: &str) -> Result<Option<String>> {
        let Some(text) = &self.error else { return Ok(None) };
        let mut facts = text.in_action(cx).await?;
        facts.set_json("error", &json!(reason));
        text.of.render(&facts).map(Some)
    }
}

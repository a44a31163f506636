//! A rule or template with all that it takes to evaluate it.

use std::sync::Arc;

use levers_model::Result;
use levers_ports::{ActionContext, Computed, ComputedFn, FormContext};
use levers_rules::{Facts, Rule, Scope, Template};
use serde_json::Value as Json;

use super::facts::{Asker, Needs, values};

/// A rule or template, and what it is evaluated over.
#[derive(Debug)]
pub(crate) struct Expression<T> {
    pub(crate) of: Arc<T>,
    pub(crate) scope: Arc<Scope>,
    pub(crate) needs: Arc<Needs>,
}

/// Not derived: that would want the rule itself to be cloneable.
impl<T> Clone for Expression<T> {
    fn clone(&self) -> Self {
        Self { of: self.of.clone(), scope: self.scope.clone(), needs: self.needs.clone() }
    }
}

impl<T> Expression<T> {
    /// The facts at a moment of a form. Whatever is read of the values makes its field watched.
    pub(crate) async fn in_form(&self, cx: &FormContext) -> Result<Facts> {
        // Before anything is awaited: what is read is noted even when the rest fails.
        let values = values(&self.needs, |id| cx.values.get(id));
        let mut facts = Asker::from(cx).facts(&self.needs, &self.scope).await?;
        facts.set_json("values", &values);
        Ok(facts)
    }

    /// The facts of an execution.
    pub(crate) async fn in_action(&self, cx: &ActionContext) -> Result<Facts> {
        in_action(cx, &self.needs, &self.scope).await
    }
}

/// The facts of an execution.
pub(crate) async fn in_action(cx: &ActionContext, needs: &Needs, scope: &Arc<Scope>) -> Result<Facts> {
    let mut facts = Asker::from(cx).facts(needs, scope).await?;
    facts.set_json("values", &values(needs, |id| cx.values.get(id)));
    Ok(facts)
}

impl Expression<Rule> {
    /// A property that holds when the rule does; a rule that cannot be computed does not.
    pub(crate) fn holds(self) -> Computed<bool> {
        dynamic(move |cx| {
            let rule = self.clone();
            async move { Ok(rule.of.test(&rule.in_form(&cx).await?).unwrap_or_default()) }
        })
    }

    /// A property that is what the rule computes; null when it cannot be computed.
    pub(crate) fn json(self) -> Computed<Json> {
        dynamic(move |cx| {
            let rule = self.clone();
            async move { Ok(rule.of.compute(&rule.in_form(&cx).await?).unwrap_or_default()) }
        })
    }

    /// A property that is the texts that the rule computes; none when it cannot be computed.
    pub(crate) fn texts(self) -> Computed<Vec<String>> {
        dynamic(move |cx| {
            let rule = self.clone();
            async move {
                let computed = rule.of.compute(&rule.in_form(&cx).await?);
                let items = computed.as_ref().and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
                Ok(items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
            }
        })
    }
}

impl Expression<Template> {
    /// A property that is the template's text.
    pub(crate) fn rendered(self) -> Computed<String> {
        if self.of.is_constant()
            && let Ok(text) = self.of.render(&Facts::new(&self.scope))
        {
            return Computed::Constant(text);
        }
        dynamic(move |cx| {
            let template = self.clone();
            async move { template.of.render(&template.in_form(&cx).await?) }
        })
    }
}

fn dynamic<T, F, Fut>(compute: F) -> Computed<T>
where
    F: Fn(FormContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T>> + Send + 'static,
{
    Computed::Dynamic(Arc::new(move |cx| Box::pin(compute(cx))))
}

/// A check of a field's value: the message when it is wrong.
pub(crate) fn validation(
    field: String,
    rule: Expression<Rule>,
    message: Expression<Template>,
) -> ComputedFn<Option<String>> {
    Arc::new(move |cx| {
        let (field, rule, message) = (field.clone(), rule.clone(), message.clone());
        Box::pin(async move {
            let Some(value) = cx.values.get(&field).cloned() else { return Ok(None) };
            let mut facts = rule.in_form(&cx).await?;
            facts.set_json("value", &value);
            if rule.of.test(&facts) == Some(true) {
                return Ok(None);
            }
            let mut facts = message.in_form(&cx).await?;
            facts.set_json("value", &value);
            message.of.render(&facts).map(Some)
        })
    })
}

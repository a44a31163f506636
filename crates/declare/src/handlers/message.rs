//! What a webhook sends: JSON whose texts are templates.

use indexmap::IndexMap;
use levers_model::Result;
use levers_ports::ActionContext;
use levers_rules::{Facts, Template};
use serde_json::{Value as Json, json};

use super::expression::Expression;
use super::facts::{Asker, Needs};

/// JSON whose texts are still to be made.
pub(crate) enum Message {
    /// A text.
    Text(Expression<Template>),
    /// Anything that is the same for all.
    Constant(Json),
    /// Several.
    List(Vec<Message>),
    /// By name.
    Object(IndexMap<String, Message>),
}

impl Message {
    /// What it needs besides these.
    pub(crate) fn needs(&self, needs: Needs) -> Needs {
        match self {
            Self::Text(template) => needs.and(&template.needs),
            Self::Constant(_) => needs,
            Self::List(items) => items.iter().fold(needs, |needs, item| item.needs(needs)),
            Self::Object(members) => members.values().fold(needs, |needs, member| member.needs(needs)),
        }
    }

    /// The JSON.
    pub(crate) fn render(&self, facts: &Facts) -> Result<Json> {
        Ok(match self {
            Self::Text(template) => Json::String(template.of.render(facts)?),
            Self::Constant(json) => json.clone(),
            Self::List(items) => items.iter().map(|item| item.render(facts)).collect::<Result<Vec<_>>>()?.into(),
            Self::Object(members) => {
                let members = members.iter().map(|(name, member)| Ok((name.clone(), member.render(facts)?)));
                Json::Object(members.collect::<Result<_>>()?)
            }
        })
    }
}

/// What is sent when the file does not say it: what was done, by whom, to which records. What
/// was typed is not in it: whoever wants it sent says so.
pub(crate) async fn standard(cx: &ActionContext) -> Result<Json> {
    Ok(json!({
        "job": cx.job,
        "action": cx.action.id,
        "collection": cx.collection.name,
        "caller": cx.caller.email,
        "ids": Asker::from(cx).ids().await?,
    }))
}

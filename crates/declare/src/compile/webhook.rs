//! `webhook`: where to, and what is sent.

use std::sync::Arc;

use levers_handler_http::{SecretText, Webhook, WebhookBody, WebhookHandler};
use levers_model::Error;
use levers_model::outcome::is_http_url;
use levers_rules::{Escape, Type};

use super::Compiler;
use super::around::Around;
use super::http::pairs;
use crate::handlers::expression::in_action;
use crate::handlers::facts::{Needs, narrowed};
use crate::handlers::message::{Message, standard};
use crate::handlers::spoken::{Foreign, Work};
use crate::tree::{Content, Node};

impl<'a> Compiler<'a> {
    pub(super) fn webhook(&mut self, around: &Around<'a>, node: &'a Node) -> Option<Box<dyn Work>> {
        let body = self.body(around, node)?;
        let url = node.get("url")?;
        let address = url.as_text()?;
        if !is_http_url(address) {
            let message = "A webhook goes to a whole address, which begins with http:// or https://.";
            self.report.error(url.span, message);
            return None;
        }
        let webhook = Webhook {
            url: address.to_owned(),
            method: node.string("method").unwrap_or_else(|| "POST".to_owned()),
            headers: Vec::new(),
            secret: None,
            body,
        };
        let outbound = self.outbound.clone()?;
        if let Err(error) = WebhookHandler::new(outbound.clone(), webhook.clone()) {
            self.report.error(url.span, error.message());
            return None;
        }
        self.headers(node, |headers| {
            WebhookHandler::new(outbound.clone(), Webhook { headers, ..webhook.clone() }).err()
        })?;
        let secret = node.string("secret").map(SecretText::new);
        match WebhookHandler::new(outbound, Webhook { headers: pairs(node.get("headers")), secret, ..webhook }) {
            Ok(handler) => Some(Box::new(Foreign(handler))),
            Err(error) => {
                let span = node.get("secret").map_or(node.span, |secret| secret.span);
                self.report.error(span, error.message());
                None
            }
        }
    }

    fn body(&mut self, around: &Around<'a>, node: &'a Node) -> Option<WebhookBody> {
        if let Some(rule) = node.get("body_rule") {
            if node.get("body").is_some() {
                self.report.error(node.key_span("body_rule"), "A webhook has “body” or “body_rule”, not both.");
                return None;
            }
            let rule = self.rule(rule, around, &around.rules, &Type::Json)?;
            return Some(Arc::new(move |cx| {
                let rule = rule.clone();
                Box::pin(async move {
                    let facts = rule.in_action(&cx).await?;
                    rule.of.compute(&facts).ok_or_else(|| {
                        Error::refused("What the webhook sends could not be computed, because something that it is computed from is missing.")
                    })
                })
            }));
        }
        let Some(body) = node.get("body") else {
            return Some(Arc::new(|cx| Box::pin(async move { standard(&cx).await })));
        };
        let message = self.message(around, body)?;
        let needs = Arc::new(message.needs(Needs::default()));
        let (message, scope) = (Arc::new(message), narrowed(&around.texts, &needs));
        Some(Arc::new(move |cx| {
            let (message, needs, scope) = (message.clone(), needs.clone(), scope.clone());
            Box::pin(async move {
                let facts = in_action(&cx, &needs, &scope).await?;
                message.render(&facts)
            })
        }))
    }

    /// JSON whose texts are templates.
    fn message(&mut self, around: &Around<'a>, node: &'a Node) -> Option<Message> {
        Some(match &node.content {
            Content::Text(_) => Message::Text(self.template(node, around, &around.texts, Escape::Text)?),
            Content::List(items) => {
                let made: Vec<_> = items.iter().map(|item| self.message(around, item)).collect();
                Message::List(made.into_iter().collect::<Option<_>>()?)
            }
            Content::Table(table) => {
                let made: Vec<_> =
                    table.iter().map(|(key, entry)| (key.clone(), self.message(around, &entry.node))).collect();
                Message::Object(made.into_iter().map(|(key, made)| Some((key, made?))).collect::<Option<_>>()?)
            }
            Content::Whole(_) | Content::Float(_) | Content::Boolean(_) | Content::Moment(_) => {
                Message::Constant(node.to_json())
            }
        })
    }
}

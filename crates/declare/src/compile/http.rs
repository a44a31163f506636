//! `http`: an action that a backend executes.

use std::collections::BTreeMap;

use levers_handler_http::{HookBody, Hooks, HttpAction, HttpHandler, Slug, default_endpoint};
use levers_model::Error;
use levers_ports::{ElementDeclaration, FormDeclaration};

use super::Compiler;
use super::around::Around;
use crate::handlers::spoken::{Foreign, Work};
use crate::mistake::did_you_mean;
use crate::text::Span;
use crate::tree::Node;

impl<'a> Compiler<'a> {
    pub(super) fn http(
        &mut self,
        around: &Around<'a>,
        node: &'a Node,
        name: &str,
        elements: Vec<ElementDeclaration>,
    ) -> Option<(Box<dyn Work>, FormDeclaration)> {
        let action = self.backend_action(around, node, name);
        let endpoint = node.get("endpoint").map_or(node.span, |endpoint| endpoint.span);
        if !self.has_base && action.endpoint.starts_with('/') {
            let message = format!("The endpoint “{}” is relative, and nothing says to what.", action.endpoint);
            let hint = "Set the backend's address: [http] endpoint = \"http://127.0.0.1:8000\".";
            self.report.hinted(endpoint, message, Some(hint.to_owned()));
            return None;
        }
        let (outbound, signing) = (self.outbound.clone()?, self.signing.clone());
        self.headers(node, |headers| {
            let alone = HttpAction { headers, endpoint: "https://backend.example".into(), ..action.clone() };
            HttpHandler::new(outbound.clone(), alone, signing.clone()).err()
        })?;
        let relative = action.endpoint.starts_with('/');
        let plain = HttpAction { endpoint: "/".into(), ..HttpAction::new("any", "any") };
        let base = HttpHandler::new(outbound.clone(), plain, signing.clone()).err();
        match HttpHandler::new(outbound, action, signing) {
            Ok(handler) => {
                let form = handler.form(elements);
                Some((Box::new(Foreign(handler)), form))
            }
            Err(error) => {
                // What is wrong with the base is wrong once, however many actions stand on it.
                let of_base = relative && base.is_some_and(|base| base.message() == error.message());
                let address = self.root.get("http").and_then(|http| http.get("endpoint"));
                let place = address.filter(|_| of_base).map_or(endpoint, |address| address.span);
                self.report.error(place, error.message());
                None
            }
        }
    }

    fn backend_action(&mut self, around: &Around<'a>, node: &Node, name: &str) -> HttpAction {
        let schema = around.known.schema;
        let collection = node.string("collection").unwrap_or_else(|| schema.name.clone());
        let slug = if node.text("slug") == Some("django") { Slug::Django } else { Slug::Express };
        let mut action = HttpAction::new(&collection, name);
        action.endpoint = node.string("endpoint").unwrap_or_else(|| default_endpoint(name, slug));
        action.method = node.string("http_method").unwrap_or(action.method);
        action.headers = pairs(node.get("headers"));
        action.smart_action_id = node.string("smart_action_id").unwrap_or(action.smart_action_id);
        action.hooks = self.hooks(around, node.get("hooks"));
        action.hook_body = if node.text("hook_body") == Some("django") { HookBody::Django } else { HookBody::Express };
        action.resolve_ids = node.flag("resolve_ids");
        // Backends look values up by name, whether they were given or not.
        action.fields = around.fields.keys().cloned().collect();
        action
    }

    /// Fields that the backend's load hook adds are not known here, so any name will do then.
    fn hooks(&mut self, around: &Around<'a>, node: Option<&Node>) -> Hooks {
        let Some(node) = node else { return Hooks::default() };
        let load = node.flag("load");
        // A list names fields whose hooks have their names; a table says the hooks' own.
        let listed = node.get("change").map_or(&[][..], Node::items).iter();
        let listed = listed.filter_map(|field| Some((field.span, field.as_text()?, field.as_text()?)));
        let named = node.get("change").and_then(Node::as_table).into_iter().flatten();
        let named = named.filter_map(|(field, entry)| Some((entry.key, field.as_str(), entry.node.as_text()?)));
        let mut change = BTreeMap::new();
        for (span, field, hook) in listed.chain(named) {
            if !load && !around.fields.contains_key(field) {
                let hint = did_you_mean(field, around.fields.keys().map(String::as_str), "The fields are");
                self.report.hinted(span, format!("There is no field “{field}” in the form."), hint);
            }
            change.insert(field.to_owned(), hook.to_owned());
        }
        Hooks { load, change }
    }

    /// Looks at each header by itself, so that the wrong one is pointed at.
    pub(super) fn headers(
        &mut self,
        node: &Node,
        wrong: impl Fn(Vec<(String, String)>) -> Option<Error>,
    ) -> Option<()> {
        let table = node.get("headers").and_then(Node::as_table).into_iter().flatten();
        let faults: Vec<(Span, Error)> = table
            .filter_map(|(name, entry)| {
                let value = entry.node.as_text().unwrap_or_default().to_owned();
                wrong(vec![(name.clone(), value)]).map(|error| (entry.key, error))
            })
            .collect();
        let sound = faults.is_empty();
        for (span, error) in faults {
            self.report.error(span, error.message());
        }
        sound.then_some(())
    }
}

/// A table of texts as pairs.
pub(super) fn pairs(node: Option<&Node>) -> Vec<(String, String)> {
    let table = node.and_then(Node::as_table).into_iter().flatten();
    table.map(|(name, entry)| (name.clone(), entry.node.as_text().unwrap_or_default().to_owned())).collect()
}

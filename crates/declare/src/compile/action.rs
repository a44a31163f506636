//! Actions: names, words, and the one handler that each has.

use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::action::{ActionKind, Mode};
use levers_model::{Action, ActionId, BuiltIn, Scope as ActionScope};
use levers_ports::{ActionDeclaration, FormDeclaration};
use levers_rules::{Escape, Type};

use super::around::{Around, with};
use super::{Compiler, Known};
use crate::handlers::expression::Expression;
use crate::handlers::spoken::{Spoken, Words, Work};
use crate::mistake::did_you_mean;
use crate::tree::Node;

impl<'a> Compiler<'a> {
    /// Whether an action's name can be told from the others'.
    pub(super) fn action_name(&mut self, known: Known<'a>, node: &'a Node, ids: &mut Vec<(ActionId, &'a str)>) {
        let Some(name) = node.get("name") else { return };
        let text = name.as_text().unwrap_or_default();
        let id = ActionId::from_name(text);
        if id.as_str().is_empty() {
            return self.report.error(name.span, "An action's name has a letter or digit in it.");
        }
        if let Some(built_in) = BuiltIn::ALL.iter().find(|built_in| built_in.id() == id) {
            let message =
                format!("Every collection has an action “{}” by itself. Choose another name.", built_in.name());
            return self.report.error(name.span, message);
        }
        match ids.iter().find(|(other, _)| *other == id) {
            Some((_, other)) if *other == text => {
                self.report.error(name.span, format!("{} has two actions “{text}”.", known.schema.name));
            }
            Some((_, other)) => self.report.error(
                name.span,
                format!("“{other}” and “{text}” both have the id “{id}”, by which they are called. Rename one."),
            ),
            None => ids.push((id, text)),
        }
    }

    pub(super) fn action(&mut self, known: Known<'a>, node: &'a Node) -> Option<ActionDeclaration> {
        let scope = match node.text("scope") {
            Some("single") => ActionScope::Single,
            Some("bulk") => ActionScope::Bulk,
            _ => ActionScope::Global,
        };
        let fields = self.field_types(node);
        let hooked = node.get("http").is_some_and(|http| http.get("hooks").is_some());
        let around = self.around(known, scope, fields, hooked);
        let elements = self.form(&around, node.get("form"));
        let confirmation = node
            .get("confirm")
            .and_then(|confirm| self.template(confirm, &around, &around.texts, Escape::Text).map(Expression::rendered));
        let action = self.described(&around, node);
        let (work, form): (Box<dyn Work>, FormDeclaration) = if let Some(update) = node.get("update") {
            (Box::new(self.update(&around, update)?), FormDeclaration::Elements(elements))
        } else if let Some(sql) = node.get("sql") {
            (Box::new(self.sql(&around, sql)?), FormDeclaration::Elements(elements))
        } else if let Some(http) = node.get("http") {
            self.http(&around, http, &action.name, elements)?
        } else {
            (self.webhook(&around, node.get("webhook")?)?, FormDeclaration::Elements(elements))
        };
        let handler = self.spoken(&around, node, work);
        Some(ActionDeclaration {
            form: Arc::new(form),
            confirmation,
            ..ActionDeclaration::new(action, Arc::new(handler))
        })
    }

    /// What everybody may know of it.
    fn described(&mut self, around: &Around<'a>, node: &Node) -> Action {
        if let Some(label) = node.get("submit_label") {
            let length = label.as_text().unwrap_or_default().chars().count();
            if length > Action::LONGEST_LABEL {
                let message =
                    format!("“submit_label” has {length} characters, and {} are the most.", Action::LONGEST_LABEL);
                self.report.error(label.span, message);
            }
        }
        let result = node.get("sql").and_then(|sql| sql.text("result"));
        Action {
            description: node.string("description"),
            submit_label: node.string("submit_label"),
            generates_file: node.flag("generates_file") || matches!(result, Some("csv" | "xlsx")),
            mode: if node.text("mode") == Some("background") { Mode::Background } else { Mode::Foreground },
            kind: match node.text("type") {
                Some("success") => ActionKind::Success,
                Some("warning") => ActionKind::Warning,
                Some("danger") => ActionKind::Danger,
                _ => ActionKind::Neutral,
            },
            ..Action::new(node.text("name").unwrap_or_default(), around.action)
        }
    }

    fn spoken(&mut self, around: &Around<'a>, node: &Node, work: Box<dyn Work>) -> Spoken {
        self.refreshed(around, node);
        if let (Some(message), None) = (node.get("allow_message"), node.get("allow")) {
            self.report.error(message.span, "There is an “allow_message” and no “allow”.");
        }
        let success = with(&around.texts, "count", Type::Int);
        let error = with(&around.texts, "error", Type::Text);
        let mut text =
            |key: &str, scope, escape| node.get(key).and_then(|node| self.template(node, around, scope, escape));
        let said = text("success", &success, Escape::Text);
        let shown = text("success_html", &success, Escape::Html);
        Spoken {
            success: Words::new(said, shown, &success),
            allow_message: text("allow_message", &around.texts, Escape::Text),
            error: text("error", &error, Escape::Text),
            allow: node.get("allow").and_then(|rule| self.rule(rule, around, &around.rules, &Type::Bool)),
            refresh: node.texts("refresh"),
            work,
        }
    }

    fn refreshed(&mut self, around: &Around<'a>, node: &Node) {
        let schema = around.known.schema;
        for name in node.get("refresh").map_or(&[][..], Node::items) {
            let text = name.as_text().unwrap_or_default();
            if schema.relation(text).is_none() {
                let known: Vec<&str> = schema.relations().map(|(name, _)| name).collect();
                let hint = did_you_mean(text, known, "The relations are");
                self.report.hinted(name.span, format!("There is no relation “{text}” in {}.", schema.name), hint);
            }
        }
    }

    /// The form's fields with their types; a field that is there twice counts once.
    fn field_types(&mut self, action: &Node) -> IndexMap<String, levers_model::FieldType> {
        let mut fields = Vec::new();
        super::form::collect(action.get("form"), &mut fields);
        let mut types = IndexMap::new();
        for node in fields {
            let Some(id) = node.get("field") else { continue };
            let text = id.as_text().unwrap_or_default();
            if types.contains_key(text) {
                self.report
                    .error(id.span, format!("The form has two fields “{text}”. Give each field an id of its own."));
            } else {
                types.insert(text.to_owned(), super::field::field_type(node));
            }
        }
        types
    }
}

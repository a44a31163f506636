//! `update`: which columns are set to what.

use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::{Column, Scope as ActionScope, Value};
use levers_rules::{Escape, Scope, Type};

use super::Compiler;
use super::around::{Around, with};
use crate::handlers::update::{Setting, Update};
use crate::tree::{Entry, Node};

impl<'a> Compiler<'a> {
    pub(super) fn update(&mut self, around: &Around<'a>, node: &'a Node) -> Option<Update> {
        let schema = around.known.schema;
        if around.action == ActionScope::Global {
            self.report.error(
                node.span,
                "“update” sets columns of the selected records, and an action with scope global has none.",
            );
            return None;
        }
        if schema.read_only {
            let message = format!(
                "The records of {} cannot be changed: it is a view, has no primary key, or its database can only be read.",
                schema.name
            );
            self.report.error(node.span, message);
            return None;
        }
        let table = node.as_table()?;
        if table.is_empty() {
            self.report.error(node.span, "“update” sets nothing. Name at least one column.");
            return None;
        }
        // Each record's own values are known while it is written, also when there are many.
        let record = self.whole_record(schema);
        let rules = with(&around.rules, "record", record.clone());
        let texts = with(&around.texts, "record", record);
        let mut settings = IndexMap::new();
        for (name, entry) in table {
            if let Some(setting) = self.setting(around, name, entry, &rules, &texts) {
                settings.insert(name.clone(), setting);
            }
        }
        Some(Update::new(settings, &texts))
    }

    fn setting(
        &mut self,
        around: &Around<'a>,
        name: &str,
        entry: &'a Entry,
        rules: &Arc<Scope>,
        texts: &Arc<Scope>,
    ) -> Option<Setting> {
        let schema = around.known.schema;
        let Some(column) = schema.column(name) else {
            if schema.relation(name).is_some() {
                let message = format!("“{name}” is a relation. Set the columns that it consists of.");
                self.report.error(entry.key, message);
            } else {
                self.no_field(name, schema, entry.key);
            }
            // What it is set to may be wrong as well, and is told in the same go.
            if entry.node.as_text().is_some() {
                self.template(&entry.node, around, texts, Escape::Text);
            }
            return None;
        };
        if column.read_only {
            self.report.error(
                entry.key,
                format!("“{name}” of {} is computed by the database and cannot be set.", schema.name),
            );
            return None;
        }
        let node = &entry.node;
        if let Some(rule) = node.get("rule") {
            let wanted = Type::of_column(&column.column_type);
            return self.rule(rule, around, rules, &wanted).map(Setting::Rule);
        }
        if node.as_text().is_some() {
            let template = self.template(node, around, texts, Escape::Text)?;
            if !template.of.is_constant() {
                return Some(Setting::Template(template));
            }
        }
        self.constant(name, column, node)
    }

    fn constant(&mut self, name: &str, column: &Column, node: &Node) -> Option<Setting> {
        let json = node.to_json();
        match (Value::from_json(&json, &column.column_type), column.max_length) {
            (Err(message), _) => {
                self.report.error(node.span, format!("The value of “{name}”: {message}"));
                None
            }
            (Ok(Value::Text(text)), Some(longest)) if text.chars().count() > longest as usize => {
                self.report.error(node.span, format!("At most {longest} characters fit into “{name}”."));
                None
            }
            (Ok(_), _) => Some(Setting::Constant(json)),
        }
    }
}

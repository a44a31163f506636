//! Collections: labels, titles, hidden and read-only fields, segments.

use std::collections::BTreeSet;
use std::sync::Arc;

use levers_model::{ActionId, Record, Scope as ActionScope};
use levers_ports::{CollectionDeclaration, RecordTitle, Segment};
use levers_rules::{Escape, Facts, Scope};

use super::{Compiler, Known};
use crate::tree::Node;

impl<'a> Compiler<'a> {
    pub(super) fn collection(&mut self, known: Known<'a>, node: &'a Node) -> CollectionDeclaration {
        let hidden = self.hidden(known, node);
        let title = node.get("title").and_then(|title| self.title(known, title, &hidden));
        CollectionDeclaration {
            segments: self.segments(known, node),
            actions: self.actions(known, node),
            label: node.string("label"),
            title,
            read_only: self.read_only(known, node),
            hidden,
        }
    }

    fn hidden(&mut self, known: Known<'a>, node: &Node) -> Vec<String> {
        for name in node.get("hidden").map_or(&[][..], Node::items) {
            let text = name.as_text().unwrap_or_default();
            if !known.schema.fields.contains_key(text) {
                self.no_field(text, known.schema, name.span);
            } else if known.schema.primary_key.iter().any(|key| key == text) {
                let message =
                    format!("“{text}” is part of the primary key, by which records are named; it cannot be hidden.");
                self.report.error(name.span, message);
            }
        }
        node.texts("hidden")
    }

    fn read_only(&mut self, known: Known<'a>, node: &Node) -> Vec<String> {
        for name in node.get("read_only").map_or(&[][..], Node::items) {
            let text = name.as_text().unwrap_or_default();
            if known.schema.relation(text).is_some() {
                let message = format!("“{text}” is a relation; name the column that cannot be written.");
                self.report.error(name.span, message);
            } else if known.schema.column(text).is_none() {
                self.no_field(text, known.schema, name.span);
            }
        }
        node.texts("read_only")
    }

    fn title(&mut self, known: Known<'a>, node: &Node, hidden: &[String]) -> Option<RecordTitle> {
        let mut scope = Scope::default();
        scope.variables.insert("record".into(), self.whole_record(known.schema));
        let scope = Arc::new(scope);
        let around = self.around(known, ActionScope::Single, indexmap::IndexMap::new(), false);
        let template = self.template(node, &around, &scope, Escape::Text)?;
        let fields = template.needs.record.clone();
        for path in &fields {
            let first = path.relations().next().unwrap_or(path.column());
            if hidden.iter().any(|name| name == first) {
                self.report.error(node.span, format!("The title shows “{first}”, which is hidden."));
            }
        }
        let source = template.of.source().to_owned();
        let render = Arc::new(move |record: &Record| {
            let mut facts = Facts::new(&template.scope);
            facts.set_record("record", record);
            template.of.render(&facts).unwrap_or_default()
        });
        Some(RecordTitle { template: source, fields, render })
    }

    fn segments(&mut self, known: Known<'a>, node: &'a Node) -> Vec<Segment> {
        let mut names = BTreeSet::new();
        let mut segments = Vec::new();
        for segment in node.get("segments").map_or(&[][..], Node::items) {
            let (Some(name), Some(filter)) = (segment.get("name"), segment.get("filter")) else { continue };
            let text = name.as_text().unwrap_or_default();
            if !names.insert(text) {
                self.report.error(name.span, format!("{} has two segments “{text}”.", known.schema.name));
            }
            if let Some(condition) = self.condition(known, filter, 1) {
                segments.push(Segment { name: text.to_owned(), condition });
            }
        }
        segments
    }

    fn actions(&mut self, known: Known<'a>, node: &'a Node) -> Vec<levers_ports::ActionDeclaration> {
        let mut ids: Vec<(ActionId, &str)> = Vec::new();
        let mut actions = Vec::new();
        for action in node.get("actions").map_or(&[][..], Node::items) {
            self.action_name(known, action, &mut ids);
            actions.extend(self.action(known, action));
        }
        actions
    }
}

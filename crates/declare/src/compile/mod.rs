//! From a document in shape to declarations, checked against the opened databases.
//!
//! Everything that can be known before an operator presses a button is found
//! here: names, types, nesting, rules, parameters. What was found wrong is
//! reported and left out, so that the rest is looked at as well.

mod action;
mod around;
mod collection;
mod condition;
mod field;
mod form;
mod http;
mod sql;
mod update;
mod webhook;
mod widget;

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use levers_handler_http::{Outbound, OutboundConfig, SecretText, Signing};
use levers_model::{Collection, FieldPath};
use levers_ports::{CollectionDeclaration, Source};
use uuid::Uuid;

use crate::document::Document;
use crate::literal;
use crate::mistake::{Mistake, Report, did_you_mean};
use crate::shape::walk::short;
use crate::text::{Files, Span};
use crate::tree::Node;

/// What a document is checked against.
pub struct World<'a> {
    /// The opened data sources.
    pub sources: &'a [Arc<dyn Source>],
    /// What backends know this server by. Without it the declarations can be checked,
    /// and no backend believes a call.
    pub signing: Option<Signing>,
}

impl Document {
    /// Declares what the file says on the collections of these sources, by collection.
    ///
    /// # Errors
    /// Every mistake: names that nothing has, types that do not fit, rules and templates that
    /// make no sense, forms that cannot be laid out.
    pub fn declare(&self, world: &World<'_>) -> Result<Vec<(String, CollectionDeclaration)>, Vec<Mistake>> {
        let mut compiler = Compiler::new(self, world);
        let declared = compiler.collections();
        let report = compiler.report;
        if report.has_errors() { Err(report.finish(&self.files)) } else { Ok(declared) }
    }

    /// Asks the databases whether the statements of SQL make sense, without running them.
    pub async fn check_statements(&self, world: &World<'_>) -> Vec<Mistake> {
        let mut compiler = Compiler::new(self, world);
        let mut wrong = Vec::new();
        for (known, statement) in compiler.statements() {
            let Some(scripts) = known.source.scripts() else { continue };
            if let Err(mistake) = scripts.prepare(statement.as_text().unwrap_or_default()).await {
                wrong.push((statement, mistake));
            }
        }
        for (statement, mistake) in wrong {
            let span = compiler.within(statement, mistake.offset, 1);
            compiler.report.error(span, mistake.message);
        }
        compiler.report.finish(&self.files)
    }
}

/// A collection that there is.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) schema: &'a Arc<Collection>,
    pub(crate) source: &'a Arc<dyn Source>,
}

/// One look at a document.
pub(crate) struct Compiler<'a> {
    files: &'a Files,
    root: &'a Node,
    collections: IndexMap<&'a str, Known<'a>>,
    outbound: Option<Outbound>,
    has_base: bool,
    signing: Signing,
    pub(crate) report: Report,
}

impl<'a> Compiler<'a> {
    fn new(document: &'a Document, world: &'a World<'a>) -> Self {
        let mut collections = IndexMap::new();
        for source in world.sources {
            for schema in source.collections() {
                collections.insert(schema.name.as_str(), Known { schema, source });
            }
        }
        let mut compiler = Self {
            files: &document.files,
            root: &document.root,
            collections,
            outbound: None,
            has_base: false,
            // Without a secret it is one that no backend has, so that no call is believed.
            signing: world
                .signing
                .clone()
                .unwrap_or_else(|| Signing::new(&SecretText::new(Uuid::new_v4().to_string()), None)),
            report: Report::concealing(document.secrets.clone()),
        };
        compiler.outbound = compiler.outbound();
        compiler
    }

    fn collections(&mut self) -> Vec<(String, CollectionDeclaration)> {
        let mut declared = Vec::new();
        let Some(table) = self.root.get("collections").and_then(Node::as_table) else { return declared };
        for (name, entry) in table {
            if let Some(known) = self.known(name, entry.key) {
                declared.push((name.clone(), self.collection(known, &entry.node)));
            }
        }
        declared
    }

    /// The collection of this name.
    fn known(&mut self, name: &str, span: Span) -> Option<Known<'a>> {
        let known = self.collections.get(name).copied();
        if known.is_none() {
            let hint = did_you_mean(name, self.collections.keys().copied(), "The collections are");
            self.report.hinted(span, format!("There is no collection “{}”.", short(name)), hint);
        }
        known
    }

    /// Reports a field that a collection does not have.
    fn no_field(&mut self, name: &str, schema: &Collection, span: Span) {
        let hint = did_you_mean(name, schema.fields.keys().map(String::as_str), "The fields are");
        self.report.hinted(span, format!("There is no field “{}” in {}.", short(name), schema.name), hint);
    }

    /// The column at the end of a path through relations to one record.
    fn column_at(&mut self, path: &FieldPath, schema: &'a Collection, span: Span) -> Option<&'a levers_model::Column> {
        const LONGEST: usize = 5;
        let mut here = schema;
        if path.relations().count() > LONGEST {
            self.report.error(span, format!("“{}” goes through more than {LONGEST} relations.", short(path.as_str())));
            return None;
        }
        for name in path.relations() {
            let Some(relation) = here.relation(name) else {
                let known: Vec<&str> = here.relations().map(|(name, _)| name).collect();
                let hint = did_you_mean(name, known, "The relations are");
                self.report.hinted(span, format!("There is no relation “{}” in {}.", short(name), here.name), hint);
                return None;
            };
            if !relation.is_to_one() {
                self.report.error(span, format!("“{name}” of {} leads to many records, not to one.", here.name));
                return None;
            }
            here = self.known(&relation.target, span)?.schema;
        }
        let column = here.column(path.column());
        match (column, here.relation(path.column())) {
            (None, Some(_)) => {
                let hint = format!("Name one of its columns: {}:…", path.as_str());
                self.report.hinted(span, format!("“{}” is a relation, not a column.", path.column()), Some(hint));
            }
            (None, None) => self.no_field(path.column(), here, span),
            (Some(_), _) => {}
        }
        column
    }

    /// The place of a part of a text's value.
    fn within(&self, node: &Node, offset: usize, length: usize) -> Span {
        let written = self.files.slice(node.span);
        if node.as_text().is_none() || written.is_empty() {
            return node.span;
        }
        let at = |offset| node.span.start + literal::place(written, offset);
        let (start, end) = (at(offset), at(offset + length.max(1)));
        Span { file: node.span.file, start, end: end.max(start) }
    }

    /// How backends are called, as `[http]` says.
    fn outbound(&mut self) -> Option<Outbound> {
        let standard = OutboundConfig::default();
        let Some(http) = self.root.get("http") else { return Outbound::new(standard).ok() };
        self.has_base = http.get("endpoint").is_some();
        let seconds = |key: &str, otherwise| whole(http, key).map_or(otherwise, Duration::from_secs);
        let bytes = |key: &str, otherwise| whole(http, key).map_or(otherwise, |megabytes| megabytes << 20);
        let config = OutboundConfig {
            base: http.string("endpoint"),
            allow_private: http.texts("allow_private"),
            timeout: seconds("timeout_seconds", standard.timeout),
            total: seconds("total_seconds", standard.total),
            max_answer: bytes("max_answer_mb", standard.max_answer),
            max_file: bytes("max_file_mb", standard.max_file),
        };
        if let Some(endpoint) = http.get("endpoint") {
            let alone = OutboundConfig { base: config.base.clone(), ..OutboundConfig::default() };
            if let Err(error) = Outbound::new(alone) {
                self.report.error(endpoint.span, error.message());
            }
        }
        for entry in http.get("allow_private").map_or(&[][..], Node::items) {
            let allow_private = entry.as_text().map(str::to_owned).into_iter().collect();
            if let Err(error) = Outbound::new(OutboundConfig { allow_private, ..OutboundConfig::default() }) {
                self.report.error(entry.span, error.message());
            }
        }
        Outbound::new(config).ok()
    }
}

fn whole(node: &Node, key: &str) -> Option<u64> {
    u64::try_from(node.get(key)?.as_whole()?).ok()
}

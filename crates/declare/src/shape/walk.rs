//! Walks a parsed file along its description, and reports every mistake.
//!
//! Texts that may come from outside are filled in on the way: the description is
//! the one place that knows which texts those are.

use std::path::PathBuf;

use super::{Origin, Record, Shape, Text, Typed, Variants, legacy};
use crate::environment::{Lookup, expand};
use crate::mistake::{Report, did_you_mean};
use crate::text::Span;
use crate::tree::{Content, Node, Table};

/// Checks a value, and everything in it.
pub(crate) struct Walk<'a> {
    pub(crate) lookup: &'a dyn Lookup,
    pub(crate) report: &'a mut Report,
    /// The files that texts came from.
    pub(crate) read: &'a mut Vec<PathBuf>,
    /// How many errors lie in parts that were left out, so that the rest can be looked at further.
    pub(crate) left_out: usize,
}

/// What stands in a list and by itself: the rest makes sense without one that is wrong.
const APART: [&str; 2] = ["action", "segment"];
/// Whose keys make sense without each other.
const COLLECTION: &str = "collection";

impl Walk<'_> {
    /// Checks a table against its description.
    pub(crate) fn record(&mut self, node: &mut Node, record: &'static Record) {
        let span = node.span;
        let Content::Table(table) = &mut node.content else {
            return self.wrong(node, record.words, "a table");
        };
        table.retain(|name, entry| {
            let before = self.wrong_so_far();
            let key = record.key(name);
            match key {
                Some(key) => self.value(&mut entry.node, &key.shape, name),
                None => self.unknown(entry.key, entry.node.span, name, record),
            }
            self.keeps(key.is_none() || record.name == COLLECTION, before)
        });
        let missing = record.keys.iter().filter(|key| key.required && !table.contains_key(key.name));
        for key in missing {
            self.report.hinted(
                span,
                format!("{} needs “{}”.", capital(record.words), key.name),
                Some(key.doc.to_owned()),
            );
        }
        self.exactly_one(span, table, record);
    }

    fn exactly_one(&mut self, span: Span, table: &Table, record: &'static Record) {
        let found: Vec<_> = record.one_of.iter().filter_map(|name| table.get_full(*name)).collect();
        let choices = record.one_of.join(", ");
        match found.as_slice() {
            _ if record.one_of.is_empty() => {}
            [] => self
                .report
                .error(span, format!("{} needs exactly one of {choices}; this one has none.", capital(record.words))),
            [_] => {}
            [(_, first, _), (_, second, entry), ..] => self.report.error(
                entry.key,
                format!(
                    "{} needs exactly one of {choices}; this one has “{first}” and “{second}”.",
                    capital(record.words)
                ),
            ),
        }
    }

    fn value(&mut self, node: &mut Node, shape: &'static Shape, name: &str) {
        match shape {
            Shape::Text(text) => self.text(node, text, name),
            Shape::Word(words) => self.word(node, words, name),
            Shape::Boolean if node.as_bool().is_some() => {}
            Shape::Boolean => self.expected(node, name, "true or false"),
            Shape::Number if node.as_number().is_some() => {}
            Shape::Number => self.expected(node, name, "a number"),
            Shape::Whole { least, most } => match node.as_whole() {
                Some(whole) if (*least..=*most).contains(&whole) => {}
                Some(whole) => {
                    let message = format!("“{name}” is a whole number from {least} to {most}, not {whole}.");
                    self.report.error(node.span, message);
                }
                None => self.expected(node, name, &format!("a whole number from {least} to {most}")),
            },
            Shape::Constant => self.nothing_from_outside(node),
            Shape::Value => self.computed(node, name),
            Shape::List { item, most } => self.list(node, item, *most, name),
            Shape::Named { item, most } => self.named(node, item, *most, name),
            Shape::Record(record) => self.record(node, record),
            Shape::Variants(variants) => self.variants(node, variants),
            Shape::Typed(typed) => self.typed(node, typed),
            Shape::Either(shapes) => self.either(node, shapes, name),
        }
    }

    fn either(&mut self, node: &mut Node, shapes: &'static [Shape], name: &str) {
        if let Some(shape) = shapes.iter().find(|shape| is_of(node, shape)) {
            return self.value(node, shape, name);
        }
        let words: Vec<&str> = shapes.iter().map(in_words).collect();
        self.expected(node, name, &words.join(", or "));
    }

    fn text(&mut self, node: &mut Node, text: &Text, name: &str) {
        let span = node.span;
        if !matches!(text.origin, Origin::Here | Origin::Anywhere) {
            self.report.conceal(span);
        }
        let Content::Text(value) = &mut node.content else {
            return self.expected(node, name, "a text");
        };
        if value.len() > text.longest {
            let length = value.len();
            return self
                .report
                .error(span, format!("“{name}” is {length} bytes long, and {} are the most.", text.longest));
        }
        if value.trim().is_empty() && !text.blank {
            return self.report.error(span, format!("“{name}” is empty."));
        }
        if text.origin == Origin::Here {
            return self.nothing_from_outside(node);
        }
        let expanded = expand(value, span, self.lookup, self.report);
        let inline = match text.origin {
            Origin::Secret => !expanded.from_outside && !value.contains("${"),
            Origin::Url => has_password(value),
            Origin::Here | Origin::Anywhere | Origin::Concealed => false,
        };
        if inline {
            self.report.warning(
                span,
                format!("“{name}” holds a secret that everybody who reads this file can see."),
                "Put it into the environment and write ${env:NAME} here, or into a file and write ${file:/path}.",
            );
        }
        *value = expanded.text;
        self.read.extend(expanded.files);
    }

    /// Whoever writes `${env:…}` where it is not read would see it on a button.
    fn nothing_from_outside(&mut self, node: &Node) {
        match &node.content {
            Content::Text(text) if text.contains("${env:") || text.contains("${file:") => {
                let hint = "Only sources, secrets, endpoints and headers take something from outside: whatever stands \
                            here is shown to whoever presses the button.";
                self.report.hinted(node.span, "“${…}” is not filled in here.", Some(hint.to_owned()));
            }
            Content::List(items) => items.iter().for_each(|item| self.nothing_from_outside(item)),
            Content::Table(table) => table.values().for_each(|entry| self.nothing_from_outside(&entry.node)),
            Content::Text(_) | Content::Whole(_) | Content::Float(_) | Content::Boolean(_) | Content::Moment(_) => {}
        }
    }

    fn word(&mut self, node: &Node, words: &'static [(&'static str, &'static str)], name: &str) {
        let all = || words.iter().map(|(word, _)| *word);
        match node.as_text() {
            Some(text) if all().any(|word| word == text) => {}
            Some(text) => {
                let hint = legacy::word(name, text, words).or_else(|| did_you_mean(text, all(), "The words are"));
                let list = all().collect::<Vec<_>>().join(", ");
                self.report.hinted(node.span, format!("“{name}” is one of {list}, not “{}”.", short(text)), hint);
            }
            None => {
                let list = all().collect::<Vec<_>>().join(", ");
                let message = format!("“{name}” is one of {list}, not {}.", node.in_words());
                self.report.hinted(node.span, message, legacy::list_type(node, words));
            }
        }
    }

    /// A constant, or a table that has a rule and nothing else.
    fn computed(&mut self, node: &mut Node, name: &str) {
        self.nothing_from_outside(node);
        let Content::Table(table) = &mut node.content else { return };
        let Some(rule) = table.get_mut("rule").map(|entry| &mut entry.node) else { return };
        self.value(rule, &super::RULE, "rule");
        if let Some((other, entry)) = table.iter().find(|(key, _)| *key != "rule") {
            self.report.error(entry.key, format!("“{name}” has a rule, so “{other}” has no place beside it."));
        }
    }

    fn list(&mut self, node: &mut Node, item: &'static Shape, most: usize, name: &str) {
        let span = node.span;
        let Content::List(items) = &mut node.content else {
            return self.expected(node, name, "a list");
        };
        if items.len() > most {
            let found = items.len();
            return self.report.error(span, format!("“{name}” has {found} entries, and {most} are the most."));
        }
        let apart = matches!(item, Shape::Record(record) if APART.contains(&record.name));
        items.retain_mut(|node| {
            let before = self.wrong_so_far();
            self.value(node, item, name);
            self.keeps(apart, before)
        });
    }

    /// The errors that nothing was left out for.
    fn wrong_so_far(&self) -> usize {
        self.report.errors() - self.left_out
    }

    /// Whether a part stays: one that stands by itself is left out when there are errors in it.
    fn keeps(&mut self, apart: bool, before: usize) -> bool {
        let wrong = self.wrong_so_far() - before;
        let goes = apart && wrong > 0;
        if goes {
            self.left_out += wrong;
        }
        !goes
    }

    fn named(&mut self, node: &mut Node, item: &'static Shape, most: usize, name: &str) {
        let span = node.span;
        let Content::Table(table) = &mut node.content else {
            return self.expected(node, name, "a table");
        };
        if table.len() > most {
            let found = table.len();
            return self.report.error(span, format!("“{name}” has {found} entries, and {most} are the most."));
        }
        for (key, entry) in table {
            if key.is_empty() || key.len() > super::LONGEST_NAME {
                self.report.error(entry.key, format!("A name in “{name}” has 1 to {} bytes.", super::LONGEST_NAME));
            }
            self.value(&mut entry.node, item, key);
        }
    }

    fn variants(&mut self, node: &mut Node, variants: &'static Variants) {
        let Some(table) = node.as_table() else {
            return self.wrong(node, variants.words, "a table");
        };
        let found: Vec<_> = variants.of.iter().filter(|(tag, _)| table.contains_key(*tag)).collect();
        let tags = || variants.of.iter().map(|(tag, _)| *tag);
        match found.as_slice() {
            [(_, record)] => self.record(node, record),
            [] => {
                let list = tags().collect::<Vec<_>>().join(", ");
                let near = table.keys().find_map(|key| crate::mistake::nearest(key, tags()));
                let hint = near.map(|near| format!("Did you mean “{near}”?"));
                let message = format!("{} has one of {list}; this one has none.", capital(variants.words));
                self.report.hinted(node.span, message, hint);
            }
            [(first, _), (second, _), ..] => {
                let message = format!("{} has “{first}” or “{second}”, not both.", capital(variants.words));
                self.report.error(node.key_span(second), message);
            }
        }
    }

    fn typed(&mut self, node: &mut Node, typed: &'static Typed) {
        let words = || typed.of.iter().map(|(word, _)| *word);
        let Some(table) = node.as_table() else {
            let message = format!("{} is a table, not {}.", capital(typed.words), node.in_words());
            let hint = node.as_text().map(|text| legacy::widget(text, words()));
            return self.report.hinted(node.span, message, hint);
        };
        let Some(kind) = table.get("type") else {
            let hint = format!("The types are: {}.", words().collect::<Vec<_>>().join(", "));
            return self.report.hinted(node.span, format!("{} needs “type”.", capital(typed.words)), Some(hint));
        };
        let found = kind.node.as_text().and_then(|text| typed.of.iter().find(|(word, _)| *word == text));
        let Some((_, record)) = found else {
            let (span, text) = (kind.node.span, kind.node.as_text().unwrap_or_default());
            let message = match kind.node.as_text() {
                Some(text) => format!("There is no type “{}” of {}.", short(text), typed.words),
                None => format!("“type” of {} is a text, not {}.", typed.words, kind.node.in_words()),
            };
            return self.report.hinted(span, message, did_you_mean(text, words(), "The types are"));
        };
        // `type` was looked at; the rest is the table's.
        let Content::Table(table) = &mut node.content else { return };
        let kind = table.shift_remove_full("type");
        self.record(node, record);
        if let (Content::Table(table), Some((index, key, entry))) = (&mut node.content, kind) {
            table.shift_insert(index.min(table.len()), key, entry);
        }
    }

    fn unknown(&mut self, key: Span, value: Span, name: &str, record: &'static Record) {
        // Nobody knows what was meant to stand there; it may be a secret.
        self.report.conceal(value);
        let hint = legacy::key(record.name, name).or_else(|| did_you_mean(name, record.names(), "The keys are"));
        self.report.hinted(key, format!("“{}” is not a key of {}.", short(name), record.words), hint);
    }

    fn expected(&mut self, node: &Node, name: &str, expected: &str) {
        self.report.error(node.span, format!("“{name}” is {expected}, not {}.", node.in_words()));
    }

    fn wrong(&mut self, node: &Node, words: &str, expected: &str) {
        self.report.error(node.span, format!("{} is {expected}, not {}.", capital(words), node.in_words()));
    }
}

/// Whether a value is of the TOML type that a shape has.
fn is_of(node: &Node, shape: &Shape) -> bool {
    match shape {
        Shape::Text(_) | Shape::Word(_) => node.as_text().is_some(),
        Shape::Boolean => node.as_bool().is_some(),
        Shape::Number => node.as_number().is_some(),
        Shape::Whole { .. } => node.as_whole().is_some(),
        Shape::List { .. } => matches!(node.content, Content::List(_)),
        Shape::Named { .. } | Shape::Record(_) | Shape::Variants(_) | Shape::Typed(_) => node.as_table().is_some(),
        Shape::Constant | Shape::Value => true,
        Shape::Either(shapes) => shapes.iter().any(|shape| is_of(node, shape)),
    }
}

const fn in_words(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text(_) | Shape::Word(_) => "a text",
        Shape::Boolean => "true or false",
        Shape::Number => "a number",
        Shape::Whole { .. } => "a whole number",
        Shape::List { .. } => "a list",
        Shape::Named { .. } | Shape::Record(_) | Shape::Variants(_) | Shape::Typed(_) => "a table",
        Shape::Constant | Shape::Value | Shape::Either(_) => "a value",
    }
}

/// Whether a URL names a password (`scheme://user:password@host`, `?password=…`) that does not come from outside.
fn has_password(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let of_user = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
    let lower = rest.to_lowercase();
    let in_query = lower.split_once("password=").map(|(_, password)| password);
    [of_user, in_query].into_iter().flatten().any(|password| !password.is_empty() && !password.starts_with("${"))
}

/// The beginning of what an author wrote.
pub(crate) fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// With a capital letter, as a sentence begins.
pub(crate) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_urls_are_seen() {
        for url in [
            "postgres://shop:hunter2@localhost/shop",
            "postgres://shop:hunter2@${env:HOST}/shop",
            "postgres://localhost/shop?password=hunter2",
        ] {
            assert!(has_password(url), "{url}");
        }
        for url in [
            "sqlite:shop.db",
            "postgres://shop@localhost/shop",
            "postgres://localhost:5432/shop",
            "mysql://shop:@h/s",
            "postgres://shop:${env:PASSWORD}@localhost/shop",
            "postgres://shop:${file:/run/password}@localhost/shop",
            "postgres://localhost/shop?password=${env:PASSWORD}",
        ] {
            assert!(!has_password(url), "{url}");
        }
    }
}

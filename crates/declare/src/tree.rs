//! A file as it was parsed: values with their places.
//!
//! Our own tree and not the parser's, because that one borrows from the text,
//! and a document lives as long as the server that it describes.

use indexmap::IndexMap;
use serde_json::Value as Json;
use toml::de::{DeTable, DeValue};

use crate::mistake::Report;
use crate::text::{Files, Span};

/// A value and its place.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) content: Content,
}

/// What a value is.
#[derive(Clone)]
pub(crate) enum Content {
    Text(String),
    Whole(i64),
    Float(f64),
    Boolean(bool),
    /// A date, a time or both, as it was written.
    Moment(String),
    List(Vec<Node>),
    Table(Table),
}

/// Keys in the file's order, each with its place.
pub(crate) type Table = IndexMap<String, Entry>;

/// What stands under a key.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) key: Span,
    pub(crate) node: Node,
}

impl Node {
    /// What the value is, with its article, for messages.
    pub(crate) const fn in_words(&self) -> &'static str {
        match self.content {
            Content::Text(_) => "a text",
            Content::Whole(_) => "a whole number",
            Content::Float(_) => "a number",
            Content::Boolean(_) => "true or false",
            Content::Moment(_) => "a date or time",
            Content::List(_) => "a list",
            Content::Table(_) => "a table",
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) const fn as_bool(&self) -> Option<bool> {
        match self.content {
            Content::Boolean(bool) => Some(bool),
            _ => None,
        }
    }

    pub(crate) const fn as_whole(&self) -> Option<i64> {
        match self.content {
            Content::Whole(whole) => Some(whole),
            _ => None,
        }
    }

    pub(crate) const fn as_number(&self) -> Option<f64> {
        match self.content {
            #[expect(clippy::cast_precision_loss, reason = "the nearest number is what is meant")]
            Content::Whole(whole) => Some(whole as f64),
            Content::Float(float) => Some(float),
            _ => None,
        }
    }

    pub(crate) const fn as_table(&self) -> Option<&Table> {
        match &self.content {
            Content::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The items of a list; of anything else, none.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// What stands under a key of a table.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.as_table()?.get(key).map(|entry| &entry.node)
    }

    /// The text under a key.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    /// The text under a key, owned.
    pub(crate) fn string(&self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    /// Whether true stands under a key.
    pub(crate) fn flag(&self, key: &str) -> bool {
        self.get(key).and_then(Self::as_bool).unwrap_or_default()
    }

    /// The texts of the list under a key; none when there is no list.
    pub(crate) fn texts(&self, key: &str) -> Vec<String> {
        let items = self.get(key).map_or(&[][..], Self::items);
        items.iter().filter_map(|item| item.as_text().map(str::to_owned)).collect()
    }

    /// The place of a key, or of the whole where there is none.
    pub(crate) fn key_span(&self, key: &str) -> Span {
        self.as_table().and_then(|table| table.get(key)).map_or(self.span, |entry| entry.key)
    }

    /// The value as JSON; dates and times as texts.
    pub(crate) fn to_json(&self) -> Json {
        match &self.content {
            Content::Text(text) | Content::Moment(text) => Json::from(text.as_str()),
            Content::Whole(whole) => Json::from(*whole),
            Content::Float(float) => Json::from(*float),
            Content::Boolean(bool) => Json::from(*bool),
            Content::List(items) => items.iter().map(Self::to_json).collect(),
            Content::Table(table) => {
                Json::Object(table.iter().map(|(key, entry)| (key.clone(), entry.node.to_json())).collect())
            }
        }
    }
}

/// Parses one of the files. What was understood is `None` when not all of it was: the rest may
/// then be half of what was meant, and nothing sensible can be said of it.
pub(crate) fn parse(files: &Files, file: usize, text: &str, report: &mut Report) -> Option<Node> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut last = None;
    let understood = errors.is_empty();
    for error in errors {
        let span = Span::new(file, error.span().unwrap_or(0..0));
        // A parser that lost its way says more of the same line, and less of it is true.
        let (line, _) = files.position(span);
        if last != Some(line) {
            conceal_line(files, span, report);
            let (message, hint) = in_words(error.message(), files, span);
            report.hinted(span, message, hint);
        }
        last = Some(line);
    }
    let span = Span::new(file, 0..0);
    understood.then(|| Node { span, content: Content::Table(table(file, root.into_inner(), report)) })
}

/// What the parser says, in words for those who do not know its grammar.
fn in_words(message: &str, files: &Files, span: Span) -> (String, Option<String>) {
    let there = files.slice(span).trim();
    let rest =
        files.line(span).and_then(|(start, line)| line.get(span.start.saturating_sub(start)..)).unwrap_or_default();
    let (said, hint) = match message {
        text if text.starts_with("string values must be quoted")
            && there.is_empty()
            && !rest.trim_start().starts_with(':') =>
        {
            ("A value is missing here.", None)
        }
        text if text.starts_with("missing assignment") && rest.trim_start().starts_with(':') => {
            ("A key and its value have “=” between them, not “:”.", Some("Write key = \"value\"."))
        }
        text if text.starts_with("string values must be quoted") => {
            ("A text stands in quotes.", Some("Write \"…\"; only numbers, true, false and dates have none."))
        }
        text if text.starts_with("duplicate key") => {
            return (format!("“{there}” is there twice."), Some("Put both into one.".to_owned()));
        }
        text if text.starts_with("invalid basic string") || text.starts_with("invalid literal string") => (
            "This text does not end on its line.",
            Some("Close its quotes; texts of several lines stand between \"\"\" and \"\"\"."),
        ),
        text => return (format!("This is not TOML: {}.", text.trim_end_matches('.')), None),
    };
    (said.to_owned(), hint.map(str::to_owned))
}

/// Where nothing was understood, nobody knows what is a secret; what is assigned on such a line is not shown.
fn conceal_line(files: &Files, span: Span, report: &mut Report) {
    const SECRET: [&str; 8] = ["secret", "password", "token", "url", "key", "header", "authorization", "://"];
    if let Some((start, line)) = files.line(span) {
        let lower = line.to_lowercase();
        if SECRET.iter().any(|word| lower.contains(word)) {
            let value = line.find('=').map_or(0, |at| at + 1);
            report.conceal(Span::new(span.file, start + value..start + line.len()));
        }
    }
}

fn table(file: usize, table: DeTable<'_>, report: &mut Report) -> Table {
    let entries = table.into_iter().map(|(key, value)| {
        let span = Span::new(file, key.span());
        let node = node(file, value.span(), value.into_inner(), report);
        (key.into_inner().into_owned(), Entry { key: span, node })
    });
    entries.collect()
}

fn node(file: usize, range: std::ops::Range<usize>, value: DeValue<'_>, report: &mut Report) -> Node {
    let span = Span::new(file, range);
    let content = match value {
        DeValue::String(text) => Content::Text(text.into_owned()),
        DeValue::Boolean(bool) => Content::Boolean(bool),
        DeValue::Datetime(at) => Content::Moment(at.to_string()),
        DeValue::Integer(whole) => {
            if let Ok(whole) = i64::from_str_radix(whole.as_str(), whole.radix()) {
                Content::Whole(whole)
            } else {
                report.error(span, "This whole number is beyond 64 bits. Write it as a text.");
                Content::Whole(0)
            }
        }
        DeValue::Float(float) => match float.as_str().parse::<f64>() {
            Ok(float) if float.is_finite() => Content::Float(float),
            _ => {
                report.error(span, "This number is not one that can be computed with.");
                Content::Float(0.0)
            }
        },
        DeValue::Array(items) => Content::List(
            items
                .into_iter()
                .map(|item| {
                    let range = item.span();
                    node(file, range, item.into_inner(), report)
                })
                .collect(),
        ),
        DeValue::Table(inner) => Content::Table(table(file, inner, report)),
    };
    Node { span, content }
}

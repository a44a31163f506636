//! A document: one file, or a folder of files, read and in shape.

use std::fmt;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use indexmap::map::Entry as MapEntry;
use levers_handler_http::SecretText;
use levers_model::ActionId;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};

use crate::environment::{Lookup, Process};
use crate::mistake::{Mistake, Report, Severity};
use crate::shape::root::ROOT;
use crate::shape::walk::{Walk, short};
use crate::text::{Files, Span};
use crate::tree::{self, Content, Entry, Node, Table};

/// Files that are well-formed. Whether they fit the databases, [`Document::declare`] says.
pub struct Document {
    pub(crate) files: Files,
    pub(crate) root: Node,
    /// Places whose text is never shown.
    pub(crate) secrets: Vec<Span>,
    settings: Settings,
    sources: Vec<SourceDeclaration>,
    watched: Vec<PathBuf>,
    warnings: Vec<Mistake>,
}

/// A declared data source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDeclaration {
    /// Its name in the file.
    pub name: String,
    /// Where it is. May hold a password.
    pub url: SecretText,
    /// Only these tables and views, by name; empty for all.
    pub include: Vec<String>,
    /// Not these.
    pub exclude: Vec<String>,
    /// Of these schemas; empty for the connection's own.
    pub schemas: Vec<String>,
}

/// What the file says of the server itself. It serializes as the table that stands in the file,
/// secrets included, and shows only its keys.
#[derive(Clone, Default, PartialEq)]
pub struct Settings(Map<String, Json>);

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("watched", &self.watched).finish_non_exhaustive()
    }
}

/// The most files of a folder.
const MOST_FILES: usize = 200;
/// The largest file, in bytes.
const LARGEST_FILE: u64 = 2 * 1024 * 1024;
/// Keys of the root that are no settings.
const NO_SETTINGS: [&str; 3] = ["sources", "http", "collections"];

/// Reads a file, or all `.toml` files of a folder, with the process's environment.
///
/// # Errors
/// Every mistake of shape.
pub fn read(path: &Path) -> Result<Document, Vec<Mistake>> {
    let names = names(path).map_err(|message| vec![Mistake::of_file(path.to_owned(), message)])?;
    let mut files = Vec::with_capacity(names.len());
    let mut mistakes = Vec::new();
    for name in names {
        match text(&name) {
            Ok(text) => files.push((name, text)),
            Err(message) => mistakes.push(Mistake::of_file(name, message)),
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let mut document = parse(files, &Process)?;
    if path.is_dir() {
        document.watched.push(path.to_owned());
    }
    Ok(document)
}

/// Reads what is right of a file or folder that has mistakes of shape, so that it can be held
/// against the databases in the same go: without its wrong actions, segments and keys of
/// collections. `None` where the mistakes lie elsewhere.
pub fn read_what_is_right(path: &Path) -> Option<Document> {
    let texts = names(path).ok()?.into_iter().map(|name| Some((text(&name).ok()?, name)));
    let files = texts.map(|read| read.map(|(text, name)| (name, text))).collect::<Option<_>>()?;
    examine(files, &Process).0
}

fn names(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |error: io::Error| format!("The folder cannot be read: {error}.");
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.path();
        if name.extension().is_some_and(|extension| extension == "toml") && name.is_file() {
            names.push(name);
        }
    }
    names.sort();
    match names.len() {
        0 => Err("There is no .toml file in this folder.".to_owned()),
        1..=MOST_FILES => Ok(names),
        many => Err(format!("There are {many} files in this folder, and {MOST_FILES} are the most.")),
    }
}

fn text(path: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("The file cannot be read: {error}.");
    if fs::metadata(path).map_err(unreadable)?.len() > LARGEST_FILE {
        return Err(format!("The file is larger than {LARGEST_FILE} bytes."));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| "The file is not UTF-8 text.".to_owned())
}

/// Reads files whose texts are at hand.
///
/// # Errors
/// Every mistake of shape.
pub fn parse(files: Vec<(PathBuf, String)>, lookup: &dyn Lookup) -> Result<Document, Vec<Mistake>> {
    let (document, mistakes) = examine(files, lookup);
    let good = mistakes.iter().all(|mistake| mistake.severity == Severity::Warning);
    document.filter(|_| good).ok_or(mistakes)
}

/// What is right of the files, if enough is, and all that is wrong.
fn examine(files: Vec<(PathBuf, String)>, lookup: &dyn Lookup) -> (Option<Document>, Vec<Mistake>) {
    if let Some((path, _)) = files.iter().find(|(_, text)| text.len() as u64 > LARGEST_FILE) {
        let message = format!("The file is larger than {LARGEST_FILE} bytes.");
        return (None, vec![Mistake::of_file(path.clone(), message)]);
    }
    let mut left_out = 0;
    let mut watched: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
    let files = Files::new(files);
    let mut report = Report::default();
    let mut root = Node { span: Span::new(0, 0..0), content: Content::Table(Table::new()) };
    for (index, (_, text)) in files.iter().enumerate() {
        if let Some(mut node) = tree::parse(&files, index, text, &mut report) {
            let mut walk = Walk { lookup, report: &mut report, read: &mut watched, left_out };
            walk.record(&mut node, &ROOT);
            left_out = walk.left_out;
            merge(&mut root, node, &mut report);
        }
    }
    one_kind_of_source(&root, &mut report);
    address(&root, &mut report);
    let failed = report.errors() > left_out;
    let secrets = report.secrets().to_vec();
    let mistakes = report.finish(&files);
    if failed {
        return (None, mistakes);
    }
    let (settings, sources) = (settings(&root), sources(&root));
    let warnings = mistakes.iter().filter(|mistake| mistake.severity == Severity::Warning).cloned().collect();
    (Some(Document { files, root, secrets, settings, sources, watched, warnings }), mistakes)
}

/// Adds what another file declares.
fn merge(root: &mut Node, other: Node, report: &mut Report) {
    let (Content::Table(root), Content::Table(other)) = (&mut root.content, other.content) else { return };
    for (key, entry) in other {
        match root.entry(key) {
            MapEntry::Vacant(vacant) => drop(vacant.insert(entry)),
            MapEntry::Occupied(mut occupied) => {
                let key = occupied.key().clone();
                if matches!(key.as_str(), "collections" | "sources") {
                    merge_named(&key, occupied.get_mut(), entry, report);
                } else {
                    report.error(entry.key, format!("“{key}” is already declared in another file."));
                }
            }
        }
    }
}

fn merge_named(what: &str, into: &mut Entry, from: Entry, report: &mut Report) {
    let (Content::Table(into), Content::Table(from)) = (&mut into.node.content, from.node.content) else { return };
    for (name, entry) in from {
        if into.contains_key(&name) {
            report.error(entry.key, format!("“{name}” is already declared under “{what}” in another file."));
        } else {
            into.insert(name, entry);
        }
    }
}

/// A nameless database beside named ones would be a source that nobody can speak of.
fn one_kind_of_source(root: &Node, report: &mut Report) {
    if root.get("database").is_some() && root.get("sources").is_some() {
        report.hinted(
            root.key_span("database"),
            "There is a [database], and there are [sources].",
            Some("Make it one of the sources: [sources.main].".into()),
        );
    }
    if let Some(sources) = root.get("sources").and_then(Node::as_table) {
        for (name, entry) in sources {
            if entry.node.get("url").is_none() {
                report.error(entry.key, format!("The data source “{name}” needs “url”."));
            }
        }
    }
}

fn address(root: &Node, report: &mut Report) {
    let Some(listen) = root.get("listen") else { return };
    let text = listen.as_text().unwrap_or_default();
    if text.parse::<SocketAddr>().is_err() {
        let message = format!("“listen” is an address and port such as 127.0.0.1:3310, not “{}”.", short(text));
        report.error(listen.span, message);
    }
}

fn settings(root: &Node) -> Settings {
    let table = root.as_table().into_iter().flatten();
    let kept = table.filter(|(key, _)| !NO_SETTINGS.contains(&key.as_str()));
    Settings(kept.map(|(key, entry)| (key.clone(), entry.node.to_json())).collect())
}

fn sources(root: &Node) -> Vec<SourceDeclaration> {
    let table = root.get("sources").and_then(Node::as_table).into_iter().flatten();
    let source = |(name, entry): (&String, &Entry)| SourceDeclaration {
        name: name.clone(),
        url: SecretText::new(entry.node.text("url").unwrap_or_default()),
        include: entry.node.texts("include"),
        exclude: entry.node.texts("exclude"),
        schemas: entry.node.texts("schemas"),
    };
    table.map(source).collect()
}

impl Document {
    /// What the file says of the server itself, `[database]` included: flags and the
    /// environment may say otherwise.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The data sources that have names.
    pub fn sources(&self) -> &[SourceDeclaration] {
        &self.sources
    }

    /// The files whose change changes the document: those that were read, the
    /// folder, and those that `${file:…}` names.
    pub fn watched(&self) -> &[PathBuf] {
        &self.watched
    }

    /// What can be served so and should not stay so.
    pub fn warnings(&self) -> &[Mistake] {
        &self.warnings
    }

    /// A mistake that somebody else found, at the place of a key; of the nearest table around it
    /// when the key is not there. Actions are named by their names or ids.
    pub fn mistake(&self, path: &[&str], message: impl Into<String>, hint: Option<String>) -> Mistake {
        let mut report = Report::concealing(self.secrets.clone());
        report.hinted(self.place(path), message, hint);
        let mut found = report.finish(&self.files);
        found.pop().unwrap_or_else(|| Mistake::of_file(PathBuf::new(), String::new()))
    }

    fn place(&self, path: &[&str]) -> Span {
        let (mut here, mut span) = (&self.root, self.root.span);
        for step in path {
            let item = |node: &&Node| node.text("name").is_some_and(|name| is_called(name, step));
            match (&here.content, here.get(step)) {
                (Content::Table(_), Some(node)) => {
                    span = here.key_span(step);
                    here = node;
                }
                (Content::List(items), _) => match items.iter().find(item) {
                    Some(node) => {
                        span = node.span;
                        here = node;
                    }
                    None => return span,
                },
                _ => return span,
            }
        }
        span
    }

    /// What is declared, in the files' order.
    pub fn outline(&self) -> Vec<Outline> {
        let collections = self.root.get("collections").and_then(Node::as_table).into_iter().flatten();
        let mut outline = Vec::new();
        for (collection, entry) in collections {
            for action in entry.node.get("actions").map_or(&[][..], Node::items) {
                let name = action.text("name").unwrap_or_default();
                outline.push(Outline {
                    collection: collection.clone(),
                    action: name.to_owned(),
                    fingerprint: fingerprint(action),
                });
            }
        }
        outline
    }

    /// On how many collections something is declared.
    pub fn collections(&self) -> usize {
        self.root.get("collections").and_then(Node::as_table).map_or(0, Table::len)
    }
}

/// A declared action, for whoever compares two documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// Its collection.
    pub collection: String,
    /// Its name.
    pub action: String,
    /// Changes when anything of it changes, within one process.
    pub fingerprint: u64,
}

fn fingerprint(node: &Node) -> u64 {
    let mut hasher = DefaultHasher::new();
    node.to_json().to_string().hash(&mut hasher);
    hasher.finish()
}

fn is_called(name: &str, called: &str) -> bool {
    name == called || ActionId::from_name(name).as_str() == called
}

//! What is wrong with a file, and where.
//!
//! A mistake says what was found and what was expected, points at the place as a
//! compiler does, and offers the nearest right word. The line is shown without
//! the secrets that stand on it: `check` is run in terminals that others see, and
//! its output is pasted into tickets.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::text::{Files, Span};

/// Whether a file can be served in spite of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can, and should not stay so.
    Warning,
}

/// Something wrong in a file. Lines and columns count from one, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// Whether the file can be served in spite of it.
    pub severity: Severity,
    /// The file, as it was named.
    pub file: PathBuf,
    /// The line; 0 when the mistake is about the file as a whole.
    pub line: usize,
    /// The column.
    pub column: usize,
    /// What was expected and what was found.
    pub message: String,
    /// What to write instead, as far as that can be guessed.
    pub hint: Option<String>,
    #[serde(skip)]
    excerpt: Option<Excerpt>,
}

/// The line on which it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    text: String,
    /// Where the carets stand, in characters, and how many.
    carets: (usize, usize),
}

/// The longest line that is shown whole, in characters.
const WIDEST: usize = 160;

impl Mistake {
    /// Where it is read: mistakes are told in the files' order.
    pub fn place(&self) -> (&Path, usize, usize) {
        (&self.file, self.line, self.column)
    }

    /// A mistake about a file as a whole, such as one that cannot be read.
    pub(crate) fn of_file(file: PathBuf, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, file, line: 0, column: 0, message: message.into(), hint: None, excerpt: None }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, file, line, column, message, hint, excerpt } = self;
        write!(f, "{}:", file.display())?;
        if *line > 0 {
            write!(f, "{line}:{column}:")?;
        }
        if *severity == Severity::Warning {
            f.write_str(" warning:")?;
        }
        write!(f, " {message}")?;
        if let Some(Excerpt { text, carets: (start, count) }) = excerpt {
            let number = line.to_string();
            let margin = " ".repeat(number.len());
            write!(f, "\n{margin} |\n{number} | {text}\n{margin} | {}{}", " ".repeat(*start), "^".repeat(*count))?;
        }
        match hint {
            Some(hint) => write!(f, "\nhelp: {hint}"),
            None => Ok(()),
        }
    }
}

/// Gathers mistakes, so that one look at a file finds them all.
#[derive(Default)]
pub(crate) struct Report {
    found: Vec<Found>,
    /// Places whose text is never shown.
    secrets: Vec<Span>,
}

/// A mistake before its place is looked up.
struct Found {
    severity: Severity,
    span: Span,
    message: String,
    hint: Option<String>,
}

impl Report {
    /// More mistakes than this are not read by anybody.
    const MOST: usize = 100;

    /// A report that never shows what stands at these places.
    pub(crate) const fn concealing(secrets: Vec<Span>) -> Self {
        Self { found: Vec::new(), secrets }
    }

    /// The places whose text is never shown.
    pub(crate) fn secrets(&self) -> &[Span] {
        &self.secrets
    }

    /// Adds a mistake.
    pub(crate) fn error(&mut self, span: Span, message: impl Into<String>) {
        self.add(Severity::Error, span, message.into(), None);
    }

    /// Adds a mistake with a hint, when there is one.
    pub(crate) fn hinted(&mut self, span: Span, message: impl Into<String>, hint: Option<String>) {
        self.add(Severity::Error, span, message.into(), hint);
    }

    /// Adds what should not stay so.
    pub(crate) fn warning(&mut self, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.add(Severity::Warning, span, message.into(), Some(hint.into()));
    }

    /// Never shows what stands there.
    pub(crate) fn conceal(&mut self, span: Span) {
        self.secrets.push(span);
    }

    /// Whether something prevents serving.
    pub(crate) fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// How much prevents serving.
    pub(crate) fn errors(&self) -> usize {
        self.found.iter().filter(|found| found.severity == Severity::Error).count()
    }

    /// The mistakes in the files' order.
    pub(crate) fn finish(mut self, files: &Files) -> Vec<Mistake> {
        self.found.sort_by_key(|found| (found.span.file, found.span.start, found.severity));
        self.found.dedup_by(|one, other| one.span == other.span && one.message == other.message);
        let left = self.found.len().saturating_sub(Self::MOST);
        let mut mistakes: Vec<Mistake> =
            self.found.iter().take(Self::MOST).map(|found| found.place(files, &self.secrets)).collect();
        if let (true, Some(last)) = (left > 0, mistakes.last()) {
            let message = format!("There are {left} more mistakes, which are shown when these are gone.");
            mistakes.push(Mistake::of_file(last.file.clone(), message));
        }
        mistakes
    }

    fn add(&mut self, severity: Severity, span: Span, message: String, hint: Option<String>) {
        self.found.push(Found { severity, span, message, hint });
    }
}

impl Found {
    fn place(&self, files: &Files, secrets: &[Span]) -> Mistake {
        let Self { severity, span, message, hint } = self;
        let (line, column) = files.position(*span);
        Mistake {
            severity: *severity,
            file: files.path(*span),
            line,
            column,
            message: message.clone(),
            hint: hint.clone(),
            excerpt: excerpt(files, *span, column, secrets),
        }
    }
}

/// The line up to the first secret on it, when the place is before that.
fn excerpt(files: &Files, span: Span, column: usize, secrets: &[Span]) -> Option<Excerpt> {
    let (line_start, line) = files.line(span)?;
    let line_end = line_start + line.len();
    let on_line = |secret: &&Span| secret.file == span.file && secret.start < line_end && line_start < secret.end;
    let cut = secrets.iter().filter(on_line).map(|secret| secret.start.max(line_start) - line_start).min();
    let shown = cut.and_then(|cut| line.get(..cut)).unwrap_or(if cut.is_some() { "" } else { line });
    let start = column.checked_sub(1)?;
    let width = shown.chars().count();
    if start > width || (cut.is_some() && shown.trim().is_empty()) {
        return None;
    }
    let on_this_line = files.slice(span).lines().next().map_or(0, |text| text.chars().count());
    let carets = on_this_line.clamp(1, (width.max(start + 1) - start).max(1));
    let mut text: String =
        shown.chars().take(WIDEST).map(|character| if character == '\t' { ' ' } else { character }).collect();
    if cut.is_some() || width > WIDEST {
        text.push('…');
    }
    (start <= WIDEST).then_some(Excerpt { text, carets: (start, carets.min(WIDEST)) })
}

/// The known word that looks most like this one, if one looks enough like it.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const ENOUGH: f64 = 0.8;
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&lower, &known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness >= ENOUGH)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}

/// A hint that names the nearest word, or what there is.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, what: &str) -> Option<String> {
    const MOST: usize = 30;
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(near) = nearest(word, known.iter().copied()) {
        return Some(format!("Did you mean “{near}”?"));
    }
    let more = if known.len() > MOST { ", …" } else { "" };
    let shown = known.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    (!known.is_empty()).then(|| format!("{what}: {shown}{more}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str, part: &str, secret: Option<&str>) -> String {
        let files = Files::new(vec![("levers.toml".into(), text.to_owned())]);
        let find = |part: &str| {
            let start = text.find(part).unwrap();
            Span { file: 0, start, end: start + part.len() }
        };
        let mut report = Report::default();
        report.hinted(find(part), "This is wrong.", Some("Do it otherwise.".into()));
        if let Some(secret) = secret {
            report.conceal(find(secret));
        }
        report.finish(&files).remove(0).to_string()
    }

    #[test]
    fn a_mistake_points_at_its_place() {
        insta::assert_snapshot!(one("a = 1\nümläut = \"x\" # c", "\"x\"", None), @r#"
        levers.toml:2:10: This is wrong.
          |
        2 | ümläut = "x" # c
          |          ^^^
        help: Do it otherwise.
        "#);
    }

    #[test]
    fn a_line_is_shown_up_to_its_secret() {
        insta::assert_snapshot!(one("auth_secret = \"hunter2\"", "auth_secret", Some("\"hunter2\"")), @"
        levers.toml:1:1: This is wrong.
          |
        1 | auth_secret = …
          | ^^^^^^^^^^^
        help: Do it otherwise.
        ");
        assert!(!one("a = \"\"\"\nhunter2\"\"\"", "a", Some("\"\"\"\nhunter2\"\"\"")).contains("hunter2"));
        assert!(!one("a = \"\"\"\nhunter2\"\"\"", "hunter2", Some("\"\"\"\nhunter2\"\"\"")).contains("\n2 |"));
    }

    #[test]
    fn only_words_that_look_alike_are_offered() {
        assert_eq!(nearest("statsu", ["status", "state", "name"]), Some("status"));
        assert_eq!(nearest("quantity", ["status", "name"]), None);
    }
}

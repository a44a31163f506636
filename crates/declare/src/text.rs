//! The texts of the files, and places in them.
//!
//! Places are byte ranges until somebody wants to read them: most of what is read
//! is right, and counting lines for it would be for nothing.

use std::ops::Range;
use std::path::PathBuf;

/// A place in one of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// The file's index.
    pub(crate) file: usize,
    /// The first byte.
    pub(crate) start: usize,
    /// The byte after the last.
    pub(crate) end: usize,
}

impl Span {
    /// A range of a file.
    pub(crate) fn new(file: usize, range: Range<usize>) -> Self {
        Self { file, start: range.start, end: range.end }
    }
}

/// The files that make one document.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files(Vec<(PathBuf, String)>);

impl Files {
    /// Takes paths and texts.
    pub(crate) const fn new(files: Vec<(PathBuf, String)>) -> Self {
        Self(files)
    }

    /// Paths and texts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(PathBuf, String)> {
        self.0.iter()
    }

    /// The path of the file in which a place is.
    pub(crate) fn path(&self, span: Span) -> PathBuf {
        self.0.get(span.file).map(|(path, _)| path.clone()).unwrap_or_default()
    }

    /// What stands at a place; empty for a place that is not in the file.
    pub(crate) fn slice(&self, span: Span) -> &str {
        self.text(span).get(span.start..span.end).unwrap_or_default()
    }

    /// Line and column of a place, from one, the column in characters.
    pub(crate) fn position(&self, span: Span) -> (usize, usize) {
        let before = self.before(span);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    /// The line on which a place begins, and where that line begins.
    pub(crate) fn line(&self, span: Span) -> Option<(usize, &str)> {
        let text = self.text(span);
        let start = self.before(span).rfind('\n').map_or(0, |at| at + 1);
        let rest = text.get(start..)?;
        let line = rest.split('\n').next().unwrap_or_default();
        Some((start, line.trim_end_matches('\r')))
    }

    fn text(&self, span: Span) -> &str {
        self.0.get(span.file).map_or("", |(_, text)| text)
    }

    fn before(&self, span: Span) -> &str {
        let text = self.text(span);
        let mut end = span.start.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        &text[..end]
    }
}

//! What is wrong in a rule or a template, and where.
//!
//! A position within the source text and two sentences; whoever read the file knows where
//! the text stands in it and shows both. Rejected: a rendered message with a caret, which
//! could not be moved into a file's excerpt.

use std::ops::Range;

use crate::types::nearest;

/// One mistake in the text of a rule or a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it begins, in bytes from the start of the source text.
    pub offset: usize,
    /// How many bytes it covers; at least one unless the source ends there.
    pub length: usize,
    /// What is wrong, as a sentence.
    pub message: String,
    /// What to write instead, when that is known.
    pub hint: Option<String>,
}

impl Mistake {
    pub(crate) fn new(at: Range<usize>, message: impl Into<String>) -> Self {
        Self { offset: at.start, length: at.len(), message: message.into(), hint: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Hints at the nearest right word; lists the right words when none is near and they are few.
    pub(crate) fn with_words<'a>(mut self, wrong: &str, right: impl Iterator<Item = &'a str> + Clone) -> Self {
        const FEW: usize = 12;
        self.hint = if let Some(word) = nearest(wrong, right.clone()) {
            Some(format!("Did you mean “{word}”?"))
        } else {
            let words: Vec<String> = right.take(FEW + 1).map(|word| format!("“{word}”")).collect();
            (1..=FEW).contains(&words.len()).then(|| format!("There is {}.", words.join(", ")))
        };
        self
    }
}

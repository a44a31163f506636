//! Templates: texts with values in them, in Jinja's language.
//!
//! Of that language there is `{{ … }}`, `{% if %}`, `{% for %}`, comments and a set of
//! filters: what a sentence about a record needs. Assignments, macros, includes and calls
//! are refused, because a text that doubles itself forty times fills the memory, and a
//! title is no place for a program.
//!
//! Rejected: Handlebars (no expressions, so conditions would need rules beside them) and
//! CEL with string concatenation (unreadable for HTML).

mod check;
mod filters;
mod values;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use levers_model::{Error, Result};
use minijinja::Environment;

use crate::contained;
use crate::facts::Facts;
use crate::mistake::Mistake;
use crate::types::Scope;

/// How many steps a rendering may take.
const FUEL: u64 = 100_000;
/// How long a rendered text may be, in bytes.
const LONGEST_OUTPUT: usize = 64 * 1024;
/// The name under which each template stands in its own environment.
const NAME: &str = "template";

/// How values are written into a template's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Escape {
    /// As they are.
    Text,
    /// With `<`, `>`, `&` and quotes escaped, so that a value cannot become HTML.
    Html,
    /// With quotes, backslashes and control characters escaped, for values inside strings of a JSON text.
    Json,
}

/// A compiled template.
#[derive(Clone)]
pub struct Template {
    inner: Arc<Inner>,
}

struct Inner {
    source: String,
    escape: Escape,
    reads: BTreeSet<Vec<String>>,
    environment: Environment<'static>,
}

impl Template {
    /// Compiles a template that may name what the scope declares.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use indexmap::IndexMap;
    /// # use levers_rules::{Escape, Facts, Scope, Template, Type};
    /// # use serde_json::json;
    /// let record = Type::Object(IndexMap::from([("name".to_owned(), Type::Text), ("score".to_owned(), Type::Float)]));
    /// let scope = Arc::new(Scope { variables: IndexMap::from([("record".to_owned(), record)]) });
    /// let template = Template::compile("{{ record.name }} has {{ record.score }}.", &scope, Escape::Html).unwrap();
    ///
    /// let mut facts = Facts::new(&scope);
    /// facts.set_json("record", &json!({"name": "<Ada>", "score": 5.0}));
    /// assert_eq!(template.render(&facts).unwrap(), "&lt;Ada&gt; has 5.");
    ///
    /// let mistakes = Template::compile("{{ record.nmae }}", &scope, Escape::Text).unwrap_err();
    /// assert_eq!(mistakes[0].hint.as_deref(), Some("Did you mean “name”?"));
    /// ```
    ///
    /// # Errors
    /// Every mistake, in the order of the source.
    pub fn compile(source: &str, scope: &Scope, escape: Escape) -> std::result::Result<Self, Vec<Mistake>> {
        let inner = contained::compile(source, "template", || {
            let checked = check::check(source, scope)?;
            let mut environment = Environment::empty();
            filters::register(&mut environment);
            environment.set_formatter(move |output, _, value| values::write(output, value, escape));
            environment.set_fuel(Some(FUEL));
            environment.set_undefined_behavior(minijinja::UndefinedBehavior::Chainable);
            environment
                .add_template_owned(NAME, checked.source)
                .map_err(|error| vec![check::syntax(source, &error)])?;
            Ok(Inner { source: source.to_owned(), escape, reads: checked.reads, environment })
        })?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The template as it was written.
    pub fn source(&self) -> &str {
        &self.inner.source
    }

    /// The paths that the template reads, like `["record", "name"]`.
    pub fn reads(&self) -> &BTreeSet<Vec<String>> {
        &self.inner.reads
    }

    /// Whether it gives the same text for all facts.
    pub fn is_constant(&self) -> bool {
        self.inner.reads.is_empty()
    }

    /// The text with its values. Null is written as nothing, numbers as people write them.
    ///
    /// # Errors
    /// `Refused` when it cannot be written over these facts: a sum with null in it, too
    /// many steps, or more than 64 KB of text.
    pub fn render(&self, facts: &Facts) -> Result<String> {
        let rendered = catch_unwind(AssertUnwindSafe(|| self.render_here(facts)));
        match rendered {
            Ok(Ok(text)) => Ok(text),
            Ok(Err(internal)) => Err(self.failed(internal)),
            Err(_) => Err(self.failed("the template engine panicked".to_owned())),
        }
    }

    fn render_here(&self, facts: &Facts) -> std::result::Result<String, String> {
        let template = self.inner.environment.get_template(NAME).map_err(|error| error.to_string())?;
        let mut output = Bounded::default();
        template
            .render_captured_to(values::context(facts, &self.inner.reads), &mut output)
            .map_err(|error| error.to_string())?;
        String::from_utf8(output.0).map_err(|error| error.to_string())
    }

    fn failed(&self, internal: String) -> Error {
        const SHOWN: usize = 60;
        let mut source: String = self.inner.source.chars().take(SHOWN).collect();
        if source.len() < self.inner.source.len() {
            source.push('…');
        }
        Error::refused(format!(
            "The text “{source}” could not be written: a value in it is missing or does not fit, or the text is too long. Please tell the people who run this service."
        ))
        .with_internal(internal)
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.inner.source).field(&self.inner.escape).finish()
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.inner.source == other.inner.source && self.inner.escape == other.inner.escape
    }
}

/// A text that refuses to grow beyond its bound.
#[derive(Default)]
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.0.len() + more.len() > LONGEST_OUTPUT {
            return Err(io::Error::other("the text is longer than 64 KB"));
        }
        self.0.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

//! Rules: expressions of CEL over facts.
//!
//! Parsed and checked once, evaluated often. An evaluation binds only the facts that the
//! rule reads. Whatever goes wrong in it (null where a number is needed, a division by
//! zero, a panic in the evaluator) is the one answer “cannot be computed”, because what
//! follows from it is for the place where the rule stands to say.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

use cel::extractors::This;
use cel::{Context, Env, ExecutionError, IdedExpr, Value as Cel, extensions};
use regex::Regex;
use serde_json::Value as Json;

use crate::bind;
use crate::facts::Facts;
use crate::mistake::Mistake;
use crate::parse;
use crate::types::{Scope, Type};

/// The functions that rules have; which of them may be called, the check decides.
static FUNCTIONS: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib().with_optional_support(false);
    // Refused only when the standard library declares a function of theirs, which no release does.
    let _ = env.add_extension(extensions::strings);
    Arc::new(env)
});

/// A compiled rule: an expression of CEL whose types were checked.
#[derive(Clone)]
pub struct Rule {
    inner: Arc<Inner>,
}

struct Inner {
    source: String,
    expression: IdedExpr,
    reads: BTreeSet<Vec<String>>,
    patterns: Arc<HashMap<String, Regex>>,
    wanted: Type,
}

impl Rule {
    /// Compiles a rule that may name what the scope declares and gives the wanted type.
    ///
    /// ```
    /// # use indexmap::IndexMap;
    /// # use levers_rules::{Rule, Scope, Type};
    /// let scope = Scope { variables: IndexMap::from([("count".to_owned(), Type::Int)]) };
    /// assert!(Rule::compile("count > 3", &scope, &Type::Bool).is_ok());
    ///
    /// let mistakes = Rule::compile("cuont > 3", &scope, &Type::Bool).unwrap_err();
    /// assert_eq!(mistakes[0].message, "Nothing here is called “cuont”.");
    /// assert_eq!((mistakes[0].offset, mistakes[0].length), (0, 5));
    /// ```
    ///
    /// # Errors
    /// Every mistake, in the order of the source.
    pub fn compile(source: &str, scope: &Scope, wanted: &Type) -> Result<Self, Vec<Mistake>> {
        let parsed = parse::parse(source, scope, wanted)?;
        Ok(Self {
            inner: Arc::new(Inner {
                source: source.to_owned(),
                expression: parsed.expression,
                reads: parsed.checked.reads,
                patterns: Arc::new(parsed.checked.patterns),
                wanted: wanted.clone(),
            }),
        })
    }

    /// The rule as it was written; a browser evaluates this.
    pub fn source(&self) -> &str {
        &self.inner.source
    }

    /// The paths that the rule reads, like `["values", "amount"]`.
    pub fn reads(&self) -> &BTreeSet<Vec<String>> {
        &self.inner.reads
    }

    /// Whether the rule holds; nothing when it cannot be computed over these facts.
    pub fn test(&self, facts: &Facts) -> Option<bool> {
        match self.evaluate(facts)? {
            Cel::Bool(holds) => Some(holds),
            _ => None,
        }
    }

    /// What the rule gives, as JSON of the wanted type or null; nothing when it cannot be computed.
    pub fn compute(&self, facts: &Facts) -> Option<Json> {
        bind::to_json(&self.evaluate(facts)?, &self.inner.wanted)
    }

    fn evaluate(&self, facts: &Facts) -> Option<Cel> {
        // The evaluator works on values of this call alone, so a panic leaves nothing half done.
        catch_unwind(AssertUnwindSafe(|| {
            let mut context = Context::with_env(Arc::clone(&FUNCTIONS));
            for (variable, fact) in facts.pick(&self.inner.reads) {
                context.add_variable_from_value(variable, bind::value(fact));
            }
            if !self.inner.patterns.is_empty() {
                let patterns = Arc::clone(&self.inner.patterns);
                let matches = move |This(text): This<Arc<String>>, pattern: Arc<String>| match patterns.get(&*pattern) {
                    Some(regex) => Ok(regex.is_match(&text)),
                    None => Err(ExecutionError::function_error("matches", "not a pattern of this rule")),
                };
                context.add_function("matches", matches).ok()?;
            }
            Cel::resolve(&self.inner.expression, &context).ok()
        }))
        .ok()
        .flatten()
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rule").field(&self.inner.source).finish()
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.inner.source == other.inner.source && self.inner.wanted == other.inner.wanted
    }
}

//! From the text of a rule to its expression, bounded.
//!
//! Loops are checked as they are written and evaluated as what they expand to, so the
//! source is parsed twice. Rejected: recognising loops in their expansion, which the
//! parser's next version may change.

use cel::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, SelectExpr, SourceInfo, operators};
use cel::parser::{ParseError, ParseErrors};
use cel::{Env, IdedExpr};

use crate::check::{self, Checked};
use crate::contained;
use crate::mistake::Mistake;
use crate::types::{Scope, Type};

/// A rule without mistakes, ready to be evaluated.
pub(crate) struct Parsed {
    pub(crate) expression: IdedExpr,
    pub(crate) checked: Checked,
}

/// Parses and checks a rule.
pub(crate) fn parse(source: &str, scope: &Scope, wanted: &Type) -> Result<Parsed, Vec<Mistake>> {
    if source.trim().is_empty() {
        return Err(vec![Mistake::new(0..source.len(), "The rule is empty.")]);
    }
    contained::compile(source, "rule", || parse_here(source, scope, wanted))
}

fn parse_here(source: &str, scope: &Scope, wanted: &Type) -> Result<Parsed, Vec<Mistake>> {
    let (written, info) = read(&Env::default().with_optional_support(false), source)?;
    let checked = check::check(&written, source, &info, scope, wanted)?;
    let (mut expression, _) = read(&Env::stdlib().with_optional_support(false), source)?;
    presence(&mut expression);
    Ok(Parsed { expression, checked })
}

/// A member that is null is not there: `has(a.b)` becomes `has(a.b) && a.b != null`, which is what
/// other implementations answer.
fn presence(node: &mut IdedExpr) {
    match &mut node.expr {
        Expr::Select(select) => {
            presence(&mut select.operand);
            if select.test {
                let read = SelectExpr { test: false, ..select.clone() };
                let null = Expr::Literal(LiteralValue::Null);
                let given = call(operators::NOT_EQUALS, Expr::Select(read), null);
                node.expr = call(operators::LOGICAL_AND, std::mem::take(&mut node.expr), given);
            }
        }
        Expr::Call(call) => call.target.as_deref_mut().into_iter().chain(&mut call.args).for_each(presence),
        Expr::List(list) => list.elements.iter_mut().for_each(presence),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    presence(&mut entry.key);
                    presence(&mut entry.value);
                }
            }
        }
        Expr::Comprehension(looped) => {
            presence(&mut looped.iter_range);
            presence(&mut looped.accu_init);
            presence(&mut looped.loop_cond);
            presence(&mut looped.loop_step);
            presence(&mut looped.result);
        }
        Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Unspecified => {}
    }
}

fn call(operator: &str, left: Expr, right: Expr) -> Expr {
    let args = [left, right].map(|expr| IdedExpr { id: 0, expr }).into();
    Expr::Call(CallExpr { func_name: operator.to_owned(), target: None, args })
}

fn read(env: &Env, source: &str) -> Result<(IdedExpr, SourceInfo), Vec<Mistake>> {
    env.parser().error_recovery_limit(1).parse_with_source_info(source).map_err(|errors| syntax(source, &errors))
}

/// The first error says what is wrong; those behind it follow from it.
fn syntax(source: &str, errors: &ParseErrors) -> Vec<Mistake> {
    let Some(first) = errors.errors.first() else {
        return vec![Mistake::new(0..source.len(), "This rule cannot be read.")];
    };
    let offset = offset(source, first);
    let rest = source.get(offset..).unwrap_or_default();
    let word = word(rest);
    let at = offset..offset + word.len();
    vec![explain(source, &first.msg, rest, Mistake::new(at, String::new()))]
}

fn explain(source: &str, said: &str, rest: &str, mut mistake: Mistake) -> Mistake {
    let word = word(rest);
    let (message, hint) = if rest.trim().is_empty() {
        ("The rule ends too early.".to_owned(), None)
    } else if said.contains("recursion limit") {
        ("This rule is nested too deeply.".to_owned(), None)
    } else if said.contains("reserved identifier") {
        (format!("“{word}” is a reserved word."), None)
    } else if said.contains("invalid int literal") || said.contains("invalid uint literal") {
        (format!("“{word}” is too large for a whole number."), None)
    } else if said.contains("invalid double literal") {
        (format!("“{word}” is no number."), None)
    } else if rest.starts_with(['\'', '"']) && said.contains("token recognition") {
        ("This text does not end.".to_owned(), Some("Close the quotes.".to_owned()))
    } else if said.contains("token recognition") {
        let hint = match rest.chars().next() {
            Some('=') => Some("Write `==` to compare."),
            Some('&') => Some("Write `&&` for “and”."),
            Some('|') => Some("Write `||` for “or”."),
            _ => None,
        };
        (format!("“{word}” is not understood here."), hint.map(str::to_owned))
    } else {
        // A word of another language is understood as a name, so what follows it is unexpected.
        let before = source.get(..mistake.offset).unwrap_or_default().split_whitespace().next_back();
        let hint = foreign(word).or_else(|| foreign(before.unwrap_or_default()));
        (format!("“{word}” is not expected here."), hint.map(str::to_owned))
    };
    mistake.message = message;
    mistake.hint = hint;
    mistake
}

/// What to write instead of a word of another language.
fn foreign(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "and" => Some("Write `&&` for “and”."),
        "or" => Some("Write `||` for “or”."),
        "not" => Some("Write `!` for “not”."),
        "is" => Some("Write `==` to compare."),
        "if" | "then" | "else" => Some("Write `condition ? one : other`."),
        _ => None,
    }
}

/// Where an error is, in bytes. The lexer counts characters, the rest of the parser bytes.
fn offset(source: &str, error: &ParseError) -> usize {
    let line = usize::try_from(error.pos.0).unwrap_or(1).max(1) - 1;
    let column = usize::try_from(error.pos.1).unwrap_or(1).max(1) - 1;
    let start: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let line = source.get(start..).unwrap_or_default();
    let within = if error.msg.starts_with("Syntax error") {
        line.char_indices().nth(column).map_or(line.len(), |(index, _)| index)
    } else {
        column
    };
    source.floor_char_boundary((start + within).min(source.len()))
}

/// The word or sign that a text begins with.
fn word(text: &str) -> &str {
    let letters = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    let end = if letters == 0 { text.chars().next().map_or(0, char::len_utf8) } else { letters };
    text.get(..end).unwrap_or_default()
}

//! The type check of rules, over the parsed expression.
//!
//! It is our own because the crate that evaluates CEL has none: it would find `record.nmae`
//! or `values.amount > 'x'` when an operator opens the form. It also bounds what a rule may
//! cost, from the longest lists and texts that facts can hold, because the evaluator counts
//! no steps: maps over maps could double a text until memory ends.
//!
//! Stricter than CEL on purpose, so that the server and a browser agree on every rule that
//! passes: functions and conversions on which implementations differ are not offered, and
//! int and double do not mix in arithmetic (they do compare). See `conformance/rules`.
//!
//! Rejected: evaluating rules over sample values instead. A sample takes one branch.

mod calls;
mod loops;
mod operators;
mod shape;
mod spans;

use std::collections::{BTreeSet, HashMap};

use cel::IdedExpr;
use cel::common::ast::{EntryExpr, Expr, LiteralValue, SelectExpr, SourceInfo};
use indexmap::IndexMap;
use regex::Regex;

use self::shape::{Kind, Shape};
use crate::mistake::Mistake;
use crate::types::{Scope, Type};

/// How deep expressions nest. The evaluator recurses, and a server's threads have small stacks.
pub(crate) const DEEPEST: usize = 24;
/// How many steps a rule may take over the longest lists; about half a second.
const MOST_STEPS: f64 = 5_000_000.0;
/// How many bytes a value may grow to, over the longest lists of the longest texts.
const MOST_BYTES: f64 = 256_000_000.0;

/// What the check learned about a rule without mistakes.
pub(crate) struct Checked {
    /// The paths that it reads, each as far as its type is known.
    pub(crate) reads: BTreeSet<Vec<String>>,
    /// The compiled patterns of `matches`, by their text.
    pub(crate) patterns: HashMap<String, Regex>,
}

/// Checks a parsed rule.
pub(crate) fn check(
    root: &IdedExpr,
    source: &str,
    info: &SourceInfo,
    scope: &Scope,
    wanted: &Type,
) -> Result<Checked, Vec<Mistake>> {
    let mut checker = Checker {
        source,
        info,
        scope,
        locals: Vec::new(),
        reads: Vec::new(),
        patterns: HashMap::new(),
        mistakes: Vec::new(),
        weight: 1.0,
        steps: 0.0,
        too_large: false,
        depth: 0,
    };
    let shape = checker.visit(root);
    checker.result(root, &shape, wanted);
    if checker.steps > MOST_STEPS {
        checker.mistake(
            root,
            "This rule could take too long: over lists of 500 items it needs too many steps.",
            Some("Do not nest loops over long lists.".to_owned()),
        );
    }
    if checker.mistakes.is_empty() {
        Ok(Checked { reads: checker.reads.into_iter().collect(), patterns: checker.patterns })
    } else {
        checker.mistakes.sort_by_key(|mistake| mistake.offset);
        Err(checker.mistakes)
    }
}

struct Checker<'a> {
    source: &'a str,
    info: &'a SourceInfo,
    scope: &'a Scope,
    /// Variables of the loops around, innermost last.
    locals: Vec<(String, Shape)>,
    reads: Vec<Vec<String>>,
    patterns: HashMap<String, Regex>,
    mistakes: Vec<Mistake>,
    /// How often the expression at hand is evaluated, because of the loops around.
    weight: f64,
    steps: f64,
    /// Whether the size was complained about; once is enough.
    too_large: bool,
    depth: usize,
}

impl Checker<'_> {
    fn visit(&mut self, expr: &IdedExpr) -> Shape {
        self.spend(1.0);
        if self.depth >= DEEPEST {
            return self.wrong(expr, format!("This rule is nested more than {DEEPEST} levels deep."), None);
        }
        self.depth += 1;
        let shape = self.visit_kind(expr);
        self.depth -= 1;
        if shape.bytes > MOST_BYTES && !self.too_large {
            self.too_large = true;
            self.mistake(expr, "This could become too large for memory, over long lists of long texts.", None);
        }
        shape
    }

    fn visit_kind(&mut self, expr: &IdedExpr) -> Shape {
        match &expr.expr {
            Expr::Literal(literal) => self.literal(expr, literal),
            Expr::Ident(name) => self.variable(expr, name),
            Expr::Select(select) => self.select(expr, select),
            Expr::Call(call) => self.call(expr, call),
            Expr::List(list) => {
                let items: Vec<Shape> = list.elements.iter().map(|item| self.visit(item)).collect();
                self.list(expr, &items)
            }
            Expr::Map(map) => {
                let mut members = IndexMap::new();
                let mut whole = Shape::null();
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.member(&entry.key, &entry.value, &mut members, &mut whole);
                    }
                }
                Shape { kind: Kind::Is(Type::Object(members)), ..whole }
            }
            Expr::Struct(object) => self.wrong(
                expr,
                format!("“{}” is no type that can be made here.", object.type_name),
                Some("Write an object as `{'name': value}`.".to_owned()),
            ),
            // The parser that this check is given expands nothing.
            Expr::Comprehension(_) | Expr::Unspecified => self.wrong(expr, "This cannot be understood.", None),
        }
    }

    fn literal(&mut self, expr: &IdedExpr, literal: &LiteralValue) -> Shape {
        match literal {
            LiteralValue::Boolean(_) => Shape::of(&Type::Bool),
            LiteralValue::Int(_) => Shape::of(&Type::Int),
            LiteralValue::Double(_) => Shape::of(&Type::Float),
            LiteralValue::Null => Shape::null(),
            LiteralValue::String(text) => Shape { bytes: measure(text.inner().len()), ..Shape::of(&Type::Text) },
            LiteralValue::UInt(_) => {
                self.wrong(expr, "Unsigned numbers are not used here.", Some("Leave the `u` out.".to_owned()))
            }
            LiteralValue::Bytes(_) => {
                self.wrong(expr, "Bytes cannot be written here.", Some("Write a text: leave the `b` out.".to_owned()))
            }
        }
    }

    fn variable(&mut self, expr: &IdedExpr, name: &str) -> Shape {
        if let Some((_, shape)) = self.locals.iter().rev().find(|(local, _)| local == name) {
            return shape.clone();
        }
        if let Some(known) = self.scope.variables.get(name) {
            self.reads.push(vec![name.to_owned()]);
            return Shape::of(known);
        }
        let mistake = Mistake::new(self.span(expr), format!("Nothing here is called “{name}”."));
        let words = self.locals.iter().map(|(local, _)| local).chain(self.scope.variables.keys());
        let mistake = mistake.with_words(name, words.map(String::as_str));
        self.mistakes.push(mistake);
        Shape::wrong()
    }

    fn select(&mut self, expr: &IdedExpr, select: &SelectExpr) -> Shape {
        let owner = self.visit(&select.operand);
        let at = self.field_span(expr, &select.field);
        self.member_of(&select.operand, &owner, &select.field, at)
    }

    /// The member of an object, by its name.
    fn member_of(&mut self, operand: &IdedExpr, owner: &Shape, name: &str, at: std::ops::Range<usize>) -> Shape {
        match &owner.kind {
            Kind::Wrong => Shape::wrong(),
            Kind::Is(Type::Json) => Shape::of(&Type::Json).at_least(owner),
            Kind::Is(Type::Object(members)) => {
                let Some(member) = members.get(name) else {
                    let mistake = Mistake::new(at, format!("“{}” has no “{name}”.", self.text(operand)));
                    self.mistakes.push(mistake.with_words(name, members.keys().map(String::as_str)));
                    return Shape::wrong();
                };
                self.read_deeper(operand, name);
                Shape::of(member).at_least(owner)
            }
            kind => {
                let message = format!("“{}” is {kind}, which has no “{name}”.", self.text(operand));
                self.mistakes.push(Mistake::new(at, message));
                Shape::wrong()
            }
        }
    }

    /// Notes that a member was read rather than the whole object, when the object was a variable's.
    fn read_deeper(&mut self, operand: &IdedExpr, name: &str) {
        let Some(path) = self.path(operand) else { return };
        // Other places in the rule may read the whole object; only the last reading is this one.
        if let Some(last) = self.reads.iter_mut().rev().find(|read| **read == path) {
            last.push(name.to_owned());
        }
    }

    /// The path of variable and members that an expression spells.
    fn path(&self, expr: &IdedExpr) -> Option<Vec<String>> {
        match &expr.expr {
            Expr::Ident(name) => (!self.locals.iter().any(|(local, _)| local == name)).then(|| vec![name.clone()]),
            Expr::Select(select) => {
                let mut path = self.path(&select.operand)?;
                path.push(select.field.clone());
                Some(path)
            }
            Expr::Call(call) => {
                let (object, name) = operators::literal_index(call)?;
                let mut path = self.path(object)?;
                path.push(name.to_owned());
                Some(path)
            }
            _ => None,
        }
    }

    fn list(&mut self, expr: &IdedExpr, items: &[Shape]) -> Shape {
        let mut joined = Shape::null();
        for item in items {
            let Some(more) = joined.join(item) else {
                let message =
                    format!("A list holds values of one type; this one mixes {} and {}.", joined.kind, item.kind);
                return self.wrong(expr, message, None);
            };
            joined = more;
        }
        if matches!(joined.kind, Kind::Duration) {
            return self.wrong(expr, "Durations cannot stand in a list.", None);
        }
        Shape::list(joined, measure(items.len()))
    }

    fn member(&mut self, key: &IdedExpr, value: &IdedExpr, members: &mut IndexMap<String, Type>, whole: &mut Shape) {
        let value_shape = self.visit(value);
        let Expr::Literal(LiteralValue::String(name)) = &key.expr else {
            self.mistake(key, "The names in an object are texts.", Some("Put the name in quotes.".to_owned()));
            return;
        };
        let Some(member) = value_shape.kind.as_type() else {
            self.mistake(value, format!("{} cannot stand in an object.", value_shape.kind.capitalized()), None);
            return;
        };
        whole.bytes += value_shape.bytes;
        whole.items = whole.items.max(value_shape.items);
        if members.insert(name.inner().to_owned(), member).is_some() {
            self.mistake(key, format!("“{}” stands twice in this object.", name.inner()), None);
        }
    }

    /// Whether the whole rule gives what is wanted.
    fn result(&mut self, root: &IdedExpr, shape: &Shape, wanted: &Type) {
        let fits = match &shape.kind {
            Kind::Wrong => true,
            Kind::Null => *wanted != Type::Bool,
            Kind::Duration => false,
            Kind::Is(found) => found.fits(wanted),
        };
        if !fits {
            let hint = match (&shape.kind, wanted) {
                (Kind::Is(_), Type::Bool) => Some(format!("Compare it with something: `{} != null`.", self.text(root))),
                (Kind::Is(Type::Float), Type::Int) => {
                    Some("Write `int(…)` around it; it cuts the fraction off.".to_owned())
                }
                (Kind::Is(Type::Bool | Type::Int | Type::Float | Type::Timestamp), Type::Text) => {
                    Some("Write `string(…)` around it.".to_owned())
                }
                _ => None,
            };
            self.mistake(root, format!("This is {}, where {wanted} is wanted.", shape.kind), hint);
        }
    }

    fn spend(&mut self, steps: f64) {
        self.steps += self.weight * steps;
    }

    fn mistake(&mut self, expr: &IdedExpr, message: impl Into<String>, hint: Option<String>) {
        let mistake = Mistake { hint, ..Mistake::new(self.span(expr), message) };
        self.mistakes.push(mistake);
    }

    /// Notes a mistake; what was wrong fits everywhere, so that it is said once.
    fn wrong(&mut self, expr: &IdedExpr, message: impl Into<String>, hint: Option<String>) -> Shape {
        self.mistake(expr, message, hint);
        Shape::wrong()
    }
}

/// A length as a number of the estimate.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn measure(length: usize) -> f64 {
    length as f64
}

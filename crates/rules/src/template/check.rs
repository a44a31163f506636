//! The check of templates, over the parsed text.
//!
//! Finds unknown names, members and filters, what cannot be written or looped over, and
//! statements that templates do not have. Positions come from the engine's own parser,
//! whose interface its authors call unstable: the version is pinned to a minor for it.
//!
//! Rejected: the engine's list of undeclared variables, which has no positions, no
//! members of related records and no types.

use std::collections::BTreeSet;
use std::ops::Range;

use minijinja::machinery::ast::{
    BinOpKind, CallArg, CompareOpKind, Expr, Filter, ForLoop, GetAttr, GetItem, Stmt, Test,
};
use minijinja::machinery::{Span, parse};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;

use crate::mistake::Mistake;
use crate::template::filters::{FILTERS, NUMBER, TESTS, WRITTEN, is_format};
use crate::types::{Scope, Type};

const STATEMENTS: &str = "There is `{{ … }}`, `{% if … %}` and `{% for … in … %}`.";

/// How deep loops stand in each other.
const DEEPEST_LOOPS: usize = 3;

/// What the check learned about a template without mistakes.
pub(super) struct Checked {
    /// The template with numbers marked that are computed with.
    pub(super) source: String,
    pub(super) reads: BTreeSet<Vec<String>>,
}

/// Checks a template.
pub(super) fn check(source: &str, scope: &Scope) -> Result<Checked, Vec<Mistake>> {
    let root = parse(source, "template", SyntaxConfig::default()).map_err(|error| vec![syntax(source, &error)])?;
    let mut checker =
        Checker { source, scope, locals: Vec::new(), reads: Vec::new(), marks: Vec::new(), mistakes: Vec::new() };
    checker.statement(&root);
    if !checker.mistakes.is_empty() {
        checker.mistakes.sort_by_key(|mistake| mistake.offset);
        return Err(checker.mistakes);
    }
    Ok(Checked { source: marked(source, checker.marks), reads: checker.reads.into_iter().collect() })
}

/// The engine's complaint about a text that it cannot read.
pub(super) fn syntax(source: &str, error: &minijinja::Error) -> Mistake {
    let detail = error.detail().unwrap_or("this cannot be read");
    let mut letters = detail.chars();
    let sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    let range = error.range().unwrap_or(0..source.len());
    let hint = if detail.contains("end of input") {
        Some(
            "Every `{{` ends with `}}`, every `{% if … %}` with `{% endif %}`, every `{% for … %}` with `{% endfor %}`.",
        )
    } else {
        detail.contains("statement").then_some(STATEMENTS)
    };
    let hint = hint.map(str::to_owned);
    Mistake { hint, ..Mistake::new(within(source, range), format!("{sentence}.")) }
}

/// Puts the filters behind their paths, from the last to the first.
fn marked(source: &str, mut marks: Vec<(Range<usize>, &'static str)>) -> String {
    marks.sort_by_key(|(span, _)| span.start);
    let mut marked = source.to_owned();
    for (span, filter) in marks.into_iter().rev() {
        if let Some(path) = source.get(span.clone()) {
            marked.replace_range(span, &format!("({path}|{filter})"));
        }
    }
    marked
}

fn within(source: &str, span: Range<usize>) -> Range<usize> {
    let end = source.ceil_char_boundary(span.end.min(source.len()));
    source.floor_char_boundary(span.start.min(end))..end
}

struct Checker<'a> {
    source: &'a str,
    scope: &'a Scope,
    locals: Vec<(String, Type)>,
    reads: Vec<Vec<String>>,
    /// Where paths stand that are computed with or joined, and the filter that prepares them.
    marks: Vec<(Range<usize>, &'static str)>,
    mistakes: Vec<Mistake>,
}

impl Checker<'_> {
    fn statements(&mut self, statements: &[Stmt<'_>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(emit) => {
                let known = self.expression(&emit.expr);
                self.printable(&emit.expr, &known);
            }
            Stmt::IfCond(condition) => {
                self.expression(&condition.expr);
                self.statements(&condition.true_body);
                self.statements(&condition.false_body);
            }
            Stmt::ForLoop(looped) => self.looped(looped),
            Stmt::WithBlock(other) => self.refused(other.span()),
            Stmt::Set(other) => self.refused(other.span()),
            Stmt::SetBlock(other) => self.refused(other.span()),
            Stmt::AutoEscape(other) => self.refused(other.span()),
            Stmt::FilterBlock(other) => self.refused(other.span()),
            Stmt::Do(other) => self.refused(other.span()),
            // Statements that the engine has only with features that we leave out.
            #[allow(unreachable_patterns, reason = "another crate of an author's program may switch them on")]
            _ => self
                .mistakes
                .push(Mistake::new(0..self.source.len(), "This template has a statement that is not used here.")),
        }
    }

    fn refused(&mut self, span: Span) {
        let mistake = Mistake::new(self.range(span), "This statement is not used in templates.");
        self.mistakes.push(mistake.with_hint(STATEMENTS));
    }

    fn looped(&mut self, looped: &ForLoop<'_>) {
        let list = self.expression(&looped.iter);
        let item = match list {
            Type::List(item) => *item,
            Type::Json => Type::Json,
            other => {
                self.mistake(
                    &looped.iter,
                    format!("`for` goes over a list, and “{}” is {other}.", self.text(&looped.iter)),
                    None,
                );
                Type::Json
            }
        };
        if !is_path(&looped.iter) {
            self.mistake(&looped.iter, "`for` goes over a list by its name.", None);
        }
        let Expr::Var(name) = &looped.target else {
            self.mistake(&looped.target, "`for` names one item: `{% for item in … %}`.", None);
            return;
        };
        if looped.recursive {
            self.mistake(&looped.iter, "Loops do not call themselves here.", None);
        }
        if self.locals.len() >= 2 * DEEPEST_LOOPS {
            self.mistake(&looped.iter, format!("At most {DEEPEST_LOOPS} loops stand in each other."), None);
            return;
        }
        let outside = self.locals.len();
        self.locals.push((name.id.to_owned(), item));
        self.locals.push(("loop".to_owned(), Type::Json));
        if let Some(filter) = &looped.filter_expr {
            self.expression(filter);
        }
        self.statements(&looped.body);
        self.locals.truncate(outside);
        self.statements(&looped.else_body);
    }

    /// The type of an expression; JSON where it is not known.
    fn expression(&mut self, expr: &Expr<'_>) -> Type {
        match expr {
            Expr::Var(variable) => self.variable(expr, variable.id),
            Expr::Const(constant) => match constant.value.kind() {
                ValueKind::Number => Type::Float,
                ValueKind::String => Type::Text,
                _ => Type::Json,
            },
            Expr::GetAttr(get) => self.attribute(expr, get),
            Expr::GetItem(get) => self.item(expr, get),
            Expr::Filter(filter) => self.filter(expr, filter),
            Expr::Test(test) => self.test(expr, test),
            Expr::UnaryOp(operation) => {
                self.operand(&operation.expr);
                Type::Json
            }
            Expr::BinOp(operation) if matches!(operation.op, BinOpKind::Concat) => {
                for side in [&operation.left, &operation.right] {
                    let known = self.expression(side);
                    self.printable(side, &known);
                    if is_path(side) {
                        self.marks.push((self.span(side), WRITTEN));
                    }
                }
                Type::Text
            }
            Expr::BinOp(operation) => {
                let left = self.operand(&operation.left);
                let right = match operation.op {
                    BinOpKind::In => self.haystack(&operation.right),
                    _ => self.operand(&operation.right),
                };
                self.operation(expr, operation.op, &left, &right)
            }
            Expr::Compare(compare) => {
                self.operand(&compare.expr);
                for part in &compare.ops {
                    match part.op {
                        CompareOpKind::In | CompareOpKind::NotIn => self.haystack(&part.expr),
                        _ => self.operand(&part.expr),
                    };
                }
                Type::Bool
            }
            Expr::IfExpr(choice) => {
                self.expression(&choice.test_expr);
                let known = self.expression(&choice.true_expr);
                self.printable(&choice.true_expr, &known);
                if let Some(other) = &choice.false_expr {
                    let known = self.expression(other);
                    self.printable(other, &known);
                }
                Type::Json
            }
            Expr::Call(call) => {
                let hint = match &call.expr {
                    Expr::GetAttr(get) => Some(format!("Use a filter: `{} | {}`.", self.text(&get.expr), get.name)),
                    _ => None,
                };
                self.mistake(expr, "Templates call no functions.", hint);
                Type::Json
            }
            Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) | Expr::Slice(_) => {
                self.mistake(expr, "A list or an object cannot be written out here.", None);
                Type::Json
            }
        }
    }

    fn variable(&mut self, expr: &Expr<'_>, name: &str) -> Type {
        if let Some((_, known)) = self.locals.iter().rev().find(|(local, _)| local == name) {
            return known.clone();
        }
        if let Some(known) = self.scope.variables.get(name) {
            self.reads.push(vec![name.to_owned()]);
            return known.clone();
        }
        let mistake = Mistake::new(self.span(expr), format!("Nothing here is called “{name}”."));
        let locals = self.locals.iter().map(|(local, _)| local.as_str());
        let mistake = mistake.with_words(name, locals.chain(self.scope.variables.keys().map(String::as_str)));
        self.mistakes.push(mistake);
        Type::Json
    }

    fn attribute(&mut self, expr: &Expr<'_>, get: &GetAttr<'_>) -> Type {
        let owner = self.expression(&get.expr);
        // The name stands at the end of the whole.
        let end = self.span(expr).end;
        self.member(&get.expr, &owner, get.name, end.saturating_sub(get.name.len())..end)
    }

    fn item(&mut self, expr: &Expr<'_>, get: &GetItem<'_>) -> Type {
        let owner = self.expression(&get.expr);
        match (&owner, &get.subscript_expr) {
            (Type::Object(_), Expr::Const(name)) if name.value.as_str().is_some() => {
                let at = self.span(&get.subscript_expr);
                self.member(&get.expr, &owner, name.value.as_str().unwrap_or_default(), at)
            }
            (Type::List(item), subscript) => {
                self.operand(subscript);
                (**item).clone()
            }
            (Type::Json, subscript) => {
                self.operand(subscript);
                Type::Json
            }
            (known, _) => {
                self.mistake(expr, format!("“{}” is {known}, which has no such parts.", self.text(&get.expr)), None);
                Type::Json
            }
        }
    }

    fn member(&mut self, object: &Expr<'_>, owner: &Type, name: &str, at: Range<usize>) -> Type {
        match owner {
            Type::Json => Type::Json,
            Type::Object(members) => {
                let Some(member) = members.get(name) else {
                    let mistake = Mistake::new(at, format!("“{}” has no “{name}”.", self.text(object)));
                    self.mistakes.push(mistake.with_words(name, members.keys().map(String::as_str)));
                    return Type::Json;
                };
                let path = self.path(object);
                // Other places may read the whole object; only the last reading is this one.
                if let Some(last) = self.reads.iter_mut().rev().find(|read| Some(&**read) == path.as_ref()) {
                    last.push(name.to_owned());
                }
                member.clone()
            }
            known => {
                let message = format!("“{}” is {known}, which has no “{name}”.", self.text(object));
                self.mistakes.push(Mistake::new(at, message));
                Type::Json
            }
        }
    }

    fn path(&self, expr: &Expr<'_>) -> Option<Vec<String>> {
        let (object, name) = match expr {
            Expr::Var(variable) => {
                let local = self.locals.iter().any(|(local, _)| local == variable.id);
                return (!local).then(|| vec![variable.id.to_owned()]);
            }
            Expr::GetAttr(get) => (&get.expr, get.name.to_owned()),
            Expr::GetItem(get) => match &get.subscript_expr {
                Expr::Const(name) => (&get.expr, name.value.as_str()?.to_owned()),
                _ => return None,
            },
            _ => return None,
        };
        let mut path = self.path(object)?;
        path.push(name);
        Some(path)
    }

    /// An expression that is computed with or compared.
    fn operand(&mut self, expr: &Expr<'_>) -> Type {
        let known = self.expression(expr);
        if known == Type::Float && is_path(expr) {
            self.marks.push((self.span(expr), NUMBER));
        }
        if matches!(known, Type::Object(_)) {
            self.printable(expr, &known);
        }
        known
    }

    /// What `in` looks into: a list by its name or written out.
    fn haystack(&mut self, expr: &Expr<'_>) -> Type {
        match expr {
            Expr::List(list) => {
                for item in &list.items {
                    self.operand(item);
                }
                Type::Json
            }
            other => self.operand(other),
        }
    }

    fn operation(&mut self, expr: &Expr<'_>, op: BinOpKind, left: &Type, right: &Type) -> Type {
        let number = |known: &Type| matches!(known, Type::Int | Type::Float);
        match op {
            BinOpKind::Sub
            | BinOpKind::Mul
            | BinOpKind::Div
            | BinOpKind::FloorDiv
            | BinOpKind::Rem
            | BinOpKind::Pow => {
                if !(number(left) && number(right)) {
                    self.mistake(
                        expr,
                        format!("Only numbers can be computed with; here are {left} and {right}."),
                        None,
                    );
                }
                Type::Float
            }
            BinOpKind::Add => {
                if !(number(left) && number(right)) {
                    let hint = Some("Texts are joined by `~`.".to_owned());
                    self.mistake(expr, format!("Only numbers can be added; here are {left} and {right}."), hint);
                }
                Type::Float
            }
            BinOpKind::Eq
            | BinOpKind::Ne
            | BinOpKind::Lt
            | BinOpKind::Lte
            | BinOpKind::Gt
            | BinOpKind::Gte
            | BinOpKind::In => Type::Bool,
            BinOpKind::ScAnd | BinOpKind::ScOr | BinOpKind::Concat => Type::Json,
        }
    }

    fn filter(&mut self, expr: &Expr<'_>, filter: &Filter<'_>) -> Type {
        let before = filter.expr.as_ref().map_or(Type::Json, |inner| {
            let known = self.expression(inner);
            self.printable(inner, &known);
            known
        });
        let given: Vec<&Expr<'_>> = self.arguments(expr, &filter.args);
        for arg in &given {
            let known = self.expression(arg);
            self.printable(arg, &known);
        }
        let Some(known) = FILTERS.iter().find(|known| known.name == filter.name) else {
            let whole = self.span(expr);
            let at = self.source.get(whole.clone()).and_then(|text| text.rfind(filter.name)).unwrap_or_default();
            let at = whole.start + at..whole.start + at + filter.name.len();
            let mistake = Mistake::new(within(self.source, at), format!("There is no filter “{}”.", filter.name));
            self.mistakes.push(mistake.with_words(filter.name, FILTERS.iter().map(|known| known.name)));
            return Type::Json;
        };
        if !(known.fewest..=known.most).contains(&given.len()) {
            let wanted = if known.most == 0 {
                "nothing".to_owned()
            } else {
                format!("{} to {} values", known.fewest, known.most)
            };
            self.mistake(
                expr,
                format!("`{}` takes {wanted} in its brackets, and here are {}.", known.name, given.len()),
                None,
            );
        }
        self.filter_literals(filter.name, &given);
        match (filter.name, before) {
            ("length", _) => Type::Int,
            ("round", _) => Type::Float,
            ("default", before) => before,
            ("first" | "last", Type::List(item)) => *item,
            ("first" | "last", _) => Type::Json,
            _ => Type::Text,
        }
    }

    fn filter_literals(&mut self, name: &str, given: &[&Expr<'_>]) {
        let literal = |place: usize| match given.get(place) {
            Some(Expr::Const(constant)) => constant.value.as_str().map(str::to_owned),
            _ => None,
        };
        if name != "date" {
            return;
        }
        if let (Some(format), Some(arg)) = (literal(0), given.first())
            && !is_format(&format)
        {
            let hint = Some("Write it like `%d.%m.%Y` or `%H:%M`.".to_owned());
            self.mistake(arg, format!("“{format}” is no form of a date."), hint);
        }
        if let (Some(zone), Some(arg)) = (literal(1), given.get(1))
            && zone.parse::<chrono_tz::Tz>().is_err()
        {
            let hint = Some("Write it as `Europe/Paris` or `UTC`.".to_owned());
            self.mistake(arg, format!("“{zone}” is no time zone."), hint);
        }
    }

    fn test(&mut self, expr: &Expr<'_>, test: &Test<'_>) -> Type {
        self.expression(&test.expr);
        if !TESTS.contains(&test.name) {
            let mistake = Mistake::new(self.span(expr), format!("`is {}` is not known here.", test.name));
            self.mistakes.push(mistake.with_words(test.name, TESTS.into_iter()));
        }
        Type::Bool
    }

    fn arguments<'e>(&mut self, expr: &Expr<'_>, args: &'e [CallArg<'e>]) -> Vec<&'e Expr<'e>> {
        let mut given = Vec::new();
        for arg in args {
            match arg {
                CallArg::Pos(value) => given.push(value),
                _ => self.mistake(expr, "Values in brackets have no names here.", None),
            }
        }
        given
    }

    /// An object as a whole would write out everything, columns that nobody is to see among it.
    fn printable(&mut self, expr: &Expr<'_>, known: &Type) {
        let what = match known {
            Type::Object(members) => {
                let hint =
                    members.keys().next().map(|name| format!("Name one of its fields: `{}.{name}`.", self.text(expr)));
                self.mistake(expr, format!("“{}” is an object, which cannot be written.", self.text(expr)), hint);
                return;
            }
            Type::Bytes => "bytes",
            Type::List(item) if matches!(**item, Type::Object(_) | Type::Bytes) => "a list of objects",
            _ => return,
        };
        self.mistake(expr, format!("“{}” is {what}, which cannot be written.", self.text(expr)), None);
    }

    fn mistake(&mut self, expr: &Expr<'_>, message: impl Into<String>, hint: Option<String>) {
        let mistake = Mistake { hint, ..Mistake::new(self.span(expr), message) };
        self.mistakes.push(mistake);
    }

    fn span(&self, expr: &Expr<'_>) -> Range<usize> {
        self.range(expr.span())
    }

    fn range(&self, span: Span) -> Range<usize> {
        within(self.source, span.start_offset as usize..span.end_offset as usize)
    }

    fn text(&self, expr: &Expr<'_>) -> &str {
        self.source.get(self.span(expr)).unwrap_or_default()
    }
}

/// Whether an expression is a variable or a member of one.
fn is_path(expr: &Expr<'_>) -> bool {
    match expr {
        Expr::Var(_) => true,
        Expr::GetAttr(get) => is_path(&get.expr),
        Expr::GetItem(get) => is_path(&get.expr),
        _ => false,
    }
}

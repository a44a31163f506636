//! Where the parts of an expression stand in its source.
//!
//! The parser notes the place of an operator, of a dot and of a call's bracket; a mistake
//! is shown under the whole part, so its end is found from the parts inside.

use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, EntryExpr, Expr};

use crate::check::Checker;

impl Checker<'_> {
    /// From the first to the last byte of an expression.
    pub(super) fn span(&self, expr: &IdedExpr) -> Range<usize> {
        let own = self.token(expr.id);
        match &expr.expr {
            Expr::Select(select) => cover(&self.span(&select.operand), &self.field_span(expr, &select.field)),
            Expr::Call(call) => {
                let inside = call.args.iter().map(|arg| self.span(arg));
                let mut whole = inside.fold(own.clone(), |whole, arg| cover(&whole, &arg));
                if let Some(target) = &call.target {
                    whole = cover(&self.span(target), &whole);
                }
                if is_named(call) {
                    whole = cover(&whole, &self.function_span(expr, call));
                    self.closed(whole, ')')
                } else if call.func_name == "_[_]" {
                    self.closed(whole, ']')
                } else {
                    whole
                }
            }
            Expr::List(list) => {
                let whole = list.elements.iter().fold(own, |whole, item| cover(&whole, &self.span(item)));
                self.closed(whole, ']')
            }
            Expr::Map(map) => {
                let whole = map.entries.iter().fold(own, |whole, entry| match &entry.expr {
                    EntryExpr::MapEntry(entry) => cover(&whole, &self.span(&entry.value)),
                    EntryExpr::StructField(entry) => cover(&whole, &self.span(&entry.value)),
                });
                self.closed(whole, '}')
            }
            Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) | Expr::Comprehension(_) | Expr::Unspecified => own,
        }
    }

    /// The name of the field behind a dot.
    pub(super) fn field_span(&self, select: &IdedExpr, field: &str) -> Range<usize> {
        let dot = self.token(select.id);
        let behind = self.source.get(dot.end..).unwrap_or_default();
        let start = dot.end + behind.find(field).unwrap_or_default();
        self.within(start..start + field.len())
    }

    /// The name of the function before a bracket.
    pub(super) fn function_span(&self, expr: &IdedExpr, call: &CallExpr) -> Range<usize> {
        let bracket = self.token(expr.id);
        let before = self.source.get(..bracket.start).unwrap_or_default();
        match before.rfind(&call.func_name) {
            Some(start) => self.within(start..start + call.func_name.len()),
            None => bracket,
        }
    }

    /// An expression as it was written.
    pub(super) fn text(&self, expr: &IdedExpr) -> &str {
        self.source.get(self.span(expr)).unwrap_or_default()
    }

    /// The token that the parser noted for a node.
    fn token(&self, id: u64) -> Range<usize> {
        let (first, last) = self.info.offset_for(id).unwrap_or_default();
        self.within(first as usize..last as usize + 1)
    }

    fn within(&self, span: Range<usize>) -> Range<usize> {
        let end = self.source.ceil_char_boundary(span.end.min(self.source.len()));
        self.source.floor_char_boundary(span.start.min(end))..end
    }

    /// Up to the bracket that closes it, when only space stands between.
    fn closed(&self, span: Range<usize>, bracket: char) -> Range<usize> {
        let behind = self.source.get(span.end..).unwrap_or_default();
        let space = behind.len() - behind.trim_start().len();
        if behind.trim_start().starts_with(bracket) { span.start..span.end + space + 1 } else { span }
    }
}

fn cover(one: &Range<usize>, other: &Range<usize>) -> Range<usize> {
    one.start.min(other.start)..one.end.max(other.end)
}

/// Whether a call was written with a function's name, rather than an operator.
pub(super) fn is_named(call: &CallExpr) -> bool {
    call.func_name.starts_with(|first: char| first.is_ascii_alphabetic())
}

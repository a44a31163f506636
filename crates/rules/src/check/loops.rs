//! The loops over lists: `all`, `exists`, `exists_one`, `map` and `filter`.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr};

use crate::check::Checker;
use crate::check::shape::{Kind, Shape};
use crate::types::Type;

/// The names of the loops.
pub(super) const LOOPS: [&str; 5] = ["all", "exists", "exists_one", "map", "filter"];

/// How deep loops stand in each other.
const DEEPEST_LOOPS: usize = 3;

impl Checker<'_> {
    pub(super) fn looped(&mut self, expr: &IdedExpr, call: &CallExpr, target: &IdedExpr) -> Shape {
        let list = self.visit(target);
        let (variable, bodies) = match call.args.as_slice() {
            [variable, bodies @ ..] if bodies.len() == 1 || (bodies.len() == 2 && call.func_name == "map") => {
                (variable, bodies)
            }
            _ => {
                let hint = format!("Write `{}.{}(item, …)`.", self.text(target), call.func_name);
                return self.wrong(
                    expr,
                    format!("`{}` takes a name for the item and a rule about it.", call.func_name),
                    Some(hint),
                );
            }
        };
        let Expr::Ident(name) = &variable.expr else {
            let hint = format!("Write `{}.{}(item, …)`.", self.text(target), call.func_name);
            return self.wrong(variable, "This is to be a name for the item at hand.", Some(hint));
        };
        let Some(item) = list.item() else {
            let message =
                format!("`{}` goes over a list, and “{}” is {}.", call.func_name, self.text(target), list.kind);
            return self.wrong(target, message, None);
        };
        if list.kind == Kind::Is(Type::Json) && matches!(call.func_name.as_str(), "map" | "filter") {
            let message = format!(
                "`{}` goes over a list of a known type. JSON may be an object, which has no order.",
                call.func_name
            );
            return self.wrong(target, message, None);
        }
        if self.locals.len() >= DEEPEST_LOOPS {
            return self.wrong(expr, format!("At most {DEEPEST_LOOPS} loops stand in each other."), None);
        }
        let items = list.items.max(1.0);
        self.locals.push((name.clone(), item));
        let outside = self.weight;
        // A loop costs some steps of its own for each item.
        self.weight *= items;
        self.spend(2.0);
        let shapes: Vec<Shape> = bodies.iter().map(|body| self.visit(body)).collect();
        self.weight = outside;
        self.locals.pop();
        self.loop_result(call, list, bodies, shapes)
    }

    fn loop_result(&mut self, call: &CallExpr, list: Shape, bodies: &[IdedExpr], mut shapes: Vec<Shape>) -> Shape {
        let maps = call.func_name == "map";
        let conditions = if maps { bodies.len() - 1 } else { bodies.len() };
        for (body, shape) in bodies.iter().zip(&shapes).take(conditions) {
            self.truth(&call.func_name, body, shape);
        }
        match (call.func_name.as_str(), shapes.pop()) {
            ("map", Some(mapped)) if mapped.kind == Kind::Duration => match bodies.last() {
                Some(body) => self.wrong(body, "Durations cannot stand in a list.", None),
                None => Shape::wrong(),
            },
            ("map", Some(mapped)) => Shape::list(mapped, list.items),
            ("filter", _) => list,
            _ => Shape::of(&Type::Bool),
        }
    }
}

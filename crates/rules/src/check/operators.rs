//! Operators, and what they can take.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators as op};

use crate::check::shape::{Kind, Shape};
use crate::check::{Checker, spans};
use crate::types::Type;

const ARITHMETIC: &str = "Whole numbers do not mix with other numbers.";

impl Checker<'_> {
    pub(super) fn call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Shape {
        if spans::is_named(call) {
            return self.named_call(expr, call);
        }
        match (call.func_name.as_str(), call.args.as_slice()) {
            (op::LOGICAL_AND, [left, right]) => self.logical("&&", left, right),
            (op::LOGICAL_OR, [left, right]) => self.logical("||", left, right),
            (op::LOGICAL_NOT, [operand]) => {
                let shape = self.visit(operand);
                self.truth("!", operand, &shape);
                Shape::of(&Type::Bool)
            }
            (op::NEGATE, [operand]) => {
                let shape = self.visit(operand);
                match shape.kind {
                    Kind::Wrong | Kind::Is(Type::Int | Type::Float | Type::Json) => shape,
                    kind => self.wrong(operand, format!("`-` cannot take {kind}."), None),
                }
            }
            (op::CONDITIONAL, [condition, one, other]) => self.conditional(expr, condition, one, other),
            (op::EQUALS, [left, right]) => self.equality(expr, "==", left, right),
            (op::NOT_EQUALS, [left, right]) => self.equality(expr, "!=", left, right),
            (op::LESS, [left, right]) => self.order(expr, "<", left, right),
            (op::LESS_EQUALS, [left, right]) => self.order(expr, "<=", left, right),
            (op::GREATER, [left, right]) => self.order(expr, ">", left, right),
            (op::GREATER_EQUALS, [left, right]) => self.order(expr, ">=", left, right),
            (op::ADD, [left, right]) => self.arithmetic(expr, "+", left, right),
            (op::SUBSTRACT, [left, right]) => self.arithmetic(expr, "-", left, right),
            (op::MULTIPLY, [left, right]) => self.arithmetic(expr, "*", left, right),
            (op::DIVIDE, [left, right]) => self.arithmetic(expr, "/", left, right),
            (op::MODULO, [left, right]) => self.arithmetic(expr, "%", left, right),
            (op::IN, [item, list]) => self.membership(expr, item, list),
            (op::INDEX, [object, index]) => self.index(object, index),
            _ => self.wrong(expr, "This operator is not known here.", None),
        }
    }

    fn logical(&mut self, sign: &str, left: &IdedExpr, right: &IdedExpr) -> Shape {
        for operand in [left, right] {
            let shape = self.visit(operand);
            self.truth(sign, operand, &shape);
        }
        Shape::of(&Type::Bool)
    }

    /// Complains unless this is true or false.
    pub(super) fn truth(&mut self, sign: &str, operand: &IdedExpr, shape: &Shape) {
        if !matches!(shape.kind, Kind::Wrong | Kind::Is(Type::Bool | Type::Json)) {
            let hint = format!("Compare it with something: `{} != null`.", self.text(operand));
            self.mistake(operand, format!("`{sign}` wants true or false, and this is {}.", shape.kind), Some(hint));
        }
    }

    fn conditional(&mut self, expr: &IdedExpr, condition: &IdedExpr, one: &IdedExpr, other: &IdedExpr) -> Shape {
        let shape = self.visit(condition);
        self.truth("?", condition, &shape);
        let (one, other) = (self.visit(one), self.visit(other));
        one.join(&other).unwrap_or_else(|| {
            let message =
                format!("Both branches give one type; here one gives {} and the other {}.", one.kind, other.kind);
            self.wrong(expr, message, None)
        })
    }

    fn equality(&mut self, expr: &IdedExpr, sign: &str, left: &IdedExpr, right: &IdedExpr) -> Shape {
        let (one, other) = (self.visit(left), self.visit(right));
        // Texts are rarely of one length, and then their bytes are not looked at.
        self.spend(one.items.min(other.items) + one.bytes.min(other.bytes) / 100_000.0);
        if let (Kind::Is(Type::Object(members)), Kind::Null, object)
        | (Kind::Null, Kind::Is(Type::Object(members)), object) =
            (&one.kind, &other.kind, if one.kind == Kind::Null { right } else { left })
        {
            let text = self.text(object);
            let hint =
                members.keys().next().map(|name| format!("Compare one of its fields: `{text}.{name} {sign} null`."));
            self.mistake(
                expr,
                format!("“{}” is always there, though its fields may be empty.", self.text(object)),
                hint,
            );
        } else if !one.kind.compares(&other.kind) {
            let hint = match (&one.kind, &other.kind) {
                (Kind::Is(Type::List(_)), _) => Some(format!("Write `{} in {}`.", self.text(right), self.text(left))),
                (_, Kind::Is(Type::List(_))) => Some(format!("Write `{} in {}`.", self.text(left), self.text(right))),
                _ => None,
            };
            self.mistake(expr, format!("`{sign}`: {} is never equal to {}.", one.kind, other.kind), hint);
        }
        Shape::of(&Type::Bool)
    }

    fn order(&mut self, expr: &IdedExpr, sign: &str, left: &IdedExpr, right: &IdedExpr) -> Shape {
        let (one, other) = (self.visit(left), self.visit(right));
        let rank = |kind: &Kind| match kind {
            Kind::Wrong | Kind::Is(Type::Json) => Some(0),
            Kind::Is(Type::Int | Type::Float) => Some(1),
            Kind::Is(Type::Text | Type::Date) => Some(2),
            Kind::Is(Type::Timestamp) => Some(3),
            Kind::Duration => Some(4),
            Kind::Null | Kind::Is(Type::Bool | Type::Bytes | Type::List(_) | Type::Object(_)) => None,
        };
        let comparable = match (rank(&one.kind), rank(&other.kind)) {
            (Some(0), Some(_)) | (Some(_), Some(0)) => true,
            (Some(one), Some(other)) => one == other,
            _ => false,
        };
        if !comparable {
            let hint = match (&one.kind, &other.kind) {
                (Kind::Is(Type::Timestamp), Kind::Is(Type::Text | Type::Date)) => {
                    Some(format!("Write `timestamp({})`.", self.text(right)))
                }
                (Kind::Is(Type::Text | Type::Date), Kind::Is(Type::Timestamp)) => {
                    Some(format!("Write `timestamp({})`.", self.text(left)))
                }
                _ => None,
            };
            self.mistake(expr, format!("`{sign}` cannot compare {} with {}.", one.kind, other.kind), hint);
        }
        Shape::of(&Type::Bool)
    }

    fn arithmetic(&mut self, expr: &IdedExpr, sign: &str, left: &IdedExpr, right: &IdedExpr) -> Shape {
        let (one, other) = (self.visit(left), self.visit(right));
        let joins = sign == "+";
        match (&one.kind, &other.kind) {
            (Kind::Wrong, _) | (_, Kind::Wrong) => Shape::wrong(),
            (Kind::Is(Type::Int), Kind::Is(Type::Int)) => one,
            (Kind::Is(Type::Float), Kind::Is(Type::Float)) if sign != "%" => one,
            (Kind::Is(Type::Json), Kind::Is(Type::Float)) | (Kind::Is(Type::Float), Kind::Is(Type::Json))
                if sign != "%" =>
            {
                Shape::of(&Type::Float)
            }
            (Kind::Is(Type::Json), Kind::Is(Type::Json)) if sign != "%" => self.joined(&one, &other),
            (Kind::Is(Type::Text | Type::Date), Kind::Is(Type::Json | Type::Text | Type::Date))
            | (Kind::Is(Type::Json), Kind::Is(Type::Text | Type::Date))
                if joins =>
            {
                Shape { kind: Kind::Is(Type::Text), ..self.joined(&one, &other) }
            }
            (Kind::Is(Type::List(_)), Kind::Is(Type::List(_))) if joins && one.join(&other).is_some() => {
                self.joined(&one, &other)
            }
            (Kind::Is(Type::Timestamp) | Kind::Duration, Kind::Duration) if sign == "+" || sign == "-" => one,
            (Kind::Duration, Kind::Is(Type::Timestamp)) if joins => other,
            (Kind::Is(Type::Timestamp), Kind::Is(Type::Timestamp)) if sign == "-" => Shape::duration(),
            _ => {
                let hint = self.arithmetic_hint(sign, (left, &one.kind), (right, &other.kind));
                self.wrong(expr, format!("`{sign}` cannot take {} and {}.", one.kind, other.kind), hint)
            }
        }
    }

    fn joined(&mut self, one: &Shape, other: &Shape) -> Shape {
        self.spend((one.items + other.items) / 10.0 + (one.bytes + other.bytes) / 10_000.0);
        one.followed_by(other).unwrap_or_else(Shape::wrong)
    }

    fn arithmetic_hint(&self, sign: &str, left: (&IdedExpr, &Kind), right: (&IdedExpr, &Kind)) -> Option<String> {
        let float = |kind: &Kind| matches!(kind, Kind::Is(Type::Float | Type::Json));
        let text = |kind: &Kind| matches!(kind, Kind::Is(Type::Text | Type::Date));
        match (left, right) {
            ((_, many), (whole, Kind::Is(Type::Int))) | ((whole, Kind::Is(Type::Int)), (_, many))
                if float(many) && sign != "%" =>
            {
                Some(match &whole.expr {
                    Expr::Literal(LiteralValue::Int(_)) => format!("{ARITHMETIC} Write `{}.0`.", self.text(whole)),
                    _ => format!("{ARITHMETIC} Write `double({})`.", self.text(whole)),
                })
            }
            ((_, one), (number, Kind::Is(Type::Int | Type::Float | Type::Bool | Type::Timestamp)))
            | ((number, Kind::Is(Type::Int | Type::Float | Type::Bool | Type::Timestamp)), (_, one))
                if text(one) && sign == "+" =>
            {
                Some(format!("Write `string({})`.", self.text(number)))
            }
            ((_, one), (_, other)) if sign == "%" && (float(one) || float(other)) => {
                Some("`%` takes whole numbers; `int(…)` cuts a fraction off.".to_owned())
            }
            _ => None,
        }
    }

    fn membership(&mut self, expr: &IdedExpr, item: &IdedExpr, list: &IdedExpr) -> Shape {
        let (one, many) = (self.visit(item), self.visit(list));
        self.spend(many.items / 10.0);
        match (&many.kind, many.item()) {
            (Kind::Is(Type::Object(_)) | Kind::Null | Kind::Duration, _) | (_, None) => {
                let hint = match many.kind {
                    Kind::Is(Type::Text) => Some(format!("Write `{}.contains({})`.", self.text(list), self.text(item))),
                    _ => None,
                };
                self.mistake(
                    expr,
                    format!("`in` looks into a list, and “{}” is {}.", self.text(list), many.kind),
                    hint,
                );
            }
            (_, Some(known)) if !one.kind.compares(&known.kind) => {
                self.mistake(expr, format!("`in`: {} is never in {}.", one.kind, many.kind), None);
            }
            _ => {}
        }
        Shape::of(&Type::Bool)
    }

    fn index(&mut self, object: &IdedExpr, index: &IdedExpr) -> Shape {
        let owner = self.visit(object);
        let at = self.visit(index);
        match (&owner.kind, &at.kind, &index.expr) {
            (Kind::Wrong, ..) | (_, Kind::Wrong, _) => Shape::wrong(),
            (Kind::Is(Type::Json), Kind::Is(Type::Int | Type::Text), _)
            | (Kind::Is(Type::List(_)), Kind::Is(Type::Int), _) => owner.item().unwrap_or_else(Shape::wrong),
            (Kind::Is(Type::Object(_)), _, Expr::Literal(LiteralValue::String(name))) => {
                let at = self.span(index);
                self.member_of(object, &owner, name.inner(), at)
            }
            (Kind::Is(Type::Object(_)), ..) => {
                self.wrong(index, "The name of a field is written out here, as a text in quotes.", None)
            }
            (Kind::Is(Type::List(_)), kind, _) => {
                self.wrong(index, format!("The place in a list is a whole number, and this is {kind}."), None)
            }
            (kind, ..) => {
                let message = format!("“{}” is {kind}, which has no parts.", self.text(object));
                self.wrong(index, message, None)
            }
        }
    }
}

/// The object and name of `object['name']`.
pub(super) fn literal_index(call: &CallExpr) -> Option<(&IdedExpr, &str)> {
    match (call.func_name.as_str(), call.args.as_slice()) {
        (op::INDEX, [object, index]) => match &index.expr {
            Expr::Literal(LiteralValue::String(name)) => Some((object, name.inner())),
            _ => None,
        },
        _ => None,
    }
}

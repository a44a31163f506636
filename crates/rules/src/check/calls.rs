//! Functions, and what they can take.
//!
//! Offered is what people need in forms and what the implementations of CEL agree on;
//! everything else is refused with the nearest word that exists.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

use crate::check::Checker;
use crate::check::loops::LOOPS;
use crate::check::shape::{Kind, Shape};
use crate::mistake::Mistake;
use crate::pattern;
use crate::types::Type;

/// What a parameter can be.
#[derive(Clone, Copy)]
enum Takes {
    Text,
    Instant,
    /// A text, a list, bytes.
    Sized,
    /// What `int` converts.
    ToInt,
    /// What `double` converts.
    ToDouble,
    /// What `string` converts.
    ToText,
}

/// What a function gives.
#[derive(Clone, Copy)]
enum Gives {
    Bool,
    Int,
    Float,
    Text,
    Instant,
    Duration,
}

/// One way to call a function. A method's object is its first parameter.
struct Overload {
    name: &'static str,
    method: bool,
    takes: &'static [Takes],
    gives: Gives,
}

const fn method(name: &'static str, takes: &'static [Takes], gives: Gives) -> Overload {
    Overload { name, method: true, takes, gives }
}

const fn function(name: &'static str, takes: &'static [Takes], gives: Gives) -> Overload {
    Overload { name, method: false, takes, gives }
}

const TEXT: &[Takes] = &[Takes::Text];
const TEXTS: &[Takes] = &[Takes::Text, Takes::Text];
const INSTANT: &[Takes] = &[Takes::Instant];
const IN_ZONE: &[Takes] = &[Takes::Instant, Takes::Text];

const OVERLOADS: &[Overload] = &[
    method("size", &[Takes::Sized], Gives::Int),
    function("size", &[Takes::Sized], Gives::Int),
    method("contains", TEXTS, Gives::Bool),
    method("startsWith", TEXTS, Gives::Bool),
    method("endsWith", TEXTS, Gives::Bool),
    method("matches", TEXTS, Gives::Bool),
    method("lowerAscii", TEXT, Gives::Text),
    method("upperAscii", TEXT, Gives::Text),
    method("trim", TEXT, Gives::Text),
    function("int", &[Takes::ToInt], Gives::Int),
    function("double", &[Takes::ToDouble], Gives::Float),
    function("string", &[Takes::ToText], Gives::Text),
    function("timestamp", TEXT, Gives::Instant),
    function("duration", TEXT, Gives::Duration),
    method("getFullYear", INSTANT, Gives::Int),
    method("getFullYear", IN_ZONE, Gives::Int),
    method("getMonth", INSTANT, Gives::Int),
    method("getMonth", IN_ZONE, Gives::Int),
    method("getDate", INSTANT, Gives::Int),
    method("getDayOfMonth", INSTANT, Gives::Int),
    method("getDayOfWeek", INSTANT, Gives::Int),
    method("getDayOfYear", INSTANT, Gives::Int),
    method("getHours", INSTANT, Gives::Int),
    method("getHours", IN_ZONE, Gives::Int),
    method("getMinutes", INSTANT, Gives::Int),
    method("getMinutes", IN_ZONE, Gives::Int),
    method("getSeconds", INSTANT, Gives::Int),
    method("getSeconds", IN_ZONE, Gives::Int),
];

/// What other languages call our functions.
const ALIASES: &[(&str, &str)] = &[
    ("length", "size"),
    ("len", "size"),
    ("count", "size"),
    ("includes", "contains"),
    ("lower", "lowerAscii"),
    ("toLowerCase", "lowerAscii"),
    ("lowercase", "lowerAscii"),
    ("upper", "upperAscii"),
    ("toUpperCase", "upperAscii"),
    ("uppercase", "upperAscii"),
    ("any", "exists"),
    ("some", "exists"),
    ("every", "all"),
    ("match", "matches"),
    ("test", "matches"),
    ("regex", "matches"),
    ("str", "string"),
    ("text", "string"),
    ("float", "double"),
    ("number", "double"),
    ("date", "timestamp"),
];

impl Takes {
    fn accepts(self, kind: &Kind) -> bool {
        match (self, kind) {
            (_, Kind::Wrong | Kind::Is(Type::Json))
            | (Self::Text, Kind::Is(Type::Text | Type::Date))
            | (Self::Instant, Kind::Is(Type::Timestamp))
            | (Self::Sized, Kind::Is(Type::Text | Type::Date | Type::Bytes | Type::List(_)))
            | (Self::ToInt, Kind::Is(Type::Int | Type::Float | Type::Timestamp))
            | (Self::ToDouble, Kind::Is(Type::Int | Type::Float))
            | (Self::ToText, Kind::Is(Type::Bool | Type::Int | Type::Float | Type::Text | Type::Date)) => true,
            (
                Self::Text | Self::Instant | Self::Sized | Self::ToInt | Self::ToDouble | Self::ToText,
                Kind::Null | Kind::Duration | Kind::Is(_),
            ) => false,
        }
    }

    const fn in_words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Instant => "an instant",
            Self::Sized => "a text or a list",
            Self::ToInt => "a number or an instant",
            Self::ToDouble => "a number",
            Self::ToText => "a number, or true or false",
        }
    }
}

impl Gives {
    fn shape(self, longest: f64) -> Shape {
        match self {
            Self::Bool => Shape::of(&Type::Bool),
            Self::Int => Shape::of(&Type::Int),
            Self::Float => Shape::of(&Type::Float),
            Self::Text => Shape { bytes: longest.max(64.0), ..Shape::of(&Type::Text) },
            Self::Instant => Shape::of(&Type::Timestamp),
            Self::Duration => Shape::duration(),
        }
    }
}

impl Checker<'_> {
    pub(super) fn named_call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Shape {
        match &call.target {
            None if call.func_name == "has" => self.has(expr, call),
            Some(target) if LOOPS.contains(&call.func_name.as_str()) => self.looped(expr, call, target),
            _ => self.plain_call(expr, call),
        }
    }

    fn plain_call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Shape {
        let given: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let named: Vec<&Overload> = OVERLOADS.iter().filter(|overload| overload.name == call.func_name).collect();
        let Some(first) = named.first() else { return self.unknown_function(expr, call, &given) };
        let shapes: Vec<Shape> = given.iter().map(|arg| self.visit(arg)).collect();
        self.spend(shapes.iter().map(|shape| shape.bytes / 10_000.0).sum());

        let method = call.target.is_some();
        let Some(style) = named.iter().find(|overload| overload.method == method) else {
            let name = &call.func_name;
            let hint = match given.first() {
                Some(object) if first.method => format!("Write `{}.{name}(…)`.", self.text(object)),
                _ => format!("Write `{name}(…)`."),
            };
            let at = self.function_span(expr, call);
            self.mistakes.push(Mistake::new(at, format!("`{name}` is not called like this.")).with_hint(hint));
            return Shape::wrong();
        };
        let Some(overload) = named.iter().find(|one| one.method == method && one.takes.len() == given.len()) else {
            let wanted = style.takes.len() - usize::from(method);
            let message = match wanted {
                0 => format!("`{}` takes nothing in its brackets.", call.func_name),
                1 => format!("`{}` takes one value in its brackets, and here are {}.", call.func_name, call.args.len()),
                _ => format!(
                    "`{}` takes {wanted} values in its brackets, and here are {}.",
                    call.func_name,
                    call.args.len()
                ),
            };
            return self.wrong(expr, message, None);
        };
        let mut fine = true;
        for ((arg, shape), takes) in given.iter().zip(&shapes).zip(overload.takes) {
            if !takes.accepts(&shape.kind) {
                fine = false;
                let hint = match (call.func_name.as_str(), &shape.kind, given.as_slice()) {
                    ("contains", Kind::Is(Type::List(_)), [list, item]) => {
                        Some(format!("Write `{} in {}`.", self.text(item), self.text(list)))
                    }
                    _ => None,
                };
                self.mistake(
                    arg,
                    format!("`{}` wants {}, and this is {}.", call.func_name, takes.in_words(), shape.kind),
                    hint,
                );
            }
        }
        if fine {
            self.literals(call);
        }
        overload.gives.shape(shapes.iter().map(|shape| shape.bytes).fold(0.0, f64::max))
    }

    fn unknown_function(&mut self, expr: &IdedExpr, call: &CallExpr, given: &[&IdedExpr]) -> Shape {
        for arg in given {
            // A loop of another language names its variable; what is inside cannot be judged.
            if !matches!(arg.expr, Expr::Ident(_)) || given.len() < 2 {
                self.visit(arg);
            }
        }
        let name = call.func_name.as_str();
        let at = self.function_span(expr, call);
        let mistake = Mistake::new(at, format!("There is no function “{name}”."));
        let mistake = if name == "now" && self.scope.variables.contains_key("now") {
            mistake.with_hint("Write `now`, without brackets.")
        } else if let Some((_, ours)) = ALIASES.iter().find(|(theirs, _)| *theirs == name) {
            mistake.with_hint(format!("Did you mean “{ours}”?"))
        } else {
            let mut words: Vec<&str> = OVERLOADS.iter().map(|overload| overload.name).chain(LOOPS).collect();
            words.push("has");
            words.dedup();
            mistake.with_words(name, words.into_iter())
        };
        self.mistakes.push(mistake);
        Shape::wrong()
    }

    /// Texts that functions parse are looked at now when they are written out.
    fn literals(&mut self, call: &CallExpr) {
        let Some(arg) = call.args.last() else { return };
        let literal = match &arg.expr {
            Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
            _ => None,
        };
        match (call.func_name.as_str(), literal) {
            ("matches", Some(text)) => match pattern::compile(&text) {
                Ok(regex) => {
                    self.patterns.insert(text, regex);
                }
                Err(message) => self.mistake(arg, message, None),
            },
            ("matches", None) => {
                self.mistake(arg, "The pattern of `matches` is written out, as a text in quotes.", None);
            }
            ("timestamp", None) if !self.is_day_and_time(arg) => {
                let hint = "Write `timestamp('2024-12-31T13:45:00Z')`, or put the time behind a day: `timestamp(values.day + 'T00:00:00Z')`.";
                self.mistake(arg, "Only a written text or a day becomes an instant.", Some(hint.to_owned()));
            }
            ("timestamp", Some(text)) if chrono::DateTime::parse_from_rfc3339(&text).is_err() => {
                let hint = "Write it as `2024-12-31T13:45:00Z`.".to_owned();
                self.mistake(arg, format!("“{text}” is no instant."), Some(hint));
            }
            ("duration", Some(text)) if !is_duration(&text) => {
                let hint = "Write it in hours, minutes and seconds: `36h`, `90m`, `1h30m`.".to_owned();
                self.mistake(arg, format!("“{text}” is no duration."), Some(hint));
            }
            ("duration", None) => {
                self.mistake(arg, "The length of a duration is written out, as a text in quotes.", None);
            }
            (
                "getFullYear" | "getMonth" | "getDate" | "getDayOfMonth" | "getDayOfWeek" | "getDayOfYear" | "getHours"
                | "getMinutes" | "getSeconds",
                Some(text),
            ) if text.parse::<chrono_tz::Tz>().is_err() => {
                let hint = "Write it as `Europe/Paris` or `UTC`.".to_owned();
                self.mistake(arg, format!("“{text}” is no time zone."), Some(hint));
            }
            _ => {}
        }
    }

    /// Whether this is a day with a written time behind it. Other texts may hold days that do not
    /// exist, like 30 February, which JavaScript takes for 1 March.
    fn is_day_and_time(&mut self, arg: &IdedExpr) -> bool {
        let Expr::Call(call) = &arg.expr else { return false };
        match call.args.as_slice() {
            [day, time] if call.func_name == operators::ADD => {
                let Expr::Literal(LiteralValue::String(time)) = &time.expr else { return false };
                self.visit(day).kind == Kind::Is(Type::Date)
                    && chrono::DateTime::parse_from_rfc3339(&format!("2024-12-31{}", time.inner())).is_ok()
            }
            _ => false,
        }
    }

    /// `has(…)` tells whether a member of JSON is there. What the scope declares is always there.
    fn has(&mut self, expr: &IdedExpr, call: &CallExpr) -> Shape {
        let [arg] = call.args.as_slice() else {
            return self.wrong(expr, "`has` takes one value in its brackets.", None);
        };
        let Expr::Select(select) = &arg.expr else {
            return self.wrong(arg, "`has` takes a member, like `has(record.settings.theme)`.", None);
        };
        let owner = self.visit(&select.operand);
        match &owner.kind {
            Kind::Wrong | Kind::Is(Type::Json) => Shape::of(&Type::Bool),
            Kind::Is(Type::Object(members)) if members.contains_key(&select.field) => {
                let text = self.text(arg).to_owned();
                let hint = match members.get(&select.field) {
                    Some(Type::Object(_)) => None,
                    _ => Some(format!("Write `{text} != null`.")),
                };
                self.wrong(arg, format!("“{text}” is always there, though it may be empty."), hint)
            }
            _ => {
                // Says what is wrong with the path.
                self.visit(arg);
                Shape::wrong()
            }
        }
    }
}

/// Hours, minutes, seconds and milliseconds, in whole numbers: what all implementations read alike.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix('-').unwrap_or(text);
    let mut parts = 0;
    for unit in ["h", "m", "s"] {
        let digits = rest.len() - rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
        let (number, behind) = rest.split_at(digits);
        if let (1..=7, Some(behind)) = (number.len(), behind.strip_prefix(unit)) {
            parts += 1;
            rest = behind;
        }
    }
    parts > 0 && rest.is_empty()
}

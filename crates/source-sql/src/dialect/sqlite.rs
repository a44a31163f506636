//! SQLite.
//!
//! It has no types for dates, so points in time are brought to one text form
//! before they are compared, whether stored as text, as seconds or milliseconds
//! since 1970, or as Julian days. `LIKE` disregards the case of ASCII letters
//! only: `É` and `é` differ in case-insensitive searches too.

use levers_model::{ColumnType, Error, Result, Value};
use sea_query::{Expr, ExprTrait as _};

use super::{Place, pattern};

/// Longer lists are bound as one JSON array instead of one value each.
const LONGEST_LIST: usize = 100;

/// SQLite refuses longer patterns.
const LONGEST_PATTERN: usize = 50_000;

const ESCAPE: char = '\\';

pub(super) fn stored(value: &Value) -> Expr {
    match value {
        Value::DateTime(at) => Expr::val(at.format("%Y-%m-%d %H:%M:%S%.f").to_string()),
        Value::Timestamp(at) => Expr::val(at.format("%Y-%m-%d %H:%M:%S%.f").to_string()),
        other => bind(other),
    }
}

fn bind(value: &Value) -> Expr {
    match value {
        Value::Null => Expr::null(),
        Value::Bool(bool) => Expr::val(*bool),
        Value::Int(int) => Expr::val(*int),
        Value::Float(float) if float.is_nan() => Expr::null(),
        Value::Float(float) => Expr::val(*float),
        // Its numeric columns hold integers and doubles; text of a number would not equal either.
        Value::Decimal(_) => match (value.as_i64(), value.as_f64()) {
            (Some(int), _) => Expr::val(int),
            (None, Some(float)) => Expr::val(float),
            (None, None) => Expr::val(value.to_text()),
        },
        Value::Bytes(bytes) => Expr::val(bytes.clone()),
        other => Expr::val(other.to_text()),
    }
}

pub(super) fn comparable(expr: Expr, column_type: &ColumnType) -> Expr {
    match column_type {
        ColumnType::Date => moment("strftime('%Y-%m-%d', ?, 'auto')", &expr),
        ColumnType::DateTime | ColumnType::Timestamp => moment("strftime('%Y-%m-%d %H:%M:%f', ?, 'auto')", &expr),
        ColumnType::Time => Expr::cust_with_exprs("strftime('%H:%M:%f', ?)", [expr]),
        ColumnType::Json => {
            Expr::cust_with_exprs("CASE WHEN json_valid(?) THEN json(?) ELSE ? END", [expr.clone(), expr.clone(), expr])
        }
        ColumnType::Uuid => uuid_digits(&expr),
        _ => expr,
    }
}

pub(super) fn operand(value: &Value, column_type: &ColumnType) -> Expr {
    match value {
        Value::DateTime(at) => Expr::val(at.format("%Y-%m-%d %H:%M:%S%.3f").to_string()),
        Value::Timestamp(at) => Expr::val(at.format("%Y-%m-%d %H:%M:%S%.3f").to_string()),
        Value::Time(time) => Expr::val(time.format("%H:%M:%S%.3f").to_string()),
        Value::Uuid(uuid) => Expr::val(uuid.simple().to_string()),
        Value::Json(_) if *column_type == ColumnType::Json => Expr::cust_with_exprs("json(?)", [bind(value)]),
        other => bind(other),
    }
}

/// Applies a date function; milliseconds since 1970 are made seconds first.
fn moment(template: &'static str, expr: &Expr) -> Expr {
    let stored = Expr::cust_with_exprs(
        "CASE WHEN typeof(?) IN ('integer', 'real') AND abs(?) >= 1e11 THEN ? / 1000.0 ELSE ? END",
        [expr.clone(), expr.clone(), expr.clone(), expr.clone()],
    );
    Expr::cust_with_exprs(template, [stored])
}

fn uuid_digits(expr: &Expr) -> Expr {
    Expr::cust_with_exprs(
        "lower(CASE typeof(?) WHEN 'blob' THEN hex(?) ELSE replace(?, '-', '') END)",
        [expr.clone(), expr.clone(), expr.clone()],
    )
}

pub(super) fn one_of(expr: Expr, values: &[Value], column_type: &ColumnType) -> Expr {
    // UUIDs are text in either case or blobs; naming all three keeps an index usable.
    if *column_type == ColumnType::Uuid && values.len() <= LONGEST_LIST {
        let spellings = values.iter().flat_map(|value| match value {
            Value::Uuid(uuid) => vec![
                Expr::val(uuid.to_string()),
                Expr::val(uuid.to_string().to_uppercase()),
                Expr::val(uuid.as_bytes().to_vec()),
            ],
            other => vec![bind(other)],
        });
        return expr.is_in(spellings.collect::<Vec<_>>());
    }
    let expr = comparable(expr, column_type);
    if values.len() <= LONGEST_LIST {
        let operands: Vec<Expr> = values.iter().map(|value| operand(value, column_type)).collect();
        return expr.is_in(operands);
    }
    if *column_type == ColumnType::Binary {
        let digits = Expr::cust_with_exprs("hex(?)", [expr]);
        return in_json(digits, values.iter().map(|value| hex(value).into()).collect());
    }
    in_json(expr, values.iter().map(|value| json_operand(value, column_type)).collect())
}

fn in_json(expr: Expr, values: Vec<serde_json::Value>) -> Expr {
    let list = Expr::val(serde_json::Value::Array(values).to_string());
    Expr::cust_with_exprs("(? IN (SELECT value FROM json_each(?)))", [expr, list])
}

/// The value as [`operand`] binds it, in JSON.
fn json_operand(value: &Value, column_type: &ColumnType) -> serde_json::Value {
    match operand(value, column_type) {
        Expr::Value(sea_query::Value::String(Some(text))) => text.into(),
        Expr::Value(sea_query::Value::BigInt(Some(int))) => int.into(),
        Expr::Value(sea_query::Value::Double(Some(float))) => float.into(),
        Expr::Value(sea_query::Value::Bool(Some(bool))) => bool.into(),
        _ => value.to_text().into(),
    }
}

fn hex(value: &Value) -> String {
    match value {
        Value::Bytes(bytes) => bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}")),
        other => other.to_text(),
    }
}

pub(super) fn has(text: Expr, part: &str, place: Place, any_case: bool) -> Result<Expr> {
    if any_case {
        return matches("(? LIKE ? ESCAPE '\\')", text, pattern(part, place, ESCAPE, '%'));
    }
    match place {
        Place::Anywhere => Ok(Expr::cust_with_exprs("(instr(?, ?) > 0)", [text, Expr::val(part)])),
        Place::Start => matches("(? GLOB ?)", text, format!("{}*", glob(part, false))),
        Place::End => matches("(? GLOB ?)", text, format!("*{}", glob(part, false))),
    }
}

pub(super) fn like(text: Expr, caller_pattern: &str, any_case: bool) -> Result<Expr> {
    if any_case {
        return matches("(? LIKE ?)", text, caller_pattern.to_owned());
    }
    matches("(? GLOB ?)", text, glob(caller_pattern, true))
}

fn matches(template: &'static str, text: Expr, pattern: String) -> Result<Expr> {
    if pattern.len() > LONGEST_PATTERN {
        return Err(Error::invalid(format!(
            "The text to look for has {} bytes; at most {LONGEST_PATTERN} can be searched for. Use a shorter one.",
            pattern.len()
        )));
    }
    // A pattern ends there for SQLite, and would find more than was asked for.
    if pattern.contains('\0') {
        return Ok(Expr::cust("1 = 0"));
    }
    Ok(Expr::cust_with_exprs(template, [text, Expr::val(pattern)]))
}

/// `GLOB` is SQLite's only pattern that regards case. Its own wildcards become
/// literal; `%` and `_` become its wildcards where they mean that.
fn glob(text: &str, wildcards: bool) -> String {
    let mut glob = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '*' | '?' | '[' => glob.extend(['[', character, ']']),
            '%' if wildcards => glob.push('*'),
            '_' if wildcards => glob.push('?'),
            other => glob.push(other),
        }
    }
    glob
}

pub(super) fn quarter_hour(expr: &Expr) -> Expr {
    let seconds = moment("unixepoch(?, 'auto')", expr);
    // Division rounds towards zero; the remainder is made positive first.
    Expr::cust_with_exprs("((? - ((? % 900) + 900) % 900) / 900)", [seconds.clone(), seconds])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_become_globs() {
        assert_eq!(glob("a%b_c*[d]?", true), "a*b?c[*][[]d][?]");
        assert_eq!(glob("50%", false), "50%");
    }
}

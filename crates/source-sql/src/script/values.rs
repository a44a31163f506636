//! The values of a round, as SQLite and MySQL bind them, and the rows that a script keeps.

use std::sync::Arc;

use indexmap::IndexMap;
use levers_model::{Error, Result, Value};
use levers_ports::{Script, ScriptResult, ScriptValue};
use sea_query::Values;

use super::lex::{Place, Statement};
use crate::dialect::{Dialect, check_range};

/// The most values that one statement binds; SQLite takes 32,766.
pub(super) const MOST_VALUES: usize = 30_000;

/// The most rows that are kept, and the most bytes that they take.
const MOST_ROWS: usize = 100_000;
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// A statement with its values, ready to run.
pub(super) struct Ready {
    pub(super) sql: Arc<str>,
    pub(super) values: Values,
    /// Whether the text is the same in every round, so that preparing it is worth keeping.
    pub(super) stays: bool,
}

/// The value of this name.
pub(super) fn given<'a>(round: &'a IndexMap<String, ScriptValue>, name: &str) -> Result<&'a ScriptValue> {
    round
        .get(name)
        .ok_or_else(|| Error::invalid(format!("The statement needs a value for “:{name}”, and none was given.")))
}

/// Several values where one may stand.
pub(super) fn too_many(name: &str) -> Error {
    Error::invalid(format!("“:{name}” holds several values, but stands where one may. Write it as “in (:{name})”."))
}

/// The value that stands in one place.
pub(super) fn one<'a>(round: &'a IndexMap<String, ScriptValue>, name: &str) -> Result<&'a Value> {
    match given(round, name)? {
        ScriptValue::One(value) => Ok(value),
        ScriptValue::Many(_) => Err(too_many(name)),
    }
}

/// The values that stand in a list.
pub(super) fn several<'a>(round: &'a IndexMap<String, ScriptValue>, name: &str) -> Result<&'a [Value]> {
    Ok(match given(round, name)? {
        ScriptValue::One(Value::List(values)) | ScriptValue::Many(values) => values,
        ScriptValue::One(value) => std::slice::from_ref(value),
    })
}

/// Refuses a statement with more values than a database takes.
pub(super) fn check_count(values: usize, name: &str) -> Result<()> {
    if values <= MOST_VALUES {
        return Ok(());
    }
    Err(Error::too_large(format!(
        "The statement has {values} values up to “:{name}”; at most {MOST_VALUES} are taken. Run it for fewer records at a time."
    )))
}

/// All statements of all rounds, in their order, for databases whose types are told by the values.
pub(super) fn ready(statements: &[Statement], script: &Script, dialect: Dialect) -> Result<Vec<Ready>> {
    let texts: Vec<Option<Arc<str>>> = statements.iter().map(constant_text).collect();
    let mut all = Vec::with_capacity(statements.len() * script.rounds.len());
    for round in &script.rounds {
        for (statement, text) in statements.iter().zip(&texts) {
            all.push(match text {
                Some(text) => Ready { sql: Arc::clone(text), values: bound(statement, round, dialect)?, stays: true },
                None => Ready {
                    values: bound(statement, round, dialect)?,
                    sql: with_lists(statement, round, dialect)?.into(),
                    stays: false,
                },
            });
        }
    }
    Ok(all)
}

/// The text of a statement without lists.
fn constant_text(statement: &Statement) -> Option<Arc<str>> {
    let has_lists = statement.uses.iter().any(|found| found.place == Place::List);
    (!has_lists).then(|| statement.render(|_, _| "?".into()).sql.into())
}

fn with_lists(statement: &Statement, round: &IndexMap<String, ScriptValue>, dialect: Dialect) -> Result<String> {
    let counts: Vec<Option<usize>> = statement
        .uses
        .iter()
        .map(|found| match found.place {
            Place::List => several(round, &found.name).map(|values| Some(values.len())),
            Place::One | Place::Array => Ok(None),
        })
        .collect::<Result<_>>()?;
    Ok(statement
        .render(|index, _| match counts[index] {
            None => "?".into(),
            Some(0) => nothing(dialect).into(),
            Some(count) => format!("?{}", ", ?".repeat(count - 1)).into(),
        })
        .sql)
}

/// What stands in `in ()`; `not in ()` holds then, as it should.
fn nothing(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::MySql(_) => "SELECT NULL FROM DUAL WHERE 1 = 0",
        Dialect::Sqlite | Dialect::Postgres => "SELECT NULL WHERE 1 = 0",
    }
}

fn bound(statement: &Statement, round: &IndexMap<String, ScriptValue>, dialect: Dialect) -> Result<Values> {
    let mut values = Vec::with_capacity(statement.uses.len());
    for found in &statement.uses {
        let name = &found.name;
        match found.place {
            Place::List => {
                let items = several(round, name)?;
                check_count(values.len() + items.len(), name)?;
                for item in items {
                    values.push(natural(item, dialect, name)?);
                }
            }
            Place::One | Place::Array => values.push(natural(one(round, name)?, dialect, name)?),
        }
    }
    Ok(Values(values))
}

/// A value as the database takes it when it does not say what it expects.
fn natural(value: &Value, dialect: Dialect, name: &str) -> Result<sea_query::Value> {
    check_range(dialect, value, name)?;
    let sqlite = dialect == Dialect::Sqlite;
    let moment = |at: chrono::NaiveDateTime| at.format("%Y-%m-%d %H:%M:%S%.f").to_string();
    Ok(match value {
        Value::Null => sea_query::Value::String(None),
        Value::Bool(bool) => (*bool).into(),
        Value::Int(int) => (*int).into(),
        Value::Float(float) if !float.is_finite() => {
            return Err(Error::invalid(format!("The value of “:{name}” is no number that this database can hold.")));
        }
        Value::Float(float) => (*float).into(),
        // SQLite has no decimals; its columns hold integers and doubles.
        Value::Decimal(_) if sqlite => match (value.as_i64(), value.as_f64()) {
            (Some(int), _) => int.into(),
            (None, Some(float)) => float.into(),
            (None, None) => value.to_text().into(),
        },
        Value::Decimal(decimal) => decimal.clone().into(),
        Value::DateTime(at) if sqlite => moment(*at).into(),
        Value::Timestamp(at) if sqlite => moment(at.naive_utc()).into(),
        Value::Date(date) if !sqlite => (*date).into(),
        Value::Time(time) if !sqlite => (*time).into(),
        Value::DateTime(at) => (*at).into(),
        // As a timestamp, one that the column cannot hold becomes null on MariaDB.
        Value::Timestamp(at) => at.naive_utc().into(),
        Value::Bytes(bytes) => bytes.clone().into(),
        Value::List(_) => return Err(too_many(name)),
        Value::Text(_) | Value::Uuid(_) | Value::Json(_) | Value::Date(_) | Value::Time(_) => value.to_text().into(),
    })
}

/// What a script did until now. Of the rows, those of the last statement that returns some are kept.
#[derive(Debug, Default)]
pub(super) struct Kept {
    result: ScriptResult,
    statement: usize,
    bytes: usize,
}

impl Kept {
    /// Notes that the statement of this number returns rows of these columns; says
    /// whether they are to be kept.
    pub(super) fn returns(&mut self, statement: usize, columns: impl FnOnce() -> Vec<String>) -> bool {
        let result = &mut self.result;
        if result.columns.is_empty() || statement > self.statement {
            *result = ScriptResult { changed: result.changed, columns: columns(), ..ScriptResult::default() };
            (self.statement, self.bytes) = (statement, 0);
        }
        statement == self.statement
    }

    /// Whether another row would be kept.
    pub(super) fn has_room(&self) -> bool {
        !self.result.truncated
    }

    /// Keeps a row, unless there are too many.
    pub(super) fn push(&mut self, row: Vec<Value>) {
        self.bytes += row.iter().map(size).sum::<usize>();
        if self.result.rows.len() == MOST_ROWS || self.bytes > MOST_BYTES {
            self.result.truncated = true;
        }
        if !self.result.truncated {
            self.result.rows.push(row);
        }
    }

    /// Counts rows that were changed.
    pub(super) fn changed(&mut self, rows: u64) {
        self.result.changed += rows;
    }

    /// All that the script did.
    pub(super) fn into_result(self) -> ScriptResult {
        self.result
    }
}

/// How many bytes a value takes, near enough.
fn size(value: &Value) -> usize {
    let beside = match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Json(json) => json.to_string().len(),
        Value::List(items) => items.iter().map(size).sum(),
        _ => 0,
    };
    size_of::<Value>() + beside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: String) -> Vec<Value> {
        vec![Value::Text(text)]
    }

    #[test]
    fn rows_are_kept_up_to_a_bound() {
        let mut kept = Kept::default();
        assert!(kept.returns(0, || vec!["a".to_owned()]));
        for _ in 0..=MOST_ROWS {
            kept.push(row("x".to_owned()));
        }
        assert!(!kept.has_room());
        let result = kept.into_result();
        assert_eq!((result.rows.len(), result.truncated), (MOST_ROWS, true));

        let mut kept = Kept::default();
        kept.returns(0, || vec!["a".to_owned()]);
        for _ in 0..70 {
            kept.push(row("x".repeat(1024 * 1024)));
        }
        let result = kept.into_result();
        assert_eq!((result.rows.len(), result.truncated), (63, true));
    }

    #[test]
    fn the_last_statement_that_returns_rows_wins_in_every_round() {
        let mut kept = Kept::default();
        for round in ["first", "second"] {
            assert_eq!(kept.returns(0, || vec!["a".to_owned()]), round == "first");
            kept.changed(2);
            assert!(kept.returns(2, || vec!["b".to_owned()]));
            kept.push(row(round.to_owned()));
        }
        let result = kept.into_result();
        assert_eq!((result.changed, result.columns, result.rows.len()), (4, vec!["b".to_owned()], 2));
    }
}

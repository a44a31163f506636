//! Condition trees as expressions.
//!
//! SQL's third truth value stops at the leaves: each says what it makes of null
//! (the operators' documentation does), and a negation takes unknown as not
//! held.

use chrono::{DateTime, Utc};
use levers_model::query::relative_range;
use levers_model::{ColumnType, Condition, Error, FieldPath, Operator, Result, Value};
use sea_query::{Expr, ExprTrait as _, Query, SelectStatement};

use super::scope::{Scope, Statement};
use crate::catalog::TableColumn;
use crate::dialect::{Dialect, Place};
use crate::schema::Entity;
use crate::value::coerce;

/// A condition on the records of a scope.
pub(crate) fn condition<'a>(
    statement: &mut Statement<'a>,
    scope: &mut Scope<'a>,
    condition: &Condition,
) -> Result<Expr> {
    match condition {
        Condition::Leaf { field, operator, value } => leaf(statement, scope, field, *operator, value),
        Condition::And(all) => {
            let all = all.iter().map(|child| self::condition(statement, scope, child)).collect::<Result<_>>()?;
            Ok(balance(all, |one, other| statement.dialect.both(one, other))
                .unwrap_or_else(|| statement.dialect.constant(true)))
        }
        Condition::Or(any) => {
            let any = any.iter().map(|child| self::condition(statement, scope, child)).collect::<Result<_>>()?;
            Ok(balance(any, |one, other| statement.dialect.either(one, other))
                .unwrap_or_else(|| statement.dialect.constant(false)))
        }
        Condition::Not(child) => {
            let child = self::condition(statement, scope, child)?;
            Ok(statement.dialect.not(child))
        }
        Condition::Exists { collection, pairs, condition } => exists(statement, scope, collection, pairs, condition),
    }
}

/// A condition on the records of a table that is written.
///
/// Where the condition leads into other tables, the records are found by key in
/// a statement of its own: not every database can join what it writes, and
/// MySQL cannot even read it, except through a derived table.
pub(crate) fn own_condition<'a>(
    statement: &mut Statement<'a>,
    entity: &'a Entity,
    condition: &Condition,
) -> Result<Expr> {
    let is_mysql = matches!(statement.dialect, Dialect::MySql(_));
    if !leads_out(condition, is_mysql) {
        return self::condition(statement, &mut Scope::of_written(entity), condition);
    }
    let mut scope = statement.scope(entity);
    let holds = self::condition(statement, &mut scope, condition)?;
    let mut keys = Query::select();
    keys.exprs(entity.collection.primary_key.iter().map(|key| scope.own(key))).and_where(holds);
    scope.apply(&mut keys);
    let keys = if is_mysql { derived(keys, entity) } else { keys };
    let written = Scope::of_written(entity);
    let mut own: Vec<Expr> = entity.collection.primary_key.iter().map(|key| written.own(key)).collect();
    let own = if own.len() == 1 { own.remove(0) } else { Expr::tuple(own) };
    Ok(own.in_subquery(keys))
}

/// `distinct` keeps the optimizer from merging the derived table away.
fn derived(mut keys: SelectStatement, entity: &Entity) -> SelectStatement {
    keys.distinct();
    let columns = entity.collection.primary_key.iter().cloned();
    Query::select().columns(columns).from_subquery(keys, "chosen").take()
}

fn leads_out(condition: &Condition, through_exists: bool) -> bool {
    match condition {
        Condition::Leaf { field, .. } => !field.is_own(),
        Condition::And(children) | Condition::Or(children) => {
            children.iter().any(|child| leads_out(child, through_exists))
        }
        Condition::Not(child) => leads_out(child, through_exists),
        Condition::Exists { .. } => through_exists,
    }
}

fn exists<'a>(
    statement: &mut Statement<'a>,
    scope: &Scope<'a>,
    collection: &str,
    pairs: &[(String, String)],
    condition: &Condition,
) -> Result<Expr> {
    let other = statement.schema.entity(collection)?;
    let mut inner = statement.scope(other);
    let mut select = Query::select();
    select.expr(Expr::cust("1"));
    for (theirs, ours) in pairs {
        other.column(theirs)?;
        scope.entity.column(ours)?;
        select.and_where(inner.own(theirs).eq(scope.own(ours)));
    }
    let holds = self::condition(statement, &mut inner, condition)?;
    select.and_where(holds);
    inner.apply(&mut select);
    Ok(Expr::exists(select))
}

/// Joins expressions as a balanced tree, so that thousands of them are a dozen deep.
fn balance(mut expressions: Vec<Expr>, join: impl Fn(Expr, Expr) -> Expr) -> Option<Expr> {
    while expressions.len() > 1 {
        let mut halved = Vec::with_capacity(expressions.len().div_ceil(2));
        let mut rest = expressions.into_iter();
        while let Some(one) = rest.next() {
            halved.push(match rest.next() {
                Some(other) => join(one, other),
                None => one,
            });
        }
        expressions = halved;
    }
    expressions.pop()
}

fn leaf<'a>(
    statement: &mut Statement<'a>,
    scope: &mut Scope<'a>,
    field: &FieldPath,
    operator: Operator,
    value: &Value,
) -> Result<Expr> {
    let (expr, column) = statement.resolve(scope, field)?;
    if !is_allowed(operator, column.column_type()) {
        return Err(Error::invalid(format!(
            "The operator “{}” cannot be used on “{field}”, which is {}. It takes {}.",
            operator.name(),
            column.column_type().in_words(),
            column.column.operators().iter().map(|operator| operator.name()).collect::<Vec<_>>().join(", ")
        )));
    }
    let value = match operator.operand(column.column_type()) {
        Some(operand) => coerce(value, &loosened(operator, operand), field.as_str())?,
        None => Value::Null,
    };
    Leaf { dialect: statement.dialect, expr, column, field }.build(operator, &value, statement)
}

/// What the model allows, and membership for every scalar: keys of any type are
/// looked up by it.
fn is_allowed(operator: Operator, column_type: &ColumnType) -> bool {
    operator.allowed_on(column_type)
        || (matches!(operator, Operator::In | Operator::NotIn) && !matches!(column_type, ColumnType::List(_)))
}

/// An enum's unknown value is worth no error in a test, for which it just fails;
/// the types of databases are not consulted about text patterns either.
fn loosened(operator: Operator, operand: ColumnType) -> ColumnType {
    match operand {
        ColumnType::Enum(_) if operator != Operator::Equal => ColumnType::Text,
        other => other,
    }
}

fn has_null(values: &[Value]) -> bool {
    values.iter().any(Value::is_null)
}

/// A test of one column.
struct Leaf<'a> {
    dialect: Dialect,
    expr: Expr,
    column: &'a TableColumn,
    field: &'a FieldPath,
}

impl Leaf<'_> {
    fn build(self, operator: Operator, value: &Value, statement: &Statement<'_>) -> Result<Expr> {
        use Operator as O;
        match operator {
            O::Equal => self.one_of(std::slice::from_ref(value)),
            O::NotEqual => self.none_of(std::slice::from_ref(value)),
            O::In => self.one_of(items(value)),
            O::NotIn => self.none_of(items(value)),
            O::Missing => Ok(self.expr.is_null()),
            O::Present => Ok(match self.column.column_type() {
                ColumnType::Text => self.dialect.both(self.expr.clone().is_not_null(), self.text().ne("")),
                _ => self.expr.is_not_null(),
            }),
            O::Blank => Ok(match self.column.column_type() {
                ColumnType::Text => self.dialect.either(self.expr.clone().is_null(), self.text().eq("")),
                _ => self.expr.is_null(),
            }),
            O::LessThan | O::Before => self.compare(value, Expr::lt),
            O::GreaterThan | O::After => self.compare(value, Expr::gt),
            O::LessThanOrEqual => self.compare(value, Expr::lte),
            O::GreaterThanOrEqual => self.compare(value, Expr::gte),
            O::Like => self.like(value, false),
            O::ILike => self.like(value, true),
            O::Contains => self.has(value, Place::Anywhere, false),
            O::IContains => self.has(value, Place::Anywhere, true),
            O::NotContains => Ok(self.dialect.not(self.has(value, Place::Anywhere, false)?)),
            O::NotIContains => Ok(self.dialect.not(self.has(value, Place::Anywhere, true)?)),
            O::StartsWith => self.has(value, Place::Start, false),
            O::IStartsWith => self.has(value, Place::Start, true),
            O::EndsWith => self.has(value, Place::End, false),
            O::IEndsWith => self.has(value, Place::End, true),
            O::LongerThan => Ok(self.length().gt(self.count(value)?)),
            O::ShorterThan => Ok(self.length().lt(self.count(value)?)),
            O::IncludesAll if value.is_null() => Ok(self.dialect.constant(false)),
            O::IncludesAll => self.dialect.includes_all(self.expr, value, self.column),
            O::IncludesNone if value.is_null() => Ok(self.dialect.constant(true)),
            O::IncludesNone => Ok(self.dialect.not(self.dialect.includes_any(self.expr, value, self.column)?)),
            relative => self.relative(relative, value, statement),
        }
    }

    /// The column as text, for comparing with the empty one: a text type of the
    /// database's own (`inet`) may not take it.
    fn text(&self) -> Expr {
        self.dialect.comparable(self.expr.clone(), self.column)
    }

    /// Equal to one of these; null among them stands for null.
    fn one_of(self, values: &[Value]) -> Result<Expr> {
        let dialect = self.dialect;
        let is_null = has_null(values).then(|| self.expr.clone().is_null());
        Ok(match (self.equals(values)?, is_null) {
            (None, None) => dialect.constant(false),
            (None, Some(is_null)) => is_null,
            (Some(one_of), None) => one_of,
            (Some(one_of), Some(is_null)) => dialect.either(one_of, is_null),
        })
    }

    fn none_of(self, values: &[Value]) -> Result<Expr> {
        let dialect = self.dialect;
        let is_not_null = has_null(values).then(|| self.expr.clone().is_not_null());
        Ok(match (self.equals(values)?, is_not_null) {
            (None, None) => dialect.constant(true),
            (None, Some(is_not_null)) => is_not_null,
            // Null is none of these, so unknown counts as none.
            (Some(one_of), None) => dialect.not(one_of),
            (Some(one_of), Some(is_not_null)) => dialect.both(dialect.not(one_of), is_not_null),
        })
    }

    /// Equal to one of these that are not null.
    fn equals(self, values: &[Value]) -> Result<Option<Expr>> {
        let column_type = self.column.column_type();
        // Values that an enum does not have are equal to nothing in it, and some
        // databases fail on them.
        let is_known = |value: &Value| match column_type {
            ColumnType::Enum(labels) => value.as_str().is_some_and(|text| labels.iter().any(|label| label == text)),
            _ => true,
        };
        let values: Vec<Value> = values.iter().filter(|value| !value.is_null() && is_known(value)).cloned().collect();
        match values.as_slice() {
            [] => Ok(None),
            [only] if *column_type != ColumnType::Uuid => {
                let comparable = self.dialect.comparable(self.expr, self.column);
                Ok(Some(comparable.eq(self.dialect.operand(only, self.column)?)))
            }
            several => self.dialect.one_of(self.expr, several, self.column).map(Some),
        }
    }

    fn compare(self, value: &Value, compare: impl Fn(Expr, Expr) -> Expr) -> Result<Expr> {
        if value.is_null() {
            return Ok(self.dialect.constant(false));
        }
        let operand = self.dialect.operand(value, self.column)?;
        Ok(compare(self.dialect.comparable(self.expr, self.column), operand))
    }

    /// Whether no text of the database can have this part, which it would not even take.
    fn is_nowhere(&self, part: &str) -> bool {
        self.dialect == Dialect::Postgres && part.contains('\0')
    }

    fn has(&self, value: &Value, place: Place, any_case: bool) -> Result<Expr> {
        match value.as_str() {
            Some(part) if self.is_nowhere(part) => Ok(self.dialect.constant(false)),
            Some(part) => self.dialect.has(self.expr.clone(), part, place, any_case, &self.column.storage),
            None => Ok(self.dialect.constant(false)),
        }
    }

    fn like(self, value: &Value, any_case: bool) -> Result<Expr> {
        match value.as_str() {
            Some(pattern) if self.is_nowhere(pattern) => Ok(self.dialect.constant(false)),
            Some(pattern) => self.dialect.like(self.expr, pattern, any_case, &self.column.storage),
            None => Ok(self.dialect.constant(false)),
        }
    }

    fn length(&self) -> Expr {
        self.dialect.length(self.expr.clone(), &self.column.storage)
    }

    /// The number that an operator counts with.
    fn count(&self, value: &Value) -> Result<i64> {
        value.as_i64().ok_or_else(|| {
            Error::invalid(format!("The condition on “{}” needs a whole number of at most 64 bits.", self.field))
        })
    }

    fn relative(self, operator: Operator, value: &Value, statement: &Statement<'_>) -> Result<Expr> {
        let takes_count = operator.operand(self.column.column_type()).is_some();
        let count = if takes_count { self.count(value)? } else { 0 };
        let cx = statement.cx;
        let range = relative_range(operator, count, cx.now, cx.timezone)
            .ok_or_else(|| Error::internal(format!("the operator {} is no relative date", operator.name())))?;
        let is_date = *self.column.column_type() == ColumnType::Date;
        let comparable = self.dialect.comparable(self.expr.clone(), self.column);
        let from = range.from.map(|from| -> Result<Expr> {
            let operand = self.moment(from, statement)?;
            // Today is not the future of a day.
            let is_after = is_date && operator == Operator::Future;
            Ok(if is_after { comparable.clone().gt(operand) } else { comparable.clone().gte(operand) })
        });
        let until = range.until.map(|until| -> Result<Expr> {
            let operand = self.moment(until, statement)?;
            // A day that has begun counts as reached 'until now', but not as past.
            let is_reached = is_date && until == cx.now && operator != Operator::Past;
            Ok(if is_reached { comparable.clone().lte(operand) } else { comparable.clone().lt(operand) })
        });
        let bounds = from.into_iter().chain(until).collect::<Result<_>>()?;
        Ok(balance(bounds, |one, other| self.dialect.both(one, other)).unwrap_or_else(|| self.expr.is_not_null()))
    }

    /// A point in time as the column has it: a day is the caller's.
    fn moment(&self, at: DateTime<Utc>, statement: &Statement<'_>) -> Result<Expr> {
        let value = match self.column.column_type() {
            ColumnType::Date => Value::Date(at.with_timezone(&statement.cx.timezone).date_naive()),
            ColumnType::DateTime => Value::DateTime(at.naive_utc()),
            _ => Value::Timestamp(at),
        };
        self.dialect.operand(&value, self.column)
    }
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::List(items) => items,
        Value::Null => &[],
        single => std::slice::from_ref(single),
    }
}

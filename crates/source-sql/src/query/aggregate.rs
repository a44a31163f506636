//! Computations by group.
//!
//! Periods begin by the caller's calendar, and not every database knows
//! timezones. So the database groups by quarters of an hour, which days of
//! every timezone consist of, and the rest is folded here: one way for all
//! dialects, right across changes of daylight saving.

use std::cmp::Ordering;

use bigdecimal::{BigDecimal, Zero as _};
use chrono::{DateTime, Datelike as _, Days, NaiveDate};
use chrono_tz::Tz;
use indexmap::IndexMap;
use levers_model::{
    Aggregation, AggregationOperation, ColumnType, Condition, DatePeriod, Error, FieldPath, Group, Result, Value,
};
use levers_ports::AggregateRow;
use sea_query::{Expr, ExprTrait, SelectStatement};

use super::condition::condition;
use super::order::by;
use super::scope::{Scope, Statement};
use crate::catalog::TableColumn;
use crate::db::{Built, Db, Row};
use crate::dialect::Dialect;
use crate::error::OrPublic as _;
use crate::schema::Entity;
use crate::value::{Decoder, Kind};

/// Significant digits of a mean.
const MEAN_DIGITS: u64 = 28;

/// Computes; greatest value first, null last.
pub(crate) async fn aggregate<'a>(
    db: &Db,
    mut statement: Statement<'a>,
    entity: &'a Entity,
    holds: &Condition,
    aggregation: &Aggregation,
    limit: Option<u64>,
) -> Result<Vec<AggregateRow>> {
    let (dialect, timezone) = (statement.dialect, statement.cx.timezone);
    let has_periods = aggregation.groups.iter().any(|group| group.period.is_some());
    let (select, decoders) = {
        let mut scope = statement.scope(entity);
        let mut select = SelectStatement::new();
        let mut decoders = Vec::new();
        let mut groups = Vec::new();
        for group in &aggregation.groups {
            groups.push(group_by(&mut statement, &mut scope, &mut select, &mut decoders, group)?);
        }
        let rank = compute(&mut statement, &mut scope, &mut select, &mut decoders, aggregation)?;
        if *holds != Condition::always() {
            select.and_where(condition(&mut statement, &mut scope, holds)?);
        }
        if !groups.is_empty() && !has_periods {
            // Descending, so nulls would come first where they are greatest.
            by_rank(&mut select, rank, dialect);
            for group in groups {
                by(&mut select, group, true, false);
            }
            if let Some(limit) = limit {
                select.limit(Ord::min(limit, i64::MAX.unsigned_abs()));
            }
        }
        scope.apply(&mut select);
        (select, decoders)
    };
    let rows = db.fetch(|| Built::new(&select, dialect), decoders).await.or_public(Some(entity))?;
    let mut found = fold(rows, aggregation, timezone);
    if has_periods {
        found.sort_by(|one, other| compare(&other.value, &one.value).then_with(|| by_group(one, other)));
        found.truncate(limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX));
    }
    Ok(found)
}

fn by_rank(select: &mut SelectStatement, rank: Expr, dialect: Dialect) {
    use sea_query::{NullOrdering, Order};
    if dialect.nulls_are_greatest() {
        select.order_by_expr_with_nulls(rank, Order::Desc, NullOrdering::Last);
    } else {
        select.order_by_expr(rank, Order::Desc);
    }
}

fn by_group(one: &AggregateRow, other: &AggregateRow) -> Ordering {
    let pairs = one.group.iter().zip(&other.group);
    pairs.map(|(one, other)| compare(one, other)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn group_by<'a>(
    statement: &mut Statement<'a>,
    scope: &mut Scope<'a>,
    select: &mut SelectStatement,
    decoders: &mut Vec<Decoder>,
    group: &Group,
) -> Result<Expr> {
    let (expr, column) = statement.resolve(scope, &group.field)?;
    let dialect = statement.dialect;
    let (by, read, decoder) = match (group.period, column.column_type()) {
        (None, _) => {
            let by = dialect.sortable(expr, column);
            (by.clone(), dialect.read(by, &column.storage), Decoder::of(column))
        }
        (Some(_), ColumnType::Date) => {
            let by = dialect.comparable(expr, column);
            (by.clone(), by, Decoder::plain(Kind::Date))
        }
        (Some(_), ColumnType::DateTime | ColumnType::Timestamp) => {
            let by = dialect.quarter_hour(expr, column);
            (by.clone(), by, Decoder::plain(Kind::Integer))
        }
        (Some(_), other) => {
            return Err(Error::invalid(format!(
                "Only dates can be grouped by a period; “{}” is {}.",
                group.field,
                other.in_words()
            )));
        }
    };
    select.expr(read).add_group_by([by.clone()]);
    decoders.push(decoder);
    Ok(by)
}

/// Selects what the operation needs and returns what results are ranked by.
fn compute<'a>(
    statement: &mut Statement<'a>,
    scope: &mut Scope<'a>,
    select: &mut SelectStatement,
    decoders: &mut Vec<Decoder>,
    aggregation: &Aggregation,
) -> Result<Expr> {
    use AggregationOperation as Op;
    let dialect = statement.dialect;
    let count = |expr: Option<Expr>| expr.map_or_else(|| Expr::cust("COUNT(*)"), ExprTrait::count);
    let Some(field) = &aggregation.field else {
        if aggregation.operation != Op::Count {
            return Err(Error::invalid("Name the field that is to be computed with; only counting works without one."));
        }
        select.expr(count(None));
        decoders.push(Decoder::plain(Kind::Integer));
        return Ok(count(None));
    };
    let (expr, column) = statement.resolve(scope, field)?;
    match aggregation.operation {
        Op::Count => {
            select.expr(count(Some(expr.clone())));
            decoders.push(Decoder::plain(Kind::Integer));
            Ok(count(Some(expr)))
        }
        Op::Sum | Op::Avg => {
            let (number, decoder) = summable(dialect, &expr, column, field)?;
            let sum = number.clone().sum();
            select.expr(if decoder.as_text { dialect.as_text(sum.clone()) } else { sum.clone() });
            decoders.push(decoder);
            if aggregation.operation == Op::Sum {
                return Ok(sum);
            }
            select.expr(count(Some(expr)));
            decoders.push(Decoder::plain(Kind::Integer));
            Ok(number.avg())
        }
        Op::Min | Op::Max => {
            let (extreme, decoder) = extreme(dialect, expr, column, field, aggregation.operation == Op::Min)?;
            select.expr(dialect.read(extreme.clone(), &column.storage));
            decoders.push(decoder);
            Ok(extreme)
        }
    }
}

fn summable(dialect: Dialect, expr: &Expr, column: &TableColumn, field: &FieldPath) -> Result<(Expr, Decoder)> {
    let kind = Kind::of(column.column_type());
    if !column.column_type().is_number() {
        return Err(Error::invalid(format!(
            "Only numbers can be added up; “{field}” is {}.",
            column.column_type().in_words()
        )));
    }
    let number = Dialect::number(expr.clone(), &column.storage);
    // Sums of integers are decimals in most databases, and text keeps them exact.
    let exact = dialect != Dialect::Sqlite && kind != Kind::Float;
    Ok((number, if exact { Decoder::text(kind) } else { Decoder::plain(kind) }))
}

fn extreme(
    dialect: Dialect,
    expr: Expr,
    column: &TableColumn,
    field: &FieldPath,
    smallest: bool,
) -> Result<(Expr, Decoder)> {
    let column_type = column.column_type();
    let is_ordered = column_type.is_number()
        || column_type.is_date()
        || matches!(column_type, ColumnType::Time | ColumnType::Text | ColumnType::Enum(_));
    if !is_ordered {
        return Err(Error::invalid(format!(
            "“{field}” is {}, of which none is smallest or greatest.",
            column_type.in_words()
        )));
    }
    let sortable = dialect.sortable(expr, column);
    Ok((if smallest { sortable.min() } else { sortable.max() }, Decoder::of(column)))
}

/// What is known of a group so far.
struct Partial {
    group: Vec<Value>,
    value: Value,
    count: i64,
}

/// Joins the rows of the same periods, and finishes what the database began.
fn fold(rows: Vec<Row>, aggregation: &Aggregation, timezone: Tz) -> Vec<AggregateRow> {
    use AggregationOperation as Op;
    let mut partials: IndexMap<String, Partial> = IndexMap::with_capacity(rows.len());
    for row in rows {
        let mut values = row.into_iter();
        let group: Vec<Value> = aggregation
            .groups
            .iter()
            .map(|group| begin(values.next().unwrap_or(Value::Null), group.period, timezone))
            .collect();
        let value = values.next().unwrap_or(Value::Null);
        let count = values.next().and_then(|count| count.as_i64()).unwrap_or_default();
        let key = format!("{group:?}");
        match partials.get_mut(&key) {
            None => {
                partials.insert(key, Partial { group, value, count });
            }
            Some(partial) => {
                partial.count += count;
                let before = std::mem::replace(&mut partial.value, Value::Null);
                partial.value = match aggregation.operation {
                    Op::Count | Op::Sum | Op::Avg => add(before, value),
                    Op::Min => choose(before, value, Ordering::Less),
                    Op::Max => choose(before, value, Ordering::Greater),
                };
            }
        }
    }
    let finish = |Partial { group, value, count }| {
        let value = if aggregation.operation == Op::Avg { mean(&value, count) } else { value };
        AggregateRow { group, value }
    };
    partials.into_values().map(finish).collect()
}

/// The first day of the period that a group's value lies in.
fn begin(value: Value, period: Option<DatePeriod>, timezone: Tz) -> Value {
    let Some(period) = period else { return value };
    let day = match value {
        Value::Date(day) => Some(day),
        Value::Int(quarter_hour) => quarter_hour
            .checked_mul(900)
            .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
            .map(|at| at.with_timezone(&timezone).date_naive()),
        _ => None,
    };
    day.and_then(|day| first_day(day, period)).map_or(Value::Null, Value::Date)
}

fn first_day(day: NaiveDate, period: DatePeriod) -> Option<NaiveDate> {
    match period {
        DatePeriod::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
        DatePeriod::Quarter => NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1),
        DatePeriod::Month => day.with_day(1),
        DatePeriod::Week => day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))),
        DatePeriod::Day => Some(day),
    }
}

fn add(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Null, value) | (value, Value::Null) => value,
        (Value::Int(one), Value::Int(other)) => one
            .checked_add(other)
            .map_or_else(|| Value::Decimal(BigDecimal::from(one) + BigDecimal::from(other)), Value::Int),
        (Value::Decimal(one), Value::Decimal(other)) => Value::Decimal(one + other),
        (Value::Decimal(decimal), Value::Int(int)) | (Value::Int(int), Value::Decimal(decimal)) => {
            Value::Decimal(decimal + BigDecimal::from(int))
        }
        (one, other) => match (one.as_f64(), other.as_f64()) {
            (Some(first), Some(second)) => Value::Float(first + second),
            (Some(_), None) => one,
            _ => other,
        },
    }
}

fn choose(one: Value, other: Value, wanted: Ordering) -> Value {
    match (&one, &other) {
        (Value::Null, _) => other,
        (_, Value::Null) => one,
        _ if compare(&one, &other) == wanted => one,
        _ => other,
    }
}

/// A mean is exact to [`MEAN_DIGITS`] digits where the sum is.
fn mean(sum: &Value, count: i64) -> Value {
    if count == 0 {
        return Value::Null;
    }
    let exact = match sum {
        Value::Int(int) => Some(BigDecimal::from(*int)),
        Value::Decimal(decimal) => Some(decimal.clone()),
        _ => None,
    };
    match (exact, sum.as_f64()) {
        (Some(sum), _) if sum.is_zero() => Value::Decimal(sum),
        (Some(sum), _) => Value::Decimal((sum / BigDecimal::from(count)).with_prec(MEAN_DIGITS).normalized()),
        #[expect(clippy::cast_precision_loss, reason = "a count of 2^53 records is out of reach")]
        (None, Some(sum)) => Value::Float(sum / count as f64),
        (None, None) => Value::Null,
    }
}

/// Orders values of one kind; null is smallest.
fn compare(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::Decimal(one), Value::Decimal(other)) => one.cmp(other),
        (Value::Date(one), Value::Date(other)) => one.cmp(other),
        (Value::Time(one), Value::Time(other)) => one.cmp(other),
        (Value::DateTime(one), Value::DateTime(other)) => one.cmp(other),
        (Value::Timestamp(one), Value::Timestamp(other)) => one.cmp(other),
        (one, other) => match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            _ => one.to_text().cmp(&other.to_text()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_hour_belongs_to_the_callers_day() {
        // 2024-03-30T23:30:00Z is already the day of the change in Paris.
        let quarter_hour = Value::Int(1_711_841_400 / 900);
        let day = |period| begin(quarter_hour.clone(), Some(period), Tz::Europe__Paris).to_text();
        assert_eq!(day(DatePeriod::Day), "2024-03-31");
        assert_eq!(day(DatePeriod::Week), "2024-03-25");
        assert_eq!(day(DatePeriod::Month), "2024-03-01");
        assert_eq!(day(DatePeriod::Quarter), "2024-01-01");
        assert_eq!(day(DatePeriod::Year), "2024-01-01");
    }

    #[test]
    fn means_are_exact_and_short() {
        assert_eq!(mean(&Value::Decimal("7.50".parse().unwrap()), 3).to_text(), "2.5");
        assert_eq!(mean(&Value::Int(10), 4).to_text(), "2.5");
        assert_eq!(mean(&Value::Null, 0), Value::Null);
    }
}

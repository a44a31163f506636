//! Order. Nulls count as greater than every value on every database: last when
//! ascending, first when descending.

use levers_model::{Result, Sort};
use sea_query::{Expr, NullOrdering, Order, SelectStatement};

use super::scope::{Scope, Statement};

/// Orders by these criteria; with `tie_break` also by the key, in the direction
/// of the last criterion, so that an index on it serves both.
pub(super) fn order<'a>(
    statement: &mut Statement<'a>,
    scope: &mut Scope<'a>,
    select: &mut SelectStatement,
    sort: &Sort,
    tie_break: bool,
) -> Result<()> {
    for clause in &sort.0 {
        let (expr, column) = statement.resolve(scope, &clause.field)?;
        let expr = statement.dialect.sortable(expr, column);
        let may_be_null = column.column.nullable || !clause.field.is_own();
        by(select, expr, clause.ascending, may_be_null && !statement.dialect.nulls_are_greatest());
    }
    if tie_break {
        let ascending = sort.0.last().is_none_or(|clause| clause.ascending);
        for key in &scope.entity.collection.primary_key {
            if !sort.0.iter().any(|clause| clause.field.as_str() == key) {
                by(select, scope.own(key), ascending, false);
            }
        }
    }
    Ok(())
}

/// Orders by one expression. Saying where nulls go costs the use of an index, so
/// it is said only where it matters.
pub(super) fn by(select: &mut SelectStatement, expr: Expr, ascending: bool, place_nulls: bool) {
    match (ascending, place_nulls) {
        (true, true) => select.order_by_expr_with_nulls(expr, Order::Asc, NullOrdering::Last),
        (false, true) => select.order_by_expr_with_nulls(expr, Order::Desc, NullOrdering::First),
        (true, false) => select.order_by_expr(expr, Order::Asc),
        (false, false) => select.order_by_expr(expr, Order::Desc),
    };
}

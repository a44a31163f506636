//! Lists.

use std::sync::Arc;

use levers_model::{Condition, FieldPath, Result};
use levers_ports::Query;
use sea_query::SelectStatement;

use super::condition::condition;
use super::order::order;
use super::scope::Statement;
use crate::schema::Entity;
use crate::value::Decoder;

/// A statement that reads records, and how to read its rows.
#[derive(Debug)]
pub(crate) struct Selected {
    pub(crate) statement: SelectStatement,
    pub(crate) decoders: Vec<Decoder>,
    pub(crate) columns: Arc<[FieldPath]>,
}

/// Reads a list. An empty projection stands for every column.
pub(crate) fn select<'a>(mut statement: Statement<'a>, entity: &'a Entity, query: &Query) -> Result<Selected> {
    let mut scope = statement.scope(entity);
    let mut select = SelectStatement::new();
    let columns: Arc<[FieldPath]> = match query.projection.0.as_slice() {
        [] => all_columns(entity),
        paths => paths.iter().cloned().collect(),
    };
    let mut decoders = Vec::with_capacity(columns.len());
    for path in &*columns {
        let (expr, column) = statement.resolve(&mut scope, path)?;
        select.expr(statement.dialect.read(expr, &column.storage));
        decoders.push(Decoder::of(column));
    }
    if query.condition != Condition::always() {
        select.and_where(condition(&mut statement, &mut scope, &query.condition)?);
    }
    order(&mut statement, &mut scope, &mut select, &query.sort, query.page.is_some())?;
    if let Some(page) = query.page {
        // Databases count in signed numbers.
        let largest = i64::MAX.unsigned_abs();
        select.limit(page.limit.min(largest));
        if page.skip > 0 {
            select.offset(page.skip.min(largest));
        }
    }
    scope.apply(&mut select);
    Ok(Selected { statement: select, decoders, columns })
}

/// Paths of all columns of the collection itself.
pub(crate) fn all_columns(entity: &Entity) -> Arc<[FieldPath]> {
    entity.columns.keys().map(|name| FieldPath::from(name.as_str())).collect()
}

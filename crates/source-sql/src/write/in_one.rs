//! Writing and reading what was there before in one statement, where PostgreSQL can.
//!
//! A transaction of two statements is four ways to the server and back, and of a
//! short action these ways are most of the time. So when the condition names few enough
//! records, one statement locks and reads them, writes just these, and returns
//! what they were. When it does not, only counting tells whether there are too many to
//! be read, and the transaction stays.

use std::sync::Arc;

use levers_model::{Condition, FieldPath, Operator, Result, Value};
use levers_ports::Written;
use sea_query::{
    Alias, CommonTableExpression, DeleteStatement, DynIden, Expr, ExprTrait as _, IntoIden as _, Query,
    SubQueryStatement, UpdateStatement, WithQuery,
};

use super::{Capture, Target};
use crate::db::{self, Built};
use crate::dialect::Dialect;
use crate::error::OrPublic as _;
use crate::lender::Lender;
use crate::query::Selected;

/// A statement that writes.
pub(super) enum Writing {
    Update(UpdateStatement),
    Delete(DeleteStatement),
}

impl Writing {
    pub(super) fn built(&self, dialect: Dialect) -> Built {
        match self {
            Self::Update(update) => Built::new(update, dialect),
            Self::Delete(delete) => Built::new(delete, dialect),
        }
    }

    fn only(self, holds: Expr) -> SubQueryStatement {
        match self {
            Self::Update(mut update) => {
                update.and_where(holds);
                update.into()
            }
            Self::Delete(mut delete) => {
                delete.and_where(holds);
                delete.into()
            }
        }
    }
}

impl Target<'_> {
    /// What is read before, if the condition itself says that there are not more records than are to be read.
    pub(super) fn before_in_one(self, capture: &Capture<'_>) -> Result<Option<Selected>> {
        let key = &self.entity.collection.primary_key;
        let names_few = named(capture.condition, key).is_some_and(|count| count <= capture.bound);
        if names_few { self.before(capture) } else { Ok(None) }
    }

    /// Writes and reads in one statement. `write` makes the statement that writes every record.
    pub(super) async fn capture_in_one(
        self,
        lender: &Lender<sqlx::Postgres>,
        capture: &Capture<'_>,
        selected: Selected,
        write: Writing,
    ) -> Result<Written> {
        let Selected { statement, decoders, columns } = selected;
        let [before, written] = ["before", "written"].map(|name| Alias::new(name).into_iden());
        let names: Vec<DynIden> = (0..columns.len()).map(|index| Alias::new(format!("c{index}")).into_iden()).collect();
        // In steps, because the builder's chains end in copies of whole statements.
        let mut read = CommonTableExpression::new();
        read.table_name(before.clone()).columns(names.clone()).materialized(true).query(statement);
        let keys = Query::select().columns(self.key_names(&columns, &names)).from(before.clone()).take();
        let own = self.entity.collection.primary_key.iter().map(|key| Expr::col(Alias::new(key.as_str())));
        let mut change = CommonTableExpression::new();
        change.table_name(written).query(write.only(Expr::tuple(own).in_subquery(keys)));
        let mut whole = WithQuery::new();
        whole.cte(read).cte(change).query(Query::select().columns(names).from(before).take());
        let rows = db::write_once(lender, Built::new(&whole, self.dialect), &decoders).await;
        let rows = rows.or_public(Some(self.entity))?;
        Ok(Written { count: rows.len() as u64, before: capture.records(&columns, rows) })
    }

    /// What the columns of the key are called in the part that reads.
    fn key_names(self, columns: &Arc<[FieldPath]>, names: &[DynIden]) -> Vec<DynIden> {
        let key = &self.entity.collection.primary_key;
        let at = |name: &String| columns.iter().position(|column| column.as_str() == name);
        key.iter().filter_map(|name| Some(names.get(at(name)?)?.clone())).collect()
    }
}

/// How many records a condition names at most, by their key; `None` when it does not say.
fn named(condition: &Condition, key: &[String]) -> Option<usize> {
    let is_key = |field: &FieldPath| matches!(key, [only] if field.as_str() == only);
    match condition {
        Condition::Leaf { field, operator: Operator::Equal, .. } if is_key(field) => Some(1),
        Condition::Leaf { field, operator: Operator::In, value: Value::List(values) } if is_key(field) => {
            Some(values.len())
        }
        Condition::And(children) if all_equal(children, key) => Some(1),
        Condition::And(children) => children.iter().filter_map(|child| named(child, key)).min(),
        Condition::Or(children) => children.iter().map(|child| named(child, key)).sum(),
        Condition::Leaf { .. } | Condition::Not(_) | Condition::Exists { .. } => None,
    }
}

/// Whether every column of the key must equal something.
fn all_equal(children: &[Condition], key: &[String]) -> bool {
    let equals = |column: &String| {
        children.iter().any(|child| {
            matches!(child, Condition::Leaf { field, operator: Operator::Equal, .. } if field.as_str() == column)
        })
    };
    !key.is_empty() && key.iter().all(equals)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(column: &str) -> Condition {
        Condition::leaf(column, Operator::Equal, 1)
    }

    #[test]
    fn only_keys_say_how_many_there_are() {
        let one = ["id".to_owned()];
        let many = |count: i64| Condition::leaf("id", Operator::In, Value::List((0..count).map(Value::Int).collect()));
        for (condition, count) in [
            (equal("id"), Some(1)),
            (equal("status"), None),
            (many(7), Some(7)),
            (many(7).and(equal("status")), Some(7)),
            (many(7).and(many(3)), Some(3)),
            (many(7).or(equal("id")), Some(8)),
            (many(7).or(equal("status")), None),
            (Condition::Not(Box::new(equal("id"))), None),
            (Condition::always(), None),
            (Condition::never(), Some(0)),
            (Condition::leaf("id", Operator::GreaterThan, 1), None),
        ] {
            assert_eq!(named(&condition, &one), count, "{condition:?}");
        }
        let two = ["a".to_owned(), "b".to_owned()];
        let whole = Condition::And(vec![equal("a"), equal("b")]);
        assert_eq!(named(&whole, &two), Some(1));
        assert_eq!(named(&whole.clone().or(whole), &two), Some(2));
        assert_eq!(named(&equal("a"), &two), None);
        assert_eq!(named(&equal("a"), &[]), None);
    }
}

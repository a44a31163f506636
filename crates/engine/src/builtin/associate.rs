//! Associate: links the selected record to the selection's parent through its relation.

use async_trait::async_trait;
use levers_model::{Aggregation, Error, Outcome, Projection, RelationKind, Result, Value};
use levers_ports::{ActionContext, Handler, Query, Reply};

use super::link::{Link, empty, set};
use crate::records::compile;

pub(super) struct Associate;

#[async_trait]
impl Handler for Associate {
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        let link = Link::open(&cx).await?;
        let collection = &cx.collection;
        let theirs: &[String] = match &link.kind {
            RelationKind::ManyToOne { foreign_key_target, .. }
            | RelationKind::ManyToMany { foreign_key_target, .. } => foreign_key_target,
            RelationKind::OneToOne { .. } | RelationKind::OneToMany { .. } => &[],
        };
        let paths = theirs.iter().chain(&collection.primary_key).map(String::as_str);
        let query = Query { condition: cx.condition.clone(), projection: Projection::new(paths), ..Query::default() };
        let child = cx.records.list(&collection.name, query).await?.into_iter().next();
        let child = child.ok_or_else(|| Error::not_found(format!("“{}” has no such record.", collection.name)))?;
        let values = compile::values_of(&child, theirs);
        if link.values.iter().chain(&values).any(Value::is_null) && !matches!(link.kind, RelationKind::ManyToOne { .. })
        {
            return Err(Error::refused("A record is linked by columns that are empty. Fill them first."));
        }
        connect(&cx, &link, &values).await?;
        Ok(Outcome::success(format!("Record {} associated.", child.id(collection)?)).into())
    }
}

/// `child` are the values of the child's columns that the relation is about, where it is about some.
async fn connect(cx: &ActionContext, link: &Link, child: &[Value]) -> Result<()> {
    let (records, name) = (&cx.records, &cx.collection.name);
    match &link.kind {
        RelationKind::OneToMany { origin_key, .. } => {
            records.update(name, cx.condition.clone(), set(origin_key, &link.values)).await?;
        }
        RelationKind::OneToOne { origin_key, .. } => {
            // One only: whoever had the parent loses it.
            let previous = link.linked().and(cx.condition.clone().negate());
            if count(cx, name, previous.clone()).await? > 0 {
                records.update(name, previous, empty(&cx.collection, origin_key)?).await?;
            }
            records.update(name, cx.condition.clone(), set(origin_key, &link.values)).await?;
        }
        RelationKind::ManyToOne { foreign_key, .. } => {
            records.update(&link.owner.name, link.is_parent.clone(), set(foreign_key, child)).await?;
        }
        RelationKind::ManyToMany { through, origin_key, foreign_key, .. } => {
            let pair = compile::all_equal(origin_key, &link.values).and(compile::all_equal(foreign_key, child));
            if count(cx, through, pair).await? == 0 {
                let mut row = set(origin_key, &link.values);
                row.0.extend(set(foreign_key, child).0);
                records.create(through, vec![row]).await?;
            }
        }
    }
    Ok(())
}

async fn count(cx: &ActionContext, collection: &str, condition: levers_model::Condition) -> Result<i64> {
    let rows = cx.records.aggregate(collection, condition, Aggregation::count(), None).await?;
    Ok(rows.first().and_then(|row| row.value.as_i64()).unwrap_or(0))
}

//! Update: sets columns of the selected records; values by column. Columns
//! without a value stay as they are.

use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt as _;
use levers_model::{Collection, Patch, Projection, Record, Result};
use levers_ports::{
    ActionContext, ElementDeclaration, FieldDeclaration, FormContext, FormDeclaration, Handler, Query, Reply,
};

use super::{counted, fields};

pub(super) struct Update;

/// Nothing is required. When one record is selected, its values are there to be changed.
pub(super) fn form(schema: &Arc<Collection>) -> FormDeclaration {
    let schema = schema.clone();
    FormDeclaration::Dynamic(Arc::new(move |cx: FormContext| elements(schema.clone(), cx).boxed()))
}

async fn elements(schema: Arc<Collection>, cx: FormContext) -> Result<Vec<ElementDeclaration>> {
    let record = the_one(&schema, &cx).await?;
    let field = |(name, column)| FieldDeclaration {
        default: record
            .as_ref()
            .and_then(|record| fields::shown(&schema, name, column, record.get(name)?))
            .map(Into::into),
        ..fields::of_column(&schema, name, column)
    };
    Ok(fields::elements(fields::writable(&schema).map(field)))
}

/// The selected record, when exactly one is named.
pub(super) async fn the_one(schema: &Collection, cx: &FormContext) -> Result<Option<Record>> {
    if cx.selection.named_count() != Some(1) {
        return Ok(None);
    }
    let projection = Projection::new(fields::writable(schema).map(|(name, _)| name));
    let query = Query { condition: cx.condition.clone(), projection, ..Query::default() };
    Ok(cx.records.list(&schema.name, query).await?.into_iter().next())
}

#[async_trait]
impl Handler for Update {
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        let patch = Patch::from_pairs(cx.values.iter(), &cx.collection)?;
        let count = cx.records.update(&cx.collection.name, cx.condition.clone(), patch).await?;
        Ok(counted(count, "updated").into())
    }
}

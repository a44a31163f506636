//! Reading the records that a record's relation leads to.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use levers_engine::{CollectionEntry, OpContext};
use levers_model::{Error, ParentRecord, RecordId, Result};

use super::count::Count;
use super::{ListParams, NarrowParams, RecordPage};
use crate::Api;
use crate::answer::json;
use crate::extract::{Cx, Params, Parted};
use crate::filter::Schemas;
use crate::problem::Problem;

/// List related records
///
/// A page of the records that one record's relation leads to; filter, search, segment and
/// order are about the related collection.
#[utoipa::path(get, path = "/collections/{collection}/records/{id}/relations/{relation}", tag = "records",
    params(
        ("collection" = String, Path, description = "The collection's name.", example = "companies"),
        ("id" = String, Path, description = "The packed id, percent-encoded.", example = "1"),
        ("relation" = String, Path, description = "The relation's name.", example = "customers"),
        ListParams,
    ),
    responses((status = 200, body = RecordPage, description = "The page's records, in order.")))]
pub(super) async fn list_related(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted(path): Parted<(String, String, String)>,
    Params(params): Params<ListParams>,
) -> Result<Response, Problem> {
    let (target, parent) = resolve(&api, &cx, path)?;
    let mut query = params.parse()?.translate(&Schemas { engine: &api.engine, cx: &cx }, target)?;
    query.parent = Some(parent);
    let records = api.engine.list_titled(&cx, target.name(), query).await?;
    json(&RecordPage { collection: target.schema(), records: &records })
}

/// Count related records
///
/// How many records one record's relation leads to.
#[utoipa::path(get, path = "/collections/{collection}/records/{id}/relations/{relation}/count", tag = "records",
    params(
        ("collection" = String, Path, description = "The collection's name.", example = "companies"),
        ("id" = String, Path, description = "The packed id, percent-encoded.", example = "1"),
        ("relation" = String, Path, description = "The relation's name.", example = "customers"),
        NarrowParams,
    ),
    responses((status = 200, body = Count, description = "How many there are.")))]
pub(super) async fn count_related(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted(path): Parted<(String, String, String)>,
    Params(params): Params<NarrowParams>,
) -> Result<Json<Count>, Problem> {
    let (target, parent) = resolve(&api, &cx, path)?;
    let filter = params.parse()?.translate(&Schemas { engine: &api.engine, cx: &cx }, target)?;
    Ok(Json(Count { count: api.engine.count(&cx, target.name(), filter, Some(parent)).await? }))
}

/// The collection that the relation leads to, and the record that it starts from.
fn resolve<'a>(
    api: &'a Api,
    cx: &OpContext,
    (collection, id, relation): (String, String, String),
) -> Result<(&'a CollectionEntry, ParentRecord)> {
    let entry = api.engine.collection(cx, &collection)?;
    let target = entry.schema().relation(&relation).ok_or_else(|| {
        let names: Vec<&str> = entry.schema().relations().map(|(name, _)| name).collect();
        Error::not_found(format!("“{collection}” has no relation “{relation}”. It has: {}.", names.join(", ")))
    })?;
    let target = api.engine.collection(cx, &target.target)?;
    let id = RecordId::parse(&id, entry.schema())?;
    Ok((target, ParentRecord { collection, id, relation }))
}

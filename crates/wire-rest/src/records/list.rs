//! Listing records.

use axum::extract::State;
use axum::response::Response;

use super::{ListBody, ListParams, RecordPage};
use crate::Api;
use crate::answer::json;
use crate::extract::{Body, Cx, Params, Parted};
use crate::filter::Schemas;
use crate::problem::Problem;

/// List records
///
/// A page of the records that pass filter, search and segment.
#[utoipa::path(get, path = "/collections/{collection}/records", tag = "records",
    params(("collection" = String, Path, description = "The collection's name.", example = "companies"), ListParams),
    responses((status = 200, body = RecordPage, description = "The page's records, in order.")))]
pub(super) async fn list_records(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted(collection): Parted<String>,
    Params(params): Params<ListParams>,
) -> Result<Response, Problem> {
    read(&api, &cx, &collection, params.parse()?).await
}

/// List records, asked in a body
///
/// The same as listing by query string, for filters that are too long for one.
#[utoipa::path(post, path = "/collections/{collection}/query", tag = "records",
    params(("collection" = String, Path, description = "The collection's name.", example = "companies")),
    request_body = ListBody,
    responses((status = 200, body = RecordPage, description = "The page's records, in order.")))]
pub(super) async fn query_records(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted(collection): Parted<String>,
    Body(body): Body<ListBody>,
) -> Result<Response, Problem> {
    read(&api, &cx, &collection, body).await
}

async fn read(api: &Api, cx: &levers_engine::OpContext, collection: &str, body: ListBody) -> Result<Response, Problem> {
    let entry = api.engine.collection(cx, collection)?;
    let query = body.translate(&Schemas { engine: &api.engine, cx }, entry)?;
    let records = api.engine.list_titled(cx, collection, query).await?;
    json(&RecordPage { collection: entry.schema(), records: &records })
}

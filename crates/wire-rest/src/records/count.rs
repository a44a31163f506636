//! Counting records.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::NarrowParams;
use crate::Api;
use crate::extract::{Body, Cx, Params, Parted};
use crate::filter::{ConditionTree, Narrowed, Schemas};
use crate::problem::Problem;

/// How many records there are.
#[derive(Serialize, ToSchema)]
pub(super) struct Count {
    /// How many.
    #[schema(example = 42)]
    pub(super) count: u64,
}

/// What to count.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "filter": { "field": "status", "operator": "equal", "value": "live" } }))]
pub(super) struct CountBody {
    /// A tree of conditions.
    filter: Option<ConditionTree>,
    /// A text to look for.
    #[schema(max_length = 1000)]
    search: Option<String>,
    /// Whether to search in related records too.
    #[serde(default)]
    search_extended: bool,
    /// The name of a segment.
    segment: Option<String>,
}

/// Count records
///
/// How many records pass filter, search and segment.
#[utoipa::path(get, path = "/collections/{collection}/count", tag = "records",
    params(("collection" = String, Path, description = "The collection's name.", example = "companies"), NarrowParams),
    responses((status = 200, body = Count, description = "How many there are.")))]
pub(super) async fn count_records(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted(collection): Parted<String>,
    Params(params): Params<NarrowParams>,
) -> Result<Json<Count>, Problem> {
    count(&api, &cx, &collection, params.parse()?).await
}

/// Count records, asked in a body
///
/// The same as counting by query string, for filters that are too long for one.
#[utoipa::path(post, path = "/collections/{collection}/count", tag = "records",
    params(("collection" = String, Path, description = "The collection's name.", example = "companies")),
    request_body = CountBody,
    responses((status = 200, body = Count, description = "How many there are.")))]
pub(super) async fn count_query(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted(collection): Parted<String>,
    Body(CountBody { filter, search, search_extended, segment }): Body<CountBody>,
) -> Result<Json<Count>, Problem> {
    count(&api, &cx, &collection, Narrowed { filter, search, search_extended, segment }).await
}

async fn count(
    api: &Api,
    cx: &levers_engine::OpContext,
    collection: &str,
    narrowed: Narrowed,
) -> Result<Json<Count>, Problem> {
    let entry = api.engine.collection(cx, collection)?;
    let filter = narrowed.translate(&Schemas { engine: &api.engine, cx }, entry)?;
    Ok(Json(Count { count: api.engine.count(cx, collection, filter, None).await? }))
}

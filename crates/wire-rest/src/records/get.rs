//! Reading one record.

use axum::extract::State;
use axum::response::Response;
use levers_model::RecordId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{RecordView, projection};
use crate::Api;
use crate::answer::json;
use crate::extract::{Cx, Params, Parted};
use crate::filter::Schemas;
use crate::problem::Problem;

/// What to read of a record.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct GetParams {
    /// Columns to read, with commas between; all when nothing is said.
    #[param(example = "name,company:name")]
    fields: Option<String>,
}

/// Read a record
///
/// One record by its packed id.
#[utoipa::path(get, path = "/collections/{collection}/records/{id}", tag = "records",
    params(
        ("collection" = String, Path, description = "The collection's name.", example = "companies"),
        ("id" = String, Path, description = "The packed id: the key's values joined by `|`, percent-encoded.", example = "1"),
        GetParams,
    ),
    responses((status = 200, body = RecordView, description = "The record.")))]
pub(super) async fn get_record(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted((collection, id)): Parted<(String, String)>,
    Params(params): Params<GetParams>,
) -> Result<Response, Problem> {
    let entry = api.engine.collection(&cx, &collection)?;
    let id = RecordId::parse(&id, entry.schema())?;
    let names: Option<Vec<String>> =
        params.fields.map(|text| text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect());
    let schemas = Schemas { engine: &api.engine, cx: &cx };
    let names = names.filter(|names| !names.is_empty());
    let projection = names.map(|names| projection(&names, &schemas, entry)).transpose()?;
    let titled = api.engine.get_titled(&cx, &collection, &id, projection).await?;
    json(&RecordView { collection: entry.schema(), titled: &titled })
}

//! Creating, updating and deleting one record: the built-in actions, said shortly.
//!
//! Nothing is written here. Each submits an action as any other caller would, so
//! permissions, jobs and events are the same; the answer names the job.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use levers_engine::{OpContext, Submission, Submitted, Titled};
use levers_model::{BuiltIn, ChangeKind, Collection, Error, Projection, RecordId, Result, Selection, Values};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::RecordView;
use crate::Api;
use crate::actions::{JobSummary, idempotency_key};
use crate::answer::{json, mark_replayed};
use crate::extract::{Body, Cx, Parted};
use crate::problem::Problem;

/// New values by column.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "values": { "name": "Acme" } }))]
pub(super) struct RecordInput {
    /// By column; what is absent stays, or gets the column's default.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    values: Values,
}

/// A record that was written, and the job that wrote it.
#[derive(Serialize, ToSchema)]
pub(super) struct Written<'a> {
    /// The execution of the built-in action.
    job: JobSummary,
    /// The record as it is now; null when it was deleted.
    #[schema(value_type = Option<RecordView>)]
    record: Option<RecordView<'a>>,
}

/// Create a record
///
/// Submits the built-in action `create`.
#[utoipa::path(post, path = "/collections/{collection}/records", tag = "records",
    params(
        ("collection" = String, Path, description = "The collection's name.", example = "companies"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes repeated requests one; at most 255 characters."),
    ),
    request_body = RecordInput,
    responses((status = 201, body = Written, description = "The record as it is now.",
        headers(("Location" = String, description = "The record's path.")))))]
pub(super) async fn create_record(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted(collection): Parted<String>,
    headers: HeaderMap,
    Body(input): Body<RecordInput>,
) -> Result<Response, Problem> {
    let schema = api.engine.collection(&cx, &collection)?.schema();
    let submitted = submit(&api, &cx, &headers, schema, BuiltIn::Create, Selection::none(), input.values).await?;
    let created = submitted.job.changes.changes.iter().find(|change| change.kind == ChangeKind::Created);
    let id = created.map(|change| RecordId::parse(&change.id, schema)).transpose()?;
    // Whoever deleted it meanwhile did not undo that it was created.
    let record = match &id {
        Some(id) => api.engine.get_titled(&cx, &collection, id, None).await.ok(),
        None => None,
    };
    let mut response = written(schema, &submitted, record.as_ref())?;
    *response.status_mut() = StatusCode::CREATED;
    if let Some(id) = id {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let path = format!("{}/collections/{}/records/{}", crate::PREFIX, encode(&collection), encode(&id.to_string()));
        if let Ok(path) = HeaderValue::try_from(path) {
            response.headers_mut().insert(header::LOCATION, path);
        }
    }
    Ok(response)
}

/// Update a record
///
/// Submits the built-in action `update` on one record.
#[utoipa::path(patch, path = "/collections/{collection}/records/{id}", tag = "records",
    params(
        ("collection" = String, Path, description = "The collection's name.", example = "companies"),
        ("id" = String, Path, description = "The packed id, percent-encoded.", example = "1"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes repeated requests one; at most 255 characters."),
    ),
    request_body = RecordInput,
    responses((status = 200, body = Written, description = "The record as it is now.")))]
pub(super) async fn update_record(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted((collection, id)): Parted<(String, String)>,
    headers: HeaderMap,
    Body(input): Body<RecordInput>,
) -> Result<Response, Problem> {
    let schema = api.engine.collection(&cx, &collection)?.schema();
    let id = RecordId::parse(&id, schema)?;
    must_exist(&api, &cx, schema, &id).await?;
    let selection = Selection::ids(vec![id.clone()]);
    let submitted = submit(&api, &cx, &headers, schema, BuiltIn::Update, selection, input.values).await?;
    let record = api.engine.get_titled(&cx, &collection, &id, None).await.ok();
    written(schema, &submitted, record.as_ref())
}

/// Delete a record
///
/// Submits the built-in action `delete` on one record.
#[utoipa::path(delete, path = "/collections/{collection}/records/{id}", tag = "records",
    params(
        ("collection" = String, Path, description = "The collection's name.", example = "companies"),
        ("id" = String, Path, description = "The packed id, percent-encoded.", example = "1"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes repeated requests one; at most 255 characters."),
    ),
    responses((status = 200, body = Written, description = "The job that deleted it.")))]
pub(super) async fn delete_record(
    State(api): State<Api>,
    Cx(cx): Cx,
    Parted((collection, id)): Parted<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let schema = api.engine.collection(&cx, &collection)?.schema();
    let id = RecordId::parse(&id, schema)?;
    // A repeat of a deletion finds nothing; its key leads to the job that did it.
    if !headers.contains_key(crate::actions::IDEMPOTENCY_KEY) {
        must_exist(&api, &cx, schema, &id).await?;
    }
    let selection = Selection::ids(vec![id]);
    let submitted = submit(&api, &cx, &headers, schema, BuiltIn::Delete, selection, Values::new()).await?;
    written(schema, &submitted, None)
}

/// An action on no record is a success; a path that names no record is not.
async fn must_exist(api: &Api, cx: &OpContext, schema: &Collection, id: &RecordId) -> Result<()> {
    let key = Projection::new(schema.primary_key.iter().map(String::as_str));
    api.engine.get(cx, &schema.name, id, Some(key)).await.map(drop)
}

async fn submit(
    api: &Api,
    cx: &OpContext,
    headers: &HeaderMap,
    schema: &Collection,
    built_in: BuiltIn,
    selection: Selection,
    values: Values,
) -> Result<Submitted, Problem> {
    if schema.read_only {
        return Err(Error::refused(format!("“{}” is read-only.", schema.name)).into());
    }
    let submission = Submission {
        collection: schema.name.clone(),
        action: built_in.id(),
        selection,
        values,
        idempotency_key: idempotency_key(headers)?,
        approval: None,
    };
    let submitted = api.engine.submit(cx, submission).await?;
    match &submitted.reply {
        Err(error) => Err(Problem::of_job(error, submitted.job.id)),
        Ok(_) => Ok(submitted),
    }
}

fn written(schema: &Collection, submitted: &Submitted, record: Option<&Titled>) -> Result<Response, Problem> {
    let record = record.map(|titled| RecordView { collection: schema, titled });
    let mut response = json(&Written { job: JobSummary::from(&submitted.job), record })?;
    mark_replayed(&mut response, submitted.replayed);
    Ok(response)
}

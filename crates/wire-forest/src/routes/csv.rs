//! `GET /forest/:collection.csv`: all records that match, as a file. It is the
//! built-in Export, so it is a job too.

use axum::http::{HeaderValue, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use levers_model::{BuiltIn, Collection, ParentRecord, Selection, Targets, Values};

use super::actions::file_response;
use super::list::filter;
use super::run::Run;
use crate::agent::Agent;
use crate::call::Call;
use crate::error::Result;
use crate::translate;

pub(super) async fn export(
    agent: &Agent,
    call: &Call,
    collection: &Collection,
    parent: Option<ParentRecord>,
) -> Result<Response> {
    let schemas = agent.schemas(call);
    let columns = translate::csv_columns(call.projection_header(), &call.query, collection, &schemas)?;
    let sort = translate::sort(call.query.get("sort"), collection, &schemas)?;
    let mut values = Values::new();
    if let Some(columns) = columns {
        values.insert("fields".into(), columns.iter().map(ToString::to_string).collect::<Vec<_>>().into());
    }
    values.insert("header".into(), translate::csv_titles(call.query.get("header")).into());
    values.insert("filename".into(), call.query.get("filename").into());
    values.insert("sort".into(), translate::sort_texts(&sort).into());
    let run = Run {
        built_in: BuiltIn::Export,
        collection,
        selection: Selection { filter: filter(agent, call, collection)?, targets: Targets::None, parent },
        values,
        // Reading twice does no harm, and a stream cannot be answered twice.
        idempotency_key: None,
    };
    let (job, reply) = run.submit(agent, call).await?;
    let mut response = file_response(reply)?;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    if let Ok(modified) = HeaderValue::from_str(&http_date(job.created_at)) {
        headers.insert(header::LAST_MODIFIED, modified);
    }
    Ok(response)
}

fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

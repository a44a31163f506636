//! `GET /forest/:collection`: a page of records.

use axum::extract::State;
use axum::response::Response;
use levers_engine::ListQuery;
use levers_model::{Collection, ParentRecord, RequestFilter};

use super::csv;
use crate::agent::Agent;
use crate::call::Call;
use crate::error::{Fault, Result, json_response};
use crate::translate::{self, ListDocument, Params};

/// `.csv` after a collection's name asks for its records as a file, unless a
/// collection has just this name.
pub(super) async fn list_or_csv(State(agent): State<Agent>, call: Call) -> Result<Response> {
    let [name] = call.names()?;
    match (agent.collection(&call, name), name.strip_suffix(".csv")) {
        (Err(Fault::NOT_FOUND), Some(name)) => {
            let collection = agent.collection(&call, name)?;
            csv::export(&agent, &call, collection, None).await
        }
        (collection, _) => list(&agent, &call, collection?, None).await,
    }
}

/// The records of a collection, or those that a parent's relation leads to.
pub(super) async fn list(
    agent: &Agent,
    call: &Call,
    collection: &Collection,
    parent: Option<ParentRecord>,
) -> Result<Response> {
    let schemas = agent.schemas(call);
    let filter = filter(agent, call, collection)?;
    let search = filter.search.as_ref().map(|search| search.text.clone());
    let query = ListQuery {
        filter,
        projection: translate::projection(call.projection_header(), &call.query, collection, &schemas)?,
        sort: translate::sort(call.query.get("sort"), collection, &schemas)?,
        page: Some(translate::page(Params::of_query(&call.query))?),
        parent,
    };
    let records = agent.engine.list(&call.cx, &collection.name, query).await.map_err(Fault::of_record)?;
    Ok(json_response(200, &ListDocument::new(collection, &records, &schemas, search.as_deref())))
}

/// What the query string narrows a collection to.
pub(super) fn filter(agent: &Agent, call: &Call, collection: &Collection) -> Result<RequestFilter> {
    let entry = agent.engine.collection(&call.cx, &collection.name)?;
    let schemas = agent.schemas(call);
    translate::request_filter(Params::of_query(&call.query), &call.cx.caller, collection, entry.segments(), &schemas)
}

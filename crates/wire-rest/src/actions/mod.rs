//! Actions: their forms, and running them.

mod form;
mod form_view;
mod outcome;
mod run;

use axum::http::HeaderMap;
use levers_model::{Error, Result};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::limits;

pub(crate) use outcome::{OutcomeView, file_answer};
pub(crate) use run::{ChangeKindView, JobStateView, JobSummary};

/// The header that makes repeated requests one.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The routes of this module.
pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(form::resolve_form)).routes(routes!(run::run_action))
}

/// The request's idempotency key.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().ok().map(str::trim).filter(|key| (1..=limits::LONGEST_KEY).contains(&key.len()));
    match key {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Error::invalid(format!(
            "Idempotency-Key must have 1 to {} printable ASCII characters.",
            limits::LONGEST_KEY
        ))),
    }
}

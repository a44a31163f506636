//! Errors as `application/problem+json` (RFC 9457).
//!
//! One table says which status answers which kind of error:
//!
//! | kind | status | when |
//! |---|---|---|
//! | `unauthenticated` | 401 | no token, or one that is not good; with `WWW-Authenticate` |
//! | `forbidden` | 403 | the caller may not |
//! | `not_found` | 404 | collection, record, action, job or route that does not exist |
//! | `invalid` | 400 | input that does not make sense; `fields` says where |
//! | `refused` | 422 | sensible input that a rule or the state of things refuses |
//! | `constraint` | 422 | a constraint of the database; `constraint` says which |
//! | `conflict` | 409 | an idempotency key that was used for something else |
//! | `too_large` | 413 | over a limit of size |
//! | `unavailable` | 503 | database or store away; with `Retry-After` |
//! | `internal` | 500 | a fault of ours or of a handler |
//!
//! Two more belong to HTTP alone: `method_not_allowed` (405) and
//! `unsupported_media_type` (415).

use std::any::Any;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use levers_model::error::FieldError;
use levers_model::{Constraint, ConstraintKind, Error, ErrorKind, JobId};
use serde::Serialize;
use utoipa::ToSchema;

/// An error answer. Boxed, because every handler's result has room for one.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Problem(Box<Details>);

/// What every error answer holds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "urn:levers:error:invalid",
    "title": "The request does not make sense",
    "status": 400,
    "detail": "amount: A number is required.",
    "code": "invalid",
    "fields": [{ "field": "amount", "message": "A number is required." }]
}))]
pub(crate) struct Details {
    /// A name for this sort of error that never changes.
    #[serde(rename = "type")]
    urn: String,
    /// What this sort of error is, in few words.
    title: &'static str,
    /// The HTTP status of the answer.
    #[schema(example = 400)]
    status: u16,
    /// What happened this time and what to do about it.
    detail: String,
    /// A stable word for programs.
    #[schema(example = "invalid")]
    code: &'static str,
    /// What is wrong with single fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<FieldProblem>,
    /// The violated constraint of the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    constraint: Option<ConstraintView>,
    /// Seconds after which trying again may help.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u32>,
    /// The job that failed, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
}

/// One field, and what is wrong with it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FieldProblem {
    /// The field's id.
    field: String,
    /// A sentence that makes sense beside the field.
    message: String,
}

impl From<&FieldError> for FieldProblem {
    fn from(error: &FieldError) -> Self {
        Self { field: error.field.clone(), message: error.message.clone() }
    }
}

/// A violated constraint of the database.
#[derive(Debug, Serialize, ToSchema)]
struct ConstraintView {
    /// Which sort of rule.
    #[schema(example = "unique")]
    kind: &'static str,
    /// Its name in the database, when it has one.
    name: Option<String>,
    /// The columns that it spans, when known.
    fields: Vec<String>,
}

impl From<&Constraint> for ConstraintView {
    fn from(constraint: &Constraint) -> Self {
        let kind = match constraint.kind {
            ConstraintKind::Unique => "unique",
            ConstraintKind::ForeignKey => "foreign_key",
            ConstraintKind::NotNull => "not_null",
            ConstraintKind::Check => "check",
            ConstraintKind::Range => "range",
        };
        Self { kind, name: constraint.name.clone(), fields: constraint.fields.clone() }
    }
}

/// How long a caller should wait when something behind us is away.
const RETRY_AFTER_SECONDS: u32 = 5;

/// Status and title of each kind.
const fn answer(kind: ErrorKind) -> (StatusCode, &'static str) {
    match kind {
        ErrorKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "Nobody proved who asks"),
        ErrorKind::Forbidden => (StatusCode::FORBIDDEN, "You may not do this"),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "This does not exist"),
        ErrorKind::Invalid => (StatusCode::BAD_REQUEST, "The request does not make sense"),
        ErrorKind::Refused => (StatusCode::UNPROCESSABLE_ENTITY, "A rule refuses this"),
        ErrorKind::Constraint => (StatusCode::UNPROCESSABLE_ENTITY, "The database refuses this"),
        ErrorKind::Conflict => (StatusCode::CONFLICT, "This contradicts an earlier request"),
        ErrorKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "This is too large"),
        ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Something is away for the moment"),
        ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong"),
    }
}

impl Problem {
    fn bare(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Details {
            urn: format!("urn:levers:error:{code}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            code,
            fields: Vec::new(),
            constraint: None,
            retry_after: None,
            job: None,
        }))
    }

    /// The error of a job that was made and failed.
    pub(crate) fn of_job(error: &Error, job: JobId) -> Self {
        let mut problem = Self::from(error);
        problem.0.job = Some(job.to_string());
        problem
    }

    /// The body is not JSON by its own account.
    pub(crate) fn unsupported_media_type() -> Self {
        let detail = "Send JSON, with the header Content-Type: application/json.";
        Self::bare(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body is not JSON", detail)
    }

    /// The path exists, but not for this method.
    pub(crate) fn method_not_allowed() -> Self {
        let detail = "This path does not take this method. The header Allow says which it takes.";
        Self::bare(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Wrong method", detail)
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let (status, title) = answer(error.kind());
        let mut problem = Self::bare(status, error.kind().code(), title, error.message());
        problem.0.fields = error.fields().iter().map(Into::into).collect();
        problem.0.constraint = error.violated().map(Into::into);
        problem.0.retry_after = error.retryable().then_some(RETRY_AFTER_SECONDS);
        problem
    }
}

/// Turns an error into its answer, and logs what only the log may know.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        if let Some(internal) = error.internal_text() {
            if error.kind() == ErrorKind::Internal {
                tracing::error!(internal, "request failed");
            } else {
                tracing::warn!(internal, "request failed");
            }
        }
        Self::from(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // A struct of texts and numbers always has a JSON form.
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"levers\""));
        }
        if let Some(seconds) = self.0.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// What a handler that panicked answers.
#[expect(clippy::needless_pass_by_value, reason = "tower-http's signature")]
pub(crate) fn of_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a text");
    Problem::from(Error::internal(text)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_answer() {
        let violated = Constraint {
            kind: ConstraintKind::Unique,
            name: Some("companies_name_key".into()),
            fields: vec!["name".into()],
        };
        let errors = [
            Error::unauthenticated("The token has expired."),
            Error::forbidden("You don't have permission to read “companies”."),
            Error::not_found("There is no collection “x”."),
            Error::invalid_fields(vec![FieldError::new("amount", "A number is required.")]),
            Error::refused("“report” is read-only."),
            Error::constraint(violated, "This name is taken."),
            Error::conflict("The key was used for another request."),
            Error::too_large("At most 50 MB."),
            Error::unavailable("The database cannot be reached.").with_internal("connection refused"),
            Error::internal("password=hunter2"),
        ];
        let problems: Vec<Problem> = errors.into_iter().map(Problem::from).collect();
        insta::assert_json_snapshot!(problems);
    }

    #[test]
    fn the_answer_carries_the_headers_of_its_status() {
        let response = Problem::from(Error::unavailable("Away.")).into_response();
        assert_eq!(response.headers()["retry-after"], "5");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let response = Problem::from(Error::unauthenticated("Who?")).into_response();
        assert_eq!(response.headers()["www-authenticate"], "Bearer realm=\"levers\"");
    }
}

//! The errors of the wire (specification, section 2.8).
//!
//! Three shapes exist and clients tell them apart: JSON:API errors for almost
//! everything, `{"error": …}` for what an action or its form refuses, and plain
//! text for what agents answer before their error handler runs (unknown URLs,
//! bodies that are not JSON).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use levers_model::{ConstraintKind, Error, ErrorKind};
use serde_json::json;

/// How long a client should wait for a database that went away, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

/// An answer that says what went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `{"errors":[{"name","detail","status"}]}`.
    Api {
        /// The HTTP status.
        status: u16,
        /// The class that clients know it by.
        name: &'static str,
        /// The text for the user.
        detail: String,
    },
    /// `{"error": …}` with status 400, shown by the form.
    Form(String),
    /// Plain text.
    Text {
        /// The HTTP status.
        status: u16,
        /// The text.
        text: &'static str,
    },
}

/// The result of translating or answering.
pub(crate) type Result<T, E = Fault> = std::result::Result<T, E>;

impl Fault {
    /// What agents say of every URL that they do not know.
    pub(crate) const NOT_FOUND: Self = Self::Text { status: 404, text: "Not Found" };

    /// Input that does not make sense.
    pub(crate) fn validation(detail: impl Into<String>) -> Self {
        Self::Api { status: 400, name: "ValidationError", detail: detail.into() }
    }

    /// A field that does not exist, in the words that agents use.
    pub(crate) fn missing_field<'a>(collection: &str, field: &str, available: impl Iterator<Item = &'a str>) -> Self {
        Self::Api { status: 400, name: "MissingFieldError", detail: field_not_found(collection, field, available) }
    }

    /// Nobody proved who asks.
    pub(crate) fn unauthorized(detail: &str) -> Self {
        Self::Api { status: 401, name: "UnauthorizedError", detail: detail.into() }
    }

    /// Sensible input that is refused.
    pub(crate) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::Api { status: 422, name: "UnprocessableError", detail: detail.into() }
    }

    /// The caller may not.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::Api { status: 403, name: "ForbiddenError", detail: detail.into() }
    }

    /// What keeps an action from becoming a job: errors of the form are shown by
    /// the form, a missing permission has a name of its own.
    pub(crate) fn of_submit(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Invalid => Self::Form(error.message().to_owned()),
            ErrorKind::Forbidden => Self::Api {
                status: 403,
                name: "CustomActionTriggerForbiddenError",
                detail: "You don't have permission to trigger this action.".into(),
            },
            _ => error.into(),
        }
    }

    /// A form that could not be resolved: agents answer a missing permission with
    /// an empty message here, which their error handler replaces.
    pub(crate) fn of_form(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Forbidden => Self::forbidden("Unexpected error"),
            _ => error.into(),
        }
    }

    /// An action that is not at an address of dialect B.
    pub(crate) fn missing_action(slug: &str, collection: Option<&str>) -> Self {
        let of = collection.map_or_else(String::new, |name| format!(" of “{name}”"));
        let detail = format!(
            "There is no action{of} at “actions/{}”. Its name decides its address, as in “actions/mark-as-live” for \
             “Mark as Live”.",
            shortened(slug)
        );
        Self::Api { status: 404, name: "NotFoundError", detail }
    }

    /// The same for clients of dialect B, which show the text of a 400 only where the
    /// backends of that dialect put it.
    pub(crate) fn into_legacy(self) -> Self {
        match self {
            Self::Api { status: 400, detail, .. } => Self::Form(detail),
            fault => fault,
        }
    }

    /// A record operation that was refused before it ran.
    pub(crate) fn of_record(error: Error) -> Self {
        match error.kind() {
            ErrorKind::Forbidden => Self::forbidden("Forbidden"),
            _ => error.into(),
        }
    }
}

/// The first characters of what a client sent, so that a refusal never grows with it.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 64;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// The text of agents for a name that a collection does not have.
pub(crate) fn field_not_found<'a>(collection: &str, field: &str, available: impl Iterator<Item = &'a str>) -> String {
    let available: Vec<&str> = available.collect();
    let field = shortened(field);
    format!(
        "The '{collection}.{field}' field was not found. Available fields are: [{}]. Please check if the field name is correct.",
        available.join(",")
    )
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        if let Some(internal) = error.internal_text() {
            tracing::error!(kind = error.kind().code(), internal, "{}", error.message());
        }
        let (status, name) = match error.kind() {
            ErrorKind::Unauthenticated => (401, "UnauthorizedError"),
            ErrorKind::Forbidden => (403, "ForbiddenError"),
            ErrorKind::NotFound => (404, "NotFoundError"),
            ErrorKind::Invalid | ErrorKind::Constraint => (400, "ValidationError"),
            ErrorKind::Refused => (422, "UnprocessableError"),
            ErrorKind::Conflict => (409, "ConflictError"),
            ErrorKind::TooLarge => (413, "PayloadTooLargeError"),
            ErrorKind::Unavailable => (503, "ServiceUnavailableError"),
            ErrorKind::Internal => (500, "InternalServerError"),
        };
        let detail = match error.kind() {
            ErrorKind::Internal if !says_more(&error) => "Unexpected error".to_owned(),
            ErrorKind::Constraint => constraint_text(&error),
            _ => error.message().to_owned(),
        };
        Self::Api { status, name, detail }
    }
}

/// Whether a fault has a sentence of its own: what an operator has to know of a backend or a
/// statement that failed, above all whether its work may be done.
fn says_more(fault: &Error) -> bool {
    fault.message() != Error::internal("").message()
}

/// Clients look for the agents' sentence about the two usual constraints; ours, which names
/// the constraint and the field, follows it.
fn constraint_text(error: &Error) -> String {
    let message = error.message();
    match error.violated().map(|constraint| constraint.kind) {
        Some(ConstraintKind::Unique) => {
            format!("The query violates a unicity constraint in the database. {message}")
        }
        Some(ConstraintKind::ForeignKey) => {
            format!("The query violates a foreign key constraint in the database. {message}")
        }
        _ => message.to_owned(),
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::Api { status, name, detail } => {
                let detail = if detail.is_empty() { "Unexpected error" } else { &detail };
                let body = json!({ "errors": [{ "name": name, "detail": detail, "status": status }] });
                let mut response = json_response(status, &body);
                if status == 503 {
                    response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
                }
                response
            }
            Self::Form(error) => json_response(400, &json!({ "error": error })),
            Self::Text { status, text } => (status_code(status), text).into_response(),
        }
    }
}

/// A JSON answer.
pub(crate) fn json_response(status: u16, body: &impl serde::Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            (status_code(status), [(header::CONTENT_TYPE, "application/json; charset=utf-8")], bytes).into_response()
        }
        Err(error) => Fault::from(Error::internal(error)).into_response(),
    }
}

fn status_code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use levers_model::Constraint;

    #[test]
    fn every_kind_has_its_name_and_status() {
        let faults: Vec<String> = ErrorKind::ALL
            .into_iter()
            .map(|kind| format!("{kind:?} -> {:?}", Fault::from(Error::new(kind, "The reason."))))
            .collect();
        insta::assert_snapshot!(faults.join("\n"));
    }

    #[test]
    fn a_fault_without_a_sentence_of_its_own_is_unexpected() {
        let fault = |detail: &str| Fault::Api { status: 500, name: "InternalServerError", detail: detail.into() };
        assert_eq!(Fault::from(Error::internal("password=hunter2")), fault("Unexpected error"));
        let slow = Error::new(ErrorKind::Internal, "The backend at x did not answer.").with_internal("10.0.0.7");
        assert_eq!(Fault::from(slow), fault("The backend at x did not answer."));
    }

    #[test]
    fn constraints_begin_with_the_agents_words() {
        let constraint =
            Constraint { kind: ConstraintKind::Unique, name: Some("users_email".into()), fields: vec!["email".into()] };
        let fault = Fault::from(Error::constraint(constraint, "Another record has this “email” (users_email)."));
        let Fault::Api { status, name, detail } = fault else { panic!("{fault:?}") };
        assert_eq!((status, name), (400, "ValidationError"));
        assert_eq!(
            detail,
            "The query violates a unicity constraint in the database. Another record has this “email” (users_email)."
        );
    }

    #[test]
    fn a_database_that_is_away_says_when_to_come_back() {
        let response = Fault::from(Error::unavailable("The database cannot be reached.")).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "5");
    }
}

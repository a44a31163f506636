//! What can go wrong, in words that a caller may read.
//!
//! An error carries two texts and keeps them apart by type: `message` was
//! written for whoever asked; `internal` is for the log alone and has no way
//! onto a wire, because `Display` prints only the first. Each kind says
//! whether trying again can help, so no retry loop has to guess.
//!
//! Rejected: `anyhow` in the verbs. It cannot tell a door which status to
//! answer, and its `Display` is whatever a driver said.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The result of every verb and every socket.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Classes of failure; a door maps each to its own status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Nobody proved who asks.
    Unauthenticated,
    /// The caller is known and may not.
    Forbidden,
    /// A collection, field, action, record or job that does not exist.
    NotFound,
    /// Input that does not make sense; `fields` says where, when it is a form.
    Invalid,
    /// Sensible input that the state of things refuses (rules, read-only collections).
    Refused,
    /// The database's own constraint said no; `constraint` says which.
    Constraint,
    /// The idempotency key was used for something else, or the job moved on.
    Conflict,
    /// Over a limit of size.
    TooLarge,
    /// The data source or the service behind cannot be reached now.
    Unavailable,
    /// A fault of ours or of a handler.
    Internal,
}

impl ErrorKind {
    /// Whether the same request may succeed later, unchanged.
    pub const fn retryable(self) -> bool {
        match self {
            Self::Unavailable => true,
            Self::Unauthenticated
            | Self::Forbidden
            | Self::NotFound
            | Self::Invalid
            | Self::Refused
            | Self::Constraint
            | Self::Conflict
            | Self::TooLarge
            | Self::Internal => false,
        }
    }

    /// A stable word for programs, used by our own API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
            Self::Refused => "refused",
            Self::Constraint => "constraint",
            Self::Conflict => "conflict",
            Self::TooLarge => "too_large",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Invalid,
        Self::Refused,
        Self::Constraint,
        Self::Conflict,
        Self::TooLarge,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The kind of this [`ErrorKind::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// One field of a form or record, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's id.
    pub field: String,
    /// A whole sentence that makes sense beside the field.
    pub message: String,
}

impl FieldError {
    /// Pairs a field with what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// What a database refuses to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintKind {
    /// A value that must be unique exists already.
    Unique,
    /// A reference to a record that does not exist, or from one that still does.
    ForeignKey,
    /// A value is missing where one is required.
    NotNull,
    /// The database's own check on a value.
    Check,
    /// A value that does not fit its column.
    Range,
}

/// A violated constraint, as far as the database told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// Which sort of rule.
    pub kind: ConstraintKind,
    /// Its name in the database, when it has one.
    pub name: Option<String>,
    /// The columns that it spans, when known.
    pub fields: Vec<String>,
}

/// A failure that knows its public text, its internal text and its kind.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    internal: Option<Arc<str>>,
    fields: Vec<FieldError>,
    constraint: Option<Constraint>,
}

impl Error {
    /// An error of this kind with a sentence for the caller.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), internal: None, fields: Vec::new(), constraint: None }))
    }

    /// Nobody proved who asks.
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unauthenticated, message)
    }

    /// The caller may not do this.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Forbidden, message)
    }

    /// Something that was named does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// The input is wrong as a whole.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// The input is wrong in these fields; the message joins them in one text.
    pub fn invalid_fields(fields: Vec<FieldError>) -> Self {
        let message =
            fields.iter().map(|error| format!("{}: {}", error.field, error.message)).collect::<Vec<_>>().join(" ");
        let mut error = Self::new(ErrorKind::Invalid, message);
        error.0.fields = fields;
        error
    }

    /// The state of things refuses a sensible request.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, message)
    }

    /// A constraint of the database was violated.
    pub fn constraint(constraint: Constraint, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut error = Self::new(ErrorKind::Constraint, message.clone());
        error.0.fields =
            constraint.fields.iter().map(|field| FieldError::new(field.clone(), message.clone())).collect();
        error.0.constraint = Some(constraint);
        error
    }

    /// The request contradicts an earlier one.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// Over a limit of size.
    pub fn too_large(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::TooLarge, message)
    }

    /// Something we depend on cannot be reached; trying again may help.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, message)
    }

    /// A fault that the caller can do nothing about. The text goes to the log only.
    pub fn internal(internal: impl fmt::Display) -> Self {
        Self::new(
            ErrorKind::Internal,
            "Something went wrong on our side. It was logged; please tell the people who run this service.",
        )
        .with_internal(internal)
    }

    /// Attaches text for the log. The public text stays as it is.
    pub fn with_internal(mut self, internal: impl fmt::Display) -> Self {
        self.0.internal = Some(internal.to_string().into());
        self
    }

    /// Says what is wrong with single fields. The public text stays as it is.
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.0.fields = fields;
        self
    }

    /// Which class of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The text for whoever asked. It never holds SQL, paths or a driver's words.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The text for the log, if there is more to say there.
    pub fn internal_text(&self) -> Option<&str> {
        self.0.internal.as_deref()
    }

    /// Errors of single fields; empty when the whole request is meant.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// The constraint of the database that was violated.
    pub fn violated(&self) -> Option<&Constraint> {
        self.0.constraint.as_ref()
    }

    /// Whether the same request may succeed later, unchanged.
    pub fn retryable(&self) -> bool {
        self.0.kind.retryable()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("internal", &self.0.internal)
            .field("fields", &self.0.fields)
            .field("constraint", &self.0.constraint)
            .finish()
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_internal_text_never_shows_in_display() {
        let error = Error::internal("password=hunter2 at /srv/db");
        assert!(!error.to_string().contains("hunter2"));
        assert_eq!(error.internal_text(), Some("password=hunter2 at /srv/db"));
        assert!(!error.retryable());
    }

    #[test]
    fn kinds_are_found_again_by_their_code() {
        for kind in ErrorKind::ALL {
            assert_eq!(ErrorKind::from_code(kind.code()), Some(kind));
        }
    }

    #[test]
    fn field_errors_name_their_field_in_the_joined_text() {
        let error = Error::invalid_fields(vec![
            FieldError::new("amount", "A number is required."),
            FieldError::new("reason", "Required."),
        ]);
        assert_eq!(error.message(), "amount: A number is required. reason: Required.");
        assert_eq!(error.fields().len(), 2);
    }
}

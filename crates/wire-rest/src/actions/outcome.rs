//! Outcomes on the wire. A file is the body itself; everything else is JSON.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use levers_model::{JobId, Outcome, OutcomeKind};
use levers_ports::FileBody;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What came of an action.
#[derive(Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum OutcomeView {
    /// It worked.
    Success {
        /// What to say; the words are the client's when it is null.
        message: Option<String>,
        /// Markup to show in a panel, sanitised.
        html: Option<String>,
        /// Relations of the record whose panels are to be loaded again.
        refresh: Vec<String>,
    },
    /// It did not, and the action says why.
    Error {
        /// What to say.
        message: Option<String>,
        /// Markup to show in a panel, sanitised.
        html: Option<String>,
    },
    /// A file to download: see the job's `file` path.
    File {
        /// Its name.
        name: String,
        /// Its media type.
        mime: String,
    },
    /// Another page to go to.
    Redirect {
        /// A path that begins with one `/`, or an http or https URL.
        to: String,
        /// What to say.
        message: Option<String>,
    },
    /// A call that the client makes.
    Webhook {
        /// Where to; http or https.
        url: String,
        /// The HTTP method.
        method: String,
        /// The call's headers.
        headers: BTreeMap<String, String>,
        /// The call's JSON body.
        body: Value,
    },
}

impl From<Outcome> for OutcomeView {
    fn from(outcome: Outcome) -> Self {
        match outcome.kind {
            OutcomeKind::Success { message, html, refresh } => Self::Success { message, html, refresh },
            OutcomeKind::Error { message, html } => Self::Error { message, html },
            OutcomeKind::File { name, mime } => Self::File { name, mime },
            OutcomeKind::Redirect { to, message } => Self::Redirect { to, message },
            OutcomeKind::Webhook { url, method, headers, body } => Self::Webhook { url, method, headers, body },
        }
    }
}

/// Headers that belong to the transport or to us; an outcome cannot set them.
const RESERVED: [HeaderName; 7] = [
    header::CONTENT_TYPE,
    header::CONTENT_LENGTH,
    header::CONTENT_ENCODING,
    header::CONTENT_DISPOSITION,
    header::TRANSFER_ENCODING,
    header::CONNECTION,
    header::UPGRADE,
];

/// Sets the headers that an outcome asks for.
pub(super) fn set_headers(response: &mut Response, headers: &BTreeMap<String, String>) {
    for (name, value) in headers {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) if !RESERVED.contains(&name) => {
                response.headers_mut().insert(name, value);
            }
            _ => tracing::warn!(header = name, "an outcome's header cannot be set"),
        }
    }
}

/// A file as the body of an answer, with the job's id in `Levers-Job`.
pub(crate) fn file_answer(job: JobId, name: &str, mime: &str, body: FileBody) -> Response {
    let body = match body {
        FileBody::Bytes(bytes) => Body::from(bytes),
        FileBody::Stream(stream) => Body::from_stream(stream),
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let mime = HeaderValue::try_from(mime).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, mime);
    if let Ok(value) = HeaderValue::try_from(attachment(name)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    if let Ok(value) = HeaderValue::try_from(job.to_string()) {
        headers.insert("levers-job", value);
    }
    response
}

/// What RFC 5987 lets stand in `filename*` as it is.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `filename` for old clients, without what is not ASCII, and `filename*` for all others.
fn attachment(name: &str) -> String {
    let plain = |c: char| if (c.is_ascii_graphic() || c == ' ') && !matches!(c, '"' | '\\') { c } else { '_' };
    let ascii: String = name.chars().map(plain).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(name, KEPT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_its_form_on_the_wire() {
        let outcomes: Vec<OutcomeView> = Outcome::samples().into_iter().map(Into::into).collect();
        insta::assert_json_snapshot!(outcomes);
    }

    #[test]
    fn names_of_files_cannot_break_out_of_their_header() {
        insta::assert_snapshot!(attachment("invoice é\".pdf\r\n"));
    }
}

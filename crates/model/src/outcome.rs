//! What a caller gets back from an action.
//!
//! This is the part that is kept with the job. A file's bytes are not: they
//! travel beside it, in the ports' `Reply`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What came of an execution, with what the answer carries besides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// What came of it.
    #[serde(flatten)]
    pub kind: OutcomeKind,
    /// Headers for the HTTP answer, where the door has one. Named apart in JSON,
    /// because a webhook has headers of its own beside it.
    #[serde(default, rename = "response_headers", skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

/// What came of an execution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum OutcomeKind {
    /// It worked.
    Success {
        /// What to say; `None` leaves the words to the client.
        message: Option<String>,
        /// Markup to show in a panel, sanitised.
        html: Option<String>,
        /// Relations of the record whose panels are to be loaded again.
        refresh: Vec<String>,
    },
    /// It did not, and the handler says why.
    Error {
        /// What to say.
        message: Option<String>,
        /// Markup to show in a panel, sanitised.
        html: Option<String>,
    },
    /// A file to download.
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
        body: Json,
    },
}

impl Outcome {
    /// Success, and the client finds the words.
    pub fn done() -> Self {
        OutcomeKind::Success { message: None, html: None, refresh: Vec::new() }.into()
    }

    /// Success with a message.
    pub fn success(message: impl Into<String>) -> Self {
        OutcomeKind::Success { message: Some(message.into()), html: None, refresh: Vec::new() }.into()
    }

    /// Failure with a message.
    pub fn error(message: impl Into<String>) -> Self {
        OutcomeKind::Error { message: Some(message.into()), html: None }.into()
    }

    /// Whether the job counts as failed.
    pub const fn is_error(&self) -> bool {
        matches!(self.kind, OutcomeKind::Error { .. })
    }

    /// One of each, for tests that must not forget any.
    pub fn samples() -> Vec<Self> {
        vec![
            Self::done(),
            OutcomeKind::Success {
                message: Some("Company is now live!".into()),
                html: Some("<p>Live</p>".into()),
                refresh: vec!["emitted_transactions".into()],
            }
            .into(),
            OutcomeKind::Error { message: None, html: None }.into(),
            OutcomeKind::Error { message: Some("Already live.".into()), html: Some("<p>No</p>".into()) }.into(),
            OutcomeKind::File { name: "invoice é.pdf".into(), mime: "application/pdf".into() }.into(),
            OutcomeKind::Redirect { to: "/companies/1/activity".into(), message: None }.into(),
            OutcomeKind::Redirect { to: "https://example.org/track?n=1".into(), message: Some("On its way.".into()) }
                .into(),
            OutcomeKind::Webhook {
                url: "https://example.org/login".into(),
                method: "POST".into(),
                headers: [("x-token".to_owned(), "1".to_owned())].into(),
                body: serde_json::json!({ "user": 1 }),
            }
            .into(),
        ]
    }
}

impl From<OutcomeKind> for Outcome {
    fn from(kind: OutcomeKind) -> Self {
        Self { kind, headers: BTreeMap::new() }
    }
}

/// Whether a redirect may lead there: an own path (one leading `/`, not two,
/// no backslash, no control character), or an http or https URL.
pub fn is_safe_redirect(to: &str) -> bool {
    let clean = !to.chars().any(|c| c.is_control() || c == '\\');
    let own_path = to.starts_with('/') && !to.starts_with("//");
    clean && (own_path || is_http_url(to))
}

/// Whether a text is an http or https URL with a host.
pub fn is_http_url(url: &str) -> bool {
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    let scheme = ["https://", "http://"].into_iter().find(|scheme| lower.starts_with(scheme));
    let clean = !url.chars().any(|c| c.is_control() || c.is_whitespace());
    let host = scheme.and_then(|scheme| url[scheme.len()..].chars().next());
    clean && host.is_some_and(|first| first.is_alphanumeric() || first == '[')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_reads_back_from_its_json() {
        for outcome in Outcome::samples() {
            let outcome = Outcome { headers: [("x-hint".to_owned(), "1".to_owned())].into(), ..outcome };
            let json = serde_json::to_string(&outcome).unwrap();
            assert_eq!(serde_json::from_str::<Outcome>(&json).unwrap(), outcome, "{json}");
        }
    }

    #[test]
    fn redirects_lead_to_own_paths_and_the_web_only() {
        for to in ["/a/b", "/", "https://example.org/x?y", "HTTP://example.org", "http://[::1]/"] {
            assert!(is_safe_redirect(to), "{to}");
        }
        for to in [
            "",
            "a",
            "//evil.org",
            "/\\evil.org",
            "javascript:alert(1)",
            "data:text/html,x",
            "https://",
            "https:///x",
            "http:evil",
            "ftp://x",
            "/a\nb",
            "https:// x",
            "é",
        ] {
            assert!(!is_safe_redirect(to), "{to}");
        }
    }
}

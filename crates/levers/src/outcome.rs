//! What a handler comes back with.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use levers_model::OutcomeKind;
use levers_ports::{FileBody, Reply};
use serde_json::Value as Json;

use crate::error::Result;

/// What came of an execution, and what the caller gets to see of it.
///
/// ```
/// use levers::Outcome;
///
/// let _ = Outcome::success("New transaction emitted").refresh(["emitted_transactions"]);
/// let _ = Outcome::error("The card is blocked.").html("<p>Ask the bank.</p>");
/// let _ = Outcome::file("hello.txt", "text/plain", "Hello!");
/// let _ = Outcome::redirect("https://example.org/track?n=1").message("It is on its way.");
/// ```
///
/// A handler that has nothing to say returns `Ok(())`.
#[derive(Debug)]
pub struct Outcome(Reply);

impl Outcome {
    /// It worked, and the client finds the words.
    ///
    /// ```
    /// let _ = levers::Outcome::done().refresh(["orders"]);
    /// ```
    pub fn done() -> Self {
        levers_model::Outcome::done().into()
    }

    /// It worked; the message says so.
    ///
    /// ```
    /// let _ = levers::Outcome::success("Company is now live!");
    /// ```
    pub fn success(message: impl Into<String>) -> Self {
        levers_model::Outcome::success(message).into()
    }

    /// It did not work, for a reason that the caller understands. The job counts
    /// as failed; what was written stays written.
    ///
    /// ```
    /// let _ = levers::Outcome::error("The company was already live!");
    /// ```
    pub fn error(message: impl Into<String>) -> Self {
        levers_model::Outcome::error(message).into()
    }

    /// A file to download. Declare the action with
    /// [`generates_file`](crate::Action::generates_file), so that clients prepare for it.
    ///
    /// ```
    /// let _ = levers::Outcome::file("invoice.pdf", "application/pdf", vec![0x25, 0x50, 0x44, 0x46]);
    /// ```
    pub fn file(name: impl Into<String>, mime: impl Into<String>, content: impl Into<Bytes>) -> Self {
        Self::file_with(name.into(), mime.into(), FileBody::Bytes(content.into()))
    }

    /// A file of any length, sent while it is being made. It cannot be answered
    /// from the store when a submit is repeated, as a small [`Outcome::file`] can.
    ///
    /// ```
    /// use futures::stream;
    /// let lines = stream::iter((1..=1_000_000).map(|n| Ok(format!("{n}\n").into())));
    /// let _ = levers::Outcome::file_stream("numbers.txt", "text/plain", lines);
    /// ```
    pub fn file_stream(
        name: impl Into<String>,
        mime: impl Into<String>,
        content: impl Stream<Item = Result<Bytes>> + Send + 'static,
    ) -> Self {
        let content = content.map(|chunk| chunk.map_err(Into::into)).boxed();
        Self::file_with(name.into(), mime.into(), FileBody::Stream(content))
    }

    /// Another page to go to: an own path that begins with one `/`, or an http or
    /// https URL. Anything else fails the job.
    ///
    /// ```
    /// let _ = levers::Outcome::redirect("/companies/7/activity");
    /// ```
    pub fn redirect(to: impl Into<String>) -> Self {
        OutcomeKind::Redirect { to: to.into(), message: None }.into()
    }

    /// A call that the caller's browser makes; `POST` unless the [`Webhook`] says otherwise.
    ///
    /// ```
    /// use levers::{Outcome, Webhook};
    /// let _ = Outcome::webhook("https://example.org/ping");
    /// let _ = Outcome::webhook(Webhook::new("https://example.org/login").body(serde_json::json!({ "user": 7 })));
    /// ```
    pub fn webhook(webhook: impl Into<Webhook>) -> Self {
        let Webhook { url, method, headers, body } = webhook.into();
        OutcomeKind::Webhook { url, method, headers, body }.into()
    }

    /// Says it in these words. For success, error and redirect; the others have no words.
    ///
    /// ```
    /// let _ = levers::Outcome::redirect("/orders/7").message("The order was placed.");
    /// ```
    pub fn message(mut self, text: impl Into<String>) -> Self {
        if let OutcomeKind::Success { message, .. }
        | OutcomeKind::Error { message, .. }
        | OutcomeKind::Redirect { message, .. } = &mut self.0.outcome.kind
        {
            *message = Some(text.into());
        }
        self
    }

    /// Shows markup in a panel, sanitised. For success and error; the others have
    /// no panel. Text from data goes through [`escape_html`] first.
    ///
    /// ```
    /// let _ = levers::Outcome::success("Charged").html("<p>42 USD were charged.</p>");
    /// ```
    pub fn html(mut self, markup: impl Into<String>) -> Self {
        if let OutcomeKind::Success { html, .. } | OutcomeKind::Error { html, .. } = &mut self.0.outcome.kind {
            *html = Some(markup.into());
        }
        self
    }

    /// Loads these relations of the record again, by name. For success only.
    ///
    /// ```
    /// let _ = levers::Outcome::success("Emitted").refresh(["emitted_transactions"]);
    /// ```
    pub fn refresh<S: Into<String>>(mut self, relations: impl IntoIterator<Item = S>) -> Self {
        if let OutcomeKind::Success { refresh, .. } = &mut self.0.outcome.kind {
            refresh.extend(relations.into_iter().map(Into::into));
        }
        self
    }

    /// Sets a header of the answer, where the door speaks HTTP.
    ///
    /// ```
    /// let _ = levers::Outcome::success("Done").header("x-trace", "7");
    /// ```
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.outcome.headers.insert(name.into(), value.into());
        self
    }

    fn file_with(name: String, mime: String, body: FileBody) -> Self {
        Self(Reply { outcome: OutcomeKind::File { name, mime }.into(), file: Some(body) })
    }
}

impl From<levers_model::Outcome> for Outcome {
    fn from(outcome: levers_model::Outcome) -> Self {
        Self(outcome.into())
    }
}

impl From<OutcomeKind> for Outcome {
    fn from(kind: OutcomeKind) -> Self {
        levers_model::Outcome::from(kind).into()
    }
}

/// It worked, and there is nothing to say.
impl From<()> for Outcome {
    fn from((): ()) -> Self {
        Self::done()
    }
}

impl From<Outcome> for Reply {
    fn from(outcome: Outcome) -> Self {
        outcome.0
    }
}

/// A call that the caller's browser makes, for [`Outcome::webhook`].
///
/// ```
/// use levers::{Outcome, Webhook};
/// use serde_json::json;
///
/// let login = Webhook::new("https://app.example.org/impersonate")
///     .method("PUT")
///     .header("x-requested-by", "levers")
///     .body(json!({ "customer": 7 }));
/// let _ = Outcome::webhook(login);
/// ```
#[derive(Debug, Clone)]
pub struct Webhook {
    url: String,
    method: String,
    headers: BTreeMap<String, String>,
    body: Json,
}

impl Webhook {
    /// A `POST` of an empty object to an http or https URL.
    ///
    /// ```
    /// let _ = levers::Webhook::new("https://example.org/ping");
    /// ```
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            method: "POST".into(),
            headers: BTreeMap::new(),
            body: Json::Object(serde_json::Map::new()),
        }
    }

    /// The HTTP method.
    ///
    /// ```
    /// let _ = levers::Webhook::new("https://example.org/ping").method("DELETE");
    /// ```
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.method = method.into();
        self
    }

    /// Adds a header to the call.
    ///
    /// ```
    /// let _ = levers::Webhook::new("https://example.org/ping").header("x-key", "7");
    /// ```
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// The JSON body.
    ///
    /// ```
    /// let _ = levers::Webhook::new("https://example.org/ping").body(serde_json::json!({ "n": 7 }));
    /// ```
    pub fn body(mut self, body: Json) -> Self {
        self.body = body;
        self
    }
}

impl<U: Into<String>> From<U> for Webhook {
    fn from(url: U) -> Self {
        Self::new(url)
    }
}

/// Text from data, made safe to stand in markup.
///
/// ```
/// assert_eq!(levers::escape_html("<b> & \"co\""), "&lt;b&gt; &amp; &quot;co&quot;");
/// ```
pub fn escape_html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

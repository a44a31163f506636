//! What a handler came back with, made safe to hand on.
//!
//! Markup is data from records as often as not, so it is sanitised here, before
//! it is kept or shown. An unsafe redirect or webhook fails the job, so that its
//! author sees it. A header that cannot be sent is left out and logged instead:
//! what the handler did is done, and a decoration must not say otherwise.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use levers_model::outcome::{is_http_url, is_safe_redirect};
use levers_model::{Error, ErrorKind, Outcome, OutcomeKind, Result};
use levers_ports::{FileBody, Reply};

static SANITIZER: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut builder = ammonia::Builder::default();
    // Forest's panels style by class; without style sheets of its own a text can do no harm with one.
    builder.add_generic_attributes(["class"]);
    builder
});

/// Markup without anything that runs, loads frames or submits.
pub(crate) fn sanitize_html(html: &str) -> String {
    SANITIZER.clean(html).to_string()
}

/// Checks and cleans a reply.
pub(super) fn check(reply: Reply) -> Result<Reply> {
    let Reply { outcome, file } = reply;
    let headers = outcome.headers.into_iter().filter(|(name, value)| can_be_sent(name, value)).collect();
    let (kind, file) = match outcome.kind {
        OutcomeKind::Success { message, html, refresh } => {
            (OutcomeKind::Success { message, html: html.as_deref().map(sanitize_html), refresh }, None)
        }
        OutcomeKind::Error { message, html } => {
            (OutcomeKind::Error { message, html: html.as_deref().map(sanitize_html) }, None)
        }
        OutcomeKind::File { name, mime } => {
            let body = file.ok_or_else(|| Error::internal("the handler announced a file and gave no bytes"))?;
            (OutcomeKind::File { name: file_name(&name), mime: media_type(mime) }, Some(body))
        }
        OutcomeKind::Redirect { to, message } if is_safe_redirect(&to) => (OutcomeKind::Redirect { to, message }, None),
        OutcomeKind::Redirect { to, .. } => {
            return Err(misdirected("redirect", &to, "a path that begins with one “/”, or an http or https address"));
        }
        OutcomeKind::Webhook { url, method, headers, body } if is_http_url(&url) && is_token(&method) => {
            (OutcomeKind::Webhook { url, method, headers, body }, None)
        }
        OutcomeKind::Webhook { url, method, .. } => {
            return Err(misdirected(
                "webhook",
                &format!("{method} {url}"),
                "an HTTP method and an http or https address",
            ));
        }
    };
    Ok(Reply { outcome: Outcome { kind, headers }, file })
}

fn misdirected(what: &str, to: &str, wanted: &str) -> Error {
    let message = format!("The action ended with a {what} that is not safe to follow; it must be {wanted}.");
    Error::new(ErrorKind::Internal, message).with_internal(format!("{what} to {to:?}"))
}

/// The last part of a path without control characters, so that it is a name everywhere, and
/// without those that turn the direction of writing round, with which `exe.txt` can be shown
/// for a name that ends in `txt.exe`.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let turns =
        |character| matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean: String = last.chars().filter(|&character| !character.is_control() && !turns(character)).collect();
    match clean.trim() {
        "" | "." | ".." => "file".to_owned(),
        clean => clean.to_owned(),
    }
}

fn media_type(mime: String) -> String {
    let printable = mime.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let paired = mime.split(';').next().and_then(|essence| essence.trim().split_once('/'));
    match paired {
        Some((kind, subtype)) if printable && is_token(kind) && is_token(subtype) => mime,
        _ => "application/octet-stream".to_owned(),
    }
}

/// Headers that belong to the connection, to the door, or to whoever authenticates.
const RESERVED: [&str; 21] = [
    "connection",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-range",
    "content-security-policy",
    "content-type",
    "date",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "server",
    "set-cookie",
    "set-cookie2",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "www-authenticate",
];

fn can_be_sent(name: &str, value: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let reserved = RESERVED.contains(&lower.as_str()) || lower.starts_with("access-control-");
    let printable = value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte));
    let sent = is_token(name) && !reserved && printable;
    if !sent {
        tracing::warn!(header = ?name, "a header of an outcome was left out: reserved or not printable");
    }
    sent
}

/// A token of HTTP's grammar.
fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

/// The part of a body that is worth keeping with the job.
pub(super) fn bytes_of(body: Option<&FileBody>) -> Option<&bytes::Bytes> {
    match body {
        Some(FileBody::Bytes(bytes)) => Some(bytes),
        Some(FileBody::Stream(_)) | None => None,
    }
}

/// A short account of an outcome for its event.
pub(super) fn in_short(outcome: &Outcome) -> BTreeMap<&'static str, &str> {
    match &outcome.kind {
        OutcomeKind::Success { message, .. } => account("success", message.as_deref()),
        OutcomeKind::Error { message, .. } => account("error", message.as_deref()),
        OutcomeKind::File { name, .. } => account("file", Some(name)),
        OutcomeKind::Redirect { to, .. } => account("redirect", Some(to)),
        OutcomeKind::Webhook { url, .. } => account("webhook", Some(url)),
    }
}

fn account<'a>(kind: &'static str, text: Option<&'a str>) -> BTreeMap<&'static str, &'a str> {
    std::iter::once(("outcome", kind)).chain(text.map(|text| ("text", text))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_outcome_passes() {
        for outcome in Outcome::samples() {
            let file = matches!(outcome.kind, OutcomeKind::File { .. }).then(|| FileBody::Bytes("x".into()));
            assert_eq!(check(Reply { outcome: outcome.clone(), file }).unwrap().outcome, outcome);
        }
    }

    #[test]
    fn markup_keeps_its_classes_and_loses_its_scripts() {
        let html =
            r#"<p class="c-form__field" onclick="x()">Hi<script>alert(1)</script></p><iframe src="//e"></iframe>"#;
        assert_eq!(sanitize_html(html), r#"<p class="c-form__field">Hi</p>"#);
    }

    #[test]
    fn headers_that_do_harm_are_left_out() {
        let mut outcome = Outcome::done();
        for (name, value) in
            [("x-a", "1"), ("Set-Cookie", "a=b"), ("x-b", "a\r\nset-cookie: c"), ("content-length", "9"), ("x y", "1")]
        {
            outcome.headers.insert(name.into(), value.into());
        }
        let checked = check(outcome.into()).unwrap().outcome;
        assert_eq!(checked.headers.keys().collect::<Vec<_>>(), ["x-a"]);
    }

    #[test]
    fn unsafe_destinations_fail() {
        let redirect = OutcomeKind::Redirect { to: "javascript:alert(1)".into(), message: None };
        let error = check(Outcome::from(redirect).into()).unwrap_err();
        insta::assert_snapshot!(error, @"The action ended with a redirect that is not safe to follow; it must be a path that begins with one “/”, or an http or https address.");
    }

    #[test]
    fn file_names_and_types_are_made_safe() {
        let file = OutcomeKind::File { name: "../a\n/b\r\u{202e}.pdf".into(), mime: "text/html\r\nx: y".into() };
        let reply = Reply { outcome: file.into(), file: Some(FileBody::Bytes("x".into())) };
        let expected = OutcomeKind::File { name: "b.pdf".into(), mime: "application/octet-stream".into() };
        assert_eq!(check(reply).unwrap().outcome.kind, expected);
    }
}

//! The REST API as the commands use it: behind a running server, or behind a
//! router in this very process, over a database opened here. Either way a
//! command makes the same requests.
//!
//! `ureq` is the client for servers: blocking, small and enough for a command
//! that makes one request. Rejected: `reqwest`, which would bring a second HTTP
//! stack into every author's build.

use std::io::{Read, Write};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, header};
use futures::StreamExt as _;
use http_body_util::BodyExt as _;
use serde_json::Value as Json;
use tower::ServiceExt as _;

use crate::exit::Failure;

/// An answer longer than this is not a document but a file.
const LONGEST_DOCUMENT: u64 = 64 * 1024 * 1024;

/// Where requests go.
pub(crate) enum Api {
    /// A server at this URL, without a slash at its end.
    Remote { url: String, token: String },
    /// A router in this process.
    Local { router: Router, token: String },
}

/// A request of the REST API.
pub(crate) struct ApiRequest {
    /// GET or POST.
    pub(crate) method: Method,
    /// What follows the host, encoded.
    pub(crate) path: String,
    /// The body of a POST.
    pub(crate) body: Option<Json>,
    /// More headers.
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl ApiRequest {
    /// Asks for something.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, headers: Vec::new() }
    }

    /// Hands something in.
    pub(crate) fn post(path: impl Into<String>, body: Json) -> Self {
        Self { method: Method::POST, path: path.into(), body: Some(body), headers: Vec::new() }
    }
}

/// An answer, its body unread.
pub(crate) struct ApiAnswer {
    status: u16,
    headers: HeaderMap,
    body: AnswerBody,
}

enum AnswerBody {
    Local(Body),
    Remote(Box<ureq::Body>),
}

impl Api {
    /// Makes a request. A status of 400 or above is a failure that says what the server said.
    pub(crate) async fn send(&self, request: ApiRequest) -> Result<ApiAnswer, Failure> {
        let answer = match self {
            Self::Remote { url, token } => send_remote(url.clone(), token.clone(), request).await?,
            Self::Local { router, token } => send_local(router.clone(), token, request).await?,
        };
        if answer.status < 400 {
            return Ok(answer);
        }
        let status = answer.status;
        let problem = answer.json().await.unwrap_or(Json::Null);
        Err(Failure::from_problem(status, &problem))
    }

    /// Asks for a document.
    pub(crate) async fn get_json(&self, path: &str) -> Result<Json, Failure> {
        self.send(ApiRequest::get(path)).await?.json().await
    }
}

impl ApiAnswer {
    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the body is a JSON document.
    pub(crate) fn is_json(&self) -> bool {
        self.header("content-type").is_some_and(|mime| mime.contains("json"))
            && self.header("content-disposition").is_none()
    }

    /// Reads the body as a document.
    pub(crate) async fn json(self) -> Result<Json, Failure> {
        let nonsense =
            || Failure::unavailable("The server answered something that is not JSON. Is it a Levers server?");
        let bytes: Vec<u8> = match self.body {
            AnswerBody::Local(body) => body.collect().await.map_err(|_| nonsense())?.to_bytes().into(),
            AnswerBody::Remote(mut body) => {
                let read = move || body.with_config().limit(LONGEST_DOCUMENT).read_to_vec();
                tokio::task::spawn_blocking(read).await.map_err(|_| nonsense())?.map_err(|_| nonsense())?
            }
        };
        serde_json::from_slice(&bytes).map_err(|_| nonsense())
    }

    /// Copies the body as it comes; says how many bytes there were.
    pub(crate) async fn copy_to(self, mut out: impl Write + Send + 'static) -> Result<u64, Failure> {
        let broken = |error: std::io::Error| Failure::new(Failure::FAILED, format!("The file broke off: {error}"));
        match self.body {
            AnswerBody::Local(body) => {
                let mut written = 0;
                let mut chunks = body.into_data_stream();
                while let Some(chunk) = chunks.next().await {
                    let chunk: Bytes = chunk.map_err(|error| broken(std::io::Error::other(error)))?;
                    out.write_all(&chunk).map_err(broken)?;
                    written += chunk.len() as u64;
                }
                out.flush().map_err(broken)?;
                Ok(written)
            }
            AnswerBody::Remote(mut body) => {
                let copy = move || -> std::io::Result<u64> {
                    let mut reader = body.with_config().limit(u64::MAX).reader();
                    let written = std::io::copy(&mut reader.by_ref(), &mut out)?;
                    out.flush()?;
                    Ok(written)
                };
                tokio::task::spawn_blocking(copy)
                    .await
                    .map_err(|error| broken(std::io::Error::other(error)))?
                    .map_err(broken)
            }
        }
    }
}

/// Why a server cannot be reached, without the client library's own words.
fn in_words(error: &ureq::Error, changes: bool) -> String {
    let why = match error {
        ureq::Error::HostNotFound => "no machine has that name".to_owned(),
        ureq::Error::BadUri(_) => "the URL cannot be read; it looks like http://127.0.0.1:3310".to_owned(),
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            "nothing listens there".to_owned()
        }
        _ if changes => {
            return "The server hung up before it answered. Whether the action ran is not known: look at its jobs. With \
                    --idempotency-key the same command can be given again safely."
                .to_owned();
        }
        ureq::Error::Timeout(_) => "it does not answer in time".to_owned(),
        ureq::Error::Io(_) => "it hung up".to_owned(),
        error => error.to_string(),
    };
    format!("The server cannot be reached: {why}. Is it running, and is --server right?")
}

async fn send_local(router: Router, token: &str, request: ApiRequest) -> Result<ApiAnswer, Failure> {
    let mut builder = Request::builder()
        .method(request.method)
        .uri(&request.path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    let body = request.body.map_or_else(Body::empty, |json| Body::from(json.to_string()));
    let request = builder.body(body).map_err(|error| Failure::usage(format!("That cannot be sent: {error}.")))?;
    // The router's own error type has no values: every failure is an answer.
    let Ok(response) = router.oneshot(request).await;
    let (parts, body) = response.into_parts();
    Ok(ApiAnswer { status: parts.status.as_u16(), headers: parts.headers, body: AnswerBody::Local(body) })
}

async fn send_remote(url: String, token: String, request: ApiRequest) -> Result<ApiAnswer, Failure> {
    let changes = request.method != Method::GET;
    let send = move || -> Result<_, ureq::Error> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut builder = ureq::http::Request::builder()
            .method(request.method)
            .uri(format!("{url}{}", request.path))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        agent.run(builder.body(request.body.map(|json| json.to_string()).unwrap_or_default())?)
    };
    let answered =
        tokio::task::spawn_blocking(send).await.map_err(|_| Failure::unavailable("The request broke off."))?;
    let response = answered.map_err(|error| Failure::unavailable(in_words(&error, changes)))?;
    let (parts, body) = response.into_parts();
    Ok(ApiAnswer { status: parts.status.as_u16(), headers: parts.headers, body: AnswerBody::Remote(Box::new(body)) })
}

//! Calls to other servers, guarded.
//!
//! What is promised: only public addresses and those that were named are reached
//! (`address`); every call ends, in time and in size (`body`); a backend that hangs
//! holds up nothing but the calls to it (`slots`); redirects are not followed,
//! proxies of the environment not asked, compressed answers not unpacked; and
//! whatever goes wrong has a sentence (`fault`). A request is sent twice only when
//! no byte of the first could be sent.
//!
//! Rejected: reqwest. What it adds to hyper (a pool, redirects, proxies, cookies,
//! decompression) is what has to be switched off here, and its resolver does not
//! know the port for which an address is looked up.

mod address;
mod body;
mod connect;
mod fault;
mod resolve;
mod slots;
mod target;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HOST, HeaderMap, HeaderValue, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use levers_model::{Error, Result};
use tokio::time::{sleep, timeout};

use self::address::Allowed;
pub(crate) use self::body::AnswerBody;
use self::connect::{Connection, Connector, Sent, may_come_back};
pub(crate) use self::fault::{Fault, Purpose};
pub use self::resolve::Resolve;
use self::resolve::SystemResolver;
use self::slots::Slots;
pub(crate) use self::target::Target;

/// How calls are made.
#[derive(Debug, Clone)]
pub struct OutboundConfig {
    /// What endpoints that are paths stand below.
    pub base: Option<String>,
    /// Hosts that may have private addresses: `host`, `host:port`, or networks such as `10.0.0.0/8`.
    pub allow_private: Vec<String>,
    /// The longest wait for the head of an answer, and between two pieces of its body.
    pub timeout: Duration,
    /// The longest wait for a whole call.
    pub total: Duration,
    /// The largest answer that is not a file, in bytes.
    pub max_answer: u64,
    /// The largest file, in bytes.
    pub max_file: u64,
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self {
            base: None,
            allow_private: Vec::new(),
            timeout: Duration::from_secs(30),
            total: Duration::from_mins(5),
            max_answer: 10 * 1024 * 1024,
            max_file: 1024 * 1024 * 1024,
        }
    }
}

/// The longest wait for a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// How long a backend that is down is given to come back.
const PAUSE: Duration = Duration::from_millis(250);

/// Makes guarded calls. Clones are cheap and share their limits.
#[derive(Clone)]
pub struct Outbound {
    inner: Arc<Inner>,
}

struct Inner {
    config: OutboundConfig,
    connector: Connector,
    slots: Arc<Slots>,
}

/// A request that is to be sent.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) target: Target,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer whose body is still to be read.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: AnswerBody,
}

impl Outbound {
    /// With the machine's own resolver.
    ///
    /// # Errors
    /// `Invalid` for a base that is no address and for entries of `allow_private` that name nothing.
    pub fn new(config: OutboundConfig) -> Result<Self> {
        Self::with_resolver(config, Arc::new(SystemResolver::default()))
    }

    /// With another resolver, for tests.
    ///
    /// # Errors
    /// Those of [`Outbound::new`].
    pub fn with_resolver(config: OutboundConfig, resolver: Arc<dyn Resolve>) -> Result<Self> {
        if let Some(base) = &config.base {
            Target::parse(Some(base), "/")?;
        }
        let connector = Connector::new(Allowed::parse(&config.allow_private)?, resolver)?;
        Ok(Self { inner: Arc::new(Inner { config, connector, slots: Arc::default() }) })
    }

    /// How calls are made.
    pub fn config(&self) -> &OutboundConfig {
        &self.inner.config
    }

    /// Where an endpoint is. One that is a private address by its spelling is refused here already.
    pub(crate) fn target(&self, endpoint: &str) -> Result<Target> {
        let target = Target::parse(self.inner.config.base.as_deref(), endpoint)?;
        match self.inner.connector.check(&target) {
            Ok(()) => Ok(target),
            Err(fault) => Err(fault.at(&target.authority(), Purpose::Form)),
        }
    }

    /// Sends a request and waits for the head of the answer; redirects and codings are refused.
    pub(crate) async fn call(&self, call: Call) -> Result<Answer, Fault> {
        let OutboundConfig { timeout: idle, total, .. } = self.inner.config;
        let begun = Instant::now();
        let left = || total.saturating_sub(begun.elapsed());
        let slot = self.inner.slots.take(call.target.authority())?;
        let connection = self.connect(&call.target, CONNECT.min(idle).min(total)).await?;
        let request = request(call)?;
        let (patience, late) = match left() {
            left if left < idle => (left, Fault::Endless(total)),
            _ => (idle, Fault::Silent(idle)),
        };
        let (response, driver) = timeout(patience, connection.send(request)).await.unwrap_or(Err(late))?;
        let (head, incoming) = response.into_parts();
        if head.status.is_redirection() {
            return Err(Fault::Redirect(head.status));
        }
        if let Some(coding) = head.headers.get(CONTENT_ENCODING).filter(|coding| *coding != "identity") {
            return Err(Fault::Encoded(format!("{coding:?}")));
        }
        let body = AnswerBody { incoming, idle, left: left(), total, _held: (driver, slot) };
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// Connects; once more after a pause when nobody answered, because nothing was sent yet.
    async fn connect(&self, target: &Target, within: Duration) -> Result<Connection, Fault> {
        match self.inner.connector.connect(target, within).await {
            Err(fault) if may_come_back(&fault) => {
                sleep(PAUSE.min(within)).await;
                self.inner.connector.connect(target, within).await
            }
            other => other,
        }
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("config", &self.inner.config).finish_non_exhaustive()
    }
}

fn request(call: Call) -> Result<Request<Sent>, Fault> {
    let Call { target, method, mut headers, body } = call;
    let host = HeaderValue::from_str(&target.authority()).map_err(|error| Fault::Unknown(error.to_string()))?;
    headers.insert(HOST, host);
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("levers/", env!("CARGO_PKG_VERSION"))));
    // An answer that unpacks to a thousand times its size cannot come when nothing is unpacked.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let mut request = Request::new(Sent::new(body));
    *request.method_mut() = method;
    *request.uri_mut() =
        target.path_and_query().parse().map_err(|error| Fault::Unknown(format!("no request target: {error}")))?;
    *request.headers_mut() = headers;
    Ok(request)
}

/// Headers that belong to the connection or to what this crate sends itself.
const RESERVED: [&str; 15] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Headers as somebody configured them. `taken` are names that this kind of call sets itself.
pub(crate) fn headers(pairs: &[(String, String)], taken: &[&str]) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let shown: String = name.chars().take(80).collect();
        let lower = name.to_ascii_lowercase();
        if RESERVED.contains(&lower.as_str()) || taken.contains(&lower.as_str()) {
            return Err(Error::invalid(format!("The header “{shown}” is set by the call itself. Leave it out.")));
        }
        let name = lower.parse::<hyper::header::HeaderName>();
        let name = name.map_err(|_| Error::invalid(format!("“{shown}” is not the name of a header.")))?;
        let mut value = HeaderValue::from_str(value).map_err(|_| {
            Error::invalid(format!("The value of the header “{shown}” has characters that no header can have."))
        })?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

/// An HTTP method that an action may have.
pub(crate) fn method(name: &str) -> Result<Method> {
    match name.to_ascii_uppercase().as_str() {
        "GET" => Ok(Method::GET),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        _ => Err(Error::invalid(format!(
            "“{}” is not a method that an action can be called by: GET, POST, PUT, PATCH or DELETE.",
            name.chars().take(40).collect::<String>()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_the_call_sets_cannot_be_configured() {
        let one = |name: &str, value: &str| headers(&[(name.to_owned(), value.to_owned())], &["authorization"]);
        assert_eq!(one("X-Tenant", "a").unwrap()["x-tenant"], "a");
        let refusals: Vec<String> =
            [("Host", "x"), ("Authorization", "x"), ("a b", "x"), ("", "x"), ("x-key", "hunter2\r\nx: y")]
                .into_iter()
                .map(|(name, value)| one(name, value).unwrap_err().to_string())
                .collect();
        assert!(!refusals.concat().contains("hunter2"));
        insta::assert_json_snapshot!(refusals);
    }

    #[test]
    fn methods_are_the_five() {
        assert_eq!(method("patch").unwrap(), Method::PATCH);
        insta::assert_snapshot!(method("BREW").unwrap_err(), @"“BREW” is not a method that an action can be called by: GET, POST, PUT, PATCH or DELETE.");
    }
}

//! Executes an action by sending a webhook, signed as Standard Webhooks has it.
//!
//! Receivers know a webhook by its id and take each id once; the id is the job's.
//! So it may be sent again where nobody answered or the other side said that it is
//! not available: twice more, with pauses, and not after the time of a whole call. A
//! call that broke after it was sent is not repeated, nor is one of which a gateway says so
//! (502, 504), unless it is signed: receivers that take an
//! unsigned webhook, chat services above all, know no ids.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use chrono::Utc;
use futures::future::BoxFuture;
use hmac::{Hmac, Mac as _};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use levers_model::{Error, Outcome, Result};
use levers_ports::{ActionContext, Handler, Reply};
use serde_json::Value as Json;
use sha2::Sha256;
use tokio::time::sleep;

use crate::outbound::{self, Call, Fault, Outbound, Purpose, Target};
use crate::secret::SecretText;
use crate::{answer, body};

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Headers that a webhook sets itself.
const TAKEN: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

/// How long to wait before each further try.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(1)];

/// The shortest key that the standard allows, in bytes.
const SHORTEST_KEY: usize = 24;

/// Computes the JSON that a webhook sends.
pub type WebhookBody = Arc<dyn Fn(ActionContext) -> BoxFuture<'static, Result<Json>> + Send + Sync>;

/// A webhook as it is declared.
#[derive(Clone)]
pub struct Webhook {
    /// Where to: http or https.
    pub url: String,
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// Headers, their values often secrets.
    pub headers: Vec<(String, String)>,
    /// What it is signed with (`whsec_` and base64); unsigned without.
    pub secret: Option<SecretText>,
    /// What it sends.
    pub body: WebhookBody,
}

/// Sends a webhook from the server.
#[derive(Clone)]
pub struct WebhookHandler {
    outbound: Outbound,
    target: Target,
    method: Method,
    headers: HeaderMap,
    key: Option<Key>,
    body: WebhookBody,
}

impl WebhookHandler {
    /// A webhook.
    ///
    /// # Errors
    /// `Invalid` for an address, method, header or secret that no webhook can have; `Refused` for
    /// a private address that is not allowed.
    pub fn new(outbound: Outbound, webhook: Webhook) -> Result<Self> {
        let target = outbound.target(&webhook.url)?;
        let method = outbound::method(&webhook.method)?;
        let headers = outbound::headers(&webhook.headers, &TAKEN)?;
        let key = webhook.secret.as_ref().map(Key::read).transpose()?;
        Ok(Self { outbound, target, method, headers, key, body: webhook.body })
    }

    /// Sends once.
    async fn send(&self, id: &HeaderValue, body: Bytes) -> Result<(), Fault> {
        let mut headers = self.headers.clone();
        let at = Utc::now().timestamp();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ID, id.clone());
        headers.insert(TIMESTAMP, HeaderValue::from(at));
        if let Some(signature) = self.key.as_ref().and_then(|key| key.sign(id, at, &body)) {
            headers.insert(SIGNATURE, signature);
        }
        let call = Call { target: self.target.clone(), method: self.method.clone(), headers, body };
        let answer = self.outbound.call(call).await?;
        if answer.status.is_success() { Ok(()) } else { Err(answer::fault(answer).await) }
    }
}

#[async_trait]
impl Handler for WebhookHandler {
    async fn execute(&self, cx: ActionContext) -> Result<Reply> {
        let id = HeaderValue::try_from(cx.job.to_string()).map_err(Error::internal)?;
        let body = body::bytes(&(self.body)(cx).await?)?;
        let begun = Instant::now();
        let mut sent = self.send(&id, body.clone()).await;
        for pause in PAUSES {
            let in_time = begun.elapsed() + pause < self.outbound.config().total;
            match &sent {
                Err(fault) if in_time && may_be_sent_again(fault, self.key.is_some()) => {}
                _ => break,
            }
            sleep(pause).await;
            sent = self.send(&id, body.clone()).await;
        }
        match sent {
            Ok(()) => Ok(Outcome::done().into()),
            Err(fault) => Err(fault.at(&self.target.authority(), Purpose::Action)),
        }
    }
}

/// Whether the other side did nothing, or knows a webhook that it has taken already.
fn may_be_sent_again(fault: &Fault, signed: bool) -> bool {
    match fault {
        Fault::Closed(_) => false,
        Fault::Status(StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT, _) => signed,
        other => other.is_passing(),
    }
}

/// Shows where it goes, and neither path nor secret.
impl fmt::Debug for WebhookHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookHandler").field("target", &self.target).finish_non_exhaustive()
    }
}

/// What a webhook is signed with.
#[derive(Clone)]
struct Key(Vec<u8>);

impl Key {
    fn read(secret: &SecretText) -> Result<Self> {
        let text = secret.expose().trim();
        let key = BASE64.decode(text.strip_prefix("whsec_").unwrap_or(text)).ok();
        key.filter(|key| key.len() >= SHORTEST_KEY).map(Self).ok_or_else(|| {
            Error::invalid(format!(
                "The webhook's secret is no key: it must be “whsec_” and at least {SHORTEST_KEY} bytes in base64. \
                 `openssl rand -base64 32` makes one."
            ))
        })
    }

    /// `v1,` and the HMAC of id, time and body; nothing but a key of impossible length has none.
    fn sign(&self, id: &HeaderValue, at: i64, body: &[u8]) -> Option<HeaderValue> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(id.as_bytes());
        mac.update(format!(".{at}.").as_bytes());
        mac.update(body);
        HeaderValue::try_from(format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_standard() {
        // The vector of the standard's own libraries.
        let key = Key::read(&SecretText::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap();
        let id = HeaderValue::from_static("msg_p5jXN8AQM9LWM0D4loKWxJek");
        let signature = key.sign(&id, 1_614_265_330, br#"{"test": 2432232314}"#).unwrap();
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn secrets_that_are_no_key_are_refused_without_being_shown() {
        for secret in ["", "whsec_", "hunter2", "whsec_aHVudGVyMg=="] {
            let error = Key::read(&SecretText::new(secret)).err().unwrap();
            insta::allow_duplicates! {
                insta::assert_snapshot!(error, @"The webhook's secret is no key: it must be “whsec_” and at least 24 bytes in base64. `openssl rand -base64 32` makes one.");
            }
        }
    }
}

//! Webhooks from the server.

use std::sync::Arc;

use levers_handler_http::{Outbound, SecretText, Webhook, WebhookHandler};
use levers_model::{Outcome, Result, Selection};
use levers_ports::{Handler as _, Reply};
use serde_json::json;

use crate::backend::{Backend, Step, answer};
use crate::world::{config, context};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn webhook(url: String, secret: Option<&str>) -> Webhook {
    Webhook {
        url,
        method: "POST".into(),
        headers: vec![("authorization".into(), "Token abc".into())],
        secret: secret.map(SecretText::new),
        body: Arc::new(|cx| Box::pin(async move { Ok(json!({ "text": format!("{} ran", cx.action.name) })) })),
    }
}

async fn send(backend: &Backend, secret: Option<&str>) -> Result<Reply> {
    let config =
        levers_handler_http::OutboundConfig { total: std::time::Duration::from_secs(5), ..config(backend.base()) };
    let outbound = Outbound::new(config).unwrap();
    let webhook = webhook(format!("{}/services/T1?x=1", backend.base()), secret);
    WebhookHandler::new(outbound, webhook).unwrap().execute(context(Selection::none())).await
}

fn script(statuses: &[&str]) -> Vec<Vec<Step>> {
    statuses.iter().map(|status| vec![Step::Send(answer(status, &[], b"ok"))]).collect()
}

#[tokio::test]
async fn a_webhook_is_sent_signed() {
    let backend = Backend::saying(answer("200 OK", &["content-type: text/plain"], b"ok")).await;
    assert_eq!(send(&backend, Some(SECRET)).await.unwrap().outcome, Outcome::done());
    let heard = backend.only();
    assert_eq!(heard.line, "POST /services/T1?x=1 HTTP/1.1");
    assert_eq!(heard.body, r#"{"text":"Mark as Live ran"}"#);
    assert_eq!(heard.headers["authorization"], "Token abc");
    assert_eq!(heard.headers["content-type"], "application/json");
    assert_eq!(heard.headers["webhook-id"], "job_018f2c5e7d0070008000000000000001");
    let at: i64 = heard.headers["webhook-timestamp"].parse().unwrap();
    assert!((chrono::Utc::now().timestamp() - at).abs() < 60);
    assert!(heard.headers["webhook-signature"].starts_with("v1,"));
}

#[tokio::test]
async fn without_a_secret_it_is_not_signed() {
    let backend = Backend::saying(answer("204 No Content", &[], b"")).await;
    send(&backend, None).await.unwrap();
    assert!(!backend.only().headers.contains_key("webhook-signature"));
}

#[tokio::test]
async fn it_is_sent_again_under_its_id_while_the_other_side_is_not_available() {
    let backend = Backend::start(script(&["503 Unavailable", "502 Bad Gateway", "200 OK"])).await;
    send(&backend, Some(SECRET)).await.unwrap();
    let ids: Vec<String> = backend.heard().iter().map(|heard| heard.headers["webhook-id"].clone()).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]));
}

#[tokio::test]
async fn other_failures_are_final() {
    // A gateway that gave up does not know what was done behind it, and nothing unsigned is told by its id.
    for (status, count) in [
        ("500 Oops", 1),
        ("400 Bad Request", 1),
        ("301 Moved", 1),
        ("502 Bad Gateway", 1),
        ("504 Gateway Timeout", 1),
        ("503 Unavailable", 3),
    ] {
        let backend = Backend::start(script(&[status])).await;
        let error = send(&backend, None).await.unwrap_err();
        assert_eq!(backend.heard().len(), count, "{status}");
        assert!(!error.message().contains("services"), "the path may be a secret: {error}");
    }
    let backend = Backend::start(vec![vec![]]).await;
    assert!(send(&backend, None).await.is_err());
    assert_eq!(backend.heard().len(), 1, "it may have been taken");
}

#[test]
fn a_webhook_shows_none_of_its_secrets() {
    let outbound = Outbound::new(config("http://x")).unwrap();
    let webhook = webhook("https://hooks.example.org/services/hunter2".into(), Some(SECRET));
    let text = format!("{:?}", WebhookHandler::new(outbound, webhook).unwrap());
    assert!(!text.contains("hunter2") && !text.contains("MfKQ") && !text.contains("abc"), "{text}");
}

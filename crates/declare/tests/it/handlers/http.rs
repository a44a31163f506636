//! `http` and `webhook`, against a server of our own.

use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{Served, one, some};

/// Answers one call, and gives its head and body.
async fn backend(answer: &'static str) -> (u16, JoinHandle<(String, Json)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let call = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        loop {
            let mut piece = [0; 4096];
            let read = stream.read(&mut piece).await.unwrap();
            request.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head
                .to_lowercase()
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next()?.trim().parse().ok());
            if read == 0 || body.len() >= length.unwrap_or(0) {
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
                return (head.to_owned(), serde_json::from_str(body).unwrap_or_default());
            }
        }
    });
    (port, call)
}

#[tokio::test]
async fn a_webhook_sends_what_its_templates_make() {
    let (port, call) = backend("HTTP/1.1 204 No Content\r\n\r\n").await;
    let text = format!(
        r#"
[http]
allow_private = ["127.0.0.1:{port}"]
[[collections.companies.actions]]
name = "Tell"
scope = "bulk"
success = "{{{{ count }}}} told."
  [[collections.companies.actions.form]]
  field = "text"
  type = "String"
  [collections.companies.actions.webhook]
  url = "http://127.0.0.1:{port}/hook"
  secret = "${{env:HOOK_SECRET}}"
  headers = {{ "x-tenant" = "${{env:TENANT}}" }}
  body = {{ text = "{{{{ values.text }}}} by {{{{ caller.email }}}}", ids = ["{{{{ ids | join(',') }}}}"], n = 1, yes = true }}
"#
    );
    let served = Served::new(&text).await;
    let said = served.outcome("Tell", some(&[1, 3]), &[("text", json!("a \"quote\""))]).await;
    assert_eq!(said, "success: 2 told.");
    let (head, body) = call.await.unwrap();
    assert_eq!(body, json!({ "text": "a \"quote\" by ada@example.com", "ids": ["1,3"], "n": 1, "yes": true }));
    let head = head.to_lowercase();
    assert!(
        head.starts_with("post /hook ") && head.contains("x-tenant: acme") && head.contains("webhook-signature: v1,"),
        "{head}"
    );
}

#[tokio::test]
async fn a_webhook_without_a_body_says_what_was_done_and_not_what_was_typed() {
    let (port, call) = backend("HTTP/1.1 204 No Content\r\n\r\n").await;
    let text = format!(
        "[http]\nallow_private = [\"127.0.0.1\"]\n[[collections.companies.actions]]\nname = \"Tell\"\nscope = \"single\"\nform = [{{ field = \"password\", type = \"String\", secret = true }}]\nwebhook = {{ url = \"http://127.0.0.1:{port}/\" }}\n"
    );
    let served = Served::new(&text).await;
    served.outcome("Tell", one(1), &[("password", json!("hunter2"))]).await;
    let (_, mut body) = call.await.unwrap();
    assert!(body["job"].take().is_string());
    assert_eq!(
        body,
        json!({ "job": null, "action": "tell", "collection": "companies", "caller": "ada@example.com", "ids": ["1"] })
    );
}

#[tokio::test]
async fn a_webhook_can_send_what_a_rule_makes() {
    let (port, call) = backend("HTTP/1.1 204 No Content\r\n\r\n").await;
    let text = format!(
        "[http]\nallow_private = [\"127.0.0.1\"]\n[[collections.companies.actions]]\nname = \"Tell\"\nscope = \"single\"\nwebhook = {{ url = \"http://127.0.0.1:{port}/\", body_rule = \"{{'name': record.name, 'score': record.score}}\" }}\n"
    );
    let served = Served::new(&text).await;
    served.outcome("Tell", one(2), &[]).await;
    assert_eq!(call.await.unwrap().1, json!({ "name": "Grace", "score": 5 }));
}

#[tokio::test]
async fn a_backend_gets_the_payload_and_its_answer_is_the_outcome() {
    let (port, call) = backend(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 21\r\n\r\n{\"success\":\"Charged\"}",
    )
    .await;
    let text = format!(
        r#"
[http]
endpoint = "http://127.0.0.1:{port}"
allow_private = ["127.0.0.1:{port}"]
[[collections.companies.actions]]
name = "Charge credit card"
scope = "single"
success_html = "<p>{{{{ record.name }}}}</p>"
http = {{ collection = "Company", headers = {{ "x-tenant" = "acme" }} }}
  [[collections.companies.actions.form]]
  field = "amount"
  type = "Number"
"#
    );
    let served = Served::new(&text).await;
    let said = served.outcome("Charge credit card", one(1), &[("amount", json!(5))]).await;
    assert_eq!(said, "success: Charged html: <p>Ada</p>");
    let (head, body) = call.await.unwrap();
    let head = head.to_lowercase();
    assert!(
        head.starts_with("post /forest/actions/charge-credit-card?") && head.contains("authorization: bearer "),
        "{head}"
    );
    let attributes = &body["data"]["attributes"];
    assert_eq!((&attributes["collection_name"], &attributes["ids"]), (&json!("Company"), &json!(["1"])));
    assert_eq!(attributes["smart_action_id"], "Company.Charge credit card");
    assert_eq!(attributes["values"]["amount"], 5);
}

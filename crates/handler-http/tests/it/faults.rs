//! Backends that misbehave. Every sentence that an operator may read stands in a snapshot.

use std::time::Duration;

use levers_handler_http::{HttpAction, HttpHandler, Outbound, OutboundConfig};
use levers_model::{Error, Selection};
use levers_ports::Handler as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::backend::{Backend, Step, answer, json as json_answer};
use crate::world::{action, config, context, execute, hasty, signing};

/// The kind and sentence of the error that comes of this script.
async fn fault(steps: Vec<Step>) -> String {
    let backend = Backend::start(vec![steps]).await;
    failed(config(backend.base()), &backend).await
}

/// The same, when it takes its time.
async fn late(steps: Vec<Step>) -> String {
    let backend = Backend::start(vec![steps]).await;
    failed(hasty(backend.base()), &backend).await
}

async fn failed(config: OutboundConfig, backend: &Backend) -> String {
    let error = execute(config).await.unwrap_err();
    assert_eq!(backend.heard().len(), 1, "a call that may have been executed is not made again");
    said(&error, &backend.address.to_string())
}

fn said(error: &Error, address: &str) -> String {
    format!("{}: {}", error.kind().code(), error.message().replace(address, "[backend]"))
}

fn sending(bytes: impl Into<Vec<u8>>) -> Vec<Step> {
    vec![Step::Send(bytes.into())]
}

#[tokio::test]
async fn a_backend_that_hangs_is_given_up_and_hung_up_on() {
    let mut backend = Backend::start(vec![vec![Step::Hang]]).await;
    let error = execute(hasty(backend.base())).await.unwrap_err();
    insta::assert_snapshot!(said(&error, &backend.address.to_string()));
    backend.hang_up().await;
}

#[tokio::test]
async fn a_backend_that_hangs_in_its_answer_is_given_up() {
    let half = answer("200 OK", &["content-type: application/json"], b"{\"success\":")
        .into_iter()
        .take_while(|byte| *byte != b'{')
        .chain(*b"{")
        .collect::<Vec<u8>>();
    insta::assert_snapshot!(late(vec![Step::Send(half), Step::Hang]).await);
}

#[tokio::test]
async fn dripping_comes_to_an_end() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".to_vec();
    insta::assert_snapshot!("body", late(vec![Step::Send(head), Step::Drip(b' ', Duration::from_millis(20))]).await);
    insta::assert_snapshot!("head", late(vec![Step::Drip(b'H', Duration::from_millis(20))]).await);
}

#[tokio::test]
async fn answers_that_are_nonsense_say_so() {
    let html = vec![b'x'; 10 * 1024 * 1024];
    let json = ["content-type: application/json"];
    let many: Vec<String> = (0..200).map(|number| format!("x-{number}: 1")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let long = format!("x-long: {}", "x".repeat(1024 * 1024));
    let mut said = Vec::new();
    for (what, bytes) in [
        ("10 MB of HTML", answer("200 OK", &["content-type: text/html; charset=utf-8"], &html)),
        ("10 MB of HTML as JSON", answer("200 OK", &json, &html)),
        (
            "10 MB without a length",
            [b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".to_vec(), html.clone()].concat(),
        ),
        ("invalid JSON", answer("200 OK", &json, b"{\"success\": ")),
        ("JSON that is no object", answer("200 OK", &json, b"\"OK\"")),
        ("an unsafe redirect", json_answer("200 OK", &json!({ "redirectTo": "javascript:alert(1)" }))),
        ("a picture", answer("200 OK", &["content-type: image/png"], b"\x89PNG")),
        ("text without a type", answer("200 OK", &[], b"OK")),
        ("compressed", answer("200 OK", &["content-type: application/json", "content-encoding: gzip"], b"\x1f\x8b")),
        ("many headers", answer("200 OK", &many, b"")),
        ("a long header", answer("200 OK", &[&long], b"")),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
        ("closed at once", Vec::new()),
        ("closed in the head", b"HTTP/1.1 200 OK\r\ncontent-".to_vec()),
        (
            "closed in the body",
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{".to_vec(),
        ),
    ] {
        said.push((what, fault(sending(bytes)).await));
    }
    insta::assert_json_snapshot!(said);
}

#[tokio::test]
async fn statuses_have_their_sentences() {
    let mut said = Vec::new();
    for status in [
        "401 Unauthorized",
        "403 Forbidden",
        "404 Not Found",
        "405 Method Not Allowed",
        "418 Teapot",
        "422 Unprocessable",
        "500 Internal Server Error",
        "503 Service Unavailable",
    ] {
        said.push(fault(sending(answer(status, &["content-type: text/html"], b"Traceback: hunter2"))).await);
    }
    said.push(fault(sending(json_answer("401 Unauthorized", &json!({ "error": "bad token hunter2" })))).await);
    said.push(fault(sending(json_answer("500 Oops", &json!({ "errors": [{ "detail": "hunter2" }] })))).await);
    said.push(fault(sending(json_answer("400 Bad Request", &json!({ "status": 400 })))).await);
    assert!(!said.concat().contains("hunter2"));
    insta::assert_json_snapshot!(said);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let target = Backend::saying(answer("200 OK", &[], b"")).await;
        let location = format!("location: {}/stolen", target.base());
        let said = fault(sending(answer(status, &[&location], b""))).await;
        assert!(said.contains("answered with a redirect"), "{said}");
        assert!(target.heard().is_empty());
    }
    insta::assert_snapshot!(fault(sending(answer("301 Moved", &["location: http://169.254.169.254/"], b""))).await);
}

#[tokio::test]
async fn a_backend_that_is_down_says_so() {
    // A port that nobody listens on: the listener is bound and dropped.
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = execute(config(format!("http://{free}"))).await.unwrap_err();
    insta::assert_snapshot!(said(&error, &free.to_string()));
    assert!(error.retryable());
}

#[tokio::test]
async fn tls_to_a_port_without_it_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        while stream.read_u8().await.is_ok() {}
    });
    let error = execute(config(format!("https://{address}"))).await.unwrap_err();
    insta::assert_snapshot!(said(&error, &address.to_string()));
}

#[tokio::test]
async fn a_port_that_says_nothing_to_tls_is_given_up() {
    let backend = Backend::saying("").await;
    let error = execute(hasty(format!("https://{}", backend.address))).await.unwrap_err();
    insta::assert_snapshot!(said(&error, &backend.address.to_string()));
}

#[tokio::test]
async fn a_backend_that_hangs_holds_up_no_other() {
    let mut hanging = Backend::start(vec![vec![Step::Hang]]).await;
    let minute = Duration::from_mins(1);
    let outbound = Outbound::new(OutboundConfig { timeout: minute, total: minute, ..config("http://unused") }).unwrap();
    let call = |endpoint: String| {
        let action = HttpAction { endpoint, ..action() };
        let handler = HttpHandler::new(outbound.clone(), action, signing()).unwrap();
        async move { handler.execute(context(Selection::none())).await }
    };
    let mut stuck = JoinSet::new();
    for _ in 0..200 {
        stuck.spawn(call(hanging.base()));
    }
    hanging.arrivals(200).await;
    let other = Backend::saying(answer("204 No Content", &[], b"")).await;
    assert!(call(other.base()).await.is_ok());
    assert!(stuck.try_join_next().is_none(), "all of them still hang");
}

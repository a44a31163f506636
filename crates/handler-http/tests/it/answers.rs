//! What comes of a backend's answers.

use bytes::Bytes;
use futures::StreamExt as _;
use levers_model::{Outcome, OutcomeKind, Result};
use levers_ports::{FileBody, Reply};
use serde_json::{Value as Json, json};

use crate::backend::{Backend, Step, answer, json as json_answer};
use crate::world::{config, execute};

async fn answered(bytes: Vec<u8>) -> Result<Reply> {
    let backend = Backend::saying(bytes).await;
    execute(config(backend.base())).await
}

async fn outcome(bytes: Vec<u8>) -> Outcome {
    answered(bytes).await.unwrap().outcome
}

async fn pieces(reply: Reply) -> Vec<Result<Bytes>> {
    match reply.file {
        Some(FileBody::Stream(stream)) => stream.collect().await,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nothing_is_success() {
    for bytes in [
        answer("204 No Content", &[], b""),
        answer("200 OK", &[], b""),
        answer("200 OK", &["content-type: text/html"], b""),
        answer("201 Created", &["content-type: application/json"], b"{}"),
        b"HTTP/1.1 204 No Content\r\ncontent-length: 4\r\n\r\noops".to_vec(),
        b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec(),
    ] {
        assert_eq!(outcome(bytes).await, Outcome::done());
    }
}

#[tokio::test]
async fn json_is_read_whatever_its_type_is_called() {
    for mime in ["application/json", "application/vnd.api+json; charset=utf-8", "TEXT/JSON"] {
        let bytes = answer("200 OK", &[&format!("content-type: {mime}")], br#"{"success":"Done."}"#);
        assert_eq!(outcome(bytes).await, Outcome::success("Done."));
    }
    assert_eq!(outcome(answer("200 OK", &[], br#"{"success":"Done."}"#)).await, Outcome::success("Done."));
}

#[tokio::test]
async fn every_answer_of_the_protocol_has_its_outcome() {
    let error = |status: &str, body: Json| json_answer(status, &body);
    let mut outcomes = Vec::new();
    for bytes in [
        json_answer(
            "200 OK",
            &json!({ "success": "Live!", "html": "<p>x</p>", "refresh": { "relationships": ["a"] } }),
        ),
        json_answer("200 OK", &json!({ "success": "Go", "redirectTo": "/companies/1" })),
        json_answer(
            "200 OK",
            &json!({ "webhook": { "url": "https://a.org", "method": "POST", "headers": {}, "body": {} } }),
        ),
        error("400 Bad Request", json!({ "error": "The card was declined.", "html": "<p>No</p>" })),
        error("403 Forbidden", json!({ "errors": [{ "name": "CustomActionRequiresApprovalError" }] })),
        error("422 Unprocessable", json!({ "errors": [{ "detail": "Unsupported condition" }] })),
        error("404 Not Found", json!({ "message": "No such company." })),
    ] {
        outcomes.push(outcome(bytes).await);
    }
    insta::assert_json_snapshot!(outcomes);
}

#[tokio::test]
async fn headers_of_the_answer_are_not_handed_on() {
    let bytes = answer("200 OK", &["set-cookie: session=1", "x-powered-by: x"], b"");
    assert!(outcome(bytes).await.headers.is_empty());
}

#[tokio::test]
async fn a_file_streams_with_its_name() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: application/pdf\r\n\
                content-disposition: attachment; filename=\"f.pdf\"; filename*=UTF-8''facture%20%C3%A9.pdf\r\n\r\n";
    let backend = Backend::start(vec![vec![
        Step::Send(head.into()),
        Step::Send(b"5\r\nhello\r\n".to_vec()),
        Step::Send(b"6\r\n world\r\n0\r\n\r\n".to_vec()),
    ]])
    .await;
    let reply = execute(config(backend.base())).await.unwrap();
    let file = OutcomeKind::File { name: "facture é.pdf".into(), mime: "application/pdf".into() };
    assert_eq!(reply.outcome.kind, file);
    let bytes: Vec<u8> = pieces(reply).await.into_iter().flat_map(|piece| piece.unwrap().to_vec()).collect();
    assert_eq!(bytes, b"hello world");
}

#[tokio::test]
async fn a_file_may_be_larger_than_a_text() {
    let body = vec![b'x'; 500 * 1024];
    let reply = answered(answer("200 OK", &["content-disposition: attachment; filename=x.bin"], &body)).await.unwrap();
    let file = OutcomeKind::File { name: "x.bin".into(), mime: "application/octet-stream".into() };
    assert_eq!(reply.outcome.kind, file);
    let length: usize = pieces(reply).await.iter().map(|piece| piece.as_ref().unwrap().len()).sum();
    assert_eq!(length, body.len());
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_an_error_of_its_stream() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\ncontent-disposition: attachment; filename=x\r\n\r\nhello";
    let mut read = pieces(answered(head.to_vec()).await.unwrap()).await;
    let error = read.pop().unwrap().unwrap_err();
    assert!(error.message().contains("closed the connection before its answer was complete"), "{error}");
    assert_eq!(read.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [Bytes::from("hello")]);
}

#[tokio::test]
async fn a_file_that_does_not_end_is_cut_off() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-disposition: attachment; filename=x\r\n\r\n".to_vec();
    let endless = vec![Step::Send(head), Step::Send(vec![b'x'; 2 * 1024 * 1024])];
    let backend = Backend::start(vec![endless]).await;
    let mut read = pieces(execute(config(backend.base())).await.unwrap()).await;
    let error = read.pop().unwrap().unwrap_err();
    assert!(error.message().ends_with("is larger than 1 MB."), "{error}");
    assert!(read.iter().map(|piece| piece.as_ref().unwrap().len()).sum::<usize>() <= 1024 * 1024);
    let announced = answer("200 OK", &["content-disposition: attachment"], &vec![0; 2 * 1024 * 1024]);
    assert!(answered(announced).await.unwrap_err().message().contains("is larger than 1 MB."));
}

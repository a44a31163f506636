//! What may not be reached is not reached.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::future::BoxFuture;
use levers_handler_http::{HttpAction, HttpHandler, Outbound, OutboundConfig, Resolve};
use levers_model::{Result, Selection};
use levers_ports::{Handler as _, Reply};

use crate::backend::{Backend, answer};
use crate::world::{self, action, context, execute, signing};

/// Gives another answer to each question; the last again and again.
struct Names(Vec<Vec<&'static str>>, AtomicUsize);

impl Names {
    fn new(answers: &[&[&'static str]]) -> Arc<Self> {
        Arc::new(Self(answers.iter().map(|answer| answer.to_vec()).collect(), AtomicUsize::new(0)))
    }
}

impl Resolve for Names {
    fn resolve(&self, _host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let question = self.1.fetch_add(1, Ordering::SeqCst).min(self.0.len() - 1);
        let addresses = self.0[question].iter().map(|address| address.parse().unwrap()).collect();
        Box::pin(async move { Ok(addresses) })
    }
}

struct Nowhere;

impl Resolve for Nowhere {
    fn resolve(&self, _host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async { Err(io::Error::other("NXDOMAIN from 10.0.0.53")) })
    }
}

fn config(base: &str, allowed: &[&str]) -> OutboundConfig {
    OutboundConfig { allow_private: allowed.iter().map(|&entry| entry.into()).collect(), ..world::config(base) }
}

async fn call(config: OutboundConfig, names: Arc<dyn Resolve>) -> Result<Reply> {
    let outbound = Outbound::with_resolver(config, names)?;
    HttpHandler::new(outbound, action(), signing())?.execute(context(Selection::none())).await
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_spelled() {
    let backend = Backend::saying(answer("204 No Content", &[], b"")).await;
    let port = backend.address.port();
    let mut said = Vec::new();
    for host in [
        "127.0.0.1",
        "localhost",
        "0x7f.1",
        "2130706433",
        "0177.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "169.254.169.254",
        "10.0.0.1",
        "[fd00:ec2::254]",
        "[64:ff9b::7f00:1]",
        "127.0.0.1.",
        "LOCALHOST",
    ] {
        let error = execute_at(&format!("http://{host}:{port}")).await;
        said.push(format!("{host}: {}", error.replace(&port.to_string(), "8000")));
    }
    assert!(backend.heard().is_empty());
    insta::assert_json_snapshot!(said);
}

async fn execute_at(base: &str) -> String {
    let outbound = Outbound::new(config(base, &[])).unwrap();
    match HttpHandler::new(outbound, action(), signing()) {
        Ok(handler) => handler.execute(context(Selection::none())).await.unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn names_that_point_inside_are_refused() {
    for address in ["10.0.0.7", "127.0.0.1", "::1", "::ffff:169.254.169.254", "fe80::1"] {
        let names: Arc<dyn Resolve> = Arc::new(Names(vec![vec![address]], AtomicUsize::new(0)));
        let error = call(config("http://inside.example.org", &[]), names).await.unwrap_err();
        assert!(error.message().contains("inside.example.org has a private address"), "{error}");
        assert!(!error.message().contains(address) && error.internal_text().unwrap().contains("is private"));
    }
}

#[tokio::test]
async fn a_name_that_points_elsewhere_the_next_time_is_refused_then() {
    let backend =
        Backend::start_at("0.0.0.0:0", vec![vec![crate::backend::Step::Send(answer("204 N", &[], b""))]]).await;
    let base = format!("http://rebinding.example.org:{}", backend.address.port());
    let names = Names::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let outbound = Outbound::with_resolver(config(&base, &["127.0.0.2/32"]), names).unwrap();
    let handler = HttpHandler::new(outbound, action(), signing()).unwrap();
    handler.execute(context(Selection::none())).await.unwrap();
    assert!(handler.execute(context(Selection::none())).await.is_err());
    assert_eq!(backend.heard().len(), 1);
}

#[tokio::test]
async fn of_several_addresses_only_those_that_may_be_are_tried() {
    let backend = Backend::saying(answer("204 No Content", &[], b"")).await;
    let port = backend.address.port();
    let base = format!("http://both.example.org:{port}");
    // Somebody listens at the first address only, which is not allowed.
    let names = || Names::new(&[&["127.0.0.1", "127.0.0.2"]]);
    assert!(call(config(&base, &["127.0.0.2/32"]), names()).await.is_err());
    assert!(backend.heard().is_empty());
    // One that does not answer leaves time for the next.
    assert!(call(config(&base, &["127.0.0.0/8"]), Names::new(&[&["127.0.0.2", "127.0.0.1"]])).await.is_ok());
}

#[tokio::test]
async fn what_is_allowed_is_reached_by_name_port_and_network() {
    let backend = Backend::saying(answer("204 No Content", &[], b"")).await;
    let port = backend.address.port();
    let names = || Names::new(&[&["127.0.0.1"]]);
    let base = format!("http://backend.internal:{port}");
    let this = format!("backend.internal:{port}");
    for allowed in ["backend.internal", this.as_str(), "127.0.0.0/8"] {
        assert!(call(config(&base, &[allowed]), names()).await.is_ok(), "{allowed}");
    }
    for allowed in ["other.internal", "backend.internal:1", "10.0.0.0/8"] {
        assert!(call(config(&base, &[allowed]), names()).await.is_err(), "{allowed}");
    }
    assert!(execute(config(&backend.base(), &["127.0.0.1"])).await.is_ok());
}

#[tokio::test]
async fn a_name_that_nobody_knows_says_so() {
    let error = call(config("http://nowhere.example.org", &[]), Arc::new(Nowhere)).await.unwrap_err();
    insta::assert_snapshot!(error);
    assert_eq!(error.internal_text(), Some("NXDOMAIN from 10.0.0.53"));
    assert!(call(config("http://nowhere.example.org", &[]), Names::new(&[&[]])).await.is_err());
}

#[test]
fn mistakes_are_found_before_any_call() {
    let outbound = || Outbound::new(config("https://backend.example.org", &[])).unwrap();
    let mistake = |action: HttpAction| HttpHandler::new(outbound(), action, signing()).unwrap_err().to_string();
    let mistakes = [
        mistake(HttpAction { endpoint: "https://user:hunter2@example.org/".into(), ..action() }),
        mistake(HttpAction { endpoint: "http://192.168.0.1/x".into(), ..action() }),
        mistake(HttpAction { method: "TRACE".into(), ..action() }),
        mistake(HttpAction { headers: vec![("authorization".into(), "hunter2".into())], ..action() }),
        Outbound::new(config("ftp://x", &[])).unwrap_err().to_string(),
        Outbound::new(config("http://x", &["10.0.0.0/64"])).unwrap_err().to_string(),
    ];
    assert!(!mistakes.concat().contains("hunter2"));
    insta::assert_json_snapshot!(mistakes);
    let action = HttpAction { headers: vec![("x-key".into(), "hunter2".into())], ..action() };
    let handler = HttpHandler::new(outbound(), action, signing()).unwrap();
    assert!(!format!("{handler:?}").contains("hunter2"));
}

//! A backend that answers by a script, byte by byte, so that it can misbehave in any way.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value as Json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// What a backend does with one connection, after it read the request.
#[derive(Clone)]
pub(crate) enum Step {
    /// Writes.
    Send(Vec<u8>),
    /// Works for this long.
    Work(Duration),
    /// Writes the same byte again and again, with a pause before each.
    Drip(u8, Duration),
    /// Does nothing until the other side hangs up.
    Hang,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Heard {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    arrived: mpsc::UnboundedReceiver<()>,
    hung_up: mpsc::UnboundedReceiver<()>,
}

impl Backend {
    /// The n-th connection gets the n-th answer; the last one is given again and again.
    pub(crate) async fn start(answers: Vec<Vec<Step>>) -> Self {
        Self::start_at("127.0.0.1:0", answers).await
    }

    pub(crate) async fn start_at(address: &str, answers: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        let (arrival, arrived) = mpsc::unbounded_channel();
        let (hanging, hung_up) = mpsc::unbounded_channel();
        let list = heard.clone();
        tokio::spawn(async move {
            let mut number = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let steps = answers[number.min(answers.len() - 1)].clone();
                number += 1;
                tokio::spawn(serve(stream, steps, list.clone(), arrival.clone(), hanging.clone()));
            }
        });
        Self { address, heard, arrived, hung_up }
    }

    /// One that always gives this answer.
    pub(crate) async fn saying(answer: impl Into<Vec<u8>>) -> Self {
        Self::start(vec![vec![Step::Send(answer.into())]]).await
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn only(&self) -> Heard {
        let heard = self.heard();
        assert_eq!(heard.len(), 1, "{heard:?}");
        heard[0].clone()
    }

    /// Waits until so many requests came.
    pub(crate) async fn arrivals(&mut self, count: usize) {
        for _ in 0..count {
            self.arrived.recv().await.unwrap();
        }
    }

    /// Waits until somebody hung up on a backend that hangs.
    pub(crate) async fn hang_up(&mut self) {
        self.hung_up.recv().await.unwrap();
    }
}

async fn serve(
    mut stream: TcpStream,
    steps: Vec<Step>,
    heard: Arc<Mutex<Vec<Heard>>>,
    arrival: mpsc::UnboundedSender<()>,
    hanging: mpsc::UnboundedSender<()>,
) {
    let Some(request) = request(&mut stream).await else { return };
    heard.lock().unwrap().push(request);
    let _ = arrival.send(());
    for step in steps {
        let done = match step {
            Step::Send(bytes) => stream.write_all(&bytes).await,
            Step::Work(time) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
            Step::Drip(byte, pause) => loop {
                tokio::time::sleep(pause).await;
                if let Err(error) = stream.write_all(&[byte]).await {
                    break Err(error);
                }
            },
            Step::Hang => {
                while stream.read_u8().await.is_ok() {}
                let _ = hanging.send(());
                return;
            }
        };
        if done.is_err() {
            return;
        }
    }
    // The last bytes are to arrive before the end does.
    let _ = stream.shutdown().await;
    while stream.read_u8().await.is_ok() {}
}

async fn request(stream: &mut TcpStream) -> Option<Heard> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let line = lines.next()?.to_owned();
    let pairs = lines.filter_map(|line| line.split_once(": "));
    let headers: BTreeMap<String, String> =
        pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Heard { line, headers, body: String::from_utf8(body).unwrap() })
}

/// An answer with this status line, these headers and a body of its length.
pub(crate) fn answer(status: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for header in headers {
        answer.push_str(header);
        answer.push_str("\r\n");
    }
    answer.push_str("\r\n");
    [answer.as_bytes(), body].concat()
}

/// An answer with JSON.
pub(crate) fn json(status: &str, body: &Json) -> Vec<u8> {
    answer(status, &["content-type: application/json; charset=utf-8"], body.to_string().as_bytes())
}

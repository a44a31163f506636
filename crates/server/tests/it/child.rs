//! A server as a process of its own: this very test binary, started again for one
//! test that only does something when it is told a folder to work in.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use async_trait::async_trait;
use levers_identity::{NewToken, Tokens};
use levers_model::{Action, Outcome, Result, Scope};
use levers_ports::{ActionContext, ActionDeclaration, CollectionDeclaration, FormDeclaration, Handler, Reply};
use levers_server::{App, Flags, Setup, SetupError, serve};
use levers_source_sql::Sql;
use tokio::io::AsyncReadExt as _;

const FOLDER: &str = "LEVERS_TEST_DRAIN_FOLDER";
const GATE: &str = "LEVERS_TEST_DRAIN_GATE";
const SECRET: &str = "5f1b9c0d7e3a48f2a6c1b0d9e8f7a6b5";

/// Knocks at the test's gate, and waits until it opens.
struct Wait(SocketAddr);

#[async_trait]
impl Handler for Wait {
    async fn execute(&self, _: ActionContext) -> Result<Reply> {
        let mut gate = tokio::net::TcpStream::connect(self.0).await.unwrap();
        let _ = gate.read(&mut [0]).await;
        Ok(Outcome::success("Waited.").into())
    }
}

async fn run_child(folder: PathBuf) -> Result<(), SetupError> {
    let url = format!("sqlite:{}?mode=rwc", folder.join("shop.db").display());
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    let tables = "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO things VALUES (1, 'one')";
    sqlx::raw_sql(tables).execute(&mut connection).await.unwrap();
    let gate = std::env::var(GATE).unwrap().parse().unwrap();
    let wait = ActionDeclaration {
        action: Arc::new(Action::new("Wait", Scope::Global)),
        form: Arc::new(FormDeclaration::empty()),
        confirmation: None,
        handler: Arc::new(Wait(gate)),
    };
    let things = CollectionDeclaration { actions: vec![wait], ..CollectionDeclaration::default() };
    let app = App { sources: vec![Arc::new(Sql::open(&url).await?)], customizations: vec![("things".into(), things)] };
    let flags = Flags { listen: Some("127.0.0.1:0".into()), store: Some(folder.join("levers.db")), ..Flags::default() };
    let file = folder.join("levers.toml");
    let setup = Setup::load(file.is_file().then_some(file.as_path()), flags, &app.sources)?;
    serve(setup, app, |address| println!("\nREADY {address}")).await
}

#[test]
fn the_child_serves() {
    if let Ok(folder) = std::env::var(FOLDER) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(run_child(folder.into())).unwrap();
    }
}

pub(crate) struct Child {
    process: std::process::Child,
    pub(crate) address: SocketAddr,
    token: String,
    said: Receiver<String>,
    /// Held until the end: a child that cannot print fails.
    _prints: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Child {
    pub(crate) fn start(folder: &Path, gate: &TcpListener) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child::the_child_serves", "--nocapture"])
            .env(FOLDER, folder)
            .env(GATE, gate.local_addr().unwrap().to_string())
            .env("LEVERS_AUTH_SECRET", SECRET)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let logged = BufReader::new(process.stderr.take().unwrap()).lines();
        let (sender, said) = channel();
        std::thread::spawn(move || logged.map_while(Result::ok).for_each(|line| drop(sender.send(line))));
        let mut prints = BufReader::new(process.stdout.take().unwrap()).lines();
        let address =
            prints.by_ref().map_while(Result::ok).find_map(|line| line.strip_prefix("READY ").map(str::to_owned));
        let address = address.unwrap().parse().unwrap();
        let token = Tokens::new(SECRET.as_bytes()).mint(&NewToken::new("ada@example.org")).unwrap();
        Self { process, address, token, said, _prints: prints }
    }

    /// Waits for a line of its log that holds this.
    pub(crate) fn says(&self, text: &str) -> String {
        let mut lines = String::new();
        loop {
            let line = self.said.recv_timeout(Duration::from_secs(30));
            let line = line.unwrap_or_else(|error| panic!("the child does not say “{text}” ({error}): {lines}"));
            if line.contains(text) {
                return line;
            }
            lines = lines + &line + "\n";
        }
    }

    /// Asks for something in a thread of its own.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> std::thread::JoinHandle<String> {
        let (address, token) = (self.address, &self.token);
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        std::thread::spawn(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        })
    }

    /// Runs the action that waits at the gate.
    pub(crate) fn wait(&self) -> std::thread::JoinHandle<String> {
        self.ask("POST", "/api/v1/collections/things/actions/wait", "{}")
    }

    pub(crate) fn signal(&self, name: &str) {
        let killed = Command::new("kill").args([&format!("-{name}"), &self.process.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    pub(crate) fn lives(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    pub(crate) fn exit_code(mut self) -> Option<i32> {
        self.process.wait().unwrap().code()
    }
}

/// A child must not outlive a test that fails.
impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

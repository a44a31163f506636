//! SIGTERM: what runs comes to its end, nothing new is begun, the process exits with 0.
//!
//! The child is this very test binary, started again for one test that only
//! does something when it is told a folder to work in.

use std::future::Future;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use levers_engine::Customization;
use levers_identity::{NewToken, Tokens};
use levers_model::{Action, Outcome, Result, Scope};
use levers_ports::{ActionContext, ActionDeclaration, FormDeclaration, Handler, Reply};
use levers_server::{App, Config, Flags, serve};
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

fn run_child(folder: &str) -> impl Future<Output = Result<()>> {
    let folder = std::path::PathBuf::from(folder);
    async move {
        let url = format!("sqlite:{}?mode=rwc", folder.join("shop.db").display());
        let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
        sqlx::raw_sql("CREATE TABLE things (id INTEGER PRIMARY KEY)").execute(&mut connection).await.unwrap();
        let gate = std::env::var(GATE).unwrap().parse().unwrap();
        let wait = ActionDeclaration {
            action: Arc::new(Action::new("Wait", Scope::Global)),
            form: Arc::new(FormDeclaration::empty()),
            handler: Arc::new(Wait(gate)),
        };
        let app = App {
            sources: vec![Arc::new(Sql::open(&url).await?)],
            customizations: vec![("things".into(), Customization { actions: vec![wait], ..Customization::default() })],
        };
        let flags =
            Flags { listen: Some("127.0.0.1:0".into()), store: Some(folder.join("levers.db")), ..Flags::default() };
        let environment = [("LEVERS_AUTH_SECRET".to_owned(), SECRET.to_owned())];
        let config = Config::gather(None, environment, &flags)?;
        serve(config, app, |address| println!("\nREADY {address}")).await
    }
}

#[test]
fn the_child_serves() {
    if let Ok(folder) = std::env::var(FOLDER) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(run_child(&folder)).unwrap();
    }
}

fn ask(address: SocketAddr, token: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/v1/collections/things/actions/wait HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_running_action_comes_to_its_end_and_nothing_new_begins() {
    let folder = tempfile::tempdir().unwrap();
    let gate = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "drain::the_child_serves", "--nocapture"])
        .env(FOLDER, folder.path())
        .env(GATE, gate.local_addr().unwrap().to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Held until the end: a child that cannot print fails.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.by_ref().map_while(Result::ok).find_map(|line| line.strip_prefix("READY ").map(str::to_owned));
    let address: SocketAddr = address.expect("the child says where it listens").parse().unwrap();
    let token = Tokens::new(SECRET.as_bytes()).mint(&NewToken::new("ada@example.org")).unwrap();

    let asked = std::thread::spawn(move || ask(address, &token));
    let (knock, _) = gate.accept().unwrap();
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let patience = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < patience, "connections are still accepted");
        std::thread::yield_now();
    }
    assert!(child.try_wait().unwrap().is_none(), "the process left while an action was running");
    drop(knock);

    let answer = asked.join().unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("Waited."), "{answer}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

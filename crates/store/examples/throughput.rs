//! How many jobs the store begins and finishes in a second, and how long one takes.
//!
//! `cargo run --release -p levers-store --example throughput -- [callers] [seconds]`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for developers")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use levers_ports::{Store as _, SystemClock};
use levers_store::SqliteStore;
use levers_testkit::{ended_event, finished_job, new_job, started_event};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let callers: u32 = arguments.next().map_or(8, |number| number.parse().unwrap());
    let seconds: u64 = arguments.next().map_or(10, |number| number.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = Arc::new(SqliteStore::open(&path).await.unwrap());
    let end = Instant::now() + Duration::from_secs(seconds);
    let tasks: Vec<_> = (0..callers).map(|_| tokio::spawn(caller(Arc::clone(&store), end))).collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    times.sort_unstable();
    let percentile = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("{callers} callers: {} jobs begun and finished per second", times.len() as u64 / seconds);
    println!(
        "one job: p50 {:?}, p95 {:?}, p99 {:?}, longest {:?}",
        percentile(50),
        percentile(95),
        percentile(99),
        percentile(100)
    );
    println!("the file: {} MB", std::fs::metadata(&path).unwrap().len() / 1_000_000);
    let log = std::fs::metadata(path.with_extension("db-wal")).map_or(0, |log| log.len());
    println!("its log: {} MB", log / 1_000_000);
    store.close().await;
}

async fn caller(store: Arc<SqliteStore>, end: Instant) -> Vec<Duration> {
    let mut times = Vec::new();
    while Instant::now() < end {
        let job = new_job(&SystemClock, "ada@example.org");
        let begun = [started_event(&SystemClock, &job)];
        let start = Instant::now();
        store.begin(&job, &begun).await.unwrap();
        let job = finished_job(&SystemClock, job);
        store.finish(&job, &[ended_event(&SystemClock, &job)], None).await.unwrap();
        times.push(start.elapsed());
    }
    times
}

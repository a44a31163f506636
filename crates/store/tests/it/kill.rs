//! A process that is killed at any moment loses nothing that it was told is written.
//!
//! The test runs itself again as another process, which works on a store and
//! prints each answer that it gets; then it kills that process in the middle of
//! its work and looks at what is left.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt as _;
use levers_model::{EventKind, Job, JobId, JobState, Page};
use levers_ports::{Clock as _, JobFilter, Store as _, StoredFile, SystemClock};
use levers_store::SqliteStore;
use levers_testkit::{ended_event, finished_job, new_job, sample_failure, started_event};
use serde_json::json;

/// Names the file to the other process; unset in this one.
const STORE: &str = "LEVERS_STORE_KILL_TEST";

/// How many answers to read before each kill. Different remainders of a batch,
/// the first instants of a file, and its log after a few thousand commits.
const MOMENTS: [usize; 8] = [0, 1, 7, 50, 333, 1_000, 2_001, 3_000];

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_kill() {
    if let Some(path) = std::env::var_os(STORE) {
        return work(Path::new(&path)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut answered = Answered::default();
    for moment in MOMENTS {
        let mut other = start(&path);
        let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
        answered.read(lines.by_ref().take(moment));
        other.kill().unwrap();
        // What it was told before it died counts too.
        answered.read(lines);
        other.wait().unwrap();
        look(&path, &answered).await;
    }
    let told = answered.begun.len() + answered.finished.len();
    assert!(told > 6_000, "the other processes worked: they were told of {told} writes");
}

/// What the killed processes were told.
#[derive(Default)]
struct Answered {
    begun: BTreeSet<JobId>,
    finished: BTreeSet<JobId>,
}

impl Answered {
    fn read(&mut self, lines: impl Iterator<Item = std::io::Result<String>>) {
        for line in lines {
            // The test harness says a word of its own first.
            match line.unwrap().split_once(' ') {
                Some(("begun", id)) => self.begun.extend(id.parse::<JobId>()),
                Some(("finished", id)) => self.finished.extend(id.parse::<JobId>()),
                _ => {}
            }
        }
    }
}

fn start(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["kill::what_was_answered_survives_a_kill", "--exact", "--nocapture"])
        .env(STORE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The other process: begins and finishes jobs until it is killed.
async fn work(path: &Path) {
    let store = Arc::new(SqliteStore::open(path).await.unwrap());
    store.interrupt_abandoned(&sample_failure(), SystemClock.now()).await.unwrap();
    let callers = (0..8).map(|_| tokio::spawn(caller(Arc::clone(&store))));
    futures::future::join_all(callers.collect::<Vec<_>>()).await;
}

async fn caller(store: Arc<SqliteStore>) {
    for number in 0_u32.. {
        let mut job = new_job(&SystemClock, "ada@example.org");
        job.values = json!({ "file": number % 4 == 1 });
        job.idempotency_key = number.is_multiple_of(3).then(|| job.id.to_string());
        store.begin(&job, &[started_event(&SystemClock, &job)]).await.unwrap();
        say("begun", job.id);
        let job = finished_job(&SystemClock, job);
        let events = [ended_event(&SystemClock, &job)];
        match number % 4 {
            0 | 1 if has_file(&job) => store.finish(&job, &events, Some(&file(job.id))).await.unwrap(),
            0 | 1 => store.finish(&job, &events, None).await.unwrap(),
            _ => store.finish_beside(&job, &events, Box::pin(tokio::task::yield_now().map(Ok))).await.unwrap().unwrap(),
        }
        say("finished", job.id);
    }
}

fn has_file(job: &Job) -> bool {
    job.values["file"] == json!(true)
}

fn file(id: JobId) -> StoredFile {
    StoredFile { content: Bytes::from(id.to_string().repeat(100)) }
}

fn say(what: &str, id: JobId) {
    // In one call, so that a kill cannot cut the line in two; a closed pipe means that the test ended.
    if std::io::stdout().write_all(format!("{what} {id}\n").as_bytes()).is_err() {
        std::process::exit(0);
    }
}

/// Opens what is left, as the next start would.
async fn look(path: &Path, answered: &Answered) {
    let store = SqliteStore::open(path).await.unwrap();
    store.check().await.unwrap();
    let in_doubt: Vec<JobId> = store.in_doubt().await.unwrap().iter().map(|job| job.id).collect();
    assert!(!in_doubt.iter().any(|id| answered.finished.contains(id)), "an answered end is in doubt");
    // What they changed outlives a kill, so the others count too.
    store.confirm(&in_doubt).await.unwrap();
    let jobs = store.jobs(&JobFilter::default(), Page { skip: 0, limit: u64::MAX }).await.unwrap();
    let present: BTreeSet<JobId> = jobs.iter().map(|job| job.id).collect();
    assert_eq!(answered.begun.difference(&present).count(), 0, "every job that was begun is there");
    for job in &jobs {
        if answered.finished.contains(&job.id) {
            assert_eq!(job.state, JobState::Complete);
        }
        whole(&store, job).await;
    }
    let executing: Vec<&Job> = jobs.iter().filter(|job| job.state == JobState::Executing).collect();
    let interrupted = store.interrupt_abandoned(&sample_failure(), SystemClock.now()).await.unwrap();
    assert_eq!(interrupted.len(), executing.len());
    store.close().await;
}

/// A job is there with its events and its file, or not at all.
async fn whole(store: &SqliteStore, job: &Job) {
    let kinds: Vec<EventKind> = store.events(job.id).await.unwrap().iter().map(|event| event.kind).collect();
    let kept = store.file(job.id).await.unwrap();
    if job.state == JobState::Complete {
        assert!(job.outcome.is_some() && job.finished_at.is_some());
        assert_eq!(job.changes.changes.len(), 1);
        assert_eq!(kinds, [EventKind::JobStarted, EventKind::JobCompleted]);
        assert_eq!(kept, has_file(job).then(|| file(job.id)));
    } else {
        assert_eq!(job.outcome, None);
        assert_eq!(kinds, [EventKind::JobStarted]);
        assert_eq!(kept, None);
    }
}

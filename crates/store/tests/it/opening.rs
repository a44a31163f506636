//! Which files are opened, how, and what is said of the others.

use std::path::Path;

use levers_model::{ErrorKind, JobState, Page};
use levers_ports::{Clock as _, JobFilter, Store as _};
use levers_store::SqliteStore;
use levers_testkit::{FixedClock, ended_event, finished_job, new_job, sample_failure, started_event};
use rusqlite::Connection;
use tempfile::TempDir;

const ALL: Page = Page { skip: 0, limit: 1_000 };

async fn refusal(path: &Path) -> levers_model::Error {
    SqliteStore::open(path).await.err().unwrap()
}

fn run(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let (folder, clock) = (folder(), FixedClock::default());
    let path = folder.path().join("store.db");
    let mut expected = Vec::new();
    for _ in 0..3 {
        let store = SqliteStore::open(&path).await.unwrap();
        let job = new_job(&clock, "ada@example.org");
        store.begin(&job, &[started_event(&clock, &job)]).await.unwrap();
        let job = finished_job(&clock, job);
        store.finish(&job, &[ended_event(&clock, &job)], None).await.unwrap();
        expected.insert(0, job);
        assert_eq!(store.jobs(&JobFilter::default(), ALL).await.unwrap(), expected);
        store.close().await;
        assert!(!path.with_extension("db-wal").exists(), "a closed store is one file");
    }
}

#[tokio::test]
async fn what_began_in_a_store_that_was_deleted_does_not_come_back_in_the_next() {
    let (folder, clock) = (folder(), FixedClock::default());
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let job = new_job(&clock, "ada@example.org");
    store.begin(&job, &[]).await.unwrap();
    let running = new_job(&clock, "ada@example.org");
    store.begin(&running, &[]).await.unwrap();
    store.finish(&finished_job(&clock, job), &[], None).await.unwrap();
    store.close().await;
    let kept = folder.path().join("kept.db");
    std::fs::rename(&path, &kept).unwrap();
    let next = SqliteStore::open(&path).await.unwrap();
    assert_eq!(next.jobs(&JobFilter::default(), ALL).await.unwrap(), []);
    next.close().await;
}

#[tokio::test]
async fn a_journal_brings_back_what_runs_and_nothing_that_ended() {
    let (folder, clock) = (folder(), FixedClock::default());
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let (ended, running) = (new_job(&clock, "ada@example.org"), new_job(&clock, "ada@example.org"));
    store.begin(&ended, &[started_event(&clock, &ended)]).await.unwrap();
    store.begin(&running, &[started_event(&clock, &running)]).await.unwrap();
    let ended = finished_job(&clock, ended);
    store.finish(&ended, &[ended_event(&clock, &ended)], None).await.unwrap();
    let journal = std::fs::read(folder.path().join("store.db-jobs-1")).unwrap();
    store.close().await;
    // Twice: a process that is killed after it took over the journal, and before it emptied it.
    for _ in 0..2 {
        std::fs::write(folder.path().join("store.db-jobs-1"), &journal).unwrap();
        let store = SqliteStore::open(&path).await.unwrap();
        assert_eq!(store.job(ended.id).await.unwrap(), Some(ended.clone()));
        assert_eq!(store.job(running.id).await.unwrap(), Some(running.clone()));
        assert_eq!(store.events(running.id).await.unwrap().len(), 1);
        assert_eq!(store.jobs(&JobFilter::default(), ALL).await.unwrap().len(), 2);
        store.close().await;
    }
}

#[tokio::test]
async fn an_end_counts_only_when_what_the_job_changed_is_on_disk_too() {
    let (folder, clock) = (folder(), FixedClock::default());
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).await.unwrap();
    store.interrupt_abandoned(&sample_failure(), clock.now()).await.unwrap();
    let jobs = [(); 2].map(|()| new_job(&clock, "ada@example.org"));
    let ended = jobs.clone().map(|job| finished_job(&clock, job));
    for (job, ended) in jobs.iter().zip(&ended) {
        store.begin(job, &[started_event(&clock, job)]).await.unwrap();
        // The power goes before the other disk has answered.
        let events = [ended_event(&clock, ended)];
        let mut waits = store.finish_beside(ended, &events, Box::pin(std::future::pending()));
        assert!(futures::poll!(&mut waits).is_pending());
    }
    store.close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    let mut in_doubt = store.in_doubt().await.unwrap();
    in_doubt.sort_by_key(|job| job.id);
    assert_eq!(in_doubt, ended);
    assert_eq!(store.job(jobs[0].id).await.unwrap().as_ref(), Some(&jobs[0]));
    // Whoever cannot even look leaves them as they are.
    store.close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.in_doubt().await.unwrap().len(), 2);
    store.confirm(&[jobs[0].id]).await.unwrap();
    let interrupted = store.interrupt_abandoned(&sample_failure(), clock.now()).await.unwrap();
    assert_eq!(interrupted, [jobs[1].clone()]);
    assert_eq!(store.job(jobs[0].id).await.unwrap().as_ref(), Some(&ended[0]));
    assert_eq!(store.events(jobs[0].id).await.unwrap().len(), 2);
    assert_eq!(store.job(jobs[1].id).await.unwrap().unwrap().state, JobState::Failed);
    store.close().await;
    let store = SqliteStore::open(&path).await.unwrap();
    assert_eq!(store.in_doubt().await.unwrap(), []);
}

#[tokio::test]
async fn what_has_ended_comes_to_the_tables_by_itself() {
    let (folder, clock) = (folder(), FixedClock::default());
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let job = new_job(&clock, "ada@example.org");
    store.begin(&job, &[]).await.unwrap();
    store.finish(&finished_job(&clock, job), &[], None).await.unwrap();
    let conn = Connection::open(&path).unwrap();
    let ended = || conn.query_row("SELECT count(*) FROM jobs WHERE state = 'complete'", [], |row| row.get::<_, i64>(0));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while ended().unwrap() == 0 {
        assert!(std::time::Instant::now() < deadline, "it is not there");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn whoever_looks_at_a_job_has_no_other_written() {
    let (folder, clock) = (folder(), FixedClock::default());
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let jobs = [(); 3].map(|()| new_job(&clock, "ada@example.org"));
    for job in &jobs {
        store.begin(job, &[started_event(&clock, job)]).await.unwrap();
    }
    let written = || -> i64 {
        let conn = Connection::open(&path).unwrap();
        conn.query_row("SELECT count(*) FROM jobs", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(written(), 0);
    assert_eq!(store.job(jobs[0].id).await.unwrap().as_ref(), Some(&jobs[0]));
    assert_eq!(store.events(jobs[1].id).await.unwrap().len(), 1);
    assert_eq!(written(), 2);
    assert_eq!(store.jobs(&JobFilter::default(), ALL).await.unwrap().len(), 3);
    assert_eq!(written(), 3);
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = folder();
    let store = SqliteStore::open(&folder.path().join("store.db")).await.unwrap();
    store.check().await.unwrap();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        names.push(entry.file_name().into_string().unwrap());
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{names:?}");
    }
    names.sort();
    assert_eq!(
        names,
        ["store.db", "store.db-jobs-1", "store.db-jobs-2", "store.db-shm", "store.db-wal", "store.db.lock"]
    );
}

#[tokio::test]
async fn a_file_in_use_is_refused_until_it_is_closed() {
    let folder = folder();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).await.unwrap();
    let error = refusal(&path).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let message = error.message().replace(&path.display().to_string(), "…");
    assert_eq!(
        message,
        "The store “…” is in use: a Levers server or another command has it open. To go through that server, add \
         `--server URL`; to work on the database alone, stop it first or name another file with `--store`."
    );
    store.close().await;
    SqliteStore::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let (folder, clock) = (folder(), FixedClock::default());
    let store = SqliteStore::open(&folder.path().join("store.db")).await.unwrap();
    store.close().await;
    store.close().await;
    let job = new_job(&clock, "ada@example.org");
    for error in [store.begin(&job, &[]).await.err(), store.job(job.id).await.err(), store.check().await.err()] {
        let error = error.unwrap();
        assert_eq!(error.message(), "The store is closed, because the service is stopping. Try again.");
        assert!(error.retryable());
    }
}

#[tokio::test]
async fn other_files_are_refused_and_stay_as_they_are() {
    let folder = folder();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "this is no database at all; it is a text of more than a hundred bytes, ".repeat(30))
        .unwrap();
    let database = folder.path().join("database.db");
    run(&database, "CREATE TABLE customers (id INTEGER PRIMARY KEY)");
    let marked = folder.path().join("marked.db");
    run(&marked, "PRAGMA application_id = 7");
    for (path, says) in
        [(text, "is not an SQLite database"), (database, "of another program"), (marked, "of another program")]
    {
        let before = std::fs::read(&path).unwrap();
        let error = refusal(&path).await;
        assert_eq!(error.kind(), ErrorKind::Refused, "{error:?}");
        assert!(error.message().contains(says), "{error:?}");
        assert!(std::fs::read(&path).unwrap() == before, "the file was changed");
    }
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused() {
    let folder = folder();
    let path = folder.path().join("store.db");
    SqliteStore::open(&path).await.unwrap().close().await;
    run(&path, "PRAGMA user_version = 3");
    let error = refusal(&path).await;
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(
        error.message(),
        "The store was written by a newer version of Levers (its format is 3, this program knows up to 2). Update this \
         program, or name another file with `--store`."
    );
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let folder = folder();
    let error = refusal(&folder.path().join("none/store.db")).await;
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().ends_with("store.db” cannot be opened: entity not found. Make its folder, see that you may write there, or name another file with `--store`."), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_was_moved_or_replaced_takes_nothing_more() {
    let (folder, clock) = (folder(), FixedClock::default());
    let (path, elsewhere) = (folder.path().join("store.db"), folder.path().join("elsewhere.db"));
    let store = SqliteStore::open(&path).await.unwrap();
    let job = new_job(&clock, "ada@example.org");
    store.begin(&job, &[]).await.unwrap();
    let refused = async || {
        for error in [store.begin(&new_job(&clock, "ada@example.org"), &[]).await.err(), store.check().await.err()] {
            let error = error.unwrap();
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            assert_eq!(
                error.message(),
                "The store's file was moved or deleted while the service ran. Nothing was written; put the file back, \
                 or restart the service to begin with an empty one."
            );
        }
    };
    std::fs::rename(&path, &elsewhere).unwrap();
    refused().await;
    std::fs::write(&path, "another file").unwrap();
    refused().await;
    std::fs::rename(&elsewhere, &path).unwrap();
    store.check().await.unwrap();
    assert_eq!(store.jobs(&JobFilter::default(), ALL).await.unwrap(), [job]);
    std::fs::remove_file(&path).unwrap();
    refused().await;
}

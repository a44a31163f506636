//! Threads that take work from one queue, each with a connection.
//!
//! Rejected: `spawn_blocking`, whose threads come and go, with connections and
//! their prepared statements looked up under a lock.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{fs, io};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::checkpoint::Checkpointer;
use super::file::{Access, File};
use super::sync::{Desk, Log};
use crate::error::{Failure, primary_code};

/// How long the writer must have had nothing to do before it moves the log into the file.
const REST_AFTER: Duration = Duration::from_millis(200);

type Work = Box<dyn FnOnce(&mut Slot) + Send>;

/// Some threads and the way to them. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Workers {
    queue: Arc<Queue>,
    patience: Duration,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    filled: Condvar,
}

#[derive(Default)]
struct Waiting {
    work: VecDeque<Work>,
    closed: bool,
}

/// What a thread does next.
enum Next {
    Work(Work),
    Rest,
    End,
}

impl Workers {
    /// Starts threads; what waits longer than `patience` is not begun.
    pub(super) fn start(
        file: &Arc<File>,
        access: Access,
        threads: usize,
        patience: Duration,
        log: &Log,
    ) -> io::Result<Self> {
        let workers = Self { queue: Arc::default(), patience };
        for _ in 0..threads {
            let queue = Arc::clone(&workers.queue);
            let slot = Slot::new(file, access, log)?;
            let name = if access == Access::Read { "sqlite-read" } else { "sqlite-write" };
            std::thread::Builder::new().name(name.to_owned()).spawn(move || work(&queue, slot))?;
        }
        Ok(workers)
    }

    /// Has something done by the next thread that is free.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        self.answered(move |slot, answer| {
            // Who asked may have gone; it is done nevertheless.
            let _ = answer.send(slot.run(work).map_err(Failure::Sqlite));
        })
        .await
    }

    /// Has something written by the next thread that is free. When it returns, [`Log`] is the one it went to, and
    /// the desk knows of it.
    pub(super) async fn run_logged<T: Send + 'static>(
        &self,
        desk: Arc<Desk>,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        self.answered(move |slot, answer| {
            let worked = slot.run(work).map_err(Failure::Sqlite);
            if worked.is_ok() {
                // It is written, whether the log is found or not; whoever waits for the disk hears of that.
                desk.committed(slot.find_log());
            }
            // Who asked may have gone; it is done nevertheless.
            let _ = answer.send(worked);
        })
        .await
    }

    /// Queues work that gives an answer, and waits for it.
    async fn answered<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Slot, oneshot::Sender<Result<T, Failure>>) + Send + 'static,
    ) -> Result<T, Failure> {
        let (answer, mut answered) = oneshot::channel();
        // Whoever sets it first, the thread that begins or the caller whose
        // patience ends, decides whether the work is done.
        let decided = Arc::new(AtomicBool::new(false));
        let begun = Arc::clone(&decided);
        self.queue.push(Box::new(move |slot: &mut Slot| {
            if !answer.is_closed() && !begun.swap(true, Ordering::AcqRel) {
                work(slot, answer);
            }
        }));
        let answer = match tokio::time::timeout(self.patience, &mut answered).await {
            Ok(answer) => answer,
            Err(_) if !decided.swap(true, Ordering::AcqRel) => return Err(Failure::TimedOut),
            Err(_) => answered.await,
        };
        answer.map_err(|_| Failure::Crashed)?
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.filled.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, work: Work) {
        self.lock().work.push_back(work);
        self.filled.notify_one();
    }

    /// Waits for work, not longer than `rest_after`.
    fn next(&self, rest_after: Option<Duration>) -> Next {
        let is_idle = |waiting: &mut Waiting| waiting.work.is_empty() && !waiting.closed;
        let waiting = self.lock();
        let mut waiting = match rest_after {
            Some(limit) => {
                self.filled.wait_timeout_while(waiting, limit, is_idle).unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.filled.wait_while(waiting, is_idle).unwrap_or_else(PoisonError::into_inner),
        };
        match waiting.work.pop_front() {
            _ if waiting.closed => Next::End,
            Some(work) => Next::Work(work),
            None => Next::Rest,
        }
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").field("waiting", &self.lock().work.len()).finish_non_exhaustive()
    }
}

fn work(queue: &Queue, mut slot: Slot) {
    let rest_after = (slot.access == Access::Write).then_some(REST_AFTER);
    let mut rested = true;
    loop {
        match queue.next(rest_after.filter(|_| !rested)) {
            Next::Work(work) => {
                rested = false;
                // Nothing is left half-done: the connection was dropped on the way.
                if catch_unwind(AssertUnwindSafe(|| work(&mut slot))).is_err() {
                    tracing::error!("work on an SQLite file panicked; its connection is replaced");
                }
                slot.worked();
            }
            Next::Rest => {
                rested = true;
                slot.rest();
            }
            Next::End => return,
        }
    }
}

/// A thread's connection.
struct Slot {
    file: Arc<File>,
    access: Access,
    connection: Option<Connection>,
    /// The log that was written to last.
    log: Log,
    /// Whether the connection writes to that one.
    has_log: bool,
    checkpointer: Option<Checkpointer>,
}

impl Slot {
    fn new(file: &Arc<File>, access: Access, log: &Log) -> io::Result<Self> {
        let writes = access == Access::Write && !file.read_only;
        let checkpointer = if writes { Some(Checkpointer::start(file)?) } else { None };
        let (file, log) = (Arc::clone(file), log.clone());
        Ok(Self { file, access, connection: None, log, has_log: false, checkpointer })
    }

    /// Works with the connection, which is opened when there is none, and not
    /// kept when the file failed or the work panicked.
    fn run<T>(&mut self, work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let has_log = std::mem::take(&mut self.has_log);
        let (mut connection, has_log) = match self.connection.take() {
            Some(connection) => (connection, has_log),
            None => (self.file.connect(self.access)?, false),
        };
        let worked = work(&mut connection);
        if !worked.as_ref().is_err_and(is_broken) && connection.is_autocommit() {
            (self.connection, self.has_log) = (Some(connection), has_log);
        }
        worked
    }

    /// Has whoever syncs find the file's log, if it has one. It is kept open with the connection: SQLite makes another one
    /// only after the last connection closed or left the log, and as long as one is open, nobody can. The
    /// one before stays where it is found until then: what was written to it may have to be synced.
    fn find_log(&mut self) -> io::Result<()> {
        if !self.has_log {
            match fs::File::open(self.file.log()) {
                Ok(log) => self.log.set(log),
                // Commits went into the file and were synced there.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            self.has_log = true;
        }
        Ok(())
    }

    /// Looks at what its work left in the log.
    fn worked(&mut self) {
        if let (Some(checkpointer), Some(connection)) = (&mut self.checkpointer, &self.connection) {
            checkpointer.worked(connection);
        }
    }

    /// Has what the log holds moved into the file.
    fn rest(&self) {
        if let Some(checkpointer) = &self.checkpointer {
            checkpointer.wake();
        }
    }
}

/// Whether the file itself failed, so that opening it anew may help: it could
/// not be read or opened, or is damaged or no database.
fn is_broken(failure: &rusqlite::Error) -> bool {
    matches!(primary_code(failure), 10 | 11 | 14 | 26)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workers(patience: Duration) -> (Workers, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let file = File { path: folder.path().join("a.db"), read_only: false };
        Connection::open(&file.path).unwrap().execute_batch("CREATE TABLE a (n int)").unwrap();
        (Workers::start(&Arc::new(file), Access::Write, 1, patience, &Log::default()).unwrap(), folder)
    }

    #[tokio::test]
    async fn a_panic_undoes_its_own_work_alone() {
        let (workers, _folder) = workers(Duration::from_mins(1));
        let panics = workers.run(|connection| {
            connection.execute_batch("BEGIN; INSERT INTO a VALUES (1)")?;
            if connection.is_autocommit() { Ok(()) } else { panic!("in the middle of it") }
        });
        assert!(matches!(panics.await, Err(Failure::Crashed)));
        let count = |connection: &mut Connection| connection.query_row("SELECT count(*) FROM a", [], |row| row.get(0));
        assert_eq!(workers.run::<i64>(count).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn what_waited_in_vain_is_never_done() {
        let (workers, _folder) = workers(Duration::from_millis(200));
        let (go, is_going) = std::sync::mpsc::channel::<()>();
        let (begun, has_begun) = oneshot::channel();
        let long = workers.run(move |_| {
            let _ = begun.send(());
            let _ = is_going.recv();
            Ok(7)
        });
        let others = async {
            has_begun.await.unwrap();
            let insert = workers.run(|connection| connection.execute("INSERT INTO a VALUES (1)", []));
            assert!(matches!(insert.await, Err(Failure::TimedOut)));
            go.send(()).unwrap();
        };
        // Its patience ended too, but it had begun.
        let (long, ()) = tokio::join!(long, others);
        assert!(matches!(long, Ok(7)), "{long:?}");
    }

    #[cfg(unix)]
    #[test]
    fn the_log_is_that_of_the_open_connection() {
        use std::os::unix::fs::MetadataExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = Arc::new(File { path: folder.path().join("a.db"), read_only: false });
        Connection::open(&file.path).unwrap().execute_batch("CREATE TABLE a (n int)").unwrap();
        let found = Log::default();
        let mut slot = Slot::new(&file, Access::Write, &found).unwrap();
        let mut log = || {
            slot.run(|connection| connection.execute("INSERT INTO a VALUES (1)", [])).unwrap();
            slot.find_log().unwrap();
            let log = found.get().unwrap();
            // The last connection to close deletes its log.
            let failed =
                slot.run(|_| Err::<(), _>(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(10), None)));
            assert!(failed.is_err() && !file.log().exists());
            log
        };
        let (one, other) = (log(), log());
        let number = |log: &fs::File| log.metadata().unwrap().ino();
        assert_ne!(number(&one), number(&other));
    }
}

//! Waiting for the disk, out of the writer's way.
//!
//! The writer commits with `synchronous = NORMAL`, which leaves a commit in the
//! log without waiting for the disk. Before anybody hears of a job's end the log is
//! synced, which is what `synchronous = FULL` (SQLite's own default) would promise; but
//! here one sync serves all commits before it, the next commit does not wait
//! for it, and the end itself is on its way to the disk meanwhile (`Source::flush`). It begins when
//! the writer has committed, so that it is under way, or done, when it is asked for. Rejected:
//! `FULL`, which syncs within each commit, one caller after the
//! other; `NORMAL` alone, with which a power cut takes back what a job calls complete.

use std::fs::File;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use futures::future::{Either, ready};
use tokio::sync::oneshot;

use crate::error::Failure;

/// The log that was written to last, if there is one.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<Mutex<Option<Arc<File>>>>);

impl Log {
    pub(super) fn get(&self) -> Option<Arc<File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set(&self, log: File) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(log));
    }
}

/// The way to the thread that syncs; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Syncer {
    desk: Arc<Desk>,
}

/// Where commits are told of, and asked for.
#[derive(Debug, Default)]
pub(super) struct Desk {
    state: Mutex<State>,
    told: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How many commits there were.
    committed: u64,
    /// How many of these were on disk, or lost, at the last sync.
    synced: u64,
    failed: Option<Failed>,
    /// Why the log of the last commit could not be opened.
    unfound: Option<io::Error>,
    waiting: Vec<(u64, oneshot::Sender<io::Result<()>>)>,
    closed: bool,
}

/// After a failed sync the system may have forgotten what it could not write, and each
/// commit of a log needs those before it. So one failure is final for its log.
#[derive(Debug)]
struct Failed {
    log: Arc<File>,
    error: io::Error,
}

impl Desk {
    /// Tells that there is a commit to be synced: its caller will ask for that soon.
    pub(super) fn committed(&self, log: io::Result<()>) {
        let mut state = self.lock();
        state.committed += 1;
        state.unfound = log.err();
        drop(state);
        self.told.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn outcome(&self) -> io::Result<()> {
        match self.failed.as_ref().map(|failed| &failed.error).or(self.unfound.as_ref()) {
            None => Ok(()),
            Some(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }
}

impl Syncer {
    /// Starts the thread.
    pub(super) fn start(log: Log) -> io::Result<Self> {
        let desk = Arc::new(Desk::default());
        let syncer = Self { desk: Arc::clone(&desk) };
        std::thread::Builder::new().name("sqlite-sync".into()).spawn(move || work(&log, &desk))?;
        Ok(syncer)
    }

    /// Where the writer tells of its commits.
    pub(super) fn desk(&self) -> Arc<Desk> {
        Arc::clone(&self.desk)
    }

    /// Waits until all that was committed before this was called is on disk.
    pub(super) fn synced(&self) -> impl Future<Output = Result<(), Failure>> + Send + use<> {
        let mut state = self.desk.lock();
        let answered = if state.synced == state.committed {
            Either::Left(ready(Ok(state.outcome())))
        } else {
            let (answer, answered) = oneshot::channel();
            let committed = state.committed;
            state.waiting.push((committed, answer));
            Either::Right(answered)
        };
        async { answered.await.map_err(|_| Failure::Crashed)?.map_err(Failure::NotSynced) }
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.desk.lock().closed = true;
        self.desk.told.notify_one();
    }
}

fn work(log: &Log, desk: &Desk) {
    loop {
        let idle = |state: &mut State| state.synced == state.committed && !state.closed;
        let state = desk.told.wait_while(desk.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            // Whoever waits sees the answer dropped.
            return;
        }
        let committed = state.committed;
        let failed = state.failed.as_ref().map(|failed| Arc::clone(&failed.log));
        drop(state);
        // The log that holds the last commit; without one, commits went into the file and were synced there.
        let log = log.get().filter(|log| failed.as_ref().is_none_or(|failed| !is_same(failed, log)));
        let synced = log.map(|log| (log.sync_data(), log));
        let mut state = desk.lock();
        state.synced = committed;
        if let Some((outcome, log)) = synced {
            state.failed = outcome.err().map(|error| Failed { log, error });
        }
        let waited: Vec<_> = state.waiting.extract_if(.., |(wanted, _)| *wanted <= committed).collect();
        let answers: Vec<_> = waited.into_iter().map(|(_, answer)| (answer, state.outcome())).collect();
        drop(state);
        for (answer, outcome) in answers {
            // Who asked may have gone.
            let _ = answer.send(outcome);
        }
    }
}

/// Whether two handles are of one file. The system tells of a failure to one of them only.
#[cfg(unix)]
fn is_same(one: &File, other: &File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |file: &File| file.metadata().map(|found| (found.dev(), found.ino()));
    matches!((identity(one), identity(other)), (Ok(one), Ok(other)) if one == other)
}

/// Other systems do not tell; so a failure is final.
#[cfg(not(unix))]
fn is_same(_one: &File, _other: &File) -> bool {
    true
}

//! Waiting for the disk, out of the writer's way.
//!
//! The writer commits with `synchronous = NORMAL`, which leaves a commit in the
//! log without waiting for the disk. Before anybody hears of a job's end the log is
//! synced, which is what `synchronous = FULL` (SQLite's own default) would promise; but
//! here one sync serves all commits before it, the next commit does not wait
//! for it, and the end itself is on its way to the disk meanwhile (`Source::flush`). Rejected: `FULL`, which syncs within each commit, one caller after the
//! other; `NORMAL` alone, with which a power cut takes back what a job calls complete.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::oneshot;

use crate::error::Failure;

type Waiting = oneshot::Sender<io::Result<()>>;

/// The way to the thread that syncs; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Syncer {
    queue: Sender<Waiting>,
}

impl Syncer {
    /// Starts the thread for the log of this database.
    pub(super) fn start(database: &std::path::Path) -> io::Result<Self> {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let (queue, waiting) = channel();
        std::thread::Builder::new().name("sqlite-sync".into()).spawn(move || work(&PathBuf::from(log), &waiting))?;
        Ok(Self { queue })
    }

    /// Waits until all that was committed before is on disk.
    pub(super) async fn synced(&self) -> Result<(), Failure> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(answer).map_err(|_| Failure::Crashed)?;
        answered.await.map_err(|_| Failure::Crashed)?.map_err(Failure::NotSynced)
    }
}

fn work(log: &PathBuf, queue: &Receiver<Waiting>) {
    let mut waiting = Vec::new();
    while let Ok(first) = queue.recv() {
        waiting.push(first);
        waiting.extend(queue.try_iter());
        // Opened anew each time, because the log is another file after the last
        // connection closed. Without a log, commits went into the file and were synced there.
        let synced = match File::open(log) {
            Ok(file) => file.sync_data(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        for answer in waiting.drain(..) {
            // Who asked may have gone.
            let _ = answer.send(match &synced {
                Ok(()) => Ok(()),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            });
        }
    }
}

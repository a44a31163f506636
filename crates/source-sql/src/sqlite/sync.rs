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
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// What is to be done when the log is on disk, or could not be brought there.
type Answer = Box<dyn FnOnce(io::Result<()>) + Send>;

type Waiting = (Arc<File>, Answer);

/// The way to the thread that syncs; it ends when all of these are dropped.
#[derive(Debug, Clone)]
pub(super) struct Syncer {
    queue: Sender<Waiting>,
}

impl Syncer {
    /// Starts the thread.
    pub(super) fn start() -> io::Result<Self> {
        let (queue, waiting) = channel();
        std::thread::Builder::new().name("sqlite-sync".into()).spawn(move || work(&waiting))?;
        Ok(Self { queue })
    }

    /// Answers when all that was written to this log before is on disk. Whoever waits for an
    /// answer that cannot come any more sees it dropped.
    pub(super) fn when_synced(&self, log: Arc<File>, answer: Answer) {
        let _ = self.queue.send((log, answer));
    }
}

fn work(queue: &Receiver<Waiting>) {
    let mut waiting = Vec::new();
    while let Ok(first) = queue.recv() {
        waiting.push(first);
        waiting.extend(queue.try_iter());
        // All have the same log, unless the writer's connection was opened anew between them.
        let mut synced: Option<(Arc<File>, io::Result<()>)> = None;
        for (log, answer) in waiting.drain(..) {
            if synced.as_ref().is_none_or(|(last, _)| !Arc::ptr_eq(last, &log)) {
                let outcome = log.sync_data();
                synced = Some((log, outcome));
            }
            answer(match &synced {
                Some((_, Err(error))) => Err(io::Error::new(error.kind(), error.to_string())),
                _ => Ok(()),
            });
        }
    }
}

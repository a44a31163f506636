//! Waiting for the disk, out of the writer's way.
//!
//! The writer commits with `synchronous = NORMAL`: every commit is in the log
//! when it returns, and a kill of the process loses nothing. What must survive a
//! power cut is answered here, after the log was synced, which is all that
//! `synchronous = FULL` adds to a commit. Apart from the writer, one sync serves
//! all commits before it, the next batch runs meanwhile, and a `begin` without a
//! key does not wait for the sync of somebody else's `finish`.
//!
//! Rejected: syncing in the writer's thread, which saves a way between threads and
//! about a ninth of the processor's time, but reached only 40 to 60 % of the jobs per
//! second on a busy machine with a disk, because the next batch waits for the sync.

use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use levers_model::Result;
use tokio::sync::oneshot;

use crate::batch::Answer;
use crate::failure::not_synced;

/// An answer that waits for the disk, and the way to who waits for it.
pub(crate) type Waiting = (Result<Answer>, oneshot::Sender<Result<Answer>>);

/// The way to the thread that syncs.
pub(crate) struct Syncer {
    queue: Sender<Vec<Waiting>>,
    thread: JoinHandle<()>,
}

impl Syncer {
    /// Starts the thread, which ends when the way to it is dropped.
    pub(crate) fn start(log: File) -> io::Result<Self> {
        let (queue, waiting) = channel();
        let thread = thread::Builder::new().name("levers-store-sync".into()).spawn(move || work(&log, &waiting))?;
        Ok(Self { queue, thread })
    }

    /// Gives these answers when what was committed before is on disk. Not bounded
    /// here: the writer's queue bounds how many callers wait.
    pub(crate) fn answer_when_synced(&self, answers: Vec<Waiting>) {
        // The thread ends after us only; if it died, the callers see their channel closed.
        let _ = self.queue.send(answers);
    }

    /// Gives all answers that wait, and ends the thread.
    pub(crate) fn close(self) {
        drop(self.queue);
        let _ = self.thread.join();
    }
}

fn work(log: &File, queue: &Receiver<Vec<Waiting>>) {
    let mut waiting = Vec::new();
    // After a failed sync the system may have forgotten what it could not write,
    // and a later sync would succeed without it. So one failure is final.
    let mut synced = Ok(());
    while let Ok(answers) = queue.recv() {
        waiting.extend(answers);
        while let Ok(answers) = queue.try_recv() {
            waiting.extend(answers);
        }
        if synced.is_ok() {
            synced = log.sync_data();
        }
        for (answer, sender) in waiting.drain(..) {
            // Who asked may have gone; it is written nevertheless.
            let _ = sender.send(match &synced {
                Ok(()) => answer,
                Err(error) => Err(not_synced(error)),
            });
        }
    }
}

//! The jobs that are not in the tables yet.
//!
//! Each step of a job is appended to a file here, which takes one call of the system, and
//! its rows are written to the tables later, many jobs in one transaction (`settle.rs`): alone, each would
//! write the same pages of the tables again. Whoever reads before that has what is
//! asked for written first; an opened store starts with what the file still holds.
//!
//! That a job began must survive a kill of the process, and needs no more: a job
//! without an idempotency key, whose run is lost in a power cut, was lost before
//! anybody heard of it. That a job ended must be on disk before anybody hears of it: a thread
//! takes all ends that wait, appends them in one call and syncs the file once.
//!
//! An end may be written while what the job changed is still on its way to the disk, because
//! the two waits take as long as one. Then it counts only when both are there: until it is
//! confirmed it is in doubt, and after a power cut somebody has to look at the records. That
//! it was confirmed is noted without waiting for the disk: a kill does not lose it, and it is on disk with the entries that come next.
//!
//! Two files take turns, so that one can begin anew while jobs that are in the
//! other still run. A job that runs for longer than that is settled.
//!
//! Rejected: everything in the tables at once, which cost a transaction for each job; memory, which a kill loses.

mod entry;
mod sheet;

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use levers_model::{JobId, Result};
use rusqlite::types::Value;
use tokio::sync::oneshot;
use uuid::Uuid;

pub(crate) use self::entry::{Beginning, Ending};
use self::entry::{Entry, confirmed};
use self::sheet::{LONG, Sheet};
use crate::failure::{closed, ended_before, moved, not_journaled, not_synced, refused};
use crate::file::Place;

/// What has begun and is not in the tables, in memory and on file.
pub(crate) struct Journal {
    state: Arc<Mutex<State>>,
    /// The store's file: what it is beside must still be found by somebody.
    place: Place,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A job to be written to the tables: its beginning and, if it has come to one, its end.
#[derive(Clone)]
pub(crate) struct Unsettled {
    pub(crate) id: JobId,
    pub(crate) begun: Arc<Beginning>,
    pub(crate) end: Option<Arc<Ending>>,
}

/// Where the end of a job belongs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is here, and on disk.
    Here,
    /// The job is not here: it stands in the tables, or nowhere.
    NotBegun,
}

struct State {
    sheets: [Sheet; 2],
    current: usize,
    jobs: HashMap<JobId, Pending>,
    /// How many of them have ended.
    ended: usize,
    /// Which were confirmed and are not noted.
    confirmed: Vec<JobId>,
    /// The way to the thread that writes ends; `None` when the journal is closed.
    queue: Option<Sender<Waiting>>,
}

struct Pending {
    begun: Arc<Beginning>,
    stage: Stage,
    /// How many of its entries each file has.
    entries: [usize; 2],
}

enum Stage {
    Runs,
    /// Its end is on its way to the disk, or what it changed is, or nobody knows.
    Ends(Arc<Ending>),
    Ended(Arc<Ending>),
}

/// An end on its way to the disk.
struct Waiting {
    id: JobId,
    entry: Vec<u8>,
    sure: bool,
    answer: oneshot::Sender<Result<()>>,
}

impl Journal {
    /// Takes over two files; says which jobs they hold. Until these are settled, nothing may begin.
    pub(crate) fn open(files: [File; 2], place: Place) -> io::Result<(Self, Vec<Unsettled>)> {
        let [first, second] = files;
        let (first, second) = (Sheet::open(first)?, Sheet::open(second)?);
        let files = [first.0.file()?, second.0.file()?];
        let (queue, waiting) = channel();
        let state = Arc::new(Mutex::new(State::of([first, second], queue)));
        let (keeper, found) = (Arc::clone(&state), place.clone());
        let thread = thread::Builder::new()
            .name("levers-journal".into())
            .spawn(move || keep(&keeper, &files, &found, &waiting))?;
        let journal = Self { state, place, thread: Mutex::new(Some(thread)) };
        let found = journal.unsettled();
        Ok((journal, found))
    }

    /// Forgets all that was found.
    pub(crate) fn clear(&self) -> io::Result<()> {
        self.state().clear()
    }

    /// Takes nothing further, and waits until what waits is written. What is not settled is found at the next opening.
    pub(crate) fn close(&self) {
        self.state().queue = None;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        // It ends when nobody can send to it.
        let _ = thread.map(JoinHandle::join);
    }

    /// Notes a beginning; when this returns, a kill of the process does not lose it.
    pub(crate) fn begin(&self, id: JobId, begun: Beginning) -> Result<()> {
        if !self.place.holds() {
            return Err(moved());
        }
        let entry = begun.to_bytes();
        let mut state = self.state();
        if state.queue.is_none() {
            return Err(closed());
        }
        if state.jobs.contains_key(&id) {
            return Err(refused("it has begun already"));
        }
        let current = state.append(&[&entry]).map_err(not_journaled)?;
        let mut job = Pending { begun: Arc::new(begun), stage: Stage::Runs, entries: [0; 2] };
        state.hold(&mut job, current);
        state.jobs.insert(id, job);
        Ok(())
    }

    /// Notes the end of a job, and waits until it is on disk. It counts from then on if it is
    /// `sure`, and otherwise when it is confirmed.
    pub(crate) async fn end(&self, id: JobId, ending: Arc<Ending>, sure: bool) -> Result<Kept> {
        let entry = ending.to_bytes(sure);
        let (answer, answered) = oneshot::channel();
        {
            let mut state = self.state();
            let queue = state.queue.clone().ok_or_else(closed)?;
            let Some(job) = state.jobs.get_mut(&id) else { return Ok(Kept::NotBegun) };
            if !matches!(job.stage, Stage::Runs) {
                return Err(ended_before());
            }
            job.stage = Stage::Ends(ending);
            // Whoever cannot take it drops the way to answer.
            let _ = queue.send(Waiting { id, entry, sure, answer });
        }
        let Ok(kept) = answered.await else {
            self.state().runs_on(id);
            return Err(closed());
        };
        kept.map(|()| Kept::Here)
    }

    /// What this job changed is on disk, so its end counts.
    pub(crate) fn confirm(&self, id: JobId) {
        let mut state = self.state();
        state.end(id);
        state.confirmed.push(id);
        state.note_confirmed();
    }

    /// What this job changed did not get to the disk, so its end does not count.
    pub(crate) fn withdraw(&self, id: JobId) {
        self.state().runs_on(id);
    }

    /// A job's beginning, if it is not known to be in the tables.
    ///
    /// # Errors
    /// `Conflict` when it has come to its end.
    pub(crate) fn running(&self, id: JobId) -> Result<Option<Arc<Beginning>>> {
        match self.state().jobs.get(&id) {
            None => Ok(None),
            Some(Pending { begun, stage: Stage::Runs, .. }) => Ok(Some(Arc::clone(begun))),
            Some(_) => Err(ended_before()),
        }
    }

    /// All that is not known to be in the tables.
    pub(crate) fn unsettled(&self) -> Vec<Unsettled> {
        self.state().unsettled(|_| true)
    }

    /// What of these jobs is not known to be in the tables.
    pub(crate) fn unsettled_of(&self, ids: impl IntoIterator<Item = JobId>) -> Vec<Unsettled> {
        let state = self.state();
        ids.into_iter().filter_map(|id| Some(state.jobs.get(&id)?.unsettled(id))).collect()
    }

    /// The jobs that have come to their end.
    pub(crate) fn ended(&self) -> Vec<Unsettled> {
        self.state().unsettled(|job| matches!(job.stage, Stage::Ended(_)))
    }

    /// How many jobs have come to their end.
    pub(crate) fn count_ended(&self) -> usize {
        self.state().ended
    }

    /// The jobs whose end is in doubt, with the end's row.
    pub(crate) fn in_doubt(&self) -> Vec<(JobId, Arc<Ending>)> {
        let state = self.state();
        let in_doubt = state.jobs.iter().filter_map(|(id, job)| match &job.stage {
            Stage::Ends(ending) => Some((*id, Arc::clone(ending))),
            Stage::Runs | Stage::Ended(_) => None,
        });
        in_doubt.collect()
    }

    /// Those that keep the other file from beginning anew while this one is long.
    pub(crate) fn stragglers(&self) -> Vec<Unsettled> {
        let state = self.state();
        if state.sheets[state.current].end < LONG {
            return Vec::new();
        }
        let other = 1 - state.current;
        state.unsettled(|job| job.entries[other] > 0)
    }

    /// These are in the tables and, those that have ended, on disk there.
    pub(crate) fn settled(&self, jobs: &[Unsettled]) {
        let mut state = self.state();
        for Unsettled { id, end, .. } in jobs {
            // One that came to its end meanwhile stands in the tables as executing, and is settled again.
            let done = |job: &Pending| end.is_some() || matches!(job.stage, Stage::Runs);
            if state.jobs.get(id).is_some_and(done) {
                state.forget(*id);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.close();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread that writes ends.
fn keep(state: &Mutex<State>, files: &[File; 2], place: &Place, queue: &Receiver<Waiting>) {
    // After a failed sync the system may have forgotten what it could not write,
    // and a later sync would succeed without it. So one failure is final.
    let mut synced: io::Result<()> = Ok(());
    while let Ok(first) = queue.recv() {
        let group: Vec<Waiting> = std::iter::once(first).chain(queue.try_iter()).collect();
        let written = lock(state).write(&group).map_err(not_journaled);
        let kept = written.and_then(|touched| {
            for (file, _) in files.iter().zip(touched).filter(|(_, touched)| *touched) {
                if synced.is_ok() {
                    synced = file.sync_data();
                }
            }
            synced.as_ref().map_err(not_synced).copied()
        });
        // What is written to a file that nobody finds again must not be promised to anybody.
        let kept = kept.and_then(|()| if place.holds() { Ok(()) } else { Err(moved()) });
        let mut state = lock(state);
        for Waiting { id, sure, .. } in &group {
            match &kept {
                Ok(()) if *sure => state.end(*id),
                Ok(()) => {}
                Err(_) => state.runs_on(*id),
            }
        }
        drop(state);
        for Waiting { answer, .. } in group {
            // Who asked may have gone; it is written nevertheless.
            let _ = answer.send(kept.clone());
        }
    }
}

impl State {
    fn of(sheets: [(Sheet, Vec<Entry>); 2], queue: Sender<Waiting>) -> Self {
        let [(first, of_first), (second, of_second)] = sheets;
        let current = usize::from(second.generation > first.generation);
        let mut entries = [of_first, of_second];
        let sheets = [first, second];
        let (jobs, confirmed) = (HashMap::new(), Vec::new());
        let mut state = Self { sheets, current, jobs, ended: 0, confirmed, queue: Some(queue) };
        for sheet in [1 - current, current] {
            for entry in std::mem::take(&mut entries[sheet]) {
                state.found(entry, sheet);
            }
        }
        state
    }

    /// Takes over an entry of an earlier process.
    fn found(&mut self, entry: Entry, sheet: usize) {
        match entry {
            Entry::Began(begun) => {
                let Some(id) = begun.job.first().and_then(id) else { return };
                let mut job = Pending { begun: Arc::new(begun), stage: Stage::Runs, entries: [0; 2] };
                self.hold(&mut job, sheet);
                self.jobs.insert(id, job);
            }
            Entry::Ended { ending, sure } => {
                // Without its beginning it is in the tables.
                let Some(id) = ending.job.last().and_then(id) else { return };
                let Some(mut job) = self.jobs.remove(&id) else { return };
                self.hold(&mut job, sheet);
                job.stage = Stage::Ends(Arc::new(ending));
                self.jobs.insert(id, job);
                if sure {
                    self.end(id);
                }
            }
            Entry::Confirmed(ids) => {
                for id in ids {
                    self.end(id);
                }
            }
        }
    }

    fn clear(&mut self) -> io::Result<()> {
        self.jobs.clear();
        self.ended = 0;
        let generation = self.sheets.iter().map(|sheet| sheet.generation).max().unwrap_or_default();
        self.sheets[1 - self.current].begin_anew(generation + 1)?;
        self.sheets[self.current].begin_anew(generation + 2)?;
        // What was in them must not come back into another store.
        self.sheets.iter().try_for_each(Sheet::sync)
    }

    /// Appends entries; says to which file.
    fn append(&mut self, entries: &[&[u8]]) -> io::Result<usize> {
        let other = 1 - self.current;
        if self.sheets[self.current].end >= LONG && self.sheets[other].held == 0 {
            let generation = self.sheets[self.current].generation;
            self.sheets[other].begin_anew(generation + 1)?;
            self.current = other;
        }
        self.sheets[self.current].append(entries)?;
        Ok(self.current)
    }

    /// Notes what was confirmed. Where the disk is full it is noted later.
    fn note_confirmed(&mut self) {
        let entry = confirmed(&self.confirmed);
        if !self.confirmed.is_empty() && self.append(&[&entry]).is_ok() {
            self.confirmed.clear();
        }
    }

    /// Appends ends; says which files must be synced.
    fn write(&mut self, group: &[Waiting]) -> io::Result<[bool; 2]> {
        self.note_confirmed();
        let entries: Vec<&[u8]> = group.iter().map(|waiting| waiting.entry.as_slice()).collect();
        let current = self.append(&entries)?;
        let mut touched = [false; 2];
        touched[current] = true;
        for Waiting { id, .. } in group {
            let Some(mut job) = self.jobs.remove(id) else { continue };
            self.hold(&mut job, current);
            // Its beginning may be in the other file, and not on disk.
            for (touched, entries) in touched.iter_mut().zip(job.entries) {
                *touched |= entries > 0;
            }
            self.jobs.insert(*id, job);
        }
        Ok(touched)
    }

    fn hold(&mut self, job: &mut Pending, sheet: usize) {
        job.entries[sheet] += 1;
        self.sheets[sheet].held += 1;
    }

    fn end(&mut self, id: JobId) {
        if let Some(job) = self.jobs.get_mut(&id)
            && let Stage::Ends(ending) = &job.stage
        {
            job.stage = Stage::Ended(Arc::clone(ending));
            self.ended += 1;
        }
    }

    fn runs_on(&mut self, id: JobId) {
        if let Some(job) = self.jobs.get_mut(&id)
            && matches!(job.stage, Stage::Ends(_))
        {
            job.stage = Stage::Runs;
        }
    }

    fn forget(&mut self, id: JobId) {
        let Some(job) = self.jobs.remove(&id) else { return };
        self.ended -= usize::from(matches!(job.stage, Stage::Ended(_)));
        for (sheet, entries) in self.sheets.iter_mut().zip(job.entries) {
            sheet.held -= entries;
        }
    }

    fn unsettled(&self, which: impl Fn(&Pending) -> bool) -> Vec<Unsettled> {
        self.jobs.iter().filter(|(_, job)| which(job)).map(|(id, job)| job.unsettled(*id)).collect()
    }
}

impl Pending {
    fn unsettled(&self, id: JobId) -> Unsettled {
        let end = match &self.stage {
            Stage::Runs | Stage::Ends(_) => None,
            Stage::Ended(ending) => Some(Arc::clone(ending)),
        };
        Unsettled { id, begun: Arc::clone(&self.begun), end }
    }
}

fn id(value: &Value) -> Option<JobId> {
    let Value::Blob(bytes) = value else { return None };
    Uuid::from_slice(bytes).ok().map(JobId::from_uuid)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn row(id: JobId, text: &str) -> Vec<Value> {
        vec![Value::Blob(id.uuid().as_bytes().to_vec()), Value::Text(text.into())]
    }

    fn begin(journal: &Journal, text: &str) -> JobId {
        let id = JobId::generate();
        journal.begin(id, Beginning { job: row(id, text), events: vec![] }).unwrap();
        id
    }

    fn ending(id: JobId, text: &str) -> Arc<Ending> {
        let mut job = row(id, text);
        job.reverse();
        Arc::new(Ending { job, events: vec![] })
    }

    fn open(folder: &Path) -> (Journal, Vec<Unsettled>) {
        let file = |name: &str| {
            let mut options = File::options();
            options.read(true).write(true).create(true).truncate(false).open(folder.join(name)).unwrap()
        };
        std::fs::write(folder.join("a"), "").unwrap();
        Journal::open([file("b"), file("c")], Place::of(&folder.join("a")).unwrap()).unwrap()
    }

    fn new(folder: &Path) -> Journal {
        let (journal, found) = open(folder);
        assert!(found.is_empty());
        journal.clear().unwrap();
        journal
    }

    fn ids(jobs: &[Unsettled]) -> Vec<JobId> {
        jobs.iter().map(|job| job.id).collect()
    }

    #[tokio::test]
    async fn what_is_kept_is_found_again_as_far_as_it_counts() {
        let folder = tempfile::tempdir().unwrap();
        let journal = new(folder.path());
        let [runs, sure, confirmed, doubtful, withdrawn, settled] = [(); 6].map(|()| begin(&journal, "begun"));
        for (id, text, is_sure) in [
            (sure, "sure", true),
            (confirmed, "confirmed", false),
            (doubtful, "doubtful", false),
            (withdrawn, "withdrawn", false),
            (settled, "settled", true),
        ] {
            assert_eq!(journal.end(id, ending(id, text), is_sure).await.unwrap(), Kept::Here);
        }
        journal.confirm(confirmed);
        journal.withdraw(withdrawn);
        assert_eq!(journal.end(withdrawn, ending(withdrawn, "failed"), true).await.unwrap(), Kept::Here);
        let stranger = JobId::generate();
        assert_eq!(journal.end(stranger, ending(stranger, ""), true).await.unwrap(), Kept::NotBegun);
        assert_eq!(
            journal.end(sure, ending(sure, "again"), true).await.unwrap_err().message(),
            ended_before().message()
        );
        journal.settled(&journal.unsettled_of([settled]));
        let expected = [
            (runs, None),
            (sure, Some("sure")),
            (confirmed, Some("confirmed")),
            (doubtful, None),
            (withdrawn, Some("failed")),
        ];
        let look = |journal: &Journal| {
            for (id, text) in expected {
                let found = journal.unsettled_of([id]);
                let end = found[0].end.as_deref().map(|end| end.job[0].clone());
                assert_eq!(end, text.map(|text| Value::Text(text.into())), "{text:?}");
            }
            assert_eq!(journal.in_doubt().iter().map(|(id, _)| *id).collect::<Vec<_>>(), [doubtful]);
        };
        look(&journal);
        drop(journal);
        // What was settled is there too: only a file that begins anew forgets.
        let (journal, found) = open(folder.path());
        assert_eq!(found.len(), 6);
        look(&journal);
        // Once the tables have them, what is in doubt stays.
        journal.settled(&found);
        assert_eq!((ids(&journal.unsettled()), journal.in_doubt().len()), (vec![doubtful], 1));
        drop(journal);
        let (journal, _) = open(folder.path());
        journal.clear().unwrap();
        drop(journal);
        assert!(open(folder.path()).1.is_empty());
    }

    #[tokio::test]
    async fn a_long_file_is_left_for_the_other_when_that_can_begin_anew() {
        let folder = tempfile::tempdir().unwrap();
        let journal = new(folder.path());
        let long = "x".repeat(usize::try_from(LONG).unwrap());
        let current = || journal.state().current;
        let start = current();
        let first = begin(&journal, &long);
        let second = begin(&journal, &long);
        assert_eq!(current(), 1 - start);
        // The first still runs, in the file that would be next.
        assert_eq!(ids(&journal.stragglers()), [first]);
        let third = begin(&journal, "");
        assert_eq!(current(), 1 - start);
        // Its end is in the other file than its beginning, and both are found.
        journal.end(first, ending(first, ""), true).await.unwrap();
        assert!(open(folder.path()).1.iter().any(|job| job.id == first && job.end.is_some()));
        journal.settled(&journal.stragglers());
        let fourth = begin(&journal, "");
        assert_eq!(current(), start);
        let mut left = ids(&journal.unsettled());
        left.sort();
        let mut expected = vec![second, third, fourth];
        expected.sort();
        assert_eq!(left, expected);
        let found = open(folder.path()).1;
        assert!(found.iter().any(|job| job.id == fourth) && !found.iter().any(|job| job.id == first));
    }

    #[tokio::test]
    async fn what_comes_to_its_end_while_its_beginning_is_settled_is_settled_again() {
        let folder = tempfile::tempdir().unwrap();
        let journal = new(folder.path());
        let id = begin(&journal, "");
        let running = journal.unsettled();
        journal.end(id, ending(id, ""), false).await.unwrap();
        journal.settled(&running);
        assert_eq!((journal.count_ended(), journal.in_doubt().len()), (0, 1));
        journal.confirm(id);
        assert_eq!((journal.count_ended(), ids(&journal.ended())), (1, vec![id]));
        journal.settled(&journal.ended());
        assert_eq!((journal.count_ended(), journal.unsettled().len()), (0, 0));
    }

    #[tokio::test]
    async fn a_closed_journal_takes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let journal = new(folder.path());
        let id = begin(&journal, "");
        journal.close();
        let other = JobId::generate();
        let refusals = [
            journal.begin(other, Beginning { job: row(other, ""), events: vec![] }).unwrap_err(),
            journal.end(id, ending(id, ""), true).await.unwrap_err(),
        ];
        assert!(refusals.iter().all(|error| error.message() == closed().message()), "{refusals:?}");
    }
}

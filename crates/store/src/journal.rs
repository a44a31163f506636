//! The beginnings of jobs, before they stand in the tables.
//!
//! That a job began must survive a kill of the process, and needs no more: a job
//! without an idempotency key, whose run is lost in a power cut, was lost before
//! anybody heard of it. So its beginning is appended to a file, which takes one call of the
//! system, and its rows are written when it ends, all at once. That halves the
//! tables' work for a short job, and saves it a way to the writer's thread and back.
//! Whoever reads before that has what has begun written first
//! (`SqliteStore::settle`); an opened store starts with what the file still holds.
//!
//! Two files take turns, so that one can be emptied while jobs that began in the
//! other still run. A job that runs for longer than that is settled.
//!
//! Rejected: the beginning in the tables, which costs a transaction for rows that mostly
//! nobody reads; memory, which a kill loses. The format is our own, because rows are all it holds: a length, a checksum, and the values of a job's row and of its events' rows.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use levers_model::{JobId, Result};
use rusqlite::types::Value;

use crate::failure::{closed, moved, not_journaled, refused};
use crate::file::Place;
use crate::rows::Values;

/// From how many bytes on the files take turns.
const LONG: u64 = 8 * 1024 * 1024;

/// The rows of a job that began.
#[derive(Debug, PartialEq)]
pub(crate) struct Beginning {
    pub(crate) job: Values,
    pub(crate) events: Vec<Values>,
}

/// What has begun and is not in the tables, in memory and on file.
pub(crate) struct Journal {
    state: Mutex<State>,
    /// The store's file: what it is beside must still be found by somebody.
    place: Place,
}

struct State {
    sheets: [Sheet; 2],
    current: usize,
    pending: HashMap<JobId, (Arc<Beginning>, usize)>,
    closed: bool,
}

struct Sheet {
    file: File,
    length: u64,
    pending: usize,
}

impl Journal {
    /// Takes over two files; says what they hold.
    pub(crate) fn open(files: [File; 2], place: Place) -> io::Result<(Self, Vec<Beginning>)> {
        let mut found = Vec::new();
        let [first, second] = files;
        let mut sheet = |mut file: File| {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            found.extend(read(&bytes));
            io::Result::Ok(Sheet { length: bytes.len() as u64, file, pending: 0 })
        };
        let sheets = [sheet(first)?, sheet(second)?];
        let state = State { sheets, current: 0, pending: HashMap::new(), closed: false };
        Ok((Self { state: Mutex::new(state), place }, found))
    }

    /// Forgets what was found at the opening, when it is in the tables.
    pub(crate) fn clear(&self) -> io::Result<()> {
        self.state().sheets.iter_mut().try_for_each(Sheet::clear)
    }

    /// Takes no further beginning. What still runs is found at the next opening.
    pub(crate) fn close(&self) {
        self.state().closed = true;
    }

    /// Notes a beginning; when this returns, a kill of the process does not lose it.
    pub(crate) fn begin(&self, id: JobId, beginning: Beginning) -> Result<()> {
        if !self.place.holds() {
            return Err(moved());
        }
        let entry = entry(&beginning);
        let mut state = self.state();
        if state.closed {
            return Err(closed());
        }
        if state.pending.contains_key(&id) {
            return Err(refused("it has begun already"));
        }
        let current = state.turn().map_err(not_journaled)?;
        state.sheets[current].append(&entry).map_err(not_journaled)?;
        state.sheets[current].pending += 1;
        state.pending.insert(id, (Arc::new(beginning), current));
        Ok(())
    }

    /// A job's beginning, if it is not known to be in the tables.
    pub(crate) fn beginning(&self, id: JobId) -> Option<Arc<Beginning>> {
        self.state().pending.get(&id).map(|(beginning, _)| Arc::clone(beginning))
    }

    /// All that has begun and is not known to be in the tables.
    pub(crate) fn pending(&self) -> Vec<(JobId, Arc<Beginning>)> {
        self.state().pending.iter().map(|(id, (beginning, _))| (*id, Arc::clone(beginning))).collect()
    }

    /// Those that keep the other file from being emptied while this one is long.
    pub(crate) fn stragglers(&self) -> Vec<(JobId, Arc<Beginning>)> {
        let state = self.state();
        if state.sheets[state.current].length < LONG {
            return Vec::new();
        }
        let in_the_other = state.pending.iter().filter(|(_, (_, sheet))| *sheet != state.current);
        in_the_other.map(|(id, (beginning, _))| (*id, Arc::clone(beginning))).collect()
    }

    /// These are in the tables.
    pub(crate) fn settled(&self, ids: impl IntoIterator<Item = JobId>) {
        let mut state = self.state();
        for id in ids {
            if let Some((_, sheet)) = state.pending.remove(&id) {
                state.sheets[sheet].pending -= 1;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The file to write to: the other one when this one is long and that one can be emptied.
    fn turn(&mut self) -> io::Result<usize> {
        let other = 1 - self.current;
        if self.sheets[self.current].length >= LONG && self.sheets[other].pending == 0 {
            self.sheets[other].clear()?;
            self.current = other;
        }
        Ok(self.current)
    }
}

impl Sheet {
    /// Writes behind the last whole entry, over what is left of one that failed: half an
    /// entry would hide those after it.
    fn append(&mut self, entry: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        if let Err(error) = self.file.write_all(entry) {
            // The disk is full; where even this fails, the next entry goes over it.
            let _ = self.file.set_len(self.length);
            return Err(error);
        }
        self.length += entry.len() as u64;
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.length = 0;
        Ok(())
    }
}

/// Before the values: their length and their checksum.
const HEAD: usize = 8;

fn entry(beginning: &Beginning) -> Vec<u8> {
    let mut bytes = vec![0; HEAD];
    for row in std::iter::once(&beginning.job).chain(&beginning.events) {
        bytes.extend(u16::try_from(row.len()).unwrap_or(u16::MAX).to_le_bytes());
        for value in row {
            write_value(&mut bytes, value);
        }
    }
    let body = &bytes[HEAD..];
    let (length, checksum) = (u32::try_from(body.len()).unwrap_or(u32::MAX), crc32fast::hash(body));
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    bytes[4..HEAD].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn write_value(bytes: &mut Vec<u8>, value: &Value) {
    let (tag, content): (u8, &[u8]) = match value {
        Value::Null => (0, &[]),
        Value::Integer(number) => (1, &number.to_le_bytes()),
        Value::Real(number) => (2, &number.to_le_bytes()),
        Value::Text(text) => (3, text.as_bytes()),
        Value::Blob(blob) => (4, blob),
    };
    bytes.push(tag);
    bytes.extend(u32::try_from(content.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend(content);
}

/// The entries up to the first that is not whole: what follows it was never promised to anybody.
fn read(mut bytes: &[u8]) -> Vec<Beginning> {
    let mut found = Vec::new();
    while let Some(beginning) = read_entry(&mut bytes) {
        found.push(beginning);
    }
    found
}

fn read_entry(bytes: &mut &[u8]) -> Option<Beginning> {
    let length = u32::from_le_bytes(*take(bytes)?) as usize;
    let checksum = u32::from_le_bytes(*take(bytes)?);
    let (mut body, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    if crc32fast::hash(body) != checksum {
        return None;
    }
    let job = read_row(&mut body)?;
    let mut events = Vec::new();
    while !body.is_empty() {
        events.push(read_row(&mut body)?);
    }
    Some(Beginning { job, events })
}

fn read_row(bytes: &mut &[u8]) -> Option<Values> {
    let count = u16::from_le_bytes(*take(bytes)?);
    (0..count).map(|_| read_value(bytes)).collect()
}

fn read_value(bytes: &mut &[u8]) -> Option<Value> {
    let [tag] = *take::<1>(bytes)?;
    let length = u32::from_le_bytes(*take(bytes)?) as usize;
    let (content, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(match tag {
        0 => Value::Null,
        1 => Value::Integer(i64::from_le_bytes(content.try_into().ok()?)),
        2 => Value::Real(f64::from_le_bytes(content.try_into().ok()?)),
        3 => Value::Text(String::from_utf8(content.to_vec()).ok()?),
        4 => Value::Blob(content.to_vec()),
        _ => return None,
    })
}

fn take<'b, const N: usize>(bytes: &mut &'b [u8]) -> Option<&'b [u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn beginning(text: &str) -> Beginning {
        let row =
            vec![Value::Null, Value::Integer(-7), Value::Real(0.5), Value::Text(text.into()), Value::Blob(vec![0, 9])];
        Beginning { events: vec![row.clone(), vec![]], job: row }
    }

    #[test]
    fn entries_read_back_up_to_the_first_that_is_not_whole() {
        let bytes: Vec<u8> = ["a", "é", ""].iter().flat_map(|text| entry(&beginning(text))).collect();
        assert_eq!(read(&bytes), ["a", "é", ""].map(beginning));
        for cut in 0..bytes.len() {
            let whole = read(&bytes[..cut]);
            assert!(whole.len() < 3 && whole == ["a", "é", ""].map(beginning)[..whole.len()], "{cut}");
        }
        let mut damaged = bytes.clone();
        damaged[HEAD] ^= 1;
        assert_eq!(read(&damaged), []);
    }

    #[test]
    fn a_long_file_is_left_for_the_other_when_that_can_be_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let file = |name: &str| File::create_new(folder.path().join(name)).unwrap();
        std::fs::write(&path, "").unwrap();
        let (journal, found) = Journal::open([file("b"), file("c")], Place::of(&path).unwrap()).unwrap();
        assert_eq!(found, []);
        let lengths = || ["b", "c"].map(|name| std::fs::metadata(folder.path().join(name)).unwrap().len());
        let long = "x".repeat(usize::try_from(LONG).unwrap());
        let [first, second, third, fourth] = [(); 4].map(|()| JobId::generate());
        journal.begin(first, beginning(&long)).unwrap();
        journal.begin(second, beginning(&long)).unwrap();
        assert!(lengths().iter().all(|length| *length > LONG));
        // The first still runs, in the file that would be next.
        assert_eq!(journal.stragglers().iter().map(|(id, _)| *id).collect::<Vec<_>>(), [first]);
        journal.begin(third, beginning("")).unwrap();
        assert!(lengths()[1] > LONG);
        journal.settled([first]);
        journal.begin(fourth, beginning("")).unwrap();
        assert!(lengths()[0] < LONG);
        assert_eq!(journal.pending().len(), 3);
        assert!(journal.beginning(first).is_none() && journal.beginning(fourth).is_some());
        journal.settled([second, third, fourth]);
        journal.clear().unwrap();
        assert_eq!(lengths(), [0, 0]);
    }

    #[test]
    fn what_is_left_of_an_entry_that_failed_hides_none() {
        let mut file = tempfile::tempfile().unwrap();
        let whole = entry(&beginning("whole"));
        // As after a full disk: the first half of an entry, and the place behind it.
        file.write_all(&whole).unwrap();
        file.write_all(&entry(&beginning(&"x".repeat(100)))[..80]).unwrap();
        let mut sheet = Sheet { file, length: whole.len() as u64, pending: 0 };
        sheet.append(&entry(&beginning("next"))).unwrap();
        let mut bytes = Vec::new();
        sheet.file.seek(SeekFrom::Start(0)).unwrap();
        sheet.file.read_to_end(&mut bytes).unwrap();
        assert_eq!(read(&bytes), ["whole", "next"].map(beginning));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            read(&bytes);
        }
    }
}

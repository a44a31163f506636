//! One file of the journal.
//!
//! It begins with its generation, and each entry's checksum is reckoned with that: the file
//! begins anew by a higher one, and what is left of the earlier entries is none any more. So
//! its blocks stay where they are, and to have an entry on disk is to have just its bytes
//! there; in a file that grows, or is cut, the file system has to write about that too, which
//! takes half as long again. Where it must grow it does so by many entries at once.

use std::fs::File;
use std::io::{self, Read as _};

use super::entry::{Entry, take};

/// From how many bytes on the files take turns.
pub(super) const LONG: u64 = 8 * 1024 * 1024;

/// By how many bytes a file grows.
const STEP: u64 = 256 * 1024;

/// What a file begins with, before its generation.
const MARK: [u8; 8] = *b"LvrJrnl1";

/// The mark and the generation.
const START: u64 = 16;

/// Before an entry: its length and its checksum.
const HEAD: usize = 8;

pub(super) struct Sheet {
    file: File,
    pub(super) generation: u64,
    /// Where the next entry goes.
    pub(super) end: u64,
    /// How long the file is.
    size: u64,
    /// How many entries are still needed.
    pub(super) held: usize,
}

impl Sheet {
    /// Takes over a file; says what it holds. One that holds nothing has the generation 0.
    pub(super) fn open(mut file: File) -> io::Result<(Self, Vec<Entry>)> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let size = bytes.len() as u64;
        let (generation, entries, end) = read(&bytes).unwrap_or((0, Vec::new(), START));
        Ok((Self { file, generation, end, size, held: 0 }, entries))
    }

    /// For whoever waits until it is on disk.
    pub(super) fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Waits until what was written is on disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Forgets all entries.
    pub(super) fn begin_anew(&mut self, generation: u64) -> io::Result<()> {
        if self.size > 2 * LONG {
            // It had to hold more than is usual.
            self.file.set_len(LONG)?;
            self.size = LONG;
        }
        let mut start = [0; 16];
        start[..8].copy_from_slice(&MARK);
        start[8..].copy_from_slice(&generation.to_le_bytes());
        write_at(&mut self.file, &start, 0)?;
        (self.generation, self.end, self.held) = (generation, START, 0);
        self.size = self.size.max(START);
        Ok(())
    }

    /// Writes entries behind the last whole one, over what is left of one that failed.
    pub(super) fn append(&mut self, entries: &[&[u8]]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(entries.iter().map(|entry| HEAD + entry.len()).sum());
        for entry in entries {
            bytes.extend(u32::try_from(entry.len()).unwrap_or(u32::MAX).to_le_bytes());
            bytes.extend(checksum(self.generation, entry).to_le_bytes());
            bytes.extend(*entry);
        }
        let end = self.end + bytes.len() as u64;
        if end > self.size {
            self.grow(end);
        }
        write_at(&mut self.file, &bytes, self.end)?;
        self.end = end;
        self.size = self.size.max(end);
        Ok(())
    }

    /// Makes room, if there is any: where the disk is full, the entries themselves may still fit.
    fn grow(&mut self, end: u64) {
        let grown = end.next_multiple_of(STEP);
        let zeros = vec![0; usize::try_from(grown - self.size).unwrap_or_default()];
        if write_at(&mut self.file, &zeros, self.size).is_ok() {
            self.size = grown;
        }
    }
}

#[cfg(unix)]
fn write_at(file: &mut File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(not(unix))]
fn write_at(file: &mut File, bytes: &[u8], at: u64) -> io::Result<()> {
    use std::io::{Seek as _, SeekFrom, Write as _};
    file.seek(SeekFrom::Start(at))?;
    file.write_all(bytes)
}

fn checksum(generation: u64, entry: &[u8]) -> u32 {
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&generation.to_le_bytes());
    checksum.update(entry);
    checksum.finalize()
}

/// The generation, the entries up to the first that is not whole, and where that begins: what follows was never promised to
/// anybody.
fn read(bytes: &[u8]) -> Option<(u64, Vec<Entry>, u64)> {
    let mut rest = bytes.strip_prefix(&MARK)?;
    let generation = u64::from_le_bytes(*take(&mut rest)?);
    let mut entries = Vec::new();
    let mut end = START;
    while let Some((entry, length)) = read_entry(generation, rest) {
        entries.push(entry);
        rest = &rest[length..];
        end += length as u64;
    }
    Some((generation, entries, end))
}

fn read_entry(generation: u64, mut bytes: &[u8]) -> Option<(Entry, usize)> {
    let length = u32::from_le_bytes(*take(&mut bytes)?) as usize;
    let expected = u32::from_le_bytes(*take(&mut bytes)?);
    let entry = bytes.get(..length)?;
    if checksum(generation, entry) != expected {
        return None;
    }
    Some((Entry::from_bytes(entry)?, HEAD + length))
}

#[cfg(test)]
mod tests {
    use std::io::{Seek as _, SeekFrom};

    use levers_model::JobId;
    use proptest::prelude::*;

    use super::super::entry::confirmed;
    use super::*;

    fn sheet() -> Sheet {
        let mut sheet = Sheet::open(tempfile::tempfile().unwrap()).unwrap().0;
        sheet.begin_anew(1).unwrap();
        sheet
    }

    fn bytes(sheet: &mut Sheet) -> Vec<u8> {
        let mut bytes = Vec::new();
        sheet.file.seek(SeekFrom::Start(0)).unwrap();
        sheet.file.read_to_end(&mut bytes).unwrap();
        bytes
    }

    /// The ids that its entries confirm.
    fn ids(bytes: &[u8]) -> Vec<JobId> {
        let entries = read(bytes).map(|(_, entries, _)| entries).unwrap_or_default();
        let ids = entries.into_iter().flat_map(|entry| match entry {
            Entry::Confirmed(ids) => ids,
            other => panic!("{other:?}"),
        });
        ids.collect()
    }

    #[test]
    fn entries_read_back_up_to_the_first_that_is_not_whole() {
        let jobs = [(); 3].map(|()| JobId::generate());
        let mut sheet = sheet();
        sheet.append(&[&confirmed(&jobs[..1]), &confirmed(&jobs[1..2])]).unwrap();
        sheet.append(&[&confirmed(&jobs[2..])]).unwrap();
        let end = usize::try_from(sheet.end).unwrap();
        let whole = bytes(&mut sheet);
        assert_eq!(whole.len() as u64, STEP);
        for cut in 0..=end {
            let found = ids(&whole[..cut]);
            assert_eq!(found, jobs[..found.len()], "{cut}");
            assert_eq!(found.len() == 3, cut == end, "{cut}");
        }
        let mut damaged = whole;
        damaged[16 + HEAD] ^= 1;
        assert_eq!(ids(&damaged), []);
    }

    #[test]
    fn what_is_left_of_an_earlier_generation_is_not_read() {
        let jobs = [(); 3].map(|()| JobId::generate());
        let mut sheet = sheet();
        for job in jobs {
            sheet.append(&[&confirmed(&[job])]).unwrap();
        }
        sheet.begin_anew(2).unwrap();
        assert_eq!(ids(&bytes(&mut sheet)), []);
        sheet.append(&[&confirmed(&jobs[1..2])]).unwrap();
        assert_eq!(ids(&bytes(&mut sheet)), jobs[1..2]);
        let (again, entries) = Sheet::open({
            sheet.file.seek(SeekFrom::Start(0)).unwrap();
            sheet.file
        })
        .unwrap();
        assert_eq!((again.generation, again.end, entries.len()), (2, sheet.end, 1));
    }

    #[test]
    fn a_file_that_grew_beyond_the_usual_gives_its_disk_back() {
        let mut sheet = sheet();
        sheet.append(&[&vec![0; usize::try_from(3 * LONG).unwrap()]]).unwrap();
        assert!(sheet.size > 3 * LONG);
        sheet.begin_anew(2).unwrap();
        assert_eq!((sheet.size, bytes(&mut sheet).len() as u64), (LONG, LONG));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            read(&[&MARK[..], &bytes].concat());
        }
    }
}

//! What stands in the journal, as bytes and back.
//!
//! The format is our own, because rows are all it holds: what kind of entry it is, and the
//! values of its rows, each with a tag and a length.

use levers_model::JobId;
use rusqlite::types::Value;
use uuid::Uuid;

use crate::rows::Values;

/// The rows of a job that began.
#[derive(Debug, PartialEq)]
pub(crate) struct Beginning {
    pub(crate) job: Values,
    pub(crate) events: Vec<Values>,
}

/// The rows of a job's end.
#[derive(Debug, PartialEq)]
pub(crate) struct Ending {
    /// What the end sets, and the job's id.
    pub(crate) job: Values,
    pub(crate) events: Vec<Values>,
}

/// One entry.
#[derive(Debug, PartialEq)]
pub(super) enum Entry {
    Began(Beginning),
    /// `sure` when what the job changed was on disk before.
    Ended {
        ending: Ending,
        sure: bool,
    },
    /// What these jobs changed is on disk too.
    Confirmed(Vec<JobId>),
}

const BEGAN: u8 = 1;
const ENDED: u8 = 2;
const ENDED_SURELY: u8 = 3;
const CONFIRMED: u8 = 4;

impl Beginning {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        rows(BEGAN, &self.job, &self.events)
    }
}

impl Ending {
    pub(super) fn to_bytes(&self, sure: bool) -> Vec<u8> {
        rows(if sure { ENDED_SURELY } else { ENDED }, &self.job, &self.events)
    }
}

/// The entry that these jobs are confirmed.
pub(super) fn confirmed(ids: &[JobId]) -> Vec<u8> {
    std::iter::once(CONFIRMED).chain(ids.iter().flat_map(|id| *id.uuid().as_bytes())).collect()
}

impl Entry {
    /// `None` for bytes that are none.
    pub(super) fn from_bytes(mut bytes: &[u8]) -> Option<Self> {
        let [kind] = *take(&mut bytes)?;
        if kind == CONFIRMED {
            let (ids, rest) = bytes.as_chunks();
            let ids = ids.iter().map(|id| JobId::from_uuid(Uuid::from_bytes(*id))).collect();
            return rest.is_empty().then_some(Self::Confirmed(ids));
        }
        let job = read_row(&mut bytes)?;
        let mut events = Vec::new();
        while !bytes.is_empty() {
            events.push(read_row(&mut bytes)?);
        }
        match kind {
            BEGAN => Some(Self::Began(Beginning { job, events })),
            ENDED | ENDED_SURELY => Some(Self::Ended { ending: Ending { job, events }, sure: kind == ENDED_SURELY }),
            _ => None,
        }
    }
}

fn rows(kind: u8, job: &Values, events: &[Values]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2048);
    bytes.push(kind);
    for row in std::iter::once(job).chain(events) {
        bytes.extend(u16::try_from(row.len()).unwrap_or(u16::MAX).to_le_bytes());
        for value in row {
            write_value(&mut bytes, value);
        }
    }
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

fn read_row(bytes: &mut &[u8]) -> Option<Values> {
    let count = u16::from_le_bytes(*take(bytes)?);
    (0..count).map(|_| read_value(bytes)).collect()
}

fn read_value(bytes: &mut &[u8]) -> Option<Value> {
    let [tag] = *take(bytes)?;
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

/// The next bytes, which are left out of the rest.
pub(super) fn take<'b, const N: usize>(bytes: &mut &'b [u8]) -> Option<&'b [u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entries_read_back_and_parts_of_them_do_not() {
        let row =
            || vec![Value::Null, Value::Integer(-7), Value::Real(0.5), Value::Text("é".into()), Value::Blob(vec![0])];
        let events = || vec![row(), row()];
        let id = JobId::generate();
        let entries = [
            (
                Beginning { job: row(), events: events() }.to_bytes(),
                Entry::Began(Beginning { job: row(), events: events() }),
            ),
            (
                Ending { job: row(), events: events() }.to_bytes(true),
                Entry::Ended { ending: Ending { job: row(), events: events() }, sure: true },
            ),
            (
                Ending { job: row(), events: vec![] }.to_bytes(false),
                Entry::Ended { ending: Ending { job: row(), events: vec![] }, sure: false },
            ),
            (confirmed(&[id, id]), Entry::Confirmed(vec![id, id])),
        ];
        for (bytes, entry) in entries {
            for cut in 0..bytes.len() {
                assert_ne!(Entry::from_bytes(&bytes[..cut]).as_ref(), Some(&entry), "{cut}");
            }
            assert_eq!(Entry::from_bytes(&bytes), Some(entry));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            Entry::from_bytes(&bytes);
        }
    }
}

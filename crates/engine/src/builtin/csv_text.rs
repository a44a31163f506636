//! Records as CSV, written straight into a buffer.
//!
//! A million rows pass here, so nothing is allocated per cell that need not be.
//! A spreadsheet runs a text that begins like a formula; such texts get an
//! apostrophe in front, which spreadsheets hide. Numbers never do: a negative
//! amount must stay a number.

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use levers_model::{Error, Record, Result, Value};

/// How large a chunk is before it is handed on, in bytes.
const CHUNK: usize = 64 * 1024;

/// Writes rows and hands on chunks.
pub(super) struct CsvText {
    writer: csv::Writer<Buffer>,
    buffer: Buffer,
    scratch: Vec<u8>,
}

/// Shared with the writer, which offers no way to take what was written.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl CsvText {
    /// Begins with a line of titles.
    pub(super) fn new(titles: &[String]) -> Result<Self> {
        let buffer = Buffer::default();
        let writer = csv::WriterBuilder::new().buffer_capacity(CHUNK / 4).flexible(true).from_writer(buffer.clone());
        let mut text = Self { writer, buffer, scratch: Vec::new() };
        for title in titles {
            text.text(title)?;
        }
        text.end_row()?;
        Ok(text)
    }

    /// Writes a row; `places` are the cells' places among the record's values.
    pub(super) fn row(&mut self, record: &Record, places: &[usize]) -> Result<()> {
        for place in places {
            match record.values().get(*place) {
                None | Some(Value::Null) => self.field(b"")?,
                Some(Value::Text(text)) => self.text(text)?,
                Some(Value::Int(int)) => self.printed(int)?,
                Some(Value::Float(float)) => self.printed(float)?,
                Some(Value::Bool(bool)) => self.field(if *bool { b"true" } else { b"false" })?,
                Some(Value::Uuid(uuid)) => self.printed(uuid)?,
                Some(Value::Date(date)) => self.printed(date)?,
                Some(other) => self.field(other.to_text().as_bytes())?,
            }
        }
        self.end_row()
    }

    /// A chunk that is large enough to be handed on.
    pub(super) fn full(&self) -> Option<Bytes> {
        let mut buffer = self.buffer.0.lock().unwrap_or_else(PoisonError::into_inner);
        (buffer.len() >= CHUNK).then(|| std::mem::replace(&mut *buffer, Vec::with_capacity(CHUNK + CHUNK / 4)).into())
    }

    /// What is left at the end.
    pub(super) fn rest(&mut self) -> Result<Bytes> {
        self.writer.flush().map_err(Error::internal)?;
        Ok(std::mem::take(&mut *self.buffer.0.lock().unwrap_or_else(PoisonError::into_inner)).into())
    }

    fn text(&mut self, text: &str) -> Result<()> {
        if !is_formula(text) {
            return self.field(text.as_bytes());
        }
        self.scratch.clear();
        self.scratch.push(b'\'');
        self.scratch.extend_from_slice(text.as_bytes());
        self.writer.write_field(&self.scratch).map_err(Error::internal)
    }

    fn printed(&mut self, value: &impl std::fmt::Display) -> Result<()> {
        self.scratch.clear();
        write!(self.scratch, "{value}").map_err(Error::internal)?;
        self.writer.write_field(&self.scratch).map_err(Error::internal)
    }

    fn field(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_field(bytes).map_err(Error::internal)
    }

    fn end_row(&mut self) -> Result<()> {
        self.writer.write_record(None::<&[u8]>).map_err(Error::internal)
    }
}

/// Whether a spreadsheet would run a text.
fn is_formula(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'=' | b'@' | b'\t' | b'\r' | b'\n') => true,
        Some(b'+' | b'-') => !is_number(text),
        // The full-width forms of the same, which some spreadsheets read alike.
        Some(0xEF) => text.starts_with(['＝', '＋', '－', '＠']),
        _ => false,
    }
}

/// A plain number: a sign, digits, at most one point, perhaps an exponent.
fn is_number(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cell(value: Value) -> String {
        let mut text = CsvText::new(&["a".into(), "b".into()]).unwrap();
        let record = Record::new(vec!["a".into(), "b".into()].into(), vec![value, Value::Null]);
        text.row(&record, &[0, 1]).unwrap();
        let bytes = text.rest().unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_ref());
        reader.records().next().unwrap().unwrap()[0].to_owned()
    }

    #[test]
    fn formulas_are_neutralised_and_numbers_are_not() {
        for formula in ["=1+1", "+1 555", "-a", "@x", "\tx", "\rx", "-1+cmd", "＝1", "--1", "-"] {
            assert_eq!(cell(formula.into()), format!("'{formula}"));
        }
        for plain in ["-1", "+1.5", "-1e5", "a=1", "", "é", "1-2"] {
            assert_eq!(cell(plain.into()), plain);
        }
        assert_eq!(cell(Value::Int(-5)), "-5");
        assert_eq!(cell(Value::Float(-0.5)), "-0.5");
    }

    #[test]
    fn titles_are_texts_too() {
        let mut text = CsvText::new(&["=x".into(), "a,b".into()]).unwrap();
        assert_eq!(text.rest().unwrap(), "'=x,\"a,b\"\n");
    }

    proptest! {
        #[test]
        fn any_text_reads_back_but_for_its_apostrophe(text in "(?s).{0,30}") {
            let read = cell(Value::Text(text.clone()));
            let quoted = format!("'{text}");
            prop_assert!(read == text || read == quoted);
        }
    }
}

//! Long readings. Each has a connection of its own, which is closed with it:
//! opening one takes a fraction of a millisecond, and interrupting it can then
//! never hit the next reading. Rows travel in chunks, and only as fast as they
//! are taken.

use std::sync::Arc;

use futures::stream::BoxStream;
use levers_model::Error;
use rusqlite::{Connection, InterruptHandle};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::spawn_blocking;

use super::bind::bind;
use super::file::{Access, File};
use crate::db::{Built, Row};
use crate::error::{self, Failure};
use crate::value::{Decoder, sqlite};

/// Rows of a chunk.
const CHUNK: usize = 256;

/// Chunks that wait to be taken.
const AHEAD: usize = 2;

/// Some rows. None at all mark the end; a channel that closes without them lost
/// its thread, and what was read is not complete.
type Chunk = rusqlite::Result<Vec<Row>>;

/// The end of a reading where its rows arrive.
struct Reading {
    chunks: mpsc::Receiver<Chunk>,
    interrupt: InterruptHandle,
}

impl Drop for Reading {
    fn drop(&mut self) {
        // It may be looking for its next row among millions.
        self.interrupt.interrupt();
    }
}

/// Reads a statement's rows one after the other; the permit is held meanwhile.
pub(super) async fn rows(
    file: Arc<File>,
    built: Built,
    decoders: Vec<Decoder>,
    permit: OwnedSemaphorePermit,
) -> Result<BoxStream<'static, Result<Row, Error>>, Failure> {
    let connection = spawn_blocking(move || file.connect(Access::Read)).await.map_err(|_| Failure::Crashed)??;
    let (sender, chunks) = mpsc::channel(AHEAD);
    let mut reading = Reading { chunks, interrupt: connection.get_interrupt_handle() };
    spawn_blocking(move || {
        let _permit = permit;
        let ended = read(&connection, &built, &decoders, &sender);
        // Who is not there any more does not miss it.
        let _ = sender.blocking_send(ended.map(|()| Vec::new()));
    });
    Ok(Box::pin(async_stream::try_stream! {
        loop {
            let chunk = reading.chunks.recv().await.ok_or(Failure::Crashed).and_then(|chunk| Ok(chunk?));
            let chunk = chunk.map_err(|failure| error::public(&failure, None))?;
            if chunk.is_empty() {
                break;
            }
            for row in chunk {
                yield row;
            }
        }
    }))
}

/// Sends full chunks and what is left, until nobody takes them.
fn read(
    connection: &Connection,
    built: &Built,
    decoders: &[Decoder],
    sender: &mpsc::Sender<Chunk>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(&built.sql)?;
    bind(&mut statement, &built.values)?;
    let mut cursor = statement.raw_query();
    let mut chunk = Vec::with_capacity(CHUNK);
    while let Some(row) = cursor.next()? {
        chunk.push(sqlite::row(row, decoders));
        if chunk.len() == CHUNK
            && sender.blocking_send(Ok(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK)))).is_err()
        {
            return Ok(());
        }
    }
    if !chunk.is_empty() {
        let _ = sender.blocking_send(Ok(chunk));
    }
    Ok(())
}

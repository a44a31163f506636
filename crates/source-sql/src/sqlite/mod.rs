//! An SQLite file: threads that own its connections.
//!
//! SQLite works where it is called, so somebody's thread must do the work. Here
//! an operation (a list, or a whole transaction of writes) is handed to a thread
//! in one message and its result handed back in one: a few threads read
//! (`workers`), one writes, one waits for the disk (`sync`), one keeps the log
//! short (`checkpoint`), and long readings have a thread and a connection of
//! their own (`stream`), so that exports do not keep lists waiting. As many lists
//! or computations as there are reading threads run at a time; those behind them
//! wait, and are told after a while that they waited in vain.
//!
//! Rejected: sqlx's SQLite, which sends each statement to a thread and each row
//! back through a channel, so that a small update costs a dozen switches of
//! context; several writing connections, which spend their time in `SQLITE_BUSY`;
//! one transaction for the writes of several callers, where each one's violated
//! constraint would be everybody's.

mod bind;
mod checkpoint;
mod file;
mod stream;
mod sync;
mod workers;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use levers_model::Error;
use rusqlite::Connection;
use tokio::sync::Semaphore;

pub(crate) use bind::bind;
pub(crate) use file::{File, open};

use self::file::{Access, Place};
use self::sync::{Log, Syncer};
use self::workers::Workers;
use crate::db::{Built, Row, Step};
use crate::error::Failure;
use crate::value::{Decoder, sqlite};

/// How long a read waits for those before it.
const READ_PATIENCE: Duration = Duration::from_secs(5);

/// How long a write waits for those before it, of which one may be about a
/// million records.
const WRITE_PATIENCE: Duration = Duration::from_mins(1);

/// The most long readings at a time; one whose reader is slow lasts for minutes.
const STREAMS: usize = 8;

/// The connections of one file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    file: Arc<File>,
    place: Arc<Place>,
    readers: Workers,
    writer: Workers,
    syncer: Syncer,
    streams: Arc<Semaphore>,
}

/// What a step did.
pub(crate) struct Done {
    pub(crate) rows: Vec<Row>,
    /// How many records it wrote; of no meaning for one that only read.
    pub(crate) affected: u64,
}

impl Sqlite {
    /// Starts the threads of a file. They end when this is dropped.
    pub(crate) fn start(file: File) -> io::Result<Self> {
        let readers = std::thread::available_parallelism().map_or(2, |cores| cores.get().clamp(2, 4));
        let (file, log) = (Arc::new(file), Log::default());
        Ok(Self {
            readers: Workers::start(&file, Access::Read, readers, READ_PATIENCE, &log)?,
            writer: Workers::start(&file, Access::Write, 1, WRITE_PATIENCE, &log)?,
            syncer: Syncer::start(log)?,
            place: Arc::new(Place::of(&file.path)?),
            streams: Arc::new(Semaphore::new(STREAMS)),
            file,
        })
    }

    /// Runs something on a connection that only reads.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        self.readers.run(work).await
    }

    /// Reads all rows of a statement.
    pub(crate) async fn fetch(&self, built: Built, decoders: Vec<Decoder>) -> Result<Vec<Row>, Failure> {
        self.read(move |connection| rows(connection, &built, &decoders)).await
    }

    /// Reads rows as they are asked for. Dropping the stream ends the reading.
    pub(crate) async fn stream(
        &self,
        built: Built,
        decoders: Vec<Decoder>,
    ) -> Result<BoxStream<'static, Result<Row, Error>>, Failure> {
        let permit = tokio::time::timeout(READ_PATIENCE, Arc::clone(&self.streams).acquire_owned()).await;
        let permit = permit.map_err(|_| Failure::TimedOut)?.map_err(|_| Failure::Crashed)?;
        stream::rows(Arc::clone(&self.file), built, decoders, permit).await
    }

    /// Runs these statements in one transaction: all of them or, when one fails, none.
    /// When it returns, a kill of the process loses nothing; a power cut may, before a [`Sqlite::flush`].
    pub(crate) async fn transact(&self, steps: Vec<Step>) -> Result<Vec<Done>, Failure> {
        self.write(move |connection| {
            let run = |step: &Step| {
                let rows = rows(connection, &step.built, &step.decoders)?;
                Ok(Done { rows, affected: connection.changes() })
            };
            steps.iter().map(run).collect()
        })
        .await
    }

    /// Has something done in a transaction that writes, kept as by [`Sqlite::transact`].
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let place = Arc::clone(&self.place);
        let work = move |connection: &mut Connection| {
            place.check()?;
            in_transaction(connection, work)
        };
        self.writer.run_logged(self.syncer.desk(), work).await
    }

    /// Waits until all that was written before this was called is on disk.
    pub(crate) fn flush(&self) -> impl Future<Output = Result<(), Failure>> + Send + use<> {
        self.syncer.synced()
    }

    /// Has something read that may take long, all of it from one state of the file, on
    /// a connection of its own.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let permit = tokio::time::timeout(READ_PATIENCE, Arc::clone(&self.streams).acquire_owned()).await;
        let permit = permit.map_err(|_| Failure::TimedOut)?.map_err(|_| Failure::Crashed)?;
        let file = Arc::clone(&self.file);
        let work = move || {
            let _permit = permit;
            let mut connection = file.connect(Access::Read)?;
            let transaction = connection.transaction()?;
            work(&transaction)
        };
        Ok(tokio::task::spawn_blocking(work).await.map_err(|_| Failure::Crashed)??)
    }

    /// Asks the file for a sign of life.
    pub(crate) async fn ping(&self) -> Result<(), Failure> {
        let place = Arc::clone(&self.place);
        self.read(move |connection| place.check().and_then(|()| file::touch(connection))).await
    }
}

/// Does something in a transaction that writes. Begin and end are prepared statements: two texts to
/// parse are a tenth of a short transaction.
fn in_transaction<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let run = |sql| connection.prepare_cached(sql)?.execute([]);
    run("BEGIN IMMEDIATE")?;
    let done = work(connection).and_then(|done| run("COMMIT").map(|_| done));
    if done.is_err() && !connection.is_autocommit() {
        // A connection that cannot roll back is not kept.
        let _ = run("ROLLBACK");
    }
    done
}

fn rows(connection: &Connection, built: &Built, decoders: &[Decoder]) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(&built.sql)?;
    bind(&mut statement, &built.values)?;
    let mut cursor = statement.raw_query();
    let mut rows = Vec::new();
    while let Some(row) = cursor.next()? {
        rows.push(sqlite::row(row, decoders));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use levers_model::ErrorKind;
    use sea_query::Values;

    use super::*;
    use crate::error;

    fn insert(bytes: usize) -> Vec<Step> {
        let built = Built { sql: format!("INSERT INTO a VALUES (zeroblob({bytes}))"), values: Values(vec![]) };
        vec![Step { built, decoders: vec![] }]
    }

    #[tokio::test]
    async fn a_full_disk_says_what_to_do_and_is_got_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE a (n)").unwrap();
        let sqlite = Sqlite::start(File { path, read_only: false }).unwrap();
        sqlite.writer.run(|connection| connection.execute_batch("PRAGMA max_page_count = 40")).await.unwrap();
        let failure = sqlite.transact(insert(1_000_000)).await.err().unwrap();
        let error = error::public(&failure, None);
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(
            error.message(),
            "The disk that holds the database is full. Nothing was written; free some space and try again."
        );
        assert_eq!(sqlite.transact(insert(10)).await.unwrap()[0].affected, 1);
    }

    #[tokio::test]
    async fn the_log_is_moved_while_writes_go_on_and_gone_after_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE a (n)").unwrap();
        let length = || std::fs::metadata(&path).unwrap().len();
        let file = File { path: path.clone(), read_only: false };
        let (log, before) = (file.log(), length());
        let sqlite = Sqlite::start(file).unwrap();
        // Never idle, and far fewer than SQLite itself would wait for.
        let mut writes = 0_u32;
        while length() == before {
            assert!(writes < 20_000, "nothing was moved");
            sqlite.transact(insert(10)).await.unwrap();
            writes += 1;
        }
        // Whoever closes the file last deletes its log.
        drop(sqlite);
        let end = std::time::Instant::now() + Duration::from_secs(10);
        while log.exists() {
            assert!(std::time::Instant::now() < end, "a thread keeps the file open");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let count =
            |connection: Connection| connection.query_row("SELECT count(*) FROM a", [], |row| row.get::<_, u32>(0));
        assert_eq!(Connection::open(&path).and_then(count).unwrap(), writes);
    }
}

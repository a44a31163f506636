//! Connections that wait to be used again.
//!
//! sqlx's pool opens them; lending is done here. Rejected: leaving that to the
//! pool too. It pings each connection whenever it comes back, which is one more
//! round trip for every statement, and an export that is given up half-way
//! would have to be read to its end first. A lease that is not given back, for
//! whatever reason, closes its connection, so none in an unknown state is ever
//! lent again.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::{Connection as _, Database, Pool};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections that were idle for longer are pinged before use.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);

type Idle<DB> = Arc<Mutex<Vec<(<DB as Database>::Connection, Instant)>>>;

/// Lends connections, a limited number at a time.
pub(crate) struct Lender<DB: Database> {
    opener: Pool<DB>,
    idle: Idle<DB>,
    permits: Arc<Semaphore>,
    patience: Duration,
}

/// A connection on loan.
pub(crate) struct Lease<DB: Database> {
    /// Dropped before the permit, so that there are never more than permitted.
    pub(crate) connection: DB::Connection,
    idle: Idle<DB>,
    permit: OwnedSemaphorePermit,
}

impl<DB: Database> Lender<DB> {
    /// Lends at most `largest` at a time; who gets none within `patience` is told so.
    pub(crate) fn new(opener: Pool<DB>, largest: usize, patience: Duration) -> Self {
        Self { opener, idle: Idle::<DB>::default(), permits: Arc::new(Semaphore::new(largest)), patience }
    }

    /// How many connections wait; after a restart of the server each is broken.
    pub(crate) fn waiting(&self) -> usize {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// The pool that opens connections.
    pub(crate) const fn opener(&self) -> &Pool<DB> {
        &self.opener
    }

    /// A connection, the one that was used last if there is one.
    pub(crate) async fn lend(&self) -> Result<Lease<DB>, sqlx::Error> {
        let permit = tokio::time::timeout(self.patience, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let connection = loop {
            let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match idle {
                Some((connection, since)) if since.elapsed() < TRUSTED_IDLE => break connection,
                Some((mut connection, _)) => {
                    if connection.ping().await.is_ok() {
                        break connection;
                    }
                }
                // Boxed, because it is large and rarely needed.
                None => break Box::pin(self.opener.acquire()).await.map_err(not_connected)?.detach(),
            }
        };
        Ok(Lease { connection, idle: Arc::clone(&self.idle), permit })
    }
}

/// Whatever a server has against a new connection (it is full, the database was
/// renamed or closed, a right was taken away) is nothing that a request did: it
/// counts as not reached. What the pool says of itself stays.
fn not_connected(failure: sqlx::Error) -> sqlx::Error {
    match failure {
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => failure,
        other => sqlx::Error::Io(io::Error::new(io::ErrorKind::NotConnected, other)),
    }
}

impl<DB: Database> Lease<DB> {
    /// Gives the connection back, in good order.
    pub(crate) fn give_back(self) {
        let Self { connection, idle, permit } = self;
        idle.lock().unwrap_or_else(PoisonError::into_inner).push((connection, Instant::now()));
        drop(permit);
    }
}

impl<DB: Database> Clone for Lender<DB> {
    fn clone(&self) -> Self {
        Self {
            opener: self.opener.clone(),
            idle: Arc::clone(&self.idle),
            permits: Arc::clone(&self.permits),
            patience: self.patience,
        }
    }
}

impl<DB: Database> fmt::Debug for Lender<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lender").field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}

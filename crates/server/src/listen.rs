//! Accepting connections, and ending well.
//!
//! hyper is driven by hand rather than through `axum::serve`, which has no limit
//! on how long a client may take to send its headers. HTTP/1.1 only: HTTP/2
//! without TLS is between a proxy and nobody.
//!
//! Ending: readiness goes off, no connection is accepted any more, open ones
//! finish the request that they are in, the engine waits for what runs without
//! a connection. After [`PATIENCE`] the rest is cut off; its jobs are marked at
//! the next start.

use std::future::Future;
use std::io::{IsTerminal as _, stdin};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use levers_model::{Error, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;
use tower::ServiceExt as _;

use crate::doors::Ready;
use crate::live::Live;

/// How long a client may take to send its headers, and how long an idle connection is kept.
const HEADER_PATIENCE: Duration = Duration::from_secs(75);

/// How long running requests have to finish when the process is told to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait when no connection can be accepted (too many open files).
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Takes the address.
///
/// # Errors
/// `Unavailable` when it is taken or not ours.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        Error::unavailable(match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("{address} is taken by another program. Stop it, or listen elsewhere with --listen.")
            }
            std::io::ErrorKind::PermissionDenied => {
                format!("{address} needs privileges. Listen on a port above 1023 with --listen.")
            }
            _ => format!("{address} cannot be listened on: {error}. Choose another with --listen."),
        })
    })
}

/// Resolves when the process is told to stop, or when the terminal that it was started in is closed.
/// Without one, SIGHUP means 'read the file again' and stops nothing.
///
/// # Errors
/// `Internal` when the system refuses to tell.
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    let mut hang_up = hang_up()?;
    let in_a_terminal = stdin().is_terminal();
    let terminal_closed = async move {
        loop {
            hang_up.recv().await;
            // A terminal that was closed is none any more.
            if in_a_terminal && !stdin().is_terminal() {
                break;
            }
        }
    };
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = terminal_closed => {}
        }
    })
}

/// SIGHUP, each time that it comes.
///
/// # Errors
/// `Internal` when the system refuses to tell.
pub(crate) fn hang_up() -> Result<Signal> {
    signal(SignalKind::hangup()).map_err(Error::internal)
}

/// Serves until `stop` resolves, then ends as the module's head says.
pub(crate) async fn run(listener: TcpListener, live: &Arc<Live>, ready: &Ready, stop: impl Future<Output = ()>) {
    let connections = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_PATIENCE);
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, _)) => accept(stream, &http, live.clone(), &connections),
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    ready.store(false, Ordering::Relaxed);
    drop(listener);
    tracing::info!(connections = connections.count(), "stopping");
    let deadline = Instant::now() + PATIENCE;
    let finished = tokio::time::timeout_at(deadline, connections.shutdown()).await.is_ok();
    let engine = live.load().engine.clone();
    let left = engine.drain(deadline.saturating_duration_since(Instant::now())).await;
    if finished && left == 0 {
        tracing::info!("stopped");
    } else {
        tracing::warn!(jobs = left, "stopped before everything had ended");
    }
}

fn accept(stream: TcpStream, http: &http1::Builder, live: Arc<Live>, connections: &GracefulShutdown) {
    // Answers are written whole; waiting to fill a packet would only delay them.
    let _ = stream.set_nodelay(true);
    // Each request asks anew which doors there are, so that a reload reaches open connections too.
    let service = service_fn(move |request: hyper::Request<Incoming>| live.load().router.clone().oneshot(request));
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        // Clients that hang up are everyday life.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection broke off");
        }
    });
}

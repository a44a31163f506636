//! From names to addresses.

use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::Semaphore;

/// Knows the addresses of names.
pub trait Resolve: Send + Sync {
    /// All addresses of a host, the best first.
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The machine's own resolver, which knows its hosts file and its containers too.
///
/// It blocks a thread for each question. A name server that hangs must not take
/// all threads that the process has for such work, so only a few ask at a time.
pub(crate) struct SystemResolver {
    asking: Arc<Semaphore>,
}

impl SystemResolver {
    const MOST_QUESTIONS: usize = 32;
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { asking: Arc::new(Semaphore::new(Self::MOST_QUESTIONS)) }
    }
}

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let (host, asking) = (host.to_owned(), self.asking.clone());
        Box::pin(async move {
            let permit = asking.acquire_owned().await.map_err(io::Error::other)?;
            let addresses = tokio::task::spawn_blocking(move || {
                // Held until the question is answered, also when nobody waits for it any more.
                let _permit = permit;
                (host.as_str(), 0).to_socket_addrs().map(|found| found.map(|address| address.ip()).collect())
            });
            addresses.await.map_err(io::Error::other)?
        })
    }
}

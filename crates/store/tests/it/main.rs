//! The store against real files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod interleavings;
mod kill;
mod opening;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use levers_store::SqliteStore;

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_what_a_store_promises() {
    let folder = tempfile::tempdir().unwrap();
    let number = AtomicU32::new(0);
    levers_testkit::store_suite(|| {
        let path: PathBuf = folder.path().join(format!("{}.db", number.fetch_add(1, Ordering::Relaxed)));
        async move { SqliteStore::open(&path).await.unwrap() }
    })
    .await;
}

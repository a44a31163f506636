//! What the tests of every collection share.

use levers::testing::Test;
use tempfile::TempDir;

/// The program over a database of its own, which goes away with the returned folder.
pub(crate) async fn demo() -> (Test, TempDir) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("demo.db");
    crate::data::generate(&path).await.unwrap();
    (Test::new(crate::live_demo(&path).await.unwrap()).await, folder)
}

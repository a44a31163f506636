//! The facade over a real database, as authors use it and test it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod context;
mod declared;
mod forms;
mod outcomes;
mod program;

use std::path::PathBuf;

use levers::prelude::*;
use levers::testing::Test;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

const SHOP: &str = "
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT UNIQUE);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    payer_id INTEGER REFERENCES customers (id),
    amount DECIMAL(10, 2) NOT NULL,
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'paid', 'closed'))
);
INSERT INTO customers VALUES (1, 'Ada', 'ada@example.com'), (2, 'Grace', NULL);
INSERT INTO orders VALUES (1, 1, NULL, 10.50, 'open'), (2, 1, 2, 20, 'paid'), (3, 2, 1, 30, 'open');
";

/// A database of its own for a test; it goes away with the folder.
struct Shop {
    folder: TempDir,
}

impl Shop {
    async fn new() -> Self {
        let shop = Self { folder: TempDir::new().unwrap() };
        let options = SqliteConnectOptions::new().filename(shop.path()).create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(SHOP).execute(&mut connection).await.unwrap();
        shop
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("shop.db")
    }

    fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    /// The shop with actions on its orders.
    async fn test(&self, orders: impl FnOnce(CollectionBuilder) -> CollectionBuilder) -> Test {
        let sql = Sql::open(&self.url()).await.unwrap();
        Test::new(Levers::new().source(sql).collection("orders", orders)).await
    }
}

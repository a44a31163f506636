//! The demo of Levers: a payments company's back office.
//!
//! It is an author's program like any other. One file per collection declares
//! what can be done with its records, `data` makes the records (the same ones on
//! every machine), and this file puts the two together.

mod companies;
mod customers;
mod data;
mod invoice;
mod products;
mod report;
#[cfg(test)]
mod testing;
mod transactions;

use std::path::{Path, PathBuf};

use levers::ExitCode;
use levers::prelude::*;

/// The database; made when it is missing.
const DATABASE: &str = "live-demo.db";

#[tokio::main]
async fn main() -> levers::Result<ExitCode> {
    let path = std::env::var_os("LEVERS_DEMO_DB").map_or_else(|| PathBuf::from(DATABASE), PathBuf::from);
    if !path.exists() {
        data::generate(&path).await?;
    }
    live_demo(&path).await?.run().await
}

/// The program over a database that is there.
async fn live_demo(path: &Path) -> levers::Result<Levers> {
    let database = Sql::builder(format!("sqlite:{}", path.display()))
        .rename_relation("companies", "emitter_company_transactions", "emitted_transactions")
        .rename_relation("companies", "beneficiary_company_transactions", "received_transactions")
        .open()
        .await?;
    Ok(Levers::new()
        .source(database)
        .collection("companies", companies::customize)
        .collection("customers", customers::customize)
        .collection("transactions", transactions::customize)
        .collection("products", products::customize))
}

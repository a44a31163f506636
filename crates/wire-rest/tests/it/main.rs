//! The routes over a real engine, a real `SQLite` database and a real store.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod actions;
mod declared;
mod document;
mod hostile;
mod house;
mod jobs;
mod records;

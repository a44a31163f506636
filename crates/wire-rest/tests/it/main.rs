//! The routes over a real engine, a real SQLite database and a real store.

mod actions;
mod document;
mod house;
mod hostile;
mod jobs;
mod records;

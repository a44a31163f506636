//! Looking back at what ran.

mod events;
mod file;
mod job;
mod list;

pub use list::JobQuery;

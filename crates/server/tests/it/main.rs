//! The server as a process of its own.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and the child speaks to its parent"
)]

mod child;
mod drain;
mod reload;

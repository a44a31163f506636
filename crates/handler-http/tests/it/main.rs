//! Calls over real sockets, to backends that behave in every way that backends do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod backend;
mod faults;
mod guard;
mod hooks;
mod requests;
mod webhooks;
mod world;

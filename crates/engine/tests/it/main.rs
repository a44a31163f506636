//! The engine on real parts: a database and a store in files, and a clock that stands still.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod author;
mod background;
mod builtins;
mod changes;
mod doubt;
mod export;
mod hidden;
mod lifecycle;
mod links;
mod permissions;
mod reads;
mod scripts;
mod selections;
mod titles;
mod world;

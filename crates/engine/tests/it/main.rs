//! The engine on real parts: an SQLite database, an SQLite store, a clock that stands still.

mod builtins;
mod changes;
mod export;
mod lifecycle;
mod links;
mod permissions;
mod selections;
mod world;

//! The file as authors write it, over a real database.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod corpus;
mod handlers;
mod init;
mod mutated;
mod schema;
mod shop;

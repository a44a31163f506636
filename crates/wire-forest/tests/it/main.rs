//! The door on a real engine, a real database and a real store (specification,
//! section 10).
#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

mod actions;
mod api;
mod approvals;
mod fuzz;
mod legacy;
mod records;
mod related;
mod schema;
mod transport;

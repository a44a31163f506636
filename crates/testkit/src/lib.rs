//! Suites, fakes and samples for the tests of Levers.
//!
//! A dev-dependency of other crates, never more. A suite holds every promise of
//! a socket that its trait's comments make; an implementation runs it against
//! itself, so that two of them cannot differ in what callers rely on. Sources
//! have no fake here: tests use real databases.

#![expect(clippy::unwrap_used, reason = "a suite fails by panicking")]

mod clock;
mod samples;
mod store;

pub use clock::FixedClock;
pub use samples::{ended_event, finished_job, new_job, sample_failure, sample_jobs, started_event};
pub use store::store_suite;

//! What each fuzzer does with its input. Here, and not in the targets, so that
//! ordinary tests can run the seeds through it on a stable toolchain.

pub mod model;

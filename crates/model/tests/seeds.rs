//! Runs the seeds of the fuzzers, and what they once found, through the fuzzers'
//! own functions: without a fuzzer, on a stable toolchain, with every `make test`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../../fuzz/src/model.rs"]
#[expect(unreachable_pub, reason = "it is the public face of the fuzzers' crate")]
mod fuzz;

use std::path::Path;

fn replay(target: &str, run: fn(&str)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut seeds = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        run(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
        seeds += 1;
    }
    assert!(seeds > 0, "there are no seeds in {}", folder.display());
}

#[test]
fn file_values() {
    replay("file_value", fuzz::file_value);
}

#[test]
fn form_values() {
    replay("form_value", fuzz::form_value);
}

#[test]
fn record_ids() {
    replay("record_id", fuzz::record_id);
}

#[test]
fn values() {
    replay("value", fuzz::value);
}

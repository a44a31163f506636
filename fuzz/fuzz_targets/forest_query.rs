#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| levers_wire_forest::fuzz::query(text));

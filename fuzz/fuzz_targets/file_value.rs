#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| levers_fuzz::model::file_value(text));

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| levers_fuzz::model::form_value(text));

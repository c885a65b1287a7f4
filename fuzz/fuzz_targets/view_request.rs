#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rlx_view::fuzz::drive(bytes));

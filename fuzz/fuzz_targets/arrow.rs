#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| rlx_io::read::fuzz::drive("arrow", bytes));

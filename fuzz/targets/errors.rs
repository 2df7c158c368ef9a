//! Any answer: status, headers and body; what holds stands in `src/fuzz/errors.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| pagerduty::fuzz::errors(input));

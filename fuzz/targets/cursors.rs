//! Any text as a cursor; what holds stands in `src/fuzz/cursors.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| pagerduty::fuzz::cursors(input));

//! Any text as the arguments of any operation; what holds stands in `src/fuzz/arguments.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| pagerduty::fuzz::arguments(input));

//! Any text as a page, and pages as a walk; what holds stands in `src/fuzz/pages.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| pagerduty::fuzz::pages(input));

//! Any delivery of a webhook; what holds stands in `src/fuzz/webhooks.rs`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| pagerduty::fuzz::webhooks(input));

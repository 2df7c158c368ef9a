//! Any text as what a person types to find an operation: the host's ranking
//! (what holds stands in `host/src/search/properties.rs`) and the guest's
//! suggestions (`src/fuzz/names.rs`).
//!
//! The ranking is taken in as a file: the host's crate would bring wasmtime.

#![no_main]

#[path = "../../host/src/search/properties.rs"]
mod properties;
#[path = "../../host/src/search/rank.rs"]
mod rank;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    properties::hold(input);
    pagerduty::fuzz::names(input);
});

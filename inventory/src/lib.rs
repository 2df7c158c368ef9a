//! The account as an inventory: what a scan found, kept with its history, shown
//! and checked. Knows nothing of wasm: whoever drives the component hands its
//! slices in.
//!
//! Reading order, which is also the way the data flows: [`asset`] (what a scan
//! brings), [`policy`] (rules on it).
//!
//! Rule: text from a provider is data here; it becomes neither markup, nor SQL,
//! nor a command, wherever it is written.

pub mod asset;
pub mod policy;

pub use asset::{Asset, Kind, Relation, Skipped, Slice};

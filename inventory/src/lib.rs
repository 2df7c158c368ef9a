//! The account as an inventory: what a scan found, kept with its history, shown
//! and checked. Knows nothing of wasm: whoever drives the component hands its
//! slices in.
//!
//! Reading order, which is also the way the data flows: [`asset`] (what a scan
//! brings), [`secrets`] (what is covered first), [`store`] (what is kept),
//! [`change`] (what is otherwise), [`view`] (what is shown); [`drift`] (what
//! Terraform states hold of it).
//!
//! Rule: text from a provider is data here; it becomes neither markup, nor SQL,
//! nor a command, wherever it is written.

pub mod asset;
pub mod change;
pub mod drift;
mod files;
pub mod secrets;
pub mod store;
pub mod view;

pub use asset::{Asset, Kind, Relation, Skipped, Slice};

//! The PagerDuty connector: the guest, compiled to a WebAssembly component.
//!
//! Reading order, which is also the way the data flows: [`catalog`] and
//! [`error`]; [`connection`] and [`arguments`]; [`request`], [`response`], [`envelope`],
//! [`paging`], [`time`], [`windows`], [`feed`], [`retry`] and [`rates`]; [`client`], [`choices`], [`account`]
//! and [`schema`]; [`inventory`]; [`terraform`]; [`webhook`]; [`component`], which exports the contract; [`transport`],
//! the only I/O.
//!
//! Rule: this file holds the list of modules and the bindings, nothing else.

#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))] // natively only the pure modules are tested
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![cfg_attr(
    any(test, fuzzing),
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod account;
mod arguments;
mod catalog;
mod choices;
mod client;
mod component;
mod connection;
mod custom;
mod envelope;
mod error;
mod feed;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod inventory;
mod paging;
mod rates;
mod request;
mod response;
mod retry;
mod schema;
mod terraform;
mod time;
mod transport;
mod webhook;
mod windows;

/// The contract's types, generated from `wit/connector.wit`.
#[allow(missing_docs, unreachable_pub, unsafe_op_in_unsafe_fn, clippy::all)]
mod bindings {
    wit_bindgen::generate!({ path: "wit", world: "connector", generate_all });
    #[cfg(target_arch = "wasm32")]
    export!(Component with_types_in self);
    #[cfg(target_arch = "wasm32")]
    use super::component::Component;
}

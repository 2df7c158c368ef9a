//! A connector that means harm, for the tests of the host: it fits the contract
//! and breaks whatever else it can. The id of the operation chooses the misdeed
//! ([`misdeeds`]); what it does while it is loaded stands in a marker that a
//! test writes over ([`marker`]).
//!
//! Rule: it does nothing but what it is told, so that a row of a table says all
//! there is to know. What it came to goes into the answer's value.

#![cfg_attr(not(target_arch = "wasm32"), allow(dead_code))] // natively nothing calls it

mod exports;
mod leaks;
mod marker;
mod misdeeds;
mod requests;

/// The contract's types, generated from `wit/connector.wit`.
#[allow(missing_docs, unreachable_pub, unsafe_op_in_unsafe_fn, clippy::all)]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "connector", generate_all });
    #[cfg(target_arch = "wasm32")]
    export!(Hostile with_types_in self);
    #[cfg(target_arch = "wasm32")]
    use super::exports::Hostile;
}

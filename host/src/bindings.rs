//! What wasmtime generates from `wit/connector.wit`, and nothing else. The rest
//! of the crate reaches these types by way of [`crate::contract`].
#![allow(missing_docs, unreachable_pub)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "connector",
    exports: { default: async },
    additional_derives: [PartialEq],
});

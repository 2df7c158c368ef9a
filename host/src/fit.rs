//! Whether a component fits the contract, told before it is instantiated: which
//! exports it lacks, and which imports it has that no connector may have. What
//! is not on the list here is not linked either.

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::error::LoadError;

/// Interfaces a connector exports, all of `saas:connector@0.1.0`.
const EXPORTS: [&str; 4] = ["catalog", "session", "triggers", "inventory"];

/// Interfaces a connector may import, at any version 0.2: HTTP, clocks,
/// randomness, and what Rust's standard library brings along.
const IMPORTS: [&str; 20] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:http/outgoing-handler",
    "wasi:http/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// The contract's own types, which hold no functions.
const TYPES: &str = "saas:connector/types@0.1.0";

/// Whether `bytes` are a component at all.
pub(crate) fn is_component(bytes: &[u8]) -> Result<(), LoadError> {
    match bytes {
        // Version 0x0d, layer 1.
        [0, b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', 1, 0, 0, 0, ..] => Err(LoadError::CoreModule),
        _ if Engine::detect_precompiled(bytes).is_some() => Err(LoadError::Precompiled),
        _ => Err(LoadError::NotWasm),
    }
}

/// Whether `component` imports and exports what the contract says.
pub(crate) fn check(engine: &Engine, component: &Component) -> Result<(), LoadError> {
    let kind = component.component_type();
    let imports: Vec<String> = kind.imports(engine).map(|(name, _)| name.to_owned()).collect();
    let exports: Vec<String> = kind.exports(engine).map(|(name, _)| name.to_owned()).collect();
    compare(&imports, &exports)
}

fn compare(imports: &[String], exports: &[String]) -> Result<(), LoadError> {
    let unknown_imports: Vec<String> = imports.iter().filter(|name| !is_allowed_import(name)).cloned().collect();
    let missing_exports: Vec<String> = EXPORTS
        .iter()
        .map(|name| format!("saas:connector/{name}@0.1.0"))
        .filter(|name| !exports.contains(name))
        .collect();
    if unknown_imports.is_empty() && missing_exports.is_empty() {
        return Ok(());
    }
    let other = exports
        .iter()
        .filter_map(|name| name.strip_prefix("saas:connector/")?.split_once('@'))
        .find(|(_, version)| *version != "0.1.0")
        .map(|(_, version)| format!("it was built for version {version} of the contract"));
    Err(LoadError::NotThisContract { unknown_imports, missing_exports, detail: other })
}

fn is_allowed_import(name: &str) -> bool {
    name == TYPES || name.split_once("@0.2.").is_some_and(|(interface, _)| IMPORTS.contains(&interface))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(imports: &[&str], exports: &[&str], expected: Result<(), &str>) {
        let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let got = compare(&owned(imports), &owned(exports)).map_err(|error| error.to_string());
        match (got, expected) {
            (Ok(()), Ok(())) => {}
            (Err(got), Err(part)) => assert!(got.contains(part), "{got}"),
            (got, expected) => panic!("{got:?} is not {expected:?}"),
        }
    }

    const ALL: [&str; 4] = [
        "saas:connector/catalog@0.1.0",
        "saas:connector/session@0.1.0",
        "saas:connector/triggers@0.1.0",
        "saas:connector/inventory@0.1.0",
    ];

    #[test]
    fn what_does_not_fit_is_named() {
        check(&["wasi:io/poll@0.2.6", TYPES], &ALL, Ok(()));
        for import in [
            "wasi:filesystem/types@0.2.6",
            "wasi:sockets/tcp@0.2.0",
            "wasi:http/types@0.3.0",
            "wasi:http/handler@0.2.0",
            "evil",
        ] {
            check(&[import], &ALL, Err(import));
        }
        check(&[], &ALL[1..], Err("lacks the export saas:connector/catalog@0.1.0"));
        check(&[], &["saas:connector/catalog@0.2.0"], Err("built for version 0.2.0"));
    }

    #[test]
    fn what_is_no_component_is_told_apart() {
        let core = b"\0asm\x01\0\0\0";
        for (bytes, expected) in [
            (&b"\0asm\x0d\0\x01\0"[..], ""),
            (core, "a core WebAssembly module"),
            (&core[..6], "not a WebAssembly file"),
            (b"", "not a WebAssembly file"),
            (b"#!/bin/sh", "not a WebAssembly file"),
        ] {
            let got = is_component(bytes).map_or_else(|error| error.to_string(), |()| String::new());
            assert!(got.starts_with(expected) && got.is_empty() == expected.is_empty(), "{got}");
        }
    }
}

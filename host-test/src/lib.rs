//! The tests' harness: the real component in wasmtime, its requests answered
//! in the process, in virtual time.
//!
//! Rule: no native shortcut. A test talks to the component through the
//! reference host, as any platform does; it sees `wit/` and the `.wasm` only.

pub mod fire;
pub mod generate;
pub mod lists;
mod world;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

pub use connector_host as host;
pub use pagerduty_simulator as simulator;
pub use world::{Answered, World};

/// The repository's root.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The component, built from the present sources once a process.
///
/// # Panics
/// When it does not build; cargo's own messages are printed.
pub fn component() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        // As it is released: it prints the path last.
        let built = Command::new(root().join("scripts/component"))
            .arg("--quiet")
            .env("CARGO", env!("CARGO"))
            .stderr(Stdio::inherit())
            .output()
            .expect("scripts/component runs");
        assert!(built.status.success(), "the component does not build");
        let printed = String::from_utf8(built.stdout).expect("a path");
        PathBuf::from(printed.trim_end_matches('\n'))
    })
}

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
    static AT: OnceLock<PathBuf> = OnceLock::new();
    AT.get_or_init(|| built(false))
}

/// A component that fits the same contract and means harm (`hostile/`), built in
/// the same way.
///
/// # Panics
/// When it does not build; cargo's own messages are printed.
pub fn hostile() -> &'static Path {
    static AT: OnceLock<PathBuf> = OnceLock::new();
    AT.get_or_init(|| built(true))
}

/// Builds one of the two as it is released.
fn built(hostile: bool) -> PathBuf {
    let mut building = Command::new(root().join("scripts/component"));
    building.arg("--quiet").env("CARGO", env!("CARGO")).env_remove("HOSTILE").stderr(Stdio::inherit());
    if hostile {
        building.env("HOSTILE", "1");
    }
    let built = building.output().expect("scripts/component runs");
    assert!(built.status.success(), "the component does not build");
    // It prints the path last.
    let printed = String::from_utf8(built.stdout).expect("a path");
    PathBuf::from(printed.trim_end_matches('\n'))
}

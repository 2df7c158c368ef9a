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
use std::process::Command;
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
    AT.get_or_init(|| built().join("pagerduty.wasm"))
}

/// A component that fits the same contract and means harm (`hostile/`), built in
/// the same way.
///
/// # Panics
/// When it does not build; cargo's own messages are printed.
pub fn hostile() -> &'static Path {
    static AT: OnceLock<PathBuf> = OnceLock::new();
    AT.get_or_init(|| built().join("hostile.wasm"))
}

/// The folder that holds both, as `make component` builds them.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        let built = Command::new(env!("CARGO"))
            .current_dir(root())
            .args(["build", "--quiet", "--locked", "--profile", "guest", "--target", "wasm32-wasip2"])
            .args(["-p", "pagerduty-connector", "-p", "hostile-connector"])
            .status();
        assert!(built.is_ok_and(|status| status.success()), "the components do not build");
        target.join("wasm32-wasip2/guest")
    })
}

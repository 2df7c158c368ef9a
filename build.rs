//! Turns `catalog/` into the static tables that `src/catalog.rs` includes.
//!
//! Rule: a catalog with anything wrong in it does not build, and the build
//! says where: file, line and column of every problem.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=catalog");
    let root = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let out = std::env::var_os("OUT_DIR").unwrap_or_default();
    let tables = match catalog_compiler::compile(&Path::new(&root).join("catalog")) {
        Ok(tables) => tables,
        Err(problems) => {
            for problem in problems {
                println!("cargo::error={problem}");
            }
            return ExitCode::FAILURE;
        }
    };
    let target = Path::new(&out).join("catalog.rs");
    match std::fs::write(&target, tables) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error=cannot write {}: {error}", target.display());
            ExitCode::FAILURE
        }
    }
}

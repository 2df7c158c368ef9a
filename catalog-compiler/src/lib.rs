//! The compiler of the catalog: TOML files in, static Rust tables out.
//!
//! Rule: it accepts nothing that it does not understand. Every problem of
//! every file is reported at once, with file, line and column, and says what
//! would do.
//!
//! Reading order: `source` (places and problems), `model` (what a catalog
//! is), `notation` (the field notation), `table` and `read` (TOML to model),
//! `arguments` (what is derived), `check` (the whole), `emit` (Rust), and
//! apart from these `drift` (the catalog against the official documents).

mod arguments;
mod check;
#[cfg(feature = "drift")]
pub mod drift;
mod emit;
mod model;
mod notation;
mod read;
mod source;
mod suggest;
mod table;

use std::path::Path;

pub use source::Diagnostic;

/// Compiles the catalog in `dir` to the Rust source of its tables, which is
/// included beside the types it names. All problems come back at once, by
/// file and place.
pub fn compile(dir: &Path) -> Result<String, Vec<Diagnostic>> {
    load(dir).map(|(catalog, _)| emit::catalog(&catalog).source)
}

/// How large a catalog is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Operations.
    pub operations: usize,
    /// Entities.
    pub entities: usize,
    /// Lines of TOML of the operation in the middle, blank ones aside.
    pub median_lines: usize,
    /// Lines of TOML of the longest operation, blank ones aside.
    pub most_lines: usize,
    /// What its tables add to the connector, but for some hundred bytes.
    pub bytes: usize,
}

/// Checks the catalog in `dir` as [`compile`] does and measures it.
pub fn figures(dir: &Path) -> Result<Figures, Vec<Diagnostic>> {
    let (catalog, _) = load(dir)?;
    let mut lines: Vec<usize> = catalog.operations.iter().map(|operation| operation.lines).collect();
    lines.sort_unstable();
    Ok(Figures {
        operations: lines.len(),
        entities: catalog.entities.len(),
        median_lines: lines.get(lines.len() / 2).copied().unwrap_or(0),
        most_lines: lines.last().copied().unwrap_or(0),
        bytes: emit::catalog(&catalog).bytes,
    })
}

fn load(dir: &Path) -> Result<(model::Catalog, Vec<source::Source>), Vec<Diagnostic>> {
    let folder = read::files(dir);
    let mut report = source::Report::default();
    let catalog = read::catalog(&folder, &mut report);
    check::all(&catalog, &mut report);
    let problems = report.diagnostics(&folder.sources, folder.problems);
    if problems.is_empty() { Ok((catalog, folder.sources)) } else { Err(problems) }
}

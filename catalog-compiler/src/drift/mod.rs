//! The catalog against the official documents: what differs, either way.
//!
//! Rule: it reports and repairs nothing. What is meant to differ stands in
//! `drift.toml`, or in `drift/` for one area, with its reason; everything else fails the check.
//!
//! Reading order: `documents` (OpenAPI files), `shape` (what both sides are
//! brought to), `theirs` and `ours` (the two sides), `compare` (two values),
//! `operations` (two operations), `pairs` (which two), `found`, `intended`, `show`.

mod compare;
mod documents;
mod found;
mod intended;
mod operations;
mod ours;
mod pairs;
mod shape;
mod show;
mod theirs;

use std::path::{Path, PathBuf};

use crate::source::{Diagnostic, Source};
use crate::suggest;
use found::{Difference, Kind};

/// What to check.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only operations of this area; missing operations and entries that
    /// explain nothing are not judged then.
    pub area: Option<String>,
    /// A missing operation is a difference, too.
    pub complete: bool,
    /// In place of the catalog's `drift.toml` and `drift/`.
    pub intended: Option<PathBuf>,
}

/// What came of it.
pub struct Outcome {
    sources: Vec<Source>,
    /// Those that no entry explains, by operation.
    differences: Vec<Difference>,
    /// How many entries explain.
    intended: usize,
    /// Entries that explain nothing.
    idle: Vec<Diagnostic>,
    compared: usize,
    missing: usize,
}

impl Outcome {
    /// Whether anything differs that is not intended.
    pub fn failed(&self) -> bool {
        !(self.differences.is_empty() && self.idle.is_empty())
    }
}

/// Compares the catalog in `dir` with the official documents in `spec`.
pub fn against(dir: &Path, spec: &Path, options: &Options) -> Result<Outcome, Vec<Diagnostic>> {
    let (catalog, sources) = crate::load(dir)?;
    if let Some(area) = options.area.as_ref().filter(|area| !catalog.areas.iter().any(|known| known.id == **area)) {
        let hint = suggest::hint(area, catalog.areas.iter().map(|known| known.id.as_str()));
        let message = format!("holds no area `{area}`{hint}");
        return Err(vec![Diagnostic { file: dir.display().to_string(), line: 1, column: 1, message }]);
    }
    let documents = documents::read(spec)?;
    let files = options.intended.clone().map_or_else(|| intended::files(dir), |file| Ok(vec![file]))?;
    let mut intended = intended::read(&files)?;
    let mut differences = pairs::all(&documents, &catalog);
    let is_missing = |difference: &Difference| difference.kind == Kind::OperationMissing;
    let in_area = |id: &str| options.area.as_ref().is_none_or(|area| id.split('.').next() == Some(area));
    differences.retain(|difference| match is_missing(difference) {
        true => options.area.is_none(),
        false => in_area(&difference.operation),
    });
    let all = differences.len();
    differences.retain(|difference| !intended.explains(difference));
    let explained = all - differences.len();
    let missing = differences.iter().filter(|difference| is_missing(difference)).count();
    differences.retain(|difference| options.complete || !is_missing(difference));
    let calls = catalog.operations.iter().filter(|operation| operation.call.is_some());
    Ok(Outcome {
        sources,
        differences,
        intended: explained,
        idle: if options.area.is_none() { intended.idle() } else { Vec::new() },
        compared: calls.filter(|operation| in_area(&operation.id.text)).count(),
        missing,
    })
}

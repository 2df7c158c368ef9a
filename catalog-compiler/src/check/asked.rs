//! Judges `check.toml`: what it names is there, and takes what it is given.
//!
//! Rule: of the four only the probe may write.

use super::feeds;
use crate::model::{Catalog, Effect};
use crate::source::Report;

/// Checks the operations that the connector calls of its own accord.
pub(crate) fn check(catalog: &Catalog, report: &mut Report) {
    let Some(asked) = &catalog.asked else { return };
    for name in [&asked.who, &asked.person, &asked.abilities] {
        let Some(operation) = feeds::target(name, catalog, report) else { continue };
        if operation.effect != Effect::Read {
            report.wrong(name.at, format!("`{}` changes the account: name one that reads", name.text));
        }
    }
    let (name, with) = &asked.probe;
    let Some(probe) = feeds::target(name, catalog, report) else { return };
    if probe.effect != Effect::Write {
        report.wrong(name.at, format!("`{}` does not write: a read-only key would be let through", name.text));
    }
    feeds::given(with, "probe-with", probe, &[], catalog, report);
}

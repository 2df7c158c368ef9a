//! Judges the ids of operations: `AREA[.THING…].ACTION`.
//!
//! Rule: an action means the same in every area. A catalog without
//! `actions.toml` takes any.

use crate::model::{Action, Catalog, Operation};
use crate::source::Report;
use crate::suggest;

/// Checks the last word of every id, and that no action lies idle.
pub(crate) fn check(catalog: &Catalog, report: &mut Report) {
    if catalog.actions.is_empty() {
        return;
    }
    for operation in &catalog.operations {
        let word = last(operation);
        if catalog.actions.iter().any(|action| fits(action, operation)) {
            continue;
        }
        let effect = operation.effect.word();
        let known = catalog.actions.iter().filter(|action| action.effect == operation.effect);
        let hint = suggest::hint(word, known.map(|action| action.word.text.as_str()));
        let message = format!("no operation that does `{effect}` ends in `{word}`{hint}; actions.toml has the words");
        report.wrong(operation.id.at, message);
    }
    if catalog.partial || report.gaps() > 0 {
        return;
    }
    for action in &catalog.actions {
        if !catalog.operations.iter().any(|operation| fits(action, operation)) {
            report.wrong(action.word.at, format!("no operation ends in `{}`: take it out", action.word.text));
        }
    }
}

fn last(operation: &Operation) -> &str {
    operation.id.text.rsplit('.').next().unwrap_or_default()
}

fn fits(action: &Action, operation: &Operation) -> bool {
    action.effect == operation.effect && action.word.text == last(operation)
}

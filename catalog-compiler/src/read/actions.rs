//! Reads `actions.toml`: the words that an operation's id may end in.
//!
//! Rule: a word stands under what operations of that name do to the account.

use super::{Ending, is_kebab, prose};
use crate::model::{Action, Catalog, Effect};
use crate::source::Report;
use crate::table::Table;

const EFFECTS: [(&str, Effect); 3] = [("read", Effect::Read), ("write", Effect::Write), ("delete", Effect::Delete)];

/// Reads the actions.
pub(crate) fn read(root: &Table<'_>, catalog: &mut Catalog, report: &mut Report) {
    root.only(&EFFECTS.map(|(name, _)| name), report);
    for (name, effect) in EFFECTS {
        let Some(table) = root.table(name, report) else { continue };
        for entry in table.entries() {
            let word = entry.key.clone();
            if !is_kebab(&word.text) {
                report.wrong(word.at, format!("`{}` is not small words joined by hyphens", word.text));
            }
            match table.entry_text(entry) {
                Some(text) => drop(prose("the meaning", &text, Ending::Open, report)),
                None => table.mistyped(entry, "text", report),
            }
            catalog.actions.push(Action { word, effect });
        }
    }
}

//! The words of the catalog's enums.
//!
//! Rule: a record holds a word's place in a table of its kind, and the table
//! is Rust, so that the compiler checks every word against the types.

/// The kinds: what a table is called and what it holds.
const KINDS: [(&str, &str); 10] = [
    ("METHODS", "Method"),
    ("EFFECTS", "Effect"),
    ("STABILITIES", "Stability"),
    ("KEYS", "Key"),
    ("FROMS", "From"),
    ("PAGES", "Pages"),
    ("CONSISTENCIES", "Consistency"),
    ("UNSETS", "Unset"),
    ("STANDS", "(Place, ListStyle, Paging)"),
    ("TYPES", "Type"),
];

/// The words that were used, by kind.
#[derive(Default)]
pub(super) struct Words([Vec<String>; KINDS.len()]);

impl Words {
    /// The number of a word, which is written as Rust.
    pub(super) fn number(&mut self, table: &str, word: String) -> u64 {
        let kind = KINDS.iter().position(|(name, _)| *name == table).unwrap_or_default();
        let words = &mut self.0[kind];
        let place = words.iter().position(|known| *known == word).unwrap_or_else(|| {
            words.push(word);
            words.len() - 1
        });
        place as u64
    }

    /// The number of a variant of the enum that a table holds.
    pub(super) fn variant(&mut self, table: &str, variant: impl std::fmt::Debug) -> u64 {
        let kind = KINDS.iter().find(|(name, _)| *name == table).map_or("", |(_, kind)| kind);
        self.number(table, format!("{kind}::{variant:?}"))
    }

    /// The tables.
    pub(super) fn tables(&self) -> impl Iterator<Item = String> {
        let tables = KINDS.iter().zip(&self.0);
        tables.map(|((name, kind), words)| format!("pub(super) static {name}: &[{kind}] = &[{}];", words.join(", ")))
    }
}

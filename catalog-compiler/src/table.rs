//! Reads TOML tables key by key.
//!
//! Rule: a key that nothing reads is a problem, and so is a value of the
//! wrong type; neither stops the reading of the others.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::source::{Report, Source, Spot, Text, Word};
use crate::suggest;

/// A table and its place.
pub(crate) struct Table<'a> {
    source: &'a Source,
    span: Range<usize>,
    entries: Vec<Entry<'a>>,
}

/// A key and its value.
pub(crate) struct Entry<'a> {
    pub(crate) key: Word,
    value: &'a DeValue<'a>,
    span: Range<usize>,
}

impl<'a> Table<'a> {
    /// Entries in the order of the file.
    pub(crate) fn new(source: &'a Source, table: &'a DeTable<'a>, span: Range<usize>) -> Self {
        let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let key: &Spanned<toml::de::DeString<'a>> = key;
            let word = Word { text: key.get_ref().to_string(), at: source.spot(key.span().start) };
            Entry { key: word, value: value.get_ref(), span: value.span() }
        };
        let mut entries: Vec<_> = table.iter().map(entry).collect();
        entries.sort_by_key(|entry| entry.key.at);
        Self { source, span, entries }
    }

    /// Where the table begins.
    pub(crate) fn at(&self) -> Spot {
        self.source.spot(self.span.start)
    }

    /// Entries in the order of the file.
    pub(crate) fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }

    /// Lines from the header to the last value, blank ones aside.
    pub(crate) fn lines(&self) -> usize {
        let end = self.entries.iter().map(|entry| entry.span.end).max().unwrap_or(self.span.end);
        self.source.lines(self.span.start..end)
    }

    /// Reports keys that are not in `known`.
    pub(crate) fn only(&self, known: &[&str], report: &mut Report) {
        for Entry { key, .. } in &self.entries {
            if known.contains(&key.text.as_str()) {
                continue;
            }
            let hint = suggest::hint(&key.text, known.iter().copied());
            report.unread(key.at, format!("unknown key `{}`{hint}", key.text));
        }
    }

    fn get(&self, key: &str) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.key.text == key)
    }

    /// Where the key stands, if it is there.
    pub(crate) fn key(&self, key: &str) -> Option<Spot> {
        self.get(key).map(|entry| entry.key.at)
    }

    /// Text under `key`.
    pub(crate) fn text(&self, key: &str, report: &mut Report) -> Option<Text> {
        let entry = self.get(key)?;
        let found = self.entry_text(entry);
        if found.is_none() {
            self.mistyped(entry, "text in quotes", report);
        }
        found
    }

    /// Text under `key`, which must be there.
    pub(crate) fn required(&self, key: &str, example: &str, report: &mut Report) -> Option<Text> {
        if self.get(key).is_none() {
            report.unread(self.at(), format!("`{key}` is missing: add `{key} = {example}`"));
        }
        self.text(key, report)
    }

    /// The entry's value, where it is text.
    pub(crate) fn entry_text(&self, entry: &Entry<'a>) -> Option<Text> {
        let DeValue::String(value) = entry.value else { return None };
        Some(Text::new(self.source, entry.span.clone(), value))
    }

    /// Text, a number or a truth value, as text.
    pub(crate) fn entry_scalar(&self, entry: &Entry<'a>) -> Option<Text> {
        match entry.value {
            DeValue::String(value) => Some(Text::new(self.source, entry.span.clone(), value)),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => {
                let value = self.source.text.get(entry.span.clone())?;
                // As if quoted, so that places inside come out right.
                let span = entry.span.start.saturating_sub(1)..entry.span.end + 1;
                Some(Text::new(self.source, span, value))
            }
            DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
        }
    }

    /// `true` or `false` under `key`.
    pub(crate) fn flag(&self, key: &str, report: &mut Report) -> Option<bool> {
        let entry = self.get(key)?;
        if let DeValue::Boolean(value) = entry.value {
            return Some(*value);
        }
        self.mistyped(entry, "`true` or `false`", report);
        None
    }

    /// A number from 1 under `key`.
    pub(crate) fn count(&self, key: &str, report: &mut Report) -> Option<u32> {
        let entry = self.get(key)?;
        let number = match entry.value {
            DeValue::Integer(value) => u32::from_str_radix(value.as_str(), value.radix()).ok(),
            _ => None,
        };
        if number.is_none_or(|number| number == 0) {
            self.mistyped(entry, "a whole number from 1", report);
            return None;
        }
        number
    }

    /// A list of texts under `key`; nothing where it is not there.
    pub(crate) fn texts(&self, key: &str, report: &mut Report) -> Vec<Text> {
        let Some(entry) = self.get(key) else { return Vec::new() };
        let DeValue::Array(array) = entry.value else {
            self.mistyped(entry, "a list of texts in quotes", report);
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in array.iter() {
            match item.get_ref() {
                DeValue::String(value) => found.push(Text::new(self.source, item.span(), value)),
                _ => report.unread(self.source.spot(item.span().start), format!("`{key}` takes a list of texts")),
            }
        }
        found
    }

    /// One of a few words under `key`.
    pub(crate) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)], report: &mut Report) -> Option<T> {
        let text = self.text(key, report)?;
        let found = choices.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            let message = format!("`{key}` is one of {}, not `{}`", suggest::list(&words), text.value);
            report.unread(text.at(), message);
        }
        found.map(|(_, value)| *value)
    }

    /// The tables under `key`, each begun by `[[key]]`.
    pub(crate) fn tables(&self, key: &str, report: &mut Report) -> Vec<Table<'a>> {
        let Some(entry) = self.get(key) else { return Vec::new() };
        let DeValue::Array(array) = entry.value else {
            self.mistyped(entry, &format!("tables: write `[[{key}]]`"), report);
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in array.iter() {
            match item.get_ref() {
                DeValue::Table(table) => found.push(Table::new(self.source, table, item.span())),
                _ => self.mistyped(entry, &format!("tables: write `[[{key}]]`"), report),
            }
        }
        found
    }

    /// The table under `key`; nothing where it is not there.
    pub(crate) fn table(&self, key: &str, report: &mut Report) -> Option<Table<'a>> {
        self.entry_table(self.get(key)?, report)
    }

    /// The entry's value, which must be a table.
    pub(crate) fn entry_table(&self, entry: &Entry<'a>, report: &mut Report) -> Option<Table<'a>> {
        if let DeValue::Table(table) = entry.value {
            return Some(Table::new(self.source, table, entry.span.clone()));
        }
        self.mistyped(entry, "a table", report);
        None
    }

    /// Whether a text stands under `key`.
    pub(crate) fn is_text(&self, key: &str) -> bool {
        self.get(key).is_some_and(|entry| matches!(entry.value, DeValue::String(_)))
    }

    /// Whether the table holds tables and nothing else.
    pub(crate) fn holds_only_tables(&self) -> bool {
        !self.entries.is_empty() && self.entries.iter().all(|entry| matches!(entry.value, DeValue::Table(_)))
    }

    /// Reports that the entry's value is not what it should be.
    pub(crate) fn mistyped(&self, entry: &Entry<'a>, expected: &str, report: &mut Report) {
        let message = format!("`{}` takes {expected}", entry.key.text);
        report.unread(self.source.spot(entry.span.start), message);
    }
}

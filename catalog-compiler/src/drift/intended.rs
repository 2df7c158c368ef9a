//! `drift/AREA.toml` and `drift.toml`: where the catalog differs on purpose, and why.
//!
//! Rule: the list may only shrink by itself. An entry that explains nothing
//! any more, or nothing that an earlier one leaves, is a problem.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::found::{Difference, Kind};
use crate::source::{Diagnostic, Report, Source, Spot, Text, Word};
use crate::suggest;
use crate::table::Table;

/// The entries of the files and the files themselves.
pub(super) struct Intended {
    sources: Vec<Source>,
    entries: Vec<Entry>,
}

/// One difference that is meant, or several of a pattern; it is read as the
/// table in the catalog's README says.
struct Entry {
    at: Spot,
    operation: Option<String>,
    entity: Option<String>,
    fields: Vec<Word>,
    kinds: Vec<(Kind, Spot)>,
    there: Option<String>,
    here: Option<String>,
    /// Places of its fields and kinds that explained something.
    used: BTreeSet<Spot>,
}

impl Entry {
    /// The field and the kind of the entry that explain the difference.
    fn explains(&self, difference: &Difference) -> Option<[Spot; 2]> {
        let text = |wanted: &Option<String>, text: &str| wanted.as_ref().is_none_or(|wanted| fits(wanted, text));
        let operation = text(&self.operation, &difference.operation) || text(&self.operation, &difference.call);
        let field = match (&self.entity, &difference.entity) {
            (None, _) => &difference.field,
            (Some(wanted), Some((entity, field))) if fits(wanted, entity) => field,
            (Some(_), _) => return None,
        };
        let field = self.fields.iter().find(|wanted| fits(&wanted.text, field))?;
        let (_, kind) = self.kinds.iter().find(|(kind, _)| *kind == difference.kind)?;
        let words = text(&self.there, &difference.there) && text(&self.here, &difference.here);
        (operation && words).then_some([field.at, *kind])
    }

    /// What of the entry explained nothing.
    fn idle(&self) -> impl Iterator<Item = Spot> {
        let spots = self.fields.iter().map(|field| field.at).chain(self.kinds.iter().map(|(_, at)| *at));
        let whole = self.used.is_empty().then_some(self.at);
        let parts = spots.filter(|at| !self.used.is_empty() && !self.used.contains(at));
        whole.into_iter().chain(parts)
    }
}

impl Intended {
    /// Whether an entry explains the difference; the first one that does counts as used.
    pub(super) fn explains(&mut self, difference: &Difference) -> bool {
        for entry in &mut self.entries {
            if let Some(places) = entry.explains(difference) {
                entry.used.extend(places);
                return true;
            }
        }
        false
    }

    /// A problem for each entry, or part of one, that explained nothing.
    pub(super) fn idle(self) -> Vec<Diagnostic> {
        let mut report = Report::default();
        for at in self.entries.iter().flat_map(Entry::idle) {
            report.wrong(at, "nothing differs here that an earlier entry leaves: take this out");
        }
        report.diagnostics(&self.sources, Vec::new())
    }
}

/// The files of a catalog: those of the areas by name, then the general one, which comes last so that
/// the narrower entries explain first.
pub(super) fn files(dir: &Path) -> Result<Vec<PathBuf>, Vec<Diagnostic>> {
    let folder = dir.join("drift");
    let mut files = Vec::new();
    if folder.exists() {
        let entries = fs::read_dir(&folder).and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<PathBuf>, _>>()
        });
        files = entries.map_err(|error| unread(&folder, &error))?;
        files.sort();
    }
    files.push(dir.join("drift.toml"));
    Ok(files)
}

fn unread(path: &Path, error: &std::io::Error) -> Vec<Diagnostic> {
    let message = format!("cannot be read: {error}");
    vec![Diagnostic { file: path.display().to_string(), line: 1, column: 1, message }]
}

/// Reads the files; one that is not there is empty.
pub(super) fn read(files: &[PathBuf]) -> Result<Intended, Vec<Diagnostic>> {
    let (mut sources, mut entries) = (Vec::new(), Vec::new());
    let mut report = Report::default();
    for path in files.iter().filter(|path| path.exists()) {
        let text = fs::read_to_string(path).map_err(|error| unread(path, &error))?;
        let name = path.display().to_string();
        let source = Source { index: sources.len(), name, stem: "drift".to_owned(), text };
        entries.extend(of_file(&source, &mut report));
        sources.push(source);
    }
    let problems = report.diagnostics(&sources, Vec::new());
    if problems.is_empty() { Ok(Intended { sources, entries }) } else { Err(problems) }
}

fn of_file(source: &Source, report: &mut Report) -> Vec<Entry> {
    let (document, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        report.wrong(source.spot(at), format!("not TOML: {}", error.message().trim()));
    }
    let root = Table::new(source, document.get_ref(), 0..0);
    root.only(&["intended"], report);
    root.tables("intended", report).iter().map(|table| entry(table, report)).collect()
}

fn entry(table: &Table<'_>, report: &mut Report) -> Entry {
    table.only(&["operation", "entity", "field", "kind", "there", "here", "reason"], report);
    let text = |key: &str, report: &mut Report| table.text(key, report).map(|text| text.value);
    let (operation, entity) = (text("operation", report), text("entity", report));
    if operation.is_none() && entity.is_none() {
        report.wrong(table.at(), "where it differs is missing: add `operation` or `entity`, or both");
    }
    let one_or_more = |key: &str, report: &mut Report| -> Vec<Text> {
        match table.is_text(key) {
            true => table.text(key, report).into_iter().collect(),
            false => table.texts(key, report),
        }
    };
    let words = one_or_more("kind", report);
    let mut fields: Vec<Word> = one_or_more("field", report).iter().map(Text::word).collect();
    if table.key("field").is_none() {
        fields.push(Word { text: String::new(), at: table.at() });
    }
    if words.is_empty() {
        report.wrong(table.at(), "what differs is missing: add `kind = \"enum\"`");
    }
    let kinds = words.iter().filter_map(|word| {
        let found = Kind::ALL.into_iter().find(|kind| kind.word() == word.value);
        if found.is_none() {
            let hint = suggest::hint(&word.value, Kind::ALL.map(Kind::word));
            report.wrong(word.at(), format!("unknown kind `{}`{hint}", word.value));
        }
        found.map(|kind| (kind, word.at()))
    });
    let kinds = kinds.collect();
    let reason = table.required("reason", "\"A sentence.\"", report);
    if let Some(reason) = reason.filter(|reason| reason.value.len() < 12 || !reason.value.ends_with('.')) {
        report.wrong(reason.at(), "the reason is a sentence, with a full stop");
    }
    Entry {
        at: table.at(),
        operation,
        entity,
        fields,
        kinds,
        there: text("there", report),
        here: text("here", report),
        used: BTreeSet::new(),
    }
}

/// Whether the text is the pattern, in which a `*` stands for any run.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: bool) {
        assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
    }

    #[test]
    fn patterns() {
        check("", "", true);
        check("", "a", false);
        check("a", "a", true);
        check("a", "ab", false);
        check("*", "", true);
        check("*", "a.b", true);
        check("a.*", "a.b.c", true);
        check("*.c", "a.b.c", true);
        check("*.c", "a.b.cc", false);
        check("a*b*c", "a.b.c", true);
        check("a*b*c", "a.c.b", false);
        check("ab*b", "ab", false);
    }
}

//! The lists of what a run may find, each entry with a reason.
//!
//! Rule: a finding without an entry fails the run, and so does an entry without
//! a finding, so the lists only shrink. The first entry that fits explains.

use std::cell::Cell;
use std::path::Path;

use serde_json::Value as Json;
use toml::{Table, Value};

use crate::Failure;
use crate::findings::{Finding, Kind};

/// Every entry of every list.
pub(crate) struct Explained {
    entries: Vec<Entry>,
    /// The documents' known mistakes, where they are at hand: lists of rows,
    /// each an operation and what follows, such as the name of an example.
    defects: Option<Json>,
}

struct Entry {
    /// File and number, as people find it.
    place: String,
    kind: Kind,
    operations: Vec<Pattern>,
    example: Option<String>,
    says: Vec<Pattern>,
    /// The list of the documents' mistakes that the finding stands in.
    defect: Option<String>,
}

/// A text with `*` for any run of characters.
struct Pattern {
    text: String,
    used: Cell<bool>,
}

impl Explained {
    /// Reads every `*.toml` of a folder, and the documents' known mistakes.
    pub(crate) fn read(dir: &Path, defects: Option<&Path>) -> Result<Self, Failure> {
        let mut files: Vec<_> = std::fs::read_dir(dir)?.collect::<Result<Vec<_>, _>>()?;
        files.sort_by_key(std::fs::DirEntry::file_name);
        let mut entries = Vec::new();
        for file in
            files.iter().map(std::fs::DirEntry::path).filter(|path| path.extension().is_some_and(|e| e == "toml"))
        {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            entries.extend(parse(&name, &std::fs::read_to_string(&file)?)?);
        }
        let defects = defects.map(std::fs::read).transpose()?.map(|text| serde_json::from_slice::<Json>(&text));
        Ok(Self { entries, defects: defects.transpose()?.map(|mut whole| whole["defects"].take()) })
    }

    /// Whether an entry explains the finding.
    pub(crate) fn explains(&self, finding: &Finding) -> bool {
        self.entries.iter().any(|entry| self.known(entry, finding) && entry.explains(finding))
    }

    /// Whether the finding is where the entry says it is among the documents' mistakes.
    fn known(&self, entry: &Entry, finding: &Finding) -> bool {
        let (Some(list), Some(defects)) = (&entry.defect, &self.defects) else { return true };
        let text = |part: &Json| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
        let mut rows = defects[list].as_array().into_iter().flatten().filter_map(Json::as_array);
        rows.any(|row| match row.split_first() {
            Some((document, more)) if text(document) == finding.document => {
                // A request made from a schema has the operation's mistakes.
                let more = more.iter().map(text).collect::<Vec<_>>().join(" ");
                finding.kind == Kind::Opinion || more.is_empty() || more.starts_with(&format!("{} ", finding.example))
            }
            _ => false,
        })
    }

    /// What explained nothing.
    pub(crate) fn idle(&self) -> Vec<String> {
        let parts = |entry: &Entry| {
            let place = entry.place.clone();
            let idle = entry.operations.iter().chain(&entry.says).filter(|pattern| !pattern.used.get());
            idle.map(|pattern| format!("{place}: `{}` explains nothing", pattern.text)).collect::<Vec<_>>()
        };
        self.entries.iter().flat_map(parts).collect()
    }
}

impl Entry {
    fn explains(&self, finding: &Finding) -> bool {
        let Finding { kind, operation, document, example, says } = finding;
        let fits_example = self.example.as_ref().is_none_or(|pattern| fits(pattern, example));
        if *kind != self.kind || !fits_example {
            return false;
        }
        let of = self.operations.iter().find(|pattern| fits(&pattern.text, operation) || fits(&pattern.text, document));
        let said = self.says.iter().find(|pattern| fits(&pattern.text, says));
        let (Some(of), true) = (of, said.is_some() || self.says.is_empty()) else { return false };
        of.used.set(true);
        said.inspect(|pattern| pattern.used.set(true));
        true
    }
}

fn parse(file: &str, text: &str) -> Result<Vec<Entry>, Failure> {
    let table: Table = text.parse().map_err(|error| format!("{file}: {error}"))?;
    let entries = table.get("explained").and_then(Value::as_array).cloned().unwrap_or_default();
    if table.len() != 1 || entries.is_empty() {
        return Err(format!("{file}: holds `[[explained]]` and nothing else").into());
    }
    entries.iter().enumerate().map(|(index, value)| entry(&format!("{file}, entry {}", index + 1), value)).collect()
}

fn entry(place: &str, value: &Value) -> Result<Entry, Failure> {
    const KEYS: [&str; 6] = ["kind", "operation", "example", "says", "defect", "reason"];
    let table = value.as_table().ok_or_else(|| format!("{place}: is no table"))?;
    if let Some(key) = table.keys().find(|key| !KEYS.contains(&key.as_str())) {
        return Err(format!("{place}: unknown key `{key}`; takes {}", KEYS.join(", ")).into());
    }
    let text = |key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let patterns = |key: &str| -> Vec<Pattern> {
        let one = table.get(key).and_then(Value::as_str);
        let more = table.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        one.into_iter().chain(more).map(|text| Pattern { text: text.to_owned(), used: Cell::new(false) }).collect()
    };
    let kind = text("kind").and_then(|word| Kind::ALL.into_iter().find(|kind| kind.word() == word));
    let kind = kind.ok_or_else(|| format!("{place}: `kind` is one of {}", Kind::ALL.map(Kind::word).join(", ")))?;
    if matches!(kind, Kind::Violation | Kind::Host) {
        return Err(format!("{place}: nothing explains a {}", kind.word()).into());
    }
    let entry = Entry {
        place: place.to_owned(),
        kind,
        operations: patterns("operation"),
        example: text("example"),
        says: patterns("says"),
        defect: text("defect"),
    };
    if entry.operations.is_empty() {
        return Err(format!("{place}: `operation` is missing").into());
    }
    match text("reason") {
        Some(reason) if reason.len() > 12 && reason.ends_with('.') => Ok(entry),
        _ => Err(format!("{place}: `reason` is a sentence, with a full stop").into()),
    }
}

/// Whether the text is the pattern, in which a `*` stands for any run.
fn fits(pattern: &str, text: &str) -> bool {
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

    fn list(text: &str) -> Result<Explained, Failure> {
        let defects =
            serde_json::json!({"slips": [["REST/getTeam", "one", "200"], ["X/y", "two"]], "all": [["REST/getTeam"]]});
        Ok(Explained { entries: parse("list.toml", text)?, defects: Some(defects) })
    }

    /// What is explained of findings that say `a.b`, `a.c` of the operation `teams.get`, and what is idle.
    #[track_caller]
    fn check(entry: &str, explained: [bool; 2], idle: usize) {
        let list =
            list(&format!("[[explained]]\nkind = \"refused\"\nreason = \"The document is wrong.\"\n{entry}")).unwrap();
        let finding = |says: &str| Finding {
            kind: Kind::Refused,
            operation: "teams.get".to_owned(),
            document: "REST/getTeam".to_owned(),
            example: "one".to_owned(),
            says: says.to_owned(),
        };
        assert_eq!([finding("a.b"), finding("a.c")].map(|finding| list.explains(&finding)), explained, "{entry}");
        assert_eq!(list.idle().len(), idle, "{entry}");
    }

    #[test]
    fn entries_explain_what_fits_and_nothing_else() {
        check("operation = \"teams.get\"", [true, true], 0);
        check("operation = \"REST/*\"", [true, true], 0);
        check("operation = [\"teams.get\", \"users.get\"]", [true, true], 1);
        check("operation = \"teams.*\"\nsays = \"*.b\"", [true, false], 0);
        check("operation = \"teams.*\"\nsays = [\"*.b\", \"*.d\"]", [true, false], 1);
        check("operation = \"users.*\"", [false, false], 1);
        check("operation = \"teams.get\"\nexample = \"two\"", [false, false], 1);
        check("operation = \"teams.get\"\nexample = \"o*\"", [true, true], 0);
        check("operation = \"teams.get\"\ndefect = \"slips\"", [true, true], 0);
        check("operation = \"teams.get\"\ndefect = \"all\"", [true, true], 0);
        check("operation = \"teams.get\"\ndefect = \"others\"", [false, false], 1);
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        let told = list(text).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(told.contains(expected), "{told}");
    }

    #[test]
    fn lists_are_checked() {
        refused("", "nothing else");
        refused("[[explained]]\nkind = \"odd\"", "`kind` is one of");
        refused("[[explained]]\nkind = \"violation\"", "nothing explains a violation");
        refused("[[explained]]\nkind = \"never\"\nreason = \"It is so, for now.\"", "`operation` is missing");
        refused("[[explained]]\nkind = \"never\"\noperation = \"*\"\nreason = \"why\"", "is a sentence");
        refused("[[explained]]\nkinds = \"never\"", "unknown key `kinds`");
    }
}

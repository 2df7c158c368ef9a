//! Reads `terraform.toml`, how resource types are made of assets, and
//! `terraform-schema.toml`, what the provider takes.
//!
//! Rule: the lines of a body are read by themselves; whether they fit the
//! schema and the asset is judged later.

use super::lines::{self, Part};
use super::{Ending, prose};
use crate::model::{Attribute, Catalog, Holds, Nested, Provider, Resource, Scalar, Schema};
use crate::source::{Report, Text, Word};
use crate::suggest;
use crate::table::Table;

const RESOURCE: [&str; 12] =
    ["kind", "pulumi", "each", "per", "import", "state", "label", "when", "leave", "omit", "notes", "body"];

/// Reads how resource types are made.
pub(crate) fn read(root: &Table<'_>, catalog: &mut Catalog, report: &mut Report) {
    for entry in root.entries() {
        let Some(table) = root.entry_table(entry, report) else { continue };
        if entry.key.text == "provider" {
            table.only(&["name", "source", "version"], report);
            let mut text = |key: &str| table.required(key, "\"…\"", report).map(|text| text.value);
            if let (Some(name), Some(source), Some(version)) = (text("name"), text("source"), text("version")) {
                catalog.provider = Some(Provider { name, source, version });
            }
            continue;
        }
        if entry.key.text == "words" {
            for entry in table.entries() {
                let words = table.texts(&entry.key.text, report);
                catalog.words.push((entry.key.clone(), words.into_iter().map(|word| word.value).collect()));
            }
            continue;
        }
        if entry.key.text == "left-out" {
            for entry in table.entries() {
                match table.entry_text(entry) {
                    Some(text) => {
                        let why = prose("the reason", &text, Ending::Any, report);
                        catalog.unmade.push((entry.key.clone(), why));
                    }
                    None => table.mistyped(entry, "the reason in quotes", report),
                }
            }
            continue;
        }
        catalog.resources.extend(resource(entry.key.clone(), &table, report));
    }
}

fn resource(name: Word, table: &Table<'_>, report: &mut Report) -> Option<Resource> {
    let gaps = report.gaps();
    table.only(&RESOURCE, report);
    let kind = table.required("kind", "\"service\"", report).map(|text| text.word());
    let body = table.required("body", "'''", report);
    let body = body.map(|text| lines::body(&text, report)).unwrap_or_default();
    let own = Text::plain("{}", name.at);
    let template = |key: &str, report: &mut Report| {
        let text = table.text(key, report);
        text.map(|text| lines::template(&text, report))
    };
    let import = template("import", report).unwrap_or_else(|| lines::template(&own, report));
    let label = template("label", report).unwrap_or_else(|| lines::template(&own, report));
    let state = template("state", report);
    let when = table.texts("when", report).iter().filter_map(|text| lines::condition(text, report)).collect();
    let reasoned = |key: &str, report: &mut Report| -> Vec<(Text, String)> {
        let texts = table.texts(key, report);
        texts.iter().filter_map(|text| lines::reasoned(key, text, report)).collect()
    };
    let leave = reasoned("leave", report)
        .into_iter()
        .filter_map(|(text, why)| Some((lines::condition(&text, report)?, why)))
        .collect();
    let omit = reasoned("omit", report).into_iter().map(|(text, _)| text.word()).collect();
    let notes = table.texts("notes", report);
    let notes = notes.iter().map(|text| prose("a note", text, Ending::Any, report)).collect();
    let each = table.text("each", report).map(|text| text.word());
    let per = table.text("per", report).map(|text| lines::origin(&text));
    let pulumi = table.text("pulumi", report).map(|text| text.value);
    let whole = report.gaps() == gaps;
    Some(Resource { name, kind: kind?, pulumi, each, per, import, state, label, when, leave, omit, notes, body, whole })
}

/// Reads what the provider takes.
pub(crate) fn schema(root: &Table<'_>, catalog: &mut Catalog, report: &mut Report) {
    for entry in root.entries() {
        let Some(text) = root.entry_text(entry) else {
            root.mistyped(entry, "the attributes of a resource type, a line each", report);
            continue;
        };
        let mut parts = lines::parts(&text).into_iter();
        let attributes = attributes(&mut parts, false, report);
        catalog.schemas.push(Schema { name: entry.key.clone(), attributes });
    }
}

fn attributes(parts: &mut impl Iterator<Item = Vec<Part>>, nested: bool, report: &mut Report) -> Vec<Attribute> {
    let mut found = Vec::new();
    while let Some(line) = parts.next() {
        let Some((name, rest)) = line.split_first() else { continue };
        if name.text() == "}" && nested {
            break;
        }
        let opens = rest.last().is_some_and(|part| part.text() == "{");
        let of = if opens { attributes(parts, true, report) } else { Vec::new() };
        let words: Vec<&str> = rest.iter().map(Part::text).filter(|word| *word != "{").collect();
        let Some((holds, flags)) = words.split_first() else {
            report.unread(name.at(), "an attribute is written `name text required`");
            continue;
        };
        let holds = match (*holds, opens) {
            ("text", false) => Holds::One(Scalar::Text),
            ("number", false) => Holds::One(Scalar::Number),
            ("flag", false) => Holds::One(Scalar::Flag),
            ("texts", false) => Holds::Many { of: Scalar::Text, set: false },
            ("numbers", false) => Holds::Many { of: Scalar::Number, set: false },
            ("text-set", false) => Holds::Many { of: Scalar::Text, set: true },
            ("number-set", false) => Holds::Many { of: Scalar::Number, set: true },
            ("blocks", true) => Holds::Nested { nested: Nested::Blocks { set: false }, of },
            ("block-set", true) => Holds::Nested { nested: Nested::Blocks { set: true }, of },
            ("block", true) => Holds::Nested { nested: Nested::Block, of },
            ("objects", true) => Holds::Nested { nested: Nested::Objects { set: false }, of },
            ("object-set", true) => Holds::Nested { nested: Nested::Objects { set: true }, of },
            (other, _) => {
                report.unread(name.at(), format!("`{other}` is no type of an attribute"));
                continue;
            }
        };
        let known = ["required", "optional", "computed", "sensitive", "deprecated"];
        if let Some(flag) = flags.iter().find(|flag| !known.contains(flag)) {
            report.unread(name.at(), format!("`{flag}` is no flag; there are {}", suggest::list(&known)));
        }
        let has = |flag: &str| flags.contains(&flag);
        let (required, optional, computed) = (has("required"), has("optional"), has("computed"));
        found.push(Attribute { name: name.word(), holds, required, optional, computed });
    }
    found
}

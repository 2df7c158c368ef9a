//! Reads `entities/*.toml`.
//!
//! Rule: an entity has fields or variants, never both and never neither.

use super::{choices, fields, title};
use crate::model::{Catalog, Entity, Variants};
use crate::notation::{WORDS, is_entity_name};
use crate::source::{Report, Text, Word};
use crate::table::Table;

const KEYS: [&str; 10] =
    ["title", "reference", "options", "label", "choices", "custom", "fields", "samples", "by", "variants"];

/// Reads the entities of one file.
pub(crate) fn read(root: &Table<'_>, catalog: &mut Catalog, report: &mut Report) {
    root.only(&["entity"], report);
    let Some(tables) = root.table("entity", report) else { return };
    for entry in tables.entries() {
        let Some(table) = tables.entry_table(entry, report) else { continue };
        let name = entry.key.clone();
        check_name(&name, report);
        let entity = entity(name, &table, report);
        match catalog.entities.iter_mut().find(|other| other.name.text == entity.name.text) {
            None => catalog.entities.push(entity),
            Some(other) => {
                // Which of the two is meant is not known, so neither is judged.
                other.whole = false;
                let message = format!("the entity `{}` is declared twice: take another name", entity.name.text);
                report.unread(entity.name.at, message);
            }
        }
    }
}

fn check_name(name: &Word, report: &mut Report) {
    let text = &name.text;
    if !is_entity_name(text) {
        let message = format!("the entity `{text}` is not named in small letters, digits and `_`, such as `log_entry`");
        report.unread(name.at, message);
    } else if WORDS.contains(&text.as_str()) {
        report.unread(name.at, format!("`{text}` is a type of the notation: call the entity otherwise"));
    }
}

fn entity(name: Word, table: &Table<'_>, report: &mut Report) -> Entity {
    let gaps = report.gaps();
    table.only(&KEYS, report);
    if table.key("fields").is_some() == table.key("variants").is_some() {
        let message = format!("the entity `{}` needs either `fields` or `variants`", name.text);
        report.unread(name.at, message);
    }
    let mut word = |key: &str| table.text(key, report).map(|text| text.word());
    let (reference, options, label) = (word("reference"), word("options"), word("label"));
    for empty in [&reference, &options, &label].into_iter().flatten().filter(|word| word.text.is_empty()) {
        report.wrong(empty.at, "the text is empty: leave the key out");
    }
    if let (Some(label), None) = (&label, &options) {
        report.wrong(label.at, "nothing reads `label` without `options`: add the operation that lists the choices");
    }
    if let (Some(at), None) = (table.key("choices"), &options) {
        report.wrong(at, "nothing reads `choices` without `options`: add the operation that lists them");
    }
    Entity {
        title: title(table, report),
        reference: reference.map(|word| word.text),
        options,
        label,
        choices: choices::choices(table, report),
        custom: choices::custom(table, report),
        fields: fields(table, "fields", report),
        variants: variants(table, report),
        samples: samples(table, report),
        whole: report.gaps() == gaps,
        name,
    }
}

fn variants(table: &Table<'_>, report: &mut Report) -> Option<Variants> {
    let Some(cases) = table.table("variants", report) else {
        if let Some(at) = table.key("by") {
            report.wrong(at, "nothing reads `by` without `variants`");
        }
        return None;
    };
    let by = table.required("by", "\"type\"", report).map(|text| text.word());
    if cases.entries().is_empty() {
        report.unread(cases.at(), "`variants` needs at least one `value = \"entity\"`");
    }
    let mut found = Vec::new();
    for entry in cases.entries() {
        match cases.entry_text(entry) {
            Some(text) => found.push((entry.key.clone(), text.word())),
            None => cases.mistyped(entry, "the name of an entity in quotes", report),
        }
    }
    Some(Variants { by: by?, cases: found })
}

fn samples(table: &Table<'_>, report: &mut Report) -> Vec<(Word, Text)> {
    let Some(samples) = table.table("samples", report) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in samples.entries() {
        match samples.entry_scalar(entry) {
            Some(text) => found.push((entry.key.clone(), text)),
            None => samples.mistyped(entry, "a text, a number or a truth value", report),
        }
    }
    found
}

//! Reads what an entity says of its choices and of an account's own fields,
//! and the words people use.
//!
//! Rule: keys that only matter beside another key are refused without it.

use super::parsed;
use crate::model::{Choices, Custom, Given};
use crate::notation;
use crate::source::{Report, Word};
use crate::table::Table;

/// Reads `choices`.
pub(super) fn choices(table: &Table<'_>, report: &mut Report) -> Option<Choices> {
    let at = table.key("choices")?;
    let choices = table.table("choices", report)?;
    choices.only(&["take", "with", "search", "parents"], report);
    let mut parents = Vec::new();
    if let Some(pairs) = choices.table("parents", report) {
        for entry in pairs.entries() {
            match pairs.entry_text(entry) {
                Some(text) => parents.push((entry.key.clone(), text.word())),
                None => pairs.mistyped(entry, "the name of an argument in quotes", report),
            }
        }
    }
    Some(Choices {
        at,
        take: choices.text("take", report).map(|text| text.word()),
        with: given(&choices, report),
        search: choices.text("search", report).map(|text| text.word()),
        parents,
    })
}

/// Reads `custom`: a list of tables.
pub(super) fn custom(table: &Table<'_>, report: &mut Report) -> Vec<Custom> {
    let mut found = Vec::new();
    for custom in table.tables("custom", report) {
        custom.only(&["of", "with", "each", "as"], report);
        let of = custom.required("of", "\"service-custom-fields.list\"", report).map(|text| text.word());
        let with = given(&custom, report);
        let each = custom.text("each", report).map(|text| text.word());
        let fills = custom.text("as", report).map(|text| text.word());
        match (&each, &fills) {
            (Some(word), None) => report.wrong(word.at, "`each` needs `as`: the argument that takes the id of an item"),
            (None, Some(word)) => report.wrong(word.at, "nothing reads `as` without `each`"),
            (Some(_), Some(_)) | (None, None) => {}
        }
        if let Some(of) = of {
            found.push(Custom { of, with, each: each.zip(fills) });
        }
    }
    found
}

/// A JSON object under `with`.
fn given(table: &Table<'_>, report: &mut Report) -> Given {
    let written = table.text("with", report).and_then(|text| parsed(notation::object(&text), report));
    written.unwrap_or(Given { text: "{}".to_owned(), ..Given::default() })
}

/// Reads `words`: what people call a thing, in small letters.
pub(super) fn words(table: &Table<'_>, report: &mut Report) -> Vec<String> {
    let texts: Vec<Word> = table.texts("words", report).iter().map(|text| text.word()).collect();
    for (index, Word { text, at }) in texts.iter().enumerate() {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == ' ' || c == '-';
        if text.trim() != text || text.is_empty() || !text.chars().all(plain) {
            report.wrong(*at, format!("`{text}` is not a word or a few, in small letters, such as `page someone`"));
        } else if texts[..index].iter().any(|other| other.text == *text) {
            report.wrong(*at, format!("`{text}` stands twice in `words`"));
        }
    }
    texts.into_iter().map(|word| word.text).collect()
}

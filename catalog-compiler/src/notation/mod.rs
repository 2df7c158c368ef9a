//! The field notation: `name[flags][: type] [markers] [-- note]`.
//!
//! Rule: one string in, one field or the first problem in it out; what needs
//! more than the string to judge is left to `check`.

mod cursor;
mod json;
mod types;

pub(crate) use cursor::{Parsed, Problem};
pub(crate) use json::object;
pub(crate) use types::{WORDS, is_entity_name};

use crate::model::{Field, Marker, Type};
use crate::source::{Spot, Text, Word};
use crate::suggest;
use cursor::Cursor;

const MARKERS: [(&str, Marker); 6] = [
    ("secret", Marker::Secret),
    ("ro", Marker::Ro),
    ("wo", Marker::Wo),
    ("utc", Marker::Utc),
    ("comma", Marker::Comma),
    ("bare", Marker::Bare),
];

/// Reads a field.
pub(crate) fn field(text: &Text) -> Parsed<Field> {
    let cursor = &mut Cursor::new(text);
    let mut field = Field::new(name(cursor)?, Type::TEXT);
    flags(cursor, &mut field)?;
    let mut spaced = cursor.space();
    if cursor.eat(":=") {
        cursor.space();
        if let Some(at) = field.required.or(field.nullable) {
            let message = "a constant takes no flags: it is always sent".to_owned();
            return Err(Problem { at, message });
        }
        field.of_at = cursor.spot();
        field.constant = Some(types::value(cursor)?);
        spaced = cursor.space();
    } else if cursor.eat(":") {
        cursor.space();
        field.of_at = cursor.spot();
        field.of = types::read(cursor)?;
        spaced = cursor.space();
    }
    if !spaced && !cursor.rest().is_empty() {
        return cursor.problem(format!("a space is missing before `{}`", cursor.rest()));
    }
    markers(cursor, &mut field)?;
    Ok(field)
}

/// Reads `key: type`, as `items` and `item` have it; the place is the type's.
pub(crate) fn keyed(text: &Text) -> Parsed<(Word, Spot, Type)> {
    let cursor = &mut Cursor::new(text);
    let key = name(cursor)?;
    cursor.space();
    if !cursor.eat(":") {
        return cursor
            .problem("the key and the type of what stands under it are parted by a colon, as in `team: team`");
    }
    cursor.space();
    let at = cursor.spot();
    let of = types::read(cursor)?;
    cursor.end()?;
    Ok((key, at, of))
}

/// Reads a type alone, as `answer` has it.
pub(crate) fn alone(text: &Text) -> Parsed<Type> {
    let cursor = &mut Cursor::new(text);
    let of = types::read(cursor)?;
    cursor.end()?;
    Ok(of)
}

/// Whether a field can have this name.
pub(crate) fn is_field_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$') && name.chars().all(in_name)
}

fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.$".contains(c)
}

fn name(cursor: &mut Cursor<'_>) -> Parsed<Word> {
    let at = cursor.spot();
    let text = cursor.take(in_name).to_owned();
    if cursor.peek() == Some('[') {
        return cursor.problem(format!("write the name of a list without brackets: `{text}: [text]`"));
    }
    if is_field_name(&text) {
        return Ok(Word { text, at });
    }
    Err(Problem { at, message: "a name of letters, digits and `_ - . $` is expected".to_owned() })
}

fn flags(cursor: &mut Cursor<'_>, field: &mut Field) -> Parsed<()> {
    loop {
        let at = cursor.spot();
        let flag = match cursor.peek() {
            Some('!') => &mut field.required,
            Some('?') => &mut field.nullable,
            None | Some(' ' | ':') => return Ok(()),
            Some(c) => return cursor.problem(format!("`{c}` does not belong here; the flags are `!` and `?`")),
        };
        if flag.replace(at).is_some() {
            return cursor.problem("the flag stands twice");
        }
        cursor.skip();
    }
}

fn markers(cursor: &mut Cursor<'_>, field: &mut Field) -> Parsed<()> {
    loop {
        cursor.space();
        if cursor.rest().is_empty() {
            return Ok(());
        }
        let at = cursor.spot();
        if cursor.eat("--") {
            cursor.space();
            let note = cursor.rest().trim_end();
            if note.is_empty() {
                return Err(Problem { at, message: "nothing follows `--`: leave it out or write a note".to_owned() });
            }
            field.note = note.to_owned();
            return Ok(());
        }
        let word = cursor.take(|c| c != ' ');
        let known = MARKERS.iter().find(|(name, _)| *name == word);
        let message = match known {
            Some(_) if field.constant.is_some() => format!("a constant takes no markers: leave out `{word}`"),
            Some((_, marker)) if field.has(*marker) => format!("`{word}` stands twice"),
            Some((_, marker)) => {
                field.markers.push((*marker, at));
                continue;
            }
            None => unknown_marker(word, field),
        };
        return Err(Problem { at, message });
    }
}

/// Says what was probably meant: people forget the colon, or the `--`.
fn unknown_marker(word: &str, field: &Field) -> String {
    let name = &field.name.text;
    if field.constant.is_some() {
        return "a value of several words stands in quotes; a note stands behind `--`".to_owned();
    }
    if word.starts_with('|') {
        return "no spaces stand around `|`".to_owned();
    }
    if matches!(word, "!" | "?") {
        return format!("`{word}` stands right behind the name: `{name}{word}`");
    }
    if field.of_at == field.name.at && (WORDS.contains(&word) || word.starts_with('[') || word.contains('|')) {
        return format!("a type stands behind a colon: `{name}: {word}`");
    }
    let hint = suggest::hint(word, MARKERS.map(|(name, _)| name));
    format!("unknown marker `{word}`{hint}; a note stands behind `--`")
}

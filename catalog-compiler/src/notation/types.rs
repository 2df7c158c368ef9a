//! Types in the field notation: words, bounds, lists of values.
//!
//! Rule: a word that is no type is taken for an entity; whether there is one
//! is found out when all files have been read.

use super::cursor::{Cursor, Parsed, Problem};
use crate::model::Type;
use crate::source::Word;
use crate::suggest;

/// Words that are types, which no entity can be called.
pub(crate) const WORDS: [&str; 14] =
    ["text", "int", "number", "bool", "time", "date", "email", "url", "json", "object", "file", "ref", "id", "none"];

/// Reads a type and leaves the cursor behind it.
pub(crate) fn read(cursor: &mut Cursor<'_>) -> Parsed<Type> {
    match cursor.peek() {
        Some('[') => list(cursor),
        Some('"') => values(cursor, Vec::new()),
        Some(c) if in_value(c) => word(cursor),
        Some(c) => cursor.problem(format!("a type cannot begin with `{c}`")),
        None => cursor.problem("a type is missing"),
    }
}

fn list(cursor: &mut Cursor<'_>) -> Parsed<Type> {
    cursor.eat("[");
    cursor.space();
    let of = Box::new(read(cursor)?);
    cursor.space();
    if !cursor.eat("]") {
        return cursor.problem("the list is not closed: `]` is missing");
    }
    let (min, max) = lengths(cursor)?;
    Ok(Type::List { of, min, max })
}

fn word(cursor: &mut Cursor<'_>) -> Parsed<Type> {
    let at = cursor.spot();
    let word = cursor.take(in_value);
    if cursor.peek() == Some('|') {
        return values(cursor, vec![word.to_owned()]);
    }
    let kind = match word {
        "text" => {
            let (min, max) = lengths(cursor)?;
            return Ok(Type::Text { min, max });
        }
        "int" => {
            let (min, max) = bounds(cursor)?.unwrap_or((None, None));
            return Ok(Type::Int { min: min.unwrap_or(i64::MIN), max: max.unwrap_or(i64::MAX) });
        }
        "number" => Type::Number,
        "bool" => Type::Bool,
        "time" => Type::Time,
        "date" => Type::Date,
        "email" => Type::Email,
        "url" => Type::Url,
        "json" => Type::Json,
        "object" => Type::Object,
        "file" => Type::File,
        "ref" => Type::Ref(entity(cursor, word)?),
        "id" => Type::Id(entity(cursor, word)?),
        _ if is_entity_name(word) => Type::Entity(Word { text: word.to_owned(), at }),
        _ => {
            let hint = suggest::hint(word, WORDS);
            let hint = if hint.contains("did you mean") { hint } else { String::new() };
            let message = format!("unknown type `{word}`{hint}; a list of one value is written `{word}|`");
            return Err(Problem { at, message });
        }
    };
    if cursor.peek() == Some('(') {
        return cursor.problem(format!("`{word}` takes no bounds: `text`, `int` and lists do"));
    }
    Ok(kind)
}

/// The name behind `ref` or `id`.
fn entity(cursor: &mut Cursor<'_>, word: &str) -> Parsed<Word> {
    cursor.space();
    let at = cursor.spot();
    let name = cursor.take(in_value);
    if is_entity_name(name) && !WORDS.contains(&name) {
        return Ok(Word { text: name.to_owned(), at });
    }
    Err(Problem { at, message: format!("`{word}` needs the name of an entity, as in `{word} team`") })
}

/// Whether an entity can have this name.
pub(crate) fn is_entity_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Characters of a value that needs no quotes.
fn in_value(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_.:/-".contains(c)
}

/// The values of a list, the first of them perhaps read.
fn values(cursor: &mut Cursor<'_>, mut found: Vec<String>) -> Parsed<Type> {
    let mut quoted = found.is_empty();
    if found.is_empty() {
        found.push(value(cursor)?);
        if cursor.peek() != Some('|') {
            return cursor.problem("a list of one value ends in a bar, and values are parted by bars");
        }
    }
    while cursor.eat("|") {
        if cursor.peek().is_none_or(|c| c == ' ' || c == ']') {
            if found.len() == 1 {
                break;
            }
            return cursor
                .problem("a value is missing after `|` (no spaces around it; only a list of one value ends in a bar)");
        }
        let at = cursor.spot();
        quoted |= cursor.peek() == Some('"');
        let value = value(cursor)?;
        if found.contains(&value) {
            return Err(Problem { at, message: format!("`{value}` stands twice in the list of values") });
        }
        found.push(value);
    }
    // Digits in quotes are text.
    let numbers: Result<Vec<i64>, _> = found.iter().map(|value| value.parse()).collect();
    match numbers {
        Ok(numbers) if !quoted => Ok(Type::IntEnum(numbers)),
        Ok(_) | Err(_) => Ok(Type::Enum(found)),
    }
}

/// One value, quoted or not.
pub(crate) fn value(cursor: &mut Cursor<'_>) -> Parsed<String> {
    let open = cursor.spot();
    if !cursor.eat("\"") {
        return match cursor.take(in_value) {
            "" => cursor.problem("a value of letters, digits and `_ . : / -` is expected; put others into quotes"),
            word => Ok(word.to_owned()),
        };
    }
    let value = cursor.take(|c| c != '"');
    if !cursor.eat("\"") {
        return Err(Problem { at: open, message: "the quote is not closed".to_owned() });
    }
    if value.is_empty() {
        return Err(Problem { at: open, message: "a value cannot be empty".to_owned() });
    }
    Ok(value.to_owned())
}

/// Bounds of a length or count.
fn lengths(cursor: &mut Cursor<'_>) -> Parsed<(u32, u32)> {
    let at = cursor.spot();
    let (min, max) = bounds(cursor)?.unwrap_or((None, None));
    match (min.map_or(Ok(0), u32::try_from), max.map_or(Ok(u32::MAX), u32::try_from)) {
        (Ok(min), Ok(max)) => Ok((min, max)),
        _ => Err(Problem { at, message: format!("a length lies between 0 and {}", u32::MAX) }),
    }
}

type Bounds = (Option<i64>, Option<i64>);

/// `(a..b)`, `(a..)`, `(..b)` or nothing.
fn bounds(cursor: &mut Cursor<'_>) -> Parsed<Option<Bounds>> {
    let at = cursor.spot();
    if !cursor.eat("(") {
        return Ok(None);
    }
    let inside = cursor.take(|c| c != ')');
    let wrong = |message: &str| Err(Problem { at, message: message.to_owned() });
    if !cursor.eat(")") {
        return wrong("the bounds are not closed: `)` is missing");
    }
    let number = |text: &str| if text.is_empty() { Ok(None) } else { text.parse::<i64>().map(Some) };
    let Some((Ok(min), Ok(max))) = inside.split_once("..").map(|(a, b)| (number(a), number(b))) else {
        return wrong("bounds are whole numbers, as in `(1..255)`, `(..100)` or `(0..)`");
    };
    match (min, max) {
        (None, None) => wrong("the bounds are empty: leave them out"),
        (Some(min), Some(max)) if min > max => wrong(&format!("the lower bound {min} is above the upper bound {max}")),
        both => Ok(Some(both)),
    }
}

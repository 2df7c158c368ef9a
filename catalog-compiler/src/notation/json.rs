//! Reads the JSON objects that stand in quotes in a file.
//!
//! Rule: a member or value keeps its place, so that each can be judged; text
//! with escapes is refused, since none of it needs any.

use super::cursor::{Cursor, Parsed, Problem};
use crate::model::{Given, Json};
use crate::source::{Text, Word};

/// Reads an object whose members are arguments.
pub(crate) fn object(text: &Text) -> Parsed<Given> {
    let cursor = &mut Cursor::new(text);
    cursor.space();
    let members = members(cursor)?;
    cursor.end()?;
    Ok(Given { text: text.value.clone(), members })
}

fn members(cursor: &mut Cursor<'_>) -> Parsed<Vec<(Word, Json)>> {
    if !cursor.eat("{") {
        return cursor.problem("a JSON object is expected, as in `{\"include\":[\"teams\"]}`");
    }
    let mut found: Vec<(Word, Json)> = Vec::new();
    cursor.space();
    while !cursor.eat("}") {
        if !found.is_empty() {
            comma(cursor, "}")?;
        }
        let name = string(cursor)?;
        if found.iter().any(|(other, _)| other.text == name.text) {
            return Err(Problem { at: name.at, message: format!("`{}` stands twice", name.text) });
        }
        cursor.space();
        if !cursor.eat(":") {
            return cursor.problem("a colon is missing behind the name");
        }
        found.push((name, value(cursor)?));
        cursor.space();
    }
    Ok(found)
}

fn value(cursor: &mut Cursor<'_>) -> Parsed<Json> {
    cursor.space();
    let at = cursor.spot();
    match cursor.peek() {
        Some('"') => Ok(Json::Scalar { value: string(cursor)?, quoted: true }),
        Some('{') => members(cursor).map(|_| Json::Other(at)),
        Some('[') => {
            cursor.skip();
            let mut items = Vec::new();
            cursor.space();
            while !cursor.eat("]") {
                if !items.is_empty() {
                    comma(cursor, "]")?;
                }
                items.push(value(cursor)?);
                cursor.space();
            }
            Ok(Json::List(items, at))
        }
        Some(_) | None => match cursor.take(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) {
            "null" => Ok(Json::Other(at)),
            word if matches!(word, "true" | "false") || number(word) => {
                Ok(Json::Scalar { value: Word { text: word.to_owned(), at }, quoted: false })
            }
            _ => Err(Problem { at, message: "a JSON value is expected; text stands in double quotes".to_owned() }),
        },
    }
}

/// Whether it is a number as JSON writes it.
fn number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let whole = digits.split(['.', 'e', 'E']).next().unwrap_or_default();
    let bare = !whole.is_empty() && whole.chars().all(|c| c.is_ascii_digit());
    bare && (whole == "0" || !whole.starts_with('0')) && !word.ends_with('.') && word.parse::<f64>().is_ok()
}

fn comma(cursor: &mut Cursor<'_>, close: &str) -> Parsed<()> {
    if !cursor.eat(",") {
        return cursor.problem(format!("`,` or `{close}` is expected"));
    }
    cursor.space();
    Ok(())
}

fn string(cursor: &mut Cursor<'_>) -> Parsed<Word> {
    let open = cursor.spot();
    if !cursor.eat("\"") {
        return cursor.problem("a name in double quotes is expected");
    }
    let at = cursor.spot();
    let text = cursor.take(|c| c != '"' && c != '\\' && !c.is_control()).to_owned();
    if cursor.peek() == Some('\\') {
        return cursor.problem("write the text without escapes");
    }
    if !cursor.eat("\"") {
        return Err(Problem { at: open, message: "the quote is not closed".to_owned() });
    }
    Ok(Word { text, at })
}

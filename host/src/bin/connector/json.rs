//! JSON as it came, laid out anew: numbers keep their digits, keys their order,
//! strings their escapes. Works on text that is known to be JSON.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::failure::{Failure, Result};

/// Laid out for reading, two spaces a level.
pub(crate) fn pretty(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut tokens = Tokens(json).peekable();
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(token) = tokens.next() {
        match token {
            "{" | "[" => {
                out.push_str(token);
                match tokens.peek() {
                    Some(&"}" | &"]") => out.extend(tokens.next()),
                    _ => {
                        depth += 1;
                        line(&mut out, depth);
                    }
                }
            }
            "}" | "]" => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push_str(token);
            }
            "," => {
                out.push(',');
                line(&mut out, depth);
            }
            ":" => out.push_str(": "),
            other => out.push_str(other),
        }
    }
    out
}

/// On one line. A line break can only stand between tokens: inside a string it
/// is escaped.
pub(crate) fn one_line(json: &str) -> Cow<'_, str> {
    if json.contains(['\n', '\r']) {
        return Cow::Owned(Tokens(json).collect());
    }
    Cow::Borrowed(json)
}

/// The items of a JSON array, each as it came.
pub(crate) fn items(array: &str) -> Result<Vec<&RawValue>> {
    serde_json::from_str(array)
        .map_err(|why| Failure::Other(format!("the connector's page is not a JSON array: {why}")))
}

/// The tokens of a JSON text, without the space between them.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start_matches([' ', '\n', '\r', '\t']);
        let end = match text.bytes().next()? {
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            b'"' => string_end(text),
            _ => text.find(['{', '}', '[', ']', ',', ':', '"', ' ', '\n', '\r', '\t']).unwrap_or(text.len()),
        };
        let (token, rest) = text.split_at(end);
        self.0 = rest;
        Some(token)
    }
}

/// Where the string that `text` begins with ends.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn laid_out_for_reading() {
        for (json, expected) in [
            ("null", "null"),
            ("{}", "{}"),
            (" [ ] ", "[]"),
            ("[1,2]", "[\n  1,\n  2\n]"),
            (r#"{"a":{"b":[]},"c":"x:{,}\"\\"}"#, "{\n  \"a\": {\n    \"b\": []\n  },\n  \"c\": \"x:{,}\\\"\\\\\"\n}"),
            ("{\"n\": 1.50e3 , \"ü\":\ttrue}", "{\n  \"n\": 1.50e3,\n  \"ü\": true\n}"),
        ] {
            assert_eq!(pretty(json), expected);
        }
    }

    #[test]
    fn on_one_line() {
        assert_eq!(one_line(r#"{"a": 1}"#), r#"{"a": 1}"#);
        assert_eq!(one_line("{\n \"a\": \"b c\",\r\n \"d\": 1\n}"), r#"{"a":"b c","d":1}"#);
    }

    #[test]
    fn items_stay_as_they_came() {
        let items = items("[ {\"a\": 1.0},\n 2 ]").unwrap();
        let texts: Vec<_> = items.iter().map(|item| item.get()).collect();
        assert_eq!(texts, ["{\"a\": 1.0}", "2"]);
        assert!(super::items("{}").is_err());
    }
}

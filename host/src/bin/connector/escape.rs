//! Shows numbers, and text of others without letting it act: control characters would move a
//! terminal's cursor or colour it, bidirectional ones would show words in an
//! order they do not have.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character is shown escaped.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Text for a terminal: `\n`, `\t`, `\u{202e}` and the like are spelled out.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match acts(c) {
            true => shown.extend(c.escape_default()),
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// A number with what it counts.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// JSON for a terminal or a file: what acts is written as JSON's own escapes,
/// so the value stays the same. Line breaks between tokens stay, those inside
/// strings are escaped already.
pub(crate) fn safe_json(json: &str) -> Cow<'_, str> {
    let acts = |c: char| acts(c) && !matches!(c, '\n' | '\r' | '\t');
    if !json.contains(acts) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match acts(c) {
            // Everything that acts lies in the first plane: one escape each.
            true => {
                // Writing to a text cannot fail.
                let _ = write!(shown, "\\u{:04x}", u32::from(c));
            }
            false => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_spelled_out() {
        for (text, shown) in [
            ("plain, ünï ✓ 日本", "plain, ünï ✓ 日本"),
            ("a\u{1b}[31mred", "a\\u{1b}[31mred"),
            ("two\nlines\r\t", "two\\nlines\\r\\t"),
            ("bell\u{7}del\u{7f}c1\u{9b}", "bell\\u{7}del\\u{7f}c1\\u{9b}"),
            ("evil\u{202e}txt.exe", "evil\\u{202e}txt.exe"),
            ("iso\u{2066}late\u{2069}", "iso\\u{2066}late\\u{2069}"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn json_keeps_its_value() {
        for (json, shown) in [
            ("{\"a\": \"ü\",\n\t\"b\": 1}", "{\"a\": \"ü\",\n\t\"b\": 1}"),
            ("\"x\u{202e}y\u{7f}\u{9b}\"", "\"x\\u202ey\\u007f\\u009b\""),
        ] {
            assert_eq!(safe_json(json), shown);
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(value(json), value(shown));
        }
    }
}

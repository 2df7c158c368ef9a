//! Texts that nothing acts on.
//!
//! Rule: a character that is not shown as itself is shown by its number.

use serde::Serialize;

/// Controls, and what turns the direction of text around or hides in it.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// A number with what it counts.
pub(super) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// For a line of a terminal.
pub(super) fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push(' '),
            c if acts(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// JSON, with everything that acts as `\u` escapes: it may be shown on a terminal.
pub(super) fn json<T: Serialize + ?Sized>(value: &T) -> String {
    // Texts, numbers, lists and maps with text keys: nothing that could fail.
    let plain = serde_json::to_string_pretty(value).unwrap_or_default();
    let mut shown = String::with_capacity(plain.len() + 1);
    for c in plain.chars() {
        // Line breaks stand between strings alone: inside one they are escaped already.
        if c != '\n' && acts(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            shown.push(c);
        }
    }
    shown.push('\n');
    shown
}

/// For a message of SARIF (3.11): `{0}` would be a placeholder, `[a](b)` a link.
pub(super) fn sarif(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '{' => shown.push_str("{{"),
            '}' => shown.push_str("}}"),
            '\\' | '[' | ']' => shown.extend(['\\', c]),
            c => shown.push(c),
        }
    }
    shown
}

/// A segment of a relative URI.
pub(super) fn segment(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => shown.push(char::from(byte)),
            // Dots too: `..` leads elsewhere.
            byte => shown.push_str(&format!("%{byte:02X}")),
        }
    }
    shown
}

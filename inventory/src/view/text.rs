//! Text of others, made harmless where it is shown: control characters would
//! move a terminal's cursor or colour it, bidirectional ones would show words in
//! an order they do not have, a formula would be run by a spreadsheet.
//!
//! Rule: what is shown can be read back; nothing is dropped but by [`clip`],
//! which leaves a mark.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Whether a character is shown escaped.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Text for a terminal: `\n`, `\t`, `\u{202e}` and the like are spelled out.
pub fn visible(text: &str) -> Cow<'_, str> {
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

/// JSON for a terminal or a file: what acts is written as JSON's own escapes,
/// so the value stays the same. Line breaks between tokens stay, those inside
/// strings are escaped already.
pub fn safe_json(json: &str) -> Cow<'_, str> {
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

/// Text for a cell of CSV, with an apostrophe before what a spreadsheet would
/// run. The last four are the full-width forms, which some take for the same.
pub fn guarded(text: &str) -> Cow<'_, str> {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

/// Text in no more than `width` columns, with `…` where it was cut.
pub fn clip(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let mut shown: String = text
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used < width
        })
        .collect();
    shown.push('…');
    Cow::Owned(shown)
}

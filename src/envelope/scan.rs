//! One pass over a JSON text that checks every byte of it and tells where its
//! values stand.
//!
//! Rule: pure, and accepts what RFC 8259 accepts, no more and no less, at any
//! depth. Sixteen bytes of a string at a time, since most of a page is strings.
//! Places are handed from function to function rather than kept: memory between
//! two steps would cost as much as a step.

use wide::u8x16;

/// The text is not JSON. Who wants to know where reads it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// A text and how far it has been read.
pub(super) struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(text: &'a str) -> Scan<'a> {
        Scan { text, at: 0 }
    }

    /// Passes over one byte, if it is this one.
    pub(super) fn take(&mut self, byte: u8) -> bool {
        let taken = peek(self.text.as_bytes(), self.at) == byte;
        self.at += usize::from(taken);
        taken
    }

    /// Passes over white space.
    pub(super) fn space(&mut self) {
        self.at = space(self.text.as_bytes(), self.at);
    }

    /// Whether nothing but white space is left.
    pub(super) fn ended(&mut self) -> bool {
        self.space();
        self.at == self.text.len()
    }

    /// A member's name, as it stands between its quotes; its value comes next.
    pub(super) fn name(&mut self) -> Result<&'a str, Broken> {
        let bytes = self.text.as_bytes();
        if !self.take(b'"') {
            return Err(Broken);
        }
        let (start, end) = (self.at, string(bytes, self.at).ok_or(Broken)?);
        self.at = colon(bytes, end).ok_or(Broken)?;
        self.text.get(start..end - 1).ok_or(Broken)
    }

    /// The value that begins here, as it stands.
    pub(super) fn value(&mut self) -> Result<&'a str, Broken> {
        let start = self.at;
        self.at = value(self.text.as_bytes(), start).ok_or(Broken)?;
        self.text.get(start..self.at).ok_or(Broken)
    }
}

/// How far a run came.
enum Run {
    /// To behind the value.
    End(usize),
    /// To a container that there was no bit left for, and what was open around it.
    Full(usize, u64),
    /// The text is no JSON.
    Broken,
}

/// Nothing is open.
const NONE: u64 = 1;

/// From the first byte of a value to behind its last, however deep it is.
fn value(bytes: &[u8], at: usize) -> Option<usize> {
    let mut around = Vec::new();
    let mut came = run(bytes, at, NONE, false);
    loop {
        came = match came {
            Run::End(at) => match around.pop() {
                None => return Some(at),
                Some(open) => run(bytes, at, open, true),
            },
            // A value of its own, with a word of its own.
            Run::Full(at, open) => {
                around.push(open);
                run(bytes, at, NONE, false)
            }
            Run::Broken => return None,
        };
    }
}

/// Goes on from a value, or (`behind`) from behind one, until nothing is open. What
/// is open is a bit each behind a first 1, the innermost last, set for an object: one
/// word, since every register counts here.
fn run(bytes: &[u8], mut at: usize, mut open: u64, mut behind: bool) -> Run {
    // Whether the name of a member comes next.
    let mut named = false;
    loop {
        let first = if behind { 0 } else { peek(bytes, at) };
        if first == b'"' {
            let Some(end) = string(bytes, at + 1) else { return Run::Broken };
            at = end;
            if named {
                let Some(value) = colon(bytes, at) else { return Run::Broken };
                at = value;
                named = false;
                continue;
            }
        } else if named {
            return Run::Broken;
        } else if first == b'{' || first == b'[' {
            let (object, start) = (first == b'{', at);
            at = space(bytes, at + 1);
            if peek(bytes, at) != closing(object) {
                if open >> 63 == 1 {
                    return Run::Full(start, open);
                }
                open = open << 1 | u64::from(object);
                named = object;
                continue;
            }
            at += 1;
        } else if !behind {
            let Some(end) = scalar(bytes, at) else { return Run::Broken };
            at = end;
        }
        behind = false;
        // Behind a value: up to the next one of the containers around it.
        if open == NONE {
            return Run::End(at);
        }
        at = space(bytes, at);
        let mut next = peek(bytes, at);
        while next != b',' {
            if next != closing(open & 1 == 1) {
                return Run::Broken;
            }
            open >>= 1;
            if open == NONE {
                return Run::End(at + 1);
            }
            at = space(bytes, at + 1);
            next = peek(bytes, at);
        }
        at = space(bytes, at + 1);
        named = open & 1 == 1;
    }
}

#[inline(always)]
fn closing(object: bool) -> u8 {
    if object { b'}' } else { b']' }
}

/// The byte at a place; 0, which no JSON holds, behind the end.
#[inline(always)]
fn peek(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or(0)
}

/// Behind white space. There is none in most answers.
#[inline(always)]
fn space(bytes: &[u8], at: usize) -> usize {
    if peek(bytes, at) > b' ' { at } else { spaces(bytes, at) }
}

#[inline(never)]
fn spaces(bytes: &[u8], mut at: usize) -> usize {
    while matches!(peek(bytes, at), b' ' | b'\n' | b'\r' | b'\t') {
        at += 1;
    }
    at
}

/// From behind a name to its value.
#[inline(always)]
fn colon(bytes: &[u8], at: usize) -> Option<usize> {
    let at = space(bytes, at);
    if peek(bytes, at) == b':' { Some(space(bytes, at + 1)) } else { None }
}

/// What of sixteen bytes a string cannot hold as it is, a bit each.
#[inline(always)]
fn special(step: &[u8; 16]) -> u32 {
    let step = u8x16::new(*step);
    let (quote, escape, control) = (u8x16::splat(b'"'), u8x16::splat(b'\\'), u8x16::splat(0x1f));
    (step.simd_eq(quote) | step.simd_eq(escape) | step.min(control).simd_eq(step)).to_bitmask()
}

/// From behind the quote that opens a string to behind the one that closes it.
#[inline(always)]
fn string(bytes: &[u8], at: usize) -> Option<usize> {
    // Most end within sixteen bytes: those go through no loop.
    let Some(step) = bytes.get(at..).and_then(<[u8]>::first_chunk) else { return last_string(bytes, at) };
    let mask = special(step);
    let end = at + mask.trailing_zeros() as usize;
    if mask != 0 && peek(bytes, end) == b'"' { Some(end + 1) } else { long_string(bytes, at) }
}

/// The same of any.
#[inline(never)]
fn long_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    while let Some(step) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        let mask = special(step);
        if mask == 0 {
            at += 16;
            continue;
        }
        at += mask.trailing_zeros() as usize;
        match peek(bytes, at) {
            b'"' => return Some(at + 1),
            b'\\' => at = behind_escape(bytes, at)?,
            _ => return None,
        }
    }
    last_string(bytes, at)
}

/// The same a byte at a time, where less than sixteen are left.
#[inline(never)]
fn last_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match peek(bytes, at) {
            b'"' => return Some(at + 1),
            b'\\' => at = behind_escape(bytes, at)?,
            0..=0x1f => return None,
            _ => at += 1,
        }
    }
}

#[inline(never)]
fn behind_escape(bytes: &[u8], at: usize) -> Option<usize> {
    match peek(bytes, at + 1) {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 2),
        b'u' if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => Some(at + 6),
        _ => None,
    }
}

/// A number or a word.
#[inline(never)]
fn scalar(bytes: &[u8], at: usize) -> Option<usize> {
    let word = |word: &[u8]| bytes.get(at..)?.starts_with(word).then_some(at + word.len());
    match peek(bytes, at) {
        b't' => word(b"true"),
        b'f' => word(b"false"),
        b'n' => word(b"null"),
        _ => number(bytes, at),
    }
}

fn number(bytes: &[u8], mut at: usize) -> Option<usize> {
    at += usize::from(peek(bytes, at) == b'-');
    at = if peek(bytes, at) == b'0' { at + 1 } else { digits(bytes, at)? };
    if peek(bytes, at) == b'.' {
        at = digits(bytes, at + 1)?;
    }
    if matches!(peek(bytes, at), b'e' | b'E') {
        at += 1;
        at += usize::from(matches!(peek(bytes, at), b'+' | b'-'));
        at = digits(bytes, at)?;
    }
    Some(at)
}

/// Behind one digit or more.
fn digits(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while peek(bytes, at).is_ascii_digit() {
        at += 1;
    }
    (at > start).then_some(at)
}

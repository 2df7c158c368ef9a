//! Cursors: a position as text, bound to operation, arguments and account, with
//! the windows of time that are left and the state of a feed where there is one.
//!
//! Rule: untrusted on the way in. Whatever is decoded could have been written
//! by [`encode`]; anything else is an error that names what does not fit.

use super::offset::{SEAMS, STRAYS};
use super::{EMPTY_PAGES, Guard, Known, PATIENCE, Position};
use crate::feed::Feed;
use crate::windows::Cuts;

/// Longest cursor, in bytes; the contract's bound.
const LONGEST: usize = 4096;
const VERSION: &str = "1";

/// What a cursor carries beside the operation's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Digest of the arguments.
    pub(crate) arguments: u64,
    /// Digest of account and region.
    pub(crate) account: u64,
    /// Records delivered so far.
    pub(crate) read: u32,
    pub(crate) feed: Option<Feed>,
    pub(crate) windows: Option<Cuts>,
    /// Within the present window.
    pub(crate) position: Position,
}

/// `1:incidents.list:DIGEST:ACCOUNT:READ:[fFEED~][wWINDOWS~]POSITION`, safe in
/// a shell and a URL.
/// None when the provider's token is too long to carry.
pub(crate) fn encode(operation: &str, cursor: &Cursor) -> Option<String> {
    let position = match &cursor.position {
        Position::Offset { at, known, twin, stale } => {
            let mut text = format!("o{at}.{stale}.{twin:x}");
            known.seams.iter().for_each(|seam| text.push_str(&format!(".{seam:x}")));
            known.strays.iter().for_each(|stray| text.push_str(&format!("-{stray:x}")));
            text
        }
        Position::Token { token, guard } => {
            let mut text = format!("t{:x}.{}.{}", guard.seen, guard.power, guard.lap);
            if guard.empty > 0 {
                text.push_str(&format!("-{}", guard.empty));
            }
            text.push('.');
            token.bytes().for_each(|byte| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' => text.push(char::from(byte)),
                _ => text.push_str(&format!("_{byte:02x}")),
            });
            text
        }
    };
    let Cursor { arguments, account, read, feed, windows, .. } = cursor;
    let feed = feed.as_ref().map(|feed| format!("f{}~", feed.encode())).unwrap_or_default();
    let windows = windows.as_ref().map(|windows| format!("w{}~", windows.encode())).unwrap_or_default();
    let text = format!("{VERSION}:{operation}:{arguments:x}:{account:x}:{read}:{feed}{windows}{position}");
    (text.len() <= LONGEST).then_some(text)
}

/// Reads a cursor of `operation`, or says what does not fit. `arguments` and
/// `account` are what this call has.
pub(crate) fn decode(operation: &str, arguments: u64, account: u64, text: &str) -> Result<Cursor, String> {
    const FOREIGN: &str = "this is not a cursor of this connector; give back a `next` exactly as it came";
    if text.len() > LONGEST || !text.is_ascii() {
        return Err(FOREIGN.to_owned());
    }
    let mut parts = text.splitn(6, ':');
    let mut part = || parts.next().ok_or_else(|| FOREIGN.to_owned());
    let version = part()?;
    if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FOREIGN.to_owned());
    }
    if version != VERSION {
        return Err("this cursor was made by another version of the connector; start the walk again".to_owned());
    }
    if part()? != operation {
        return Err(format!("this cursor is another operation's, not {operation}'s"));
    }
    let arguments_given = hex(part()?).ok_or(FOREIGN)?;
    let account_given = hex(part()?).ok_or(FOREIGN)?;
    let read = part()?.parse().map_err(|_| FOREIGN)?;
    let (feed, rest) = led(part()?, 'f', Feed::decode).ok_or(FOREIGN)?;
    let (windows, rest) = led(rest, 'w', Cuts::decode).ok_or(FOREIGN)?;
    let position = position(rest).ok_or(FOREIGN)?;
    let cursor = Cursor { arguments: arguments_given, account: account_given, read, feed, windows, position };
    // One cursor has one spelling: what was touched is refused here.
    if encode(operation, &cursor).as_deref() != Some(text) {
        return Err(FOREIGN.to_owned());
    }
    if cursor.arguments != arguments {
        return Err("this cursor goes with other arguments; give the ones the walk began with".to_owned());
    }
    if cursor.account != account {
        return Err("this cursor goes with another account or region; start the walk again".to_owned());
    }
    Ok(cursor)
}

/// A part that begins with `letter` and ends with `~`, if there is one, and
/// what follows. None where it cannot be read.
fn led<T>(text: &str, letter: char, read: impl Fn(&str) -> Option<T>) -> Option<(Option<T>, &str)> {
    let Some(rest) = text.strip_prefix(letter) else { return Some((None, text)) };
    let (part, rest) = rest.split_once('~')?;
    Some((Some(read(part)?), rest))
}

fn position(text: &str) -> Option<Position> {
    if let Some(rest) = text.strip_prefix('o') {
        let mut strays = rest.split('-');
        let mut parts = strays.next()?.split('.');
        let at: u32 = parts.next()?.parse().ok()?;
        let stale: u8 = parts.next()?.parse().ok()?;
        let twin = hex(parts.next()?)?;
        let seams = parts.map(hex).collect::<Option<Vec<u64>>>()?;
        let strays = strays.map(hex).collect::<Option<Vec<u64>>>()?;
        let few = seams.len() <= SEAMS && strays.len() <= STRAYS;
        let fits = stale < PATIENCE && few;
        return fits.then_some(Position::Offset { at, known: Known { seams, strays }, twin, stale });
    }
    if let Some(rest) = text.strip_prefix('t') {
        let mut parts = rest.splitn(4, '.');
        let (seen, power, lap) = (hex(parts.next()?)?, parts.next()?.parse().ok()?, parts.next()?);
        let (lap, empty) = lap.split_once('-').unwrap_or((lap, "0"));
        let guard = Guard { seen, power, lap: lap.parse().ok()?, empty: empty.parse().ok()? };
        let token = unescape(parts.next()?)?;
        // The power doubles from 1 and ends at the largest number.
        let doubled = guard.power.is_power_of_two() || guard.power == u32::MAX;
        let begun = !token.is_empty() || guard == Guard::NEW;
        let fits = begun && doubled && guard.lap < guard.power && guard.empty < EMPTY_PAGES;
        return fits.then_some(Position::Token { token, guard });
    }
    None
}

fn hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'_' => {
                let pair = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&pair).ok()?, 16).ok()?);
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' => bytes.push(byte),
            _ => return None,
        }
    }
    String::from_utf8(bytes).ok()
}

//! What a credential looks like where somebody repeats it: as it is, with any of
//! its characters escaped as JSON or URLs do, or in base64 with whatever else
//! stands before and behind it (`Basic`, a header inside a token).
//!
//! Rule: a text without a credential is passed over as fast as memory is read;
//! only `\` and `%` are looked at twice. What is spelled otherwise (hexadecimal,
//! escaped twice, compressed, turned around) is not found: no search finds what
//! a server means to hide.

use std::ops::Range;

use memchr::memmem::Finder;
use memchr::{memchr_iter, memchr2_iter};

/// The spellings of one credential.
pub(crate) struct Spellings {
    secret: Box<[u8]>,
    /// Its characters, a bit each: nearly every escape is of another.
    letters: u128,
    plain: Finder<'static>,
    /// At each of the three places that base64 can begin, in either alphabet.
    base64: Vec<Finder<'static>>,
}

/// How far a text spells a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelled {
    /// So many bytes are all of it.
    Whole(usize),
    /// So many of its characters, and there the text ends.
    Begun(usize),
    Otherwise,
}

impl Spellings {
    /// Those of `secret`, which is visible ASCII.
    pub(crate) fn of(secret: &str) -> Self {
        let secret: Box<[u8]> = secret.as_bytes().into();
        let finder = |needle: &[u8]| Finder::new(needle).into_owned();
        let mut base64: Vec<Vec<u8>> = Vec::new();
        for shift in 0..3 {
            let standard = base64_of(&secret, shift);
            let for_urls = standard.iter().map(|byte| match byte {
                b'+' => b'-',
                b'/' => b'_',
                other => *other,
            });
            let for_urls: Vec<u8> = for_urls.collect();
            if for_urls != standard {
                base64.push(for_urls);
            }
            base64.push(standard);
        }
        // A few letters stand in any text.
        base64.retain(|needle| needle.len() >= SHORTEST_BASE64);
        let letters = secret.iter().fold(0, |letters, byte| letters | 1 << (byte & 0x7f));
        Spellings {
            letters,
            plain: finder(&secret),
            base64: base64.iter().map(|needle| finder(needle)).collect(),
            secret,
        }
    }

    /// Characters of the credential.
    pub(crate) fn len(&self) -> usize {
        self.secret.len()
    }

    /// Adds to `places` where it stands in `text`, in no order; they may overlap.
    pub(crate) fn find(&self, text: &[u8], places: &mut Vec<Range<usize>>) {
        for finder in std::iter::once(&self.plain).chain(&self.base64) {
            let mut from = 0;
            while let Some(at) = finder.find(&text[from..]).map(|at| from + at) {
                places.push(at..at + finder.needle().len());
                from = at + 1;
            }
        }
        for at in memchr2_iter(b'\\', b'%', text) {
            let Some((byte, _)) = escape(&text[at..]).filter(|(byte, _)| self.letters >> (byte & 0x7f) & 1 == 1) else {
                continue;
            };
            // What stands before the first escape stands as it is.
            for before in memchr_iter(byte, &self.secret).take_while(|before| *before <= at) {
                let start = at - before;
                if text[start..at] == self.secret[..before]
                    && let Spelled::Whole(length) = spelled(&text[start..], &self.secret)
                {
                    places.push(start..start + length);
                }
            }
        }
    }

    /// Where at the end of `text` it begins, with at least so many characters,
    /// and may go on in what follows.
    pub(crate) fn begun(&self, text: &[u8], least: usize) -> Option<usize> {
        // Escaped, a character takes at most six bytes.
        let escaped = text.len().saturating_sub(6 * self.secret.len());
        let plain = (escaped..text.len())
            .find(|at| matches!(spelled(&text[*at..], &self.secret), Spelled::Begun(matched) if matched >= least));
        let base64 = self.base64.iter().filter_map(|finder| {
            let needle = finder.needle();
            let longest = text.len().min(needle.len() - 1);
            let shared = (1..=longest).rev().find(|length| text.ends_with(&needle[..*length]))?;
            // Three bytes in four letters.
            (shared * 3 / 4 >= least).then(|| text.len() - shared)
        });
        plain.into_iter().chain(base64).min()
    }
}

/// Letters that say enough to be looked for.
const SHORTEST_BASE64: usize = 8;

/// How far `text` spells `secret` from its start, each character in its own way.
fn spelled(text: &[u8], secret: &[u8]) -> Spelled {
    let mut at = 0;
    for (matched, byte) in secret.iter().enumerate() {
        let rest = &text[at..];
        at += match (escape(rest), rest.first()) {
            (Some((escaped, length)), _) if escaped == *byte => length,
            (_, Some(plain)) if plain == byte => 1,
            _ if is_cut(rest) => return Spelled::Begun(matched),
            _ => return Spelled::Otherwise,
        };
    }
    Spelled::Whole(at)
}

/// The character that an escape at the start of `text` stands for, and its length.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'\\', b'u', a, b, c, d, ..] => Some((code(&[*a, *b, *c, *d])?, 6)),
        [b'\\', next @ (b'"' | b'\\' | b'/'), ..] => Some((*next, 2)),
        [b'%', a, b, ..] => Some((code(&[*a, *b])?, 3)),
        _ => None,
    }
}

/// Whether nothing is left, or an escape that may go on.
fn is_cut(text: &[u8]) -> bool {
    match text {
        [] | [b'\\'] | [b'%'] => true,
        [b'\\', b'u', digits @ ..] => digits.len() < 4,
        [b'%', _] => true,
        _ => false,
    }
}

fn code(digits: &[u8]) -> Option<u8> {
    let digit = |digit: &u8| char::from(*digit).to_digit(16);
    u8::try_from(digits.iter().try_fold(0, |code, next| Some(code << 4 | digit(next)?))?).ok()
}

/// What of `bytes` in base64 does not depend on what stands around them, where
/// `shift` bytes of a group of three stand before.
fn base64_of(bytes: &[u8], shift: usize) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let padded: Vec<u8> = std::iter::repeat_n(0, shift).chain(bytes.iter().copied()).collect();
    let bit = |at: usize| padded[at / 8] >> (7 - at % 8) & 1;
    let first = (8 * shift).div_ceil(6);
    (first..8 * padded.len() / 6)
        .map(|letter| LETTERS[usize::from((0..6).fold(0, |six, n| six << 1 | bit(6 * letter + n)))])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "u+Zy3-9f8e/7d6c";

    /// What is found of [`KEY`] in a text.
    fn found(text: &str) -> Vec<&str> {
        let mut places = Vec::new();
        Spellings::of(KEY).find(text.as_bytes(), &mut places);
        places.into_iter().map(|place| &text[place]).collect()
    }

    #[test]
    fn each_spelling_is_found() {
        for spelling in [
            KEY,
            r"u+Zy3-9f8e\/7d6c",
            r"u\u002bZy3-9f8e/7d6c",
            r"\u0075\u002B\u005a\u0079\u0033\u002d\u0039\u0066\u0038\u0065\u002f\u0037\u0064\u0036\u0063",
            "u%2BZy3-9f8e%2F7d6c",
            "u%2bZy3-9f8e%2f7d6c",
            "%75%2b%5a%79%33%2d%39%66%38%65%2f%37%64%36%63",
            r"u%2BZy3-9f8e\/7d6\u0063",
        ] {
            assert_eq!(found(&format!("{{\"a\":\"{spelling}\"}}")), [spelling]);
            assert_eq!(found(&format!("u{spelling}{spelling}")), [spelling, spelling], "twice");
        }
        for other in ["u+Zy3-9f8e/7d6", r"u\u002cZy3-9f8e/7d6c", "u%2BZy3-9f8e%2F7d6", "U+zy3-9F8E/7D6C", r"\u", "%"] {
            assert_eq!(found(other), [""; 0]);
        }
    }

    #[test]
    fn base64_is_found_wherever_it_begins() {
        // `printf 'Token token=u+Zy3-9f8e/7d6c' | base64` and so on.
        for text in [
            "VG9rZW4gdG9rZW49dStaeTMtOWY4ZS83ZDZj",
            "OnUrWnkzLTlmOGUvN2Q2Yzo=",
            "YWI6dStaeTMtOWY4ZS83ZDZj",
            "YTp1K1p5My05ZjhlLzdkNmM=",
        ] {
            assert_eq!(found(text).len(), 1, "{text}");
        }
        assert_eq!(found("VG9rZW4gdG9rZW49dStaeTMtOWY4ZS83ZDZk"), [""; 0]);
    }

    #[test]
    fn what_is_begun_is_told() {
        let spellings = Spellings::of(KEY);
        for (text, least, expected) in [
            ("a u+Zy", 1, Some(2)),
            ("a u+Zy", 5, None),
            ("a u", 1, Some(2)),
            (r"a u\u00", 1, Some(2)),
            (r"a u%2", 1, Some(2)),
            (r"a \", 0, Some(2)),
            ("a u+Zx", 1, None),
            ("a uu+", 1, Some(3)),
            ("bm8gdG9rZW49dStaeTMtOW", 1, Some(12)),
            (KEY, 1, None),
            ("", 1, None),
        ] {
            assert_eq!(spellings.begun(text.as_bytes(), least), expected, "{text}");
        }
    }
}

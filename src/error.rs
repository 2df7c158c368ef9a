//! The guest's one error type, shaped like the contract's.
//!
//! Rule: a message says what was wrong, where, and what would do; text that
//! came from PagerDuty enters it only through [`said`].

use serde_json::{Map, Value};

/// What the caller does next; the contract's `reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Invalid,
    Unauthenticated,
    Forbidden,
    Unlicensed,
    Missing,
    Conflict,
    Refused,
    Throttled,
    Unavailable,
    Incomplete,
    Unexpected,
    Blocked,
}

/// One wrong argument, by dotted path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) argument: String,
    pub(crate) message: String,
}

/// A call that did not do what was asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Error {
    pub(crate) reason: Reason,
    pub(crate) message: String,
    pub(crate) violations: Vec<Violation>,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after_ms: Option<u32>,
    pub(crate) outcome_unknown: bool,
    pub(crate) missing_scopes: Vec<String>,
    pub(crate) extra: Map<String, Value>,
}

/// Boxed: an error is large and rare.
pub(crate) type Result<T> = std::result::Result<T, Box<Error>>;

impl Error {
    /// An error without an answer behind it.
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Box<Error> {
        Box::new(Error {
            reason,
            message: message.into(),
            violations: Vec::new(),
            status: None,
            code: None,
            request_id: None,
            retry_after_ms: None,
            outcome_unknown: false,
            missing_scopes: Vec::new(),
            extra: Map::new(),
        })
    }

    /// Nothing was sent, because of these arguments.
    pub(crate) fn invalid(what: &str, violations: Vec<Violation>) -> Box<Error> {
        const NAMED: usize = 8;
        let told: Vec<String> =
            violations.iter().take(NAMED).map(|v| format!("{}: {}", v.argument, v.message)).collect();
        let more = if violations.len() > NAMED { "; and more" } else { "" };
        let message = format!("{what}: {}{more}", told.join("; "));
        Box::new(Error { violations, ..*Error::new(Reason::Invalid, message) })
    }
}

impl Error {
    /// The error without these secrets, wherever they stand in it. A secret of
    /// fewer than four characters is left: it would blank out half of the text.
    pub(crate) fn without<'s>(mut self: Box<Self>, secrets: impl Iterator<Item = &'s str>) -> Box<Error> {
        let mut secrets: Vec<&str> = secrets.filter(|secret| secret.len() >= 4).collect();
        // One that begins with another goes first, or its tail would stay.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let clean = |text: &mut String| {
            for secret in secrets.iter().filter(|secret| text.contains(**secret)).collect::<Vec<_>>() {
                *text = text.replace(secret, "[redacted]");
            }
        };
        clean(&mut self.message);
        self.code.iter_mut().for_each(clean);
        self.request_id.iter_mut().for_each(clean);
        self.missing_scopes.iter_mut().for_each(clean);
        for violation in &mut self.violations {
            clean(&mut violation.argument);
            clean(&mut violation.message);
        }
        let extra = std::mem::take(&mut self.extra);
        self.extra = extra.into_iter().map(|(name, value)| (name, each_text(value, &clean))).collect();
        self
    }
}

/// Every text inside `value`, member names included, through `clean`.
fn each_text(value: Value, clean: &impl Fn(&mut String)) -> Value {
    match value {
        Value::String(mut text) => {
            clean(&mut text);
            Value::String(text)
        }
        Value::Array(items) => items.into_iter().map(|item| each_text(item, clean)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(mut name, value)| {
                clean(&mut name);
                (name, each_text(value, clean))
            })
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

impl Violation {
    pub(crate) fn new(argument: impl Into<String>, message: impl Into<String>) -> Violation {
        Violation { argument: argument.into(), message: message.into() }
    }
}

/// Text that PagerDuty (or a caller) wrote, fit to stand in a message: on one
/// line, without control, invisible or direction-changing characters, at most
/// 500 characters.
pub(crate) fn said(text: &str) -> String {
    const MOST: usize = 500;
    let mut out = String::new();
    for (count, character) in text.trim().chars().enumerate() {
        if count == MOST {
            // No piece of a word: it could be one of a secret, which is looked
            // for whole.
            out.truncate(out.rfind(' ').unwrap_or(0));
            out.push('…');
            break;
        }
        let unseen = matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        );
        out.push(if character.is_control() || unseen { ' ' } else { character });
    }
    out.truncate(out.trim_end().len());
    out
}

/// `a team`, `an incident`.
pub(crate) fn a(title: &str) -> String {
    let vowel = title.starts_with(['A', 'E', 'I', 'O', 'a', 'e', 'i', 'o']);
    format!("{} {title}", if vowel { "an" } else { "a" })
}

/// The candidate that `word` was probably meant to be, if any is near.
pub(crate) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(64).collect();
    // A change of every letter is another word, not a slip.
    let most = (word.len() / 3).max(2).min(word.len().saturating_sub(1));
    candidates
        // Letters that one has more are changes already.
        .filter(|candidate| candidate.chars().count().abs_diff(word.len()) <= most)
        .map(|candidate| (distance(&word, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean X?`, or nothing.
pub(crate) fn suggestion<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// Levenshtein distance.
fn distance(left: &[char], right: &str) -> usize {
    let mut row: Vec<usize> = (0..=left.len()).collect();
    for (i, r) in right.chars().enumerate() {
        let mut diagonal = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, l) in left.iter().enumerate() {
            let (Some(&above), Some(&before)) = (row.get(j + 1), row.get(j)) else { continue };
            let next = (diagonal + usize::from(*l != r)).min(above + 1).min(before + 1);
            diagonal = above;
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = next;
            }
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(word: &str, expected: Option<&str>) {
        assert_eq!(nearest(word, ["incidents.list", "incidents.get", "teams.list"].into_iter()), expected, "{word}");
    }

    #[test]
    fn the_nearest_name_is_suggested_only_when_it_is_near() {
        check("incident.list", Some("incidents.list"));
        check("team.list", Some("teams.list"));
        check("incidents.gte", Some("incidents.get"));
        check("zzz", None);
        check("", None);
    }

    #[test]
    fn provider_text_is_one_harmless_line() {
        assert_eq!(said("a\r\nb\u{202e}c\u{7}"), "a  b c");
        assert_eq!(said("a\u{2028}b\u{2029}c\u{61c}d\u{feff}e"), "a b c d e");
        assert_eq!(said("\u{7}"), "");
        assert_eq!(said(&"four ".repeat(200)).chars().count(), 500);
        assert_eq!(said(&format!("told {}", "x".repeat(600))), "told…");
        assert_eq!(said(&"x".repeat(600)), "…");
    }
}

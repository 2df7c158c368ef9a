//! Credentials that a careless server, or a proxy's error page, repeats. The
//! connector never had them and cannot know them, so the host takes them out:
//! of the headers of every answer and the body of every failed one on the way
//! in, of errors and failures on the way out. What an operation answers when it
//! succeeds is the account's own data and stays as it came.
//!
//! Credentials shorter than four characters are not looked for: they would be
//! found in every other word.

use http::HeaderMap;
use http::header::HeaderValue;
use serde_json::{Map, Value};

use crate::contract::{self, Violation};
use crate::sign::Placeholders;

const REDACTED: &str = "[redacted]";

/// The shortest credential, or piece of one, that is looked for.
const SHORTEST: usize = 4;

impl Placeholders {
    fn looked_for(&self) -> impl Iterator<Item = &[u8]> {
        self.secrets().map(str::as_bytes).filter(|secret| secret.len() >= SHORTEST)
    }

    /// Whether there is anything to take out.
    pub(crate) fn has_secrets(&self) -> bool {
        self.looked_for().next().is_some()
    }

    /// `text` without the credentials, as they are or as JSON escapes them;
    /// `None` if there are none in it. Where two overlap, both go. `cut` says
    /// that the text goes on: the piece of a credential at its end goes too.
    pub(crate) fn clean_bytes(&self, text: &[u8], cut: bool) -> Option<Vec<u8>> {
        let mut cleaned = Vec::new();
        let (mut kept, mut covered, mut found) = (0, 0, false);
        for at in 0..text.len() {
            let rest = &text[at..];
            let lengths = self.looked_for().flat_map(|secret| [literal(rest, secret, cut), escaped(rest, secret, cut)]);
            let Some(length) = lengths.flatten().max() else {
                continue;
            };
            if !found || at >= covered {
                cleaned.extend_from_slice(&text[kept..at]);
                cleaned.extend_from_slice(REDACTED.as_bytes());
                found = true;
            }
            covered = covered.max(at + length);
            kept = covered;
        }
        found.then(|| {
            cleaned.extend_from_slice(&text[kept..]);
            cleaned
        })
    }

    fn clean(&self, text: &mut String) {
        // A credential is ASCII, so what remains is as valid as it was.
        if let Some(cleaned) = self.clean_bytes(text.as_bytes(), false) {
            *text = String::from_utf8_lossy(&cleaned).into_owned();
        }
    }

    /// Cleans a JSON document value by value, so that it stays one.
    fn clean_json(&self, text: &mut String) {
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            return self.clean(text);
        };
        let cleaned = self.cleaned_value(value.clone());
        if cleaned != value {
            *text = cleaned.to_string();
        }
    }

    fn cleaned_value(&self, value: Value) -> Value {
        match value {
            Value::String(mut text) => {
                self.clean(&mut text);
                Value::String(text)
            }
            Value::Number(number) => match self.clean_bytes(number.to_string().as_bytes(), false) {
                Some(_) => Value::from(REDACTED),
                None => Value::Number(number),
            },
            Value::Array(items) => items.into_iter().map(|item| self.cleaned_value(item)).collect(),
            Value::Object(fields) => {
                let cleaned = fields.into_iter().map(|(mut name, value)| {
                    self.clean(&mut name);
                    (name, self.cleaned_value(value))
                });
                Value::Object(cleaned.collect::<Map<_, _>>())
            }
            other @ (Value::Null | Value::Bool(_)) => other,
        }
    }

    /// Takes the credentials out of an answer's headers.
    pub(crate) fn clean_headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            let cleaned = self.clean_bytes(value.as_bytes(), false);
            if let Some(Ok(cleaned)) = cleaned.map(|bytes| HeaderValue::from_bytes(&bytes)) {
                *value = cleaned;
            }
        }
    }

    /// Takes the credentials out of what failed, and why.
    pub(crate) fn clean_violations(&self, violations: &mut [Violation]) {
        for violation in violations {
            self.clean(&mut violation.argument);
            self.clean(&mut violation.message);
        }
    }

    /// Takes the credentials out of whatever a connector says of a failure.
    pub(crate) fn clean_error(&self, mut error: contract::Error) -> contract::Error {
        let contract::Error { message, violations, code, request_id, missing_scopes, extra, .. } = &mut error;
        self.clean_violations(violations);
        let texts = [Some(message), code.as_mut(), request_id.as_mut()];
        texts.into_iter().flatten().chain(missing_scopes).for_each(|text| self.clean(text));
        self.clean_json(extra);
        error
    }
}

/// How much of `text` is `secret`, from its start; with `cut`, or as much of it
/// as there is room for.
fn literal(text: &[u8], secret: &[u8], cut: bool) -> Option<usize> {
    let shared = text.iter().zip(secret).take_while(|(a, b)| a == b).count();
    (shared == secret.len() || (cut && shared == text.len() && shared >= SHORTEST)).then_some(shared)
}

/// The same inside a JSON string, where any character may stand escaped.
fn escaped(text: &[u8], secret: &[u8], cut: bool) -> Option<usize> {
    let mut at = 0;
    for (matched, byte) in secret.iter().enumerate() {
        at += match &text[at..] {
            [b'\\', b'u', a, b, c, d, ..] if code(&[*a, *b, *c, *d]) == Some(u32::from(*byte)) => 6,
            [b'\\', next @ (b'"' | b'\\' | b'/'), ..] if next == byte => 2,
            [] | [b'\\'] => return (cut && matched >= SHORTEST).then_some(text.len()),
            [b'\\', b'u', digits @ ..] if digits.len() < 4 => {
                return (cut && matched >= SHORTEST).then_some(text.len());
            }
            [plain, ..] if plain == byte && *plain != b'\\' => 1,
            _ => return None,
        };
    }
    Some(at)
}

fn code(digits: &[u8]) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use crate::contract::Reason;

    fn placeholders(secrets: &[&str]) -> Placeholders {
        let credentials: Vec<_> = secrets.iter().map(|secret| ("key".to_owned(), Secret::new(*secret))).collect();
        Placeholders::replace(&credentials, None).unwrap().1
    }

    fn check(secrets: &[&str], text: &str, expected: &str) {
        let mut found = text.to_owned();
        placeholders(secrets).clean(&mut found);
        assert_eq!(found, expected, "{secrets:?}");
    }

    #[test]
    fn what_is_repeated_is_taken_out() {
        let two = &["canary", "second"][..];
        check(two, "nothing here", "nothing here");
        check(two, "Token token=canary, twice: canarycanary", "Token token=[redacted], twice: [redacted][redacted]");
        check(two, "naïve second and canary…", "naïve [redacted] and [redacted]…");
        // One inside the other, and one across the other, in either order.
        for pair in [["key-1", "my-key-123"], ["my-key-123", "key-1"]] {
            check(&pair, "is my-key-123 or key-1?", "is [redacted] or [redacted]?");
        }
        for pair in [["abcdef", "defghi"], ["defghi", "abcdef"]] {
            check(&pair, "xabcdefghix", "x[redacted]x");
        }
        check(&["abc", ""], "abc", "abc");
        check(&["canary"], "canar", "canar");
    }

    #[test]
    fn what_json_escapes_is_taken_out() {
        let odd = &[r#"a"b\c/d"#][..];
        check(odd, r#"a"b\c/d"#, "[redacted]");
        check(odd, r#"{"m":"a\"b\\c/d"}"#, r#"{"m":"[redacted]"}"#);
        check(odd, r#"{"m":"a\"b\\c\/d."}"#, r#"{"m":"[redacted]."}"#);
        check(odd, r#"{"m":"\u0061\u0022b\u005Cc\u002fd"}"#, r#"{"m":"[redacted]"}"#);
        check(odd, r#"a\"b\\c\"#, r#"a\"b\\c\"#);
    }

    #[test]
    fn a_piece_at_a_cut_is_taken_out() {
        let placeholders = placeholders(&[r#"canary"-key"#]);
        for (text, expected) in [
            ("of canary\"-ke", Some("of [redacted]")),
            ("of cana", Some("of [redacted]")),
            ("of canary\\\"-", Some("of [redacted]")),
            ("of canary\\", Some("of [redacted]")),
            ("of canary\\u00", Some("of [redacted]")),
            ("of can", None),
            ("of canary too", None),
        ] {
            let cleaned = placeholders.clean_bytes(text.as_bytes(), true);
            assert_eq!(cleaned.as_deref(), expected.map(str::as_bytes), "{text}");
            assert_eq!(placeholders.clean_bytes(text.as_bytes(), false), None, "{text}");
        }
    }

    #[test]
    fn headers_are_cleaned() {
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", HeaderValue::from_static("of-canary"));
        headers.append("x-request-id", HeaderValue::from_static("plain"));
        placeholders(&["canary"]).clean_headers(&mut headers);
        let values: Vec<_> = headers.get_all("x-request-id").iter().collect();
        assert_eq!(values, ["of-[redacted]", "plain"]);
    }

    #[test]
    fn every_part_of_an_error_is_cleaned() {
        let secret = r#"ca"na\ry"#;
        let extra = serde_json::json!({ "messages": [secret, { secret: 1 }], "other": true });
        let error = contract::Error {
            reason: Reason::Other,
            message: secret.into(),
            violations: vec![Violation { argument: secret.into(), message: secret.into() }],
            status: None,
            code: Some(secret.into()),
            request_id: Some(secret.into()),
            retry_after_ms: None,
            outcome_unknown: false,
            missing_scopes: vec![secret.into()],
            extra: extra.to_string(),
        };
        let cleaned = placeholders(&[secret]).clean_error(error);
        assert_eq!(cleaned.extra, r#"{"messages":["[redacted]",{"[redacted]":1}],"other":true}"#);
        assert!(!format!("{cleaned:?}").contains("na"), "{cleaned:?}");
    }

    #[test]
    fn json_stays_json() {
        for (text, expected) in [
            (r#"{"a": 12345}"#, r#"{"a":"[redacted]"}"#),
            (r#"{"a" : 1.50}"#, r#"{"a" : 1.50}"#),
            ("12345, no JSON", "[redacted], no JSON"),
        ] {
            let mut found = text.to_owned();
            placeholders(&["12345"]).clean_json(&mut found);
            assert_eq!(found, expected);
        }
    }
}

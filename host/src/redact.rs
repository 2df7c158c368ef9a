//! Credentials that a careless server, or a proxy's error page, repeats. The
//! connector never had them and cannot know them, so the host takes them out:
//! of the headers and the body of every answer on the way in (`error_body`,
//! `scrubbed`), of errors and failures on the way out. `spelling` says in which
//! forms they are recognised.
//!
//! Credentials shorter than four characters are not looked for: they would be
//! found in every other word.

use std::ops::Range;

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use crate::contract::{self, Violation};
use crate::sign::Placeholders;
use crate::spelling::Spellings;

pub(crate) const REDACTED: &str = "[redacted]";

/// The shortest credential, or piece of one, that is looked for.
const SHORTEST: usize = 4;

impl Placeholders {
    /// Credentials of at least so many characters.
    pub(crate) fn looked_for(&self, shortest: usize) -> impl Iterator<Item = &Spellings> {
        self.spellings().filter(move |spellings| spellings.len() >= shortest)
    }

    /// Whether there is anything to take out.
    pub(crate) fn has_secrets(&self) -> bool {
        self.looked_for(SHORTEST).next().is_some()
    }

    /// Where credentials of at least so many characters stand in `text`: in
    /// order, and apart. Where two overlap, they are one place.
    pub(crate) fn places(&self, text: &[u8], shortest: usize) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        self.looked_for(shortest).for_each(|spellings| spellings.find(text, &mut places));
        apart(places)
    }

    /// `text` without the credentials; `None` if there are none in it. `cut`
    /// says that the text goes on: the piece of a credential at its end goes too.
    pub(crate) fn clean_bytes(&self, text: &[u8], cut: bool) -> Option<Vec<u8>> {
        let mut places = self.places(text, SHORTEST);
        if cut && let Some(begun) = self.looked_for(SHORTEST).filter_map(|of| of.begun(text, SHORTEST)).min() {
            places.push(begun..text.len());
            places = apart(places);
        }
        if places.is_empty() {
            return None;
        }
        let (mut cleaned, mut kept) = (Vec::with_capacity(text.len()), 0);
        for place in places {
            cleaned.extend_from_slice(&text[kept..place.start]);
            cleaned.extend_from_slice(REDACTED.as_bytes());
            kept = place.end;
        }
        cleaned.extend_from_slice(&text[kept..]);
        Some(cleaned)
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

    /// Takes the credentials out of an answer's headers. Names know no capitals,
    /// so one that holds a credential in whichever letters goes as a whole.
    pub(crate) fn clean_headers(&self, headers: &mut HeaderMap) {
        let named = |name: &HeaderName| {
            let mut secrets = self.secrets().filter(|secret| secret.len() >= SHORTEST);
            secrets.any(|secret| name.as_str().contains(&secret.to_ascii_lowercase()))
        };
        let names: Vec<HeaderName> = headers.keys().filter(|name| named(name)).cloned().collect();
        names.iter().for_each(|name| while headers.remove(name).is_some() {});
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

/// The same places in order, those that overlap as one.
fn apart(mut places: Vec<Range<usize>>) -> Vec<Range<usize>> {
    places.sort_unstable_by_key(|place| (place.start, place.end));
    places.dedup_by(|next, place| {
        let overlap = next.start < place.end;
        place.end = if overlap { place.end.max(next.end) } else { place.end };
        overlap
    });
    places
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
        headers.insert("x-canary-x", HeaderValue::from_static("of a name"));
        headers.append("x-canary-x", HeaderValue::from_static("that goes"));
        placeholders(&["Canary"]).clean_headers(&mut headers);
        assert!(!headers.contains_key("x-canary-x"));
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

//! Credentials that a careless server, or a proxy's error page, repeats. The
//! connector never had them and cannot know them, so the host takes them out:
//! of the headers of answers on the way in, of errors on the way out.

use http::HeaderMap;
use http::header::HeaderValue;

use crate::contract;
use crate::sign::Placeholders;

const REDACTED: &str = "[redacted]";

impl Placeholders {
    /// `text` without the credentials.
    fn clean(&self, text: &str) -> Option<String> {
        let secrets = || self.secrets().filter(|secret| !secret.is_empty() && text.contains(secret));
        secrets().next()?;
        Some(secrets().fold(text.to_owned(), |text, secret| text.replace(secret, REDACTED)))
    }

    fn clean_in_place(&self, text: &mut String) {
        if let Some(cleaned) = self.clean(text) {
            *text = cleaned;
        }
    }

    /// Takes the credentials out of an answer's headers.
    pub(crate) fn clean_headers(&self, headers: &mut HeaderMap) {
        for value in headers.values_mut() {
            let cleaned = self.clean(&String::from_utf8_lossy(value.as_bytes()));
            if let Some(Ok(cleaned)) = cleaned.map(|text| HeaderValue::from_str(&text)) {
                *value = cleaned;
            }
        }
    }

    /// Takes the credentials out of whatever a connector says of a failure.
    pub(crate) fn clean_error(&self, mut error: contract::Error) -> contract::Error {
        let contract::Error { message, violations, code, request_id, missing_scopes, extra, .. } = &mut error;
        for violation in violations {
            self.clean_in_place(&mut violation.argument);
            self.clean_in_place(&mut violation.message);
        }
        let texts = [Some(message), code.as_mut(), request_id.as_mut(), Some(extra)];
        for text in texts.into_iter().flatten().chain(missing_scopes) {
            self.clean_in_place(text);
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    #[test]
    fn what_is_repeated_is_taken_out() {
        let credentials = [("token".to_owned(), Secret::new("canary")), ("other".to_owned(), Secret::new("second"))];
        let (_, placeholders) = Placeholders::replace(&credentials, None).unwrap();
        let check = |text: &str, expected: &str| {
            let mut found = text.to_owned();
            placeholders.clean_in_place(&mut found);
            assert_eq!(found, expected);
        };
        check("nothing here", "nothing here");
        check("Token token=canary, twice: canarycanary", "Token token=[redacted], twice: [redacted][redacted]");
        check("second and canary", "[redacted] and [redacted]");
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", HeaderValue::from_static("of-canary"));
        headers.append("x-request-id", HeaderValue::from_static("plain"));
        placeholders.clean_headers(&mut headers);
        let values: Vec<_> = headers.get_all("x-request-id").iter().collect();
        assert_eq!(values, ["of-[redacted]", "plain"]);
    }
}

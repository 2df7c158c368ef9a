//! Any delivery: secrets, headers and body.
//!
//! Rule: an event leaves only where a signature, calculated here a second time
//! and by hand, stands in a header; it holds the body's own bytes.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{harmless, headed, headers, text, well_said};
use crate::error::Reason;
use crate::webhook::receive;

pub(super) fn hold(input: &[u8]) {
    let (first, rest) = headed(input);
    // A mark of its own, so that a secret found in an error is no chance.
    let secrets: Vec<String> = first.split(' ').take(8).map(mark).collect();
    let (mut headers, body) = headers(rest);
    let right: Vec<String> = secrets.iter().map(|secret| signed(secret.as_bytes(), body)).collect();
    for (_, value) in &mut headers {
        *value = value.replace('@', &format!("v1={}", right[0]));
    }
    let read = receive(&secrets, &headers, body);

    let sent = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("X-PagerDuty-Signature"));
    let fits = sent.flat_map(|(_, value)| value.split(',')).any(|part| {
        let hex = part.trim().strip_prefix("v1=").unwrap_or_default();
        right.iter().any(|right| hex.eq_ignore_ascii_case(right))
    });
    let blank = secrets.iter().any(|secret| secret.trim().is_empty());
    match read {
        Err(error) => {
            well_said(&error);
            for secret in secrets.iter().filter(|secret| secret.len() > 4) {
                assert!(!format!("{error:?}").contains(secret), "{error:?}");
            }
            let expected = match (blank || body.len() > 512 * 1024, fits) {
                (true, _) => Reason::Invalid,
                (false, false) => Reason::Unauthenticated,
                (false, true) => Reason::Unexpected,
            };
            assert_eq!(error.reason, expected, "{}", error.message);
            if expected == Reason::Unauthenticated {
                // Nothing was read, so no other body would be answered otherwise.
                let other = receive(&secrets, &headers, b"\xff not JSON").unwrap_err();
                assert_eq!(other.message, error.message);
            }
        }
        Ok(events) => {
            assert!(fits && !blank, "passed unsigned");
            let [event] = events.as_slice() else { panic!("{} events", events.len()) };
            for part in [&event.id, &event.kind, &event.at] {
                assert!(!part.is_empty());
                harmless(part, 500);
            }
            assert!(std::str::from_utf8(body).unwrap().contains(&event.subject));
            crate::envelope::validate(&event.subject).unwrap();
            crate::envelope::validate(&event.extra).unwrap();
            assert!(event.extra.starts_with('{'));
            // Where serde_json reads the whole of it (it has a bound on depth,
            // and takes the last of two members), it reads the same.
            let Ok(whole) = serde_json::from_slice::<Value>(body) else { return };
            let sent = &whole["event"];
            assert_eq!((&sent["id"], &sent["event_type"]), (&event.id.clone().into(), &event.kind.clone().into()));
            assert_eq!(sent["occurred_at"], event.at.as_str());
            assert_eq!(sent["data"], serde_json::from_str::<Value>(&event.subject).unwrap());
            let extra: Value = serde_json::from_str(&event.extra).unwrap();
            for name in ["agent", "client", "resource_type"] {
                assert_eq!(sent.get(name).unwrap_or(&Value::Null), extra.get(name).unwrap_or(&Value::Null), "{name}");
            }
        }
    }
}

fn mark(word: &str) -> String {
    if word.trim().is_empty() { word.to_owned() } else { format!("~{word}~") }
}

/// HMAC-SHA256 in hexadecimal digits, as RFC 2104 writes it.
fn signed(secret: &[u8], body: &[u8]) -> String {
    let mut key = [0; 64];
    match secret.len() > key.len() {
        true => key[..32].copy_from_slice(&Sha256::digest(secret)),
        false => key[..secret.len()].copy_from_slice(secret),
    }
    let padded = |pad: u8| key.map(|byte| byte ^ pad);
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(body).finalize();
    let outer = Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize();
    text(outer.iter().map(|byte| format!("{byte:02x}")).collect::<String>().as_bytes())
}

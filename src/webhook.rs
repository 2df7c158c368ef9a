//! What PagerDuty's webhooks deliver: signatures and events.
//!
//! Rule: pure. Nothing of a body is read before a signature over all of its
//! bytes fits one of the secrets, and no secret leaves this module, be it in an
//! error. What PagerDuty says of an event stays the bytes it sent.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::envelope;
use crate::error::{Error, Reason, Result, Violation, said};
use crate::time;

/// Longest body, in bytes: as much as PagerDuty's own Events API takes. The
/// events it delivers are a few KiB.
const LONGEST: usize = 512 * 1024;

/// `v1=HEX`, several of them behind commas while a secret is being replaced.
const SIGNATURE: &str = "x-pagerduty-signature";
/// The version that is known: HMAC-SHA256 over the body. Others are passed over.
const VERSION: &str = "v1";
/// Bytes of a signature.
const DIGEST: usize = 32;

/// What of a delivery's headers goes along, and under which name.
const TOLD: [(&str, &str); 2] = [("x-webhook-id", "delivery_id"), ("x-webhook-subscription", "subscription_id")];
/// What of an event goes along beside what the contract has a place for.
const BESIDE: [&str; 3] = ["resource_type", "agent", "client"];

/// One thing that happened; the contract's `event`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) at: String,
    /// JSON, as it was sent.
    pub(crate) subject: String,
    /// A JSON object.
    pub(crate) extra: String,
}

/// Verifies a delivery and reads its event. `body` is what came over the wire:
/// JSON that was read and written again has another signature.
pub(crate) fn receive(secrets: &[String], headers: &[(String, String)], body: &[u8]) -> Result<Vec<Event>> {
    verify(secrets, headers, body)?;
    let event = event(headers, body).map_err(|problem| {
        let advice = "The signature fits, so PagerDuty sent it: answer the delivery with an error, and it comes again";
        let message = format!("the delivery is not a webhook of version 3: {problem}. {advice}");
        Error::new(Reason::Unexpected, message).without(secrets.iter().map(String::as_str))
    })?;
    Ok(vec![event])
}

fn verify(secrets: &[String], headers: &[(String, String)], body: &[u8]) -> Result<()> {
    let advice = "give what PagerDuty showed when the subscription was made";
    let blank = secrets.iter().enumerate().filter(|(_, secret)| secret.trim().is_empty());
    // Anyone can sign with a secret that is empty.
    let mut violations: Vec<Violation> =
        blank.map(|(n, _)| Violation::new(format!("secrets.{n}"), format!("is empty; {advice}"))).collect();
    if secrets.is_empty() {
        violations.push(Violation::new("secrets", format!("holds none; {advice}")));
    }
    if body.len() > LONGEST {
        let problem = format!("has {} bytes; a delivery of PagerDuty has at most {LONGEST}", body.len());
        violations.push(Violation::new("body", problem));
    }
    if !violations.is_empty() {
        return Err(Error::invalid("the delivery", violations));
    }
    let given: Vec<&str> = values(headers, SIGNATURE).collect();
    let signatures: Vec<[u8; DIGEST]> = given.iter().flat_map(|value| value.split(',')).filter_map(signature).collect();
    // Every pair is compared, and each in constant time: how long it takes
    // tells nothing of how near a guess came.
    let mut fits = false;
    for secret in secrets {
        // A key of any length will do, so there is no error to tell.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { continue };
        let mac = mac.chain_update(body);
        for signature in &signatures {
            fits |= mac.clone().verify_slice(signature).is_ok();
        }
    }
    if fits {
        return Ok(());
    }
    let problem = match (given.is_empty(), signatures.is_empty()) {
        (true, _) => "it carries no X-PagerDuty-Signature",
        (false, true) => "its X-PagerDuty-Signature holds no v1 signature of 64 hexadecimal digits",
        (false, false) => {
            "its signature fits no secret that was given: it is another subscription's, or the body is not the bytes that came"
        }
    };
    Err(Error::new(Reason::Unauthenticated, format!("the delivery was not read: {problem}")))
}

/// The values of a header, which may stand several times and in any case.
fn values<'h>(headers: &'h [(String, String)], name: &'h str) -> impl Iterator<Item = &'h str> {
    headers.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The bytes of one `v1=HEX`; none for anything else.
fn signature(text: &str) -> Option<[u8; DIGEST]> {
    let (version, digits) = text.trim().split_once('=')?;
    let digits = digits.as_bytes();
    if version != VERSION || digits.len() != 2 * DIGEST {
        return None;
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = [0; DIGEST];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(bytes)
}

/// The event of a body whose signature fits, or what is wrong with it.
fn event(headers: &[(String, String)], body: &[u8]) -> std::result::Result<Event, String> {
    let text = std::str::from_utf8(body).map_err(|error| format!("the body is not UTF-8 ({error})"))?;
    let not_json = |error: serde_json::Error| said(&error.to_string());
    let event = envelope::member(text, "event").map_err(not_json)?.ok_or("it has no `event`")?;
    let member = |name: &str| envelope::member(event, name).map_err(not_json);
    let told = |name: &str| -> std::result::Result<String, String> {
        let value = match member(name)?.map(serde_json::from_str) {
            Some(Ok(Value::String(text))) => Some(text),
            _ => None,
        };
        // One line of bounded length, so that it can be compared and logged.
        value.filter(|text| !text.is_empty() && said(text) == *text).ok_or(format!("its `{name}` is not a short text"))
    };
    let at = told("occurred_at")?;
    if time::parse(&at).is_none() {
        return Err("its `occurred_at` is not a time".to_owned());
    }
    let subject = member("data")?.filter(|data| data.starts_with('{')).ok_or("its `data` is not an object")?;
    let mut extra = Vec::new();
    for name in BESIDE {
        // An agent or a client that is null says as much as none.
        extra.extend(member(name)?.filter(|value| *value != "null").map(|value| format!("\"{name}\":{value}")));
    }
    for (header, name) in TOLD {
        let value = values(headers, header).next().map(said).filter(|value| !value.is_empty());
        extra.extend(value.map(|value| format!("\"{name}\":{}", Value::from(value))));
    }
    Ok(Event {
        id: told("id")?,
        kind: told("event_type")?,
        at,
        subject: subject.to_owned(),
        extra: format!("{{{}}}", extra.join(",")),
    })
}

#[cfg(test)]
mod tests;

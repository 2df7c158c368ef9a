//! What webhook subscriptions deliver: an event in its envelope, signed.
//!
//! Rule: nothing is sent. A delivery waits until a test takes it to whatever
//! receives it. The signature is made here by hand, after RFC 2104, so that it
//! agrees with the connector's only if both are right.

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::store::{Entity, Store};
use crate::times;
use jiff::Timestamp;

/// A request that PagerDuty would make of a receiver.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Where it goes: the subscription's URL.
    pub url: String,
    /// As PagerDuty writes them, the subscriber's own ones behind.
    pub headers: Vec<(String, String)>,
    /// One event.
    pub body: Bytes,
}

/// Delivers an event to a subscription; none where there is no such one, or it
/// takes no deliveries at the moment.
pub(crate) fn deliver(store: &mut Store, now: Timestamp, id: &str, kind: &str, data: Value) -> Option<Delivery> {
    let record = store.get(Entity::Of("webhook_subscription"), id)?;
    let method = record.fields.get("delivery_method")?.clone();
    let active = record.fields.get("active") != Some(&Value::Bool(false));
    if !active || method["temporarily_disabled"] == true {
        return None;
    }
    // Somebody acts on what is an account's; a test of a subscription is nobody's.
    let own = !kind.starts_with("pagey.");
    let agent = json!({"id": store.owner, "type": "user_reference"});
    let event = json!({"event": {
        "id": store.rng().id("01", 26),
        "event_type": kind,
        "resource_type": kind.split('.').next(),
        "occurred_at": times::utc(now),
        "agent": own.then_some(agent),
        "client": null,
        "data": data,
    }});
    let body = event.to_string();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut headers = vec![
        ("Content-Type".to_owned(), "application/json".to_owned()),
        ("User-Agent".to_owned(), "PagerDuty-Webhook/V3.0".to_owned()),
        (
            "X-PagerDuty-Signature".to_owned(),
            format!("v1={}", signature(text(&method["secret"]).as_bytes(), body.as_bytes())),
        ),
        ("X-Webhook-Id".to_owned(), store.rng().uuid()),
        ("X-Webhook-Subscription".to_owned(), id.to_owned()),
    ];
    let own = method["custom_headers"].as_array().into_iter().flatten();
    headers.extend(own.map(|header| (text(&header["name"]), text(&header["value"]))));
    Some(Delivery { url: text(&method["url"]), headers, body: Bytes::from(body) })
}

/// HMAC-SHA256 as hexadecimal digits.
fn signature(secret: &[u8], body: &[u8]) -> String {
    const BLOCK: usize = 64;
    let mut key = match secret.len() > BLOCK {
        true => Sha256::digest(secret).to_vec(),
        false => secret.to_vec(),
    };
    key.resize(BLOCK, 0);
    let pad = |byte: u8| key.iter().map(|key| key ^ byte).collect::<Vec<u8>>();
    let inner = Sha256::digest([pad(0x36).as_slice(), body].concat());
    let outer = Sha256::digest([pad(0x5c).as_slice(), inner.as_slice()].concat());
    outer.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_rfc_4231() {
        let check = |secret: &[u8], body: &[u8], expected: &str| assert_eq!(signature(secret, body), expected);
        check(
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        check(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
    }
}

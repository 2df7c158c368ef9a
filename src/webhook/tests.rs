//! Deliveries that pass, and those that do not.
//!
//! The signatures of [`signed`] are the crate's own; [`known`] holds one from
//! elsewhere.

use serde_json::{Value, json};

use super::*;

const SECRET: &str = "u+Canary-secret-of-a-webhook";
const OTHER: &str = "u+Canary-secret-before-that";

fn signed(secret: &str, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pairs(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A delivery with these secrets and headers, `@` standing for the right
/// `v1=HEX` and `#` for its digits.
fn received(secrets: &[&str], headers: &[(&str, &str)], body: &[u8]) -> Result<Vec<Event>> {
    let digits = signed(SECRET, body);
    let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
    let mut headers = pairs(headers);
    for (_, value) in &mut headers {
        *value = value.replace('@', &format!("v1={digits}")).replace('#', &digits);
    }
    receive(&secrets, &headers, body)
}

fn sound() -> Value {
    json!({"event": {
        "id": "01CANARYEVENT",
        "event_type": "incident.acknowledged",
        "resource_type": "incident",
        "occurred_at": "2026-11-21T09:00:00.123Z",
        "agent": {"id": "PUSER1", "type": "user_reference"},
        "client": null,
        "data": {"id": "QINC1", "type": "incident", "status": "acknowledged"},
    }})
}

/// What becomes of a body that is signed as it should be.
fn read(body: &str) -> Result<Event> {
    let mut events = received(&[SECRET], &[("X-PagerDuty-Signature", "@")], body.as_bytes())?;
    assert_eq!(events.len(), 1);
    Ok(events.remove(0))
}

#[track_caller]
fn passes(secrets: &[&str], headers: &[(&str, &str)]) {
    let events = received(secrets, headers, sound().to_string().as_bytes());
    assert_eq!(events.unwrap_or_else(|error| panic!("{headers:?}: {}", error.message)).len(), 1);
}

#[track_caller]
fn refused(secrets: &[&str], headers: &[(&str, &str)], problem: &str) {
    for body in [sound().to_string().as_bytes(), b"", b"\xff", b"{"] {
        let error = received(secrets, headers, body).unwrap_err();
        assert_eq!(error.reason, Reason::Unauthenticated, "{headers:?}");
        assert!(error.message.contains(problem), "{headers:?}: {}", error.message);
        assert!(!format!("{error:?}").contains("Canary"), "{error:?}");
    }
}

#[test]
fn known() {
    // RFC 4231, test case 2.
    let digits = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    let (secret, body) = ("Jefe".to_owned(), b"what do ya want for nothing?");
    assert_eq!(signed(&secret, body), digits);
    let headers = pairs(&[("X-PagerDuty-Signature", &format!("v1={digits}"))]);
    // The signature is taken, and then the body is no event.
    assert_eq!(receive(&[secret], &headers, body).unwrap_err().reason, Reason::Unexpected);
}

#[test]
fn a_signature_that_fits_passes() {
    passes(&[SECRET], &[("X-PagerDuty-Signature", "@")]);
    passes(&[SECRET], &[("x-pagerduty-signature", "@")]);
    passes(&[SECRET], &[("X-PAGERDUTY-SIGNATURE", "  @  ")]);
    passes(&[OTHER, SECRET], &[("X-PagerDuty-Signature", "@")]);
    passes(&[SECRET, OTHER], &[("X-PagerDuty-Signature", "v1=00,@")]);
    passes(&[SECRET], &[("X-PagerDuty-Signature", "@,v1=00")]);
    passes(&[SECRET], &[("X-PagerDuty-Signature", "v2=abc, @ ,v0=#")]);
    passes(&[SECRET], &[("X-PagerDuty-Signature", ",,@,")]);
    passes(&[SECRET], &[("X-PagerDuty-Signature", "v1=00"), ("Accept", "*/*"), ("x-pagerduty-signature", "@")]);
    let upper = signed(SECRET, sound().to_string().as_bytes()).to_uppercase();
    passes(&[SECRET], &[("X-PagerDuty-Signature", &format!("v1={upper}"))]);
}

#[test]
fn anything_else_is_refused_unread() {
    let zeros = format!("v1={}", "0".repeat(64));
    refused(&[SECRET], &[], "carries no X-PagerDuty-Signature");
    refused(&[SECRET], &[("X-Signature", "@"), ("Authorization", "@")], "carries no X-PagerDuty-Signature");
    for unread in
        ["", "#", "v1", "v1=", "v1#", "v2=#", "V1=#", "v1=#0", "v1 =#", "v1=+#", "v11=#", "=#", "v1=0x#", "v1= #"]
    {
        refused(&[SECRET], &[("X-PagerDuty-Signature", unread)], "holds no v1 signature");
    }
    refused(&[SECRET], &[("X-PagerDuty-Signature", &zeros)], "fits no secret");
    refused(&[OTHER], &[("X-PagerDuty-Signature", "@")], "fits no secret");
    refused(&["u+Canary-secret-of-a-webhook "], &[("X-PagerDuty-Signature", "@")], "fits no secret");
    let long = signed("", sound().to_string().as_bytes());
    refused(&[SECRET], &[("X-PagerDuty-Signature", &format!("v1={long}"))], "fits no secret");
}

#[test]
fn every_byte_of_the_body_counts() {
    let body = sound().to_string().into_bytes();
    let headers = pairs(&[("X-PagerDuty-Signature", &format!("v1={}", signed(SECRET, &body)))]);
    let secrets = [SECRET.to_owned()];
    assert!(receive(&secrets, &headers, &body).is_ok());
    for place in 0..body.len() {
        let mut other = body.clone();
        other[place] ^= 1;
        assert_eq!(receive(&secrets, &headers, &other).unwrap_err().reason, Reason::Unauthenticated, "{place}");
    }
    let longer = [body.as_slice(), b"\n"].concat();
    assert_eq!(receive(&secrets, &headers, &longer).unwrap_err().reason, Reason::Unauthenticated);
}

#[test]
fn what_the_host_gave_is_named() {
    let body = sound().to_string();
    let named = |secrets: &[&str], body: &str, argument: &str| {
        let error = received(secrets, &[("X-PagerDuty-Signature", "@")], body.as_bytes()).unwrap_err();
        assert_eq!((error.reason, error.violations[0].argument.as_str()), (Reason::Invalid, argument));
    };
    named(&[], &body, "secrets");
    named(&[SECRET, ""], &body, "secrets.1");
    named(&[" \n"], &body, "secrets.0");
    named(&[SECRET], &" ".repeat(LONGEST + 1), "body");
    let most = format!("{body}{}", " ".repeat(LONGEST - body.len()));
    assert!(read(&most).is_ok(), "as long as it may be");
}

#[test]
fn an_event_keeps_what_was_sent() {
    let body = r#" {"event": {"data" : {"id":"Q1", "n":1.0e0,"u":"\u00fc"} ,"id":"01X","event_type":"service.updated",
        "resource_type":"service","occurred_at":"2026-11-21T09:00:00+01:00","agent":{"id" : "P1"},"client":{"name":"x"},
        "later":[1]}, "more": {"event": 1}} "#;
    let headers = [
        ("X-PagerDuty-Signature", "@"),
        ("x-webhook-id", "d-1\r\n"),
        ("X-Webhook-Id", "d-2"),
        ("X-Webhook-Subscription", "PSUB\"1"),
        ("User-Agent", "PagerDuty-Webhook/V3.0"),
    ];
    let events = received(&[SECRET], &headers, body.as_bytes()).unwrap();
    let expected = Event {
        id: "01X".to_owned(),
        kind: "service.updated".to_owned(),
        at: "2026-11-21T09:00:00+01:00".to_owned(),
        subject: r#"{"id":"Q1", "n":1.0e0,"u":"\u00fc"}"#.to_owned(),
        extra: r#"{"resource_type":"service","agent":{"id" : "P1"},"client":{"name":"x"},"delivery_id":"d-1","subscription_id":"PSUB\"1"}"#
            .to_owned(),
    };
    assert_eq!(events, [expected]);
    assert_eq!(
        read(&sound().to_string()).unwrap().extra,
        r#"{"resource_type":"incident","agent":{"id":"PUSER1","type":"user_reference"}}"#
    );
}

#[test]
fn a_test_of_a_subscription_is_an_event() {
    let event = read(
        r#"{"event":{"id":"01P","event_type":"pagey.ping","resource_type":"pagey","occurred_at":"2026-11-21T09:00:00Z","agent":null,"client":null,"data":{"message":"Hello","type":"ping"}}}"#,
    );
    let event = event.unwrap();
    assert_eq!((event.kind.as_str(), event.extra.as_str()), ("pagey.ping", r#"{"resource_type":"pagey"}"#));
}

#[test]
fn a_body_of_another_shape_is_told() {
    let broken = |problem: &str, body: &str| {
        let error = read(body).expect_err(body);
        assert_eq!(error.reason, Reason::Unexpected, "{body}");
        assert!(error.message.contains(problem), "{body}: {}", error.message);
        assert!(!format!("{error:?}").contains("Canary"), "{error:?}");
    };
    let without = |name: &str, value: Value| {
        let mut body = sound();
        body["event"][name] = value;
        body.to_string()
    };
    broken("EOF", "");
    broken("EOF", "{");
    broken("an object was expected", "[]");
    broken("an object was expected", &Value::from(SECRET).to_string());
    broken("no `event`", r#"{"messages":[{"event":"incident.trigger"}]}"#);
    broken("`event` stands twice", r#"{"event":{},"event":{}}"#);
    broken("an object was expected", r#"{"event":[]}"#);
    broken("trailing", &format!("{}x", sound()));
    for name in ["id", "event_type", "occurred_at"] {
        for value in
            [Value::Null, json!(1), json!(""), json!(" a"), json!("a\nb"), json!("x".repeat(501)), json!(["a"])]
        {
            broken(&format!("`{name}` is not a short text"), &without(name, value));
        }
    }
    broken("`occurred_at` is not a time", &without("occurred_at", json!("yesterday")));
    for value in [Value::Null, json!([]), json!("x"), json!(1)] {
        broken("`data` is not an object", &without("data", value));
    }
    broken("`id` stands twice", &sound().to_string().replacen("{\"id\"", "{\"id\":\"b\",\"id\"", 1));
    let error = received(&[SECRET], &[("X-PagerDuty-Signature", "@")], b"{\"event\": \"\xff\"}").unwrap_err();
    assert!(error.message.contains("not UTF-8"), "{}", error.message);
}

//! Signing in, settings, and keeping the credential in.

use super::*;
use serde_json::json;

use crate::catalog::{OPERATIONS, find};

const SECRET: &str = "u+Canary-0123456789";

fn open(method: &str, credentials: &[(&str, &str)], settings: &str) -> Result<Connection> {
    let credentials: Vec<(String, String)> =
        credentials.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Connection::open(method, &credentials, settings)
}

fn with(settings: Value) -> Result<Connection> {
    open("token", &[("token", SECRET)], &settings.to_string())
}

/// Refused for these arguments; no credential in anything that is said.
fn refuses(result: Result<Connection>, expected: &[(&str, &str)]) {
    let error = result.err().expect("it is not refused");
    assert_eq!(error.reason, Reason::Invalid);
    assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
    let found: Vec<&str> = error.violations.iter().map(|violation| violation.argument.as_str()).collect();
    assert_eq!(found, expected.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "{}", error.message);
    for (violation, (_, words)) in error.violations.iter().zip(expected) {
        assert!(violation.message.contains(words), "{violation:?}");
    }
}

#[test]
fn credentials_are_checked_before_anything_is_sent() {
    assert!(open("token", &[("token", SECRET)], "{}").is_ok());
    assert!(open("token", &[("token", SECRET), ("user_token", "x")], "{}").is_ok_and(|c| c.has_user_key()));
    assert!(open("token", &[("token", SECRET), ("user_token", "")], "{}").is_ok_and(|c| !c.has_user_key()));
    assert!(open("bearer", &[("access_token", SECRET)], "{}").is_ok());
    refuses(open("tokens", &[("token", SECRET)], "{}"), &[]);
    refuses(open(SECRET, &[("token", SECRET)], "{}"), &[]);
    refuses(open("token", &[], "{}"), &[("token", "is missing")]);
    refuses(open("token", &[("token", "")], "{}"), &[("token", "is missing")]);
    refuses(open("token", &[("Token", SECRET)], "{}"), &[("Token", "did you mean `token`"), ("token", "is missing")]);
    refuses(open("bearer", &[("token", SECRET)], "{}"), &[("token", "`bearer`"), ("access_token", "is missing")]);
    for bad in [format!("{SECRET} "), format!("{SECRET}\r\nx: y"), format!("{SECRET}ü"), format!("{SECRET}\0")] {
        refuses(open("token", &[("token", &bad)], "{}"), &[("token", "copy the key alone")]);
        refuses(
            open("token", &[("token", SECRET), ("user_token", &bad)], "{}"),
            &[("user_token", "copy the key alone")],
        );
    }
}

#[test]
fn settings_have_defaults() {
    let connection = with(json!({})).unwrap();
    assert_eq!((connection.region, connection.access, connection.overlap), (Region::Us, Access::Write, true));
    assert_eq!((connection.page_size, connection.max_wait_ms, connection.from.is_none()), (None, 60_000, true));
    assert_eq!((connection.rate_reserve, connection.ahead), (5, 4));
    let empty = json!({"region": null, "access": null, "from": null, "page_size": null, "max_wait_s": null, "rate_reserve": null, "overlap": null, "ahead": null, "base_url": null, "account": null});
    assert!(with(empty).is_ok());
}

#[test]
fn settings_are_read() {
    let given = json!({"region": "eu", "access": "read", "from": "a@b.c", "page_size": 2, "max_wait_s": 3600, "rate_reserve": 90, "overlap": false, "ahead": 0, "base_url": "http://[::1]:8080", "account": "acme"});
    let connection = with(given).unwrap();
    assert_eq!((connection.region, connection.access, connection.overlap), (Region::Eu, Access::Read, false));
    assert_eq!((connection.page_size, connection.max_wait_ms), (Some(2), 3_600_000));
    assert_eq!((connection.rate_reserve, connection.ahead), (90, 0));
    assert_eq!(connection.from.as_deref(), Some("a@b.c"));
    assert_eq!(connection.authority(find("teams.list").unwrap().host), (false, "[::1]:8080".to_owned()));
    assert_eq!(with(json!({"max_wait_s": 0})).unwrap().max_wait_ms, 0);
}

#[test]
fn wrong_settings_are_named_all_at_once() {
    let mut expected = Vec::new();
    for (name, wrong) in [
        ("region", json!("de")),
        ("access", json!("admin")),
        ("from", json!("nobody")),
        ("page_size", json!(1)),
        ("max_wait_s", json!(3601)),
        ("rate_reserve", json!(91)),
        ("overlap", json!("yes")),
        ("ahead", json!(9)),
        ("base_url", json!("https://api.pagerduty.com")),
        ("account", json!("x".repeat(129))),
    ] {
        refuses(with(json!({name: wrong})), &[(name, "must be")]);
        expected.push((name, wrong));
    }
    let all: Map<String, Value> = expected.iter().map(|(name, wrong)| ((*name).to_owned(), wrong.clone())).collect();
    let names: Vec<(&str, &str)> = expected.iter().map(|(name, _)| (*name, "must be")).collect();
    refuses(with(Value::Object(all)), &names);
    for wrong in [json!(-1), json!(1.5), json!("60"), json!(u64::MAX), json!([])] {
        refuses(with(json!({"max_wait_s": wrong})), &[("max_wait_s", "from 0 to 3600")]);
    }
    refuses(with(json!({"Region": "us"})), &[("Region", "did you mean `region`")]);
    refuses(with(json!({"zzzzzzzzz": 1})), &[("zzzzzzzzz", "no setting")]);
    refuses(with(json!({"a\r\nb": 1})), &[("a  b", "no setting")]);
    for text in ["", "[]", "null", "{", "x"] {
        refuses(open("token", &[("token", SECRET)], text), &[]);
    }
}

#[test]
fn the_schema_lists_every_setting_and_no_other() {
    let schema = settings_schema();
    let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    for name in &names {
        let error = with(json!({name.as_str(): {}})).err().expect(name);
        assert!(error.message.contains("must be"), "{name}: {}", error.message);
    }
    assert_eq!(names.len(), 10);
    for host_only in ["base_url", "account"] {
        assert_eq!(schema["properties"][host_only]["x-host-only"], json!(true));
    }
}

#[test]
fn base_urls_are_loopback_addresses_with_a_port() {
    for (url, expected) in [
        ("http://127.0.0.1:1", Some("127.0.0.1:1")),
        ("http://127.0.0.1:65535", Some("127.0.0.1:65535")),
        ("http://[::1]:8080", Some("[::1]:8080")),
        ("http://127.0.0.1:0", None),
        ("http://127.0.0.1:65536", None),
        ("http://127.0.0.1:99999999999", None),
        ("http://127.0.0.1", None),
        ("http://127.0.0.1:", None),
        ("http://127.0.0.1:80/", None),
        ("http://127.0.0.1:80/x", None),
        ("http://127.0.0.1:80?x", None),
        ("http://127.0.0.1:80#x", None),
        ("http://127.0.0.1:+80", None),
        ("http://127.0.0.1: 80", None),
        ("http://127.0.0.1:80\r\n", None),
        ("http://127.0.0.1:80@evil.example", None),
        ("http://u@127.0.0.1:80", None),
        ("http://u:p@127.0.0.1:80", None),
        ("http://localhost:80", None),
        ("http://127.0.0.2:80", None),
        ("http://127.1:80", None),
        ("http://2130706433:80", None),
        ("http://[::ffff:127.0.0.1]:80", None),
        ("http://127.0.0.1.evil.example:80", None),
        ("https://127.0.0.1:80", None),
        ("HTTP://127.0.0.1:80", None),
        ("127.0.0.1:80", None),
        ("http://127.0.0.1:８０", None),
        ("", None),
    ] {
        assert_eq!(loopback(url), expected, "{url}");
    }
}

#[test]
fn hosts_follow_the_region() {
    let host = |settings| with(settings).unwrap().authority(find("teams.list").unwrap().host);
    assert_eq!(host(json!({})), (true, "api.pagerduty.com".to_owned()));
    assert_eq!(host(json!({"region": "eu"})), (true, "api.eu.pagerduty.com".to_owned()));
}

#[test]
fn the_credential_stands_in_its_scheme() {
    let connection = open("token", &[("token", "main"), ("user_token", "mine")], "{}").unwrap();
    assert_eq!(connection.authorization(Which::Main), "Token token=main");
    assert_eq!(connection.authorization(Which::User), "Token token=mine");
    assert_eq!(open("bearer", &[("access_token", "x")], "{}").unwrap().authorization(Which::Main), "Bearer x");
}

#[test]
fn which_key_goes_first_and_which_second() {
    use Which::{Main, User};
    let operation = |key: Key, effect: Effect| {
        OPERATIONS.iter().find(|operation| operation.key == key && operation.effect == effect).map(|o| o.id)
    };
    let one = open("token", &[("token", "a")], "{}").unwrap();
    let two = open("token", &[("token", "a"), ("user_token", "b")], "{}").unwrap();
    let mut seen = 0;
    for (key, effect, alone, both) in [
        (Key::None, Effect::Write, (None, None), (None, None)),
        (Key::User, Effect::Read, (Some(Main), None), (Some(User), None)),
        (Key::Either, Effect::Read, (Some(Main), None), (Some(Main), Some(User))),
        (Key::Either, Effect::Write, (Some(Main), None), (Some(User), None)),
        (Key::Either, Effect::Delete, (Some(Main), None), (Some(User), None)),
        (Key::Account, Effect::Read, (Some(Main), None), (Some(Main), None)),
        (Key::Account, Effect::Write, (Some(Main), None), (Some(Main), None)),
    ] {
        let Some(operation) = operation(key, effect).and_then(find) else { continue };
        assert_eq!((one.keys(operation), two.keys(operation)), (alone, both), "{}", operation.id);
        seen += 1;
    }
    assert!(seen >= 5);
}

#[test]
fn access_read_refuses_what_changes_something() {
    let (read, write) = (with(json!({"access": "read"})).unwrap(), with(json!({})).unwrap());
    for operation in OPERATIONS.iter().filter(|operation| operation.key != Key::Bearer) {
        assert_eq!(read.allow(operation).is_ok(), operation.effect == Effect::Read, "{}", operation.id);
        assert!(write.allow(operation).is_ok(), "{}", operation.id);
    }
    let error = read.allow(find("teams.delete").unwrap()).unwrap_err();
    assert!(error.reason == Reason::Invalid && error.message.contains("access = write"), "{}", error.message);
}

#[test]
fn some_operations_take_an_access_token_alone() {
    let by_key = with(json!({})).unwrap();
    let by_oauth = open("bearer", &[("access_token", "x")], "{}").unwrap();
    let bearer: Vec<_> = OPERATIONS.iter().filter(|operation| operation.key == Key::Bearer).collect();
    assert!(!bearer.is_empty());
    for operation in bearer {
        let error = by_key.allow(operation).unwrap_err();
        let said = format!(
            "{} takes an OAuth access token, and this connection holds an API key; nothing was sent. Sign in by the method bearer",
            operation.id
        );
        assert_eq!((error.reason, &*error.message), (Reason::Invalid, &*said));
        assert!(by_oauth.allow(operation).is_ok());
        assert_eq!(by_oauth.keys(operation), (Some(Which::Main), None));
    }
}

#[test]
fn cursors_are_bound_to_account_and_region() {
    let print = |settings| with(settings).unwrap().fingerprint();
    let prints = [
        json!({}),
        json!({"region": "eu"}),
        json!({"account": "a"}),
        json!({"account": "b"}),
        json!({"account": "a", "region": "eu"}),
    ];
    let mut prints: Vec<u64> = prints.into_iter().map(print).collect();
    assert_eq!(print(json!({"page_size": 5, "overlap": false})), print(json!({})));
    prints.sort();
    prints.dedup();
    assert_eq!(prints.len(), 5);
    let other_key = open("token", &[("token", "another")], "{}").unwrap();
    assert_eq!(other_key.fingerprint(), print(json!({})), "a rotated key resumes");
}

/// An error with `secret` everywhere comes out without it.
fn check_redacted(main: &str, user: &str) {
    let connection = open("token", &[("token", main), ("user_token", user)], "{}").unwrap();
    for secret in [main, user] {
        let text = format!("<{secret}>{secret}");
        let mut error = Error::invalid(&text, vec![Violation::new(text.clone(), text.clone())]);
        error.code = Some(text.clone());
        error.request_id = Some(text.clone());
        error.missing_scopes = vec![text.clone()];
        error.extra.insert("messages".to_owned(), json!([text, {"a": {&text: [text, 5, null, true]}}]));
        let clean = connection.redact(error);
        let texts = [
            clean.message.clone(),
            clean.violations[0].argument.clone(),
            clean.violations[0].message.clone(),
            clean.code.clone().unwrap(),
            clean.request_id.clone().unwrap(),
            clean.missing_scopes[0].clone(),
            clean.extra["messages"][0].as_str().unwrap().to_owned(),
        ];
        for text in texts {
            assert!(text.contains("[redacted]") && !text.contains(secret), "{text}");
        }
        fn walk(value: &Value, secret: &str) {
            match value {
                Value::String(text) => assert!(!text.contains(secret), "{text}"),
                Value::Array(items) => items.iter().for_each(|item| walk(item, secret)),
                Value::Object(map) => map.iter().for_each(|(name, item)| {
                    assert!(!name.contains(secret), "{name}");
                    walk(item, secret);
                }),
                _ => {}
            }
        }
        walk(&Value::Object(clean.extra.clone()), secret);
        assert_eq!(clean.extra["messages"][1]["a"].as_object().unwrap().len(), 1);
    }
}

#[test]
fn errors_lose_the_credentials() {
    check_redacted(SECRET, "y_NbAkKc66ryYTWUXYEu");
    check_redacted("0123456789", "9876543210"); // as long as the mark that replaces them
    check_redacted(r#"a"b\c/d"#, "abcd");
    let connection = open("token", &[("token", SECRET)], "{}").unwrap();
    let plain = Error::new(Reason::Missing, "nothing to hide");
    assert_eq!(connection.redact(plain.clone()), plain);
}

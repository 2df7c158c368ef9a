//! What PagerDuty answers, in every shape it was seen to take.

use serde_json::json;

use super::*;
use crate::catalog::{OPERATIONS, find};

fn operation(id: &str) -> &'static Operation {
    find(id).unwrap()
}

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Response {
    let headers = [("x-request-id", "req-1"), ("content-type", "application/json")];
    Response { status, headers: headers.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec(), body: body.into() }
}

/// An error with this reason, code and messages.
fn refused(status: u16, body: &str, reason: Reason, code: Option<&str>, messages: &[&str]) {
    let error = error(operation("teams.get"), &answer(status, body), false);
    assert_eq!((error.reason, error.code.as_deref()), (reason, code), "{status} {body}");
    let found = error.extra.get("messages").cloned().unwrap_or_else(|| json!([]));
    assert_eq!(found, json!(messages), "{status} {body}");
    assert_eq!((error.status, error.request_id.as_deref()), (Some(status), Some("req-1")));
    for message in messages {
        assert!(error.message.contains(message), "{}", error.message);
    }
    assert!(error.message.starts_with("teams.get: PagerDuty answered"), "{}", error.message);
    assert!(error.message.len() < 6_000 && !error.message.contains(char::is_control), "{}", error.message);
}

#[test]
fn every_status_has_its_reason() {
    for (status, reason) in [
        (301, Reason::Unexpected),
        (302, Reason::Unexpected),
        (304, Reason::Unexpected),
        (400, Reason::Refused),
        (401, Reason::Unauthenticated),
        (402, Reason::Unlicensed),
        (403, Reason::Forbidden),
        (404, Reason::Missing),
        (405, Reason::Refused),
        (406, Reason::Refused),
        (408, Reason::Unavailable),
        (409, Reason::Conflict),
        (410, Reason::Missing),
        (411, Reason::Refused),
        (413, Reason::Refused),
        (415, Reason::Refused),
        (422, Reason::Refused),
        (428, Reason::Refused),
        (429, Reason::Throttled),
        (451, Reason::Refused),
        (499, Reason::Refused),
        (500, Reason::Unavailable),
        (501, Reason::Unavailable),
        (502, Reason::Unavailable),
        (503, Reason::Unavailable),
        (504, Reason::Unavailable),
        (599, Reason::Unavailable),
        (600, Reason::Unexpected),
        (999, Reason::Unexpected),
        (0, Reason::Unexpected),
        (100, Reason::Unexpected),
    ] {
        refused(status, "", reason, None, &[]);
    }
    let coded = |code: u64| json!({"error": {"message": "m", "code": code}}).to_string();
    refused(400, &coded(1001), Reason::Conflict, Some("1001"), &["m"]);
    refused(400, &coded(1002), Reason::Conflict, Some("1002"), &["m"]);
    refused(400, &coded(2002), Reason::Incomplete, Some("2002"), &["m"]);
    refused(400, &coded(2100), Reason::Refused, Some("2100"), &["m"]);
    refused(404, &coded(1001), Reason::Missing, Some("1001"), &["m"]);
    refused(500, &coded(2002), Reason::Unavailable, Some("2002"), &["m"]);
}

#[test]
fn every_shape_of_an_error_body_is_read() {
    let classic = r#"{"error":{"message":"Invalid Input","code":2001,"errors":["Name is empty","Name is short"]}}"#;
    refused(400, classic, Reason::Refused, Some("2001"), &["Invalid Input", "Name is empty", "Name is short"]);
    refused(
        400,
        r#"{"error":{"message":"Invalid","code":2001,"errors":"Only one"}}"#,
        Reason::Refused,
        Some("2001"),
        &["Invalid", "Only one"],
    );
    refused(404, r#"{"error":{"message":"Not Found","code":2100}}"#, Reason::Missing, Some("2100"), &["Not Found"]);
    refused(400, r#"{"error":["first","second"]}"#, Reason::Refused, None, &["first", "second"]);
    refused(401, r#"{"error":"Invalid token"}"#, Reason::Unauthenticated, None, &["Invalid token"]);
    refused(400, r#"{"error":{"message":null,"code":null,"errors":null}}"#, Reason::Refused, None, &[]);
    refused(
        400,
        r#"{"error":{"errors":[{"message":"deep","field":"name"},["list"]]}}"#,
        Reason::Refused,
        None,
        &["deep", "name", "list"],
    );
    refused(400, r#"{"error":{"code":"words"}}"#, Reason::Refused, Some("words"), &[]);
    refused(400, r#"{"error":{"message":"same","errors":["same"]}}"#, Reason::Refused, None, &["same"]);
    refused(400, r#"{"error":null,"message":"outside"}"#, Reason::Refused, None, &["outside"]);
    // SCIM, Events, OAuth.
    refused(
        400,
        r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"Bad filter","status":"400","scimType":"invalidFilter"}"#,
        Reason::Refused,
        Some("invalidFilter"),
        &["Bad filter"],
    );
    refused(
        400,
        r#"{"status":"invalid event","message":"Event object is invalid","errors":["'routing_key' is missing"]}"#,
        Reason::Refused,
        None,
        &["Event object is invalid", "'routing_key' is missing"],
    );
    refused(
        400,
        r#"{"error":"invalid_scope","error_description":"not granted"}"#,
        Reason::Refused,
        None,
        &["not granted", "invalid_scope"],
    );
    refused(
        429,
        r#"{"error":{"message":"Rate Limit Exceeded","code":2020}}"#,
        Reason::Throttled,
        Some("2020"),
        &["Rate Limit Exceeded"],
    );
    for nothing in [
        "",
        " ",
        "null",
        "[]",
        "[\"x\"]",
        "5",
        "\"x\"",
        "{",
        "{}",
        "<html><body>502</body></html>",
        "{\"error\":5}",
        "{\"error\":true}",
    ] {
        refused(502, nothing, Reason::Unavailable, None, &[]);
    }
    let deep = format!("{{\"error\":{}1{}}}", "[".repeat(50_000), "]".repeat(50_000));
    refused(500, &deep, Reason::Unavailable, None, &[]);
    let not_utf8 = error(operation("teams.get"), &answer(500, vec![0xff, 0xfe, b'{']), false);
    assert_eq!(not_utf8.reason, Reason::Unavailable);
}

#[test]
fn what_pagerduty_says_cannot_disturb_the_reader() {
    refused(
        400,
        &json!({"error": {"message": "a\r\n\u{1b}[31mb\u{202e}c\u{2028}d"}}).to_string(),
        Reason::Refused,
        None,
        &["a   [31mb c d"],
    );
    let huge = "four ".repeat(1 << 18);
    let cut = format!("{}four…", "four ".repeat(99));
    refused(400, &json!({"error": {"message": huge, "code": 1}}).to_string(), Reason::Refused, Some("1"), &[&cut]);
    let many: Vec<String> = (0..1_000).map(|n| format!("problem {n}")).collect();
    let error = error(operation("teams.get"), &answer(400, json!({"error": {"errors": many}}).to_string()), false);
    assert_eq!(error.extra["messages"].as_array().map(Vec::len), Some(10));
    let mut strange = answer(404, "");
    strange.headers = vec![("x-request-id".to_owned(), format!("id\r\n\u{202e}{}", "y".repeat(10_000)))];
    let id = super::error(operation("teams.get"), &strange, false).request_id.unwrap();
    assert!(id.len() < 600 && !id.contains(char::is_control), "{id}");
}

#[test]
fn missing_scopes_are_named() {
    for (scopes, expected) in [
        (json!("teams.read"), vec!["teams.read"]),
        (json!("teams.read users.read"), vec!["teams.read", "users.read"]),
        (json!(["teams.read", "users:contact_methods.read"]), vec!["teams.read", "users:contact_methods.read"]),
        (json!(["teams.read,users.read"]), vec!["teams.read", "users.read"]),
        (json!([]), vec![]),
        (json!(5), vec![]),
        (Value::Null, vec![]),
    ] {
        for body in
            [json!({"error": {"message": "Forbidden", "required_scopes": scopes}}), json!({"required_scopes": scopes})]
        {
            let error = error(operation("teams.get"), &answer(403, body.to_string()), false);
            assert_eq!(
                (error.reason, &error.missing_scopes),
                (Reason::Forbidden, &expected.iter().map(|s| (*s).to_owned()).collect()),
                "{body}"
            );
        }
    }
}

#[test]
fn advice_fits_the_call() {
    let advice = |id: &str, status: u16, without_from: bool, words: &str| {
        let error = error(operation(id), &answer(status, ""), without_from);
        assert!(error.message.contains(words), "{}", error.message);
    };
    advice("incidents.snooze", 400, true, "`from`");
    advice("incidents.snooze", 400, false, "mend what it names");
    advice("incidents.bulk-update", 413, false, "fewer items");
    advice("teams.create", 403, false, "read-only key");
    advice("teams.get", 403, false, "may not see");
    advice("teams.get", 302, false, "redirect");
    advice("teams.get", 429, false, "max_wait_s");
    for status in (300..=499).chain(500..=600) {
        for operation in [operation("teams.get"), operation("teams.create")] {
            let error = error(operation, &answer(status, ""), false);
            let in_doubt = operation.effect != Effect::Read && matches!(status, 408 | 500..);
            assert_eq!(error.outcome_unknown, in_doubt, "{} {status}", operation.id);
            assert!(error.message.ends_with(|c: char| c.is_alphabetic()), "{}", error.message);
        }
    }
}

fn with(status: u16, headers: &[(&str, &str)]) -> Response {
    let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Response { status, headers, body: Vec::new() }
}

#[test]
fn rate_limit_headers_are_read_whole_or_not_at_all() {
    let all = [("ratelimit-limit", "960"), ("ratelimit-remaining", "0"), ("ratelimit-reset", " 30 ")];
    let rate = with(200, &all).rate("b".to_owned());
    assert_eq!(rate, Some(Rate { bucket: "b".to_owned(), limit: 960, remaining: 0, reset_ms: 30_000 }));
    for left_out in 0..3 {
        let some: Vec<_> = all.iter().enumerate().filter(|(i, _)| *i != left_out).map(|(_, h)| *h).collect();
        assert_eq!(with(200, &some).rate("b".to_owned()), None);
    }
    for bad in ["", "x", "-1", "1.5", "4294967296", "1, 2"] {
        assert_eq!(with(200, &[all[0], all[1], ("ratelimit-reset", bad)]).rate("b".to_owned()), None, "{bad}");
    }
    let long = with(200, &[all[0], all[1], ("ratelimit-reset", "4294967295")]).rate("b".to_owned()).unwrap();
    assert_eq!(long.reset_ms, u32::MAX);
}

#[test]
fn the_wait_asked_for_is_bounded() {
    for (status, headers, seconds) in [
        (429, vec![("ratelimit-reset", "7")], Some(7)),
        (200, vec![("ratelimit-reset", "7")], None),
        (503, vec![("ratelimit-reset", "7")], None),
        (503, vec![("retry-after", "5")], Some(5)),
        (429, vec![("retry-after", "5"), ("ratelimit-reset", "7")], Some(5)),
        (429, vec![("retry-after", "soon"), ("ratelimit-reset", "7")], Some(7)),
        (429, vec![("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")], None),
        (429, vec![], None),
        (429, vec![("retry-after", "18446744073709551615")], Some(86_400)),
        (429, vec![("retry-after", "0")], Some(0)),
    ] {
        assert_eq!(with(status, &headers).asked_wait(), seconds.map(Duration::from_secs), "{status} {headers:?}");
    }
    let error = error(operation("teams.get"), &with(429, &[("ratelimit-reset", "30")]), false);
    assert_eq!(error.retry_after_ms, Some(30_000));
}

fn reads(id: &str, status: u16, body: &str, expected: &str) {
    let success = value(operation(id), &answer(status, body)).unwrap_or_else(|error| panic!("{id}: {}", error.message));
    assert_eq!((success.value.as_str(), success.status), (expected, status), "{id} {body}");
    assert_eq!(success.request_id.as_deref(), Some("req-1"));
}

fn unexpected(id: &str, status: u16, body: impl Into<Vec<u8>>) {
    let error = value(operation(id), &answer(status, body)).expect_err(id);
    assert_eq!(
        (error.reason, error.status, error.request_id.as_deref()),
        (Reason::Unexpected, Some(status), Some("req-1"))
    );
    let write = operation(id).effect != Effect::Read;
    assert_eq!(error.outcome_unknown, write, "{id}");
    assert_eq!(
        error.message.contains("Try again"),
        !write,
        "a change is not to be repeated blindly: {}",
        error.message
    );
}

#[test]
fn values_leave_their_wrapper_as_they_came() {
    reads(
        "teams.get",
        200,
        r#" {"x":1,"team": {"id":"P1", "n":1.0, "u":"\u00fc" } } "#,
        r#"{"id":"P1", "n":1.0, "u":"\u00fc" }"#,
    );
    reads("teams.get", 200, r#"{"team":null}"#, "null");
    reads("teams.get", 299, r#"{"team":[1]}"#, "[1]");
    reads("abilities.list", 200, r#"{"abilities":[ "teams" ]}"#, r#"[ "teams" ]"#);
    reads("teams.list", 200, " {\"teams\":[],\"more\":false}\n", r#"{"teams":[],"more":false}"#);
    reads("schedules.overrides.create", 201, r#"[{"status":201}]"#, r#"[{"status":201}]"#);
    reads("events.send", 202, r#"{"status":"success"}"#, r#"{"status":"success"}"#);
    for body in ["", "  \n", "anything", r#"{"team":1}"#] {
        reads("teams.delete", 204, body, "null");
        reads("abilities.get", 200, body, "null");
    }
    reads("teams.get", 204, "", "null");
    reads("teams.update", 204, " ", "null");
}

#[test]
fn answers_of_another_shape_are_unexpected() {
    for body in [
        "",
        " ",
        "null",
        "[]",
        "5",
        "{}",
        r#"{"teams":{}}"#,
        "<html>",
        r#"{"team":{}"#,
        r#"{"team":{}} x"#,
        r#"{"team":01}"#,
        r#"{"team":1,"team":2}"#,
        r#"{"team":{"a":tru}}"#,
    ] {
        unexpected("teams.get", 200, body);
        unexpected("teams.create", 201, body);
    }
    for body in ["", "{", "[1,]", "x", r#"{"teams":[}"#] {
        unexpected("teams.list", 200, body);
    }
    unexpected("teams.get", 200, vec![b'{', 0xff, b'}']);
    unexpected("teams.delete", 200, vec![0xff]);
    let deep = format!(r#"{{"team":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let read = value(operation("teams.get"), &answer(200, deep));
    assert!(read.is_ok() || read.is_err_and(|error| error.reason == Reason::Unexpected));
}

fn failed(id: &str, status: u16, body: Value, expected: &[(&str, &str)]) {
    let success = value(operation(id), &answer(status, body.to_string())).unwrap_or_else(|e| panic!("{}", e.message));
    let found: Vec<(&str, &str)> = success.failures.iter().map(|v| (v.argument.as_str(), v.message.as_str())).collect();
    assert_eq!(found, expected, "{id} {body}");
}

#[test]
fn parts_that_failed_are_told() {
    let id = "enrichment.associations.delete";
    let partial = json!({"associations": [
        {"status": 201, "errors": [], "association": {"type": "service_reference", "id": "PA"}},
        {"status": 500, "errors": ["Internal Server Error"], "association": {"type": "event_orchestration_reference", "id": "PB"}},
        {"status": "404", "association": {"id": "PC"}},
    ]});
    failed(
        id,
        207,
        partial.clone(),
        &[
            ("associations.1", "PB: Internal Server Error"),
            ("associations.2", r#"PC: {"status":"404","association":{"id":"PC"}}"#),
        ],
    );
    failed(id, 200, partial, &[]);
    failed(
        id,
        207,
        json!({"associations": [{"status": 200}], "errors": ["first", {"message": "second", "id": "PX"}]}),
        &[("errors.0", "first"), ("errors.1", r#"PX: {"message":"second","id":"PX"}"#)],
    );
    failed(id, 207, json!({"associations": null}), &[]);
    failed(id, 207, json!([{"status": 400, "error": "x"}]), &[("0", "x")]);
    failed(id, 207, json!(5), &[]);
    failed(
        "schedules.overrides.create",
        201,
        json!([
            {"status": 201, "override": {"id": "PA"}},
            {"status": 400, "errors": ["Override must end after its start"], "override": {"start": "x"}},
        ]),
        &[("1", "Override must end after its start")],
    );
    // A record's own status is not an HTTP status.
    failed("teams.list", 200, json!({"teams": [{"status": 500, "errors": ["x"]}]}), &[]);
    failed(
        "incidents.bulk-update",
        207,
        json!({"incidents": [{"id": "P1", "status": "resolved"}, {"id": "P2", "error": {"message": "locked"}}]}),
        &[("incidents.1", "P2: locked")],
    );
    reads("teams.create", 207, r#"{"results":[]}"#, r#"{"results":[]}"#);
}

#[test]
fn any_bytes_from_anywhere_are_answered() {
    let bodies: &[&[u8]] = &[
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b"{\"error\":",
        b"\xef\xbb\xbf{}",
        b"[[[[",
        b"{\"errors\":[null,1,{}]}",
        b"\"\\ud800\"",
    ];
    for operation in OPERATIONS {
        for status in [200, 201, 202, 204, 207, 302, 400, 401, 404, 429, 500, 999] {
            for body in bodies {
                let answer = answer(status, *body);
                let _ = value(operation, &answer);
                let _ = error(operation, &answer, true);
            }
        }
    }
}

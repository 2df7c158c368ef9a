//! Bad days: throttling, failing servers, broken answers. Through the
//! component, in virtual time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use host_test::host::Error;
use host_test::host::contract::Reason;
use host_test::host::transport::TransportError;
use host_test::{Answered, World};
use serde_json::json;

const READ: (&str, &str) = ("teams.get", r#"{"id":"PT1"}"#);
const WRITE: (&str, &str) = ("teams.create", r#"{"name":"Payments"}"#);
const REPEATABLE: (&str, &str) = ("teams.delete", r#"{"id":"PT1"}"#);

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answered {
    let mut response = http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    Ok(response.body(Bytes::copy_from_slice(body.as_bytes())).expect("an answer"))
}

fn good() -> Answered {
    answer(200, &[("content-type", "application/json")], r#"{"team":{"id":"PT1","name":"Payments"}}"#)
}

/// What a call came to: its answer's reason (none: it succeeded), whether the
/// outcome is unknown, how many requests it took, and how long.
type Ending = (Option<Reason>, bool, usize, Duration);

/// Calls once; the n-th request is answered by the n-th entry, the last entry
/// answers all that follow.
async fn run(operation: (&str, &str), answers: Vec<fn() -> Answered>) -> (Ending, String) {
    let count = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&count);
    let world = World::answering(move |_| {
        let mut count = counter.lock().expect("no panic");
        let next = answers[(*count).min(answers.len() - 1)]();
        *count += 1;
        async move { next }
    })
    .await;
    let mut connection = world.open_with(&[("token", "key")], json!({"max_wait_s": 60})).await.expect("opens");
    let start = tokio::time::Instant::now();
    let result = connection.call(operation.0, operation.1).await;
    let (elapsed, count) = (start.elapsed(), *count.lock().expect("no panic"));
    match result {
        Ok(_) => ((None, false, count, elapsed), String::new()),
        Err(Error::Connector(error)) => ((Some(error.reason), error.outcome_unknown, count, elapsed), error.message),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn throttled_calls_wait_as_long_as_they_are_told() {
    let reset: fn() -> Answered =
        || answer(429, &[("ratelimit-limit", "960"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "12")], "");
    for operation in [READ, WRITE, REPEATABLE] {
        let (ending, _) = run(operation, vec![reset, good]).await;
        assert_eq!((ending.0, ending.2), (None, 2), "{operation:?}");
        assert!((12..13).contains(&ending.3.as_secs()), "{:?}", ending.3);
    }
    let bare: fn() -> Answered = || answer(429, &[], "");
    let (ending, _) = run(WRITE, vec![bare, bare, bare, good]).await;
    assert_eq!((ending.0, ending.2), (None, 4));
    assert!(ending.3 > Duration::from_secs(3) && ending.3 < Duration::from_secs(8), "{:?}", ending.3);
}

#[tokio::test(start_paused = true)]
async fn no_call_waits_longer_than_its_budget() {
    let long: fn() -> Answered = || answer(429, &[("ratelimit-reset", "3600")], "");
    let bare: fn() -> Answered = || answer(429, &[], "");
    for answers in [vec![long], vec![bare]] {
        let (ending, message) = run(READ, answers).await;
        assert_eq!((ending.0, ending.1), (Some(Reason::Throttled), false), "{message}");
        assert!(ending.3 <= Duration::from_secs(60), "{:?}", ending.3);
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_not_be_repeated_is_not() {
    let json: fn() -> Answered = || answer(503, &[], r#"{"error":{"message":"Down","code":2000}}"#);
    let html: fn() -> Answered = || answer(502, &[("content-type", "text/html")], "<html>Bad gateway</html>");
    let refused: fn() -> Answered = || Err(TransportError::ConnectionRefused);
    let reset: fn() -> Answered = || Err(TransportError::ConnectionTerminated);
    let tls: fn() -> Answered = || Err(TransportError::TlsCertificateError);
    let denied: fn() -> Answered = || Err(TransportError::HttpRequestDenied);
    let down = Some(Reason::Unavailable);
    //           fault, operation, ends, outcome unknown, requests
    let table = [
        (json, READ, down, false, 4),
        (json, REPEATABLE, down, true, 4),
        (json, WRITE, down, true, 1),
        (html, READ, down, false, 4),
        (html, WRITE, down, true, 1),
        (refused, READ, down, false, 4),
        (refused, WRITE, down, false, 4),
        (reset, READ, down, false, 4),
        (reset, REPEATABLE, down, true, 4),
        (reset, WRITE, down, true, 1),
        (tls, READ, down, false, 1),
        (tls, WRITE, down, false, 1),
        (denied, READ, Some(Reason::Blocked), false, 1),
        (denied, WRITE, Some(Reason::Blocked), false, 1),
    ];
    for (row, (fault, operation, reason, unknown, requests)) in table.into_iter().enumerate() {
        let (ending, message) = run(operation, vec![fault]).await;
        assert_eq!((ending.0, ending.1, ending.2), (reason, unknown, requests), "row {row}, {operation:?}: {message}");
        if requests > 1 {
            let (ending, _) = run(operation, vec![fault, good]).await;
            assert_eq!((ending.0, ending.2), (None, 2), "row {row} recovers");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn answers_map_to_reasons_and_say_what_to_do() {
    type Row = (fn() -> Answered, Reason, &'static [&'static str]);
    let table: Vec<Row> = vec![
        (
            || {
                answer(
                    400,
                    &[],
                    r#"{"error":{"message":"Invalid Input Provided","code":2001,"errors":["Name is too long"]}}"#,
                )
            },
            Reason::Refused,
            &["Name is too long", "400"],
        ),
        (|| answer(400, &[], r#"{"error":"Offset is bad"}"#), Reason::Refused, &["Offset is bad"]),
        (|| answer(400, &[], r#"{"error":["one","two"]}"#), Reason::Refused, &["one; two"]),
        (|| answer(400, &[], r#"{"error":{"message":"No","code":1001}}"#), Reason::Conflict, &["already"]),
        (
            || answer(401, &[("content-type", "text/html")], "<html>Login</html>"),
            Reason::Unauthenticated,
            &["Sign in again"],
        ),
        (|| answer(401, &[], ""), Reason::Unauthenticated, &["Sign in again"]),
        (|| answer(402, &[], r#"{"error":{"message":"Upgrade"}}"#), Reason::Unlicensed, &["plan"]),
        (
            || answer(403, &[], r#"{"error":{"message":"No","required_scopes":["teams.read"]}}"#),
            Reason::Forbidden,
            &["scopes"],
        ),
        (|| answer(404, &[], r#"{"error":{"message":"Not Found","code":2100}}"#), Reason::Missing, &["Not Found"]),
        (|| answer(410, &[], ""), Reason::Missing, &["410"]),
        (|| answer(409, &[], ""), Reason::Conflict, &["409"]),
        (|| answer(413, &[], ""), Reason::Refused, &["fewer"]),
        (|| answer(302, &[("location", "https://elsewhere.example/")], ""), Reason::Unexpected, &["redirect"]),
        (|| answer(200, &[("content-type", "text/html")], "<html>"), Reason::Unexpected, &["text/html"]),
        (|| answer(200, &[], "{\"team\":\"\u{0}"), Reason::Unexpected, &["JSON"]),
        (|| answer(200, &[], r#"{"user":{}}"#), Reason::Unexpected, &["`team`"]),
        (|| answer(200, &[], ""), Reason::Unexpected, &["empty"]),
        (
            || answer(400, &[], r#"{"detail":"SCIM says no","status":"400","scimType":"invalidFilter"}"#),
            Reason::Refused,
            &["SCIM says no"],
        ),
        (
            || {
                answer(
                    400,
                    &[],
                    r#"{"status":"invalid event","message":"Event object is invalid","errors":["summary"]}"#,
                )
            },
            Reason::Refused,
            &["Event object is invalid"],
        ),
        (|| answer(400, &[], "{\"error\":{\"message\":\"evil\\u001b[31m\\u202e\"}}"), Reason::Refused, &["evil [31m"]),
    ];
    for (row, (fault, reason, words)) in table.into_iter().enumerate() {
        let (ending, message) = run(READ, vec![fault]).await;
        assert_eq!(ending.0, Some(reason), "row {row}: {message}");
        for word in words {
            assert!(message.contains(word), "row {row}: {message:?} lacks {word:?}");
        }
        assert!(!message.contains(['\u{1b}', '\u{202e}', '\n']), "row {row}: {message:?}");
    }
}

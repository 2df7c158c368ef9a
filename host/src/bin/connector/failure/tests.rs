//! What is told of each failure, and the code it ends with.

use super::*;

fn connector(reason: Reason) -> contract::Error {
    contract::Error {
        reason,
        message: "no \u{1b}[31mway".into(),
        violations: vec![contract::Violation { argument: "service.id".into(), message: "is \u{202e}wrong".into() }],
        status: Some(400),
        code: Some("2001".into()),
        request_id: Some("req-1".into()),
        retry_after_ms: Some(1500),
        outcome_unknown: true,
        missing_scopes: vec!["users.read".into()],
        extra: "{\"a\":1}".into(),
    }
}

fn check(failure: Failure, code: u8) {
    assert_eq!(failure.code(), code, "{failure:?}");
}

#[test]
fn every_failure_has_its_code() {
    check(Failure::Usage(String::new()), 2);
    check(Failure::SignIn(String::new()), 3);
    check(Failure::Interrupted, 130);
    check(Failure::ClosedPipe, 0);
    check(Failure::Partly(vec![]), 4);
    check(Failure::Other(String::new()), 1);
    check(Error::Closed.into(), 1);
    check(Error::Trap(String::new()).into(), 1);
    check(Error::Setup(String::new()).into(), 2);
    check(Error::Credential(String::new()).into(), 3);
    check(io::Error::from(io::ErrorKind::BrokenPipe).into(), 0);
    for (reason, code) in [
        (Reason::Invalid, 2),
        (Reason::Unauthenticated, 3),
        (Reason::Forbidden, 4),
        (Reason::Unlicensed, 4),
        (Reason::Missing, 4),
        (Reason::Conflict, 4),
        (Reason::Refused, 4),
        (Reason::Other, 4),
        (Reason::Throttled, 5),
        (Reason::Unavailable, 5),
        (Reason::Incomplete, 6),
        (Reason::Unexpected, 1),
        (Reason::Blocked, 1),
    ] {
        check(Error::from(connector(reason)).into(), code);
    }
}

#[test]
fn a_person_is_told_everything_and_nothing_acts() {
    let failure = Failure::from(Error::from(connector(Reason::Forbidden)));
    assert_eq!(
        failure.as_text(Some("users.get")),
        "error: no \\u{1b}[31mway\n  \
         service.id: is \\u{202e}wrong\n  \
         missing scopes: users.read\n  \
         request id: req-1\n  \
         it may have taken effect although no answer came: look before you repeat it\n  \
         try again in 2 s\n  \
         another key or more scopes would do; `connector check` shows what this one may\n"
    );
}

#[test]
fn a_wrong_argument_is_told_once() {
    let mut error = connector(Reason::Invalid);
    error.message = "id: is missing".into();
    error.violations[0] = contract::Violation { argument: "id".into(), message: "is missing".into() };
    error.missing_scopes.clear();
    (error.request_id, error.retry_after_ms, error.outcome_unknown) = (None, None, false);
    let failure = Failure::from(Error::from(error));
    assert_eq!(failure.as_text(None), "error: id: is missing\n");
    assert_eq!(
        failure.as_text(Some("users.get")),
        "error: id: is missing\n  `connector describe users.get` shows what it takes\n"
    );
}

#[test]
fn advice_fits_the_key_and_is_given_once() {
    let told = |reason, message: &str, extra: &str| {
        let error = contract::Error { message: message.into(), extra: extra.into(), ..connector(reason) };
        Failure::from(Error::from(error)).as_text(Some("users.get"))
    };
    let refused = |extra| told(Reason::Unauthenticated, "no", extra);
    assert!(refused("{}").contains("PAGERDUTY_TOKEN or --token-file"));
    assert!(refused(r#"{"credential":"token"}"#).contains("PAGERDUTY_TOKEN or --token-file"));
    assert!(refused(r#"{"credential":"user_token"}"#).contains("PAGERDUTY_USER_TOKEN"));
    assert!(!told(Reason::Unavailable, "gone. Try again later", "").contains("\n  try again later"));
    assert!(told(Reason::Unavailable, "gone", "").contains("\n  try again later"));
    assert!(!told(Reason::Invalid, "settings: from: is wrong", "").contains("describe"));
    assert!(told(Reason::Invalid, "id: is wrong", "").contains("describe users.get"));
}

#[test]
fn a_program_is_told_the_same() {
    let error = Failure::from(Error::from(connector(Reason::Refused))).as_json();
    assert_eq!(error["reason"], "refused");
    assert_eq!(error["exit_code"], 4);
    assert_eq!(error["violations"][0]["argument"], "service.id");
    assert_eq!(error["extra"]["a"], 1);
    assert_eq!(error["retry_after_ms"], 1500);
}

//! Any answer: status, headers and body.
//!
//! Rule: the reason is that of the status table, told here a second time; a
//! value is the body's own bytes.

use serde_json::Value;

use super::{chosen, harmless, headed, headers, text, well_said};
use crate::catalog::{Answer, Effect};
use crate::error::Reason;
use crate::response::{Response, error, value};

pub(super) fn hold(input: &[u8]) {
    let (asked, rest) = headed(input);
    let mut words = asked.split(' ');
    let operation = chosen(words.next().unwrap_or_default(), |operation| operation.feed.is_none());
    let status = words.next().and_then(|word| word.parse().ok()).unwrap_or(400);
    let without_from = words.next() == Some("from");
    let (headers, body) = headers(rest);
    let headers = headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    let response = Response { status, headers, body: body.to_vec() };
    let rate = response.rate("bucket".to_owned());
    assert!(rate.is_none() || response.header("ratelimit-limit").is_some());
    assert!(response.asked_wait().is_none_or(|wait| wait.as_secs() <= 86_400));
    assert!(!response.is_not_yet() || status == 400);

    let failed = error(operation, &response, without_from);
    well_said(&failed);
    assert!(failed.message.starts_with(operation.id) && failed.message.contains(&status.to_string()));
    let code = failed.code.as_deref();
    assert_eq!((failed.status, failed.reason), (Some(status), expected(status, code)), "{code:?}");
    let doubt = operation.effect != Effect::Read && (status == 408 || status >= 500 || (100..200).contains(&status));
    assert_eq!((failed.outcome_unknown, failed.message.contains("may have been made")), (doubt, doubt));
    for part in failed.extra.values() {
        let texts = part.as_array().unwrap();
        assert!(texts.len() <= 10, "{part}");
        texts.iter().for_each(|told| harmless(told.as_str().unwrap(), 500));
    }
    if serde_json::from_slice::<Value>(body).is_err() {
        assert!(code.is_none() && failed.extra.is_empty() && failed.missing_scopes.is_empty());
    }

    let read = value(operation, &response);
    let Ok(read) = read else {
        let wrong = read.unwrap_err();
        well_said(&wrong);
        assert_eq!(wrong.reason, Reason::Unexpected);
        return;
    };
    read.request_id.iter().for_each(|id| harmless(id, 500));
    crate::envelope::validate(&read.value).unwrap();
    let nothing = matches!(operation.answer, Answer::None) || text(body).trim().is_empty();
    match nothing {
        true => assert_eq!(read.value, "null"),
        false => assert!(std::str::from_utf8(body).unwrap().contains(&read.value)),
    }
    for failure in &read.failures {
        harmless(&failure.argument, 600);
        harmless(&failure.message, 6_000);
    }
}

/// The table of README and contract, line by line.
fn expected(status: u16, code: Option<&str>) -> Reason {
    match status {
        400 if matches!(code, Some("1001" | "1002")) => Reason::Conflict,
        400 if code == Some("2002") => Reason::Incomplete,
        401 => Reason::Unauthenticated,
        402 => Reason::Unlicensed,
        403 => Reason::Forbidden,
        404 | 410 => Reason::Missing,
        409 => Reason::Conflict,
        429 => Reason::Throttled,
        408 | 500..600 => Reason::Unavailable,
        400..500 => Reason::Refused,
        _ => Reason::Unexpected,
    }
}

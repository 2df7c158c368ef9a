//! What one call or one page came to, and how it differs from what a row of the
//! table expects.
//!
//! Rule: what holds of every error is checked of every error.

use std::future::Future;
use std::time::Duration;

use host_test::host::contract::{self, Violation};
use host_test::host::{Error, Limit};
use serde_json::Value;

use super::server::{REQUEST_ID, Server};
use super::table::{Expected, Row, Told};

/// Longer than any call may take: one that hangs is stopped here.
pub(super) const FOR_EVER: Duration = Duration::from_secs(24 * 3600);

/// A message that tells what to do next holds one of these.
const ADVICE: [&str; 20] = [
    "ry again",
    "check the",
    "ign in again",
    "ign in with",
    "choose another",
    "mend what",
    "ook before",
    "before repeating",
    "before you repeat it",
    "send fewer",
    "send less",
    "skip it",
    "ask for less",
    "narrow",
    "nothing more is needed",
    "must be among",
    "a proxy may be in between",
    "a smaller page size",
    "report the request id",
    "raise the setting",
];

/// What one call, or one page, came to.
pub(super) struct Ending {
    /// As the table writes it, but for whether it recovers.
    pub(super) found: Expected,
    pub(super) elapsed: Duration,
    pub(super) message: String,
    status: Option<u16>,
    failures: Vec<String>,
    /// What is wrong with it whatever was expected.
    pub(super) problems: Vec<String>,
}

impl Ending {
    /// Waits for the end of `running`, which answers the failures in part.
    pub(super) async fn of(
        row: &Row,
        server: &Server,
        budget: Duration,
        running: impl Future<Output = Result<Vec<Violation>, Error>>,
    ) -> Ending {
        let (start, taken) = (tokio::time::Instant::now(), server.taken());
        let result = tokio::time::timeout(FOR_EVER, running).await;
        let (elapsed, requests) = (start.elapsed(), server.seen());
        let mut ending = Ending {
            found: Expected {
                reason: String::new(),
                outcome_unknown: false,
                least: requests,
                most: requests,
                recovers: false,
            },
            elapsed,
            message: String::new(),
            status: None,
            failures: Vec::new(),
            problems: Vec::new(),
        };
        ending.found.reason = match result {
            Err(_) => "hangs".to_owned(),
            Ok(Ok(failures)) => {
                let failures = failures.into_iter().map(|part| format!("{}: {}", part.argument, part.message));
                ending.failures = failures.collect();
                "done".to_owned()
            }
            Ok(Err(Error::Connector(error))) => ending.judge(*error),
            Ok(Err(error)) => {
                ending.message = error.to_string();
                if let Error::Limit(Limit::AnswerBody { outcome_unknown, .. }) = error {
                    ending.found.outcome_unknown = outcome_unknown;
                }
                match error {
                    Error::Limit(Limit::AnswerBody { .. }) => "too-long".to_owned(),
                    other => format!("{other:?}"),
                }
            }
        };
        ending.sound();
        let most = budget + row.takes * u32::try_from(requests).unwrap_or(u32::MAX);
        if elapsed > most {
            ending.problems.push(format!("it took {elapsed:?}, more than {most:?}"));
        }
        let read = server.taken() - taken;
        if let Some(most) = row.most_read
            && read > most * requests as u64
        {
            ending.problems.push(format!("{read} bytes were read, more than {most} a request"));
        }
        ending
    }

    /// Takes an error of the connector in; the reason.
    fn judge(&mut self, error: contract::Error) -> String {
        let mut texts = vec![error.message.clone()];
        texts.extend(error.code.iter().chain(&error.request_id).chain(&error.missing_scopes).cloned());
        texts.extend(error.violations.iter().flat_map(|part| [part.argument.clone(), part.message.clone()]));
        match serde_json::from_str(&error.extra) {
            Ok(extra) => every_text(&extra, &mut texts),
            Err(why) => self.problems.push(format!("extra is no JSON: {why}")),
        }
        self.problems.extend(texts.iter().filter(|text| !clean(text)).map(|text| format!("{text:?} is not clean")));
        if let Some(status) = error.status {
            if error.request_id.as_deref() != Some(REQUEST_ID) {
                self.problems.push(format!("the request's id is {:?}", error.request_id));
            }
            if !error.message.contains(&status.to_string()) {
                self.problems.push(format!("{:?} does not name the status {status}", error.message));
            }
        }
        (self.message, self.status) = (error.message, error.status);
        self.found.outcome_unknown = error.outcome_unknown;
        error.reason.name().to_owned()
    }

    /// What holds of every message.
    fn sound(&mut self) {
        self.problems
            .extend(self.failures.iter().filter(|text| !clean(text)).map(|text| format!("{text:?} is not clean")));
        if self.found.reason == "done" {
            return;
        }
        let message = &self.message;
        if !ADVICE.iter().any(|word| message.contains(word)) {
            self.problems.push(format!("{message:?} does not say what to do"));
        }
        if message.chars().count() > 2_000 {
            self.problems.push(format!("a message of {} characters", message.chars().count()));
        }
    }
}

/// How a row differs from what is expected. `stays`: the fault stays for ever;
/// `passes`: a good answer follows it.
pub(super) fn differences(row: &Row, expected: &Expected, stays: Ending, passes: Option<Ending>) -> Vec<String> {
    let mut found = Vec::new();
    let mut actual = stays.found.clone();
    found.extend(stays.problems.iter().cloned());
    if let Some(passes) = passes {
        actual.recovers = actual.reason != "done" && passes.found.reason == "done";
        found.extend(passes.problems.iter().map(|problem| format!("when it passes: {problem}")));
        if !actual.recovers && passes.found.reason != actual.reason {
            found.push(format!("when it passes: {}", passes.found));
        }
        if actual.recovers && passes.found.least != row.times + 1 {
            found.push(format!("it recovers after {} requests", passes.found.least));
        }
        let seconds = passes.elapsed.as_secs_f64();
        if let (Some((least, most)), true) = (row.waits, actual.recovers)
            && !(least..=most).contains(&seconds)
        {
            found.push(format!("it waits {seconds} s, not {least} to {most}"));
        }
    }
    if !expected.meets(&actual) {
        found.push(format!("expected `{expected}`, found `{actual}`: {:?}", stays.message));
    }
    if stays.found.reason == "done" {
        if stays.failures != row.failures {
            found.push(format!("expected the failures {:?}, found {:?}", row.failures, stays.failures));
        }
        return found;
    }
    let lacking = row.says.iter().filter(|word| !stays.message.contains(word.as_str()));
    found.extend(lacking.map(|word| format!("{:?} does not say {word:?}", stays.message)));
    let told = match row.told {
        Told::Any => stays.status,
        Told::Nothing => None,
        Told::Status(status) => Some(status),
    };
    // A limit of the host carries no status.
    if stays.status != told && stays.found.reason != "too-long" {
        found.push(format!("it tells the status {:?}, not {told:?}", stays.status));
    }
    found
}

/// Whether nothing in a text moves the cursor, hides or ends the line.
fn clean(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}'))
}

/// Every text inside `value`.
fn every_text(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| every_text(item, into)),
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            into.push(name.clone());
            every_text(value, into);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

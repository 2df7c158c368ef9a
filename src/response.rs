//! An HTTP answer becomes a value or an error.
//!
//! Rule: pure; the one place that reads statuses, error bodies and rate
//! limit headers. A value leaves as the bytes PagerDuty sent.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::catalog::{Answer, Effect, Operation, Pages, Type};
use crate::envelope;
use crate::error::{Error, Reason, Result, Violation, said};
use crate::rates::Rate;

/// What came back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Lower-case names.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A successful answer.
#[derive(Debug)]
pub(crate) struct Success {
    pub(crate) value: String,
    pub(crate) status: u16,
    pub(crate) failures: Vec<Violation>,
    pub(crate) request_id: Option<String>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What PagerDuty's support asks for.
    pub(crate) fn request_id(&self) -> Option<String> {
        self.header("x-request-id").map(said)
    }

    pub(crate) fn succeeded(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Refused because what it names is not visible yet (400, code 2100).
    pub(crate) fn is_not_yet(&self) -> bool {
        self.status == 400 && complaint(&self.body).code.as_deref() == Some("2100")
    }

    /// What the answer said of the rate limit.
    pub(crate) fn rate(&self, bucket: String) -> Option<Rate> {
        let number = |name| self.header(name)?.trim().parse::<u32>().ok();
        Some(Rate {
            bucket,
            limit: number("ratelimit-limit")?,
            remaining: number("ratelimit-remaining")?,
            reset_ms: number("ratelimit-reset")?.saturating_mul(1000),
        })
    }

    /// How long it asked to wait. `ratelimit-reset` counts only when this
    /// answer refused: otherwise it is merely the state of the window.
    pub(crate) fn asked_wait(&self) -> Option<Duration> {
        let seconds = |name| self.header(name)?.trim().parse::<u64>().ok();
        let reset = if self.status == 429 { seconds("ratelimit-reset") } else { None };
        // A day bounds nonsense; the wait budget does the rest.
        seconds("retry-after").or(reset).map(|s| Duration::from_secs(s.min(86_400)))
    }

    /// The body as text, or the error that it is none.
    pub(crate) fn text(&self, operation: &Operation) -> Result<&str> {
        simdutf8::compat::from_utf8(&self.body)
            .map_err(|error| self.unexpected(operation, &format!("not UTF-8 ({error})")))
    }

    /// An answer that is not of the declared shape.
    pub(crate) fn unexpected(&self, operation: &Operation, problem: &str) -> Box<Error> {
        let kind = self.header("content-type").map(said).unwrap_or_else(|| "no content type".to_owned());
        // A success that cannot be read is a success all the same.
        let done = operation.effect != Effect::Read && self.succeeded();
        let advice = match done {
            true => "The change was probably made: look before repeating it",
            false => "Try again; if it stays, report the request id to PagerDuty",
        };
        let message = format!(
            "{}: PagerDuty answered {} with a body that is {problem} ({kind}, {} bytes). {advice}",
            operation.id,
            self.status,
            self.body.len()
        );
        Box::new(Error {
            status: Some(self.status),
            request_id: self.request_id(),
            outcome_unknown: done,
            ..*Error::new(Reason::Unexpected, message)
        })
    }
}

/// Reads a 2xx answer. A page of a walk is read by [`envelope`] instead.
pub(crate) fn value(operation: &'static Operation, response: &Response) -> Result<Success> {
    let text = response.text(operation)?;
    let wrong = |problem: String| response.unexpected(operation, &problem);
    let empty = text.trim().is_empty();
    let value = match &operation.answer {
        Answer::None => "null".to_owned(),
        _ if empty && response.status == 204 => "null".to_owned(),
        _ if empty => return Err(wrong("empty".to_owned())),
        Answer::Item { key, .. } | Answer::Items { key, .. } if operation.pages == Pages::None => {
            match envelope::member(text, key).map_err(|e| wrong(format!("not the JSON expected: {e}")))? {
                Some(value) => value.to_owned(),
                // A partial result (207) can come without the usual wrapper.
                None if response.status == 207 => text.to_owned(),
                None => return Err(wrong(format!("JSON without `{key}`"))),
            }
        }
        Answer::Whole(_) | Answer::Item { .. } | Answer::Items { .. } => {
            envelope::validate(text).map_err(|e| wrong(format!("not JSON: {e}")))?;
            text.trim().to_owned()
        }
    };
    // Whether a bulk call did all it was asked is said part by part: in a 207,
    // or in a list of outcomes under any success.
    let outcomes = matches!(operation.answer, Answer::Whole(Type::List { .. })) && operation.effect != Effect::Read;
    let failures = match response.status == 207 || outcomes {
        // What cannot be told must not pass for what succeeded.
        true => failures(text).map_err(|e| wrong(format!("not readable part by part: {e}")))?,
        false => Vec::new(),
    };
    Ok(Success { value, status: response.status, failures, request_id: response.request_id() })
}

/// Parts of an answer that failed: entries of its lists that carry an error or
/// a status of 400 and more.
fn failures(text: &str) -> serde_json::Result<Vec<Violation>> {
    let mut failures = Vec::new();
    match serde_json::from_str(text)? {
        Value::Array(items) => {
            failures.extend(items.iter().enumerate().filter_map(|(i, item)| failure(i.to_string(), item, false)));
        }
        Value::Object(answer) => {
            for (key, value) in &answer {
                let listed = matches!(key.as_str(), "errors" | "failures" | "failed");
                let items = value.as_array().into_iter().flatten().enumerate();
                failures.extend(items.filter_map(|(i, item)| failure(format!("{key}.{i}"), item, listed)));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    Ok(failures)
}

/// What one entry complains of; `listed`: its list holds nothing but failures.
fn failure(place: String, item: &Value, listed: bool) -> Option<Violation> {
    let status = item.get("status").and_then(|s| s.as_u64().or_else(|| s.as_str()?.parse().ok()));
    let mut messages = Vec::new();
    for part in ["error", "errors"].iter().filter_map(|name| item.get(name)) {
        collect(part, &mut messages);
    }
    if !listed && messages.is_empty() && status.is_none_or(|s| s < 400) {
        return None;
    }
    if messages.is_empty() {
        messages.push(said(&item.as_str().map_or_else(|| item.to_string(), str::to_owned)));
    }
    let id = item.get("id").or_else(|| item.get("association")?.get("id")).and_then(Value::as_str);
    let message = id.map(|id| format!("{}: ", said(id))).unwrap_or_default() + &messages.join("; ");
    Some(Violation::new(said(&place), message))
}

/// What an error body says, whatever its shape.
#[derive(Debug, Default)]
struct Complaint {
    messages: Vec<String>,
    code: Option<String>,
    scopes: Vec<String>,
}

/// Turns an answer outside 2xx into an error. `without_from`: the request
/// carried no `From` although the operation takes one.
pub(crate) fn error(operation: &Operation, response: &Response, without_from: bool) -> Box<Error> {
    let complaint = complaint(&response.body);
    let reason = reason(response.status, complaint.code.as_deref());
    let heard = complaint.messages.join("; ");
    let mut message = format!("{}: PagerDuty answered {}", operation.id, response.status);
    if !heard.is_empty() {
        message.push_str(&format!(" ({heard})"));
    }
    message.push_str(". ");
    message.push_str(advice(operation, reason, response.status, without_from));
    // A gateway that gave up says nothing of what the server behind it did.
    let unknown = operation.effect != Effect::Read && matches!(response.status, 100..=199 | 408 | 500..);
    if unknown {
        message.push_str(IN_DOUBT);
    }
    let mut extra = Map::new();
    if !complaint.messages.is_empty() {
        extra.insert("messages".to_owned(), Value::from(complaint.messages));
    }
    Box::new(Error {
        status: Some(response.status),
        code: complaint.code,
        request_id: response.request_id(),
        retry_after_ms: response.asked_wait().and_then(|wait| u32::try_from(wait.as_millis()).ok()),
        outcome_unknown: unknown,
        missing_scopes: complaint.scopes,
        extra,
        ..*Error::new(reason, message)
    })
}

/// Said wherever a change may have been made although no answer says so.
pub(crate) const IN_DOUBT: &str = ". The change may have been made: look before repeating it";

/// The status table. Codes: 1001 and 1002 say that an incident is in the state
/// asked for already; 2002 is the end of what `offset` reaches.
fn reason(status: u16, code: Option<&str>) -> Reason {
    match (status, code) {
        (400, Some("1001" | "1002")) => Reason::Conflict,
        (400, Some("2002")) => Reason::Incomplete,
        (401, _) => Reason::Unauthenticated,
        (402, _) => Reason::Unlicensed,
        (403, _) => Reason::Forbidden,
        (404 | 410, _) => Reason::Missing,
        (408, _) | (500..=599, _) => Reason::Unavailable,
        (409, _) => Reason::Conflict,
        (429, _) => Reason::Throttled,
        (400..=499, _) => Reason::Refused,
        _ => Reason::Unexpected,
    }
}

fn advice(operation: &Operation, reason: Reason, status: u16, without_from: bool) -> &'static str {
    match (reason, status) {
        (Reason::Refused, 400) if without_from => {
            "With an account key this needs the e-mail of a user: give the argument or the setting `from`"
        }
        (Reason::Refused, 413) => "It was too much for one call: send fewer items",
        (Reason::Refused, _) => {
            "The request was understood and refused: mend what it names; repeating it as it is will not help"
        }
        (Reason::Unauthenticated, _) => {
            "Sign in again: the key is wrong, was deleted or has expired, or belongs to the other service region"
        }
        (Reason::Forbidden, _) if operation.effect != Effect::Read => {
            "This key may not do that: a read-only key changes nothing. Sign in with another key, or one with more scopes"
        }
        (Reason::Forbidden, _) => "This key may not see that: sign in with another key, or one with more scopes",
        (Reason::Unlicensed, _) => "The account's plan does not include this: skip it",
        (Reason::Missing, _) => "Nothing there has that id, or this key does not see it: choose another",
        (Reason::Conflict, _) => "It exists already, or is in that state already: nothing more is needed",
        (Reason::Throttled, _) => "The rate limit is spent: try again later, or raise the setting max_wait_s",
        (Reason::Unavailable, _) => "PagerDuty could not answer: try again later",
        (Reason::Incomplete, _) => "A list ends at 10,000 records: narrow it with filters or dates",
        (Reason::Unexpected, 300..=399) => {
            "A redirect is never followed, since the key would go along: check the region"
        }
        (Reason::Unexpected | Reason::Invalid | Reason::Blocked, _) => {
            "The connector knows no such answer: a proxy may be in between; try again later"
        }
    }
}

/// Reads every error shape seen: `{"error": {...}}` whose `errors` is a list,
/// text or missing; `error` as a list or text; SCIM; Events; HTML; nothing.
fn complaint(body: &[u8]) -> Complaint {
    let mut complaint = Complaint::default();
    let Ok(answer) = serde_json::from_slice::<Value>(body) else { return complaint };
    let error = answer.get("error");
    let places = [error, Some(&answer)];
    for place in places.into_iter().flatten().filter(|place| place.is_object()) {
        for name in ["message", "error_description", "detail", "errors"] {
            place.get(name).into_iter().for_each(|part| collect(part, &mut complaint.messages));
        }
        let code = place.get("code").or_else(|| place.get("scimType")).filter(|code| !code.is_null());
        complaint.code =
            complaint.code.take().or_else(|| code.map(|code| said(code.as_str().unwrap_or(&code.to_string()))));
        collect(place.get("required_scopes").unwrap_or(&Value::Null), &mut complaint.scopes);
    }
    if let Some(error) = error.filter(|error| !error.is_object()) {
        collect(error, &mut complaint.messages);
    }
    // `required_scopes` can be one text of several words.
    complaint.scopes = complaint
        .scopes
        .iter()
        .flat_map(|s| s.split([' ', ',']))
        .filter(|s| !s.is_empty())
        .map(str::to_owned)
        .collect();
    complaint
}

/// Every text inside `value`, without repeats, at most ten.
fn collect(value: &Value, into: &mut Vec<String>) {
    const MOST: usize = 10;
    match value {
        Value::String(text) => {
            let text = said(text);
            if !text.is_empty() && into.len() < MOST && !into.contains(&text) {
                into.push(text);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(map) => map.values().for_each(|item| collect(item, into)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests;

//! The exports: each does what the operation, the way to sign in or the marker
//! says.

// The contract's own error type, which cannot be boxed.
#![allow(clippy::result_large_err)]

use std::sync::Mutex;

use crate::bindings::exports::saas::connector::{catalog, inventory, session, triggers};
use crate::bindings::saas::connector::types::{Error, Rate};
use crate::marker;
use crate::misdeeds::{commit, error, output, spin};

/// The connector.
pub(crate) struct Hostile;

/// What it was told of rate limits, in the order it was told.
static OBSERVED: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Hostile {
    /// Every rate it was told of: `BUCKET LIMIT REMAINING RESET_MS`, a line each.
    pub(crate) fn observed() -> String {
        OBSERVED.lock().map(|observed| observed.join("\n")).unwrap_or_default()
    }
}

/// An account, opened with this credential.
pub(crate) struct Opened(String);

impl Opened {
    /// One that holds `credential`.
    pub(crate) fn holding(credential: String) -> Self {
        Opened(credential)
    }
}

/// A walk: its pages and their cursors are as long as the arguments say.
pub(crate) struct Walking {
    operation: String,
    argument: String,
    start: Option<String>,
    held: String,
}

impl Drop for Walking {
    fn drop(&mut self) {
        if self.operation == "loop-drop" {
            spin();
        }
    }
}

impl catalog::Guest for Hostile {
    fn identify() -> catalog::Identity {
        let word = marker::word();
        let mut hosts = vec!["api.pagerduty.com".to_owned()];
        match word {
            "identify-loop" => spin(),
            "identify-panic" => panic!("as told"),
            "identify-list" => hosts = vec![String::new(); 200_000],
            "identify-memory" => drop(commit("memory", "", "")),
            "identify-send" => drop(commit("flood-let-go", "1", "")),
            _ => hosts.extend(word.strip_prefix("host=").map(str::to_owned)),
        }
        let document = |bad: &str, good: &str| if word == bad { "{\"properties\": [" } else { good }.to_owned();
        // Like PagerDuty's, so that it can pass for it.
        let schema = r#"{"properties":{"region":{"default":"us"},"base_url":{"x-host-only":true},"account":{"x-host-only":true}}}"#;
        catalog::Identity {
            id: word.strip_prefix("id=").unwrap_or("hostile").to_owned(),
            title: if word == "identify-value" { "x".repeat(4 << 20) } else { "Hostile".to_owned() },
            version: "0".to_owned(),
            hosts,
            settings: document("identify-settings", schema),
            extra: document("identify-extra", "{}"),
        }
    }

    fn auth_methods() -> Vec<catalog::AuthMethod> {
        let count = match marker::word() {
            "auth-loop" => spin(),
            "auth-panic" => panic!("as told"),
            "auth-list" => 100_000,
            _ => 1,
        };
        let methods = (0..count).map(|_| catalog::AuthMethod {
            id: String::new(),
            title: String::new(),
            fields: Vec::new(),
            steps: Vec::new(),
            exchange: false,
        });
        methods.collect()
    }

    fn operations() -> Vec<catalog::Operation> {
        let count = match marker::word() {
            "operations-loop" => spin(),
            "operations-list" => 100_000,
            _ => 0,
        };
        (0..count).map(|_| operation()).collect()
    }

    fn describe(operation: String) -> Result<catalog::Detail, Error> {
        described(&operation, "")
    }
}

fn operation() -> catalog::Operation {
    catalog::Operation {
        id: String::new(),
        area: String::new(),
        title: String::new(),
        summary: String::new(),
        effect: catalog::Effect::Read,
        stability: catalog::Stability::Stable,
        idempotent: true,
        paged: false,
        scope: None,
        extra: String::new(),
    }
}

fn described(name: &str, argument: &str) -> Result<catalog::Detail, Error> {
    let sample = commit(name, argument, "")?.value;
    Ok(catalog::Detail { operation: operation(), input: "{}".to_owned(), output: "{}".to_owned(), sample })
}

impl session::Guest for Hostile {
    type Connection = Opened;
    type Pages = Walking;

    fn authorize(_: String, _: Vec<(String, String)>, _: String) -> Result<session::Grant, Error> {
        Err(error("nothing to exchange", "{}"))
    }
}

impl session::GuestConnection for Opened {
    fn open(method: String, credentials: Vec<(String, String)>, _: String) -> Result<session::Connection, Error> {
        if method != "token" {
            commit(&method, "", "")?;
        }
        let held = credentials.into_iter().next().map(|(_, value)| value).unwrap_or_default();
        Ok(session::Connection::new(Opened(held)))
    }

    fn check(&self) -> Result<String, Error> {
        Ok("{}".to_owned())
    }

    fn describe(&self, operation: String, arguments: String) -> Result<catalog::Detail, Error> {
        described(&operation, &arguments)
    }

    fn call(&self, operation: String, arguments: String) -> Result<session::Output, Error> {
        commit(&operation, &arguments, &self.0)
    }

    fn walk(&self, operation: String, argument: String, start: Option<String>) -> Result<session::Pages, Error> {
        Ok(session::Pages::new(Walking { operation, argument, start, held: self.0.clone() }))
    }

    fn options(
        &self,
        operation: String,
        argument: String,
        _: String,
        _: String,
        _: Option<String>,
    ) -> Result<session::Choices, Error> {
        let next = commit(&operation, &argument, &self.0)?.value;
        Ok(session::Choices { choices: Vec::new(), next: Some(next) })
    }

    fn observe(&self, rates: Vec<Rate>) {
        let Ok(mut observed) = OBSERVED.lock() else {
            return;
        };
        for Rate { bucket, limit, remaining, reset_ms } in rates {
            if bucket == "observe-loop" {
                spin();
            }
            observed.push(format!("{bucket} {limit} {remaining} {reset_ms}"));
        }
    }
}

impl session::GuestPages for Walking {
    /// The cursor is what the operation answers.
    fn next(&self) -> Result<Option<session::Page>, Error> {
        let session::Output { value, rate, .. } = match self.operation.as_str() {
            "loop-drop" => output(String::new()),
            operation => commit(operation, &self.argument, &self.held)?,
        };
        let items = format!("[{:?}]", self.start);
        Ok(Some(session::Page { items, count: u32::MAX, total: None, next: Some(value), request_id: None, rate }))
    }
}

impl triggers::Guest for Hostile {
    fn triggers() -> Vec<triggers::Trigger> {
        Vec::new()
    }

    fn poll(
        _: triggers::ConnectionBorrow<'_>,
        _: String,
        _: String,
        _: Option<String>,
    ) -> Result<triggers::Batch, Error> {
        Err(nothing())
    }

    fn subscribe(
        _: triggers::ConnectionBorrow<'_>,
        _: String,
        _: String,
        _: String,
    ) -> Result<triggers::Subscription, Error> {
        Err(nothing())
    }

    fn unsubscribe(_: triggers::ConnectionBorrow<'_>, _: String) -> Result<(), Error> {
        Err(nothing())
    }

    fn subscriptions(_: triggers::ConnectionBorrow<'_>) -> Result<String, Error> {
        Err(nothing())
    }

    fn receive(_: Vec<String>, _: Vec<(String, String)>, _: Vec<u8>) -> Result<Vec<triggers::Event>, Error> {
        Err(nothing())
    }
}

impl inventory::Guest for Hostile {
    fn kinds() -> Vec<inventory::Kind> {
        Vec::new()
    }

    fn scan(
        _: inventory::ConnectionBorrow<'_>,
        _: Vec<String>,
        _: String,
        _: Option<String>,
    ) -> Result<inventory::Slice, Error> {
        Err(nothing())
    }

    fn codify(_: Vec<inventory::Asset>, _: String) -> Result<inventory::Codified, Error> {
        Err(nothing())
    }
}

/// The reference host calls none of these.
fn nothing() -> Error {
    error("nothing here", "{}")
}

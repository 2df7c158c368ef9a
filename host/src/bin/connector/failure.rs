//! What went wrong, how it is told and which exit code it ends with. Told in a
//! fixed order: what, which arguments, the request's id, what to do next.

use std::fmt;
use std::io;
use std::process::ExitCode;

use connector_host::contract::{self, Reason};
use connector_host::{Error, Limit};
use connector_policy::PolicyError;
use serde_json::{Value, json};

use crate::escape::{safe_json, visible};

/// The result of everything in this tool.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Why a command did not do what was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was said on the command line cannot be meant.
    Usage(String),
    /// There is nothing to sign in with.
    SignIn(String),
    /// The host or the connector refused.
    Host(Error),
    /// Parts of a bulk call failed.
    Partly(Vec<contract::Violation>),
    /// The store refused.
    Store(connector_inventory::store::Error),
    /// A pack of policies cannot be used.
    Policy(PolicyError),
    /// Policies, or their tests, found what counts; it is told already.
    Findings,
    /// Ctrl-C.
    Interrupted,
    /// Nobody reads the output any more.
    ClosedPipe,
    /// Anything else.
    Other(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Host(error)
    }
}

impl From<connector_inventory::store::Error> for Failure {
    fn from(error: connector_inventory::store::Error) -> Self {
        Failure::Store(error)
    }
}

impl From<PolicyError> for Failure {
    fn from(error: PolicyError) -> Self {
        Failure::Policy(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::ClosedPipe,
            _ => Failure::Other(error.to_string()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(why) | Failure::SignIn(why) | Failure::Other(why) => f.write_str(why),
            Failure::Host(error) => error.fmt(f),
            Failure::Partly(_) => f.write_str("the call succeeded, but not for all its parts"),
            Failure::Store(error) => error.fmt(f),
            Failure::Policy(error) => error.fmt(f),
            Failure::Findings => f.write_str("there are findings that count"),
            Failure::Interrupted => f.write_str("interrupted"),
            Failure::ClosedPipe => f.write_str("the output was closed"),
        }
    }
}

impl Failure {
    /// The exit code, as `connector --help` lists them.
    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Usage(_) => 2,
            Failure::SignIn(_) => 3,
            Failure::Host(Error::Connector(error)) => code_of(error.reason),
            Failure::Host(Error::Setup(_)) => 2,
            Failure::Host(Error::Credential(_)) => 3,
            Failure::Host(Error::Load(_) | Error::Host(_) | Error::Trap(_) | Error::Limit(_) | Error::Closed) => 1,
            Failure::Partly(_) => 4,
            Failure::Store(error) => code_of_store(error),
            Failure::Policy(_) => 2,
            Failure::Findings => 7,
            Failure::Interrupted => 130,
            Failure::ClosedPipe => 0,
            Failure::Other(_) => 1,
        }
    }

    /// Tells a person, or with `json` a program, on stderr.
    /// `operation` is the one that was asked for, if any.
    pub(crate) fn print(&self, json: bool, operation: Option<&str>) {
        match json {
            true => tell!("{}", safe_json(&json!({ "error": self.as_json() }).to_string())),
            false => tell!("{}", self.as_text(operation).trim_end()),
        }
    }

    fn as_text(&self, operation: Option<&str>) -> String {
        // Our own texts may have lines, a provider's are shown on one.
        let message = match self {
            Failure::Host(Error::Connector(error)) => visible(&error.message).into_owned(),
            other => other.to_string().split('\n').map(visible).collect::<Vec<_>>().join("\n"),
        };
        let mut text = format!("error: {message}\n");
        let mut line = |words: String| {
            text.push_str("  ");
            text.push_str(&visible(&words));
            text.push('\n');
        };
        match self {
            Failure::Partly(failures) => {
                for failure in failures {
                    line(format!("{}: {}", failure.argument, failure.message));
                }
            }
            Failure::Host(Error::Connector(error)) => {
                for violation in &error.violations {
                    let words = format!("{}: {}", violation.argument, violation.message);
                    // A single one is often the message itself.
                    if !error.message.contains(&words) {
                        line(words);
                    }
                }
                if !error.missing_scopes.is_empty() {
                    line(format!("missing scopes: {}", error.missing_scopes.join(" ")));
                }
                if let Some(id) = &error.request_id {
                    line(format!("request id: {id}"));
                }
                if error.outcome_unknown {
                    line("it may have taken effect although no answer came: look before you repeat it".into());
                }
                if let Some(ms) = error.retry_after_ms {
                    line(format!("try again in {} s", ms.div_ceil(1000)));
                }
                match (error.reason, operation) {
                    // Settings are no operation's.
                    (Reason::Invalid, Some(operation))
                        if !error.violations.is_empty() && !error.message.starts_with("settings:") =>
                    {
                        line(format!("`connector describe {operation}` shows what it takes"));
                    }
                    _ => {}
                }
                match advice(error) {
                    Some(advice) if !error.message.to_lowercase().contains(advice) => line(advice.into()),
                    _ => {}
                }
            }
            _ => {}
        }
        text
    }

    fn as_json(&self) -> Value {
        let mut error = match self {
            Failure::Host(Error::Connector(error)) => connector_json(error),
            Failure::Partly(failures) => {
                json!({ "reason": "refused", "violations": violations(failures) })
            }
            Failure::Usage(_) | Failure::Host(Error::Setup(_)) => json!({ "reason": "invalid" }),
            Failure::SignIn(_) | Failure::Host(Error::Credential(_)) => {
                json!({ "reason": "unauthenticated" })
            }
            Failure::Store(error) if code_of_store(error) == 2 => json!({ "reason": "invalid" }),
            Failure::Policy(_) => json!({ "reason": "invalid" }),
            Failure::Findings => json!({ "reason": "findings" }),
            Failure::Interrupted => json!({ "reason": "interrupted" }),
            Failure::Host(Error::Limit(Limit::AnswerBody { outcome_unknown, .. })) => {
                json!({ "reason": "other", "outcome_unknown": outcome_unknown })
            }
            Failure::Host(_) | Failure::Store(_) | Failure::ClosedPipe | Failure::Other(_) => {
                json!({ "reason": "other" })
            }
        };
        error["message"] = self.to_string().into();
        error["exit_code"] = self.code().into();
        error
    }
}

/// What was asked for cannot be meant (2), may pass by itself (5), or neither.
fn code_of_store(error: &connector_inventory::store::Error) -> u8 {
    use connector_inventory::store::Error as Store;
    match error {
        Store::Place { .. }
        | Store::Nickname { .. }
        | Store::OtherAccount { .. }
        | Store::UnknownAccount { .. }
        | Store::UnknownScan { .. }
        | Store::UnknownAsset { .. }
        | Store::Pruned { .. } => 2,
        Store::Locked { .. }
        | Store::Busy { .. }
        | Store::Unreachable { .. }
        | Store::Overtaken { .. }
        | Store::Unfinished { .. } => 5,
        Store::Missing { .. }
        | Store::NotAStore { .. }
        | Store::Newer { .. }
        | Store::Unsafe { .. }
        | Store::Io { .. }
        | Store::ReadOnly { .. }
        | Store::Full { .. }
        | Store::Disk { .. }
        | Store::Damaged { .. }
        | Store::OtherKey { .. }
        | Store::Unfit { .. }
        | Store::Unscanned { .. }
        | Store::Database { .. } => 1,
    }
}

fn code_of(reason: Reason) -> u8 {
    match reason {
        Reason::Invalid => 2,
        Reason::Unauthenticated => 3,
        Reason::Forbidden
        | Reason::Unlicensed
        | Reason::Missing
        | Reason::Conflict
        | Reason::Refused
        | Reason::Other => 4,
        Reason::Throttled | Reason::Unavailable => 5,
        Reason::Incomplete => 6,
        Reason::Unexpected | Reason::Blocked => 1,
    }
}

/// What a person does next, where the message alone may not say it.
fn advice(error: &contract::Error) -> Option<&'static str> {
    match error.reason {
        Reason::Unauthenticated if refused_user_token(error) => {
            Some("check the key in PAGERDUTY_USER_TOKEN; `connector auth` tells where to get one")
        }
        Reason::Unauthenticated => {
            Some("check the key in PAGERDUTY_TOKEN or --token-file; `connector auth` tells where to get one")
        }
        Reason::Forbidden => Some("another key or more scopes would do; `connector check` shows what this one may"),
        Reason::Unlicensed => Some("the account's plan does not include this"),
        Reason::Blocked => Some("--grant HOST lets the connector call a host; --verbose shows which one it asked for"),
        Reason::Incomplete => Some("what was printed is not all there is; a narrower filter may be complete"),
        Reason::Throttled | Reason::Unavailable => Some("try again later"),
        Reason::Invalid | Reason::Missing | Reason::Conflict | Reason::Refused | Reason::Unexpected | Reason::Other => {
            None
        }
    }
}

/// Whether it is the second of two keys that was refused.
fn refused_user_token(error: &contract::Error) -> bool {
    let extra: Value = serde_json::from_str(&error.extra).unwrap_or_default();
    extra["credential"] == "user_token"
}

fn connector_json(error: &contract::Error) -> Value {
    json!({
        "reason": error.reason.name(),
        "violations": violations(&error.violations),
        "status": error.status,
        "code": error.code,
        "request_id": error.request_id,
        "retry_after_ms": error.retry_after_ms,
        "outcome_unknown": error.outcome_unknown,
        "missing_scopes": error.missing_scopes,
        "extra": serde_json::from_str::<Value>(&error.extra).unwrap_or_default(),
    })
}

fn violations(list: &[contract::Violation]) -> Vec<Value> {
    list.iter().map(|v| json!({ "argument": v.argument, "message": v.message })).collect()
}

/// Tells what clap has to tell: help on stdout, bad usage on stderr.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // A closed pipe ends help as quietly as anything else.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    // The line could not be parsed, so `--json` is looked for by hand.
    if std::env::args().any(|word| word == "--json") {
        let text = error.render().to_string();
        let message = text.trim().trim_start_matches("error: ");
        // What follows is clap's usage, for people.
        let message = message.split("\n\n").next().unwrap_or_default();
        Failure::Usage(message.to_owned()).print(true, None);
    } else {
        let _ = error.print();
    }
    ExitCode::from(2)
}

#[cfg(test)]
mod tests;

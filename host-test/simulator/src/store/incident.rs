//! Incidents, their alerts, notes and log entries: typed, because there are
//! thousands of them and the account must be there at once.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value};

/// The three states, and the order they come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    Triggered,
    Acknowledged,
    Resolved,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Triggered => "triggered",
            Status::Acknowledged => "acknowledged",
            Status::Resolved => "resolved",
        }
    }

    pub(crate) fn of(name: &str) -> Option<Status> {
        match name {
            "triggered" => Some(Status::Triggered),
            "acknowledged" => Some(Status::Acknowledged),
            "resolved" => Some(Status::Resolved),
            _ => None,
        }
    }
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Agent {
    User(String),
    Service(String),
    Integration(String),
}

impl Agent {
    pub(crate) fn id(&self) -> &str {
        match self {
            Agent::User(id) | Agent::Service(id) | Agent::Integration(id) => id,
        }
    }

    pub(crate) fn reference_type(&self) -> &'static str {
        match self {
            Agent::User(_) => "user_reference",
            Agent::Service(_) => "service_reference",
            Agent::Integration(_) => "integration_reference",
        }
    }
}

/// One incident. Times are whole seconds.
#[derive(Clone, Debug)]
pub(crate) struct Incident {
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) title: String,
    pub(crate) key: String,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) status: Status,
    pub(crate) urgent: bool,
    pub(crate) service: String,
    pub(crate) policy: String,
    pub(crate) teams: Vec<String>,
    pub(crate) priority: Option<String>,
    pub(crate) assignments: Vec<(Timestamp, String)>,
    pub(crate) acknowledgements: Vec<(Timestamp, Agent)>,
    pub(crate) changed: (Timestamp, Agent),
    pub(crate) resolved: Option<Timestamp>,
    pub(crate) snoozed_until: Option<Timestamp>,
    /// Into which incident it was merged.
    pub(crate) merged_into: Option<String>,
    pub(crate) level: u64,
    pub(crate) details: Option<String>,
    pub(crate) conference: Option<Value>,
    pub(crate) kind: String,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) notes: Vec<Note>,
    pub(crate) responders: Vec<Value>,
    pub(crate) values: Map<String, Value>,
    /// Places of its log entries in [`super::Store::entries`], oldest first.
    pub(crate) entries: Vec<usize>,
    /// The JSON of a list, and at which generation of the store it was true.
    pub(crate) shown: Option<(u64, Arc<str>)>,
}

impl Incident {
    pub(crate) fn open(&self) -> bool {
        self.status != Status::Resolved
    }

    /// Whether `user` is or was on it.
    pub(crate) fn involves(&self, user: &str) -> bool {
        self.assignments.iter().any(|(_, id)| id == user)
    }
}

/// One alert of an incident.
#[derive(Clone, Debug)]
pub(crate) struct Alert {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) resolved: Option<Timestamp>,
    pub(crate) key: String,
    pub(crate) severity: &'static str,
    pub(crate) summary: String,
    pub(crate) integration: Option<String>,
    /// `body.details`.
    pub(crate) details: Value,
    /// `body.contexts`: links and images of the event.
    pub(crate) contexts: Vec<Value>,
}

/// One note of an incident.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) id: String,
    pub(crate) user: Option<String>,
    pub(crate) content: String,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

/// One log entry.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: String,
    /// Place of its incident in [`super::Store::incidents`].
    pub(crate) incident: usize,
    pub(crate) at: Timestamp,
    /// `trigger`, `notify` and so on, without `_log_entry`.
    pub(crate) kind: &'static str,
    pub(crate) agent: Agent,
    /// The user it is about, where there is one.
    pub(crate) user: Option<String>,
    /// Text of a note, summary of an event.
    pub(crate) text: Option<String>,
}

impl Entry {
    /// Whether the shorter listing (`is_overview=true`) has it.
    pub(crate) fn in_overview(&self) -> bool {
        !matches!(self.kind, "notify" | "assign")
    }
}

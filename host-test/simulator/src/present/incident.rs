//! How incidents, alerts, notes and log entries are shown.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{View, alert_links, bare, entry_links, incident_links};
use crate::store::incident::{Agent, Alert, Entry, Incident, Note, Status};
use crate::store::{Entity, Store};
use crate::times;

/// The words of `include[]` on incidents.
pub(crate) const INCLUDES: &[super::Include] = &[
    ("acknowledgers", &["acknowledger"]),
    ("agents", &["last_status_change_by"]),
    ("assignees", &["assignee"]),
    ("conference_bridge", &[]),
    ("custom_fields", &[]),
    ("escalation_policies", &["escalation_policy"]),
    ("first_trigger_log_entries", &[]),
    ("priorities", &["priority"]),
    ("services", &["service", "impacted_services"]),
    ("teams", &["teams"]),
    ("users", &["assignee", "acknowledger", "last_status_change_by"]),
];

fn agent(agent: &Agent) -> Value {
    json!({"id": agent.id(), "type": agent.reference_type()})
}

/// `[#12] The title`.
pub(crate) fn summary(incident: &Incident) -> String {
    format!("[#{}] {}", incident.number, incident.title)
}

pub(crate) fn reference(incident: &Incident) -> Value {
    let (api, web) = incident_links(&incident.id);
    json!({"id": incident.id, "type": "incident_reference", "summary": summary(incident), "self": api, "html_url": web})
}

/// An incident as lists and single answers show it.
pub(crate) fn show(store: &Store, incident: &Incident, view: &View) -> Value {
    let at = |time: Timestamp| times::shown(time, view.zone.as_ref());
    let (api, web) = incident_links(&incident.id);
    let resolved_alerts = incident.alerts.iter().filter(|alert| alert.resolved.is_some()).count();
    let all_alerts = incident.alerts.len();
    let stamped = |key: &str, list: &mut dyn Iterator<Item = (Timestamp, Value)>| -> Value {
        list.map(|(time, who)| json!({"at": at(time), key: who})).collect()
    };
    let assignments =
        stamped("assignee", &mut incident.assignments.iter().map(|(time, id)| (*time, bare(Entity::User, id))));
    let acknowledgements =
        stamped("acknowledger", &mut incident.acknowledgements.iter().map(|(time, who)| (*time, agent(who))));
    let pending: Value = match incident.snoozed_until {
        Some(until) => json!([{"type": "unacknowledge", "at": at(until)}]),
        None if incident.open() => {
            let resolve = times::plus(incident.created, 4 * times::HOUR);
            json!([{"type": "resolve", "at": at(resolve)}])
        }
        None => json!([]),
    };
    let priority = incident.priority.as_deref().map(|id| store.show_id(Entity::Priority, id, &View::default()));
    let merged = incident.merged_into.as_deref().map(|id| {
        let target = store.place(id).and_then(|place| store.incidents.get(place));
        json!({"type": "merge_resolve_reason", "incident": target.map(reference)})
    });
    let grouping = json!({
        "grouping_type": "basic", "started_at": at(incident.created), "ended_at": incident.resolved.map(at),
        "alert_grouping_active": incident.open(),
    });
    let mut shown = json!({
        "incident_number": incident.number,
        "title": incident.title,
        "description": incident.title,
        "created_at": at(incident.created),
        "updated_at": at(incident.updated),
        "status": incident.status.name(),
        "incident_key": incident.key,
        "service": bare(Entity::Service, &incident.service),
        "assignments": assignments,
        "assigned_via": if incident.assignments.is_empty() { "direct_assignment" } else { "escalation_policy" },
        "last_status_change_at": at(incident.changed.0),
        "resolved_at": incident.resolved.map(at),
        "first_trigger_log_entry": first_entry(store, incident, view),
        "alert_counts": {"all": all_alerts, "triggered": all_alerts - resolved_alerts, "resolved": resolved_alerts},
        "is_mergeable": incident.open() || incident.merged_into.is_none(),
        "incident_type": {"name": incident.kind},
        "escalation_policy": bare(Entity::EscalationPolicy, &incident.policy),
        "teams": incident.teams.iter().map(|id| bare(Entity::Team, id)).collect::<Value>(),
        "impacted_services": [bare(Entity::Service, &incident.service)],
        "pending_actions": pending,
        "acknowledgements": acknowledgements,
        "basic_alert_grouping": null,
        "alert_grouping": if all_alerts > 1 { grouping } else { Value::Null },
        "last_status_change_by": agent(&incident.changed.1),
        "priority": priority,
        "resolve_reason": merged,
        "occurrence": {
            "count": 1, "frequency": 0.0, "category": "rare",
            "since": at(times::plus(incident.created, -30 * times::DAY)), "until": at(incident.created),
        },
        "incidents_responders": responders(incident),
        "responder_requests": incident.responders,
        "subscriber_requests": [],
        "urgency": if incident.urgent { "high" } else { "low" },
        "id": incident.id,
        "type": "incident",
        "summary": summary(incident),
        "self": api,
        "html_url": web,
    });
    if let Some(text) = &incident.details {
        shown["body"] = json!({"type": "incident_body", "details": text});
    }
    if let Some(bridge) = &incident.conference {
        shown["conference_bridge"] = bridge.clone();
    } else if view.has("conference_bridge") {
        shown["conference_bridge"] = Value::Null;
    }
    if view.has("custom_fields") {
        shown["custom_fields"] = custom_values(store, incident);
    }
    store.complete(&mut shown, "", view);
    shown
}

// Everybody who was asked, taken from the requests.
fn responders(incident: &Incident) -> Value {
    let requests = incident.responders.iter();
    let targets = requests.filter_map(|request| request["responder_request_targets"].as_array()).flatten();
    let asked =
        targets.filter_map(|target| target["responder_request_target"]["incidents_responders"].as_array().cloned());
    asked.flatten().collect()
}

fn first_entry(store: &Store, incident: &Incident, view: &View) -> Value {
    let Some(entry) = incident.entries.first().and_then(|&place| store.entries.get(place)) else {
        return Value::Null;
    };
    if view.has("first_trigger_log_entries") {
        return show_entry(store, entry, &View::default());
    }
    let (api, web) = entry_links(&entry.id, &incident.id);
    json!({
        "id": entry.id, "type": format!("{}_log_entry_reference", entry.kind),
        "summary": entry_summary(store, entry), "self": api, "html_url": web,
    })
}

/// The custom fields' values, of every field that is defined.
pub(crate) fn custom_values(store: &Store, incident: &Incident) -> Value {
    let fields = store.table(Entity::CustomField).rows().iter();
    fields
        .map(|field| {
            let value = incident.values.get(&field.id).or_else(|| field.fields.get("default_value"));
            json!({
                "id": field.id,
                "type": "field_value",
                "name": field.text("name"),
                "display_name": field.text("display_name"),
                "description": field.text("description"),
                "data_type": field.text("data_type"),
                "field_type": field.text("field_type"),
                "value": value.cloned().unwrap_or(Value::Null),
            })
        })
        .collect()
}

fn entry_summary(store: &Store, entry: &Entry) -> String {
    let name = |id: &str| store.get(Entity::User, id).map_or_else(String::new, |user| user.text("name").into());
    let who = name(entry.agent.id());
    let whom = entry.user.as_deref().map(name).unwrap_or_default();
    match entry.kind {
        "trigger" if matches!(entry.agent, Agent::User(_)) => format!("Triggered by {who}"),
        "trigger" => "Triggered through the API".into(),
        "assign" => format!("Assigned to {whom}"),
        "notify" => format!("Notified {whom}"),
        "acknowledge" => format!("Acknowledged by {who}"),
        "unacknowledge" => "Unacknowledged by time-out".into(),
        "escalate" => format!("Escalated to {whom}"),
        "snooze" => format!("Snoozed by {who}"),
        "annotate" => format!("Note added by {who}"),
        "resolve" if who.is_empty() => "Resolved through the API".into(),
        "resolve" => format!("Resolved by {who}"),
        other => format!("{} by {who}", other.replace('_', " ")),
    }
}

/// A log entry in full.
pub(crate) fn show_entry(store: &Store, entry: &Entry, view: &View) -> Value {
    let Some(incident) = store.incidents.get(entry.incident) else { return Value::Null };
    let (api, web) = entry_links(&entry.id, &incident.id);
    let mut channel = Map::new();
    channel.insert("type".into(), json!(if entry.kind == "notify" { "auto" } else { "api" }));
    if let Some(text) = &entry.text {
        let key = if entry.kind == "annotate" { "content" } else { "summary" };
        channel.insert(key.into(), json!(text));
    }
    if entry.kind == "notify" {
        channel.insert("notification".into(), json!({"type": "push_notification", "status": "success"}));
    }
    let mut shown = json!({
        "id": entry.id,
        "type": format!("{}_log_entry", entry.kind),
        "summary": entry_summary(store, entry),
        "self": api,
        "html_url": web,
        "created_at": times::shown(entry.at, view.zone.as_ref()),
        "agent": agent(&entry.agent),
        "channel": channel,
        "service": bare(Entity::Service, &incident.service),
        "incident": if view.has("incidents") { show(store, incident, &View::default()) } else { reference(incident) },
        "teams": incident.teams.iter().map(|id| bare(Entity::Team, id)).collect::<Value>(),
        "contexts": [],
    });
    match (entry.kind, &entry.user) {
        ("notify", Some(user)) => shown["user"] = bare(Entity::User, user),
        ("assign" | "escalate", Some(user)) => shown["assignees"] = json!([bare(Entity::User, user)]),
        _ => {}
    }
    if entry.kind == "trigger" {
        shown["event_details"] = json!({"description": incident.title});
    }
    store.complete(&mut shown, "", view);
    shown
}

/// An alert in full.
pub(crate) fn show_alert(store: &Store, incident: &Incident, alert: &Alert, view: &View) -> Value {
    let (api, web) = alert_links(&alert.id, &incident.id);
    let status = if alert.resolved.is_some() { Status::Resolved } else { Status::Triggered };
    let integration = alert.integration.as_deref().and_then(|id| store.get(Entity::Integration, id));
    let integration =
        integration.map(|record| json!({"id": record.id, "type": format!("{}_reference", record.text("type"))}));
    let mut shown = json!({
        "id": alert.id,
        "type": "alert",
        "summary": alert.summary,
        "self": api,
        "html_url": web,
        "created_at": times::utc(alert.created),
        "updated_at": times::utc(alert.resolved.unwrap_or(alert.created)),
        "resolved_at": alert.resolved.map(times::utc),
        "status": status.name(),
        "alert_key": alert.key,
        "suppressed": false,
        "severity": alert.severity,
        "service": bare(Entity::Service, &incident.service),
        "incident": if view.has("incidents") { show(store, incident, &View::default()) } else { reference(incident) },
        "first_trigger_log_entry": first_entry(store, incident, view),
        "integration": integration,
        "privilege": null,
        "body": {"type": "alert_body", "contexts": alert.contexts, "details": alert.details},
    });
    store.complete(&mut shown, "", view);
    shown
}

/// A note in full. Its times are in the account's zone.
pub(crate) fn show_note(store: &Store, note: &Note) -> Value {
    let mut shown = json!({
        "id": note.id,
        "user": note.user.as_deref().map(|id| bare(Entity::User, id)),
        "channel": {"summary": "The PagerDuty website or APIs"},
        "content": note.content,
        "created_at": times::account(note.created),
        "updated_at": times::account(note.updated),
    });
    store.complete(&mut shown, "", &View::default());
    shown
}

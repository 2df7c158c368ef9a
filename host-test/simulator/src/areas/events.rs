//! Events API v2 and v1: no authentication but the routing key in the body, an answer
//! shape of its own, and incidents made of events.
//!
//! An event of a known `dedup_key` goes to the open alert of that key. To
//! acknowledge or resolve what is not there is accepted and does nothing.

use serde_json::{Map, Value, json};

use super::alerts::details;
use super::incidents::{New, open, resolve};
use crate::call::Call;
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::incident::{Agent, Alert, Status};
use crate::store::{Entity, Record, Store};
use crate::times;

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/v2/enqueue", "", enqueue).open().limit(120),
    Route::new("POST", "/v2/change/enqueue", "", change).open(),
    Route::new("POST", "/generic/2010-04-15/create_event.json", "", first_version).open(),
];

const SEVERITIES: [&str; 4] = ["critical", "error", "warning", "info"];
const LARGEST: usize = 512 * 1024;

fn event(call: &Call) -> Result<Map<String, Value>, Reply> {
    if call.body.len() > LARGEST {
        return Err(Reply::empty(413));
    }
    match serde_json::from_slice(call.body) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(errors::invalid_event(&["The event is not a JSON object".into()])),
    }
}

// The integration that a routing key belongs to, and its service.
fn integration(store: &Store, event: &Map<String, Value>, problems: &mut Vec<String>) -> Option<(String, String)> {
    let key = event.get("routing_key").and_then(Value::as_str).unwrap_or("");
    if key.len() != 32 {
        problems.push("Length of 'routing_key' is incorrect (should be 32 characters)".into());
        return None;
    }
    let found = store.table(Entity::Integration).rows().iter().find(|row| row.text("integration_key") == key);
    if found.is_none() {
        problems.push("'routing_key' is unknown".into());
    }
    found.map(|row| (row.id.clone(), row.owner.clone()))
}

fn need(payload: &Map<String, Value>, key: &str, most: usize, problems: &mut Vec<String>) -> String {
    match payload.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()) {
        None => problems.push(format!("'payload.{key}' is missing or blank")),
        Some(text) if text.chars().count() > most => {
            problems.push(format!("'payload.{key}' is longer than {most} characters"));
        }
        Some(text) => return text.to_owned(),
    }
    String::new()
}

fn accepted(dedup_key: &str) -> Reply {
    let body = json!({"status": "success", "message": "Event processed", "dedup_key": dedup_key});
    Reply::json(202, &body)
}

// The open alert of a key, of the integration that made it.
fn alert_of(store: &Store, integration: &str, key: &str) -> Option<usize> {
    let mine = |alert: &Alert| alert.key == key && alert.integration.as_deref() == Some(integration);
    store.incidents.iter().rposition(|incident| {
        incident.open() && incident.alerts.iter().any(|alert| mine(alert) && alert.resolved.is_none())
    })
}

// Version 1 says the same in other words, and answers 200.
fn first_version(store: &mut Store, call: &Call) -> Answer {
    let given = event(call)?;
    let held = |key: &str| given.get(key).cloned().unwrap_or_default();
    let described = held("description");
    let source = given.get("client").cloned().unwrap_or_else(|| json!("events-v1"));
    let second = json!({
        "routing_key": held("service_key"), "event_action": held("event_type"), "dedup_key": held("incident_key"),
        "payload": {"summary": described, "source": source, "severity": "critical", "custom_details": held("details")},
        "links": given.get("contexts").cloned().unwrap_or_else(|| json!([])),
    });
    let Value::Object(second) = second else { return Err(errors::invalid_event(&[])) };
    let key = taken(store, call, &second)?;
    Ok(Reply::json(200, &json!({"status": "success", "message": "Event processed", "incident_key": key})))
}

fn enqueue(store: &mut Store, call: &Call) -> Answer {
    let event = event(call)?;
    taken(store, call, &event).map(|key| accepted(&key))
}

// Lets the event happen and answers its key.
fn taken(store: &mut Store, call: &Call, event: &Map<String, Value>) -> Result<String, Reply> {
    let mut problems = Vec::new();
    let integration = integration(store, event, &mut problems);
    let action = event.get("event_action").and_then(Value::as_str).unwrap_or("");
    let key = event.get("dedup_key").and_then(Value::as_str).unwrap_or("");
    if key.chars().count() > 255 {
        problems.push("'dedup_key' is longer than 255 characters".into());
    }
    let empty = Map::new();
    let payload = event.get("payload").and_then(Value::as_object).unwrap_or(&empty);
    let (mut summary, mut severity) = (String::new(), "critical");
    match action {
        "trigger" => {
            summary = need(payload, "summary", 1_024, &mut problems);
            need(payload, "source", 1_024, &mut problems);
            let given = payload.get("severity").and_then(Value::as_str).unwrap_or("");
            match SEVERITIES.iter().find(|known| **known == given) {
                Some(known) => severity = known,
                None => problems.push(format!("'payload.severity' must be one of {}", SEVERITIES.join(", "))),
            }
        }
        "acknowledge" | "resolve" if key.is_empty() => problems.push("'dedup_key' is missing or blank".into()),
        "acknowledge" | "resolve" => {}
        _ => problems.push("'event_action' must be one of trigger, acknowledge, resolve".into()),
    }
    let (Some((integration, service)), true) = (integration, problems.is_empty()) else {
        return Err(errors::invalid_event(&problems));
    };
    let at = times::whole(call.now);
    let key = if key.is_empty() { store.rng().hex() } else { key.to_owned() };
    let place = alert_of(store, &integration, &key);
    let agent = Agent::Integration(integration.clone());
    match (action, place) {
        ("trigger", None) => {
            let urgent = severity == "critical" || severity == "error";
            let new = New { title: summary.clone(), service, key: key.clone(), urgent, agent, at };
            let place = open(store, new);
            let contexts = ["links", "images"].into_iter().filter_map(|name| event.get(name)?.as_array().cloned());
            let alert = Alert {
                id: store.rng().id("Q", 14),
                created: at,
                resolved: None,
                key: key.clone(),
                severity,
                summary,
                integration: Some(integration),
                details: details(payload.get("custom_details"), payload),
                contexts: contexts.flatten().collect(),
            };
            if let Some(incident) = store.incidents.get_mut(place) {
                incident.alerts.push(alert);
            }
        }
        ("trigger", Some(place)) => store.log(place, at, "trigger", agent, None, Some(summary)),
        ("acknowledge", Some(place)) => {
            let waiting = store.incidents.get_mut(place).filter(|incident| incident.status == Status::Triggered);
            if let Some(incident) = waiting {
                incident.status = Status::Acknowledged;
                incident.acknowledgements.push((at, agent.clone()));
                incident.changed = (at, agent.clone());
                incident.updated = at;
                store.log(place, at, "acknowledge", agent, None, None);
            }
        }
        ("resolve", Some(place)) => {
            let mut all = false;
            if let Some(incident) = store.incidents.get_mut(place) {
                for alert in incident.alerts.iter_mut().filter(|alert| alert.key == key) {
                    alert.resolved.get_or_insert(at);
                }
                all = incident.alerts.iter().all(|alert| alert.resolved.is_some());
            }
            store.generation += 1;
            if all {
                resolve(store, place, at, &agent);
            }
        }
        _ => {}
    }
    Ok(key)
}

fn change(store: &mut Store, call: &Call) -> Answer {
    let event = event(call)?;
    let mut problems = Vec::new();
    let integration = integration(store, &event, &mut problems);
    let empty = Map::new();
    let payload = event.get("payload").and_then(Value::as_object).unwrap_or(&empty);
    let summary = need(payload, "summary", 1_024, &mut problems);
    let at = match payload.get("timestamp").and_then(Value::as_str) {
        None => times::whole(call.now),
        Some(text) => times::parse(text).unwrap_or_else(|| {
            problems.push("'payload.timestamp' is not a time".into());
            call.now
        }),
    };
    let (Some((integration, service)), true) = (integration, problems.is_empty()) else {
        return Err(errors::invalid_event(&problems));
    };
    let id = store.rng().id("01", 26);
    let fields = json!({
        "type": "change_event",
        "summary": summary,
        "timestamp": times::utc(at),
        "source": payload.get("source"),
        "integration": {"id": integration, "type": "events_api_v2_inbound_integration_reference"},
        "services": [{"id": service, "type": "service_reference"}],
        "custom_details": payload.get("custom_details"),
        "links": event.get("links").cloned().unwrap_or_else(|| json!([])),
        "images": event.get("images").cloned().unwrap_or_else(|| json!([])),
    });
    if let Value::Object(fields) = fields {
        store.table_mut(Entity::ChangeEvent).push(Record { id, owner: String::new(), fields });
    }
    let body = json!({"status": "success", "message": "Change event processed"});
    Ok(Reply::json(202, &body))
}

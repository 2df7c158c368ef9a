//! Changes of incidents: state, title, urgency, priority, who has it.
//!
//! A bulk change is checked as a whole before any of it is done.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::create::assign;
use super::{id_of, place, wrapped};
use crate::call::Call;
use crate::errors;
use crate::pages::{self, Window};
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::rota;
use crate::store::incident::{Agent, Status};
use crate::store::{Entity, Store};
use crate::times;

/// Most incidents, or alerts, of one request.
pub(crate) const MOST_AT_ONCE: usize = 250;

/// One change, checked.
struct Change {
    place: usize,
    status: Option<Status>,
    title: Option<String>,
    urgent: Option<bool>,
    priority: Option<Option<String>>,
    policy: Option<String>,
    level: Option<u64>,
    users: Option<Vec<String>>,
    resolution: Option<String>,
    conference: Option<Value>,
}

/// The users of `assignments`, where they are given.
pub(super) fn assignees(store: &Store, given: &Map<String, Value>) -> Result<Option<Vec<String>>, String> {
    let Some(list) = given.get("assignments").filter(|list| !list.is_null()) else { return Ok(None) };
    let list = list.as_array().ok_or("Assignments must be an array")?;
    let mut users = Vec::new();
    for item in list {
        let id = id_of(item, "assignee").unwrap_or("");
        if !store.has(Entity::User, id) {
            return Err(format!("Assignee does not exist: {id}"));
        }
        users.push(id.to_owned());
    }
    Ok(Some(users))
}

fn read(store: &Store, place: usize, given: &Map<String, Value>) -> Result<Change, Reply> {
    let incident = store.incidents.get(place).ok_or_else(errors::not_found)?;
    let wrong = |problem: String| errors::invalid_one(problem);
    let body = Value::Object(given.clone());
    let text = |key: &str| given.get(key).and_then(Value::as_str);
    let status = match text("status") {
        None if given.get("status").is_some_and(|status| !status.is_null()) => {
            return Err(wrong("Status must be text".into()));
        }
        None => None,
        Some(name) => match Status::of(name) {
            Some(status) => Some(status),
            None => return Err(wrong(format!("Status must be one of triggered, acknowledged, resolved: {name}"))),
        },
    };
    match (incident.status, status) {
        (Status::Resolved, Some(_)) => return Err(errors::already_resolved()),
        (Status::Acknowledged, Some(Status::Acknowledged)) => return Err(errors::already_acknowledged()),
        _ => {}
    }
    let urgent = match text("urgency") {
        None => None,
        Some("high") => Some(true),
        Some("low") => Some(false),
        Some(other) => return Err(wrong(format!("Urgency must be one of high, low: {other}"))),
    };
    let title = text("title").map(str::to_owned);
    if title.as_deref().is_some_and(|title| title.trim().is_empty()) {
        return Err(wrong("Title can't be blank".into()));
    }
    let priority = match given.get("priority") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(_) => match id_of(&body, "priority").filter(|id| store.has(Entity::Priority, id)) {
            Some(id) => Some(Some(id.to_owned())),
            None => return Err(wrong("Priority does not exist".into())),
        },
    };
    let policy = match given.get("escalation_policy") {
        None | Some(Value::Null) => None,
        Some(_) => match id_of(&body, "escalation_policy").filter(|id| store.has(Entity::EscalationPolicy, id)) {
            Some(id) => Some(id.to_owned()),
            None => return Err(wrong("Escalation policy does not exist".into())),
        },
    };
    let level = given.get("escalation_level").and_then(Value::as_u64);
    let users = assignees(store, given).map_err(wrong)?;
    let resolution = text("resolution").map(str::to_owned);
    let conference = given.get("conference_bridge").filter(|bridge| bridge.is_object()).cloned();
    Ok(Change { place, status, title, urgent, priority, policy, level, users, resolution, conference })
}

fn actor(store: &Store, call: &Call, place: usize) -> Agent {
    match &call.actor {
        Some(user) => Agent::User(user.clone()),
        None => Agent::Service(store.incidents.get(place).map(|i| i.service.clone()).unwrap_or_default()),
    }
}

fn apply(store: &mut Store, call: &Call, change: Change) {
    let at = times::whole(call.now);
    let place = change.place;
    let agent = actor(store, call, place);
    store.generation += 1;
    if let Some(incident) = store.incidents.get_mut(place) {
        incident.updated = at;
        if let Some(title) = change.title {
            incident.title = title;
        }
        if let Some(bridge) = change.conference {
            incident.conference = Some(bridge);
        }
        if let Some(priority) = &change.priority {
            incident.priority.clone_from(priority);
        }
        if let Some(urgent) = change.urgent {
            incident.urgent = urgent;
        }
    }
    if change.priority.is_some() {
        store.log(place, at, "priority_change", agent.clone(), None, None);
    }
    if change.urgent.is_some() {
        store.log(place, at, "urgency_change", agent.clone(), None, None);
    }
    if change.policy.is_some() || change.level.is_some() {
        let policy = change.policy.or_else(|| store.incidents.get(place).map(|i| i.policy.clone()));
        move_to_policy(store, place, at, &policy.unwrap_or_default(), change.level.unwrap_or(1));
    }
    if let Some(users) = change.users {
        assign(store, place, at, users, "assign");
    }
    match change.status {
        Some(Status::Acknowledged) => acknowledge(store, place, at, &agent),
        Some(Status::Triggered) => unacknowledge(store, place, at, &agent),
        Some(Status::Resolved) => {
            resolve(store, place, at, &agent);
            if let Some(text) = change.resolution {
                super::notes::add(store, place, at, call.actor.clone(), format!("Resolution Note: {text}"));
            }
        }
        None => {}
    }
}

/// Hands an incident to a level of a policy.
pub(super) fn move_to_policy(store: &mut Store, place: usize, at: Timestamp, policy: &str, level: u64) {
    let users = rota::notified(store, policy, level, at);
    if let Some(incident) = store.incidents.get_mut(place) {
        incident.policy = policy.to_owned();
        incident.level = level;
    }
    assign(store, place, at, users, "escalate");
}

fn acknowledge(store: &mut Store, place: usize, at: Timestamp, agent: &Agent) {
    if let Some(incident) = store.incidents.get_mut(place) {
        incident.status = Status::Acknowledged;
        incident.acknowledgements.push((at, agent.clone()));
        incident.changed = (at, agent.clone());
    }
    store.log(place, at, "acknowledge", agent.clone(), None, None);
}

fn unacknowledge(store: &mut Store, place: usize, at: Timestamp, agent: &Agent) {
    let mut was = false;
    if let Some(incident) = store.incidents.get_mut(place) {
        was = incident.status == Status::Acknowledged;
        incident.status = Status::Triggered;
        incident.acknowledgements.clear();
        incident.changed = (at, agent.clone());
    }
    if was {
        store.log(place, at, "unacknowledge", agent.clone(), None, None);
    }
}

/// Resolves an incident with all its alerts.
pub(crate) fn resolve(store: &mut Store, place: usize, at: Timestamp, agent: &Agent) {
    if let Some(incident) = store.incidents.get_mut(place) {
        incident.status = Status::Resolved;
        incident.resolved = Some(at);
        incident.snoozed_until = None;
        incident.assignments.clear();
        incident.acknowledgements.clear();
        incident.changed = (at, agent.clone());
        incident.updated = at;
        for alert in &mut incident.alerts {
            alert.resolved.get_or_insert(at);
        }
    }
    store.log(place, at, "resolve", agent.clone(), None, None);
}

pub(super) fn one(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let given = call.wrapped("incident")?;
    let change = read(store, place, &given)?;
    apply(store, call, change);
    Ok(wrapped(store, 200, place, &View::default()))
}

pub(super) fn many(store: &mut Store, call: &Call) -> Answer {
    let list = call.list("incidents")?;
    if list.len() > MOST_AT_ONCE {
        return Err(errors::too_many_at_once(MOST_AT_ONCE));
    }
    let page = Window::of(call)?;
    let mut changes = Vec::new();
    for item in &list {
        let id = item.get("id").and_then(Value::as_str).unwrap_or("");
        let place = store.place(id).ok_or_else(|| errors::invalid_one(format!("Incident does not exist: {id}")))?;
        let given = item.as_object().ok_or_else(|| errors::invalid_one("Each incident must be an object"))?;
        changes.push(read(store, place, given)?);
    }
    let places: Vec<usize> = changes.iter().map(|change| change.place).collect();
    for change in changes {
        apply(store, call, change);
    }
    // The answer holds what was changed, all of it unless a page was asked for.
    if call.query.first("limit").is_some() || call.query.first("offset").is_some() {
        return Ok(page.cut("incidents", &places, |place| store.incident_text(*place, &View::default())));
    }
    let items: Vec<String> = places.iter().map(|place| store.incident_text(*place, &View::default())).collect();
    Ok(pages::whole(200, "incidents", &items))
}

/// Acknowledges an incident until a time, when it triggers again.
pub(super) fn snooze(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let duration = call.object()?.get("duration").and_then(Value::as_i64);
    let Some(duration) = duration.filter(|seconds| (1..=604_800).contains(seconds)) else {
        return Err(errors::invalid_one("Duration must be 1 to 604800 seconds"));
    };
    let at = times::whole(call.now);
    let agent = actor(store, call, place);
    let status = store.incidents.get(place).map(|incident| incident.status);
    match status {
        Some(Status::Resolved) | None => return Err(errors::already_resolved()),
        Some(Status::Triggered) => acknowledge(store, place, at, &agent),
        Some(Status::Acknowledged) => {}
    }
    store.log(place, at, "snooze", agent, None, None);
    store.snooze(place, times::plus(at, duration));
    if let Some(incident) = store.incidents.get_mut(place) {
        incident.updated = at;
    }
    Ok(wrapped(store, 201, place, &View::default()))
}

//! Alerts of an incident. When its last one is resolved, so is the incident.

use serde_json::{Map, Value, json};

use super::incidents::resolve;
use crate::call::Call;
use crate::errors;
use crate::pages::{self, Window};
use crate::present::incident::show_alert;
use crate::present::{Include, View};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::Store;
use crate::store::incident::{Agent, Alert, Status};
use crate::times;

const INCLUDES: &[Include] = &[("services", &["service"]), ("first_trigger_log_entries", &[]), ("incidents", &[])];

const MOST_AT_ONCE: usize = 250;

const READ: &str = "incidents.read";
const WRITE: &str = "incidents.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/incidents/{id}/alerts", READ, list),
    Route::new("PUT", "/incidents/{id}/alerts", WRITE, update_many).from(),
    Route::new("GET", "/incidents/{id}/alerts/{alert}", READ, get),
    Route::new("PUT", "/incidents/{id}/alerts/{alert}", WRITE, update).from(),
];

fn place(store: &Store, call: &Call) -> Result<usize, Reply> {
    store.place(call.id(0)).ok_or_else(errors::not_found)
}

fn list(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let window = Window::of(call)?;
    let view = View::of(call, INCLUDES)?;
    let statuses = call.choices("statuses[]", &["triggered", "resolved"])?;
    let wanted = |status: &str| statuses.is_empty() || statuses.iter().any(|name| name == status);
    let order = order(call)?;
    let incident = store.incidents.get(place).ok_or_else(errors::not_found)?;
    let mut alerts: Vec<&Alert> = incident
        .alerts
        .iter()
        .filter(|alert| wanted(if alert.resolved.is_some() { "resolved" } else { "triggered" }))
        .filter(|alert| call.query.first("alert_key").is_none_or(|key| alert.key == key))
        .collect();
    // The first key last: the sort keeps what it finds equal as it is.
    for (resolved, down) in order.into_iter().rev() {
        let key = |alert: &Alert| if resolved { alert.resolved } else { Some(alert.created) };
        alerts.sort_by(|a, b| if down { key(b).cmp(&key(a)) } else { key(a).cmp(&key(b)) });
    }
    Ok(window.cut("alerts", &alerts, |alert| show_alert(store, incident, alert, &view).to_string()))
}

// Up to two keys, joined by a comma: by the time of the end, and downwards.
fn order(call: &Call) -> Result<Vec<(bool, bool)>, Reply> {
    let text = call.query.first("sort_by").unwrap_or("");
    let parts: Vec<&str> = text.split(',').filter(|part| !part.is_empty()).collect();
    if parts.len() > 2 {
        return Err(errors::invalid_one("sort_by takes two fields at most"));
    }
    let key = |part: &&str| match part.split_once(':').unwrap_or((part, "asc")) {
        (field @ ("created_at" | "resolved_at"), way @ ("asc" | "desc")) => Ok((field == "resolved_at", way == "desc")),
        _ => Err(errors::invalid_one(format!("sort_by is invalid: {part}"))),
    };
    parts.iter().map(key).collect()
}

fn shown(store: &Store, place: usize, alert: &str, view: &View) -> Result<Value, Reply> {
    let incident = store.incidents.get(place).ok_or_else(errors::not_found)?;
    let alert = incident.alerts.iter().find(|own| own.id == alert).ok_or_else(errors::not_found)?;
    Ok(show_alert(store, incident, alert, view))
}

fn get(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    Ok(Reply::wrapped(200, "alert", shown(store, place, call.id(1), &View::default())?))
}

/// One change, checked: which alert, resolved or not, to which incident.
struct Change {
    alert: String,
    status: Option<Status>,
    target: Option<usize>,
}

fn read(store: &Store, place: usize, alert: &str, given: &Map<String, Value>) -> Result<Change, Reply> {
    let incident = store.incidents.get(place).ok_or_else(errors::not_found)?;
    let current = incident.alerts.iter().find(|own| own.id == alert);
    let current = current.ok_or_else(|| errors::invalid_one(format!("Alert does not exist: {alert}")))?;
    let status = match given.get("status").and_then(Value::as_str) {
        None => None,
        Some("resolved") => Some(Status::Resolved),
        Some("triggered") => Some(Status::Triggered),
        Some(other) => return Err(errors::invalid_one(format!("Status must be one of triggered, resolved: {other}"))),
    };
    if current.resolved.is_some() && status == Some(Status::Triggered) {
        return Err(errors::invalid_one("A resolved alert cannot be triggered again"));
    }
    let target = match given.get("incident").and_then(|incident| incident.get("id")).and_then(Value::as_str) {
        None => None,
        Some(id) => Some(store.place(id).ok_or_else(|| errors::invalid_one(format!("Incident does not exist: {id}")))?),
    };
    Ok(Change { alert: alert.to_owned(), status, target })
}

// Answers where the alert is afterwards.
fn apply(store: &mut Store, call: &Call, place: usize, change: &Change) -> usize {
    let at = times::whole(call.now);
    store.generation += 1;
    let target = change.target.unwrap_or(place);
    if target != place {
        let taken = store.incidents.get_mut(place).and_then(|incident| {
            let at = incident.alerts.iter().position(|alert| alert.id == change.alert)?;
            Some(incident.alerts.remove(at))
        });
        if let Some(incident) = store.incidents.get_mut(target) {
            incident.alerts.extend(taken);
        }
    }
    let Some(incident) = store.incidents.get_mut(target) else { return target };
    if change.status == Some(Status::Resolved) {
        for alert in incident.alerts.iter_mut().filter(|alert| alert.id == change.alert) {
            alert.resolved.get_or_insert(at);
        }
        let agent = call.actor.clone().map_or(Agent::Service(incident.service.clone()), Agent::User);
        if incident.open() && incident.alerts.iter().all(|alert| alert.resolved.is_some()) {
            resolve(store, target, at, &agent);
        }
    }
    target
}

fn update(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    shown(store, place, call.id(1), &View::default())?;
    let given = call.wrapped("alert")?;
    let change = read(store, place, call.id(1), &given)?;
    let target = apply(store, call, place, &change);
    Ok(Reply::wrapped(200, "alert", shown(store, target, call.id(1), &View::default())?))
}

fn update_many(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let list = call.list("alerts")?;
    if list.len() > MOST_AT_ONCE {
        return Err(errors::too_many_at_once(MOST_AT_ONCE));
    }
    let mut changes = Vec::new();
    for item in &list {
        let given = item.as_object().ok_or_else(|| errors::invalid_one("Each alert must be an object"))?;
        let id = given.get("id").and_then(Value::as_str).unwrap_or("");
        changes.push(read(store, place, id, given)?);
    }
    let mut items = Vec::new();
    for change in &changes {
        let target = apply(store, call, place, change);
        items.push(shown(store, target, &change.alert, &View::default())?.to_string());
    }
    Ok(pages::whole(200, "alerts", &items))
}

/// What an alert keeps of an event.
pub(super) fn details(custom: Option<&Value>, payload: &Map<String, Value>) -> Value {
    let mut details = json!({});
    for key in ["source", "component", "group", "class"] {
        if let Some(value) = payload.get(key) {
            details[key] = value.clone();
        }
    }
    if let Some(custom) = custom {
        details["custom_details"] = custom.clone();
    }
    details
}

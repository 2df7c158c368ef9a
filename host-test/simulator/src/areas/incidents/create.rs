//! How an incident begins: by a person through the API, or by an event.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{id_of, wrapped};
use crate::call::Call;
use crate::errors;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::rota;
use crate::store::incident::{Agent, Incident, Status};
use crate::store::{Entity, Store};

/// What is known of a new incident.
pub(crate) struct New {
    pub(crate) title: String,
    pub(crate) service: String,
    pub(crate) key: String,
    pub(crate) urgent: bool,
    pub(crate) agent: Agent,
    pub(crate) at: Timestamp,
}

/// Opens it on the service's policy and notifies its first level.
pub(crate) fn open(store: &mut Store, new: New) -> usize {
    let service = store.get(Entity::Service, &new.service);
    let policy = service.and_then(|service| service.ids("escalation_policy").first().map(|id| (*id).to_owned()));
    let policy = policy.unwrap_or_default();
    let teams = store.get(Entity::EscalationPolicy, &policy).map(|policy| policy.ids("teams"));
    let teams = teams.unwrap_or_default().into_iter().map(str::to_owned).collect();
    let users = rota::notified(store, &policy, 1, new.at);
    let number = store.incidents.last().map_or(1, |incident| incident.number + 1);
    let id = store.rng().id("Q", 14);
    let at = new.at;
    let place = store.add_incident(Incident {
        id,
        number,
        title: new.title,
        key: new.key,
        created: at,
        updated: at,
        status: Status::Triggered,
        urgent: new.urgent,
        service: new.service,
        policy,
        teams,
        priority: None,
        assignments: Vec::new(),
        acknowledgements: Vec::new(),
        changed: (at, new.agent.clone()),
        resolved: None,
        snoozed_until: None,
        merged_into: None,
        level: 1,
        details: None,
        conference: None,
        kind: "incident_default".into(),
        alerts: Vec::new(),
        notes: Vec::new(),
        responders: Vec::new(),
        values: Map::new(),
        entries: Vec::new(),
        shown: None,
    });
    store.log(place, at, "trigger", new.agent, None, None);
    assign(store, place, at, users, "assign");
    place
}

/// Puts users on an incident, in place of whoever was.
pub(super) fn assign(store: &mut Store, place: usize, at: Timestamp, users: Vec<String>, kind: &'static str) {
    let Some(incident) = store.incidents.get_mut(place) else { return };
    let agent = Agent::Service(incident.service.clone());
    incident.assignments = users.iter().map(|user| (at, user.clone())).collect();
    for user in users {
        store.log(place, at, kind, agent.clone(), Some(user.clone()), None);
        store.log(place, at, "notify", agent.clone(), Some(user), None);
    }
}

fn text(given: &Map<String, Value>, key: &str) -> Option<String> {
    given.get(key).and_then(Value::as_str).map(str::to_owned)
}

pub(super) fn create(store: &mut Store, call: &Call) -> Answer {
    let given = call.wrapped("incident")?;
    let body = Value::Object(given.clone());
    let mut problems = Vec::new();
    let title = text(&given, "title").filter(|title| !title.trim().is_empty());
    if title.is_none() {
        problems.push("Title can't be blank".to_owned());
    }
    let service = id_of(&body, "service").filter(|id| store.has(Entity::Service, id));
    if service.is_none() {
        problems.push("Service must exist: service.id is missing or unknown".to_owned());
    }
    for (field, entity) in [("priority", Entity::Priority), ("escalation_policy", Entity::EscalationPolicy)] {
        if given.get(field).is_some_and(|v| !v.is_null())
            && !id_of(&body, field).is_some_and(|id| store.has(entity, id))
        {
            problems.push(format!("{field} does not exist"));
        }
    }
    let urgency = text(&given, "urgency");
    if urgency.as_deref().is_some_and(|urgency| !["high", "low"].contains(&urgency)) {
        problems.push("Urgency must be one of high, low".to_owned());
    }
    let users = match super::update::assignees(store, &given) {
        Ok(users) => users,
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let (Some(title), Some(service), true) = (title, service, problems.is_empty()) else {
        return Err(errors::invalid(&problems));
    };
    let key = text(&given, "incident_key").filter(|key| !key.is_empty());
    let same =
        |incident: &Incident| incident.open() && incident.service == service && Some(&incident.key) == key.as_ref();
    if store.incidents.iter().any(same) {
        let problem = "Open incident with matching dedup key already exists on this service";
        return Err(errors::error(400, 2002, "Invalid Input Provided", &[problem.into()]));
    }
    let agent = match &call.actor {
        Some(user) => Agent::User(user.clone()),
        None => Agent::Service(service.to_owned()),
    };
    let key = key.unwrap_or_else(|| store.rng().hex());
    let urgent = urgency.as_deref() != Some("low");
    let new = New { title, service: service.to_owned(), key, urgent, agent, at: crate::times::whole(call.now) };
    let at = new.at;
    let place = open(store, new);
    if let Some(incident) = store.incidents.get_mut(place) {
        incident.priority = id_of(&body, "priority").map(str::to_owned);
        incident.details = given.get("body").and_then(|body| body.get("details")?.as_str().map(str::to_owned));
        incident.conference = given.get("conference_bridge").filter(|bridge| bridge.is_object()).cloned();
        if let Some(kind) = given.get("incident_type").and_then(|kind| kind.get("name")?.as_str()) {
            incident.kind = kind.to_owned();
        }
    }
    if let Some(policy) = id_of(&body, "escalation_policy").map(str::to_owned) {
        super::update::move_to_policy(store, place, at, &policy, 1);
    }
    if let Some(users) = users {
        assign(store, place, at, users, "assign");
    }
    store.generation += 1;
    Ok(wrapped(store, 201, place, &View::default()))
}

/// A reply that is not an incident but says that all went well.
pub(super) fn done(status: u16, key: &str, value: Value) -> Reply {
    Reply::json(status, &json!({key: value}))
}

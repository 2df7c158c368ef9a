//! Merging: the sources are resolved, their alerts go to the target.

use serde_json::Value;

use super::{place, wrapped};
use crate::call::Call;
use crate::errors;
use crate::present::View;
use crate::reply::Answer;
use crate::store::Store;
use crate::store::incident::{Agent, Status};
use crate::times;

pub(super) fn merge(store: &mut Store, call: &Call) -> Answer {
    let target = place(store, call)?;
    let list = call.list("source_incidents")?;
    let mut sources = Vec::new();
    for item in &list {
        let id = item.get("id").and_then(Value::as_str).unwrap_or("");
        let place = store.place(id).ok_or_else(|| errors::invalid_one(format!("Incident does not exist: {id}")))?;
        if place == target {
            return Err(errors::invalid_one("An incident cannot be merged into itself"));
        }
        let merged = store.incidents.get(place).is_some_and(|incident| incident.merged_into.is_some());
        if merged {
            return Err(errors::invalid_one(format!("Incident was merged before: {id}")));
        }
        sources.push(place);
    }
    if sources.is_empty() {
        return Err(errors::invalid_one("Source incidents can't be blank"));
    }
    let into = store.incidents.get(target).ok_or_else(errors::not_found)?;
    if into.status == Status::Resolved {
        return Err(errors::already_resolved());
    }
    let into = into.id.clone();
    let at = times::whole(call.now);
    let agent = match &call.actor {
        Some(user) => Agent::User(user.clone()),
        None => Agent::Service(store.incidents.get(target).map(|i| i.service.clone()).unwrap_or_default()),
    };
    for source in sources {
        let mut alerts = Vec::new();
        if let Some(incident) = store.incidents.get_mut(source) {
            alerts = std::mem::take(&mut incident.alerts);
            incident.merged_into = Some(into.clone());
        }
        let open = store.incidents.get(source).is_some_and(|incident| incident.open());
        if open {
            super::update::resolve(store, source, at, &agent);
        }
        if let Some(incident) = store.incidents.get_mut(target) {
            incident.alerts.extend(alerts);
            incident.updated = at;
        }
        store.log(target, at, "merge", agent.clone(), None, None);
    }
    Ok(wrapped(store, 200, target, &View::default()))
}

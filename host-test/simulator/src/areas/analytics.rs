//! Analytics on single incidents: a POST that only reads and that pages in its
//! body, by the id of the last record.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::auth::Kind as Key;
use crate::call::Call;
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::incident::Incident;
use crate::store::{Entity, Store};
use crate::times;

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/analytics/raw/incidents", "analytics.write", list).only_reads(),
    Route::new("GET", "/analytics/raw/incidents/{id}", "analytics.read", get),
];

const USUAL: u64 = 100;
const MOST: u64 = 1_000;

// Times have no offset here: they are in `time_zone`, which is UTC.
fn bare_time(at: Timestamp) -> String {
    times::utc(at).trim_end_matches('Z').to_owned()
}

pub(super) fn show(store: &Store, incident: &Incident) -> Value {
    let name = |entity: Entity, id: &str| store.get(entity, id).map(|record| record.text("name").to_owned());
    let entries = || incident.entries.iter().filter_map(|&place| store.entries.get(place));
    let seconds = |at: Timestamp| at.as_second() - incident.created.as_second();
    let acknowledged: Vec<&str> =
        entries().filter(|entry| entry.kind == "acknowledge").map(|entry| entry.agent.id()).collect();
    let assigned: Vec<&str> =
        entries().filter(|entry| entry.kind == "assign").filter_map(|entry| entry.user.as_deref()).collect();
    let first_ack = entries().find(|entry| entry.kind == "acknowledge").map(|entry| seconds(entry.at));
    let named = |ids: &[&str]| ids.iter().map(|id| json!(name(Entity::User, id))).collect::<Value>();
    let notified = entries().filter(|entry| entry.kind == "notify").count();
    let team = incident.teams.first();
    let resolver = incident.resolved.map(|_| incident.changed.1.id());
    let resolver_name = resolver.and_then(|id| name(Entity::User, id));
    json!({
        "acknowledged_user_ids": acknowledged,
        "acknowledged_user_names": named(&acknowledged),
        "acknowledgement_count": acknowledged.len(),
        "active_user_count": acknowledged.len(),
        "assigned_user_ids": assigned,
        "assigned_user_names": named(&assigned),
        "assignment_count": assigned.len(),
        "auto_resolved": incident.resolved.is_some() && resolver_name.is_none(),
        "business_hour_interruptions": notified,
        "created_at": bare_time(incident.created),
        "updated_at": bare_time(incident.updated),
        "description": incident.title,
        "engaged_seconds": first_ack.and_then(|ack| Some(incident.resolved.map(seconds)? - ack)),
        "engaged_user_count": acknowledged.len(),
        "escalation_count": entries().filter(|entry| entry.kind == "escalate").count(),
        "escalation_policy_id": incident.policy,
        "escalation_policy_name": name(Entity::EscalationPolicy, &incident.policy),
        "id": incident.id,
        "incident_number": incident.number,
        "incident_type_id": null,
        "incident_type_name": incident.kind,
        "joined_user_ids": [],
        "joined_user_names": [],
        "major": false,
        "manual_escalation_count": 0,
        "off_hour_interruptions": 0,
        "priority_id": incident.priority,
        "priority_name": incident.priority.as_deref().and_then(|id| name(Entity::Priority, id)),
        "priority_order": null,
        "reassignment_count": 0,
        "resolved_at": incident.resolved.map(bare_time),
        "resolved_by_user_id": resolver_name.as_ref().and(resolver),
        "resolved_by_user_name": resolver_name,
        "seconds_to_engage": first_ack,
        "seconds_to_first_ack": first_ack,
        "seconds_to_mobilize": null,
        "seconds_to_resolve": incident.resolved.map(seconds),
        "service_id": incident.service,
        "service_name": name(Entity::Service, &incident.service),
        "sleep_hour_interruptions": 0,
        "snoozed_seconds": 0,
        "status": incident.status.name(),
        "team_id": team,
        "team_name": team.and_then(|id| name(Entity::Team, id)),
        "timeout_escalation_count": 0,
        "total_interruptions": notified,
        "total_notifications": notified,
        "urgency": if incident.urgent { "high" } else { "low" },
        "user_defined_effort_seconds": null,
    })
}

fn get(store: &mut Store, call: &Call) -> Answer {
    let place = store.place(call.id(0)).ok_or_else(errors::not_found)?;
    let incident = store.incidents.get(place).ok_or_else(errors::not_found)?;
    Ok(Reply::json(200, &show(store, incident)))
}

/// The incidents that the filters of a body let through, oldest first.
pub(super) fn chosen<'a>(store: &'a Store, body: &Value) -> Result<Vec<&'a Incident>, Reply> {
    let filters = &body["filters"];
    let ids =
        |key: &str| -> Vec<&str> { filters[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect() };
    let (teams, services, priorities) = (ids("team_ids"), ids("service_ids"), ids("priority_ids"));
    let policies = ids("escalation_policy_ids");
    let time = |key: &str| -> Result<Option<Timestamp>, Reply> {
        match filters[key].as_str() {
            None => Ok(None),
            Some(text) => {
                times::parse(text).map(Some).ok_or_else(|| errors::invalid_one(format!("filters.{key} is not a time")))
            }
        }
    };
    let (start, end) = (time("created_at_start")?, time("created_at_end")?);
    let after = time("updated_after")?;
    let urgency = filters["urgency"].as_str();
    let fits = |incident: &&Incident| {
        start.is_none_or(|start| incident.created >= start)
            && end.is_none_or(|end| incident.created < end)
            && after.is_none_or(|after| incident.updated > after)
            && urgency.is_none_or(|urgency| (urgency == "high") == incident.urgent)
            && (teams.is_empty() || incident.teams.iter().any(|team| teams.contains(&team.as_str())))
            && (services.is_empty() || services.contains(&incident.service.as_str()))
            && (policies.is_empty() || policies.contains(&incident.policy.as_str()))
            && (priorities.is_empty() || incident.priority.as_deref().is_some_and(|id| priorities.contains(&id)))
    };
    Ok(store.incidents.iter().filter(fits).collect())
}

// The part of `ids` that a page of the body shows.
fn window(body: &Value, ids: &[&str]) -> Result<(std::ops::Range<usize>, u64), Reply> {
    let limit = match &body["limit"] {
        Value::Null => USUAL,
        value => match value.as_u64().filter(|limit| (1..=MOST).contains(limit)) {
            Some(limit) => limit,
            None => return Err(errors::invalid_one("limit must be 1 to 1000")),
        },
    };
    let place = |key: &str| -> Result<Option<usize>, Reply> {
        let Some(id) = body[key].as_str() else { return Ok(None) };
        let at = ids.iter().position(|own| *own == id);
        at.map(Some).ok_or_else(|| errors::invalid_one(format!("{key} is invalid: {id}")))
    };
    let many = usize::try_from(limit).unwrap_or(1_000);
    let (from, to) = match (place("starting_after")?, place("ending_before")?) {
        (Some(after), None) => (after + 1, after.saturating_add(1 + many)),
        (None, Some(before)) => (before.saturating_sub(many), before),
        (None, None) => (0, many),
        (Some(_), Some(_)) => return Err(errors::invalid_one("starting_after and ending_before exclude one another")),
    };
    Ok((from.min(ids.len())..to.min(ids.len()), limit))
}

/// A page of rows that `key` tells apart.
pub(super) fn paged(body: &Value, key: &str, rows: Vec<Value>, order_by: &str) -> Result<Value, Reply> {
    let order = body["order"].as_str().unwrap_or("desc");
    if !["asc", "desc"].contains(&order) {
        return Err(errors::invalid_one("order must be asc or desc"));
    }
    let ids: Vec<&str> = rows.iter().map(|row| row[key].as_str().unwrap_or("")).collect();
    let (range, limit) = window(body, &ids)?;
    let page = ids.get(range.clone()).unwrap_or_default();
    Ok(json!({
        "first": page.first(),
        "last": page.last(),
        "limit": limit,
        "more": range.end < rows.len(),
        "order": order,
        "order_by": body["order_by"].as_str().unwrap_or(order_by),
        "filters": body.get("filters").cloned().unwrap_or_else(|| json!({})),
        "time_zone": body["time_zone"].as_str().unwrap_or("Etc/UTC"),
        "data": rows.get(range).unwrap_or_default(),
    }))
}

fn list(store: &mut Store, call: &Call) -> Answer {
    let body = Value::Object(call.object()?);
    let filters = body.get("filters").cloned().unwrap_or_else(|| json!({}));
    let named = |key: &str| filters[key].as_array().is_some_and(|list| !list.is_empty());
    // Users and apps see their own part only, so they must say which.
    let wide = matches!(call.caller.kind, Key::Account | Key::ReadOnly);
    if !wide && !named("team_ids") && !named("service_ids") {
        return Err(errors::invalid_one("filters must hold team_ids or service_ids for this kind of token"));
    }
    let mut found = chosen(store, &body)?;
    let order = body["order"].as_str().unwrap_or("desc");
    let order_by = body["order_by"].as_str().unwrap_or("created_at");
    if !["asc", "desc"].contains(&order) || !["created_at", "seconds_to_resolve"].contains(&order_by) {
        return Err(errors::invalid_one("order must be asc or desc, order_by created_at or seconds_to_resolve"));
    }
    if order_by == "seconds_to_resolve" {
        found.sort_by_key(|incident| incident.resolved.map(|at| at.as_second() - incident.created.as_second()));
    }
    if order == "desc" {
        found.reverse();
    }
    let ids: Vec<&str> = found.iter().map(|incident| incident.id.as_str()).collect();
    let (range, limit) = window(&body, &ids)?;
    let more = range.end < found.len();
    let page = found.get(range).unwrap_or_default();
    let answer = json!({
        "first": page.first().map(|incident| &incident.id),
        "last": page.last().map(|incident| &incident.id),
        "limit": limit,
        "more": more,
        "order": order,
        "order_by": order_by,
        "filters": filters,
        "time_zone": body["time_zone"].as_str().unwrap_or("Etc/UTC"),
        "starting_after": body["starting_after"],
        "ending_before": body["ending_before"],
        "data": page.iter().map(|incident| show(store, incident)).collect::<Value>(),
    });
    Ok(Reply::json(200, &answer))
}

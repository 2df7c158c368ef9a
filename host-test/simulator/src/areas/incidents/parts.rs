//! Status updates, responder requests, similar incidents and custom fields.

use serde_json::{Map, Value, json};

use super::create::done;
use super::place;
use crate::call::Call;
use crate::errors;
use crate::pages;
use crate::present::incident::{custom_values, reference};
use crate::present::{View, bare};
use crate::reply::{Answer, Reply};
use crate::rota;
use crate::store::incident::{Agent, Incident};
use crate::store::{Entity, Store};
use crate::times::{self, HOUR};

pub(super) fn status_update(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let given = call.object()?;
    let text = |key: &str| given.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let Some(message) = text("message") else { return Err(errors::invalid_one("Message can't be blank")) };
    let at = times::whole(call.now);
    let sender = call.actor.clone().unwrap_or_default();
    store.log(place, at, "status_update", Agent::User(sender.clone()), None, Some(message.to_owned()));
    let id = store.rng().short_id();
    let sender = store.reference("user_reference", &sender);
    let mut update = json!({"id": id, "message": message, "sender": sender, "created_at": times::account(at)});
    for key in ["subject", "html_message"] {
        if let Some(text) = text(key) {
            update[key] = json!(text);
        }
    }
    Ok(done(200, "status_update", update))
}

pub(super) fn responder_request(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let given = call.object()?;
    let requester = given.get("requester_id").and_then(Value::as_str).unwrap_or("");
    let message = given.get("message").and_then(Value::as_str).unwrap_or("");
    if !store.has(Entity::User, requester) {
        return Err(errors::invalid_one("requester_id must be the id of a user"));
    }
    let asked = given.get("responder_request_targets").and_then(Value::as_array).filter(|list| !list.is_empty());
    let Some(asked) = asked else { return Err(errors::invalid_one("responder_request_targets can't be blank")) };
    let at = times::whole(call.now);
    let incident = store.incidents.get(place).map(reference).ok_or_else(errors::not_found)?;
    let mut targets = Vec::new();
    for item in asked {
        // Both the plain form and the one in a wrapper are taken.
        let item = item.get("responder_request_target").unwrap_or(item);
        let id = item.get("id").and_then(Value::as_str).unwrap_or("");
        let kind = item.get("type").and_then(Value::as_str).and_then(Entity::of_type);
        let users = match kind {
            Some(Entity::User) if store.has(Entity::User, id) => vec![id.to_owned()],
            Some(Entity::EscalationPolicy) if store.has(Entity::EscalationPolicy, id) => {
                rota::notified(store, id, 1, at)
            }
            _ => return Err(errors::invalid_one(format!("Responder request target does not exist: {id}"))),
        };
        let responders = users.iter().map(|user| {
            json!({
                "state": "pending", "user": bare(Entity::User, user), "incident": incident,
                "updated_at": times::utc(at), "message": message,
                "requester": bare(Entity::User, requester), "requested_at": times::utc(at),
            })
        });
        let kind = kind.map_or("", |entity| entity.names().one);
        targets.push(json!({
            "responder_request_target": {"type": kind, "id": id, "incidents_responders": responders.collect::<Value>()},
        }));
    }
    let mut request = json!({
        "incident": incident, "requester": bare(Entity::User, requester), "requested_at": times::account(at),
        "message": message, "responder_request_targets": targets,
    });
    if let Some(incident) = store.incidents.get_mut(place) {
        incident.responders.push(request.clone());
        incident.updated = at;
    }
    store.log(place, at, "responder_request", Agent::User(requester.to_owned()), None, Some(message.to_owned()));
    store.complete(&mut request, "", &View::default());
    Ok(done(200, "responder_request", request))
}

fn brief(incident: &Incident) -> Value {
    let (api, _) = crate::present::incident_links(&incident.id);
    json!({"id": incident.id, "created_at": times::utc(incident.created), "self": api, "title": incident.title})
}

// Earlier ones of the same service, the same title most alike.
pub(super) fn past(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let limit = pages::number(call, "limit", 5)?.min(999);
    let this = store.incidents.get(place).ok_or_else(errors::not_found)?;
    let earlier = store.incidents.iter().take(place).rev();
    let mut alike: Vec<(u32, &Incident)> = earlier
        .filter(|other| !other.open() && other.service == this.service)
        .map(|other| (if other.title == this.title { 46 } else { 12 }, other))
        .collect();
    alike.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let shown = alike.iter().take(limit);
    let shown: Value =
        shown.map(|(score, other)| json!({"incident": brief(other), "score": f64::from(*score) + 0.8249})).collect();
    let mut body = json!({"past_incidents": shown, "limit": limit});
    if call.query.flag("total") {
        body["total"] = json!(alike.len());
    }
    Ok(Reply::json(200, &body))
}

// Others that are open and began within the hour.
pub(super) fn related(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let this = store.incidents.get(place).ok_or_else(errors::not_found)?;
    let near = |other: &&Incident| {
        let apart = other.created.as_second() - this.created.as_second();
        other.id != this.id && apart.abs() <= HOUR
    };
    let shown = store.incidents.iter().filter(near).take(20).map(|other| {
        json!({
            "incident": brief(other),
            "relationships": [{
                "type": "machine_learning_inferred",
                "metadata": {
                    "grouping_classification": "similar_contents",
                    "user_feedback": {"positive_feedback_count": 0, "negative_feedback_count": 0},
                },
            }],
        })
    });
    Ok(done(200, "related_incidents", shown.collect()))
}

pub(super) fn fields(store: &mut Store, _: &Call) -> Answer {
    let rows = store.table(Entity::CustomField).rows().iter();
    Ok(done(200, "fields", rows.map(|row| store.show(Entity::CustomField, row, &View::default())).collect()))
}

pub(super) fn values(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let incident = store.incidents.get(place).ok_or_else(errors::not_found)?;
    Ok(done(200, "custom_fields", custom_values(store, incident)))
}

// Fields are named by id or by name; all are checked before one is set.
pub(super) fn set_values(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let mut taken = Map::new();
    for item in call.list("custom_fields")? {
        let text = |key: &str| item.get(key).and_then(Value::as_str);
        let fields = store.table(Entity::CustomField).rows().iter();
        let mut fields =
            fields.filter(|field| text("id") == Some(&field.id) || text("name") == Some(field.text("name")));
        let Some(field) = fields.next() else {
            return Err(errors::invalid_one(format!("No such custom field: {item}")));
        };
        let value = item.get("value").cloned().unwrap_or_default();
        let fits = match field.text("data_type") {
            _ if value.is_null() => true,
            "integer" => value.is_i64() || value.is_u64(),
            "float" => value.is_number(),
            "boolean" => value.is_boolean(),
            _ if field.text("field_type").starts_with("multi") => value.is_array(),
            _ => value.is_string(),
        };
        let options = field.fields.get("field_options").and_then(Value::as_array);
        let allowed = |value: &Value| {
            options.is_none_or(|list| list.is_empty() || list.iter().any(|option| option["data"]["value"] == *value))
        };
        let known = match &value {
            Value::Null => true,
            Value::Array(list) => list.iter().all(allowed),
            other => allowed(other),
        };
        if !fits || !known {
            return Err(errors::invalid_one(format!("Value of {} is invalid: {value}", field.text("name"))));
        }
        taken.insert(field.id.clone(), value);
    }
    let at = times::whole(call.now);
    if let Some(incident) = store.incidents.get_mut(place) {
        incident.values.extend(taken);
        incident.updated = at;
    }
    let service = store.incidents.get(place).map(|incident| incident.service.clone()).unwrap_or_default();
    let agent = call.actor.clone().map_or(Agent::Service(service), Agent::User);
    store.log(place, at, "custom_fields_value_change", agent, None, None);
    let incident = store.incidents.get(place).ok_or_else(errors::not_found)?;
    Ok(done(201, "custom_fields", custom_values(store, incident)))
}

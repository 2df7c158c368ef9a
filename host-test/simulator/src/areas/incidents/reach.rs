//! Whom and what an incident reaches: responders who are not needed any more,
//! subscribers, business services; and the incident that is unlike the rest.

use serde_json::{Value, json};

use super::create::done;
use super::place;
use crate::areas::business::{IMPACTS, impact as standing, touching};
use crate::call::Call;
use crate::errors;
use crate::pages::Window;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::store::{Entity, Store};

const BUSINESS_SERVICE: Entity = Entity::Of("business_service");

fn id(store: &Store, call: &Call) -> Result<String, Reply> {
    let place = place(store, call)?;
    store.incidents.get(place).map(|incident| incident.id.clone()).ok_or_else(errors::not_found)
}

// Who was asked and has not answered yet is told so; who was not is not found.
pub(super) fn cancel(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let given = Value::Object(call.object()?);
    let targets = given["responder_request_targets"].as_array().filter(|list| !list.is_empty());
    let Some(targets) = targets else { return Err(errors::invalid_one("responder_request_targets can't be blank")) };
    let incident = store.incidents.get_mut(place).ok_or_else(errors::not_found)?;
    let mut results = Vec::new();
    for target in targets {
        let mut found = false;
        for request in &mut incident.responders {
            if let Some(list) = request["responder_request_targets"].as_array_mut() {
                let before = list.len();
                list.retain(|asked| asked["responder_request_target"]["id"] != target["id"]);
                found |= list.len() < before;
            }
        }
        let result = if found { "cancelled" } else { "not_found" };
        results.push(json!({"type": target["type"], "id": target["id"], "result": result}));
    }
    store.generation += 1;
    Ok(done(200, "responder_request_targets", Value::Array(results)))
}

// The last resolved one of the service whose title no other has.
pub(super) fn outlier(store: &mut Store, call: &Call) -> Answer {
    let place = place(store, call)?;
    let this = store.incidents.get(place).ok_or_else(errors::not_found)?;
    let of_service = || store.incidents.iter().filter(|other| other.service == this.service);
    let alike = |title: &str| of_service().filter(|other| other.title == title).count();
    let alone = of_service().rev().find(|one| alike(&one.title) == 1);
    let unlike = alone.unwrap_or(this);
    let shown = crate::present::incident::show(store, unlike, &View::default());
    let similar = alike(&unlike.title);
    let template = json!({"id": format!("T{}", unlike.id), "cluster_id": format!("C{}", unlike.service), "mined_text": unlike.title});
    let body = json!({"incident": shown, "incident_template": template, "occurrence": {
        "count": similar, "frequency": 1.0, "category": "novel", "since": null, "until": null,
    }});
    Ok(done(200, "outlier_incident", body))
}

pub(super) fn impacts(store: &mut Store, call: &Call) -> Answer {
    let id = id(store, call)?;
    let rows = store.table(BUSINESS_SERVICE).rows().iter();
    let rows = rows.filter(|row| touching(store, &row.id).iter().any(|incident| incident.id == id));
    let services: Vec<Value> = rows.map(|row| standing(store, &row.id, "business_service", row.text("name"))).collect();
    Ok(Reply::json(200, &json!({"services": services, "limit": 100, "next_cursor": null})))
}

pub(super) fn impact(store: &mut Store, call: &Call) -> Answer {
    let id = id(store, call)?;
    if !store.has(BUSINESS_SERVICE, call.id(1)) {
        return Err(errors::not_found());
    }
    let given = call.object()?;
    match given.get("relation").and_then(Value::as_str) {
        Some("impacted") => {
            store.tie(IMPACTS, &id, call.id(1));
        }
        Some("not_impacted") => {
            store.untie(IMPACTS, &id, call.id(1));
        }
        _ => return Err(errors::invalid_one("Relation must be one of impacted, not_impacted")),
    }
    Ok(done(200, "relation", given.get("relation").cloned().unwrap_or_default()))
}

/// The kinds of ties from an incident to those who hear of its updates.
const KINDS: [(&str, &str, Entity); 2] =
    [("user", "user_subscribers", Entity::User), ("team", "team_subscribers", Entity::Team)];

pub(super) fn subscribers(store: &mut Store, call: &Call) -> Answer {
    let id = id(store, call)?;
    let found: Vec<(&str, &str)> =
        KINDS.iter().flat_map(|(kind, tie, _)| store.tied(tie, &id).map(|whom| (*kind, whom))).collect();
    let mut reply = Window::of(call)?.cut("subscribers", &found, |(kind, whom)| {
        let shown = json!({
            "subscriber_id": whom, "subscriber_type": kind, "has_indirect_subscription": false, "subscribed_via": [],
        });
        shown.to_string()
    });
    let mut body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    body["account_id"] = json!(ACCOUNT);
    reply.body = body.to_string().into_bytes();
    Ok(reply)
}

const ACCOUNT: &str = "P0ACCNT";

// Each subscriber of the body: its kind, the kind of tie, the id, and whether
// there is one.
fn named(store: &Store, call: &Call) -> Result<Vec<(&'static str, &'static str, String, bool)>, Reply> {
    let mut named = Vec::new();
    for item in call.list("subscribers")? {
        let kind = item["subscriber_type"].as_str().unwrap_or("");
        let Some((kind, tie, entity)) = KINDS.iter().find(|(name, _, _)| *name == kind) else {
            return Err(errors::invalid_one("subscriber_type must be one of user, team"));
        };
        let whom = item["subscriber_id"].as_str().unwrap_or("").to_owned();
        let known = store.has(*entity, &whom);
        named.push((*kind, *tie, whom, known));
    }
    Ok(named)
}

pub(super) fn subscribe(store: &mut Store, call: &Call) -> Answer {
    let id = id(store, call)?;
    let mut results = Vec::new();
    for (kind, tie, whom, known) in named(store, call)? {
        let result = match known && store.tie(tie, &id, &whom) {
            _ if !known => "unauthorized",
            true => "success",
            false => "duplicate",
        };
        results.push(json!({
            "account_id": ACCOUNT, "subscribable_id": id, "subscribable_type": "incident",
            "subscriber_id": whom, "subscriber_type": kind, "result": result,
        }));
    }
    Ok(done(200, "subscriptions", Value::Array(results)))
}

pub(super) fn unsubscribe(store: &mut Store, call: &Call) -> Answer {
    let id = id(store, call)?;
    let (mut gone, mut missing, mut strangers) = (0, 0, 0);
    for (_, tie, whom, known) in named(store, call)? {
        match (known, store.untie(tie, &id, &whom)) {
            (_, true) => gone += 1,
            (true, false) => missing += 1,
            (false, false) => strangers += 1,
        }
    }
    let body = json!({"deleted_count": gone, "unauthorized_count": strangers, "non_existent_count": missing});
    Ok(Reply::json(200, &body))
}

//! Business services: the services themselves, how incidents touch them, and
//! the priority from which they do.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{Collection, PLAIN};
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::incident::Incident;
use crate::store::{Entity, Store};

use super::dependencies;

pub(super) const BUSINESS_SERVICE: Entity = Entity::Of("business_service");
const THRESHOLD: &str = "priority_threshold";
const ACCOUNT: &str = "account_subscription";

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: BUSINESS_SERVICE,
    kind: "business_service",
    path: "/business_services",
    one: "business_service",
    many: "business_services",
    fields: "name!:text description:text point_of_contact:text team:@team",
    unique: "name",
    defaults: r#"{"name": null, "description": null, "point_of_contact": null, "team": null}"#,
    statuses: [200, 200, 200, 204],
    scope: "services",
    seed: &[
        (
            0,
            r#"{"name": "Checkout", "description": "Customers pay", "point_of_contact": "Shop desk", "team": "$team:0"}"#,
        ),
        (0, r#"{"name": "Delivery", "description": "Parcels leave", "team": "$team:1"}"#),
    ],
    ..PLAIN
}];

const READ: &str = "services.read";
const WRITE: &str = "services.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/business_services/{id}/account_subscription", "subscribers.write", subscribe_account),
    Route::new("DELETE", "/business_services/{id}/account_subscription", "subscribers.write", unsubscribe_account),
    Route::new("GET", "/business_services/{id}/supporting_services/impacts", READ, supporting),
    Route::new("GET", "/business_services/impactors", READ, impactors),
    Route::new("GET", "/business_services/impacts", READ, impacts),
    Route::new("GET", "/business_services/priority_thresholds", READ, threshold),
    Route::new("PUT", "/business_services/priority_thresholds", WRITE, set_threshold),
    Route::new("DELETE", "/business_services/priority_thresholds", WRITE, clear_threshold),
];

fn known(store: &Store, call: &Call) -> Result<(), Reply> {
    if store.has(BUSINESS_SERVICE, call.id(0)) { Ok(()) } else { Err(errors::not_found()) }
}

fn subscribe_account(store: &mut Store, call: &Call) -> Answer {
    known(store, call)?;
    store.tie(ACCOUNT, call.id(0), "PACCT01");
    Ok(Reply::json(200, &json!({"account_is_subscribed": true})))
}

fn unsubscribe_account(store: &mut Store, call: &Call) -> Answer {
    known(store, call)?;
    store.untie(ACCOUNT, call.id(0), "PACCT01");
    Ok(Reply::empty(204))
}

fn order(store: &Store, priority: &str) -> Option<u64> {
    store.get(Entity::Priority, priority)?.fields.get("order")?.as_u64()
}

// The id and order of the priority from which incidents count.
fn least(store: &Store) -> Option<(&str, u64)> {
    let id = store.tied(THRESHOLD, "account").next()?;
    Some((id, order(store, id)?))
}

/// The kind of tie from an incident to the business services it is said to touch.
pub(in crate::areas) const IMPACTS: &str = "impacts";

/// The open incidents that touch a business service, through whatever depends
/// or because somebody said so.
pub(in crate::areas) fn touching<'a>(store: &'a Store, service: &str) -> Vec<&'a Incident> {
    let said: Vec<&str> = store.tied_to(IMPACTS, service).collect();
    let below = dependencies::below(store, service);
    let least = least(store).map_or(0, |(_, order)| order);
    let counts = |incident: &&Incident| {
        let depends = below.contains(&incident.service)
            && incident.priority.as_deref().and_then(|id| order(store, id)).unwrap_or(0) >= least;
        incident.open() && (depends || said.contains(&incident.id.as_str()))
    };
    store.incidents.iter().filter(counts).collect()
}

/// How a service stands.
pub(in crate::areas) fn impact(store: &Store, id: &str, kind: &str, name: &str) -> Value {
    let touching = touching(store, id);
    let priorities = touching.iter().filter_map(|incident| incident.priority.as_deref());
    let highest = priorities.filter_map(|id| Some((order(store, id)?, id))).max();
    let highest = highest.map(|(order, id)| json!({"id": id, "order": order}));
    json!({
        "id": id, "name": name, "type": kind,
        "status": if touching.is_empty() { "not_impacted" } else { "impacted" },
        "additional_fields": {"highest_impacting_priority": highest},
    })
}

fn shown(call: &Call, services: Vec<Value>) -> Reply {
    let touched = services.iter().filter(|service| service["status"] == "impacted").count();
    let mut body = json!({"limit": 100, "more": false, "services": services});
    if call.query.all("additional_fields[]").contains(&"total_impacted_count") {
        body["additional_fields"] = json!({"total_impacted_count": touched});
    }
    Reply::json(200, &body)
}

fn impacts(store: &mut Store, call: &Call) -> Answer {
    let rows = store.table(BUSINESS_SERVICE).rows().iter();
    let rows = rows.filter(|record| call.query.passes("ids[]", [record.id.as_str()].into_iter()));
    let services = rows.map(|record| impact(store, &record.id, "business_service", record.text("name"))).collect();
    Ok(shown(call, services))
}

fn supporting(store: &mut Store, call: &Call) -> Answer {
    known(store, call)?;
    let supporting = dependencies::supporting(store, call.id(0)).into_iter();
    let wanted = supporting.filter(|(_, id)| call.query.passes("ids[]", [id.as_str()].into_iter()));
    let services = wanted.map(|(entity, id)| {
        let name = store.get(entity, &id).map_or("", |record| record.text("name"));
        impact(store, &id, entity.names().one, name)
    });
    Ok(shown(call, services.collect()))
}

fn impactors(store: &mut Store, call: &Call) -> Answer {
    let rows = store.table(BUSINESS_SERVICE).rows().iter();
    let rows = rows.filter(|record| call.query.passes("ids[]", [record.id.as_str()].into_iter()));
    let mut seen: Vec<&str> = Vec::new();
    for incident in rows.flat_map(|record| touching(store, &record.id)) {
        if !seen.contains(&incident.id.as_str()) {
            seen.push(&incident.id);
        }
    }
    let impactors: Value = seen.iter().map(|id| json!({"id": id, "type": "incident"})).collect();
    Ok(Reply::json(200, &json!({"limit": 100, "more": false, "impactors": impactors})))
}

fn threshold(store: &mut Store, _: &Call) -> Answer {
    let shown = least(store).map(|(id, order)| json!({"id": id, "order": order}));
    Ok(Reply::wrapped(200, "global_threshold", json!(shown)))
}

fn clear(store: &mut Store) {
    let held: Vec<String> = store.tied(THRESHOLD, "account").map(str::to_owned).collect();
    for id in held {
        store.untie(THRESHOLD, "account", &id);
    }
}

fn set_threshold(store: &mut Store, call: &Call) -> Answer {
    let given: Map<String, Value> = call.wrapped("global_threshold")?;
    let id = given.get("id").and_then(Value::as_str).unwrap_or("");
    if order(store, id).is_none() {
        return Err(errors::invalid_one(format!("Priority does not exist: {id}")));
    }
    clear(store);
    store.tie(THRESHOLD, "account", id);
    threshold(store, call)
}

fn clear_threshold(store: &mut Store, _: &Call) -> Answer {
    clear(store);
    Ok(Reply::empty(204))
}

//! Who is told about what: users and teams that subscribe to business services
//! and incidents. One set of ties, seen from both ends.

use serde_json::{Map, Value, json};

use super::business::BUSINESS_SERVICE;
use crate::call::Call;
use crate::errors;
use crate::pages::Window;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Store};

/// The kind of tie, from who subscribes to what is subscribed to.
pub(crate) const SUBSCRIBES: &str = "subscriptions";
const ACCOUNT: &str = "PACCT01";

const READ: &str = "subscribers.read";
const WRITE: &str = "subscribers.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/business_services/{id}/subscribers", READ, subscribers),
    Route::new("POST", "/business_services/{id}/subscribers", WRITE, add_subscribers),
    Route::new("POST", "/business_services/{id}/unsubscribe", WRITE, remove_subscribers),
    Route::new("GET", "/users/{id}/notification_subscriptions", READ, |s, call| list(s, call, Entity::User)),
    Route::new("POST", "/users/{id}/notification_subscriptions", WRITE, |s, call| add(s, call, Entity::User)),
    Route::new("POST", "/users/{id}/notification_subscriptions/unsubscribe", WRITE, |store, call| {
        remove(store, call, Entity::User)
    }),
    Route::new("GET", "/teams/{id}/notification_subscriptions", READ, |s, call| list(s, call, Entity::Team)),
    Route::new("POST", "/teams/{id}/notification_subscriptions", WRITE, |s, call| add(s, call, Entity::Team)),
    Route::new("POST", "/teams/{id}/notification_subscriptions/unsubscribe", WRITE, |store, call| {
        remove(store, call, Entity::Team)
    }),
];

fn word(entity: Entity) -> &'static str {
    if entity == Entity::Team { "team" } else { "user" }
}

/// What a subscriber of a body is; None where nobody is called so.
pub(crate) fn subscriber(store: &Store, kind: &str, id: &str) -> Option<Entity> {
    let entity = match kind {
        "user" => Entity::User,
        "team" => Entity::Team,
        _ => return None,
    };
    store.has(entity, id).then_some(entity)
}

// The type and name of what can be subscribed to.
fn subscribable(store: &Store, id: &str) -> Option<(&'static str, String)> {
    if let Some(record) = store.get(BUSINESS_SERVICE, id) {
        return Some(("business_service", record.text("name").to_owned()));
    }
    let incident = store.place(id).and_then(|place| store.incidents.get(place))?;
    Some(("incident", incident.title.clone()))
}

fn pair(item: &Value, what: &str) -> (String, String) {
    let text = |end: &str| item.get(format!("{what}_{end}")).and_then(Value::as_str).unwrap_or("").to_owned();
    (text("id"), text("type"))
}

/// One subscription as answers to a subscribe call show it.
pub(crate) fn shown(from: (&str, &str), to: (&str, &str), result: Option<&str>) -> Value {
    let mut shown = json!({
        "subscriber_id": from.0, "subscriber_type": from.1, "subscribable_id": to.0, "subscribable_type": to.1,
        "account_id": ACCOUNT,
    });
    if let Some(result) = result {
        shown["result"] = json!(result);
    }
    shown
}

fn given(call: &Call, key: &str) -> Result<Vec<Value>, Reply> {
    let list = call.list(key)?;
    if list.is_empty() { Err(errors::invalid_one(format!("{key} can't be blank"))) } else { Ok(list) }
}

fn counts(deleted: usize, missing: usize) -> Reply {
    let body = json!({"deleted_count": deleted, "unauthorized_count": 0, "non_existent_count": missing});
    Reply::json(200, &body)
}

fn known(store: &Store, call: &Call, entity: Entity) -> Result<(), Reply> {
    if store.has(entity, call.id(0)) { Ok(()) } else { Err(errors::not_found()) }
}

fn subscribers(store: &mut Store, call: &Call) -> Answer {
    known(store, call, BUSINESS_SERVICE)?;
    let rows: Vec<&str> = store.tied_to(SUBSCRIBES, call.id(0)).collect();
    let mut reply = Window::of(call)?.cut("subscribers", &rows, |id| {
        let kind = if store.has(Entity::Team, id) { "team" } else { "user" };
        json!({"subscriber_id": id, "subscriber_type": kind, "has_indirect_subscription": false, "subscribed_via": null})
            .to_string()
    });
    let mut body: Map<String, Value> = serde_json::from_slice(&reply.body).unwrap_or_default();
    body.insert("account_id".into(), json!(ACCOUNT));
    reply.body = Value::Object(body).to_string().into_bytes();
    Ok(reply)
}

fn add_subscribers(store: &mut Store, call: &Call) -> Answer {
    known(store, call, BUSINESS_SERVICE)?;
    let mut made = Vec::new();
    for item in given(call, "subscribers")? {
        let (id, kind) = pair(&item, "subscriber");
        if subscriber(store, &kind, &id).is_none() {
            return Err(errors::invalid_one(format!("Subscriber does not exist: {kind} {id}")));
        }
        let result = if store.tie(SUBSCRIBES, &id, call.id(0)) { "success" } else { "duplicate" };
        made.push(shown((&id, &kind), (call.id(0), "business_service"), Some(result)));
    }
    Ok(Reply::wrapped(200, "subscriptions", Value::Array(made)))
}

fn remove_subscribers(store: &mut Store, call: &Call) -> Answer {
    known(store, call, BUSINESS_SERVICE)?;
    let items = given(call, "subscribers")?;
    let gone = items.iter().filter(|item| store.untie(SUBSCRIBES, &pair(item, "subscriber").0, call.id(0))).count();
    Ok(counts(gone, items.len() - gone))
}

fn list(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    known(store, call, entity)?;
    let rows: Vec<&str> = store.tied(SUBSCRIBES, call.id(0)).collect();
    Ok(Window::of(call)?.cut("subscriptions", &rows, |id| {
        let (kind, name) = subscribable(store, id).unwrap_or(("incident", String::new()));
        let subscription = shown((call.id(0), word(entity)), (id, kind), None);
        json!({"subscription": subscription, "subscribable_name": name}).to_string()
    }))
}

fn add(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    known(store, call, entity)?;
    let mut made = Vec::new();
    for item in given(call, "subscribables")? {
        let (id, kind) = pair(&item, "subscribable");
        if subscribable(store, &id).is_none_or(|(real, _)| real != kind) {
            return Err(errors::invalid_one(format!("Subscribable does not exist: {kind} {id}")));
        }
        let result = if store.tie(SUBSCRIBES, call.id(0), &id) { "success" } else { "duplicate" };
        made.push(shown((call.id(0), word(entity)), (&id, &kind), Some(result)));
    }
    Ok(Reply::wrapped(200, "subscriptions", Value::Array(made)))
}

fn remove(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    known(store, call, entity)?;
    let items = given(call, "subscribables")?;
    let gone = items.iter().filter(|item| store.untie(SUBSCRIBES, call.id(0), &pair(item, "subscribable").0)).count();
    Ok(counts(gone, items.len() - gone))
}

//! Switches of paid features, of services and of orchestrations: `aiops` is
//! the only one, on unless it was turned off.

use serde_json::{Value, json};

use super::orchestrations::ORCHESTRATION;
use crate::call::Call;
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Store};
use crate::times;

const OFF: &str = "features_off";
const FEATURES: &[&str] = &["aiops"];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/services/{id}/enablements", "services.read", |s, call| list(s, call, Entity::Service)),
    Route::new("PUT", "/services/{id}/enablements/{feature}", "services.write", |s, c| set(s, c, Entity::Service)),
    Route::new("GET", "/event_orchestrations/{id}/enablements", "event_orchestrations.read", |store, call| {
        list(store, call, ORCHESTRATION)
    }),
    Route::new(
        "PUT",
        "/event_orchestrations/{id}/enablements/{feature}",
        "event_orchestrations.write",
        |store, call| set(store, call, ORCHESTRATION),
    ),
];

fn shown(store: &Store, call: &Call, feature: &str) -> Value {
    let on = store.tied(OFF, call.id(0)).all(|off| off != feature);
    json!({"feature": feature, "enabled": on, "updated_at": times::utc(call.now)})
}

fn list(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    if !store.has(entity, call.id(0)) {
        return Err(errors::not_found());
    }
    let all: Value = FEATURES.iter().map(|feature| shown(store, call, feature)).collect();
    Ok(Reply::wrapped(200, "enablements", all))
}

fn set(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    if !store.has(entity, call.id(0)) || !FEATURES.contains(&call.id(1)) {
        return Err(errors::not_found());
    }
    let given = call.wrapped("enablement")?;
    let Some(on) = given.get("enabled").and_then(Value::as_bool) else {
        return Err(errors::invalid_one("enabled must be true or false"));
    };
    if on {
        store.untie(OFF, call.id(0), call.id(1));
    } else {
        store.tie(OFF, call.id(0), call.id(1));
    }
    Ok(Reply::wrapped(200, "enablement", shown(store, call, call.id(1))))
}

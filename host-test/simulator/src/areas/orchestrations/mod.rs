//! Event orchestrations: the orchestration itself, its integrations and cache
//! variables; its four paths stand in `paths.rs`, stored data in `data.rs`.

mod data;
mod paths;

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{self, Collection, Links, PLAIN, Page};
use crate::errors;
use crate::pages;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

pub(super) const ORCHESTRATION: Entity = Entity::Of("event_orchestration");
const INTEGRATION: Entity = Entity::Of("orchestration_integration");
pub(super) const GLOBAL_VARIABLE: Entity = Entity::Of("global_cache_variable");
pub(super) const SERVICE_VARIABLE: Entity = Entity::Of("service_cache_variable");

const STAMPS: &str = r#"{"updated_at": "$utc", "updated_by": "$me", "version": "$hex"}"#;

const VARIABLE: Collection = Collection {
    kind: "cache_variable",
    one: "cache_variable",
    many: "cache_variables",
    fields: "name!:text disabled:flag conditions:list configuration!:object \
             configuration.type!:recent_value|trigger_event_count|external_data \
             configuration.ttl_seconds:whole configuration.data_type:string|number|boolean",
    unique: "name",
    defaults: r#"{"name": null, "disabled": false, "conditions": [], "configuration": {}, "created_at": "$utc", "created_by": "$me"}"#,
    stamps: r#"{"updated_at": "$utc", "updated_by": "$me"}"#,
    page: Page::Whole,
    beside: r#"{"total": "$count"}"#,
    id: collection::Id::Uuid,
    links: Links::None,
    hidden: &[data::STORED, data::STORED_AT],
    statuses: [200, 200, 200, 204],
    check: variable,
    derive: data::address,
    ..PLAIN
};

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        entity: ORCHESTRATION,
        kind: "event_orchestration",
        path: "/event_orchestrations",
        one: "orchestration",
        many: "orchestrations",
        fields: "name!:text description:text team:@team",
        unique: "name",
        defaults: r#"{"name": null, "description": "", "team": null, "created_at": "$utc", "created_by": "$me"}"#,
        stamps: STAMPS,
        id: collection::Id::Uuid,
        links: Links::Itself,
        scope: "event_orchestrations",
        seed: &[(0, r#"{"name": "Shop events", "description": "All that the shop sends", "team": "$team:0"}"#)],
        made: first_integration,
        derive: whole,
        ..PLAIN
    },
    Collection {
        entity: INTEGRATION,
        path: "/event_orchestrations/{id}/integrations",
        one: "integration",
        many: "integrations",
        fields: "label!:text",
        defaults: r#"{"label": null, "parameters": {"routing_key": "$routing", "type": "global"}}"#,
        page: Page::Whole,
        beside: r#"{"total": "$count"}"#,
        id: collection::Id::Uuid,
        links: Links::None,
        parents: &[ORCHESTRATION],
        scope: "event_orchestrations",
        seed: &[(0, r#"{"label": "Shop events Default Integration"}"#)],
        ..PLAIN
    },
    Collection {
        entity: GLOBAL_VARIABLE,
        path: "/event_orchestrations/{id}/cache_variables",
        parents: &[ORCHESTRATION],
        scope: "event_orchestrations",
        seed: &[
            (
                0,
                r#"{"name": "on_sale", "configuration": {"type": "external_data", "data_type": "string", "ttl_seconds": 3600}, "stored": "yes", "stored_at": "2026-10-30T08:00:00Z"}"#,
            ),
            (
                0,
                r#"{"name": "last_host", "configuration": {"type": "recent_value", "source": "event.source", "regex": ".*"}}"#,
            ),
        ],
        ..VARIABLE
    },
    Collection {
        entity: SERVICE_VARIABLE,
        path: "/event_orchestrations/services/{id}/cache_variables",
        parents: &[Entity::Service],
        scope: "services",
        seed: &[(
            0,
            r#"{"name": "door", "configuration": {"type": "external_data", "data_type": "number", "ttl_seconds": 600}, "stored": 7, "stored_at": "2026-10-30T08:00:00Z"}"#,
        )],
        ..VARIABLE
    },
];

const READ: &str = "event_orchestrations.read";
const WRITE: &str = "event_orchestrations.write";
const SERVICE_READ: &str = "services.read";
const SERVICE_WRITE: &str = "services.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/event_orchestrations/{id}/integrations/migration", WRITE, migrate),
    Route::new("GET", "/event_orchestrations/{id}/router", READ, |s, call| paths::get(s, call, &paths::ROUTER)),
    Route::new("PUT", "/event_orchestrations/{id}/router", WRITE, |s, call| paths::put(s, call, &paths::ROUTER)),
    Route::new("GET", "/event_orchestrations/{id}/unrouted", READ, |s, call| paths::get(s, call, &paths::UNROUTED)),
    Route::new("PUT", "/event_orchestrations/{id}/unrouted", WRITE, |s, call| paths::put(s, call, &paths::UNROUTED)),
    Route::new("GET", "/event_orchestrations/{id}/global", READ, |s, call| paths::get(s, call, &paths::GLOBAL)),
    Route::new("PUT", "/event_orchestrations/{id}/global", WRITE, |s, call| paths::put(s, call, &paths::GLOBAL)),
    Route::new("GET", "/event_orchestrations/services/{id}", SERVICE_READ, |s, c| paths::get(s, c, &paths::SERVICE)),
    Route::new("PUT", "/event_orchestrations/services/{id}", SERVICE_WRITE, |s, c| paths::put(s, c, &paths::SERVICE)),
    Route::new("GET", "/event_orchestrations/services/{id}/active", SERVICE_READ, paths::active),
    Route::new("PUT", "/event_orchestrations/services/{id}/active", SERVICE_WRITE, paths::set_active),
    Route::new("GET", "/event_orchestrations/{id}/cache_variables/{variable}/data", READ, |store, call| {
        data::get(store, call, GLOBAL_VARIABLE)
    }),
    Route::new("PUT", "/event_orchestrations/{id}/cache_variables/{variable}/data", WRITE, |store, call| {
        data::put(store, call, GLOBAL_VARIABLE)
    }),
    Route::new("DELETE", "/event_orchestrations/{id}/cache_variables/{variable}/data", WRITE, |store, call| {
        data::delete(store, call, GLOBAL_VARIABLE)
    }),
    Route::new("GET", "/event_orchestrations/services/{id}/cache_variables/{v}/data", SERVICE_READ, |store, call| {
        data::get(store, call, SERVICE_VARIABLE)
    }),
    Route::new("PUT", "/event_orchestrations/services/{id}/cache_variables/{v}/data", SERVICE_WRITE, |store, call| {
        data::put(store, call, SERVICE_VARIABLE)
    }),
    Route::new("DELETE", "/event_orchestrations/services/{id}/cache_variables/{v}/data", SERVICE_WRITE, |s, call| {
        data::delete(s, call, SERVICE_VARIABLE)
    }),
];

// What each type of variable needs.
fn variable(_: &mut Store, _: &Call, given: &mut Map<String, Value>, _: Option<&str>) -> Result<(), Reply> {
    let text = |name: &str| collection::at(given, &format!("configuration.{name}")).and_then(Value::as_str);
    let needed: &[&str] = match text("type") {
        Some("recent_value") => &["source", "regex"],
        Some("trigger_event_count") => &["ttl_seconds"],
        Some("external_data") => &["ttl_seconds", "data_type"],
        _ => &[],
    };
    let lacks = |name: &&&str| collection::at(given, &format!("configuration.{name}")).is_none_or(Value::is_null);
    match needed.iter().find(lacks) {
        Some(name) => Err(errors::invalid_one(format!("Configuration {name} can't be blank"))),
        None => {
            if given.get("conditions").is_some_and(Value::is_null) {
                given.insert("conditions".into(), json!([]));
            }
            Ok(())
        }
    }
}

// Every orchestration begins with one.
fn first_integration(store: &mut Store, call: &Call, id: &str) {
    let name = store.get(ORCHESTRATION, id).map(|record| record.text("name").to_owned()).unwrap_or_default();
    let fields = [("label".to_owned(), json!(format!("{name} Default Integration")))].into_iter().collect();
    if let Some(loaded) = collection::of(INTEGRATION) {
        loaded.put(store, fields, id, call.now, call.actor.as_deref());
    }
}

fn integrations(store: &Store, orchestration: &str) -> Vec<Value> {
    let rows = store.table(INTEGRATION).rows().iter().filter(|record| record.owner == orchestration);
    rows.map(|record| store.show(INTEGRATION, record, &View::default())).collect()
}

fn whole(store: &Store, record: &Record, shown: &mut Map<String, Value>) {
    shown.insert("integrations".into(), json!(integrations(store, &record.id)));
    shown.insert("routes".into(), json!(paths::routes(store, &record.id)));
}

// The integration keeps its id and key, and changes hands.
fn migrate(store: &mut Store, call: &Call) -> Answer {
    if !store.has(ORCHESTRATION, call.id(0)) {
        return Err(errors::not_found());
    }
    let given = call.object()?;
    let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or("");
    if text("source_type") != "orchestration" {
        return Err(errors::invalid_one("source_type must be orchestration"));
    }
    let moved = store.table_mut(INTEGRATION).get_mut(text("integration_id"));
    match moved.filter(|record| record.owner == text("source_id")) {
        Some(record) => call.id(0).clone_into(&mut record.owner),
        None => return Err(errors::invalid_one("integration_id does not exist in the source orchestration")),
    }
    let shown = integrations(store, call.id(0));
    let total = shown.len();
    let items: Vec<String> = shown.iter().map(Value::to_string).collect();
    let mut reply = pages::whole(200, "integrations", &items);
    reply.body.pop();
    reply.body.extend_from_slice(format!(",\"total\":{total}}}").as_bytes());
    Ok(reply)
}

//! Which service supports which: relations between services and business
//! services. Clients write the type of a service in three ways.

use serde_json::{Value, json};

use super::business::BUSINESS_SERVICE;
use crate::call::Call;
use crate::collection::{Collection, Id, Links, PLAIN};
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

/// Only for its seeds: every operation has a route of its own.
pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: RELATION,
    kind: "service_dependency",
    path: "/service_dependencies",
    many: "relationships",
    verbs: "",
    id: Id::Form("D", 14),
    links: Links::None,
    seed: &[
        (
            0,
            r#"{"supporting_service": {"id": "$service.id:2", "type": "technical_service_reference"}, "dependent_service": {"id": "$business_service.id:1", "type": "business_service_reference"}}"#,
        ),
        (
            0,
            r#"{"supporting_service": {"id": "$service.id:3", "type": "technical_service_reference"}, "dependent_service": {"id": "$service.id:2", "type": "technical_service_reference"}}"#,
        ),
    ],
    ..PLAIN
}];

const RELATION: Entity = Entity::Of("service_dependency");

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/service_dependencies/associate", "services.write", associate),
    Route::new("POST", "/service_dependencies/disassociate", "services.write", disassociate),
    Route::new("GET", "/service_dependencies/business_services/{id}", "services.read", |store, call| {
        list(store, call, BUSINESS_SERVICE)
    }),
    Route::new("GET", "/service_dependencies/technical_services/{id}", "services.read", |store, call| {
        list(store, call, Entity::Service)
    }),
];

fn side<'a>(record: &'a Record, key: &str) -> &'a str {
    record.fields.get(key).and_then(|side| side.get("id")).and_then(Value::as_str).unwrap_or("")
}

fn entity(kind: &str) -> Option<Entity> {
    match kind {
        "business_service" | "business_service_reference" => Some(BUSINESS_SERVICE),
        "service" | "technical_service_reference" | "service_reference" => Some(Entity::Service),
        _ => None,
    }
}

/// What supports a service directly.
pub(super) fn supporting(store: &Store, id: &str) -> Vec<(Entity, String)> {
    let rows = store.table(RELATION).rows().iter().filter(|record| side(record, "dependent_service") == id);
    let ids = rows.map(|record| side(record, "supporting_service").to_owned());
    let kind = |id: &String| if store.has(Entity::Service, id) { Entity::Service } else { BUSINESS_SERVICE };
    ids.map(|id| (kind(&id), id)).collect()
}

/// Every service below another, itself included.
pub(super) fn below(store: &Store, id: &str) -> Vec<String> {
    let mut found = vec![id.to_owned()];
    let mut at = 0;
    while let Some(next) = found.get(at).cloned() {
        for (_, id) in supporting(store, &next) {
            if !found.contains(&id) {
                found.push(id);
            }
        }
        at += 1;
    }
    found
}

fn shown(record: &Record) -> Value {
    let mut shown = record.fields.clone();
    shown.insert("id".into(), json!(record.id));
    shown.insert("type".into(), json!("service_dependency"));
    Value::Object(shown)
}

// The relations of the body, each side checked, with the type that answers carry.
fn given(store: &Store, call: &Call) -> Result<Vec<(Value, Value)>, Reply> {
    let mut pairs = Vec::new();
    for item in call.list("relationships")? {
        let side = |key: &str| {
            let id = item.get(key).and_then(|side| side.get("id")).and_then(Value::as_str).unwrap_or("");
            let kind = item.get(key).and_then(|side| side.get("type")).and_then(Value::as_str).unwrap_or("");
            let entity = entity(kind).filter(|entity| store.has(*entity, id));
            let entity = entity.ok_or_else(|| errors::invalid_one(format!("{key} does not exist: {kind} {id}")))?;
            let kind =
                if entity == Entity::Service { "technical_service_reference" } else { "business_service_reference" };
            Ok(json!({"id": id, "type": kind}))
        };
        pairs.push((side("supporting_service")?, side("dependent_service")?));
    }
    if pairs.is_empty() { Err(errors::invalid_one("relationships can't be blank")) } else { Ok(pairs) }
}

fn find<'a>(store: &'a Store, supporting: &Value, dependent: &Value) -> Option<&'a Record> {
    let mut rows = store.table(RELATION).rows().iter();
    rows.find(|record| {
        side(record, "supporting_service") == supporting["id"] && side(record, "dependent_service") == dependent["id"]
    })
}

fn associate(store: &mut Store, call: &Call) -> Answer {
    let pairs = given(store, call)?;
    for (supporting, dependent) in &pairs {
        let above = dependent["id"].as_str().unwrap_or("");
        if below(store, supporting["id"].as_str().unwrap_or("")).iter().any(|id| id == above) {
            return Err(errors::invalid_one("A service can't depend on itself"));
        }
    }
    let mut made = Vec::new();
    for (supporting, dependent) in pairs {
        let id = match find(store, &supporting, &dependent) {
            Some(record) => record.id.clone(),
            None => {
                let fields = json!({"supporting_service": supporting, "dependent_service": dependent});
                let id = store.rng().id("D", 14);
                let fields = fields.as_object().cloned().unwrap_or_default();
                store.table_mut(RELATION).push(Record { id: id.clone(), owner: String::new(), fields });
                id
            }
        };
        made.push(store.get(RELATION, &id).map_or(Value::Null, shown));
    }
    Ok(Reply::wrapped(200, "relationships", Value::Array(made)))
}

fn disassociate(store: &mut Store, call: &Call) -> Answer {
    let mut gone = Vec::new();
    for (supporting, dependent) in given(store, call)? {
        let Some(record) = find(store, &supporting, &dependent).cloned() else { continue };
        store.remove(RELATION, &record.id);
        gone.push(shown(&record));
    }
    Ok(Reply::wrapped(200, "relationships", Value::Array(gone)))
}

fn list(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    let id = call.id(0);
    if !store.has(entity, id) {
        return Err(errors::not_found());
    }
    let rows = store.table(RELATION).rows().iter();
    let mine = rows.filter(|row| side(row, "supporting_service") == id || side(row, "dependent_service") == id);
    Ok(Reply::wrapped(200, "relationships", mine.map(shown).collect()))
}

/// Removes the relations of a service that goes.
pub(crate) fn release(store: &mut Store, id: &str) {
    let rows = store.table(RELATION).rows().iter();
    let mine = rows.filter(|row| side(row, "supporting_service") == id || side(row, "dependent_service") == id);
    let mine: Vec<String> = mine.map(|record| record.id.clone()).collect();
    for relation in mine {
        store.remove(RELATION, &relation);
    }
}

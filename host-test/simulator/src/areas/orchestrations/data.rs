//! Data that a client stores in a cache variable of the type `external_data`.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection;
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::store::{Entity, Record, Store};
use crate::times;

/// Where the record keeps them, unseen.
pub(super) const STORED: &str = "stored";
pub(super) const STORED_AT: &str = "stored_at";

/// Adds where the data is, to variables that take some.
pub(super) fn address(store: &Store, record: &Record, shown: &mut Map<String, Value>) {
    shown.remove("type");
    if kind(record) != "external_data" {
        return;
    }
    let global = store.has(super::ORCHESTRATION, &record.owner);
    let entity = if global { super::GLOBAL_VARIABLE } else { super::SERVICE_VARIABLE };
    let path = collection::of(entity).map(|loaded| loaded.address(store, record)).unwrap_or_default();
    shown.insert("data_endpoint".into(), json!(format!("https://api.pagerduty.com{path}/data")));
}

fn kind(record: &Record) -> &str {
    collection::at(&record.fields, "configuration.type").and_then(Value::as_str).unwrap_or("")
}

fn find<'a>(store: &'a Store, call: &Call, entity: Entity) -> Result<&'a Record, Reply> {
    let loaded = collection::of(entity).ok_or_else(errors::not_found)?;
    let record = loaded.find(store, call)?;
    if kind(record) == "external_data" {
        Ok(record)
    } else {
        Err(errors::invalid_one("Only a variable of the type external_data holds data"))
    }
}

fn shown(record: &Record) -> Answer {
    match record.fields.get(STORED) {
        Some(value) => {
            Ok(Reply::json(200, &json!({"cache_variable_data": value, "updated_at": record.fields.get(STORED_AT)})))
        }
        None => Err(errors::not_found()),
    }
}

pub(super) fn get(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    shown(find(store, call, entity)?)
}

pub(super) fn put(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    let record = find(store, call, entity)?;
    let wanted = collection::at(&record.fields, "configuration.data_type").and_then(Value::as_str).unwrap_or("");
    let id = record.id.clone();
    let Some(value) = call.object()?.remove("cache_variable_data") else {
        return Err(errors::invalid_one("cache_variable_data can't be blank"));
    };
    let fits = match wanted {
        "string" => value.as_str().is_some_and(|text| text.len() <= 1_000),
        "number" => value.is_number(),
        _ => value.is_boolean(),
    };
    if !fits {
        return Err(errors::invalid_one(format!("cache_variable_data must be a {wanted}")));
    }
    if let Some(record) = store.table_mut(entity).get_mut(&id) {
        record.fields.insert(STORED.into(), value);
        record.fields.insert(STORED_AT.into(), json!(times::utc(call.now)));
    }
    shown(find(store, call, entity)?)
}

pub(super) fn delete(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    let id = find(store, call, entity)?.id.clone();
    if let Some(record) = store.table_mut(entity).get_mut(&id) {
        record.fields.remove(STORED);
        record.fields.remove(STORED_AT);
    }
    Ok(Reply::empty(204))
}

//! Custom fields: of incidents, of incident types, of services; their options;
//! and the values that services have. Options live inside their field.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{self, Collection, PLAIN, Page};
use crate::errors;
use crate::present::Include;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};
use crate::times;

use super::incident_types::INCIDENT_TYPE;

const TYPE_FIELD: Entity = Entity::Of("incident_type_field");
const SERVICE_FIELD: Entity = Entity::Of("service_field");
const SERVICE_VALUES: Entity = Entity::Of("service_field_values");

const INCLUDES: &[Include] = &[("field_options", &[])];

const FIELD: Collection = Collection {
    kind: "field",
    one: "field",
    many: "fields",
    fields: "name!:text display_name!:text description:text data_type!:boolean|integer|float|string|datetime|url \
             field_type!:single_value|single_value_fixed|multi_value|multi_value_fixed default_value enabled:flag \
             field_options:list",
    fixed: &["name", "data_type", "field_type"],
    unique: "name",
    defaults: r#"{"name": null, "display_name": null, "description": null, "data_type": null, "field_type": null, "default_value": null, "enabled": true, "field_options": [], "created_at": "$utc"}"#,
    stamps: r#"{"updated_at": "$utc"}"#,
    page: Page::Whole,
    summary: "display_name",
    includes: INCLUDES,
    scope: "custom_fields",
    check: options,
    ..PLAIN
};

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection { entity: Entity::CustomField, path: "/incidents/custom_fields", verbs: "CGUD", ..FIELD },
    Collection {
        entity: TYPE_FIELD,
        path: "/incidents/types/{id}/custom_fields",
        parents: &[INCIDENT_TYPE],
        seed: &[
            (0, r#"{"name": "room", "display_name": "Room", "data_type": "string", "field_type": "single_value"}"#),
            (
                1,
                r#"{"name": "bridge", "display_name": "Bridge", "data_type": "string", "field_type": "single_value_fixed", "field_options": [{"id": "$id", "type": "field_option", "created_at": "$utc", "updated_at": "$utc", "data": {"data_type": "string", "value": "blue"}}]}"#,
            ),
        ],
        derive: |_, record, shown| {
            shown.insert("incident_type".into(), json!(record.owner));
        },
        ..FIELD
    },
    Collection {
        entity: SERVICE_FIELD,
        path: "/services/custom_fields",
        seed: &[
            (
                0,
                r#"{"name": "cost_centre", "display_name": "Cost centre", "data_type": "string", "field_type": "single_value"}"#,
            ),
            (
                0,
                r#"{"name": "tier", "display_name": "Tier", "data_type": "string", "field_type": "single_value_fixed", "field_options": [{"id": "$id", "type": "field_option", "created_at": "$utc", "updated_at": "$utc", "data": {"data_type": "string", "value": "gold"}}, {"id": "$id", "type": "field_option", "created_at": "$utc", "updated_at": "$utc", "data": {"data_type": "string", "value": "silver"}}]}"#,
            ),
        ],
        ..FIELD
    },
];

const READ: &str = "custom_fields.read";
const WRITE: &str = "custom_fields.write";

macro_rules! option_routes {
    ($field:literal, $entity:expr) => {
        [
            Route::new("GET", concat!($field, "/field_options"), READ, |store, call| list(store, call, $entity)),
            Route::new("POST", concat!($field, "/field_options"), WRITE, |store, call| create(store, call, $entity)),
            Route::new("GET", concat!($field, "/field_options/{option}"), READ, |s, call| get(s, call, $entity)),
            Route::new("PUT", concat!($field, "/field_options/{option}"), WRITE, |s, call| update(s, call, $entity)),
            Route::new("DELETE", concat!($field, "/field_options/{option}"), WRITE, |s, c| delete(s, c, $entity)),
        ]
    };
}

pub(crate) const OF_INCIDENTS: &[Route] = &option_routes!("/incidents/custom_fields/{id}", Entity::CustomField);
pub(crate) const OF_TYPES: &[Route] = &option_routes!("/incidents/types/{type}/custom_fields/{id}", TYPE_FIELD);
pub(crate) const OF_SERVICES: &[Route] = &option_routes!("/services/custom_fields/{id}", SERVICE_FIELD);

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/services/{id}/custom_fields/values", "services.read", values),
    Route::new("PUT", "/services/{id}/custom_fields/values", "services.write", set_values),
];

fn value_of(option: &Value) -> &str {
    option.get("data").and_then(|data| data.get("value")).and_then(Value::as_str).unwrap_or("")
}

// An option as it is kept, or what is wrong with it. One with an id keeps it.
fn option(store: &mut Store, call: &Call, given: &Value) -> Result<Value, Reply> {
    if value_of(given).is_empty() {
        return Err(errors::invalid_one("An option needs data with a value"));
    }
    let id = given.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned);
    let id = id.unwrap_or_else(|| store.rng().short_id());
    let at = times::utc(call.now);
    Ok(json!({
        "id": id, "type": "field_option", "created_at": at, "updated_at": at,
        "data": {"data_type": "string", "value": value_of(given)},
    }))
}

// A field of a fixed type lists what it may be, any other takes no list.
fn options(store: &mut Store, call: &Call, given: &mut Map<String, Value>, id: Option<&str>) -> Result<(), Reply> {
    let fixed = given.get("field_type").and_then(Value::as_str).is_some_and(|kind| kind.ends_with("_fixed"));
    let Some(list) = given.get("field_options").and_then(Value::as_array).cloned() else {
        given.remove("field_options");
        return Ok(());
    };
    if !fixed && id.is_none() && !list.is_empty() {
        return Err(errors::invalid_one("Only a field of a fixed type takes options"));
    }
    let mut kept: Vec<Value> = Vec::new();
    for item in &list {
        if kept.iter().any(|have| value_of(have) == value_of(item)) {
            return Err(errors::invalid_one(format!("Option {} is there twice", value_of(item))));
        }
        kept.push(option(store, call, item)?);
    }
    given.insert("field_options".into(), Value::Array(kept));
    Ok(())
}

// The field that the path names, and where its option's id stands in the path.
fn field<'a>(store: &'a Store, call: &Call, entity: Entity) -> Result<(&'a Record, usize), Reply> {
    let loaded = collection::of(entity).ok_or_else(errors::not_found)?;
    Ok((loaded.find(store, call)?, loaded.row.parents.len() + 1))
}

fn kept(record: &Record) -> Vec<Value> {
    record.fields.get("field_options").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn keep(store: &mut Store, entity: Entity, field: &str, options: Vec<Value>) {
    if let Some(record) = store.table_mut(entity).get_mut(field) {
        record.fields.insert("field_options".into(), Value::Array(options));
    }
}

fn list(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    let (record, _) = field(store, call, entity)?;
    Ok(Reply::wrapped(200, "field_options", Value::Array(kept(record))))
}

fn create(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    let (record, _) = field(store, call, entity)?;
    let (id, mut options, kind) = (record.id.clone(), kept(record), record.text("field_type").to_owned());
    let given = Value::Object(call.wrapped("field_option")?);
    if !kind.ends_with("_fixed") {
        return Err(errors::invalid_one("Only a field of a fixed type takes options"));
    }
    if options.iter().any(|have| value_of(have) == value_of(&given)) {
        return Err(errors::invalid_one("Value has already been taken"));
    }
    let made = option(store, call, &given)?;
    options.push(made.clone());
    keep(store, entity, &id, options);
    Ok(Reply::wrapped(201, "field_option", made))
}

// The field's id, its options and the place of the one that the path names.
fn one(store: &Store, call: &Call, entity: Entity) -> Result<(String, Vec<Value>, usize), Reply> {
    let (record, at) = field(store, call, entity)?;
    let options = kept(record);
    let place = options.iter().position(|option| option["id"] == call.id(at)).ok_or_else(errors::not_found)?;
    Ok((record.id.clone(), options, place))
}

fn get(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    let (_, options, place) = one(store, call, entity)?;
    Ok(Reply::wrapped(200, "field_option", options.get(place).cloned().unwrap_or_default()))
}

fn update(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    let (id, mut options, place) = one(store, call, entity)?;
    let given = Value::Object(call.wrapped("field_option")?);
    if value_of(&given).is_empty() {
        return Err(errors::invalid_one("An option needs data with a value"));
    }
    let Some(option) = options.get_mut(place) else { return Err(errors::not_found()) };
    option["data"]["value"] = json!(value_of(&given));
    option["updated_at"] = json!(times::utc(call.now));
    let shown = option.clone();
    keep(store, entity, &id, options);
    Ok(Reply::wrapped(200, "field_option", shown))
}

fn delete(store: &mut Store, call: &Call, entity: Entity) -> Answer {
    let (id, mut options, place) = one(store, call, entity)?;
    options.remove(place);
    keep(store, entity, &id, options);
    Ok(Reply::empty(204))
}

/// Whether a custom field takes a value.
pub(super) fn takes(field: &Record, value: &Value) -> bool {
    let single = |value: &Value| match field.text("data_type") {
        "integer" => value.is_i64() || value.is_u64(),
        "float" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => value.is_string(),
    };
    let options = kept(field);
    let allowed = |value: &Value| options.is_empty() || options.iter().any(|option| option["data"]["value"] == *value);
    let multi = field.text("field_type").starts_with("multi");
    match value {
        Value::Null => true,
        Value::Array(list) => multi && list.iter().all(|value| single(value) && allowed(value)),
        other => !multi && single(other) && allowed(other),
    }
}

fn shown(store: &Store, service: &str) -> Value {
    let values = store.table(SERVICE_VALUES).rows().iter().find(|record| record.owner == service);
    let fields = store.table(SERVICE_FIELD).rows().iter();
    let shown = fields.map(|field| {
        let value = values.and_then(|values| values.fields.get(&field.id)).cloned();
        json!({
            "id": field.id, "type": "field_value", "name": field.text("name"),
            "display_name": field.text("display_name"), "description": field.fields.get("description"),
            "data_type": field.text("data_type"), "field_type": field.text("field_type"), "value": value,
        })
    });
    shown.collect()
}

fn values(store: &mut Store, call: &Call) -> Answer {
    if !store.has(Entity::Service, call.id(0)) {
        return Err(errors::not_found());
    }
    Ok(Reply::wrapped(200, "custom_fields", shown(store, call.id(0))))
}

// Fields are named by id or by name; all are checked before one is set.
fn set_values(store: &mut Store, call: &Call) -> Answer {
    if !store.has(Entity::Service, call.id(0)) {
        return Err(errors::not_found());
    }
    let mut taken = Map::new();
    for item in call.list("custom_fields")? {
        let text = |key: &str| item.get(key).and_then(Value::as_str);
        let mut fields = store.table(SERVICE_FIELD).rows().iter();
        let named = |field: &&Record| text("id") == Some(&field.id) || text("name") == Some(field.text("name"));
        let Some(field) = fields.find(named) else {
            return Err(errors::invalid_one(format!("No such custom field: {item}")));
        };
        let value = item.get("value").cloned().unwrap_or_default();
        if !takes(field, &value) {
            return Err(errors::invalid_one(format!("Value of {} is invalid: {value}", field.text("name"))));
        }
        taken.insert(field.id.clone(), value);
    }
    let held = store.table(SERVICE_VALUES).rows().iter().find(|record| record.owner == call.id(0));
    let held = held.map(|record| record.id.clone());
    let id = held.unwrap_or_else(|| store.add(SERVICE_VALUES, call.id(0), Map::new()));
    if let Some(record) = store.table_mut(SERVICE_VALUES).get_mut(&id) {
        record.fields.extend(taken);
    }
    Ok(Reply::wrapped(201, "custom_fields", shown(store, call.id(0))))
}

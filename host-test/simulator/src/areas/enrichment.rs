//! Event enrichment: what alerts are enriched with, for which services and by
//! which rules. Associations are removed by a DELETE with a body.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{Collection, Id, Links, PLAIN};
use crate::errors;
use crate::pages::Window;
use crate::present::{View, bare};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};
use crate::times;

const ENRICHMENT: Entity = Entity::EventEnrichment;

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: ENRICHMENT,
    kind: "event_enrichment",
    path: "/enrichment/event_enrichments",
    one: "event_enrichment",
    many: "event_enrichments",
    fields: "name!:text description:text team:@team",
    unique: "name",
    defaults: r#"{"description": null, "is_default": false, "associations": [], "created_at": "$utc", "created_by": "$me"}"#,
    stamps: r#"{"updated_at": "$utc", "updated_by": "$me"}"#,
    id: Id::Form("A", 26),
    links: Links::Itself,
    includes: &[("privileges", &[])],
    statuses: [200, 200, 200, 204],
    derive: counted,
    ..PLAIN
}];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/enrichment/event_enrichments/default", "", default),
    Route::new("PUT", "/enrichment/event_enrichments/default", "", set_default),
    Route::new("GET", "/enrichment/event_enrichments/{id}/associations", "", associations),
    Route::new("POST", "/enrichment/event_enrichments/{id}/associations", "", associate),
    Route::new("DELETE", "/enrichment/event_enrichments/{id}/associations", "", disassociate),
    Route::new("GET", "/enrichment/event_enrichments/{id}/rules", "", rules),
    Route::new("PUT", "/enrichment/event_enrichments/{id}/rules", "", set_rules),
];

// Associations and rules are told on paths of their own.
fn counted(_: &Store, record: &Record, shown: &mut Map<String, Value>) {
    let held = record.fields.get("associations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let of = |kind: &str| held.iter().filter(|item| item["type"] == kind).count();
    for gone in ["type", "associations", "sets", "rules_changed"] {
        shown.remove(gone);
    }
    shown.insert("associated_services".into(), json!(of("service_reference")));
    shown.insert("associated_event_orchestrations".into(), json!(of("event_orchestration_reference")));
}

fn reference(store: &Store, id: Option<&str>) -> Value {
    let Some(id) = id else { return Value::Null };
    let mut shown = bare(ENRICHMENT, id);
    store.complete(&mut shown, "", &View::default());
    if let Some(map) = shown.as_object_mut() {
        map.remove("html_url");
    }
    shown
}

fn marked(store: &Store) -> Option<String> {
    let mut rows = store.table(ENRICHMENT).rows().iter();
    rows.find(|row| row.fields.get("is_default") == Some(&json!(true))).map(|row| row.id.clone())
}

fn default(store: &mut Store, _: &Call) -> Answer {
    let id = marked(store).ok_or_else(errors::not_found)?;
    Ok(Reply::wrapped(200, "default", reference(store, Some(&id))))
}

fn set_default(store: &mut Store, call: &Call) -> Answer {
    let given = call.wrapped("default")?;
    let id = given.get("id").and_then(Value::as_str).unwrap_or("").to_owned();
    if !store.has(ENRICHMENT, &id) {
        return Err(errors::not_found());
    }
    let before = marked(store);
    for row in store.table_mut(ENRICHMENT).rows_mut() {
        let is = row.id == id;
        row.fields.insert("is_default".into(), json!(is));
    }
    let mut body = json!({"default": reference(store, Some(&id))});
    if before.is_some() {
        body["previous_default"] = reference(store, before.as_deref());
    }
    Ok(Reply::json(200, &body))
}

fn associate(store: &mut Store, call: &Call) -> Answer {
    if !store.has(ENRICHMENT, call.id(0)) {
        return Err(errors::not_found());
    }
    let mut new = Vec::new();
    for item in call.list("associations")? {
        let id = item["id"].as_str().unwrap_or("");
        let entity = item["type"].as_str().and_then(Entity::of_type).filter(|entity| store.has(*entity, id));
        let Some(entity) = entity else {
            return Err(errors::invalid_one(format!("Associations name something that does not exist: {id}")));
        };
        new.push(bare(entity, id));
    }
    let row = store.table_mut(ENRICHMENT).get_mut(call.id(0)).ok_or_else(errors::not_found)?;
    if let Some(held) = row.fields.entry("associations").or_insert_with(|| json!([])).as_array_mut() {
        new.retain(|item| held.iter().all(|own| own["id"] != item["id"]));
        held.extend(new);
    }
    Ok(Reply::json(201, &json!({"status": "created"})))
}

fn path(store: &Store, row: &Record) -> Value {
    let address = format!("https://api.pagerduty.com/enrichment/event_enrichments/{}", row.id);
    let parent =
        json!({"id": row.id, "type": "event_enrichment_reference", "summary": row.text("name"), "self": address});
    let start = json!([{"id": "start", "rules": []}]);
    let held = |key: &str| row.fields.get(key).cloned().unwrap_or_default();
    let mut shown = json!({
        "type": "event_enrichment",
        "parent": parent,
        "self": format!("{address}/rules"),
        "sets": row.fields.get("sets").cloned().unwrap_or(start),
        "created_at": held("created_at"), "created_by": held("created_by"),
        "updated_at": row.fields.get("rules_changed").cloned().unwrap_or_else(|| held("updated_at")),
        "updated_by": held("updated_by"),
        "version": format!("v1_{}", row.id),
    });
    store.complete(&mut shown, "", &View::default());
    shown
}

fn rules(store: &mut Store, call: &Call) -> Answer {
    let row = store.get(ENRICHMENT, call.id(0)).ok_or_else(errors::not_found)?;
    Ok(Reply::wrapped(200, "orchestration_path", path(store, row)))
}

fn set_rules(store: &mut Store, call: &Call) -> Answer {
    if !store.has(ENRICHMENT, call.id(0)) {
        return Err(errors::not_found());
    }
    let mut given = Value::Object(call.wrapped("orchestration_path")?);
    let Some(sets) = given["sets"].as_array_mut() else {
        return Err(errors::invalid_one("Sets can't be blank"));
    };
    // PagerDuty names rules that have no name yet.
    for rule in sets.iter_mut().filter_map(|set| set["rules"].as_array_mut()).flatten() {
        if rule["id"].is_null() {
            rule["id"] = json!(store.rng().hex().get(..8).unwrap_or("rule0001"));
        }
    }
    let sets = given["sets"].take();
    let row = store.table_mut(ENRICHMENT).get_mut(call.id(0)).ok_or_else(errors::not_found)?;
    row.fields.insert("sets".into(), sets);
    row.fields.insert("rules_changed".into(), json!(times::utc(call.now)));
    rules(store, call)
}

fn associations(store: &mut Store, call: &Call) -> Answer {
    let window = Window::of(call)?;
    let row = store.get(Entity::EventEnrichment, call.id(0)).ok_or_else(errors::not_found)?;
    let held = row.fields.get("associations").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    Ok(window.cut("associations", held, |item| {
        let mut shown = item.clone();
        store.complete(&mut shown, "", &View::default());
        shown.to_string()
    }))
}

// All gone: 200. Some were not there: 207 with a result for each.
fn disassociate(store: &mut Store, call: &Call) -> Answer {
    if !store.has(Entity::EventEnrichment, call.id(0)) {
        return Err(errors::not_found());
    }
    let wanted = call.list("associations")?;
    let row = store.table_mut(Entity::EventEnrichment).get_mut(call.id(0));
    let held = row.and_then(|row| row.fields.get_mut("associations")?.as_array_mut());
    let Some(held) = held else { return Err(errors::not_found()) };
    let mut results = Vec::new();
    let mut all = true;
    for item in wanted {
        let before = held.len();
        held.retain(|own| own["id"] != item["id"]);
        let found = held.len() < before;
        all &= found;
        let problems = if found { json!([]) } else { json!(["Association not found"]) };
        results.push(json!({"status": if found { 200 } else { 404 }, "errors": problems, "association": item}));
    }
    if all {
        return Ok(Reply::json(200, &json!({"status": "ok"})));
    }
    Ok(Reply::json(207, &json!({"associations": results})))
}

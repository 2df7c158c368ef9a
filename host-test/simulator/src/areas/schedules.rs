//! Schedules, their overrides and who is in them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::crud::{Kind, Shape, accept};
use crate::errors;
use crate::pages::{self, Window};
use crate::present::{View, bare};
use crate::reply::{Answer, Reply};
use crate::rota;
use crate::routes::Route;
use crate::store::{Entity, Record, Store};
use crate::times::{self, DAY};

const KIND: Kind = Kind {
    entity: Entity::Schedule,
    one: "schedule",
    many: "schedules",
    fields: &[
        ("name", Shape::Text, false),
        ("description", Shape::Text, false),
        ("time_zone", Shape::Text, true),
        ("schedule_layers", Shape::Any, false),
        ("teams", Shape::Refs(Entity::Team), false),
    ],
    unique: "name",
    searched: &["name"],
    includes: &[("schedule_layers", &[]), ("overrides_subschedule", &[]), ("final_schedule", &[])],
    defaults: |_| json!({"name": "Unnamed", "time_zone": "UTC", "description": null, "teams": [], "schedule_layers": [], "overrides": []}),
    audited: true,
};

const READ: &str = "schedules.read";
const WRITE: &str = "schedules.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/schedules", READ, list),
    Route::new("POST", "/schedules", WRITE, create),
    Route::new("GET", "/schedules/{id}", READ, get),
    Route::new("PUT", "/schedules/{id}", WRITE, update),
    Route::new("DELETE", "/schedules/{id}", WRITE, delete),
    Route::new("POST", "/schedules/preview", WRITE, preview),
    Route::new("GET", "/schedules/{id}/users", "users.read", users),
    Route::new("GET", "/schedules/{id}/overrides", READ, list_overrides),
    Route::new("POST", "/schedules/{id}/overrides", WRITE, create_overrides),
    Route::new("DELETE", "/schedules/{id}/overrides/{override}", WRITE, delete_override),
];

// `since` and `until`, two weeks from now unless given.
fn window(call: &Call) -> Result<(Timestamp, Timestamp), Reply> {
    let since = call.time("since")?.unwrap_or(call.now);
    let until = call.time("until")?.unwrap_or_else(|| times::plus(since, 14 * DAY));
    if until < since {
        return Err(errors::invalid_one("until must be after since"));
    }
    if until.as_second() - since.as_second() > rota::LONGEST {
        return Err(errors::invalid_one("The time between since and until is too long"));
    }
    Ok((since, until))
}

// Layers with the turns that fall into the window, where one was asked for.
fn detailed(store: &Store, schedule: &Record, window: Option<(Timestamp, Timestamp)>, view: &View) -> Value {
    let zone = view.zone.clone().unwrap_or_else(|| rota::zone(schedule));
    let turns = |turns: Vec<rota::Turn>| -> (Value, Value) {
        match window {
            Some((since, until)) => (rota::rendered(&turns, &zone), json!(rota::coverage(&turns, since, until))),
            None => (json!([]), Value::Null),
        }
    };
    let (since, until) = window.unwrap_or((Timestamp::MIN, Timestamp::MIN));
    let layers: Vec<Value> = rota::layers(schedule)
        .iter()
        .rev()
        .map(|layer| {
            let mut layer = layer.clone();
            let own = rota::zone(schedule);
            let found = if window.is_some() { rota::layer_turns(&layer, &own, since, until) } else { Vec::new() };
            let (entries, coverage) = turns(found);
            layer["rendered_schedule_entries"] = entries;
            layer["rendered_coverage_percentage"] = coverage;
            layer
        })
        .collect();
    let named = |name: &str, found: Vec<rota::Turn>| {
        let (entries, coverage) = turns(found);
        json!({"name": name, "rendered_schedule_entries": entries, "rendered_coverage_percentage": coverage})
    };
    let (overrides, all) = match window {
        Some((since, until)) => {
            (rota::override_turns(schedule, since, until), rota::final_turns(schedule, since, until))
        }
        None => (Vec::new(), Vec::new()),
    };
    let mut shown = store.show(Entity::Schedule, schedule, view);
    shown["schedule_layers"] = json!(layers);
    shown["overrides_subschedule"] = named("Overrides", overrides);
    shown["final_schedule"] = named("Final Schedule", all);
    store.complete(&mut shown, "", &View::default());
    shown
}

fn asked(call: &Call) -> Result<Option<(Timestamp, Timestamp)>, Reply> {
    let given = call.query.first("since").is_some() || call.query.first("until").is_some();
    if given { Ok(Some(window(call)?)) } else { Ok(None) }
}

fn list(store: &mut Store, call: &Call) -> Answer {
    let view = View::of(call, KIND.includes)?;
    let parts = ["schedule_layers", "overrides_subschedule", "final_schedule"];
    if !parts.iter().any(|part| view.has(part)) {
        return KIND.list(store, call, |schedule| call.query.passes("team_ids[]", schedule.ids("teams").into_iter()));
    }
    let window = asked(call)?;
    let page = Window::of(call)?;
    let query = call.query.first("query").unwrap_or("").to_lowercase();
    let rows = store.table(Entity::Schedule).rows().iter();
    let rows: Vec<&Record> = rows
        .filter(|schedule| schedule.text("name").to_lowercase().contains(&query))
        .filter(|schedule| call.query.passes("team_ids[]", schedule.ids("teams").into_iter()))
        .collect();
    Ok(page.cut("schedules", &rows, |schedule| {
        let mut shown = detailed(store, schedule, window, &view);
        if let Some(map) = shown.as_object_mut() {
            map.retain(|key, _| !parts.contains(&key.as_str()) || view.has(key));
        }
        shown.to_string()
    }))
}

fn get(store: &mut Store, call: &Call) -> Answer {
    let view = View::of(call, KIND.includes)?;
    let schedule = KIND.find(store, call.id(0))?;
    Ok(Reply::wrapped(200, "schedule", detailed(store, schedule, asked(call)?, &view)))
}

// Completes the layers, or says what is wrong with them.
fn check(store: &mut Store, given: &mut Map<String, Value>) -> Result<(), Reply> {
    let zone = given.get("time_zone").and_then(Value::as_str);
    if let Some(name) = zone.filter(|name| jiff::tz::TimeZone::get(name).is_err()) {
        return Err(errors::invalid_one(format!("Time zone is invalid: {name}")));
    }
    let Some(layers) = given.get_mut("schedule_layers") else { return Ok(()) };
    let Some(layers) = layers.as_array_mut() else {
        return Err(errors::invalid_one("Schedule layers must be an array"));
    };
    for (layer, n) in layers.iter_mut().zip(1..) {
        let wrong = |what: &str| Err(errors::invalid_one(format!("Schedule layer {n}: {what}")));
        let Some(layer) = layer.as_object_mut() else { return wrong("must be an object") };
        for field in ["start", "rotation_virtual_start"] {
            if layer.get(field).and_then(Value::as_str).and_then(times::parse).is_none() {
                return wrong(&format!("{field} must be a time"));
            }
        }
        let length = layer.get("rotation_turn_length_seconds").and_then(Value::as_i64);
        if length.is_none_or(|seconds| !(3_600..=31_536_000).contains(&seconds)) {
            return wrong("rotation_turn_length_seconds must be 3600 to 31536000");
        }
        let Some(users) = layer.get_mut("users").and_then(Value::as_array_mut) else {
            return wrong("users must be an array");
        };
        for user in users {
            let id = user.get("user").and_then(|user| user.get("id")).and_then(Value::as_str).unwrap_or("");
            if !store.has(Entity::User, id) {
                return wrong(&format!("no such user: {id}"));
            }
            *user = json!({"user": bare(Entity::User, id)});
        }
        let id = store.rng().short_id();
        layer.entry("id").or_insert_with(|| json!(id));
        layer.entry("name").or_insert_with(|| json!(format!("Layer {n}")));
        layer.entry("end").or_insert(Value::Null);
        layer.entry("restrictions").or_insert_with(|| json!([]));
        for made in ["rendered_schedule_entries", "rendered_coverage_percentage"] {
            layer.remove(made);
        }
    }
    Ok(())
}

fn create(store: &mut Store, call: &Call) -> Answer {
    let mut given = call.wrapped("schedule")?;
    check(store, &mut given)?;
    let made = KIND.create_from(store, call, &given, "")?;
    let schedule = store.table(Entity::Schedule).rows().last();
    let shown = schedule.map(|schedule| detailed(store, schedule, None, &View::default()));
    Ok(Reply::wrapped(made.status, "schedule", json!(shown)))
}

fn update(store: &mut Store, call: &Call) -> Answer {
    KIND.find(store, call.id(0))?;
    let mut given = call.wrapped("schedule")?;
    check(store, &mut given)?;
    KIND.update_from(store, call, &given, call.id(0))?;
    get(store, call)
}

fn delete(store: &mut Store, call: &Call) -> Answer {
    KIND.find(store, call.id(0))?;
    let used = store.policies_with(call.id(0));
    if used.as_array().is_some_and(|policies| !policies.is_empty()) {
        return Err(errors::invalid_one("Schedule can't be deleted if it's being used by escalation policies"));
    }
    KIND.delete(store, call, call.id(0))
}

// What a schedule would look like; nothing is kept.
fn preview(store: &mut Store, call: &Call) -> Answer {
    let mut given = call.wrapped("schedule")?;
    check(store, &mut given)?;
    let window = window(call)?;
    let mut fields = Map::new();
    if let Value::Object(defaults) = (KIND.defaults)(call) {
        fields = defaults;
    }
    fields.extend(accept(store, &Kind { unique: "", ..KIND }, &given, None)?);
    let schedule = Record { id: "PREVIEW".into(), owner: String::new(), fields };
    Ok(Reply::wrapped(200, "schedule", detailed(store, &schedule, Some(window), &View::default())))
}

// Everybody on call in the window; not paged.
fn users(store: &mut Store, call: &Call) -> Answer {
    let schedule = KIND.find(store, call.id(0))?;
    let (since, until) = window(call)?;
    let mut ids: Vec<String> = Vec::new();
    for turn in rota::final_turns(schedule, since, until) {
        if !ids.contains(&turn.user) {
            ids.push(turn.user);
        }
    }
    let shown: Vec<String> =
        ids.iter().map(|id| store.show_id(Entity::User, id, &View::default()).to_string()).collect();
    Ok(pages::whole(200, "users", &shown))
}

fn show_override(store: &Store, schedule: &Record, item: &Value) -> Value {
    let zone = rota::zone(schedule);
    let mut shown = item.clone();
    for key in ["start", "end"] {
        if let Some(at) = item.get(key).and_then(Value::as_str).and_then(times::parse) {
            shown[key] = json!(times::local(at, &zone));
        }
    }
    store.complete(&mut shown, "", &View::default());
    shown
}

// Both dates are required, and the answer's status is 201 as documented.
fn list_overrides(store: &mut Store, call: &Call) -> Answer {
    let schedule = KIND.find(store, call.id(0))?;
    let (Some(since), Some(until)) = (call.time("since")?, call.time("until")?) else {
        return Err(errors::invalid_one("since and until are required"));
    };
    let inside = |item: &&Value| {
        let at = |key: &str| item.get(key).and_then(Value::as_str).and_then(times::parse);
        at("start").is_some_and(|start| start < until) && at("end").is_some_and(|end| end > since)
    };
    let items = rota::overrides(schedule).iter().filter(inside);
    let items: Vec<String> = items.map(|item| show_override(store, schedule, item).to_string()).collect();
    Ok(pages::whole(201, "overrides", &items))
}

// One result for each: an array without a wrapper.
fn create_overrides(store: &mut Store, call: &Call) -> Answer {
    KIND.find(store, call.id(0))?;
    let mut results = Vec::new();
    for item in call.list("overrides")? {
        let user = item.get("user").and_then(|user| user.get("id")).and_then(Value::as_str).unwrap_or("");
        let at = |key: &str| item.get(key).and_then(Value::as_str).and_then(times::parse);
        let problem = match (at("start"), at("end")) {
            _ if !store.has(Entity::User, user) => Some("User does not exist"),
            (Some(start), Some(end)) if end <= start => Some("Override must end after its start"),
            (Some(_), Some(end)) if end <= call.now => Some("Override must end in the future"),
            (Some(_), Some(_)) => None,
            _ => Some("Override needs a start and an end"),
        };
        let mut kept = json!({
            "start": item.get("start").cloned().unwrap_or_default(),
            "end": item.get("end").cloned().unwrap_or_default(),
            "user": bare(Entity::User, user),
        });
        let Some(problem) = problem else {
            kept["id"] = json!(store.rng().id("Q", 14));
            if let Some(schedule) = store.table_mut(Entity::Schedule).get_mut(call.id(0)) {
                let list = schedule.fields.entry("overrides").or_insert_with(|| json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(kept.clone());
                }
            }
            let shown = KIND.find(store, call.id(0)).map(|schedule| show_override(store, schedule, &kept))?;
            results.push(json!({"status": 201, "override": shown}));
            continue;
        };
        results.push(json!({"status": 400, "errors": [problem], "override": kept}));
    }
    Ok(Reply::json(201, &json!(results)))
}

// One that has begun is cut short (200), one to come is removed (204).
fn delete_override(store: &mut Store, call: &Call) -> Answer {
    let schedule = KIND.find(store, call.id(0))?;
    let found = rota::overrides(schedule).iter().position(|item| item["id"] == call.id(1));
    let at = found.ok_or_else(errors::not_found)?;
    let times_of = |key: &str| rota::overrides(schedule)[at][key].as_str().and_then(times::parse);
    let (start, end) = (times_of("start"), times_of("end"));
    if end.is_some_and(|end| end <= call.now) {
        return Err(errors::invalid_one("An override that has ended cannot be removed"));
    }
    let begun = start.is_some_and(|start| start < call.now);
    let record = store.table_mut(Entity::Schedule).get_mut(call.id(0));
    let list = record.and_then(|record| record.fields.get_mut("overrides")?.as_array_mut());
    if let Some(list) = list {
        if begun {
            list[at]["end"] = json!(times::utc(call.now));
        } else {
            list.remove(at);
        }
    }
    Ok(Reply::empty(if begun { 200 } else { 204 }))
}

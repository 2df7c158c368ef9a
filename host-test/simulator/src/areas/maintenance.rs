//! Maintenance windows.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::crud::{Kind, Shape};
use crate::errors;
use crate::present::{View, bare};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};
use crate::times;

const KIND: Kind = Kind {
    entity: Entity::MaintenanceWindow,
    one: "maintenance_window",
    many: "maintenance_windows",
    fields: &[
        ("start_time", Shape::Time, true),
        ("end_time", Shape::Time, true),
        ("description", Shape::Text, false),
        ("services", Shape::Refs(Entity::Service), true),
    ],
    unique: "",
    searched: &["description"],
    includes: &[("teams", &["teams"]), ("services", &["services"]), ("users", &["created_by"])],
    defaults: |_| json!({"description": null, "teams": []}),
    audited: false,
};

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/maintenance_windows", "services.read", list),
    Route::new("POST", "/maintenance_windows", "services.write", create).from(),
    Route::new("GET", "/maintenance_windows/{id}", "services.read", |store, call| KIND.get(store, call)),
    Route::new("PUT", "/maintenance_windows/{id}", "services.write", update),
    Route::new("DELETE", "/maintenance_windows/{id}", "services.write", delete),
];

fn state(record: &Record, call: &Call) -> &'static str {
    let at = |key: &str| times::parse(record.text(key));
    match (at("start_time"), at("end_time")) {
        (_, Some(end)) if end <= call.now => "past",
        (Some(start), _) if start > call.now => "future",
        _ => "ongoing",
    }
}

fn list(store: &mut Store, call: &Call) -> Answer {
    let wanted = call.choices("filter", &["past", "future", "ongoing", "open", "all"])?.pop();
    KIND.list(store, call, |record| {
        let state = state(record, call);
        let fits = match wanted.as_deref() {
            None | Some("all") => true,
            Some("open") => state != "past",
            Some(other) => state == other,
        };
        fits && call.query.passes("service_ids[]", record.ids("services").into_iter())
            && call.query.passes("team_ids[]", record.ids("teams").into_iter())
    })
}

fn check(given: &Map<String, Value>) -> Result<(), Reply> {
    let at = |key: &str| given.get(key).and_then(Value::as_str).and_then(times::parse);
    match (at("start_time"), at("end_time")) {
        (Some(start), Some(end)) if end <= start => Err(errors::invalid_one("End time must be after start time")),
        _ => Ok(()),
    }
}

fn create(store: &mut Store, call: &Call) -> Answer {
    let given = call.wrapped("maintenance_window")?;
    check(&given)?;
    let made = KIND.create_from(store, call, &given, "")?;
    let rows = store.table(Entity::MaintenanceWindow).rows();
    let number = rows.len();
    let id = rows.last().map(|record| record.id.clone()).unwrap_or_default();
    let author = call.actor.as_deref().map(|user| bare(Entity::User, user));
    if let Some(record) = store.table_mut(Entity::MaintenanceWindow).get_mut(&id) {
        record.fields.insert("sequence_number".into(), json!(number));
        record.fields.insert("created_by".into(), json!(author));
    }
    let shown = store.show_id(Entity::MaintenanceWindow, &id, &View::default());
    Ok(Reply::wrapped(made.status, "maintenance_window", shown))
}

fn update(store: &mut Store, call: &Call) -> Answer {
    let record = KIND.find(store, call.id(0))?;
    if state(record, call) == "past" {
        return Err(errors::invalid_one("A maintenance window that has ended cannot be changed"));
    }
    let given = call.wrapped("maintenance_window")?;
    check(&given)?;
    KIND.update_from(store, call, &given, call.id(0))
}

// One that runs is ended, one to come is removed, one that is over stays.
fn delete(store: &mut Store, call: &Call) -> Answer {
    match state(KIND.find(store, call.id(0))?, call) {
        "past" => Err(errors::error(405, 2001, "Method Not Allowed", &["Maintenance window has already ended".into()])),
        "ongoing" => {
            if let Some(record) = store.table_mut(Entity::MaintenanceWindow).get_mut(call.id(0)) {
                record.fields.insert("end_time".into(), json!(times::account(call.now)));
            }
            Ok(Reply::empty(204))
        }
        _ => KIND.delete(store, call, call.id(0)),
    }
}

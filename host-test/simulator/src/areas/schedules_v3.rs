//! The newer schedules: rotations of events, shifts by hand, and overrides.
//! They and the older schedules are different sets.

use serde_json::{Map, Value, json};

use super::audit;
use crate::call::Call;
use crate::collection::{self, Collection, PLAIN};
use crate::errors;
use crate::pages::Window;
use crate::present::{Include, View, bare};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};
use crate::times;

const SCHEDULE: Entity = Entity::Of("schedule_v3");
const ROTATION: Entity = Entity::Of("schedule_rotation");
const EVENT: Entity = Entity::Of("schedule_event");
const SHIFT: Entity = Entity::Of("custom_shift");
const OVERRIDE: Entity = Entity::Of("override_shift");

const INCLUDES: &[Include] = &[
    ("final_schedule", &[]),
    ("escalation_policies", &["escalation_policies"]),
    ("users", &["users"]),
    ("teams", &["teams"]),
];

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        entity: SCHEDULE,
        kind: "schedule_v3",
        path: "/v3/schedules",
        one: "schedule",
        many: "schedules",
        verbs: "CUD",
        fields: "name!:text time_zone!:text description:text teams:@team[]",
        unique: "name",
        defaults: r#"{"name": null, "time_zone": null, "description": null, "teams": []}"#,
        filters: "query~name team_ids[]=teams",
        seed: &[(0, r#"{"name": "Harbour watch", "time_zone": "Europe/Copenhagen", "teams": ["$team:0"]}"#)],
        check: zone,
        derive: whole,
        ..PLAIN
    },
    Collection {
        entity: ROTATION,
        kind: "schedule_rotation",
        path: "/v3/schedules/{id}/rotations",
        one: "rotation",
        many: "rotations",
        verbs: "LGD",
        parents: &[SCHEDULE],
        seed: &[(0, "{}")],
        derive: |store, record, shown| {
            shown.remove("summary");
            shown.insert("events".into(), json!(owned(store, EVENT, &record.id)));
        },
        ..PLAIN
    },
    Collection {
        entity: EVENT,
        kind: "schedule_event",
        path: "/v3/schedules/{id}/rotations/{rotation}/events",
        one: "event",
        many: "events",
        fields: "name!:text start_time!:object start_time.date_time!:time start_time.time_zone:text end_time!:object \
                 end_time.date_time!:time effective_since!:time effective_until:time recurrence!:list \
                 assignment_strategy!:object \
                 assignment_strategy.type!:rotating_member_assignment_strategy|every_member_assignment_strategy \
                 assignment_strategy.shifts_per_member:whole assignment_strategy.members!:list",
        defaults: r#"{"name": null, "start_time": null, "end_time": null, "effective_since": null, "effective_until": null, "recurrence": [], "assignment_strategy": null}"#,
        parents: &[SCHEDULE, ROTATION],
        seed: &[(
            0,
            r#"{"name": "Days", "start_time": {"date_time": "2026-01-05T08:00:00Z", "time_zone": "Europe/Copenhagen"}, "end_time": {"date_time": "2026-01-05T20:00:00Z", "time_zone": "Europe/Copenhagen"}, "effective_since": "2026-01-05T07:00:00Z", "recurrence": ["RRULE:FREQ=DAILY"], "assignment_strategy": {"type": "rotating_member_assignment_strategy", "shifts_per_member": 7, "members": [{"type": "user_member", "user_id": "$user.id:0"}, {"type": "user_member", "user_id": "$user.id:1"}]}}"#,
        )],
        check: members,
        derive: |_, _, shown| {
            shown.remove("summary");
        },
        ..PLAIN
    },
    Collection {
        entity: SHIFT,
        kind: "custom_shift",
        path: "/v3/schedules/{id}/custom_shifts",
        one: "custom_shift",
        many: "custom_shifts",
        fields: "type:=custom_shift start_time!:time end_time!:time assignments!:list",
        defaults: r#"{"start_time": null, "end_time": null, "assignments": []}"#,
        parents: &[SCHEDULE],
        in_bulk: true,
        seed: &[(
            0,
            r#"{"start_time": "2026-11-02T08:00:00Z", "end_time": "2026-11-02T16:00:00Z", "assignments": [{"id": "$id", "type": "shift_assignment", "member": {"type": "user_member", "user_id": "$user.id:2"}}]}"#,
        )],
        check: shift,
        derive: |_, _, shown| {
            shown.remove("summary");
        },
        ..PLAIN
    },
    Collection {
        entity: OVERRIDE,
        kind: "override_shift",
        path: "/v3/schedules/{id}/overrides",
        one: "override",
        many: "overrides",
        fields: "type:=override_shift rotation_id:@schedule_rotation custom_shift_id:@custom_shift start_time!:time \
                 end_time!:time overridden_member!:object overriding_member!:object",
        fixed: &["rotation_id", "custom_shift_id", "overridden_member"],
        defaults: r#"{"rotation_id": null, "custom_shift_id": null, "start_time": null, "end_time": null}"#,
        parents: &[SCHEDULE],
        in_bulk: true,
        seed: &[(
            0,
            r#"{"rotation_id": "$schedule_rotation.id:0", "start_time": "2026-11-03T08:00:00Z", "end_time": "2026-11-03T12:00:00Z", "overridden_member": {"type": "user_member", "user_id": "$user.id:0"}, "overriding_member": {"type": "user_member", "user_id": "$user.id:3"}}"#,
        )],
        check: shift,
        derive: |_, _, shown| {
            shown.remove("summary");
        },
        ..PLAIN
    },
];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/v3/schedules", "", list),
    Route::new("GET", "/v3/schedules/{id}", "", get),
    Route::new("POST", "/v3/schedules/{id}/rotations", "", create_rotation),
    Route::new("GET", "/v3/schedules/{id}/audit/records", "audit_records.read", |store, call| {
        audit::list(store, call, Some(SCHEDULE))
    }),
];

fn zone(_: &mut Store, _: &Call, given: &mut Map<String, Value>, _: Option<&str>) -> Result<(), Reply> {
    let name = given.get("time_zone").and_then(Value::as_str).filter(|name| !name.is_empty());
    match name.map(jiff::tz::TimeZone::get) {
        Some(Err(_)) => Err(errors::invalid_one(format!("Time zone is invalid: {}", name.unwrap_or("")))),
        _ => Ok(()),
    }
}

// A member is a user of the account or nobody.
fn member(store: &Store, member: &Value) -> Result<(), Reply> {
    let user = member.get("user_id").and_then(Value::as_str).unwrap_or("");
    match member.get("type").and_then(Value::as_str) {
        Some("user_member") if store.has(Entity::User, user) => Ok(()),
        Some("empty_member") => Ok(()),
        _ => Err(errors::invalid_one(format!("Member does not exist: {user}"))),
    }
}

fn members(store: &mut Store, _: &Call, given: &mut Map<String, Value>, _: Option<&str>) -> Result<(), Reply> {
    let members = collection::at(given, "assignment_strategy.members").and_then(Value::as_array);
    members.into_iter().flatten().try_for_each(|one| member(store, one))
}

fn shift(store: &mut Store, _: &Call, given: &mut Map<String, Value>, _: Option<&str>) -> Result<(), Reply> {
    let at = |key: &str| given.get(key).and_then(Value::as_str).and_then(times::parse);
    if at("start_time").zip(at("end_time")).is_some_and(|(start, end)| end <= start) {
        return Err(errors::invalid_one("End time must be after start time"));
    }
    for key in ["overridden_member", "overriding_member"] {
        given.get(key).map_or(Ok(()), |one| member(store, one))?;
    }
    for assignment in given.get_mut("assignments").and_then(Value::as_array_mut).into_iter().flatten() {
        member(store, assignment.get("member").unwrap_or(&Value::Null))?;
        if assignment.get("id").is_none() {
            assignment["id"] = json!(store.rng().short_id());
        }
    }
    Ok(())
}

fn owned(store: &Store, entity: Entity, owner: &str) -> Vec<Value> {
    let rows = store.table(entity).rows().iter().filter(|record| record.owner == owner);
    rows.map(|record| store.show(entity, record, &View::default())).collect()
}

fn whole(store: &Store, record: &Record, shown: &mut Map<String, Value>) {
    let rotations = owned(store, ROTATION, &record.id);
    let mut users: Vec<&str> = Vec::new();
    for rotation in &rotations {
        let events = rotation["events"].as_array().into_iter().flatten();
        for member in events.filter_map(|event| event["assignment_strategy"]["members"].as_array()).flatten() {
            let user = member["user_id"].as_str().unwrap_or("");
            if store.has(Entity::User, user) && !users.contains(&user) {
                users.push(user);
            }
        }
    }
    shown.insert("users".into(), users.iter().map(|id| bare(Entity::User, id)).collect());
    shown.insert("escalation_policies".into(), store.policies_with(&record.id));
    shown.insert("rotations".into(), Value::Array(rotations));
    let calendar = format!("lanternway.pagerduty.com/private/{}/feed", record.id.to_lowercase());
    shown.insert("http_cal_url".into(), json!(format!("https://{calendar}")));
    shown.insert("web_cal_url".into(), json!(format!("webcal://{calendar}")));
}

// A list shows references.
fn list(store: &mut Store, call: &Call) -> Answer {
    let window = Window::of(call)?;
    let query = call.query.first("query").unwrap_or("").to_lowercase();
    let rows = store.table(SCHEDULE).rows().iter();
    let rows: Vec<&Record> = rows
        .filter(|record| record.text("name").to_lowercase().contains(&query))
        .filter(|record| call.query.passes("team_ids[]", record.ids("teams").into_iter()))
        .collect();
    Ok(window.cut("schedules", &rows, |record| store.reference("schedule_v3_reference", &record.id).to_string()))
}

fn get(store: &mut Store, call: &Call) -> Answer {
    let view = View::of(call, INCLUDES)?;
    let record = store.get(SCHEDULE, call.id(0)).ok_or_else(errors::not_found)?;
    let mut shown = store.show(SCHEDULE, record, &view);
    if view.has("final_schedule") {
        let (Some(since), Some(until)) = (call.time("since")?, call.time("until")?) else {
            return Err(errors::invalid_one("since and until are needed with include[]=final_schedule"));
        };
        shown["final_schedule"] = finally(store, &record.id, (since, until));
    }
    Ok(Reply::wrapped(200, "schedule", shown))
}

// Shifts by hand and overrides in the window. Rotations are not computed.
fn finally(store: &Store, schedule: &str, (since, until): (jiff::Timestamp, jiff::Timestamp)) -> Value {
    let mut shifts = Vec::new();
    for (entity, kind, key) in [(SHIFT, "custom_shift", "shift_id"), (OVERRIDE, "override_shift", "override_id")] {
        for record in store.table(entity).rows().iter().filter(|record| record.owner == schedule) {
            let at = |key: &str| times::parse(record.text(key));
            let inside = at("start_time").is_some_and(|at| at < until) && at("end_time").is_some_and(|at| at > since);
            let assigned = record.fields.get("assignments").and_then(Value::as_array).into_iter().flatten();
            let members = assigned.filter_map(|one| one.get("member"));
            for member in members.chain(record.fields.get("overriding_member")).filter(|_| inside) {
                shifts.push(json!({
                    "type": "computed_shift_assignment", "start_time": record.text("start_time"),
                    "end_time": record.text("end_time"), "member": member, "source": {"type": kind, key: record.id},
                }));
            }
        }
    }
    json!({"type": "final_schedule", "rendered_coverage_percentage": 0.0, "computed_shift_assignments": shifts})
}

// The body says nothing.
fn create_rotation(store: &mut Store, call: &Call) -> Answer {
    if !store.has(SCHEDULE, call.id(0)) {
        return Err(errors::not_found());
    }
    let loaded = collection::of(ROTATION).ok_or_else(errors::not_found)?;
    let id = loaded.put(store, Map::new(), call.id(0), call.now, call.actor.as_deref());
    Ok(Reply::wrapped(201, "rotation", store.show_id(ROTATION, &id, &View::default())))
}

//! Change events: what was deployed or changed, newest first. They are made by
//! the Events API; what is posted here is accepted and comes to nothing.

use serde_json::Value;

use crate::call::Call;
use crate::crud::{Kind, Shape, nothing};
use crate::errors;
use crate::pages::Window;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};
use crate::times;

const KIND: Kind = Kind {
    entity: Entity::ChangeEvent,
    one: "change_event",
    many: "change_events",
    fields: &[("summary", Shape::Text, false), ("custom_details", Shape::Any, false)],
    unique: "",
    searched: &[],
    includes: &[],
    defaults: nothing,
    audited: false,
};

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/change_events", "change_events.read", |store, call| list(store, call, None)),
    Route::new("POST", "/change_events", "", |_, _| Ok(Reply::empty(202))),
    Route::new("GET", "/change_events/{id}", "change_events.read", |store, call| KIND.get(store, call)),
    Route::new("PUT", "/change_events/{id}", "change_events.write", |store, call| KIND.update(store, call)),
    Route::new("GET", "/services/{id}/change_events", "services.read", of_service),
    Route::new("GET", "/incidents/{id}/related_change_events", "incidents.read", related),
];

// Only UTC is taken here.
fn utc(call: &Call, name: &str) -> Result<Option<jiff::Timestamp>, Reply> {
    if let Some(text) = call.query.first(name).filter(|text| !text.is_empty() && !times::says_utc(text)) {
        return Err(errors::invalid_one(format!("{name} must be a time in UTC: {text}")));
    }
    call.time(name)
}

fn list(store: &Store, call: &Call, service: Option<&str>) -> Answer {
    let window = Window::of(call)?;
    let (since, until) = (utc(call, "since")?, utc(call, "until")?);
    let rows = store.table(Entity::ChangeEvent).rows().iter();
    let mut rows: Vec<(Option<jiff::Timestamp>, &Record)> = rows
        .map(|record| (times::parse(record.text("timestamp")), record))
        .filter(|(at, record)| {
            let teams = record.ids("services").into_iter().flat_map(|service| {
                let service = store.get(Entity::Service, service);
                let policy = service.and_then(|service| service.ids("escalation_policy").first().copied());
                let policy = policy.and_then(|policy| store.get(Entity::EscalationPolicy, policy));
                policy.map(|policy| policy.ids("teams")).unwrap_or_default()
            });
            since.is_none_or(|since| *at >= Some(since))
                && until.is_none_or(|until| *at < Some(until))
                && service.is_none_or(|id| record.refers_to("services", id))
                && call.query.passes("integration_ids[]", record.ids("integration").into_iter())
                && call.query.passes("team_ids[]", teams)
        })
        .collect();
    rows.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(window.cut("change_events", &rows, |(_, record)| {
        store.show(Entity::ChangeEvent, record, &View::default()).to_string()
    }))
}

fn of_service(store: &mut Store, call: &Call) -> Answer {
    if !store.has(Entity::Service, call.id(0)) {
        return Err(errors::not_found());
    }
    list(store, call, Some(call.id(0)))
}

fn related(store: &mut Store, call: &Call) -> Answer {
    let place = store.place(call.id(0)).ok_or_else(errors::not_found)?;
    let service = store.incidents.get(place).map(|incident| incident.service.clone());
    let mut reply = list(store, call, service.as_deref())?;
    if let Ok(mut body) = serde_json::from_slice::<Value>(&reply.body) {
        for event in body["change_events"].as_array_mut().into_iter().flatten() {
            event["correlation_reason"] = serde_json::json!({"reason": "most_recent"});
        }
        reply = Reply::json(200, &body);
    }
    Ok(reply)
}

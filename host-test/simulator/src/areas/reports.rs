//! What is told of the past: notifications that went out, and incidents that
//! were held back for a while before somebody was called.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::Call;
use crate::errors;
use crate::pages::Window;
use crate::present::{View, bare};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::incident::{Alert, Entry};
use crate::store::{Entity, Store};
use crate::times::{self, DAY};

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/notifications", "users:notifications.read", notifications),
    Route::new("GET", "/paused_incident_reports/alerts", "incidents.read", paused),
    Route::new("GET", "/paused_incident_reports/counts", "incidents.read", counted),
];

/// Most days that one query of notifications spans.
const SPAN: i64 = 93;

fn notifications(store: &mut Store, call: &Call) -> Answer {
    let window = Window::of(call)?;
    let zone = call.zone()?;
    let (Some(since), Some(until)) = (call.time("since")?, call.time("until")?) else {
        return Err(errors::invalid_one("since and until can't be blank"));
    };
    if until < since || until.as_second() - since.as_second() > SPAN * DAY {
        return Err(errors::invalid_one("until must be after since, by three months at most"));
    }
    let kinds = ["sms_notification", "email_notification", "phone_notification", "push_notification"];
    let wanted = call.choices("filter", &kinds)?.pop();
    let view = View::of(call, &[("users", &["user"])])?;
    // Who was told, by mail: the one channel that every seeded user has.
    let fits = |entry: &&Entry| {
        entry.kind == "notify"
            && entry.at >= since
            && entry.at <= until
            && wanted.as_deref().is_none_or(|kind| kind == "email_notification")
    };
    let entries = store.timeline.iter().rev().filter_map(|&place| store.entries.get(place));
    let found: Vec<&Entry> = entries.filter(fits).collect();
    Ok(window.cut("notifications", &found, |entry| {
        let user = entry.user.as_deref().unwrap_or("");
        let mut shown = json!({
            "id": entry.id,
            "type": "email_notification",
            "started_at": times::shown(entry.at, zone.as_ref()),
            "address": store.get(Entity::User, user).map(|user| user.text("email")),
            "status": "success",
        });
        let mut whom = bare(Entity::User, user);
        store.complete(&mut whom, "user", &view);
        shown["user"] = whom;
        shown.to_string()
    }))
}

/// Alerts of services that hold back what may resolve by itself: those that
/// became incidents all the same, and those that did not.
fn held_back(store: &Store, call: &Call) -> Result<(Timestamp, Timestamp, [Vec<Value>; 2]), Reply> {
    let until = call.time("until")?.unwrap_or(call.now);
    let since = call.time("since")?.unwrap_or_else(|| times::plus(until, -30 * DAY));
    let only = call.query.first("service_id");
    let by = call.choices("suspended_by", &["auto_pause", "rules"])?.pop();
    let pause = |service: &str| -> Option<i64> {
        let held = store.get(Entity::Service, service)?.fields.get("auto_pause_notifications_parameters")?;
        held["enabled"].as_bool().filter(|on| *on)?;
        Some(held["timeout"].as_i64().unwrap_or(120))
    };
    let (mut triggered, mut resolved) = (Vec::new(), Vec::new());
    for incident in store.incidents.iter().filter(|incident| only.is_none_or(|id| incident.service == id)) {
        let Some(pause) = pause(&incident.service).filter(|_| by.as_deref() != Some("rules")) else { continue };
        let inside = |alert: &&Alert| alert.created >= since && alert.created <= until;
        for alert in incident.alerts.iter().filter(inside) {
            let shown =
                json!({"id": alert.id, "service_id": incident.service, "created_at": times::utc(alert.created)});
            let soon = alert.resolved.is_some_and(|at| at.as_second() - alert.created.as_second() <= pause);
            if soon { resolved.push(shown) } else { triggered.push(shown) }
        }
    }
    Ok((since, until, [triggered, resolved]))
}

fn paused(store: &mut Store, call: &Call) -> Answer {
    let (since, until, [triggered, resolved]) = held_back(store, call)?;
    let body = json!({
        "since": times::utc(since), "until": times::utc(until),
        "triggered_after_pause_alerts": triggered, "resolved_after_pause_alerts": resolved,
    });
    Ok(Reply::wrapped(200, "paused_incident_reporting_alerts", body))
}

fn counted(store: &mut Store, call: &Call) -> Answer {
    let (since, until, [triggered, resolved]) = held_back(store, call)?;
    let body = json!({
        "since": times::utc(since), "until": times::utc(until), "paused_count": triggered.len() + resolved.len(),
        "triggered_after_pause_count": triggered.len(), "resolved_after_pause_count": resolved.len(),
    });
    Ok(Reply::wrapped(200, "paused_incident_reporting_counts", body))
}

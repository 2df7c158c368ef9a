//! Services and their integrations.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{before, nth, put, put_owned, words};
use crate::ROUTING_KEY;
use crate::present::bare;
use crate::store::{Entity, Store};
use crate::times::DAY;

fn name(n: usize) -> String {
    let product = words::PRODUCTS.get(n % 20).copied().unwrap_or("");
    let part = words::PARTS.get(n / 20).copied().unwrap_or("");
    match n {
        // What a spreadsheet would run, and what a terminal would obey.
        57 => "=1+1|Legacy \"Billing\", old".to_owned(),
        58 => "Kiosk\u{202e}ksoiK display".to_owned(),
        _ => format!("{product} {part}"),
    }
}

pub(super) fn services(store: &mut Store, now: Timestamp) {
    for n in 0..60_usize {
        let policy = nth(store, Entity::EscalationPolicy, n * 7);
        let hours = n % 4 == 1;
        let constant = |urgency: &str| json!({"type": "constant", "urgency": urgency});
        let rule = if hours {
            json!({
                "type": "use_support_hours",
                "during_support_hours": constant("high"),
                "outside_support_hours": constant("low"),
            })
        } else {
            constant(if n % 5 == 2 { "low" } else { "high" })
        };
        let support = if hours {
            json!({
                "type": "fixed_time_per_day", "time_zone": words::ZONES.get(n % words::ZONES.len()),
                "start_time": "09:00:00", "end_time": "17:00:00", "days_of_week": [1, 2, 3, 4, 5],
            })
        } else {
            Value::Null
        };
        let actions = if hours {
            json!([{
                "type": "urgency_change", "at": {"type": "named_time", "name": "support_hours_start"}, "to_urgency": "high",
            }])
        } else {
            json!([])
        };
        let grouping = match n % 4 {
            0 => json!({"type": "intelligent", "config": {"time_window": 300}}),
            1 => json!({"type": "time", "config": {"timeout": 120}}),
            2 => {
                json!({"type": "content_based", "config": {"aggregate": "all", "fields": ["summary"], "time_window": 900}})
            }
            _ => json!({"type": null, "config": null}),
        };
        let age = 900 - i64::try_from(n).unwrap_or(0) * 9;
        let fields = json!({
            "name": name(n),
            "description": if n % 5 == 3 { Value::Null } else { json!(format!("Runs in {} regions", 1 + n % 4)) },
            "created_at": before(now, age * DAY),
            "updated_at": before(now, age * DAY / 3),
            "status": if n == 59 { "disabled" } else { "active" },
            "auto_resolve_timeout": if n.is_multiple_of(3) { json!(14_400) } else { Value::Null },
            "acknowledgement_timeout": if n.is_multiple_of(2) { json!(1_800) } else { Value::Null },
            "escalation_policy": bare(Entity::EscalationPolicy, &policy),
            "incident_urgency_rule": rule,
            "support_hours": support,
            "scheduled_actions": actions,
            "alert_creation": "create_alerts_and_incidents",
            "alert_grouping": null,
            "alert_grouping_timeout": null,
            "alert_grouping_parameters": grouping,
            "addons": [],
            "auto_pause_notifications_parameters": {"enabled": n.is_multiple_of(6), "timeout": if n.is_multiple_of(6) { json!(300) } else { Value::Null }},
            "response_play": null,
        });
        let service = put(store, Entity::Service, fields);
        integrations(store, &service, n, now);
    }
}

fn integrations(store: &mut Store, service: &str, n: usize, now: Timestamp) {
    let vendor = nth(store, Entity::Vendor, n);
    let key = if n == 0 { ROUTING_KEY.to_owned() } else { store.rng().hex() };
    let fields = json!({
        "type": "events_api_v2_inbound_integration",
        "name": "Events API V2",
        "created_at": before(now, 400 * DAY),
        "vendor": if n.is_multiple_of(2) { bare(Entity::Vendor, &vendor) } else { Value::Null },
        "integration_key": key,
    });
    put_owned(store, Entity::Integration, service, fields);
    if n.is_multiple_of(3) {
        let fields = json!({
            "type": "generic_email_inbound_integration",
            "name": "Email",
            "created_at": before(now, 350 * DAY),
            "vendor": null,
            "integration_email": format!("alerts-{n:02}@lanternway.pagerduty.com"),
            "email_incident_creation": "on_new_email",
            "email_filter_mode": "all-email",
            "email_parsers": [],
            "email_filters": [],
        });
        put_owned(store, Entity::Integration, service, fields);
    }
}

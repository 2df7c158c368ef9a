//! Services and their integrations.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::crud::{Kind, Shape};
use crate::errors;
use crate::present::{Include, View};
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Store};
use crate::times;

const INCLUDES: &[Include] = &[
    ("escalation_policies", &["escalation_policy"]),
    ("teams", &["teams"]),
    ("integrations", &["integrations"]),
    ("auto_pause_notifications_parameters", &[]),
];

pub(crate) const KIND: Kind = Kind {
    entity: Entity::Service,
    one: "service",
    many: "services",
    fields: &[
        ("name", Shape::Text, true),
        ("description", Shape::Text, false),
        ("auto_resolve_timeout", Shape::Whole, false),
        ("acknowledgement_timeout", Shape::Whole, false),
        ("status", Shape::OneOf(&["active", "warning", "critical", "maintenance", "disabled"]), false),
        ("escalation_policy", Shape::Ref(Entity::EscalationPolicy), true),
        ("incident_urgency_rule", Shape::Any, false),
        ("support_hours", Shape::Any, false),
        ("scheduled_actions", Shape::Any, false),
        ("alert_creation", Shape::OneOf(&["create_incidents", "create_alerts_and_incidents"]), false),
        ("alert_grouping_parameters", Shape::Any, false),
        ("alert_grouping", Shape::Any, false),
        ("alert_grouping_timeout", Shape::Any, false),
        ("auto_pause_notifications_parameters", Shape::Any, false),
        ("response_play", Shape::Any, false),
    ],
    unique: "name",
    searched: &["name"],
    includes: INCLUDES,
    defaults: |call| {
        json!({
            "name": null, "description": null, "created_at": times::account(call.now), "updated_at": times::account(call.now),
            "status": "active", "auto_resolve_timeout": 14400, "acknowledgement_timeout": 1800,
            "incident_urgency_rule": {"type": "constant", "urgency": "high"}, "support_hours": null,
            "scheduled_actions": [], "alert_creation": "create_alerts_and_incidents", "alert_grouping": null,
            "alert_grouping_timeout": null, "alert_grouping_parameters": {"type": null, "config": null}, "addons": [],
            "auto_pause_notifications_parameters": {"enabled": false, "timeout": null}, "response_play": null,
        })
    },
    audited: true,
};

const INTEGRATION_TYPES: &[&str] = &[
    "aws_cloudwatch_inbound_integration",
    "cloudkick_inbound_integration",
    "event_transformer_api_inbound_integration",
    "events_api_v2_inbound_integration",
    "generic_email_inbound_integration",
    "generic_events_api_inbound_integration",
    "keynote_inbound_integration",
    "nagios_inbound_integration",
    "pingdom_inbound_integration",
    "sql_monitor_inbound_integration",
];

const INTEGRATION: Kind = Kind {
    entity: Entity::Integration,
    one: "integration",
    many: "integrations",
    fields: &[
        ("type", Shape::OneOf(INTEGRATION_TYPES), true),
        ("name", Shape::Text, false),
        ("vendor", Shape::Ref(Entity::Vendor), false),
        ("integration_email", Shape::Email, false),
        ("email_incident_creation", Shape::Text, false),
        ("email_filter_mode", Shape::Text, false),
        ("email_parsers", Shape::Any, false),
        ("email_filters", Shape::Any, false),
        ("email_parsing_fallback", Shape::Text, false),
        ("integration_key", Shape::Text, false),
    ],
    unique: "",
    searched: &[],
    includes: &[("services", &["service"]), ("vendors", &["vendor"])],
    defaults: |call| json!({"name": "Events", "created_at": times::account(call.now), "vendor": null}),
    audited: false,
};

const READ: &str = "services.read";
const WRITE: &str = "services.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/services", READ, list),
    Route::new("POST", "/services", WRITE, create),
    Route::new("GET", "/services/{id}", READ, |store, call| KIND.get(store, call)),
    Route::new("PUT", "/services/{id}", WRITE, update),
    Route::new("DELETE", "/services/{id}", WRITE, delete),
    Route::new("POST", "/services/{id}/integrations", WRITE, create_integration),
    Route::new("GET", "/services/{id}/integrations/{one}", READ, |store, call| INTEGRATION.get_owned(store, call)),
    Route::new("DELETE", "/services/{id}/integrations/{one}", WRITE, |store, call| {
        INTEGRATION.find_owned(store, call)?;
        INTEGRATION.delete(store, call, call.id(1))
    }),
    Route::new("PUT", "/services/{id}/integrations/{one}", WRITE, |s, call| INTEGRATION.update_owned(s, call)),
];

fn list(store: &mut Store, call: &Call) -> Answer {
    KIND.list(store, call, |service| {
        let policy = service.ids("escalation_policy").first().copied().unwrap_or("");
        let teams = store.get(Entity::EscalationPolicy, policy).map(|policy| policy.ids("teams"));
        let named = call.query.first("name").is_none_or(|name| service.text("name") == name);
        named && call.query.passes("team_ids[]", teams.unwrap_or_default().into_iter())
    })
}

// Hours of support and the rule that uses them need one another.
fn check_hours(given: &Map<String, Value>) -> Result<(), Reply> {
    let rule = given.get("incident_urgency_rule").and_then(|rule| rule.get("type")).and_then(Value::as_str);
    let hours = given.get("support_hours").is_some_and(|hours| !hours.is_null());
    match rule {
        Some("use_support_hours") if !hours => {
            Err(errors::invalid_one("Support hours can't be blank when the urgency rule uses them"))
        }
        Some("use_support_hours" | "constant") | None => Ok(()),
        Some(other) => Err(errors::invalid_one(format!("Incident urgency rule type is invalid: {other}"))),
    }
}

fn create(store: &mut Store, call: &Call) -> Answer {
    let given = call.wrapped("service")?;
    check_hours(&given)?;
    KIND.create_from(store, call, &given, "")
}

fn update(store: &mut Store, call: &Call) -> Answer {
    KIND.find(store, call.id(0))?;
    let given = call.wrapped("service")?;
    if given.contains_key("support_hours") {
        check_hours(&given)?;
    }
    KIND.update_from(store, call, &given, call.id(0))
}

fn delete(store: &mut Store, call: &Call) -> Answer {
    let id = call.id(0);
    KIND.find(store, id)?;
    let owned = store.table(Entity::Integration).rows().iter().filter(|record| record.owner == id);
    let owned: Vec<String> = owned.map(|record| record.id.clone()).collect();
    for integration in owned {
        store.remove(Entity::Integration, &integration);
    }
    KIND.delete(store, call, id)
}

fn create_integration(store: &mut Store, call: &Call) -> Answer {
    KIND.find(store, call.id(0))?;
    let given = call.wrapped("integration")?;
    let mut made = INTEGRATION.create_from(store, call, &given, call.id(0))?;
    let id = store.table(Entity::Integration).rows().last().map(|record| record.id.clone()).unwrap_or_default();
    let key = store.rng().hex();
    if let Some(record) = store.table_mut(Entity::Integration).get_mut(&id) {
        if record.text("type") == "generic_email_inbound_integration" {
            let address = json!(format!("{}@lanternway.pagerduty.com", id.to_lowercase()));
            record.fields.entry("integration_email").or_insert(address);
        } else {
            record.fields.entry("integration_key").or_insert(json!(key));
        }
    }
    made.body = Reply::wrapped(201, "integration", store.show_id(Entity::Integration, &id, &View::default())).body;
    Ok(made)
}

//! Rules that are recommended for the orchestrations of services: taken,
//! dismissed, or taken back.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{Collection, Id, Links, PLAIN};
use crate::errors;
use crate::pages::cursor_page;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

const RULE: Entity = Entity::Of("recommended_rule");

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: RULE,
    path: "/recommendations/event_orchestrations/rules",
    many: "recommended_rules",
    verbs: "",
    id: Id::Uuid,
    links: Links::None,
    defaults: r#"{"type": "service", "status": "available", "created_at": "$utc", "updated_at": "$utc", "metrics": {
        "num_events_matching_rule": 120, "num_events_with_action": 110, "num_events_with_action_matching_rule": 108,
        "precision_metric": 0.9, "recall": 0.98}}"#,
    seed: &[
        (
            0,
            r#"{"description": "Hold back what resolves by itself", "pcl_expr": "event.summary matches part 'flapping'",
            "actions": {"suppress": true}, "parent": {"id": "$service.id:0", "type": "service_reference"}}"#,
        ),
        (
            0,
            r#"{"description": "Lower what nobody takes", "pcl_expr": "event.source matches 'staging'",
            "actions": {"severity": "info"}, "parent": {"id": "$service.id:1", "type": "service_reference"}}"#,
        ),
        (
            0,
            r#"{"description": "Raise what breaks sales", "pcl_expr": "event.class matches 'payment'",
            "actions": {"severity": "critical"}, "parent": {"id": "$service.id:0", "type": "service_reference"}}"#,
        ),
    ],
    derive: named,
    ..PLAIN
}];

const READ: &str = "recommendations.read";
const WRITE: &str = "recommendations.write";

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/recommendations/event_orchestrations/rules", READ, list),
    Route::new("POST", "/recommendations/event_orchestrations/services/{id}/rules/{rule}/accept", WRITE, |s, call| {
        moved(s, call, "available", "accepted")
    }),
    Route::new("POST", "/recommendations/event_orchestrations/services/{id}/rules/{rule}/dismiss", WRITE, dismiss),
    Route::new(
        "DELETE",
        "/recommendations/event_orchestrations/services/{id}/accepted_rules/{rule}",
        WRITE,
        |s, call| moved(s, call, "accepted", "available"),
    ),
];

fn named(_: &Store, record: &Record, shown: &mut Map<String, Value>) {
    shown.remove("id");
    shown.insert("recommendation_id".into(), json!(record.id));
}

fn list(store: &mut Store, call: &Call) -> Answer {
    let one = call.query.first("service_id");
    let actions = call.query.all("actions[]");
    let fits = |row: &&Record| {
        let held = row.fields.get("actions").and_then(Value::as_object);
        row.text("status") == "available"
            && one.is_none_or(|id| row.refers_to("parent", id))
            && call.query.passes("service_ids[]", row.ids("parent").into_iter())
            && (actions.is_empty() || actions.iter().any(|name| held.is_some_and(|held| held.contains_key(*name))))
    };
    let ids: Vec<&str> = store.table(RULE).rows().iter().filter(fits).map(|row| row.id.as_str()).collect();
    cursor_page(call, "recommended_rules", &ids, 100, |id| {
        let mut shown = store.show_id(RULE, id, &View::default());
        shown["parent"] = json!({"id": shown["parent"]["id"], "type": "service_reference"});
        shown
    })
}

fn moved(store: &mut Store, call: &Call, from: &str, to: &str) -> Answer {
    let rows = store.table_mut(RULE);
    let row = rows.get_mut(call.id(1)).filter(|row| row.refers_to("parent", call.id(0)) && row.text("status") == from);
    let row = row.ok_or_else(errors::not_found)?;
    row.fields.insert("status".into(), json!(to));
    Ok(Reply::json(200, &json!({"status": "ok"})))
}

fn dismiss(store: &mut Store, call: &Call) -> Answer {
    let decision = call.wrapped("decision")?;
    let feedback = decision.get("feedback").and_then(Value::as_str).unwrap_or("");
    if !matches!(feedback, "positive" | "negative") {
        return Err(errors::invalid_one("Feedback must be one of positive, negative"));
    }
    moved(store, call, "available", "dismissed")
}

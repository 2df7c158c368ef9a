//! Webhook subscriptions, whose secret is shown once, and the OAuth clients
//! that they may sign in with.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{self, Collection, Links, PLAIN, Page};
use crate::delivery;
use crate::errors;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

const WEBHOOK: Entity = Entity::Of("webhook_subscription");
const CLIENT: Entity = Entity::Of("oauth_client");

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        entity: CLIENT,
        kind: "oauth_client",
        path: "/webhook_subscriptions/oauth_clients",
        one: "oauth_client",
        many: "oauth_clients",
        fields: "name!:text client_id!:text client_secret!:text scope:text token_url!:url grant_type!:=client_credentials",
        defaults: r#"{"type": "oauth_client", "name": null, "client_id": null, "scope": null, "token_url": null, "grant_type": "client_credentials", "status": "active"}"#,
        page: Page::Whole,
        links: Links::None,
        seed: &[(
            0,
            r#"{"name": "Hook door", "client_id": "hook-door", "token_url": "https://id.lanternway.example/token"}"#,
        )],
        derive: |_, _, shown| {
            shown.remove("client_secret");
        },
        ..PLAIN
    },
    Collection {
        entity: WEBHOOK,
        kind: "webhook_subscription",
        path: "/webhook_subscriptions",
        one: "webhook_subscription",
        many: "webhook_subscriptions",
        fields: "type:=webhook_subscription active:flag delivery_method!:object delivery_method.url!:url \
                 delivery_method.type!:=http_delivery_method delivery_method.custom_headers:list description:text \
                 events!:list filter!:object filter.type!:account_reference|service_reference|team_reference \
                 oauth_client:@oauth_client",
        defaults: r#"{"type": "webhook_subscription", "active": true, "delivery_method": null, "description": null, "events": [], "filter": null, "oauth_client": null}"#,
        filters: "filter_type=filter.type filter_id=filter.id",
        links: Links::None,
        statuses: [200, 200, 200, 204],
        hidden: &["delivery_method.secret"],
        scope: "webhook_subscriptions",
        seed: &[
            (
                0,
                r#"{"description": "Order desk", "delivery_method": {"id": "$id", "secret": "$hex", "temporarily_disabled": false, "type": "http_delivery_method", "url": "https://orders.lanternway.example/hook", "custom_headers": []}, "events": ["incident.triggered", "incident.resolved"], "filter": {"id": "$service.id:0", "type": "service_reference"}}"#,
            ),
            (
                0,
                r#"{"description": "Everything", "delivery_method": {"id": "$id", "secret": "$hex", "temporarily_disabled": true, "type": "http_delivery_method", "url": "https://log.lanternway.example/hook", "custom_headers": []}, "events": ["incident.acknowledged"], "filter": {"type": "account_reference"}}"#,
            ),
        ],
        check,
        derive: |_, _, shown| {
            // The values of a subscriber's own headers are never shown again.
            let headers = shown.get_mut("delivery_method").and_then(|method| method.get_mut("custom_headers"));
            for header in headers.and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(value) = header.get_mut("value") {
                    *value = json!("<redacted>");
                }
            }
        },
        ..PLAIN
    },
];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/webhook_subscriptions/{id}/enable", "webhook_subscriptions.write", enable),
    Route::new("POST", "/webhook_subscriptions/{id}/ping", "webhook_subscriptions.write", ping),
];

const EVENTS: &[&str] = &["incident.", "service."];

fn check(store: &mut Store, _: &Call, given: &mut Map<String, Value>, id: Option<&str>) -> Result<(), Reply> {
    let text = |key: &str| collection::at(given, key).and_then(Value::as_str).unwrap_or("");
    let entity = match text("filter.type") {
        "service_reference" => Some(Entity::Service),
        "team_reference" => Some(Entity::Team),
        _ => None,
    };
    if entity.is_some_and(|entity| !store.has(entity, text("filter.id"))) {
        return Err(errors::invalid_one(format!("Filter id does not exist: {}", text("filter.id"))));
    }
    let known = |event: &Value| event.as_str().is_some_and(|event| EVENTS.iter().any(|start| event.starts_with(start)));
    let events = given.get("events").and_then(Value::as_array);
    if events.is_some_and(|events| events.is_empty() || !events.iter().all(known)) {
        return Err(errors::invalid_one("Events must name events of incidents or services"));
    }
    given.remove("oauth_client");
    if let Some(client) = given.remove("oauth_client_id") {
        let client = json!({"id": client.as_str().unwrap_or(""), "type": "oauth_client_reference"});
        given.insert("oauth_client".into(), client);
    }
    // The secret and the state of the delivery belong to PagerDuty.
    let held = id.and_then(|id| store.get(WEBHOOK, id)?.fields.get("delivery_method").cloned());
    let fresh = json!({"id": store.rng().short_id(), "secret": store.rng().hex(), "temporarily_disabled": false});
    if let Some(method) = given.get_mut("delivery_method").and_then(Value::as_object_mut) {
        for key in ["id", "secret", "temporarily_disabled"] {
            let value = held.as_ref().unwrap_or(&fresh).get(key).cloned().unwrap_or_default();
            method.insert(key.into(), value);
        }
        if !method.get("custom_headers").is_some_and(Value::is_array) {
            method.insert("custom_headers".into(), json!([]));
        }
    }
    Ok(())
}

fn find<'a>(store: &'a Store, call: &Call) -> Result<&'a Record, Reply> {
    store.get(WEBHOOK, call.id(0)).ok_or_else(errors::not_found)
}

fn enable(store: &mut Store, call: &Call) -> Answer {
    let id = find(store, call)?.id.clone();
    let record = store.table_mut(WEBHOOK).get_mut(&id);
    if let Some(method) = record.and_then(|record| record.fields.get_mut("delivery_method")) {
        method["temporarily_disabled"] = json!(false);
    }
    Ok(Reply::wrapped(200, "webhook_subscription", store.show_id(WEBHOOK, &id, &View::default())))
}

/// Deliveries that are kept until somebody takes them.
const KEPT: usize = 100;

fn ping(store: &mut Store, call: &Call) -> Answer {
    let id = find(store, call)?.id.clone();
    let data = json!({"message": "A test of this subscription", "type": "ping"});
    let delivery = delivery::deliver(store, call.now, &id, "pagey.ping", data);
    store.deliveries.extend(delivery);
    let over = store.deliveries.len().saturating_sub(KEPT);
    store.deliveries.drain(..over);
    Ok(Reply::empty(202))
}

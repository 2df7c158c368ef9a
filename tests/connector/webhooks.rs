//! What webhooks deliver, through the component: the simulator signs, the
//! connector verifies, and neither knows how the other does it.

use std::collections::BTreeSet;

use host_test::World;
use host_test::host::contract::{Event, Reason};
use host_test::host::{Error, Secret};
use host_test::simulator::{Delivery, tokens};
use serde_json::{Value, json};

/// A subscription to everything: its id and its secret.
async fn subscribed(world: &World) -> (String, Secret) {
    let mut on = world.open(tokens::ACCOUNT).await;
    let wanted = json!({
        "delivery_method": {"type": "http_delivery_method", "url": "https://receiver.example/hook",
            "custom_headers": [{"name": "X-Mine", "value": "mine"}]},
        "events": ["incident.triggered", "service.updated"],
        "filter": {"type": "account_reference"},
    });
    let made = on.call("webhook-subscriptions.create", &wanted.to_string()).await.expect("a subscription");
    let made: Value = serde_json::from_str(&made.value).expect("JSON");
    let text = |pointer: &str| made.pointer(pointer).and_then(Value::as_str).expect(pointer).to_owned();
    (text("/id"), Secret::new(text("/delivery_method/secret")))
}

async fn receive(world: &World, secrets: &[Secret], delivery: &Delivery) -> Result<Event, Error> {
    let mut events = world.connector.receive(secrets, &delivery.headers, &delivery.body).await?;
    assert_eq!(events.len(), 1);
    Ok(events.remove(0))
}

/// The reason of a refusal, which shows neither secret nor body.
async fn refused(world: &World, secrets: &[Secret], delivery: &Delivery, reason: Reason) {
    match receive(world, secrets, delivery).await {
        Err(Error::Connector(error)) => {
            assert_eq!(error.reason, reason, "{}", error.message);
            let shown = format!("{error:?}");
            assert!(
                secrets.iter().all(|secret| secret.expose().len() < 8 || !shown.contains(secret.expose())),
                "{shown}"
            );
            assert!(!shown.contains("QCANARY"), "{shown}");
        }
        other => panic!("{other:?}"),
    }
}

fn data(delivery: &Delivery) -> Value {
    let body: Value = serde_json::from_slice(&delivery.body).expect("JSON");
    body["event"]["data"].clone()
}

#[tokio::test(start_paused = true)]
async fn what_is_signed_comes_as_an_event() {
    let world = World::new().await;
    let (id, secret) = subscribed(&world).await;
    let mut seen = BTreeSet::new();
    for (kind, given) in [
        ("incident.triggered", json!({"id": "QCANARY", "type": "incident", "title": "\u{fc} \u{1f600}"})),
        ("incident.triggered", json!({"id": "QCANARY", "type": "incident", "title": "\u{fc} \u{1f600}"})),
        ("service.updated", json!({"id": "PCANARY", "type": "service", "n": 1.5})),
        ("incident.a.kind.that.is.new", json!({})),
    ] {
        let delivery = world.simulator.deliver(&id, kind, given.clone()).expect("a delivery");
        let event = receive(&world, std::slice::from_ref(&secret), &delivery).await.expect(kind);
        assert_eq!((event.kind.as_str(), event.at.as_str()), (kind, "2026-11-01T12:00:00Z"));
        assert_eq!(serde_json::from_str::<Value>(&event.subject).expect("JSON"), data(&delivery));
        assert_eq!(data(&delivery), given);
        let extra: Value = serde_json::from_str(&event.extra).expect("JSON");
        let header =
            |name: &str| delivery.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!(extra["delivery_id"].as_str(), header("X-Webhook-Id"));
        assert_eq!((extra["subscription_id"].as_str(), header("X-Mine")), (Some(id.as_str()), Some("mine")));
        assert_eq!(extra["resource_type"].as_str(), kind.split('.').next());
        assert_eq!(extra["agent"]["type"], "user_reference");
        assert!(extra.get("client").is_none());
        assert!(seen.insert(event.id), "an id twice");
    }
}

#[tokio::test(start_paused = true)]
async fn a_test_of_a_subscription_arrives() {
    let world = World::new().await;
    let (id, secret) = subscribed(&world).await;
    let mut on = world.open(tokens::ACCOUNT).await;
    on.call("webhook-subscriptions.test", &json!({"id": id}).to_string()).await.expect("a ping");
    let deliveries = world.simulator.deliveries();
    assert_eq!((deliveries.len(), world.simulator.deliveries().len()), (1, 0));
    let event = receive(&world, &[secret], &deliveries[0]).await.expect("an event");
    assert_eq!(event.kind, "pagey.ping");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_signed_is_refused_before_it_is_read() {
    let world = World::new().await;
    let (id, secret) = subscribed(&world).await;
    let (other, older) = subscribed(&world).await;
    let sound = world.simulator.deliver(&id, "incident.triggered", json!({"id": "QCANARY"})).expect("a delivery");
    let secrets = [secret, older];
    assert!(receive(&world, &secrets, &sound).await.is_ok());
    refused(&world, &secrets[1..], &sound, Reason::Unauthenticated).await;
    refused(&world, &[], &sound, Reason::Invalid).await;
    refused(&world, &[Secret::new("")], &sound, Reason::Invalid).await;
    let mut unsigned = sound.clone();
    unsigned.headers.retain(|(name, _)| name != "X-PagerDuty-Signature");
    refused(&world, &secrets, &unsigned, Reason::Unauthenticated).await;
    let mut changed = sound.clone();
    changed.body = String::from_utf8_lossy(&sound.body).replace("triggered", "resolved").into();
    refused(&world, &secrets, &changed, Reason::Unauthenticated).await;
    // Read and written again: another text, whatever it means.
    let value: Value = serde_json::from_slice(&sound.body).expect("JSON");
    changed.body = format!("{value:#}").into();
    refused(&world, &secrets, &changed, Reason::Unauthenticated).await;
    changed.body = vec![b' '; 512 * 1024 + 1].into();
    refused(&world, &secrets, &changed, Reason::Invalid).await;
    // While a secret is replaced, a delivery is signed with both.
    let mut both = world.simulator.deliver(&other, "incident.triggered", json!({"id": "QCANARY"})).expect("a delivery");
    for (_, value) in both.headers.iter_mut().filter(|(name, _)| name == "X-PagerDuty-Signature") {
        *value = format!("v1={},{value}", "0".repeat(64));
    }
    assert!(receive(&world, &secrets[1..], &both).await.is_ok());
    assert!(receive(&world, &secrets, &both).await.is_ok());
    refused(&world, &secrets[..1], &both, Reason::Unauthenticated).await;
}

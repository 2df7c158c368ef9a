//! What the component says of itself, without credential or network.

use std::collections::BTreeSet;

use host_test::World;
use serde_json::Value;

/// Every schema is an object schema of this dialect and every sample is there.
#[tokio::test(start_paused = true)]
async fn every_operation_is_described_in_full() {
    let world = World::new().await;
    let operations = world.connector.operations().await.expect("operations");
    let ids: BTreeSet<&str> = operations.iter().map(|operation| operation.id.as_str()).collect();
    assert_eq!(ids.len(), operations.len(), "ids are unique");
    let mut areas: Vec<&str> = operations.iter().map(|operation| operation.area.as_str()).collect();
    areas.dedup();
    assert_eq!(areas.len(), areas.iter().collect::<BTreeSet<_>>().len(), "areas stand together");
    for operation in &operations {
        let id = &operation.id;
        assert!(id.starts_with(&format!("{}.", operation.area)), "{id}");
        assert!(!operation.title.is_empty() && operation.summary.ends_with('.'), "{id}");
        let detail = world.connector.describe(id).await.expect("a description");
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|e| panic!("{id}: {e}"));
        let (input, output) = (parse(&detail.input), parse(&detail.output));
        for schema in [&input, &output] {
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{id}");
        }
        assert_eq!(input["type"], "object", "{id}");
        let extra = parse(&operation.extra);
        assert_eq!(operation.paged, extra["items"].is_string(), "{id}");
        let sample = parse(&detail.sample);
        match extra["items"].as_str() {
            Some(key) => assert!(sample[key][0].is_object() || sample[key][0].is_string(), "{id}: {sample}"),
            None => assert_eq!(sample.is_null(), output["type"] == "null", "{id}"),
        }
        assert_eq!(detail.operation.id, *id);
    }
    println!("{} operations described", operations.len());
}

#[tokio::test(start_paused = true)]
async fn unknown_operations_suggest_the_nearest() {
    let world = World::new().await;
    for (asked, near) in [("incident.list", Some("incidents.list")), ("teams.lst", Some("teams.list")), ("qqqqq", None)]
    {
        let error = world.connector.describe(asked).await.expect_err(asked).to_string();
        assert!(error.contains(asked) && near.is_none_or(|near| error.contains(near)), "{error}");
    }
}

/// A sign-in form needs titles, notes and steps, and settings a schema.
#[tokio::test(start_paused = true)]
async fn sign_in_and_settings_are_described() {
    let world = World::new().await;
    let methods = world.connector.auth_methods();
    assert_eq!(methods.iter().map(|method| method.id.as_str()).collect::<Vec<_>>(), ["token", "bearer"]);
    for method in methods {
        assert!(!method.steps.is_empty() && !method.exchange && method.fields.iter().any(|field| field.required));
        assert!(method.fields.iter().all(|field| !field.title.is_empty() && field.note.ends_with('.')));
    }
    let identity = world.connector.identify();
    let settings: Value = serde_json::from_str(&identity.settings).expect("a schema");
    for host_only in ["base_url", "account"] {
        assert_eq!(settings["properties"][host_only]["x-host-only"], true, "{host_only}");
    }
    assert!(identity.hosts.iter().all(|host| host.ends_with(".pagerduty.com")), "{:?}", identity.hosts);
}

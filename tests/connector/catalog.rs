//! What the component says of itself, without credential or network.

use std::collections::BTreeSet;

use bytes::Bytes;
use host_test::World;
use host_test::host::Error;
use serde_json::{Value, json};

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

/// An account whose services have the custom fields that `fields` answers.
async fn described(status: u16, fields: Value, operation: &str) -> Result<(Value, Value), Error> {
    let world = World::answering(move |request| {
        assert_eq!(request.method(), "GET");
        assert_eq!(request.uri().path(), "/services/custom_fields");
        let body = Bytes::from(fields.to_string());
        async move { Ok(http::Response::builder().status(status).body(body).expect("an answer")) }
    })
    .await;
    let mut on = world.open("a-key").await;
    let detail = on.describe(operation, "{}").await?;
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    Ok((parse(&detail.input), parse(&detail.operation.extra)))
}

/// A form for an account shows the fields that the account made up itself.
#[tokio::test(start_paused = true)]
async fn an_account_adds_its_custom_fields() {
    let set = "services.custom-fields.set";
    let fields = json!({"fields": [{
        "id": "PT1", "name": "environment", "display_name": "Environment", "enabled": true,
        "data_type": "string", "field_type": "single_value_fixed",
        "field_options": [{"id": "O1", "data": {"data_type": "string", "value": "production"}}],
    }]});
    let (input, extra) = described(200, fields, set).await.expect("a description");
    let case = &input["properties"]["custom_fields"]["items"]["oneOf"][0];
    assert_eq!(case["title"], "Environment");
    assert_eq!(case["properties"]["name"]["const"], "environment");
    assert_eq!(case["properties"]["value"]["enum"], json!(["production", null]));
    assert_eq!(extra["account"], json!({"custom_fields": ["environment"], "notes": []}));
    for status in [402, 403, 404] {
        let (input, extra) = described(status, json!({}), set).await.expect("the static shape");
        assert!(input["properties"]["custom_fields"]["items"]["oneOf"].is_null(), "{status}");
        assert_eq!(extra["account"]["notes"].as_array().map(Vec::len), Some(1), "{status}");
    }
    assert!(described(401, json!({}), set).await.is_err());
    // What an account adds nothing to asks for nothing.
    let (_, extra) = described(500, json!({}), "services.create").await.expect("the static shape");
    assert!(extra["account"].is_null());
}

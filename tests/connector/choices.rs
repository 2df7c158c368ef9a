//! Pick lists, under a read-only key.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use host_test::World;
use host_test::host::{Connection, Error};
use host_test::simulator::tokens;
use serde_json::{Value, json};

/// Every choice, through all pages.
async fn all(
    on: &mut Connection,
    operation: &str,
    argument: &str,
    given: Value,
    search: &str,
) -> Vec<(String, String)> {
    let (mut found, mut next) = (Vec::new(), None);
    loop {
        let page = on.options(operation, argument, &given.to_string(), search, next.as_deref()).await;
        let page = page.unwrap_or_else(|error| panic!("{operation} {argument}: {error}"));
        found.extend(page.choices.into_iter().map(|choice| (choice.value, choice.label)));
        match page.next {
            Some(cursor) => next = Some(cursor),
            None => return found,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn reference_fields_have_choices() {
    let world = World::new().await;
    let mut on = world.open(tokens::READ_ONLY).await;
    // operation, argument, arguments, search, how many at least
    let table = [
        ("incidents.create", "service", json!({}), "", 60),
        ("incidents.create", "service.id", json!({}), "", 60),
        ("incidents.list", "team_ids.0", json!({}), "", 12),
        ("incidents.list", "statuses", json!({}), "", 3),
        ("incidents.create", "priority", json!({}), "", 5),
        ("services.create", "escalation_policy", json!({}), "", 25),
        ("users.contact-methods.get", "id", json!({}), "", 40),
        ("vendors.get", "id", json!({}), "", 100),
    ];
    for (operation, argument, given, search, least) in table {
        let found = all(&mut on, operation, argument, given, search).await;
        assert!(found.len() >= least, "{operation} {argument}: {}", found.len());
        assert!(found.iter().all(|(value, label)| !value.is_empty() && !label.is_empty()), "{found:?}");
        let mut values: Vec<&String> = found.iter().map(|(value, _)| value).collect();
        values.sort();
        values.dedup();
        assert_eq!(values.len(), found.len(), "{operation} {argument} repeats a choice");
    }
}

#[tokio::test(start_paused = true)]
async fn a_search_narrows_the_choices() {
    let world = World::new().await;
    let mut on = world.open(tokens::READ_ONLY).await;
    // Searched by PagerDuty (`query`), and here (vendors take none).
    for (operation, argument) in [("incidents.create", "service"), ("vendors.get", "id")] {
        let every = all(&mut on, operation, argument, json!({}), "").await;
        let word: String = every[0].1.chars().take(4).collect();
        let some = all(&mut on, operation, argument, json!({}), &word.to_uppercase()).await;
        assert!(!some.is_empty() && some.len() < every.len(), "{word}: {} of {}", some.len(), every.len());
        assert!(some.iter().all(|(_, label)| label.to_lowercase().contains(&word.to_lowercase())), "{some:?}");
        assert_eq!(all(&mut on, operation, argument, json!({}), "no such name").await, []);
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_no_choices_says_so() {
    let world = World::new().await;
    let mut on = world.open(tokens::READ_ONLY).await;
    let table = [
        ("incidents.create", "title", json!({}), "no list"),
        ("incidents.create", "servce", json!({}), "`service`"),
        ("users.contact-methods.get", "contact_method_id", json!({}), "choose this first"),
        ("event-orchestrations.integrations.move", "integration_id", json!({"id": "TO"}), "source_id"),
        (
            "escalation-policies.create",
            "escalation_rules.0.targets.0.id",
            json!({}),
            "escalation_rules.0.targets.0.type",
        ),
    ];
    for (operation, argument, given, word) in table {
        match on.options(operation, argument, &given.to_string(), "", None).await {
            Err(Error::Connector(error)) => {
                assert!(format!("{} {:?}", error.message, error.violations).contains(word), "{}", error.message)
            }
            other => panic!("{other:?}"),
        }
    }
    let users = on.call("users.list", r#"{"limit":1}"#).await.expect("users");
    let user = serde_json::from_str::<Value>(&users.value).expect("JSON")["users"][0]["id"].clone();
    let found = all(&mut on, "users.contact-methods.get", "contact_method_id", json!({"id": user}), "").await;
    assert!(!found.is_empty());
}

/// What is chosen where the list takes more than a path: the request that is
/// sent, and the choices made of its answer. That every other field has its
/// list is held by the component's own unit tests.
#[tokio::test(start_paused = true)]
async fn lists_are_asked_for_what_they_need() {
    let table = [
        (
            "service-custom-fields.field-options.get",
            "field_option_id",
            json!({"field_id": "PF"}),
            "",
            json!({"field_options": [{"id": "PO", "data": {"data_type": "string", "value": "production"}}]}),
            "/services/custom_fields/PF/field_options",
            vec![("PO", "production")],
        ),
        (
            "event-orchestrations.integrations.move",
            "integration_id",
            json!({"id": "TO", "source_id": "FROM"}),
            "",
            json!({"integrations": [{"id": "I1", "label": "Prometheus"}]}),
            "/event_orchestrations/FROM/integrations",
            vec![("I1", "Prometheus")],
        ),
        (
            "enrichment-integrations.tables.enable",
            "table_id",
            json!({"integration_id": "SN"}),
            "",
            json!({"integrations": [{"id": "SN", "cmdb_tables": [{"id": "T1", "display_name": "Switches"}, {"id": "T2"}]}]}),
            "/enrichment/integrations/servicenow",
            vec![("T1", "Switches"), ("T2", "T2")],
        ),
        (
            "enrichment-integrations.credentials.get",
            "credentials_id",
            json!({}),
            "",
            json!({"integrations": [{"id": "SN", "credentials": {"id": "C1", "instance_endpoint": "https://acme.example"}}]}),
            "/enrichment/integrations/servicenow",
            vec![("C1", "https://acme.example")],
        ),
        (
            "services.integrations.get",
            "integration_id",
            json!({"id": "PS"}),
            "",
            json!({"service": {"id": "PS", "integrations": [{"id": "PI", "summary": "Prometheus"}]}}),
            "/services/PS",
            vec![("PI", "Prometheus")],
        ),
        (
            "schedules-v3.custom-shifts.get",
            "custom_shift_id",
            json!({"id": "PV3"}),
            "",
            json!({"custom_shifts": [{"id": "S1", "start_time": "2026-11-02T09:00:00Z", "end_time": "2026-11-02T17:00:00Z"}]}),
            "/v3/schedules/PV3/custom_shifts?since=2026-10-02T00%3A00%3A00Z&until=2027-01-30T00%3A00%3A00Z&overflow=true&limit=100&offset=0",
            vec![("S1", "2026-11-02T09:00:00Z, 2026-11-02T17:00:00Z")],
        ),
        (
            "automation-actions.get",
            "id",
            json!({}),
            "restart",
            json!({"actions": [{"id": "A1", "name": "Restart"}], "next_cursor": null}),
            "/automation_actions/actions?name=restart&limit=100",
            vec![("A1", "Restart")],
        ),
        (
            "escalation-policies.create",
            "escalation_rules.0.targets.0.id",
            json!({"escalation_rules": [{"targets": [{"type": "user_reference"}]}]}),
            "",
            json!({"users": [{"id": "PU", "name": "Ada"}], "more": false}),
            "/users?limit=100&offset=0",
            vec![("PU", "Ada")],
        ),
    ];
    let next: Arc<Mutex<(Value, Vec<String>)>> = Arc::default();
    let shared = Arc::clone(&next);
    let world = World::answering(move |request| {
        let mut shared = shared.lock().expect("no panic");
        shared.1.push(format!("{} {}", request.method(), request.uri().path_and_query().expect("a path")));
        let body = Bytes::from(shared.0.to_string());
        async move { Ok(http::Response::new(body)) }
    })
    .await;
    let mut on = world.open_with(&[("token", "a-key")], json!({"access": "read"})).await.expect("opens");
    for (operation, argument, given, search, answer, asked, expected) in table {
        *next.lock().expect("no panic") = (answer, Vec::new());
        let found = all(&mut on, operation, argument, given, search).await;
        let found: Vec<(&str, &str)> = found.iter().map(|(value, label)| (value.as_str(), label.as_str())).collect();
        assert_eq!(found, expected, "{operation} {argument}");
        assert_eq!(next.lock().expect("no panic").1, [format!("GET {asked}")], "{operation} {argument}");
    }
}

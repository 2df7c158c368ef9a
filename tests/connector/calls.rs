//! Calls against the simulator: values out of their wrappers, writes that take
//! effect, and arguments that are refused before anything is sent.

use host_test::World;
use host_test::host::contract::Reason;
use host_test::host::{Connection, Error};
use host_test::simulator::{ROUTING_KEY, tokens};
use serde_json::{Value, json};

async fn call(connection: &mut Connection, operation: &str, arguments: Value) -> Value {
    let output = connection.call(operation, &arguments.to_string()).await;
    let output = output.unwrap_or_else(|error| panic!("{operation} {arguments}: {error}"));
    assert!(output.request_id.is_some(), "{operation} has no request id");
    serde_json::from_str(&output.value).unwrap_or_else(|error| panic!("{operation}: {error}: {}", output.value))
}

/// An operation refused by connector or provider.
async fn refused(
    connection: &mut Connection,
    operation: &str,
    arguments: &str,
) -> Box<host_test::host::contract::Error> {
    match connection.call(operation, arguments).await {
        Err(Error::Connector(error)) => error,
        other => panic!("{operation} {arguments}: {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_incident_lives_and_ends() {
    let world = World::new().await;
    let sign = [("token", tokens::ACCOUNT), ("user_token", tokens::USER)];
    let mut on = world.open_with(&sign, json!({})).await.expect("opens");
    let services = call(&mut on, "services.list", json!({"limit": 1})).await;
    let service = services["services"][0]["id"].clone();
    let incident = call(&mut on, "incidents.create", json!({"title": "Checkout fails", "service": service})).await;
    assert_eq!((&incident["status"], &incident["title"]), (&json!("triggered"), &json!("Checkout fails")));
    let id = incident["id"].clone();
    let acknowledged = call(&mut on, "incidents.update", json!({"id": id, "status": "acknowledged"})).await;
    assert_eq!(acknowledged["status"], "acknowledged");
    let note = call(&mut on, "incidents.notes.create", json!({"id": id, "content": "Looking"})).await;
    assert_eq!(note["content"], "Looking");
    let resolved = call(&mut on, "incidents.update", json!({"id": id, "status": "resolved"})).await;
    assert_eq!(resolved["status"], "resolved");
    assert_eq!(call(&mut on, "incidents.get", json!({"id": id})).await["status"], "resolved");
    let again = refused(&mut on, "incidents.update", &json!({"id": id, "status": "resolved"}).to_string()).await;
    assert_eq!((again.reason, again.code.as_deref()), (Reason::Conflict, Some("1001")), "{}", again.message);
    let entries = call(&mut on, "incidents.log-entries.list", json!({"id": id})).await;
    let kinds: Vec<&str> =
        entries["log_entries"].as_array().into_iter().flatten().filter_map(|e| e["type"].as_str()).collect();
    for kind in ["trigger_log_entry", "acknowledge_log_entry", "annotate_log_entry", "resolve_log_entry"] {
        assert!(kinds.contains(&kind), "{kinds:?} lacks {kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn things_are_made_changed_and_removed() {
    let world = World::new().await;
    let sign = [("token", tokens::USER)];
    let mut on = world.open_with(&sign, json!({})).await.expect("opens");
    let user = call(&mut on, "users.me", json!({})).await["id"].clone();
    let policies = call(&mut on, "escalation-policies.list", json!({"limit": 1})).await;
    let policy = policies["escalation_policies"][0]["id"].clone();
    // area, arguments of create, a field to change and its value
    let table = [
        ("teams", json!({"name": "Ledger"}), ("description", json!("Money")), json!({})),
        (
            "escalation-policies",
            json!({"name": "Ledger", "escalation_rules": [{"escalation_delay_in_minutes": 30, "targets": [{"type": "user_reference", "id": user}]}]}),
            ("description", json!("Whom to call")),
            json!({"name": "Ledger", "escalation_rules": [{"escalation_delay_in_minutes": 30, "targets": [{"type": "user_reference", "id": user}]}]}),
        ),
        (
            "services",
            json!({"name": "Ledger", "escalation_policy": policy}),
            ("description", json!("Books")),
            json!({"escalation_policy": policy}),
        ),
        (
            "users",
            json!({"name": "Grace Test", "email": "grace.test@example.com"}),
            ("job_title", json!("Engineer")),
            json!({"name": "Grace Test", "email": "grace.test@example.com"}),
        ),
    ];
    for (area, create, (field, value), required) in table {
        let made = call(&mut on, &format!("{area}.create"), create).await;
        let id = made["id"].clone();
        let mut change = required;
        change["id"] = id.clone();
        change[field] = value.clone();
        if area == "teams" {
            change["name"] = made["name"].clone();
        }
        assert_eq!(call(&mut on, &format!("{area}.update"), change).await[field], value, "{area}");
        assert_eq!(call(&mut on, &format!("{area}.get"), json!({"id": id})).await[field], value, "{area}");
        assert_eq!(call(&mut on, &format!("{area}.delete"), json!({"id": id})).await, Value::Null, "{area}");
        let gone = refused(&mut on, &format!("{area}.get"), &json!({"id": id}).to_string()).await;
        assert_eq!(gone.reason, Reason::Missing, "{area}: {}", gone.message);
    }
}

#[tokio::test(start_paused = true)]
async fn odd_answers_come_out_whole() {
    let world = World::new().await;
    let mut on = world.open(tokens::USER).await;
    assert_eq!(call(&mut on, "abilities.get", json!({"id": "teams"})).await, Value::Null);
    assert!(call(&mut on, "abilities.list", json!({})).await[0].is_string());
    let sent = json!({"routing_key": ROUTING_KEY, "event_action": "trigger", "payload": {"summary": "Disk full", "severity": "critical", "source": "db-1"}});
    let event = call(&mut on, "events.send", sent).await;
    assert!(event["dedup_key"].is_string() && event["status"] == "success", "{event}");
    let schedules = call(&mut on, "schedules.list", json!({"limit": 1})).await;
    let schedule = schedules["schedules"][0]["id"].clone();
    let user = call(&mut on, "users.me", json!({})).await["id"].clone();
    let overrides = json!({"id": schedule, "overrides": [{"start": "2026-11-02T09:00:00Z", "end": "2026-11-02T17:00:00Z", "user": user}]});
    assert!(call(&mut on, "schedules.overrides.create", overrides).await.is_array());
    let mut account = world.open(tokens::ACCOUNT).await;
    let page = call(&mut account, "analytics.incidents.list", json!({"limit": 2})).await;
    assert!(page["data"].as_array().is_some_and(|data| data.len() == 2) && page["more"] == true, "{page}");
    assert!(call(&mut on, "ip-allow-lists.list", json!({})).await.is_array());
    let users = call(&mut on, "scim.users.list", json!({"count": 3})).await;
    assert_eq!(users["Resources"].as_array().map(Vec::len), Some(3), "{users}");
}

#[tokio::test(start_paused = true)]
async fn a_partial_result_tells_what_failed() {
    let world = World::answering(|_| async {
        let body = r#"{"associations":[{"status":201,"errors":[],"association":{"type":"service_reference","id":"P1"}},{"status":500,"errors":["Internal Server Error"],"association":{"type":"service_reference","id":"P2"}}]}"#;
        Ok(http::Response::builder().status(207).body(body.into()).expect("an answer"))
    })
    .await;
    let mut on = world.open("key").await;
    let arguments =
        r#"{"id":"E1","associations":[{"type":"service_reference","id":"P1"},{"type":"service_reference","id":"P2"}]}"#;
    let output = on.call("enrichment.associations.delete", arguments).await.expect("a partial success");
    assert_eq!(output.status, 207);
    let failures: Vec<_> = output.failures.iter().map(|f| (f.argument.as_str(), f.message.as_str())).collect();
    assert_eq!(failures, [("associations.1", "P2: Internal Server Error")]);
}

/// Nothing is sent, every violation is named at once, the nearest is suggested.
#[tokio::test(start_paused = true)]
async fn wrong_arguments_are_refused_before_anything_is_sent() {
    let world = World::new().await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let table: &[(&str, &str, &[&str])] = &[
        ("incident.list", "{}", &["incidents.list"]),
        ("incidents.list", "{", &["line 1 column"]),
        ("incidents.list", "[]", &["JSON object"]),
        ("incidents.list", r#"{"statusses":["triggered"]}"#, &["statusses", "`statuses`"]),
        ("incidents.list", r#"{"statuses":["open"]}"#, &["statuses.0", "triggered, acknowledged, resolved"]),
        ("incidents.list", r#"{"limit":101}"#, &["limit", "100"]),
        ("incidents.get", r#"{}"#, &["id", "required"]),
        ("incidents.get", r#"{"id":"a/../b"}"#, &["id"]),
        ("incidents.get", r#"{"id":".."}"#, &["id"]),
        ("incidents.get", "{\"id\":\"a\\r\\nHost: b\"}", &["id"]),
        ("incidents.create", r#"{"title":7,"urgency":"hihg"}"#, &["title", "service", "urgency"]),
        ("incidents.create", r#"{"title":"t","service":{"type":"service_reference"}}"#, &["service", "`id`"]),
        ("incidents.create", r#"{"title":"t","service":"P1","from":"not an address"}"#, &["from", "e-mail"]),
        ("users.contact-methods.create", r#"{"id":"P1","type":"pigeon"}"#, &["type", "email_contact_method"]),
        ("teams.create", r#"{"name":"x","typ":"team"}"#, &["typ"]),
        ("schedules.overrides.list", r#"{"id":"P1","since":"yesterday"}"#, &["since", "until"]),
    ];
    for (operation, arguments, words) in table {
        let error = refused(&mut on, operation, arguments).await;
        assert_eq!(error.reason, Reason::Invalid, "{operation} {arguments}: {}", error.message);
        let all = error
            .violations
            .iter()
            .fold(error.message.clone(), |all, v| format!("{all}\n{}: {}", v.argument, v.message));
        for word in *words {
            assert!(all.contains(word), "{operation} {arguments}: {all} lacks {word}");
        }
    }
    let many: Vec<Value> =
        (0..251).map(|n| json!({"id": format!("P{n}"), "type": "incident_reference", "status": "resolved"})).collect();
    let error = refused(&mut on, "incidents.bulk-update", &json!({"incidents": many}).to_string()).await;
    assert!(error.violations.iter().any(|v| v.message.contains("250")), "{:?}", error.violations);
    assert!(world.simulator.requests().is_empty(), "{:?}", world.simulator.requests());
}

#[tokio::test(start_paused = true)]
async fn read_access_sends_no_write() {
    let world = World::new().await;
    let mut on = world.open_with(&[("token", tokens::ACCOUNT)], json!({"access": "read"})).await.expect("opens");
    let error = refused(&mut on, "teams.create", r#"{"name":"Ledger"}"#).await;
    assert!(error.reason == Reason::Invalid && error.message.contains("access"), "{}", error.message);
    assert!(world.simulator.requests().is_empty());
    // POSTs that only read are reads.
    call(&mut on, "analytics.incidents.list", json!({})).await;
    assert_eq!(world.simulator.requests().len(), 1);
}

/// Reads go with the account's key, and on 403 alone with the user's; writes
/// with the user's.
#[tokio::test(start_paused = true)]
async fn each_key_is_used_for_what_it_is_for() {
    let world = World::new().await;
    let sign = [("token", tokens::READ_ONLY), ("user_token", tokens::USER)];
    let mut on = world.open_with(&sign, json!({})).await.expect("opens");
    let keys = |world: &World| -> Vec<&'static str> {
        let seen = world.simulator.requests();
        world.simulator.clear_requests();
        let of = |value: &str| if value.ends_with(tokens::USER) { "user" } else { "account" };
        seen.iter()
            .map(|seen| seen.headers.iter().find(|(name, _)| name == "authorization").map_or("none", |(_, v)| of(v)))
            .collect()
    };
    call(&mut on, "teams.list", json!({})).await;
    assert_eq!(keys(&world), ["account"]);
    call(&mut on, "teams.create", json!({"name": "Ledger"})).await;
    assert_eq!(keys(&world), ["user"]);
    refused(&mut on, "teams.get", r#"{"id":"PNOTHING"}"#).await;
    assert_eq!(keys(&world), ["account"]);
    let event = json!({"routing_key": ROUTING_KEY, "event_action": "trigger", "payload": {"summary": "s", "severity": "info", "source": "s"}});
    call(&mut on, "events.send", event).await;
    assert_eq!(keys(&world), ["none"]);
    let workspace = json!({"slack_team_id": "T0LANTERN"});
    let _ = on.call("slack.connections.list", &workspace.to_string()).await;
    assert_eq!(keys(&world), ["user"]);
}

/// An account's key needs a user to act for.
#[tokio::test(start_paused = true)]
async fn the_sender_is_asked_for_where_it_is_needed() {
    let world = World::new().await;
    let mut on = world.open(tokens::ACCOUNT).await;
    let services = call(&mut on, "services.list", json!({"limit": 1})).await;
    let create = json!({"title": "t", "service": services["services"][0]["id"]});
    let error = refused(&mut on, "incidents.create", &create.to_string()).await;
    assert!(error.reason == Reason::Refused && error.message.contains("`from`"), "{}", error.message);
    let users = call(&mut on, "users.list", json!({"limit": 1})).await;
    let mut with_from = create.clone();
    with_from["from"] = users["users"][0]["email"].clone();
    assert_eq!(call(&mut on, "incidents.create", with_from).await["status"], "triggered");
}

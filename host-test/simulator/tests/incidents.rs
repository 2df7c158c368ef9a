//! Incidents in time: states, what changes with them, filters and windows.

mod common;

use common::{Answer, first, get, small, user};
use pagerduty_simulator::{Options, ROUTING_KEY, Simulator};
use serde_json::{Value, json};
use std::time::Duration;

fn open(simulator: &Simulator, title: &str) -> String {
    let service = first(simulator, "/services", "services");
    let body = json!({"incident": {"type": "incident", "title": title, "service": {"id": service, "type": "service_reference"}}});
    user(simulator, "POST", "/incidents", &body.to_string()).id("/incident/id")
}

fn put(simulator: &Simulator, id: &str, change: Value) -> Answer {
    user(simulator, "PUT", &format!("/incidents/{id}"), &json!({"incident": change}).to_string())
}

fn kinds(simulator: &Simulator, id: &str) -> Vec<String> {
    let log = get(simulator, &format!("/incidents/{id}/log_entries?limit=100")).list("/log_entries");
    log.iter().rev().filter_map(|entry| entry["type"].as_str()?.strip_suffix("_log_entry").map(str::to_owned)).collect()
}

#[test]
fn from_trigger_to_resolve() {
    let simulator = small();
    let id = open(&simulator, "It broke");
    let shown = get(&simulator, &format!("/incidents/{id}"));
    assert!(!shown.list("/incident/assignments").is_empty());
    simulator.advance(Duration::from_secs(60));
    let acknowledged = put(&simulator, &id, json!({"status": "acknowledged"}));
    assert_eq!(acknowledged.at("/incident/status"), json!("acknowledged"));
    assert_eq!(acknowledged.at("/incident/acknowledgements/0/at"), json!("2026-11-01T12:01:00Z"));
    let again = put(&simulator, &id, json!({"status": "acknowledged"}));
    assert_eq!((again.status, again.at("/error/code")), (400, json!(1002)));
    simulator.advance(Duration::from_secs(60));
    let resolved = put(&simulator, &id, json!({"status": "resolved", "resolution": "Turned it off and on"}));
    assert_eq!(resolved.at("/incident/resolved_at"), json!("2026-11-01T12:02:00Z"));
    assert_eq!(resolved.at("/incident/assignments"), json!([]));
    for status in ["resolved", "acknowledged", "triggered"] {
        let again = put(&simulator, &id, json!({"status": status}));
        assert_eq!((again.status, again.at("/error/code")), (400, json!(1001)), "{status}");
    }
    let log = kinds(&simulator, &id);
    assert_eq!((log[0].as_str(), log[1].as_str()), ("trigger", "assign"));
    assert!(log.ends_with(&["acknowledge".into(), "resolve".into(), "annotate".into()]), "{log:?}");
    let newest = get(&simulator, "/log_entries?limit=1").at("/log_entries/0/incident/id");
    assert_eq!(newest, json!(id));
}

#[test]
fn a_bulk_change_is_all_or_nothing() {
    let simulator = small();
    let (a, b) = (open(&simulator, "A"), open(&simulator, "B"));
    let bulk = |items: Value| user(&simulator, "PUT", "/incidents", &json!({"incidents": items}).to_string());
    let both = bulk(
        json!([{"id": a, "type": "incident", "status": "resolved"}, {"id": "QNOPE", "type": "incident", "status": "resolved"}]),
    );
    assert_eq!(both.status, 400);
    assert_eq!(get(&simulator, &format!("/incidents/{a}")).at("/incident/status"), json!("triggered"));
    let both = bulk(
        json!([{"id": a, "type": "incident", "status": "resolved"}, {"id": b, "type": "incident", "status": "acknowledged"}]),
    );
    assert_eq!((both.status, both.list("/incidents").len()), (200, 2));
    let many = vec![json!({"id": b, "type": "incident", "title": "B"}); 251];
    assert_eq!(bulk(json!(many)).status, 413);
    assert_eq!(bulk(json!(many[..250])).status, 200);
}

#[test]
fn a_snooze_ends() {
    let simulator = small();
    let id = open(&simulator, "Later");
    let path = format!("/incidents/{id}/snooze");
    for body in ["{}", r#"{"duration":0}"#, r#"{"duration":604801}"#, r#"{"duration":"1"}"#] {
        assert_eq!(user(&simulator, "POST", &path, body).status, 400, "{body}");
    }
    let snoozed = user(&simulator, "POST", &path, r#"{"duration":3600}"#);
    assert_eq!(
        snoozed.at("/incident/pending_actions/0"),
        json!({"type": "unacknowledge", "at": "2026-11-01T13:00:00Z"})
    );
    let status = || get(&simulator, &format!("/incidents/{id}")).at("/incident/status");
    simulator.advance(Duration::from_secs(3_599));
    assert_eq!(status(), json!("acknowledged"));
    simulator.advance(Duration::from_secs(1));
    assert_eq!(status(), json!("triggered"));
    assert_eq!(kinds(&simulator, &id).last().map(String::as_str), Some("unacknowledge"));
}

#[test]
fn merging_moves_the_alerts() {
    let simulator = small();
    let target = open(&simulator, "Target");
    let event = |key: &str| {
        let body = json!({"routing_key": ROUTING_KEY, "event_action": "trigger", "dedup_key": key,
            "payload": {"summary": key, "source": "s", "severity": "error"}});
        user(&simulator, "POST", "/v2/enqueue", &body.to_string());
        get(&simulator, &format!("/incidents?incident_key={key}")).id("/incidents/0/id")
    };
    let source = event("source");
    let path = format!("/incidents/{target}/merge");
    let merge = |id: &str| {
        user(
            &simulator,
            "PUT",
            &path,
            &json!({"source_incidents": [{"id": id, "type": "incident_reference"}]}).to_string(),
        )
    };
    assert_eq!(merge(&target).status, 400);
    assert_eq!(merge("QNOPE").status, 400);
    let merged = merge(&source);
    assert_eq!((merged.status, merged.at("/incident/alert_counts/all")), (200, json!(1)));
    let gone = get(&simulator, &format!("/incidents/{source}"));
    assert_eq!(gone.at("/incident/status"), json!("resolved"));
    assert_eq!(gone.at("/incident/resolve_reason/incident/id"), json!(target));
    assert_eq!(merge(&source).status, 400);
}

#[test]
fn reassigning_and_escalating() {
    let simulator = small();
    let id = open(&simulator, "Whose");
    let somebody = get(&simulator, "/users?limit=1&offset=20").id("/users/0/id");
    let given =
        put(&simulator, &id, json!({"assignments": [{"assignee": {"id": somebody, "type": "user_reference"}}]}));
    assert_eq!(given.at("/incident/assignments/0/assignee/id"), json!(somebody));
    let level = put(&simulator, &id, json!({"escalation_level": 2}));
    assert_ne!(level.at("/incident/assignments/0/assignee/id"), json!(somebody));
    assert!(kinds(&simulator, &id).contains(&"escalate".to_owned()));
    let priority = first(&simulator, "/priorities", "priorities");
    let given =
        put(&simulator, &id, json!({"priority": {"id": priority, "type": "priority_reference"}, "urgency": "low"}));
    assert_eq!((given.at("/incident/priority/name"), given.at("/incident/urgency")), (json!("P1"), json!("low")));
    assert_eq!(put(&simulator, &id, json!({"priority": null})).at("/incident/priority"), Value::Null);
}

#[test]
fn wrong_bodies_are_named() {
    let simulator = small();
    let id = open(&simulator, "X");
    let service = first(&simulator, "/services", "services");
    for change in [
        json!({"status": "done"}),
        json!({"status": 3}),
        json!({"urgency": "mid"}),
        json!({"title": " "}),
        json!({"priority": {"id": "PNOPE"}}),
        json!({"assignments": [{"assignee": {"id": "PNOPE"}}]}),
        json!({"escalation_policy": {"id": "PNOPE"}}),
    ] {
        let answer = put(&simulator, &id, change.clone());
        assert_eq!((answer.status, answer.at("/error/code")), (400, json!(2001)), "{change}");
    }
    let create = |incident: Value| user(&simulator, "POST", "/incidents", &json!({"incident": incident}).to_string());
    let both = create(json!({"type": "incident"}));
    assert_eq!((both.status, both.list("/error/errors").len()), (400, 2));
    let keyed = json!({"type": "incident", "title": "K", "incident_key": "k", "service": {"id": service}});
    assert_eq!(create(keyed.clone()).status, 201);
    assert_eq!(create(keyed).status, 400);
    for body in ["", "[]", "{", "null", "{\"incident\":[]}", "{\"x\":1}", "\u{feff}{}"] {
        assert_eq!(user(&simulator, "POST", "/incidents", body).status, 400, "{body:?}");
    }
}

#[test]
fn windows() {
    let simulator = small();
    let total = |query: &str| {
        let answer = get(&simulator, &format!("/incidents?total=true&limit=1&{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        answer.at("/total").as_u64().unwrap_or(0)
    };
    let month = total("");
    assert_eq!(total("since=2026-10-02T12:00:00Z"), month);
    assert!(total("since=2026-07-01T00:00:00Z") < 100, "a lone since means one month");
    assert_eq!(total("since=2026-06-01T00:00:00Z&until=2026-11-02T00:00:00Z"), 300);
    assert_eq!(total("date_range=all"), 300);
    assert_eq!(total("date_range=all&since=2026-10-31T00:00:00Z"), 300);
    let wrong = [
        "since=2026-01-01T00:00:00Z&until=2026-11-01T00:00:00Z",
        "since=yesterday",
        "date_range=none",
        "since=2026-10-01&until=2026-09-01",
    ];
    for query in wrong {
        assert_eq!(get(&simulator, &format!("/incidents?{query}")).status, 400, "{query}");
    }
}

#[test]
fn filters_and_order() {
    let simulator = small();
    let list = |query: &str| {
        let answer = get(&simulator, &format!("/incidents?date_range=all&limit=100&{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        answer.list("/incidents")
    };
    let mut resolved = list("statuses[]=resolved").into_iter();
    let any = resolved.rfind(|incident| incident["teams"] != json!([])).expect("one of a team");
    let text = |pointer: &str| any.pointer(pointer).and_then(Value::as_str).unwrap_or("").to_owned();
    for (query, pointer) in [
        (format!("service_ids[]={}", text("/service/id")), "/service/id"),
        (format!("team_ids[]={}", text("/teams/0/id")), "/teams/0/id"),
        (format!("incident_key={}", text("/incident_key")), "/incident_key"),
        ("statuses%5B%5D=resolved".to_owned(), "/status"),
        ("urgencies[]=high".to_owned(), "/urgency"),
    ] {
        let found = list(&query);
        let value =
            if query.starts_with("urg") { json!("high") } else { any.pointer(pointer).cloned().unwrap_or_default() };
        assert!(!found.is_empty() && found.iter().all(|one| one.pointer(pointer) == Some(&value)), "{query}");
    }
    let two = list("statuses[]=triggered&statuses[]=acknowledged");
    assert!(two.iter().all(|incident| incident["status"] != "resolved"));
    let down: Vec<u64> =
        list("sort_by=incident_number:desc").iter().filter_map(|i| i["incident_number"].as_u64()).collect();
    assert!(down.windows(2).all(|pair| pair[0] > pair[1]));
    let sorted = list("sort_by=urgency:desc,created_at:desc");
    assert_eq!(sorted[0]["urgency"], "high");
    for query in [
        "statuses[]=open",
        "urgencies[]=mid",
        "sort_by=title",
        "sort_by=created_at,urgency,resolved_at",
        "include[]=cats",
        "time_zone=Mars/Base",
    ] {
        assert_eq!(get(&simulator, &format!("/incidents?{query}")).status, 400, "{query}");
    }
    // What PagerDuty does not know it passes over.
    assert_eq!(get(&simulator, "/incidents?flavour=mint&statuses=open").status, 200);
}

#[test]
fn includes_put_the_record_in_place() {
    let simulator = small();
    let page =
        get(&simulator, "/incidents?limit=1&include[]=services&include[]=first_trigger_log_entries&include[]=teams");
    assert_eq!(page.at("/incidents/0/service/type"), json!("service"));
    assert_eq!(page.at("/incidents/0/teams/0/type"), json!("team"));
    assert!(page.at("/incidents/0/first_trigger_log_entry/channel").is_object());
    let zoned = get(&simulator, "/incidents?limit=1&time_zone=Asia/Tokyo").id("/incidents/0/created_at");
    assert!(zoned.ends_with("+09:00"), "{zoned}");
}

#[test]
fn events_make_and_end_incidents() {
    let simulator = small();
    let send = |action: &str, key: &str| {
        let body = json!({"routing_key": ROUTING_KEY, "event_action": action, "dedup_key": key,
            "payload": {"summary": "Disk full", "source": "db1", "severity": "critical"}});
        let answer = user(&simulator, "POST", "/v2/enqueue", &body.to_string());
        assert_eq!(answer.status, 202, "{}", answer.text);
    };
    let total = || get(&simulator, "/incidents?total=true&limit=1").at("/total").as_u64().unwrap_or(0);
    let before = total();
    send("resolve", "unknown");
    send("trigger", "disk");
    send("trigger", "disk");
    assert_eq!(total(), before + 1);
    let status = || get(&simulator, "/incidents?incident_key=disk").at("/incidents/0/status");
    send("acknowledge", "disk");
    assert_eq!(status(), json!("acknowledged"));
    send("acknowledge", "disk");
    send("resolve", "disk");
    assert_eq!(status(), json!("resolved"));
    send("trigger", "disk");
    assert_eq!(total(), before + 2);
}

#[test]
fn wrong_events_are_refused_in_their_own_shape() {
    let simulator = small();
    let payload = json!({"summary": "S", "source": "s", "severity": "info"});
    for event in [
        json!([]),
        json!({}),
        json!({"routing_key": "short", "event_action": "trigger", "payload": payload}),
        json!({"routing_key": "0".repeat(32), "event_action": "trigger", "payload": payload}),
        json!({"routing_key": ROUTING_KEY, "event_action": "boil", "payload": payload}),
        json!({"routing_key": ROUTING_KEY, "event_action": "trigger"}),
        json!({"routing_key": ROUTING_KEY, "event_action": "trigger", "payload": {"summary": "S", "source": "s", "severity": "bad"}}),
        json!({"routing_key": ROUTING_KEY, "event_action": "trigger", "payload": {"summary": "S".repeat(1_025), "source": "s", "severity": "info"}}),
        json!({"routing_key": ROUTING_KEY, "event_action": "resolve"}),
        json!({"routing_key": ROUTING_KEY, "event_action": "resolve", "dedup_key": "d".repeat(256)}),
    ] {
        let answer = common::send(&simulator, "POST", "/v2/enqueue", &[], event.to_string().as_bytes());
        assert_eq!((answer.status, answer.at("/status")), (400, json!("invalid event")), "{event}");
        assert!(!answer.list("/errors").is_empty());
    }
}

#[test]
fn the_last_alert_resolves_the_incident() {
    let simulator = Simulator::new(Options::default());
    let open = get(&simulator, "/incidents?date_range=all&statuses[]=triggered&statuses[]=acknowledged&limit=100")
        .list("/incidents");
    let id =
        open.iter().find(|incident| incident["alert_counts"]["all"].as_u64() > Some(1)).and_then(|i| i["id"].as_str());
    let id = id.expect("an open incident of several alerts").to_owned();
    let alerts = get(&simulator, &format!("/incidents/{id}/alerts")).list("/alerts");
    for (n, alert) in alerts.iter().enumerate() {
        let status = get(&simulator, &format!("/incidents/{id}")).at("/incident/status");
        assert_ne!(status, json!("resolved"), "before alert {n}");
        let path = format!("/incidents/{id}/alerts/{}", alert["id"].as_str().unwrap_or(""));
        assert_eq!(user(&simulator, "PUT", &path, r#"{"alert":{"type":"alert","status":"resolved"}}"#).status, 200);
    }
    assert_eq!(get(&simulator, &format!("/incidents/{id}")).at("/incident/status"), json!("resolved"));
}

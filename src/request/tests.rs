//! What goes out, to the byte.

use serde_json::json;

use super::*;
use crate::arguments::check;
use crate::catalog::{OPERATIONS, Type, find};
use crate::error::Reason;

const SECRET: &str = "u+Canary-0123456789";

fn connection(settings: Value) -> Connection {
    let credentials = [("token", SECRET), ("user_token", "user-Canary")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    Connection::open("token", &credentials, &settings.to_string()).unwrap()
}

fn built(id: &str, given: Value, page: &PageValues, settings: Value) -> Result<Request> {
    let operation = find(id).unwrap();
    let arguments =
        check(operation, &given.to_string()).unwrap_or_else(|error| panic!("{id} {given}: {}", error.message));
    build(operation, &arguments, page, &connection(settings))
}

fn sent(id: &str, given: Value) -> Request {
    built(id, given, &[], json!({})).unwrap()
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
}

fn target(id: &str, given: Value, expected: &str) {
    assert_eq!(sent(id, given.clone()).path_and_query, expected, "{id} {given}");
}

fn body(id: &str, given: Value, expected: Value) {
    let request = sent(id, given);
    let body: Value = serde_json::from_slice(&request.body.expect("a body")).unwrap();
    assert_eq!(body, expected, "{id}");
    assert_eq!(header_of(&request.headers), Some("application/json"), "{id}");
}

fn header_of<'a>(headers: &'a [(&'static str, String)]) -> Option<&'a str> {
    headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| value.as_str())
}

#[test]
fn paths_are_encoded() {
    target("teams.get", json!({"id": "P1"}), "/teams/P1");
    target("teams.get", json!({"id": "a b"}), "/teams/a%20b");
    target("teams.get", json!({"id": "?x=1#y&z+%2F:@;,="}), "/teams/%3Fx%3D1%23y%26z%2B%252F%3A%40%3B%2C%3D");
    target("teams.get", json!({"id": "ü😀"}), "/teams/%C3%BC%F0%9F%98%80");
    target("teams.get", json!({"id": "-._~"}), "/teams/-._~");
    target("teams.get", json!({"id": "..."}), "/teams/...");
    target("teams.get", json!({"id": "\u{202e}"}), "/teams/%E2%80%AE");
    target("teams.members.remove", json!({"id": "P1", "user_id": {"id": "P2"}}), "/teams/P1/users/P2");
}

#[test]
fn headers_of_the_caller() {
    let name = "x-pagerduty-jira-signature";
    let get = |value: Value| built("jira-server.rules.get", json!({"id": "7", name: value}), &[], json!({}));
    for fine in ["eyJ0eXAiOiJK.e30.c2ln", "~!@#$%^&*()", ":"] {
        assert_eq!(header(&get(json!(fine)).unwrap(), name), Some(fine));
    }
    for broken in ["a\r\nx: y", "a\nb", "a b", " a", "a\t", "a\0", "ü", "\u{202e}"] {
        let error = get(json!(broken)).unwrap_err();
        assert_eq!((error.reason, &*error.violations[0].argument), (Reason::Invalid, name), "{broken:?}");
        assert!(error.violations[0].message.contains("cannot be sent in a header"));
    }
    assert!(check(find("jira-server.rules.get").unwrap(), r#"{"id": "7"}"#).is_err(), "it is required");
}

#[test]
fn what_could_leave_the_path_is_refused() {
    for id in ["a/b", "/", "a\\b", ".", "..", "a\r\nb", "a\nb", "a\tb", "a\0", "\u{7f}", "a\u{85}", "../users"] {
        let error = built("teams.get", json!({"id": id}), &[], json!({})).expect_err(id);
        assert_eq!((error.reason, error.violations[0].argument.as_str()), (Reason::Invalid, "id"), "{id:?}");
    }
    let error = built("abilities.get", json!({"id": "a/../b"}), &[], json!({})).unwrap_err();
    assert_eq!(error.violations[0].argument, "id");
}

#[test]
fn what_leads_out_of_the_path_once_it_is_decoded_is_refused() {
    let long = "x".repeat(1_001);
    for id in [
        "%2e",
        "%2E%2e",
        ".%2e",
        "%252e%252e",
        "%25252e",
        "%2e%2e%2fx",
        "x%2f..",
        "..%5cx",
        "..;",
        "..;a=b",
        ".%3b",
        "%2e%2e;",
        "a%0d%0ab",
        "a%00",
        "%c2%85",
        &long,
    ] {
        let error = built("teams.get", json!({"id": id}), &[], json!({})).expect_err(id);
        assert_eq!((error.reason, error.violations[0].argument.as_str()), (Reason::Invalid, "id"), "{id:?}");
    }
    target("teams.get", json!({"id": "a%2fb"}), "/teams/a%252fb");
    target("teams.get", json!({"id": "%"}), "/teams/%25");
    target("teams.get", json!({"id": "%2"}), "/teams/%252");
    target("teams.get", json!({"id": "%+f%zz"}), "/teams/%25%2Bf%25zz");
    target("teams.get", json!({"id": "x..y;.z"}), "/teams/x..y%3B.z");
    target("teams.get", json!({"id": "ü%c3"}), "/teams/%C3%BC%25c3");
    assert!(built("teams.get", json!({"id": &long[1..]}), &[], json!({})).is_ok());
}

#[test]
fn an_address_that_no_library_takes_is_refused_by_its_longest_argument() {
    let refused = |id: &str, given: Value| {
        let error = built(id, given, &[], json!({})).unwrap_err();
        assert_eq!(error.reason, Reason::Invalid);
        error.violations[0].argument.clone()
    };
    let ids: Vec<String> = (0..5_000).map(|n| format!("P{n:06}")).collect();
    assert_eq!(refused("incidents.list", json!({"team_ids": ids, "service_ids": ["P1"]})), "team_ids");
    assert_eq!(refused("teams.list", json!({"query": "x".repeat(60_000), "limit": 5})), "query");
    assert!(built("teams.list", json!({"query": "x".repeat(59_000)}), &[], json!({})).is_ok());
}

#[test]
fn queries_are_encoded_in_their_list_styles() {
    target("teams.list", json!({}), "/teams");
    target(
        "teams.list",
        json!({"query": "a&b=c d+e#f?g%h/ü\r\n"}),
        "/teams?query=a%26b%3Dc%20d%2Be%23f%3Fg%25h%2F%C3%BC%0D%0A",
    );
    target("teams.list", json!({"query": ""}), "/teams?query=");
    target("teams.list", json!({"limit": 5, "offset": 10, "total": true}), "/teams?limit=5&offset=10&total=true");
    target(
        "incidents.list",
        json!({"statuses": ["triggered", "resolved"], "sort_by": ["created_at:desc", "urgency"], "team_ids": [{"id": "P1"}, "P&2"]}),
        "/incidents?team_ids%5B%5D=P1&team_ids%5B%5D=P%262&statuses%5B%5D=triggered&statuses%5B%5D=resolved&sort_by=created_at%3Adesc%2Curgency",
    );
    target("incidents.list", json!({"statuses": [], "sort_by": []}), "/incidents");
    target(
        "incidents.list",
        json!({"since": "2026-11-21T09:00:00+01:00"}),
        "/incidents?since=2026-11-21T09%3A00%3A00%2B01%3A00",
    );
    target(
        "schedules.overrides.list",
        json!({"id": "P1", "since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z", "overflow": false}),
        "/schedules/P1/overrides?since=2026-01-01T00%3A00%3A00Z&until=2026-01-02T00%3A00%3A00Z&overflow=false",
    );
}

#[test]
fn page_values_take_the_place_of_the_callers() {
    let page = [("limit", json!(100)), ("offset", json!(99))];
    let request =
        built("teams.list", json!({"limit": 5, "offset": 1, "query": "x", "total": true}), &page, json!({})).unwrap();
    assert_eq!(request.path_and_query, "/teams?query=x&total=true&limit=100&offset=99");
    let page = [("limit", json!(1000)), ("starting_after", json!("a&b"))];
    let given = json!({"limit": 5, "starting_after": "x", "order": "asc"});
    let request = built("analytics.incidents.list", given, &page, json!({})).unwrap();
    assert_eq!(request.path_and_query, "/analytics/raw/incidents");
    let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
    assert_eq!(body, json!({"order": "asc", "limit": 1000, "starting_after": "a&b"}));
    let page = [("limit", json!(100)), ("cursor", json!("a/b+c=="))];
    let request = built("audit.records.list", json!({}), &page, json!({})).unwrap();
    assert_eq!(request.path_and_query, "/audit/records?limit=100&cursor=a%2Fb%2Bc%3D%3D");
    let page = [("startIndex", json!(101)), ("count", json!(100))];
    let request = built("scim.users.list", json!({"count": 3}), &page, json!({})).unwrap();
    assert_eq!(request.path_and_query, "/scim/v2/Users?startIndex=101&count=100");
}

#[test]
fn bodies_are_wrapped_and_hold_their_constants() {
    body(
        "incidents.create",
        json!({"title": "x", "service": "P1", "from": "a@b.c"}),
        json!({"incident": {"type": "incident", "title": "x", "service": {"id": "P1", "type": "service_reference"}}}),
    );
    body("incidents.snooze", json!({"id": "P1", "duration": 5}), json!({"duration": 5}));
    body(
        "users.create",
        json!({"name": "Ada", "email": "a@b.c", "time_zone": null}),
        json!({"user": {"type": "user", "name": "Ada", "email": "a@b.c", "time_zone": null}}),
    );
    body(
        "enrichment.associations.delete",
        json!({"id": "P1", "associations": [{"type": "service_reference", "id": "P2"}]}),
        json!({"associations": [{"type": "service_reference", "id": "P2"}]}),
    );
    let deletion = sent(
        "enrichment.associations.delete",
        json!({"id": "P1", "associations": [{"type": "service_reference", "id": "P2"}]}),
    );
    assert_eq!(deletion.method, Method::Delete);
    let get = sent("teams.get", json!({"id": "P1"}));
    assert_eq!((get.body, header_of(&get.headers)), (None, None));
}

#[test]
fn a_boundary_never_stands_inside_a_part() {
    let upload = |text: &str| {
        let request = sent("enrichment.records.upload", json!({"schema_id": "S1", "file": text}));
        let kind = header_of(&request.headers).unwrap().to_owned();
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap().to_owned();
        let body = String::from_utf8(request.body.unwrap()).unwrap();
        assert!(!text.contains(&boundary));
        assert_eq!(body.matches(&format!("--{boundary}")).count(), 2, "{body}");
        assert!(body.ends_with(&format!("--{boundary}--\r\n")) && body.starts_with(&format!("--{boundary}\r\n")));
        assert!(body.contains(&format!("\r\n\r\n{text}\r\n--{boundary}")), "{body}");
        assert!(boundary.len() <= 70 && boundary.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        boundary
    };
    let mut text = "name,value\r\n1,\"ü\"\r\n".to_owned();
    for _ in 0..20 {
        // A file that holds the boundary its predecessor had.
        let boundary = upload(&text);
        text.push_str(&format!("--{boundary}\r\n"));
    }
    upload("");
}

#[test]
fn the_sender_is_the_argument_or_the_setting_and_only_where_it_is_taken() {
    let from = |id: &str, given: Value, settings: Value| {
        let request = built(id, given, &[], settings).unwrap();
        header(&request, "from").map(str::to_owned)
    };
    let snooze = json!({"id": "P1", "duration": 5});
    let mine = json!({"id": "P1", "duration": 5, "from": "mine@b.c"});
    assert_eq!(from("incidents.snooze", snooze.clone(), json!({})), None);
    assert_eq!(from("incidents.snooze", snooze, json!({"from": "set@b.c"})).as_deref(), Some("set@b.c"));
    assert_eq!(from("incidents.snooze", mine.clone(), json!({"from": "set@b.c"})).as_deref(), Some("mine@b.c"));
    assert_eq!(from("incidents.snooze", mine, json!({})).as_deref(), Some("mine@b.c"));
    assert_eq!(from("teams.list", json!({}), json!({"from": "set@b.c"})), None);
    let body =
        built("incidents.snooze", json!({"id": "P1", "duration": 5, "from": "a@b.c"}), &[], json!({})).unwrap().body;
    assert_eq!(body.unwrap(), br#"{"duration":5}"#);
}

#[test]
fn headers_and_hosts_follow_the_catalog() {
    let request = sent("ip-allow-lists.list", json!({}));
    assert_eq!(header(&request, "x-early-access"), Some("ip-allow-lists"));
    assert_eq!(header(&request, "accept"), Some("application/vnd.pagerduty+json;version=2"));
    assert_eq!((request.https, request.authority.as_str()), (true, "api.pagerduty.com"));
    assert_eq!(header(&sent("teams.list", json!({})), "x-early-access"), None);
    assert_eq!(header(&sent("scim.users.list", json!({})), "accept"), Some("application/scim+json"));
    let authority = |id: &str, given: Value, settings: Value| built(id, given, &[], settings).unwrap().authority;
    let slack = json!({"slack_team_id": "T1"});
    let event = json!({"routing_key": "r", "event_action": "resolve"});
    assert_eq!(authority("slack.connections.list", slack.clone(), json!({})), "app.pagerduty.com");
    assert_eq!(authority("events.send", event.clone(), json!({})), "events.pagerduty.com");
    assert_eq!(authority("events.send", event.clone(), json!({"region": "eu"})), "events.eu.pagerduty.com");
    for id_given in [("slack.connections.list", slack), ("events.send", event), ("teams.list", json!({}))] {
        let request =
            built(id_given.0, id_given.1, &[], json!({"base_url": "http://127.0.0.1:81", "region": "eu"})).unwrap();
        assert_eq!((request.https, request.authority.as_str()), (false, "127.0.0.1:81"));
    }
}

/// A value that fits, as small as can be.
fn fitting(of: &Type) -> Value {
    match of {
        Type::Text { min, .. } => "x".repeat((*min).max(1) as usize).into(),
        Type::Int { min, max } => 1.clamp(*min, *max).into(),
        Type::Number => 1.into(),
        Type::Bool => true.into(),
        Type::Time { .. } => "2026-11-21T09:00:00Z".into(),
        Type::Date => "2026-11-21".into(),
        Type::Email => "a@b.c".into(),
        Type::Url => "https://a.example".into(),
        Type::Json | Type::Object => json!({}),
        Type::File => "a,b".into(),
        Type::Enum(values) => values[0].into(),
        Type::IntEnum(values) => values[0].into(),
        Type::List { of, min, max } => Value::Array(vec![fitting(of); (*min).max(1).min(*max) as usize]),
        Type::Entity(entity) => {
            let (mut object, mut fields) = (Map::new(), entity.fields.iter().collect::<Vec<_>>());
            if let Some(variants) = entity.variants {
                object.insert(variants.by.to_owned(), variants.cases[0].0.into());
                fields.extend(variants.cases[0].1.fields);
            }
            for field in fields.iter().filter(|f| f.constant.is_none() && !f.read_only) {
                object.insert(field.name.to_owned(), fitting(&field.of));
            }
            Value::Object(object)
        }
        Type::Ref(_) | Type::Id(_) => "P1".into(),
    }
}

#[test]
fn every_operation_with_all_its_arguments_makes_a_clean_request() {
    for operation in OPERATIONS {
        let mut given = Map::new();
        let mut fields: Vec<_> = crate::arguments::fields(operation).collect();
        if let Some(variants) = operation.variants {
            fields.extend(variants.cases[0].1.fields);
        }
        for field in fields.iter().filter(|f| f.constant.is_none() && !f.read_only) {
            given.insert(field.name.to_owned(), fitting(&field.of));
        }
        if let Some(variants) = operation.variants {
            given.insert(variants.by.to_owned(), variants.cases[0].0.into());
        }
        let request = sent(operation.id, Value::Object(given));
        let whole = format!("{request:?} {}", String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()));
        assert!(!whole.contains("Canary"), "{}", operation.id);
        assert!(header(&request, "authorization").is_none(), "{}", operation.id);
        let clean = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
        assert!(
            clean(&request.path_and_query) && request.path_and_query.starts_with('/'),
            "{}",
            request.path_and_query
        );
        for (name, value) in &request.headers {
            assert!(value.bytes().all(|b| b.is_ascii_graphic() || b == b' '), "{name}: {value}");
        }
        assert_eq!(request.body.is_some(), !matches!(operation.body, Body::None), "{}", operation.id);
    }
}

//! What callers write, and what is said of it.

use serde_json::json;

use super::*;
use crate::catalog::find;

fn run(id: &str, given: &str) -> Result<Arguments> {
    check(find(id).unwrap(), given)
}

/// Accepted, and sent as `sent` (members beside those are not compared).
fn takes(id: &str, given: Value, sent: Value) {
    let arguments = run(id, &given.to_string()).unwrap_or_else(|error| panic!("{id} {given}: {}", error.message));
    for (name, expected) in sent.as_object().unwrap() {
        assert_eq!(arguments.get(name).unwrap_or(&Value::Null), expected, "{id} {given}: {name}");
    }
}

/// Refused, with exactly these violations: argument, and words of the message.
fn refuses(id: &str, given: Value, expected: &[(&str, &str)]) {
    let error = run(id, &given.to_string()).expect_err(&given.to_string());
    assert_eq!(error.reason, Reason::Invalid);
    let found: Vec<&str> = error.violations.iter().map(|violation| violation.argument.as_str()).collect();
    let named: Vec<&str> = expected.iter().map(|(argument, _)| *argument).collect();
    assert_eq!(found, named, "{id} {given}: {:?}", error.violations);
    for (violation, (_, words)) in error.violations.iter().zip(expected) {
        assert!(violation.message.contains(words), "{id} {given}: {violation:?}");
    }
    for (name, _) in expected {
        assert!(error.message.contains(name), "{}", error.message);
    }
}

fn scalar_case(of: &Type, value: Value, accepted: bool) {
    assert_eq!(scalar(of, &value).is_ok(), accepted, "{of:?} {value}: {:?}", scalar(of, &value));
}

#[test]
fn scalars_take_what_they_say() {
    let text = Type::Text { min: 2, max: 3 };
    for (value, accepted) in [("", false), ("a", false), ("ab", true), ("äöü", true), ("😀😀😀", true), ("abcd", false)]
    {
        scalar_case(&text, json!(value), accepted);
    }
    let int = Type::Int { min: -1, max: 5 };
    for (value, accepted) in [
        (json!(-1), true),
        (json!(5), true),
        (json!(-2), false),
        (json!(6), false),
        (json!(1.5), false),
        (json!(u64::MAX), false),
        (json!("1"), false),
        (json!(true), false),
        (json!(1e300), false),
    ] {
        scalar_case(&int, value, accepted);
    }
    let every = Type::Int { min: i64::MIN, max: i64::MAX };
    scalar_case(&every, json!(i64::MIN), true);
    scalar_case(&every, json!(u64::MAX), false);
    for (of, good) in [
        (Type::Number, json!(1.5)),
        (Type::Bool, json!(false)),
        (Type::File, json!("a,b\r\n")),
        (Type::Enum(&["a", "b"]), json!("b")),
        (Type::IntEnum(&[0, 120]), json!(120)),
        (Type::Url, json!("https://x.example/a?b=ü")),
        (Type::Email, json!("a@b.c")),
    ] {
        scalar_case(&of, good, true);
        for bad in [json!(null), json!([]), json!({}), json!([1])] {
            scalar_case(&of, bad, false);
        }
    }
    scalar_case(&Type::Number, json!(3), true);
    scalar_case(&Type::Number, json!("3"), false);
    scalar_case(&Type::Bool, json!("true"), false);
    scalar_case(&Type::Enum(&["a", "b"]), json!("A"), false);
    scalar_case(&Type::IntEnum(&[0, 120]), json!(60), false);
    scalar_case(&Type::IntEnum(&[0, 120]), json!("120"), false);
    for bad in ["", "x", "http://a b", "http://a\nb", "a:\u{7f}"] {
        scalar_case(&Type::Url, json!(bad), false);
    }
}

#[test]
fn times_are_rfc_3339() {
    for (text, any, utc) in [
        ("2026-11-21T09:00:00Z", true, true),
        ("2026-11-21t09:00:00z", true, false),
        ("2026-11-21T09:00:00.123456789Z", true, true),
        ("2026-11-21T09:00:00+01:00", true, false),
        ("2026-11-21T09:00:00-23:59", true, false),
        ("2026-11-21T23:59:60Z", true, true),
        ("2024-02-29T00:00:00Z", true, true),
        ("2026-02-30T00:00:00Z", false, false),
        ("2026-04-31T00:00:00Z", false, false),
        ("2026-11-21T09:00:00", false, false),
        ("2026-11-21 09:00:00Z", false, false),
        ("2026-11-21T24:00:00Z", false, false),
        ("2026-11-21T09:60:00Z", false, false),
        ("2026-13-21T09:00:00Z", false, false),
        ("2026-00-21T09:00:00Z", false, false),
        ("2026-11-00T09:00:00Z", false, false),
        ("2026-11-21T9:00:00Z", false, false),
        ("2026-11-21T09:00Z", false, false),
        ("2026-11-21T09:00:00.Z", false, false),
        ("2026-11-21T09:00:00.xZ", false, false),
        ("2026-11-21T09:00:00Z01:00", false, false),
        ("2026-11-21T09:00:00+1:00", false, false),
        ("2026-11-21T09:00:00+24:00", false, false),
        ("2026-11-21T09:00:00+0100", false, false),
        ("2026-11-21T09:00:00ZZ", false, false),
        ("2026-11-21T09:00:00Z ", false, false),
        ("2026-11-21", false, false),
        ("", false, false),
        ("now", false, false),
        ("２０２６-11-21T09:00:00Z", false, false),
        ("2026-11-21T09:00:00ü", false, false),
        ("+026-11-21T09:00:00Z", false, false),
        ("2026-+1-21T09:00:00Z", false, false),
        ("2026-11-21T+9:00:00Z", false, false),
    ] {
        scalar_case(&Type::Time { utc: false }, json!(text), any);
        scalar_case(&Type::Time { utc: true }, json!(text), utc);
    }
    for (text, accepted) in [
        ("2026-11-21", true),
        ("2024-02-29", true),
        ("2026-02-30", false),
        ("2026-11-31", false),
        ("2026-1-2", false),
        ("2026-11-2x", false),
        ("2026/11/21", false),
        ("20261-1-21", false),
        ("", false),
    ] {
        scalar_case(&Type::Date, json!(text), accepted);
    }
}

#[test]
fn email_addresses_fit_a_header() {
    for good in ["a@b", "ada.byron+x@example.com", "o'neil@example.com"] {
        assert!(is_email(good), "{good}");
    }
    for bad in [
        "",
        "a",
        "@b",
        "a@",
        "a@b@c",
        "a b@c",
        "a@b\r\nx: y",
        "a@b,c@d",
        "<a@b>",
        "ä@b",
        "a@b;",
        "a@b\0",
        &format!("a@{}", "b".repeat(254)),
    ] {
        assert!(!is_email(bad), "{bad}");
    }
}

#[test]
fn all_violations_come_at_once_with_their_paths() {
    refuses("incidents.create", json!({}), &[("title", "required"), ("service", "required")]);
    refuses(
        "incidents.create",
        json!({"title": "", "service": {}, "urgency": "hihg", "assignments": [{"assignee": "PU1"}, {}, 5], "body": {"detail": 1}, "conference_bridge": {"conference_url": "x"}}),
        &[
            ("title", "0 characters"),
            ("service", "`id`"),
            ("urgency", "did you mean `high`"),
            ("body.detail", "did you mean `details`"),
            ("assignments.1.assignee", "required"),
            ("assignments.2", "an object"),
            ("conference_bridge.conference_url", "URL"),
        ],
    );
    refuses("incidents.bulk-update", json!({"incidents": []}), &[("incidents", "1 to 250")]);
    refuses(
        "incidents.bulk-update",
        json!({"incidents": [{"id": "P1", "status": "open"}, {"status": "resolved"}]}),
        &[("incidents.0.status", "one of"), ("incidents.1.id", "required")],
    );
    let many = vec![json!({"id": "P1"}); 251];
    refuses("incidents.bulk-update", json!({"incidents": many}), &[("incidents", "251")]);
    refuses("incidents.snooze", json!({"id": "P1", "duration": 604_801}), &[("duration", "from 1 to 604800")]);
    refuses("incidents.list", json!({"statuses": "triggered"}), &[("statuses", "a list")]);
    refuses("incidents.list", json!({"sort_by": ["created_at", "urgency", "created_at"]}), &[("sort_by", "3 items")]);
}

#[test]
fn a_flood_of_violations_keeps_the_message_short() {
    let many = vec![json!({"x": 1}); 10_000];
    let error = run("incidents.bulk-update", &json!({"incidents": many}).to_string()).unwrap_err();
    assert_eq!(error.violations.len(), 20_001);
    assert!(error.message.len() < 800, "{}", error.message.len());
}

#[test]
fn unknown_names_are_refused_and_the_nearest_suggested() {
    refuses("incidents.list", json!({"status": []}), &[("status", "did you mean `statuses`")]);
    refuses("teams.get", json!({"id": "P1", "ID": "P1"}), &[("ID", "no such argument")]);
    refuses("teams.get", json!({"id": "P1", "": 1}), &[("", "no such argument")]);
    refuses("teams.get", json!({"id": "P1", "a\r\nb\u{202e}": 1}), &[("a  b", "no such argument")]);
    refuses("teams.list", json!({"zzzzzzzz": 1}), &[("zzzzzzzz", "has no such argument")]);
    let error = run("teams.list", r#"{"zzzzzzzz":1}"#).unwrap_err();
    assert!(!error.message.contains("did you mean"), "{}", error.message);
}

#[test]
fn constants_are_sent_accepted_and_not_changed() {
    let given = json!({"title": "x", "service": "P1"});
    takes("incidents.create", given, json!({"type": "incident"}));
    takes("incidents.create", json!({"title": "x", "service": "P1", "type": "incident"}), json!({"type": "incident"}));
    for other in [json!("event"), json!(null), json!(1)] {
        refuses(
            "incidents.create",
            json!({"title": "x", "service": "P1", "type": other}),
            &[("type", "always \"incident\"")],
        );
    }
    takes(
        "incidents.bulk-update",
        json!({"incidents": [{"id": "P1"}]}),
        json!({"incidents": [{"id": "P1", "type": "incident_reference"}]}),
    );
}

#[test]
fn null_is_for_fields_that_may_be_null() {
    refuses("incidents.list", json!({"since": null}), &[("since", "cannot be null")]);
    refuses("teams.get", json!({"id": null}), &[("id", "cannot be null")]);
    let user = json!({"name": "Ada", "email": "ada@example.com", "time_zone": null});
    takes("users.create", user, json!({"time_zone": null}));
    refuses("incidents.merge", json!({"id": "P1", "source_incidents": [null]}), &[("source_incidents.0", "id")]);
    assert!(run("users.create", r#"{"name":"Ada","email":"a@b.c"}"#).unwrap().get("time_zone").is_none());
}

#[test]
fn references_are_ids_in_paths_and_queries_and_objects_in_bodies() {
    for given in [json!("P1"), json!({"id": "P1"}), json!({"id": "P1", "type": "team_reference", "summary": "x"})] {
        takes("teams.get", json!({"id": given}), json!({"id": "P1"}));
        takes("incidents.list", json!({"team_ids": [given]}), json!({"team_ids": ["P1"]}));
    }
    let sent = |service: Value, expected: Value| {
        takes("incidents.create", json!({"title": "x", "service": service}), json!({"service": expected}));
    };
    let whole = json!({"id": "P1", "type": "service_reference"});
    sent(json!("P1"), whole.clone());
    sent(json!({"id": "P1"}), whole.clone());
    sent(json!({"id": "P1", "type": null}), whole);
    sent(json!({"id": "P1", "type": "service", "x": 1}), json!({"id": "P1", "type": "service", "x": 1}));
    takes(
        "incidents.merge",
        json!({"id": {"id": "P1"}, "source_incidents": ["P2", {"id": "P3"}]}),
        json!({"id": "P1", "source_incidents": [{"id": "P2", "type": "incident_reference"}, {"id": "P3", "type": "incident_reference"}]}),
    );
    let bad = |service: Value, argument: &str| {
        refuses("incidents.create", json!({"title": "x", "service": service}), &[(argument, "")]);
    };
    for given in [
        json!(""),
        json!(" "),
        json!(5),
        json!([]),
        json!(true),
        json!({"id": ""}),
        json!({"id": 5}),
        json!({"type": "service"}),
    ] {
        bad(given, "service");
    }
    bad(json!({"id": "P1", "type": 5}), "service.type");
}

#[test]
fn bare_ids_stay_bare() {
    takes(
        "users.contact-methods.get",
        json!({"id": "P1", "contact_method_id": "P2"}),
        json!({"contact_method_id": "P2"}),
    );
    takes(
        "incidents.responder-requests.create",
        json!({"id": "P1", "requester_id": "P2", "message": "x", "responder_request_targets": [{"responder_request_target": {"id": "P3", "type": "user_reference"}}]}),
        json!({"requester_id": "P2"}),
    );
    for given in [json!({"id": "P2"}), json!(" "), json!(5)] {
        refuses(
            "users.contact-methods.get",
            json!({"id": "P1", "contact_method_id": given}),
            &[("contact_method_id", "")],
        );
    }
}

#[test]
fn shapes_are_told_apart_by_their_discriminator() {
    let phone =
        json!({"id": "P1", "type": "sms_contact_method", "label": "Mobile", "address": "701", "country_code": 46});
    takes("users.contact-methods.create", phone, json!({"country_code": 46, "type": "sms_contact_method"}));
    let id = "users.contact-methods.create";
    refuses(id, json!({"id": "P1", "label": "x", "address": "y"}), &[("type", "is required")]);
    refuses(
        id,
        json!({"id": "P1", "type": "fax", "label": "x", "adress": "y"}),
        &[("adress", "no such"), ("type", "one of")],
    );
    refuses(id, json!({"id": "P1", "type": 5, "label": "x"}), &[("type", "one of")]);
    refuses(
        id,
        json!({"id": "P1", "type": "email_contact_method", "label": "x", "country_code": 46}),
        &[("country_code", "no such argument"), ("address", "required")],
    );
    let rule = |contact_method: Value| json!({"id": "P1", "start_delay_in_minutes": 0, "urgency": "high", "contact_method": contact_method});
    takes(
        "users.notification-rules.create",
        rule(json!({"type": "email_contact_method", "id": "P2"})),
        json!({"contact_method": {"type": "email_contact_method", "id": "P2"}}),
    );
    let id = "users.notification-rules.create";
    refuses(id, rule(json!({"id": "P2"})), &[("contact_method.type", "must be one of")]);
    refuses(id, rule(json!({"type": "fax", "id": "P2"})), &[("contact_method.type", "must be one of")]);
    refuses(id, rule(json!({"type": "email_contact_method"})), &[("contact_method.id", "required")]);
    refuses(
        id,
        rule(json!({"type": "email_contact_method", "id": "P2", "ids": 1})),
        &[("contact_method.ids", "did you mean `id`")],
    );
}

#[test]
fn what_pagerduty_sets_passes_when_a_whole_object_comes_back() {
    let rule = json!({"id": "P5", "escalation_delay_in_minutes": 30, "targets": [{"id": "P1", "type": "user_reference", "summary": null, "self": "", "html_url": 5}]});
    takes(
        "escalation-policies.create",
        json!({"name": "x", "escalation_rules": [rule]}),
        json!({"escalation_rules": [{"id": "P5", "escalation_delay_in_minutes": 30, "targets": [{"type": "user_reference", "id": "P1", "summary": null, "self": "", "html_url": 5}]}]}),
    );
}

#[test]
fn from_is_an_argument_only_where_it_is_sent() {
    takes("incidents.snooze", json!({"id": "P1", "duration": 1, "from": "a@b.c"}), json!({"from": "a@b.c"}));
    refuses("incidents.snooze", json!({"id": "P1", "duration": 1, "from": "a@b.c\r\nx: y"}), &[("from", "e-mail")]);
    refuses("incidents.list", json!({"from": "a@b.c"}), &[("from", "no such argument")]);
}

#[test]
fn whole_numbers_may_be_written_as_fractions() {
    takes("teams.list", json!({"limit": 5.0}), json!({"limit": 5}));
    takes("teams.list", json!({"offset": 1e3}), json!({"offset": 1000}));
    refuses("teams.list", json!({"limit": 5.5}), &[("limit", "5.5")]);
    refuses("teams.list", json!({"limit": 101.0}), &[("limit", "101")]);
    refuses("teams.list", json!({"limit": 1e300}), &[("limit", "1e+300")]);
    // 2^53 + 1 is the first that a fraction cannot say.
    assert_eq!(whole(&serde_json::Number::from_f64(9_007_199_254_740_992.0).unwrap()), Some(json!(1_u64 << 53)));
    assert_eq!(whole(&serde_json::Number::from_f64(9_007_199_254_740_994.0).unwrap()), None);
    let details = json!({"title": "x", "service": "P1", "body": {"details": {"load": 5.0}}});
    takes("incidents.create", details, json!({"body": {"type": "incident_body", "details": {"load": 5.0}}}));
}

/// The text itself: one name twice cannot be written as a value.
fn refuses_text(id: &str, given: &str, expected: &[&str]) {
    let error = run(id, given).expect_err(given);
    let found: Vec<&str> = error.violations.iter().map(|violation| violation.argument.as_str()).collect();
    assert_eq!((error.reason, found.as_slice()), (Reason::Invalid, expected), "{given}: {}", error.message);
}

#[test]
fn of_two_values_under_one_name_none_is_taken() {
    refuses_text("teams.get", r#"{"id":"P1","id":"P1"}"#, &["id"]);
    refuses_text("teams.get", r#"{"id":"P1","\u0069d":"P2","id":"P3"}"#, &["id"]);
    refuses_text("incidents.create", r#"{"title":"x","service":{"id":"P1","id":"P2"}}"#, &["service.id"]);
    refuses_text(
        "incidents.bulk-update",
        r#"{"incidents":[{"id":"P1"},{"id":"P2","status":"resolved","status":"open"}]}"#,
        &["incidents.1.status", "incidents.1.status"],
    );
    // Also where PagerDuty leaves the shape open, and beside other mistakes.
    refuses_text(
        "incidents.create",
        r#"{"title":"x","body":{"details":{"a":[0,{"b":1,"b":2}]}}}"#,
        &["body.details.a.1.b", "service"],
    );
    let error = object("settings", r#"{"region":"us","region":"eu"}"#).expect_err("twice");
    assert_eq!(error.violations[0].argument, "region");
}

#[test]
fn what_is_no_json_is_told_with_its_place() {
    refuses_text("teams.get", r#"{"id": "\ud800"}"#, &["id"]);
    refuses_text("incidents.list", r#"{"team_ids": ["P1", "\udfff"]}"#, &["team_ids.1"]);
    refuses_text("incidents.create", r#"{"title": "x", "service": {"id": tru}}"#, &["service.id"]);
    refuses_text("incidents.create", r#"{"service": {"id" "x"}}"#, &["service.id"]);
    refuses_text("incidents.create", r#"{"service": {id: "x"}}"#, &["service"]);
    refuses_text("teams.get", r#"{"id": "P1""#, &[]);
}

fn malformed(given: &str, words: &str) {
    let error = run("teams.list", given).expect_err(given);
    assert_eq!(error.reason, Reason::Invalid);
    assert!(error.message.contains("teams.list") && error.message.contains(words), "{given}: {}", error.message);
}

#[test]
fn what_is_no_json_object_is_said_with_its_position() {
    malformed("", "line 1 column 0");
    malformed("{\"query\":\n \"x\",}", "line 2 column");
    malformed("{\"query\": tru}", "column");
    malformed("{\"limit\": 1e400}", "column");
    malformed("{'query': 1}", "column");
    malformed("{} {}", "column");
    malformed("{\"query\": \"\\ud800\"}", "column");
    malformed(&"[".repeat(100_000), "column 128");
    malformed(&format!("{{\"query\":{}", "{\"a\":".repeat(100_000)), "column");
    for given in ["[]", "null", "5", "\"x\"", "true"] {
        malformed(given, "must be a JSON object");
    }
}

#[test]
fn every_required_argument_is_asked_for() {
    for operation in crate::catalog::OPERATIONS {
        let required: Vec<&str> =
            fields(operation).filter(|f| f.required && f.constant.is_none() && !f.read_only).map(|f| f.name).collect();
        match check(operation, "{}") {
            Ok(_) => assert!(required.is_empty(), "{}", operation.id),
            Err(error) => {
                let found: Vec<&str> = error.violations.iter().map(|v| v.argument.as_str()).collect();
                assert_eq!(found, required, "{}", operation.id);
            }
        }
    }
}

#[test]
fn the_digest_is_of_what_was_asked_not_of_how_it_was_written() {
    let digest = |id: &str, given: &str| run(id, given).unwrap().digest();
    let of = |given: &str| digest("incidents.list", given);
    let same = of(r#"{"since":"2026-01-01T00:00:00Z","team_ids":["P1","P2"],"urgencies":["high"]}"#);
    for given in [
        r#"{"urgencies":["high"],"team_ids":["P1","P2"],"since":"2026-01-01T00:00:00Z"}"#,
        r#"{"since":"2026-01-01T00:00:00Z","limit":5,"team_ids":["P1",{"id":"P2"}],"urgencies":["high"],"total":true,"offset":7}"#,
    ] {
        assert_eq!(of(given), same, "{given}");
    }
    let others = [
        "{}",
        r#"{"since":"2026-01-01T00:00:00Z"}"#,
        r#"{"until":"2026-01-01T00:00:00Z"}"#,
        r#"{"team_ids":["P1"]}"#,
        r#"{"team_ids":["P1","P2"]}"#,
        r#"{"team_ids":["P2","P1"]}"#,
        r#"{"service_ids":["P1"]}"#,
        r#"{"team_ids":[]}"#,
    ];
    let mut digests: Vec<u64> = others.iter().map(|given| of(given)).collect();
    digests.push(same);
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), others.len() + 1);
    let analytics = |given| digest("analytics.incidents.list", given);
    assert_eq!(
        analytics(r#"{"filters":{"urgency":"high","major":true}}"#),
        analytics(r#"{"filters":{"major":true,"urgency":"high"},"limit":7}"#)
    );
}

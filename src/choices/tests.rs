//! Pick lists by dotted path.

mod every;

use serde_json::json;

use super::*;
use crate::client::tests::{Turn, client_with, says};

fn teams(more: bool) -> Turn {
    says(
        200,
        json!({"teams": [{"id": "P1", "name": "Payments"}, {"id": "P2", "summary": "Search"}, {"id": "P3"}, {"name": "no id"}], "more": more}),
    )
}

type Listed = Vec<(&'static str, &'static str)>;

fn check(id: &str, argument: &str, given: Value, search: &str, turns: Vec<Turn>, expected: Listed, target: &str) {
    let client = client_with(&[("token", "main")], json!({}), turns);
    let found = choices(&client, id, argument, &given.to_string(), search, None);
    let found = found.unwrap_or_else(|error| panic!("{id} {argument}: {}", error.message));
    let found: Vec<(&str, &str)> = found.choices.iter().map(|c| (c.value.as_str(), c.label.as_str())).collect();
    assert_eq!(found, expected, "{id} {argument}");
    assert_eq!(client.targets().join(" "), target, "{id} {argument}");
}

#[test]
fn choices_come_from_the_list_of_the_entity() {
    let all = || vec![("P1", "Payments"), ("P2", "Search"), ("P3", "P3")];
    for argument in ["team_ids", "team_ids.0", "team_ids.7.id"] {
        check("incidents.list", argument, json!({}), "", vec![teams(false)], all(), "/teams?limit=100&offset=0");
    }
    // The provider searches; what it finds is not sifted again.
    check("teams.get", "id", json!({}), " pay ", vec![teams(false)], all(), "/teams?query=pay&limit=100&offset=0");
    let services = || vec![says(200, json!({"services": [{"id": "PS", "summary": "Checkout"}], "more": false}))];
    check(
        "incidents.create",
        "service",
        json!({}),
        "",
        services(),
        vec![("PS", "Checkout")],
        "/services?limit=100&offset=0",
    );
    check(
        "incidents.create",
        "service.id",
        json!({}),
        "",
        services(),
        vec![("PS", "Checkout")],
        "/services?limit=100&offset=0",
    );
    let methods = || {
        vec![says(
            200,
            json!({"contact_methods": [{"id": "PC", "summary": "Work"}, {"id": "PD", "summary": "Mobile"}]}),
        )]
    };
    check(
        "users.contact-methods.get",
        "contact_method_id",
        json!({"id": "PU"}),
        "MOB",
        methods(),
        vec![("PD", "Mobile")],
        "/users/PU/contact_methods",
    );
    check(
        "users.notification-rules.create",
        "contact_method.id",
        json!({"id": "PU"}),
        "",
        methods(),
        vec![("PC", "Work"), ("PD", "Mobile")],
        "/users/PU/contact_methods",
    );
}

#[test]
fn words_of_the_catalog_need_no_request() {
    check("incidents.create", "urgency", json!({}), "", vec![], vec![("high", "high"), ("low", "low")], "");
    check("incidents.list", "statuses", json!({}), "RES", vec![], vec![("resolved", "resolved")], "");
    check(
        "users.contact-methods.create",
        "type",
        json!({}),
        "sms",
        vec![],
        vec![("sms_contact_method", "sms contact method")],
        "",
    );
}

fn refuses(id: &str, argument: &str, given: &str, words: &str) {
    let client = client_with(&[("token", "main")], json!({}), vec![]);
    let error = choices(&client, id, argument, given, "", None).expect_err(argument);
    assert!(error.reason == Reason::Invalid && error.message.contains(words), "{argument}: {}", error.message);
}

#[test]
fn what_has_no_list_says_so() {
    refuses("incidents.create", "title", "{}", "write a value");
    refuses("incidents.create", "titel", "{}", "did you mean `title`");
    refuses("incidents.create", "service.nam.x", "{}", "no such argument");
    for argument in ["", ".", "..", "0", "service.", "title.x"] {
        refuses("incidents.create", argument, "{}", "");
    }
    refuses("incidents.creat", "title", "{}", "did you mean `incidents.create`");
    refuses("users.contact-methods.get", "contact_method_id", "{}", "choose this first");
    refuses("incidents.create", "service", "[", "not JSON");
    refuses("incidents.create", "service.summary", "{}", "no such argument");
    refuses(
        "event-orchestrations.integrations.move",
        "integration_id",
        r#"{"id":"TO"}"#,
        "source_id: choose this first",
    );
    refuses("users.contact-methods.get", "contact_method_id", r#"{"id":""}"#, "choose this first");
    // Which list it is depends on the shape.
    let place = "escalation_rules.0.targets.0.id";
    refuses("escalation-policies.create", place, "{}", "escalation_rules.0.targets.0.type: choose this first");
}

#[test]
fn more_choices_are_behind_the_cursor() {
    let client = client_with(
        &[("token", "main")],
        json!({"page_size": 4}),
        vec![teams(true), says(200, json!({"teams": [{"id": "P9"}], "more": false}))],
    );
    let first = choices(&client, "teams.get", "id", "{}", "", None).unwrap();
    let error = choices(&client, "teams.get", "id", "{}", "another search", first.next.as_deref()).unwrap_err();
    assert!(error.message.contains("cursor"), "{}", error.message);
    assert!(first.next.is_some());
}

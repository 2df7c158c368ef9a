//! What one change does elsewhere: what goes with a record, what keeps one
//! from going, secrets that are shown once, and places that close up.

mod common;

use common::{Answer, first, get, small, user};
use pagerduty_simulator::{Simulator, tokens};
use serde_json::{Value, json};

fn ask(simulator: &Simulator, line: &str, body: Value) -> Answer {
    let (method, path) = line.split_once(' ').expect("METHOD path");
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = user(simulator, method, path, &body);
    assert!(answer.status < 300, "{line}: {} {}", answer.status, answer.text);
    answer
}

/// A service that nothing but the test knows.
fn service(simulator: &Simulator, name: &str) -> String {
    let policy = first(simulator, "/escalation_policies", "escalation_policies");
    let service = json!({"name": name, "type": "service", "escalation_policy": {"id": policy, "type": "escalation_policy_reference"}});
    ask(simulator, "POST /services", json!({"service": service})).id("/service/id")
}

#[test]
fn a_service_takes_with_it_what_it_had() {
    let simulator = small();
    let (service, kept) = (service(&simulator, "Goes"), first(&simulator, "/services", "services"));
    let business = first(&simulator, "/business_services", "business_services");
    let schema = first(&simulator, "/extension_schemas", "extension_schemas");
    let action = first(&simulator, "/automation_actions/actions", "actions");
    let path = format!("/services/{service}");
    let integration = json!({"integration": {"type": "events_api_v2_inbound_integration", "name": "I"}});
    let integration = ask(&simulator, &format!("POST {path}/integrations"), integration).id("/integration/id");
    let rule = ask(&simulator, &format!("POST {path}/rules"), json!({"rule": {"actions": {}}})).id("/rule/id");
    let values = json!({"custom_fields": [{"name": "cost_centre", "value": "7"}]});
    ask(&simulator, &format!("PUT {path}/custom_fields/values"), values);
    let objects = json!([{"id": service, "type": "service_reference"}, {"id": kept, "type": "service_reference"}]);
    let extension = json!({"name": "E", "extension_objects": objects, "extension_schema": {"id": schema, "type": "extension_schema_reference"}});
    let extension = ask(&simulator, "POST /extensions", json!({"extension": extension})).id("/extension/id");
    let relation = json!({"supporting_service": {"id": service, "type": "service"}, "dependent_service": {"id": business, "type": "business_service"}});
    ask(&simulator, "POST /service_dependencies/associate", json!({"relationships": [relation]}));
    ask(
        &simulator,
        &format!("POST /automation_actions/actions/{action}/services"),
        json!({"service": {"id": service, "type": "service_reference"}}),
    );

    ask(&simulator, &format!("DELETE {path}"), Value::Null);
    for gone in [
        format!("{path}/integrations/{integration}"),
        format!("{path}/rules/{rule}"),
        format!("{path}/custom_fields/values"),
        format!("{path}/enablements"),
        format!("/event_orchestrations/services/{service}"),
        format!("/service_dependencies/technical_services/{service}"),
        format!("/automation_actions/actions/{action}/services/{service}"),
    ] {
        assert_eq!(get(&simulator, &gone).status, 404, "{gone}");
    }
    let left = get(&simulator, &format!("/extensions/{extension}")).list("/extension/extension_objects");
    assert_eq!(left.iter().map(|object| object["id"].clone()).collect::<Vec<_>>(), [json!(kept)]);
    let relations = get(&simulator, &format!("/service_dependencies/business_services/{business}"));
    assert_eq!(relations.at("/relationships"), json!([]));
}

#[test]
fn tags_and_subscriptions_go_with_either_end() {
    let simulator = small();
    let team = ask(&simulator, "POST /teams", json!({"team": {"name": "T"}})).id("/team/id");
    let tag = ask(&simulator, "POST /tags", json!({"tag": {"label": "own"}})).id("/tag/id");
    let business = first(&simulator, "/business_services", "business_services");
    let added = json!({"add": [{"id": tag, "type": "tag_reference"}, {"label": "fresh", "type": "tag"}]});
    ask(&simulator, &format!("POST /teams/{team}/change_tags"), added);
    assert_eq!(get(&simulator, &format!("/teams/{team}/tags")).at("/tags/1/label"), json!("fresh"));
    let subscribers = json!({"subscribers": [{"subscriber_id": team, "subscriber_type": "team"}]});
    let path = format!("/business_services/{business}/subscribers");
    ask(&simulator, &format!("POST {path}"), subscribers.clone());
    assert_eq!(ask(&simulator, &format!("POST {path}"), subscribers).at("/subscriptions/0/result"), json!("duplicate"));
    let seen = get(&simulator, &format!("/teams/{team}/notification_subscriptions"));
    assert_eq!(seen.at("/subscriptions/0/subscription/subscribable_id"), json!(business));
    assert_eq!(get(&simulator, &format!("/tags/{tag}/teams")).at("/teams/0/id"), json!(team));

    ask(&simulator, &format!("DELETE /teams/{team}"), Value::Null);
    assert_eq!(get(&simulator, &format!("/tags/{tag}/teams")).at("/teams"), json!([]));
    assert_eq!(get(&simulator, &path).at("/subscribers"), json!([]));
}

#[test]
fn what_is_in_use_stays() {
    let simulator = small();
    let used = [
        format!("/escalation_policies/{}", get(&simulator, "/services").id("/services/0/escalation_policy/id")),
        format!("/automation_actions/runners/{}", first(&simulator, "/automation_actions/runners", "runners")),
        format!("/rulesets/{}", first(&simulator, "/rulesets", "rulesets")),
    ];
    for path in used {
        let answer = user(&simulator, "DELETE", &path, "");
        assert_eq!((answer.status, answer.at("/error/code")), (400, json!(2001)), "{path}: {}", answer.text);
        assert_eq!(get(&simulator, &path).status, 200, "{path}");
    }
}

#[test]
fn a_secret_is_shown_once() {
    let simulator = small();
    let webhook = json!({"webhook_subscription": {
        "type": "webhook_subscription", "events": ["incident.triggered"], "filter": {"type": "account_reference"},
        "delivery_method": {"type": "http_delivery_method", "url": "https://h.example/"},
    }});
    let made = ask(&simulator, "POST /webhook_subscriptions", webhook);
    assert_eq!(made.id("/webhook_subscription/delivery_method/secret").len(), 32);
    let own = format!("/webhook_subscriptions/{}", made.id("/webhook_subscription/id"));
    let client = first(&simulator, "/webhook_subscriptions/oauth_clients", "oauth_clients");
    let signed = json!({"webhook_subscription": {"oauth_client_id": client}});
    assert_eq!(
        ask(&simulator, &format!("PUT {own}"), signed).at("/webhook_subscription/oauth_client/id"),
        json!(client)
    );
    let enabled = ask(&simulator, &format!("POST {own}/enable"), Value::Null);
    assert_eq!(user(&simulator, "POST", &format!("{own}/ping"), "").status, 202);
    for answer in [get(&simulator, &own), enabled] {
        assert!(answer.at("/webhook_subscription/delivery_method").get("secret").is_none(), "{}", answer.text);
    }
    let runner = json!({"runner": {"name": "R", "runner_type": "sidecar"}});
    let made = ask(&simulator, "POST /automation_actions/runners", runner);
    assert_eq!(made.id("/runner/secret").len(), 32);
    let own = format!("/automation_actions/runners/{}", made.id("/runner/id"));
    assert!(get(&simulator, &own).at("/runner").get("secret").is_none());
}

#[test]
fn rules_keep_their_places() {
    let simulator = small();
    let ruleset = ask(&simulator, "POST /rulesets", json!({"ruleset": {"name": "R"}})).id("/ruleset/id");
    let path = format!("/rulesets/{ruleset}/rules");
    let add = |position: Value| {
        let rule = json!({"rule": {"position": position, "actions": {}}});
        ask(&simulator, &format!("POST {path}"), rule).id("/rule/id")
    };
    let (a, b, c) = (add(json!(0)), add(Value::Null), add(json!(0)));
    let order = || -> Vec<Value> {
        let rules = get(&simulator, &path).list("/rules");
        assert!(rules.iter().enumerate().all(|(n, rule)| rule["position"] == n), "{rules:?}");
        assert_eq!(rules.last().map(|rule| rule["catch_all"].clone()), Some(json!(true)));
        rules.iter().take(rules.len() - 1).map(|rule| rule["id"].clone()).collect()
    };
    assert_eq!(order(), [json!(c), json!(a), json!(b)]);
    let moved = ask(&simulator, &format!("PUT {path}/{c}"), json!({"rule": {"position": 2}}));
    assert_eq!(moved.at("/rule/position"), json!(2));
    assert_eq!(order(), [json!(a), json!(b), json!(c)]);
    ask(&simulator, &format!("DELETE {path}/{a}"), Value::Null);
    assert_eq!(order(), [json!(b), json!(c)]);
    let last = get(&simulator, &path).id("/rules/2/id");
    assert_eq!(user(&simulator, "DELETE", &format!("{path}/{last}"), "").status, 400);
}

#[test]
fn the_scope_is_asked_for() {
    let simulator = small();
    let narrow = |path: &str| common::with(&simulator, tokens::BEARER_NARROW, "GET", path, "");
    assert_eq!(narrow("/business_services").status, 200);
    let refused = narrow("/tags");
    assert_eq!((refused.status, refused.at("/error/required_scopes")), (403, json!("tags.read")));
}

#[test]
fn wrong_fields_are_named() {
    let simulator = small();
    let cases = [
        ("POST /tags", json!({"tag": {}}), "Label can't be blank"),
        ("POST /tags", json!({"tag": {"label": "night shift"}}), "Label has already been taken"),
        (
            "POST /addons",
            json!({"addon": {"type": "page", "name": "A", "src": "https://a.example/"}}),
            "Type must be one of full_page_addon, incident_show_addon",
        ),
        (
            "POST /business_services",
            json!({"business_service": {"name": "B", "team": {"id": "PNOWHERE"}}}),
            "Team does not exist",
        ),
        ("POST /extensions", json!({"extension": {"name": 7}}), "Name must be text"),
        (
            "POST /event_orchestrations/services/{}/cache_variables",
            json!({"cache_variable": {"name": "V", "configuration": {"type": "external_data", "ttl_seconds": 1}}}),
            "Configuration data_type can't be blank",
        ),
        (
            "POST /webhook_subscriptions",
            json!({"webhook_subscription": {"events": ["incident.triggered"], "filter": {"type": "account_reference"}, "delivery_method": {"type": "http_delivery_method"}}}),
            "Delivery method url can't be blank",
        ),
        (
            "POST /incidents/types",
            json!({"incident_type": {"name": "n", "display_name": "N", "parent_type": "none"}}),
            "Parent type does not exist: none",
        ),
    ];
    let service = first(&simulator, "/services", "services");
    for (line, body, problem) in cases {
        let line = line.replace("{}", &service);
        let (method, path) = line.split_once(' ').expect("METHOD path");
        let answer = user(&simulator, method, path, &body.to_string());
        assert_eq!((answer.status, answer.at("/error/errors/0")), (400, json!(problem)), "{line}: {}", answer.text);
    }
}

//! Credentials: who gets in, who may write, what `From` and scopes do.

mod common;

use common::{FROM, first, send, small, with};
use pagerduty_simulator::{Options, Simulator, tokens};
use serde_json::json;

fn check(token: &str, method: &str, path: &str, body: &str, status: u16, error: &str) {
    let simulator = small();
    let answer = with(&simulator, token, method, path, body);
    assert_eq!(answer.status, status, "{token} {method} {path}: {}", answer.text);
    assert!(answer.text.contains(error), "{token} {method} {path}: {}", answer.text);
}

#[test]
fn reading() {
    for token in [tokens::ACCOUNT, tokens::READ_ONLY, tokens::USER, tokens::USER_LIMITED, tokens::BEARER] {
        check(token, "GET", "/users", "", 200, "users");
    }
    check("sim-unknown", "GET", "/users", "", 401, "2006");
    check("", "GET", "/users", "", 401, "Authentication failed");
}

#[test]
fn users_me() {
    for token in [tokens::ACCOUNT, tokens::READ_ONLY, tokens::BEARER, tokens::BEARER_NARROW] {
        check(token, "GET", "/users/me", "", 400, "account-level");
    }
    check(tokens::USER, "GET", "/users/me", "", 200, "\"owner\"");
    check(tokens::BEARER_USER, "GET", "/users/me", "", 200, "\"owner\"");
    check(tokens::USER_LIMITED, "GET", "/users/me", "", 200, "\"read_only_user\"");
    check(tokens::OTHER_ACCOUNT_USER, "GET", "/users/me", "", 200, "Petra Elsewhere");
}

#[test]
fn another_account_holds_nothing_of_this_one() {
    let simulator = small();
    let me = with(&simulator, tokens::OTHER_ACCOUNT_USER, "GET", "/users/me", "").id("/user/id");
    assert_eq!(common::get(&simulator, &format!("/users/{me}")).status, 404);
    let services = with(&simulator, tokens::OTHER_ACCOUNT_USER, "GET", "/services", "");
    assert_eq!((services.status, services.at("/services")), (200, json!([])));
}

#[test]
fn writing() {
    let team = r#"{"team":{"name":"New"}}"#;
    for token in [tokens::ACCOUNT, tokens::USER, tokens::BEARER, tokens::BEARER_USER] {
        check(token, "POST", "/teams", team, 201, "New");
    }
    check(tokens::READ_ONLY, "POST", "/teams", team, 403, "2010");
    check(tokens::USER_LIMITED, "POST", "/teams", team, 403, "2010");
    // A POST that only reads is open to a read-only key.
    check(tokens::READ_ONLY, "POST", "/analytics/raw/incidents", "{}", 200, "starting_after");
}

#[test]
fn scopes() {
    check(tokens::BEARER_NARROW, "GET", "/incidents", "", 200, "incidents");
    check(tokens::BEARER_NARROW, "GET", "/services", "", 200, "services");
    check(tokens::BEARER_NARROW, "GET", "/teams", "", 403, "\"required_scopes\":\"teams.read\"");
    check(tokens::BEARER_NARROW, "PUT", "/incidents", "{}", 403, "incidents.write");
}

#[test]
fn only_users_reach_slack() {
    let path = "/integration-slack/workspaces/T0LANTERN/connections";
    check(tokens::ACCOUNT, "GET", path, "", 403, "Forbidden");
    check(tokens::USER, "GET", path, "", 200, "slack_connections");
    check(tokens::BEARER, "GET", path, "", 200, "slack_connections");
    check(tokens::USER, "GET", "/integration-slack/workspaces/T0OTHER/connections", "", 404, "Not Found");
}

#[test]
fn analytics_of_a_user_need_a_filter() {
    check(tokens::USER, "POST", "/analytics/raw/incidents", "{}", 400, "team_ids or service_ids");
    check(tokens::BEARER, "POST", "/analytics/raw/incidents", "{}", 400, "team_ids or service_ids");
}

#[test]
fn from_names_who_acts() {
    let simulator = small();
    let service = first(&simulator, "/services", "services");
    let body = json!({"incident": {"type": "incident", "title": "T", "service": {"id": service, "type": "service_reference"}}});
    let body = body.to_string();
    let call = |token: &str, from: Option<&str>| {
        let credential = format!("Token token={token}");
        let mut headers = vec![("authorization", credential.as_str())];
        headers.extend(from.map(|from| ("from", from)));
        send(&simulator, "POST", "/incidents", &headers, body.as_bytes())
    };
    assert_eq!(call(tokens::ACCOUNT, None).status, 400);
    assert_eq!(call(tokens::ACCOUNT, Some("nobody@example.com")).status, 400);
    assert_eq!(call(tokens::USER, None).status, 201);
    let made = call(tokens::ACCOUNT, Some(FROM));
    assert_eq!(made.status, 201);
    assert_eq!(made.at("/incident/last_status_change_by/summary"), json!("Marta Okonkwo"));
}

#[test]
fn authorization_is_read_as_pagerduty_does() {
    let simulator = small();
    let cases = [
        (format!("Token token={}", tokens::ACCOUNT), 200),
        (format!("token token=\"{}\"", tokens::ACCOUNT), 200),
        (format!("Bearer {}", tokens::BEARER), 200),
        (format!("Bearer {}", tokens::ACCOUNT), 401),
        (format!("Token token={}", tokens::BEARER), 401),
        (format!("Token {}", tokens::ACCOUNT), 401),
        (format!("Basic {}", tokens::ACCOUNT), 401),
        (tokens::ACCOUNT.to_owned(), 401),
    ];
    for (value, status) in cases {
        let answer = send(&simulator, "GET", "/abilities", &[("authorization", &value)], b"");
        assert_eq!(answer.status, status, "{value}");
    }
}

#[test]
fn early_access_needs_its_header() {
    let simulator = small();
    let credential = format!("Token token={}", tokens::ACCOUNT);
    let bare = send(&simulator, "GET", "/ip_allow_lists", &[("authorization", &credential)], b"");
    assert_eq!(bare.status, 400);
    assert_eq!(common::get(&simulator, "/ip_allow_lists").list("/ip_allow_lists").len(), 1);
}

#[test]
fn the_rate_limit_counts_by_key_and_minute() {
    let simulator = Simulator::new(Options { incidents: 1, rate_limit: Some(3), ..Options::default() });
    let left = |token: &str| {
        let answer = with(&simulator, token, "GET", "/abilities", "");
        (answer.status, answer.headers["ratelimit-remaining"].to_str().unwrap_or("").to_owned())
    };
    for remaining in ["2", "1", "0"] {
        assert_eq!(left(tokens::ACCOUNT), (200, remaining.into()));
    }
    assert_eq!(left(tokens::ACCOUNT), (429, "0".into()));
    assert_eq!(left(tokens::USER), (200, "2".into()));
    let refused = with(&simulator, tokens::ACCOUNT, "GET", "/abilities", "");
    assert_eq!(refused.at("/error/code"), json!(2020));
    assert_eq!(refused.headers["ratelimit-reset"], "60");
    simulator.advance(std::time::Duration::from_secs(60));
    assert_eq!(left(tokens::ACCOUNT), (200, "2".into()));
}

#[test]
fn some_operations_have_a_limit_of_their_own() {
    let simulator = small();
    let answer = common::get(&simulator, "/oncalls?limit=1");
    assert_eq!(answer.headers["ratelimit-limit"], "125");
    assert_eq!(common::get(&simulator, "/teams").headers["ratelimit-limit"], "960");
}

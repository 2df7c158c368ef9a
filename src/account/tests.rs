//! What `check` says of each kind of key.

use super::*;
use crate::client::tests::{Script, Turn, client_with, empty, says};

const ONE: &[(&str, &str)] = &[("token", "main")];
const TWO: &[(&str, &str)] = &[("token", "main"), ("user_token", "mine")];

fn ada(role: &str) -> Turn {
    says(200, json!({"user": {"id": "PA", "name": "Ada", "email": "ada@b.c", "role": role, "teams": []}}))
}

fn abilities() -> Turn {
    says(200, json!({"abilities": ["teams"]}))
}

fn run(credentials: &[(&str, &str)], settings: Value, turns: Vec<Turn>) -> (Result<Value>, Client<Script>) {
    let client = client_with(credentials, settings, turns);
    let report = check(&client);
    client.keys();
    (report, client)
}

fn reports(credentials: &[(&str, &str)], settings: Value, turns: Vec<Turn>, expected: &[(&str, Value)]) {
    let (report, _) = run(credentials, settings, turns);
    let report = report.unwrap_or_else(|error| panic!("{}", error.message));
    for (pointer, value) in expected {
        assert_eq!(report.pointer(pointer).unwrap_or(&Value::Null), value, "{pointer}: {report}");
    }
    assert!(!report.to_string().contains("main\"\""));
}

#[test]
fn a_user_key_is_told_by_its_owner() {
    reports(
        ONE,
        json!({"region": "eu"}),
        vec![ada("admin"), abilities()],
        &[
            ("/region", json!("eu")),
            ("/access", json!("write")),
            ("/keys/0/kind", json!("user")),
            ("/keys/0/read_only", json!(false)),
            ("/keys/0/user", json!({"id": "PA", "name": "Ada", "email": "ada@b.c", "role": "admin"})),
            ("/abilities", json!(["teams"])),
            ("/same_account", Value::Null),
            ("/missing_scopes", json!([])),
        ],
    );
    reports(ONE, json!({}), vec![ada("read_only_user"), abilities()], &[("/keys/0/read_only", json!(true))]);
}

#[test]
fn an_account_key_is_told_by_a_refusal_and_probed_without_a_change() {
    let account = || says(400, json!({"error": "account-level token"}));
    for (probe, read_only) in [(empty(403), json!(true)), (empty(404), json!(false)), (empty(400), json!(false))] {
        let turns = vec![account(), probe, abilities()];
        reports(ONE, json!({}), turns, &[("/keys/0/kind", json!("account")), ("/keys/0/read_only", read_only)]);
    }
    let scopes = says(403, json!({"error": {"required_scopes": "teams.write"}}));
    reports(
        ONE,
        json!({}),
        vec![account(), scopes, abilities()],
        &[("/keys/0/read_only", Value::Null), ("/missing_scopes", json!(["teams.write"]))],
    );
    // Opened to read only: not even the probe is sent.
    reports(ONE, json!({"access": "read"}), vec![account(), abilities()], &[("/keys/0/read_only", Value::Null)]);
    let (_, client) = run(ONE, json!({}), vec![account(), empty(404), abilities()]);
    assert_eq!(client.targets(), ["/users/me", "/teams/0", "/abilities"]);
}

#[test]
fn a_refused_key_is_an_error() {
    for turns in [vec![empty(401)], vec![says(400, json!({})), empty(404), empty(401)]] {
        let (report, _) = run(ONE, json!({}), turns);
        assert_eq!(report.unwrap_err().reason, Reason::Unauthenticated);
    }
}

#[test]
fn two_keys_have_to_be_of_one_account() {
    let account = || vec![says(400, json!({})), empty(404), abilities()];
    let with = |more: Vec<Turn>| account().into_iter().chain(more).collect::<Vec<_>>();
    reports(
        TWO,
        json!({}),
        with(vec![ada("user"), ada("user")]),
        &[("/same_account", json!(true)), ("/keys/1/kind", json!("user"))],
    );
    reports(TWO, json!({}), with(vec![ada("user"), empty(403)]), &[("/same_account", Value::Null)]);
    for other in [empty(404), says(200, json!({"user": {"id": "PA", "email": "else@b.c"}}))] {
        let (report, _) = run(TWO, json!({}), with(vec![ada("user"), other]));
        assert!(report.is_err_and(|error| error.message.contains("different accounts")));
    }
    let (report, _) = run(TWO, json!({}), with(vec![says(400, json!({})), empty(404)]));
    assert!(report.is_err_and(|error| error.message.contains("user_token")));
}

#[test]
fn a_lack_of_scopes_or_plan_is_reported() {
    let forbidden = |scope: &str| says(403, json!({"error": {"required_scopes": [scope]}}));
    reports(
        ONE,
        json!({}),
        vec![forbidden("users.read"), forbidden("abilities.read")],
        &[
            ("/keys/0/kind", json!("unknown")),
            ("/missing_scopes", json!(["abilities.read", "users.read"])),
            ("/abilities", Value::Null),
        ],
    );
    reports(ONE, json!({}), vec![ada("admin"), empty(402)], &[("/abilities", Value::Null)]);
}

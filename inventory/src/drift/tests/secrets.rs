//! What is never told: secrets of states, whoever calls them so.

use serde_json::{Value, json};

use super::*;

/// Stands in for a secret; nothing else in the tests has it.
const SECRET: &str = "s3cr3t-0f-th3-st4t3";

fn rules() -> Value {
    let plain = json!({"computed": false, "noise": []});
    let secret = json!({"computed": false, "noise": [], "secret": true});
    json!({"acme_team": {
        "name": plain, "token": secret, "tags": plain, "hook": plain, "hook.url": plain, "hook.header": plain,
        "hook.header.key": plain, "hook.header.value": secret,
    }})
}

/// Compares; `sensitive`: as the state says. Gives the differences, with nothing secret in any form.
fn check(account: Value, held: Value, sensitive: Value, with_key: bool, expected: &[&str]) -> Report {
    let values = values(rules(), &[wanted("team", "T1", account)]);
    let mut attributes = held;
    attributes["id"] = "T1".into();
    let one = resource("acme_team", "a", json!([{"attributes": attributes, "sensitive_attributes": sensitive}]));
    let (known, key) = (known(), with_key.then(key));
    let report = drift(&values, &states(&known, &[state(json!([one]))]).unwrap(), &known, key.as_ref(), &[]);
    let told: Vec<String> = report.resources[0]
        .differences
        .iter()
        .map(|one| format!("{}: {} | {}", one.path, one.account, one.state))
        .collect();
    assert_eq!(told, expected);
    for text in [report.table(None), serde_json::to_string(&report).unwrap(), format!("{report:?}")] {
        assert!(!text.contains(SECRET), "{text}");
    }
    report
}

fn print(value: &str) -> String {
    key().fingerprint(&value.into())["fingerprint"].as_str().unwrap().to_owned()
}

#[test]
fn fingerprints_are_compared() {
    let of = |value: &str| json!({"token": {"secret": {"fingerprint": print(value)}}});
    check(of(SECRET), json!({"token": SECRET}), json!([]), true, &[]);
    let (mine, theirs) = (print("other"), print(SECRET));
    let expected =
        format!(r#"token: {{"secret":{{"fingerprint":"{mine}"}}}} | {{"secret":{{"fingerprint":"{theirs}"}}}}"#);
    let report = check(of("other"), json!({"token": SECRET}), json!([]), true, &[&expected]);
    assert!(report.table(None).contains(&format!("secret ({theirs})")));
    let expected = format!(r#"token: {{"secret":{{"fingerprint":"{mine}"}}}} | null"#);
    check(of("other"), json!({}), json!([]), true, &[&expected]);
}

/// Nobody can tell: that is said, and is no drift.
#[test]
fn what_cannot_be_compared_is_told() {
    let unknown = json!({"token": {"secret": null}});
    for (account, with_key) in
        [(unknown, true), (json!({"token": {"secret": {"fingerprint": print("other")}}}), false), (json!({}), true)]
    {
        let report = check(account, json!({"token": SECRET}), json!([]), with_key, &[]);
        assert_eq!(report.resources[0].uncompared, ["token"]);
        assert_eq!(report.resources[0].status.word(), "codified");
        assert!(report.table(None).contains("Secrets that could not be compared\n  acme_team T1: token\n"));
    }
}

#[test]
fn what_a_state_calls_sensitive_is_covered() {
    let steps = |names: &[&str]| -> Value {
        names.iter().map(|name| json!({"type": "get_attr", "value": name})).collect::<Vec<_>>().into()
    };
    let (mine, theirs) = (print("shown"), print(SECRET));
    let expected =
        format!(r#"name: {{"secret":{{"fingerprint":"{mine}"}}}} | {{"secret":{{"fingerprint":"{theirs}"}}}}"#);
    let (account, held) = (json!({"name": "shown"}), json!({"name": SECRET}));
    check(account.clone(), held.clone(), json!([steps(&["name"])]), true, &[&expected]);
    check(
        account.clone(),
        held.clone(),
        json!([steps(&["name"])]),
        false,
        &[r#"name: {"secret":null} | {"secret":null}"#],
    );
    check(json!({"name": SECRET}), held.clone(), json!([steps(&["name"])]), true, &[]);
    // What is said of it cannot be read: everything counts as sensitive.
    for odd in
        [json!({}), json!("name"), json!([["name"]]), json!([[]]), json!([[{"type": "moon", "value": 1}]]), json!([7])]
    {
        check(account.clone(), held.clone(), odd, true, &[&expected]);
    }
    // An item of a list, and what is below a block.
    let index =
        json!([{"type": "get_attr", "value": "tags"}, {"type": "index", "value": {"value": 0, "type": "number"}}]);
    let report = check(
        json!({"tags": ["a", "b"]}),
        json!({"tags": [SECRET, "b"]}),
        json!([index]),
        true,
        &[&format!(
            r#"tags[0]: {{"secret":{{"fingerprint":"{}"}}}} | {{"secret":{{"fingerprint":"{theirs}"}}}}"#,
            print("a")
        )],
    );
    assert_eq!(report.resources[0].status.word(), "drifted");
    let held = json!({"hook": [{"url": SECRET}]});
    let report = check(
        json!({"hook": [{"url": "x"}]}),
        held,
        json!([steps(&["hook"])]),
        false,
        &[r#"hook[0].url: {"secret":null} | {"secret":null}"#],
    );
    assert!(report.table(None).contains("hook[0].url  secret          secret\n"), "{}", report.table(None));
}

/// A block that is only in the state is told without what is secret in it.
#[test]
fn whole_blocks_are_covered_too() {
    let hook = json!([{"url": "u", "header": [{"key": "k", "value": SECRET}], "unknown": SECRET}]);
    check(
        json!({}),
        json!({"hook": hook}),
        json!([]),
        false,
        &[r#"hook[0]: null | {"header":[{"key":"k","value":{"secret":null}}],"url":"u"}"#],
    );
    // Something else than blocks.
    check(json!({}), json!({"hook": SECRET}), json!([]), false, &[r#"hook: null | {"secret":null}"#]);
    check(json!({}), json!({"hook": [SECRET]}), json!([]), false, &[r#"hook: null | {"secret":null}"#]);
    check(
        json!({"hook": [{"url": "u"}]}),
        json!({"hook": [{"url": "u", "header": [SECRET]}]}),
        json!([]),
        false,
        &[r#"hook[0].header: null | {"secret":null}"#],
    );
    // A block of secrets alone.
    check(
        json!({"hook": [{"url": "u"}]}),
        json!({"hook": [{"url": "u", "header": [{"value": SECRET}]}]}),
        json!([]),
        false,
        &[r#"hook[0].header[0]: null | {"value":{"secret":null}}"#],
    );
}

/// What one resource of the account covers is covered in all, also where rules say nothing.
#[test]
fn what_is_secret_in_one_is_secret_in_all() {
    let plain = json!({"computed": false, "noise": []});
    let secret = wanted("team", "T1", json!({"hook": [{"pass": {"secret": null}}]}));
    let rules = json!({"acme_team": {"hook": plain, "hook.pass": plain, "hook.url": plain}});
    let values = values(rules, &[secret, wanted("team", "T2", json!({}))]);
    let held = held("acme_team", "a", json!({"id": "T2", "hook": [{"pass": SECRET, "url": "u"}]}));
    let report = report(&values, &known(), &[state(json!([held]))]);
    let text = serde_json::to_string(&report).unwrap();
    assert!(text.contains(&print(SECRET)) && !text.contains(SECRET), "{text}");
}

/// Nothing of a state but what rules name is kept: outputs, other providers, attributes without a rule.
#[test]
fn errors_and_the_rest_of_a_state_tell_nothing() {
    let mut whole = state(json!([
        held("other_thing", "a", json!({"id": SECRET})),
        held("acme_team", "b", json!({"id": "T1", "integration_key": SECRET, "private": SECRET})),
    ]));
    whole["outputs"] = json!({"key": {"value": SECRET, "type": "string"}});
    let values = values(rules(), &[wanted("team", "T1", json!({}))]);
    let report = report(&values, &known(), &[whole]);
    assert!(!format!("{report:?}").contains(SECRET));
    for broken in [
        json!({"version": SECRET, "resources": []}),
        json!({"version": 4, "resources": SECRET}),
        json!({"version": 4, "resources": [SECRET]}),
        json!({"version": 4, "resources": [{"mode": {"x": SECRET}}]}),
        state(json!([resource("acme_team", "a", json!([{"attributes": SECRET}]))])),
        state(json!([resource("acme_team", "a", json!([{"attributes": {}, "deposed": {"x": SECRET}}]))])),
        json!(SECRET),
    ] {
        let why = states(&known(), std::slice::from_ref(&broken)).unwrap_err().to_string();
        assert!(why.starts_with("0.tfstate: this is no Terraform state: ") && !why.contains(SECRET), "{why}");
    }
}

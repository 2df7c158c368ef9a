//! What counts as the same, attribute by attribute.

use serde_json::{Value, json};

use super::*;

/// Compares one resource; differences come as `PATH: ACCOUNT | STATE`.
fn check(rules: Value, account: Value, state_has: Value, expected: &[&str]) {
    let values = values(json!({"acme_team": rules}), &[wanted("team", "T1", account.clone())]);
    let mut attributes = state_has.clone();
    attributes["id"] = "T1".into();
    let report = report(&values, &known(), &[state(json!([held("acme_team", "a", attributes)]))]);
    let [one] = &report.resources[..] else { panic!("{:?}", report.resources) };
    let told: Vec<String> =
        one.differences.iter().map(|one| format!("{}: {} | {}", one.path, one.account, one.state)).collect();
    assert_eq!(told, expected, "{account} against {state_has}");
    assert_eq!(one.status.word(), if expected.is_empty() { "codified" } else { "drifted" });
}

fn rule(computed: bool, noise: &[&str]) -> Value {
    json!({"computed": computed, "noise": noise})
}

#[test]
fn scalars() {
    let a = |value: Value| json!({"a": value});
    let plain = || json!({"a": rule(false, &[])});
    for (account, held) in [
        (json!("x"), json!("x")),
        (json!("120"), json!(120)),
        (json!(120), json!("120")),
        (json!(120), json!(120.0)),
        (json!(true), json!("true")),
        (json!("false"), json!(false)),
        (json!(""), Value::Null),
        (json!(0), Value::Null),
        (json!(false), json!("")),
        (Value::Null, json!("")),
        (json!(1.5), json!("1.5")),
        (json!("ünï 日本"), json!("ünï 日本")),
        (json!(18_446_744_073_709_551_615_u64), json!("18446744073709551615")),
    ] {
        check(plain(), a(account), a(held), &[]);
    }
    for (account, held, expected) in [
        (json!("x"), json!("y"), r#"a: "x" | "y""#),
        (json!("x"), json!("X"), r#"a: "x" | "X""#),
        (json!("x"), json!("x "), r#"a: "x" | "x ""#),
        (json!("x"), Value::Null, r#"a: "x" | null"#),
        (json!(""), json!("x"), r#"a: "" | "x""#),
        (json!(1), json!(2), "a: 1 | 2"),
        (json!(true), json!(false), "a: true | false"),
        (json!("null"), json!("0"), r#"a: "null" | "0""#),
        (json!("x"), json!({"y": 1}), r#"a: "x" | {"y":1}"#),
        (
            json!("2026-01-01T00:00:00Z"),
            json!("2026-01-01T01:00:00+01:00"),
            r#"a: "2026-01-01T00:00:00Z" | "2026-01-01T01:00:00+01:00""#,
        ),
        (json!("\u{1b}[31m<b>${x}"), json!(""), "a: \"\\u001b[31m<b>${x}\" | \"\""),
    ] {
        check(plain(), a(account), a(held), &[expected]);
    }
}

/// Each word of noise, with what it hides and what it does not.
#[test]
fn noise() {
    let a = |value: Value| json!({"a": value});
    for (noise, account, held, expected) in [
        ("ignored", json!("x"), json!("y"), None),
        ("trim", json!(" x"), json!("x  "), None),
        ("trim", json!("x x"), json!("x  x"), Some(r#"a: "x x" | "x  x""#)),
        ("nocase", json!("ANN@x.test"), json!("ann@X.test"), None),
        ("nocase", json!("ann"), json!("bob"), Some(r#"a: "ann" | "bob""#)),
        ("time", json!("2026-01-01T00:00:00Z"), json!("2026-01-01T01:00:00+01:00"), None),
        ("time", json!("2026-01-01T00:00:00.000Z"), json!("2026-01-01T00:00:00Z"), None),
        (
            "time",
            json!("2026-01-01T00:00:00Z"),
            json!("2026-01-01T00:00:01Z"),
            Some(r#"a: "2026-01-01T00:00:00Z" | "2026-01-01T00:00:01Z""#),
        ),
        ("time", json!("soon"), json!("later"), Some(r#"a: "soon" | "later""#)),
        ("unordered", json!(["x", "y"]), json!(["y", "x"]), None),
        ("unordered", json!(["x", "x", "y"]), json!(["x", "y", "y"]), Some(r#"a: ["x","x","y"] | ["x","y","y"]"#)),
        ("unordered", json!([1, 2]), json!(["2", "1"]), None),
    ] {
        check(json!({"a": rule(false, &[noise])}), a(account), a(held), expected.as_slice());
    }
    let both = json!({"a": rule(false, &["nocase", "unordered", "trim"])});
    check(both, a(json!(["A ", "b"])), a(json!(["B", "a"])), &[]);
}

/// One value of an attribute may stand for whatever a state holds; its others do not.
#[test]
fn values_that_may_be_anything() {
    let rules = || json!({"a": rule(false, &[]), "b": rule(false, &[]), "b.c": rule(false, &[])});
    check(rules(), json!({"a": {"ignored": true}}), json!({"a": "x"}), &[]);
    check(rules(), json!({"a": {"ignored": true}}), json!({}), &[]);
    check(rules(), json!({"a": {"ignored": false}}), json!({"a": "x"}), &[r#"a: {"ignored":false} | "x""#]);
    check(rules(), json!({"b": [{"c": {"ignored": true}}]}), json!({"b": [{"c": "x"}]}), &[]);
}

/// Where PagerDuty holds nothing.
#[test]
fn what_the_account_does_not_hold() {
    for held in [Value::Null, json!(""), json!(0), json!(false), json!([]), json!("0"), json!([{}]), json!([{"b": ""}])]
    {
        check(json!({"a": rule(false, &[])}), json!({}), json!({"a": held}), &[]);
    }
    check(json!({"a": rule(false, &[])}), json!({}), json!({"a": "x"}), &[r#"a: null | "x""#]);
    check(json!({"a": rule(false, &[])}), json!({}), json!({"a": ["x"]}), &[r#"a: null | ["x"]"#]);
    check(json!({"a": rule(true, &[])}), json!({}), json!({"a": "x"}), &[]);
    check(json!({"a": rule(true, &[])}), json!({"a": "y"}), json!({"a": "x"}), &[r#"a: "y" | "x""#]);
    // The provider computes what has no rule.
    check(json!({}), json!({}), json!({"html_url": "x", "type": "y"}), &[]);
}

#[test]
fn lists_of_scalars() {
    let a = |value: Value| json!({"a": value});
    let ordered = || json!({"a": rule(false, &[])});
    check(ordered(), a(json!(["x", "y"])), a(json!(["x", "y"])), &[]);
    check(ordered(), a(json!(["x", "y", "z"])), a(json!(["x", "Y", "z"])), &[r#"a[1]: "y" | "Y""#]);
    check(ordered(), a(json!(["x", "y"])), a(json!(["y", "x"])), &[r#"a[0]: "x" | "y""#, r#"a[1]: "y" | "x""#]);
    check(ordered(), a(json!(["x"])), a(json!(["x", "y"])), &[r#"a: ["x"] | ["x","y"]"#]);
    check(ordered(), a(json!(["x"])), json!({}), &[r#"a: ["x"] | null"#]);
    check(ordered(), a(json!("x")), a(json!(["x"])), &[]);
}

fn nested() -> Value {
    json!({
        "rule": rule(false, &[]), "rule.delay": rule(false, &[]), "rule.way": rule(true, &[]), "rule.way.kind": rule(true, &[]),
        "rule.target": rule(false, &[]), "rule.target.type": rule(false, &[]), "rule.target.id": rule(false, &[]),
    })
}

#[test]
fn blocks() {
    let rule = |delay: i64, ids: &[&str]| {
        let targets: Vec<Value> = ids.iter().map(|id| json!({"type": "user", "id": id})).collect();
        json!({"delay": delay, "target": targets})
    };
    let of = |rules: &[Value]| json!({"rule": rules});
    check(nested(), of(&[rule(5, &["U1"])]), of(&[rule(5, &["U1"])]), &[]);
    // What the provider adds by itself.
    let mut more = rule(5, &["U1"]);
    more["way"] = json!([{"kind": "all"}]);
    more["id"] = json!("R1");
    check(nested(), of(&[rule(5, &["U1"])]), of(&[more]), &[]);
    check(
        nested(),
        of(&[rule(5, &["U1"]), rule(10, &["U2", "U3"])]),
        of(&[rule(5, &["U1"]), rule(15, &["U2", "U4"])]),
        &["rule[1].delay: 10 | 15", r#"rule[1].target[1].id: "U3" | "U4""#],
    );
    check(
        nested(),
        of(&[rule(5, &["U1"])]),
        of(&[rule(5, &["U1"]), rule(10, &["U2"])]),
        &[r#"rule[1]: null | {"delay":10,"target":[{"id":"U2","type":"user"}]}"#],
    );
    check(
        nested(),
        of(&[rule(5, &["U1", "U2"])]),
        of(&[rule(5, &["U1"])]),
        &[r#"rule[0].target[1]: {"id":"U2","type":"user"} | null"#],
    );
    check(nested(), of(&[]), of(&[json!({"delay": 0, "target": [], "id": "x"})]), &[]);
    check(nested(), of(&[rule(5, &[])]), json!({"rule": "x"}), &[r#"rule[0]: {"delay":5,"target":[]} | "x""#]);
}

/// A single block is an object for one kind of provider, a list of one for the other.
#[test]
fn single_blocks() {
    let rules =
        || json!({"config": rule(true, &[]), "config.jira": rule(false, &[]), "config.jira.key": rule(false, &[])});
    let list = |key: &str| json!({"config": [{"jira": [{"key": key}]}]});
    let object = |key: &str| json!({"config": {"jira": {"key": key}}});
    check(rules(), list("A"), list("A"), &[]);
    check(rules(), list("A"), object("A"), &[]);
    check(rules(), object("A"), list("A"), &[]);
    check(rules(), list("A"), list("B"), &[r#"config[0].jira[0].key: "A" | "B""#]);
    check(rules(), list("A"), object("B"), &[r#"config.jira.key: "A" | "B""#]);
    check(rules(), json!({}), object("B"), &[]);
}

#[test]
fn blocks_in_any_order() {
    let rules = |of_id: Value| json!({"b": rule(false, &["unordered"]), "b.name": rule(false, &["nocase"]), "b.id": of_id, "b.tags": rule(false, &["unordered"])});
    let plain = || rules(rule(true, &[]));
    let of = |names: &[&str]| json!({"b": names.iter().map(|name| json!({"name": name, "tags": ["p", "q"]})).collect::<Vec<_>>()});
    check(plain(), of(&["x", "y", "z"]), of(&["z", "X", "y"]), &[]);
    check(plain(), of(&["x", "y"]), of(&["y", "w"]), &[r#"b[1].name: "x" | "w""#]);
    check(plain(), of(&["x"]), of(&["y", "x"]), &[r#"b[0]: null | {"name":"y","tags":["p","q"]}"#]);
    check(plain(), of(&["x", "x"]), of(&["x"]), &[r#"b[1]: {"name":"x","tags":["p","q"]} | null"#]);
    // What the provider computes does not keep two apart, and is compared where the account has it.
    let with = |id: &str| json!({"b": [{"name": "x", "id": id}]});
    check(plain(), json!({"b": [{"name": "x"}]}), with("1"), &[]);
    check(plain(), with("1"), with("2"), &[r#"b[0].id: "1" | "2""#]);
    check(rules(rule(false, &["ignored"])), with("1"), with("2"), &[]);
    // Order within does not count either, where a rule says so.
    check(plain(), json!({"b": [{"tags": ["p", "q"]}]}), json!({"b": [{"tags": ["q", "p"]}]}), &[]);
}

#[test]
fn rules_that_are_none_are_told() {
    for (json, expected) in [
        ("[]", "cannot be read"),
        ("{", "cannot be read (line 1, column 1)"),
        (r#"{"rules": {}, "resources": [{"type": "x"}]}"#, "cannot be read"),
        (
            r#"{"rules": {"t": {"a": {"computed": false, "noise": ["moon"]}}}, "resources": []}"#,
            "t.a: there is no noise `moon`",
        ),
    ] {
        let why = Values::read(json).unwrap_err();
        assert!(why.contains(expected), "{json}: {why}");
    }
}

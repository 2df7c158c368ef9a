//! What rules see and what becomes of what they say.

use connector_policy::{Inventory, KindState, Limits, Question, Severity, Verdict, check as run};
use serde_json::json;

use crate::world::{HEAD, account, asset, check_rule, now, pack, scanned};

/// The messages of a rule on each asset, in order.
fn check(rego: &str, expected: &[&str]) {
    let check = check_rule(&Limits::default(), rego);
    assert!(check.broken.is_empty(), "{rego}\n{:#?}", check.broken);
    let found: Vec<String> =
        check.findings.iter().map(|finding| format!("{} {}", finding.id, finding.message)).collect();
    assert_eq!(found, expected, "{rego}");
}

#[test]
fn what_rules_see() {
    check("deny contains input.name", &["P1 Checkout", "P2 Search"]);
    check(
        "deny contains sprintf(\"%s %s %s\", [input.kind, input.account, input.url]) if input.id == \"P1\"",
        &["P1 service acme https://example.pagerduty.com/service/P1"],
    );
    check("deny contains input.attributes.name", &["P1 Checkout", "P2 Search"]);
    check("deny contains data.inventory.by_kind[r.kind][r.id].name if some r in input.relations", &["P1 Shop"]);
    check("deny contains \"x\" if count(data.inventory.incoming.team.T1[\"belongs-to\"]) == 1", &["P1 x", "P2 x"]);
    check(
        "deny contains concat(\",\", {kind | some kind, state in data.inventory.kinds; state.scanned}) if input.id == \"P1\"",
        &["P1 escalation-policy,service,team"],
    );
    check("deny contains data.now.rfc3339 if input.id == \"P1\"", &["P1 2026-11-02T00:00:00Z"]);
}

#[test]
fn forms_of_findings() {
    check("deny contains \"x\" if input.id == \"P1\"", &["P1 x"]);
    check("deny contains {\"message\": \"x\"} if input.id == \"P1\"", &["P1 x"]);
    check("deny contains {\"msg\": \"x\"} if input.id == \"P1\"", &["P1 x"]);
    check("deny := [\"x\", \"y\"] if input.id == \"P1\"", &["P1 x", "P1 y"]);
    check("deny := \"x\" if input.id == \"P1\"", &["P1 x"]);
    check("deny if input.id == \"P1\"", &["P1 the rule denies it"]);
    check("default deny := false\ndeny if input.id == \"P2\"", &["P2 the rule denies it"]);
    check("deny[id] := \"x\" if id := input.id", &["P1 x", "P2 x"]);
    check("violation contains {\"msg\": \"x\", \"details\": {}} if input.id == \"P1\"", &["P1 x"]);
    check(
        "deny contains {\"message\": \"x\", \"asset\": {\"kind\": \"team\", \"id\": \"T1\"}} if input.id == \"P1\"",
        &["T1 x"],
    );
    check("deny contains \"x\" if input.none == 1", &[]);
    check("deny contains \"x\" if to_number(input.name) > 1", &[]);
}

#[test]
fn forms_that_are_none() {
    for (rego, message) in [
        ("deny := 1", "it answers no set of findings"),
        ("deny contains 1", "a finding is a text, or an object with `message`"),
        ("deny contains {\"text\": \"x\"}", "a finding has no `message`"),
        ("deny contains {\"message\": 1}", "`message` of a finding is no text"),
        ("deny contains {\"message\": \"x\", \"asset\": \"T1\"}", "`asset` of a finding has no text `kind`"),
    ] {
        let check = check_rule(&Limits::default(), rego);
        assert_eq!(check.verdict(None), Verdict::Broken, "{rego}");
        assert!(check.broken[0].message.contains(message), "{rego} {:?}", check.broken);
        assert_eq!(check.broken[0].asset, Some(("service".into(), "P1".into())), "{rego}");
    }
}

/// Rules of others, for whom packages mean nothing to us.
#[test]
fn plain_rules() {
    let files = [
        (
            "main.rego",
            "package main\n\ndeny contains msg if { input.kind == \"service\"; msg := \"a\" }\n\nwarn contains \"b\" if input.id == \"T1\"\n",
        ),
        ("lib.rego", "package lib\n\nhelp := 1\n"),
        ("quoted.rego", "package team[\"on-call\"]\n\nviolation contains {\"msg\": \"c\"} if input.id == \"P2\"\n"),
    ];
    let error = pack(&files).unwrap_err().to_string();
    assert!(error.starts_with("quoted.rego:3: the rule id \"team[\\\"on-call\\\"]\""), "{error}");
    let named = files[2].1.replace("package", "# METADATA\n# custom: {id: quoted}\npackage");
    let check =
        run(&pack(&[files[0], files[1], ("quoted.rego", &named)]).unwrap(), &account(), &Question::all(now())).unwrap();
    let found: Vec<_> = check
        .findings
        .iter()
        .map(|found| (found.severity, found.rule.as_str(), found.id.as_str(), found.message.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (Severity::Violation, "main", "P1", "a"),
            (Severity::Violation, "main", "P2", "a"),
            (Severity::Violation, "quoted", "P2", "c"),
            (Severity::Warning, "main", "T1", "b"),
        ]
    );
}

#[test]
fn what_cannot_be_told() {
    let rego = format!("{HEAD}deny contains \"x\"\n\nundetermined contains \"why\" if input.id == \"P2\"\n")
        .replace("kinds: [service]", "kinds: [service, team]\n#   needs: [user]");
    let pack = pack(&[("r.rego", &rego)]).unwrap();
    let ask = |kinds: Vec<(&str, KindState)>| {
        let mut inventory =
            Inventory::new("acme", kinds.into_iter().map(|(kind, state)| (kind.to_owned(), state)).collect());
        inventory.add(asset("service", "P2", json!({}), &[]));
        let check = run(&pack, &inventory, &Question::all(now())).unwrap();
        assert_eq!(check.verdict(Some(Severity::Info)) == Verdict::Findings, !check.findings.is_empty());
        let told: Vec<String> = check
            .undetermined
            .iter()
            .map(|one| format!("{} {} {}", one.kind, one.id.as_deref().unwrap_or("-"), one.message))
            .collect();
        (check.findings.len(), told)
    };
    let seen = || KindState { scanned: true, ..KindState::default() };
    let skipped = || KindState { skipped: Some("forbidden".into()), ..KindState::default() };
    let gone = |kind: &str| format!("{kind} - {kind} is not in the store; a scan with that kind would bring it");
    assert_eq!(ask(vec![("service", seen()), ("team", seen()), ("user", seen())]), (1, vec!["service P2 why".into()]));
    assert_eq!(
        ask(vec![("service", seen()), ("team", KindState::default()), ("user", seen())]),
        (1, vec!["service P2 why".into(), gone("team")])
    );
    assert_eq!(
        ask(vec![("service", seen()), ("team", seen()), ("user", KindState::default())]),
        (0, vec![gone("user")])
    );
    assert_eq!(
        ask(vec![("service", seen()), ("team", seen()), ("user", skipped())]),
        (0, vec!["user - user was left out of the last scan: forbidden".into()])
    );
}

#[test]
fn counts_filters_and_verdicts() {
    let rego = format!("{HEAD}deny contains \"x\" if input.id == \"P1\"\n")
        .replace("kinds: [service]", "kinds: [service, team]\n#   severity: warning");
    let pack =
        pack(&[("r.rego", &rego), ("q.rego", "package q\n\ninfo contains \"y\" if input.id == \"T1\"\n")]).unwrap();
    let ask = |kinds: &[&str], rules: &[&str]| {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let check = run(&pack, &account(), &Question { now: now(), kinds: texts(kinds), rules: texts(rules) }).unwrap();
        (check.counts.rules, check.counts.assets, check.counts.asset_rules, check.findings.len())
    };
    assert_eq!(ask(&[], &[]), (2, 3, 6, 2));
    assert_eq!(ask(&["team"], &[]), (2, 1, 2, 1));
    assert_eq!(ask(&[], &["r"]), (1, 3, 3, 1));
    assert_eq!(ask(&["escalation-policy"], &["r"]), (0, 0, 0, 0));
    let check = run(&pack, &account(), &Question::all(now())).unwrap();
    let verdicts = [None, Some(Severity::Violation), Some(Severity::Warning), Some(Severity::Info)]
        .map(|least| check.verdict(least));
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Pass, Verdict::Findings, Verdict::Findings]);
}

#[test]
fn fingerprints_stay() {
    let found = |rego: &str, account: &str| {
        let mut inventory = Inventory::new(account, scanned(&["service"]));
        inventory.add(asset("service", "P1", json!({}), &[]));
        let pack = pack(&[("r.rego", &format!("{HEAD}{rego}"))]).unwrap();
        let check = run(&pack, &inventory, &Question::all(now())).unwrap();
        check.findings.into_iter().map(|finding| finding.fingerprint).collect::<Vec<_>>()
    };
    let one = found("deny contains \"x\"", "acme");
    assert_eq!(one[0].len(), 32);
    assert_eq!(found("deny contains \"put otherwise\"", "acme"), one);
    assert_ne!(found("deny contains \"x\"", "other"), one);
    assert_ne!(found("deny contains {\"message\": \"x\", \"attribute\": \"name\"}", "acme"), one);
    let two = found("deny contains \"x\"\n\ndeny contains \"y\"", "acme");
    assert_eq!(two[0], one[0]);
    assert_ne!(two[0], two[1]);
}

#[test]
fn an_asset_that_comes_again_replaces_the_first() {
    let mut inventory = account();
    inventory.add(asset("service", "P1", json!({"name": "New"}), &[]));
    assert_eq!(inventory.len(), 3);
    let rego = format!("{HEAD}deny contains input.name if not data.inventory.incoming.team.T1[\"belongs-to\"]");
    let check = run(&pack(&[("r.rego", &rego)]).unwrap(), &inventory, &Question::all(now())).unwrap();
    assert_eq!(check.findings.iter().map(|finding| finding.message.as_str()).collect::<Vec<_>>(), ["New", "Search"]);
}

#[test]
fn a_rule_that_breaks_costs_itself_alone() {
    let broken = format!("{HEAD}deny contains \"x\" if numbers.range(1, 1000000000)\n");
    let pack =
        pack(&[("r.rego", &broken), ("q.rego", "package q\n\ninfo contains \"y\" if input.id == \"T1\"\n")]).unwrap();
    let check = run(&pack, &account(), &Question::all(now())).unwrap();
    assert_eq!((check.findings.len(), check.broken.len()), (1, 1), "{check:#?}");
    assert_eq!(check.verdict(None), Verdict::Broken);
}

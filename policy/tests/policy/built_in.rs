//! The built-in pack: its own tests, and what it does on a small account.

use std::collections::{BTreeMap, BTreeSet};

use connector_inventory::drift::report::Status;
use connector_policy::{Inventory, KindState, Limits, Pack, Question, Source, check, test};
use serde_json::{Value, json};

use crate::world::{asset, now, scanned};

#[test]
fn every_rule_passes_its_tests() {
    let pack = Pack::load_with_tests(&[Source::BuiltIn], &Limits::default()).unwrap();
    let trials = test(&pack, "2026-11-02T00:00:00Z".parse().unwrap()).unwrap();
    let failed: Vec<_> = trials.iter().filter(|trial| trial.failed.is_some()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    println!("{} tests of {} rules", trials.len(), pack.rules().count());
}

/// Each rule has tests that find and tests that do not.
#[test]
fn every_rule_has_tests() {
    let pack = Pack::load_with_tests(&[Source::BuiltIn], &Limits::default()).unwrap();
    let trials = test(&pack, "2026-11-02T00:00:00Z".parse().unwrap()).unwrap();
    for rule in pack.rules() {
        let package = format!("connector.{}_test.", rule.id.replace('-', "_"));
        let names: Vec<_> = trials.iter().filter_map(|trial| trial.name.strip_prefix(&package)).collect();
        assert!(names.iter().any(|name| name.starts_with("test_finds_")), "{}: {names:?}", rule.id);
        assert!(names.iter().any(|name| !name.starts_with("test_finds_")), "{}: {names:?}", rule.id);
        assert!(rule.remedy.is_some() && !rule.description.is_empty() && rule.severity.is_some(), "{}", rule.id);
    }
}

#[test]
fn every_file_of_the_folder_is_built_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/pack");
    let load = |source| -> BTreeSet<String> {
        let pack = Pack::load_with_tests(&[source], &Limits::default()).unwrap();
        let trials = test(&pack, "2026-11-02T00:00:00Z".parse().unwrap()).unwrap();
        let rules = pack.rules().map(|rule| rule.id.clone());
        rules.chain(trials.into_iter().map(|trial| trial.name)).collect()
    };
    assert_eq!(load(Source::BuiltIn), load(Source::Folder(folder.into())));
}

const KINDS: &[&str] = &[
    "service",
    "integration",
    "incident",
    "schedule",
    "escalation-policy",
    "on-call",
    "user",
    "contact-method",
    "notification-rule",
    "team",
    "business-service",
    "event-orchestration",
    "event-orchestration-router",
    "event-orchestration-global",
    "event-orchestration-service",
    "event-orchestration-unrouted",
    "maintenance-window",
    "webhook-subscription",
    "incident-workflow",
    "log-entry",
];

/// An account where each rule has one asset to find and one to leave alone, as PagerDuty shows them.
fn account(kinds: BTreeMap<String, KindState>) -> Inventory {
    let mut inventory = Inventory::new("acme", kinds);
    let user = |id: &str| json!({"id": id, "type": "user_reference"});
    let schedule = json!({"id": "S1", "type": "schedule_reference"});
    let mut add = |kind: &str, id: &str, attributes: Value, relations: &[(&str, &str, &str)]| {
        inventory.add(asset(kind, id, attributes, relations));
    };
    let service = |name: &str, status: &str, policy: &str, old: bool| {
        json!({
            "name": name, "status": status, "teams": [], "integrations": [], "created_at": "2020-01-01T00:00:00Z",
            "last_incident_timestamp": if old { Value::Null } else { json!("2026-10-30T10:00:00+02:00") },
            "escalation_policy": {"id": policy, "type": "escalation_policy_reference"},
        })
    };
    let good = [("belongs-to", "team", "T1"), ("escalates-to", "escalation-policy", "E1")];
    add("service", "P1", service("Checkout", "active", "E1", false), &good);
    add("service", "P2", service("Search  engine", "disabled", "E2", true), &[]);
    add("service", "P3", service("Old", "active", "E1", true), &good);
    for (id, service) in [("I1", "P1"), ("I3", "P3")] {
        add("integration", id, json!({}), &[("part-of", "service", service)]);
    }
    add("team", "T1", json!({"name": "Shop"}), &[]);
    add(
        "escalation-policy",
        "E1",
        json!({"name": "Good", "num_loops": 2, "escalation_rules": [{"targets": [schedule]}, {"targets": [user("U1")]}]}),
        &[],
    );
    add(
        "escalation-policy",
        "E2",
        json!({"name": "Bad", "num_loops": 0, "escalation_rules": [{"targets": [user("U2")]}]}),
        &[],
    );
    let rendered = |from: &str, percent: f64| {
        let entries = json!([{"start": from, "end": "2026-11-16T00:00:00Z"}]);
        json!({"name": from, "users": [user("U1"), user("U2")], "final_schedule": {"rendered_schedule_entries": entries, "rendered_coverage_percentage": percent}})
    };
    add("schedule", "S1", rendered("2026-11-02T00:00:00Z", 100.0), &[]);
    add("schedule", "S2", rendered("2026-11-03T00:00:00Z", 92.85), &[]);
    for (id, contact) in [("U1", "push_notification_contact_method"), ("U2", "email_contact_method")] {
        add("user", id, json!({"name": id, "role": "user"}), &[]);
        add("contact-method", &format!("C{id}"), json!({"type": contact}), &[("of", "user", id)]);
        add("on-call", &format!("O{id}"), json!({}), &[("of", "user", id)]);
    }
    add("notification-rule", "N1", json!({}), &[("of", "user", "U1")]);
    let window = |end: &str| json!({"start_time": "2026-11-01T00:00:00Z", "end_time": end});
    add("maintenance-window", "M1", window("2026-11-01T12:00:00Z"), &[]);
    add("maintenance-window", "M2", window("2026-11-12T00:00:00Z"), &[]);
    let incident = |status: &str| json!({"status": status, "created_at": "2026-10-01T00:00:00Z"});
    add("incident", "Q1", incident("resolved"), &[]);
    add("incident", "Q2", incident("acknowledged"), &[]);
    add("webhook-subscription", "W1", json!({"active": true, "delivery_method": {"temporarily_disabled": false}}), &[]);
    add("webhook-subscription", "W2", json!({"active": false}), &[]);
    add("event-orchestration-router", "R1", json!({"catch_all": {"actions": {"route_to": "P1"}}}), &[]);
    add("event-orchestration-router", "R2", json!({"catch_all": {"actions": {"route_to": "unrouted"}}}), &[]);
    inventory
}

fn kinds(log_since: Option<&str>) -> BTreeMap<String, KindState> {
    let mut kinds = scanned(KINDS);
    kinds.get_mut("log-entry").unwrap().since = log_since.map(str::to_owned);
    kinds
}

#[test]
fn each_rule_finds_what_it_is_for_and_nothing_else() {
    let pack = Pack::load(&[Source::BuiltIn], &Limits::default()).unwrap();
    let mut account = account(kinds(Some("2026-01-01T00:00:00Z")));
    account.stand([(("team", "T1"), Status::Unmanaged), (("service", "P1"), Status::Drifted)]);
    let check = check(&pack, &account, &Question::all(now())).unwrap();
    let mut found: Vec<String> =
        check.findings.iter().map(|finding| format!("{} {}", finding.rule, finding.id)).collect();
    found.sort();
    assert_eq!(
        found,
        [
            "escalation-policy-never-repeats E2",
            "escalation-policy-without-schedule E2",
            "incident-stale Q2",
            "maintenance-window-long M2",
            "naming-convention P2",
            "not-codified T1",
            "orchestration-without-catch-all R2",
            "schedule-with-gaps S2",
            "service-disabled P2",
            "service-inactive P3",
            "service-with-one-responder P2",
            "service-without-integration P2",
            "service-without-team P2",
            "user-on-call-without-phone U2",
            "user-without-notification-rules U2",
            "webhook-subscription-disabled W2",
        ]
    );
    assert_eq!(check.undetermined, []);
    assert_eq!(check.broken, []);
}

/// Where no state is given nothing is said of them, unless the rule is asked for by its name.
#[test]
fn what_needs_states_is_not_run_without() {
    let pack = Pack::load(&[Source::BuiltIn], &Limits::default()).unwrap();
    let run = |rules: &[&str], statuses: Option<&[Status]>| {
        let mut account = account(kinds(Some("2026-01-01T00:00:00Z")));
        if let Some(statuses) = statuses {
            // What is not there is let pass.
            account.stand(
                ["E1", "E2", "E3"].into_iter().map(|id| ("escalation-policy", id)).zip(statuses.iter().copied()),
            );
        }
        let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
        let check = check(&pack, &account, &Question { rules, ..Question::all(now()) }).unwrap();
        let found: Vec<String> =
            check.findings.iter().filter(|one| one.rule == "not-codified").map(|one| one.id.clone()).collect();
        let untold: Vec<String> =
            check.undetermined.into_iter().map(|one| format!("{}: {}", one.rule, one.message)).collect();
        (found, untold, check.rules.iter().any(|rule| rule.id == "not-codified"))
    };
    let none: (Vec<String>, Vec<String>, bool) = (vec![], vec![], true);
    assert_eq!(run(&[], None), none);
    let told = vec!["not-codified: no Terraform state was given to compare with".to_owned()];
    assert_eq!(run(&["not-codified"], None), (vec![], told, true));
    assert_eq!(run(&[], Some(&[])), none);
    assert_eq!(run(&[], Some(&[Status::Codified, Status::Unmanaged, Status::Unmanaged])).0, ["E2"]);
    assert_eq!(run(&[], Some(&[Status::Ghost, Status::Undetermined])), none);
}

/// Log entries are not part of an ordinary scan.
#[test]
fn what_needs_log_entries_says_so() {
    let pack = Pack::load(&[Source::BuiltIn], &Limits::default()).unwrap();
    let undetermined = |kinds| {
        let check = check(&pack, &account(kinds), &Question::all(now())).unwrap();
        assert!(check.findings.iter().all(|finding| finding.rule != "service-inactive"));
        check.undetermined.into_iter().map(|one| (one.rule, one.kind, one.id)).collect::<Vec<_>>()
    };
    let rule = || "service-inactive".to_owned();
    let mut none = kinds(None);
    none.get_mut("log-entry").unwrap().scanned = false;
    assert_eq!(undetermined(none), [(rule(), "log-entry".to_owned(), None)]);
    assert_eq!(
        undetermined(kinds(Some("2026-10-25T00:00:00Z"))),
        [(rule(), "service".to_owned(), Some("P3".to_owned()))]
    );
}

/// Names with a blank too many look like others: the patterns that come with the pack work as they stand.
#[test]
fn patterns_of_the_pack() {
    let pack = Pack::load(&[Source::BuiltIn], &Limits::default()).unwrap();
    for (name, expected) in
        [("Checkout", 0), ("Search engine", 0), ("Größe 日本", 0), (" a", 1), ("a ", 1), ("a  b", 1), ("a\tb", 1)]
    {
        let mut inventory = Inventory::new("acme", kinds(None));
        inventory.add(asset("team", "T1", json!({"name": name}), &[]));
        let question = Question { rules: vec!["naming-convention".into()], ..Question::all(now()) };
        let check = check(&pack, &inventory, &question).unwrap();
        assert_eq!((check.findings.len(), check.undetermined.len()), (expected, 0), "{name:?}");
    }
}

//! How many rules a second the built-in pack runs on assets, on one core, by the size of a made-up account.
//!
//!     cargo run --release -p connector-inventory --example policy_speed [ASSETS…]
//!
//! An asset-rule is one rule evaluated on one asset of its kinds. The time is that of a whole check: the
//! account made ready for the rules, all rules on all assets, findings in order. Prints a line of JSON a size:
//! medians of seven runs, of elapsed and of processor time (the same on a machine that does nothing else).

use std::collections::BTreeMap;
use std::time::Instant;

use connector_inventory::{Asset, Relation};
use connector_policy::{Inventory, KindState, Limits, Pack, Question, Source, check};
use serde_json::{Value, json};

const RUNS: usize = 7;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut sizes = std::env::args().skip(1).map(|size| size.parse()).collect::<Result<Vec<usize>, _>>()?;
    if sizes.is_empty() {
        sizes = vec![1_000, 10_000, 100_000];
    }
    let limits = Limits { total_findings: usize::MAX, ..Limits::default() };
    let load = Instant::now();
    let pack = Pack::load(&[Source::BuiltIn], &limits)?;
    let load = load.elapsed();
    let question = Question::all("2026-11-02T00:00:00Z".parse()?);
    for size in sizes {
        let inventory = account(size);
        let (mut elapsed, mut processor) = (Vec::new(), Vec::new());
        let mut last = None;
        for _ in 0..RUNS {
            let (start, used) = (Instant::now(), processor_seconds());
            let check = check(&pack, &inventory, &question)?;
            elapsed.push(start.elapsed().as_secs_f64());
            processor.push(processor_seconds() - used);
            if let Some(broken) = check.broken.first() {
                return Err(format!("{}: {}", broken.rule, broken.message).into());
            }
            last = Some(check);
        }
        let Some(check) = last else { continue };
        let median = |times: &mut Vec<f64>| {
            times.sort_by(f64::total_cmp);
            times[RUNS / 2]
        };
        let (elapsed, processor) = (median(&mut elapsed), median(&mut processor));
        let asset_rules = check.counts.asset_rules;
        let line = json!({
            "assets": inventory.len(),
            "rules": check.counts.rules,
            "asset_rules": asset_rules,
            "findings": check.findings.len(),
            "undetermined": check.undetermined.len(),
            "load_ms": (load.as_secs_f64() * 10_000.0).round() / 10.0,
            "elapsed_s": (elapsed * 1000.0).round() / 1000.0,
            "processor_s": (processor * 1000.0).round() / 1000.0,
            "asset_rules_per_second": (asset_rules as f64 / elapsed).round(),
            "asset_rules_per_processor_second": (asset_rules as f64 / processor).round(),
        });
        println!("{line}");
    }
    Ok(())
}

fn processor_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// An account in which a tenth of everything has something to be found.
fn account(size: usize) -> Inventory {
    const KINDS: &[&str] = &[
        "service",
        "integration",
        "escalation-policy",
        "schedule",
        "team",
        "user",
        "contact-method",
        "notification-rule",
        "on-call",
        "incident",
        "maintenance-window",
        "webhook-subscription",
        "event-orchestration",
        "event-orchestration-router",
        "event-orchestration-global",
        "event-orchestration-service",
        "event-orchestration-unrouted",
        "business-service",
        "incident-workflow",
        "log-entry",
    ];
    let state = KindState { scanned: true, since: Some("2026-01-01T00:00:00Z".into()), ..KindState::default() };
    let kinds: BTreeMap<String, KindState> = KINDS.iter().map(|kind| ((*kind).to_owned(), state.clone())).collect();
    let mut inventory = Inventory::new("made-up", kinds);
    // Twenty assets a group.
    for group in 0..size / 20 {
        let bad = group % 10 == 0;
        let id = |letter: char, n: usize| format!("{letter}{group:05}{n}");
        let refer = |id: &str, kind: &str| json!({"id": id, "type": format!("{kind}_reference"), "summary": "text"});
        let (team, policy, schedule) = (id('T', 0), id('E', 0), id('S', 0));
        add(&mut inventory, "team", &team, json!({"name": format!("Team {group}"), "description": "text"}), &[]);
        let targets = [refer(&schedule, "schedule"), refer(&id('U', 0), "user")];
        let levels: Vec<Value> =
            targets.iter().take(if bad { 1 } else { 2 }).map(|target| json!({"targets": [target]})).collect();
        add(
            &mut inventory,
            "escalation-policy",
            &policy,
            json!({"name": format!("Policy {group}"), "num_loops": if bad { 0 } else { 2 }, "escalation_rules": levels}),
            &[("targets", "schedule", &schedule)],
        );
        let entries: Vec<Value> = (1..14)
            .filter(|day| !bad || *day != 5)
            .map(|day| json!({"start": format!("2026-11-{day:02}T00:00:00Z"), "end": format!("2026-11-{:02}T00:00:00Z", day + 1), "user": refer(&id('U', 0), "user")}))
            .collect();
        let members = [refer(&id('U', 0), "user"), refer(&id('U', 1), "user")];
        add(
            &mut inventory,
            "schedule",
            &schedule,
            json!({"name": format!("Schedule {group}"), "users": members, "final_schedule": {"rendered_schedule_entries": entries, "rendered_coverage_percentage": if bad { 92.8 } else { 100.0 }}}),
            &[("has-member", "user", &id('U', 0)), ("has-member", "user", &id('U', 1))],
        );
        for n in 0..2 {
            let (user, method, rule, on_call) = (id('U', n), id('C', n), id('N', n), id('O', n));
            add(
                &mut inventory,
                "user",
                &user,
                json!({"name": format!("Person {n} of {group}"), "role": "user", "email": "a@example.com"}),
                &[],
            );
            let kind = if bad { "email_contact_method" } else { "phone_contact_method" };
            add(&mut inventory, "contact-method", &method, json!({"type": kind}), &[("of", "user", &user)]);
            add(&mut inventory, "notification-rule", &rule, json!({"urgency": "high"}), &[("of", "user", &user)]);
            add(&mut inventory, "on-call", &on_call, json!({"escalation_level": 1}), &[("of", "user", &user)]);
        }
        for n in 0..3 {
            let service = id('P', n);
            let teams = if bad { json!([]) } else { json!([refer(&team, "team")]) };
            let attributes = json!({
                "name": format!("Service {n} of {group}"), "status": if bad { "disabled" } else { "active" }, "description": "text",
                "created_at": "2020-01-01T00:00:00Z", "last_incident_timestamp": "2026-10-30T00:00:00Z",
                "escalation_policy": refer(&policy, "escalation_policy"), "teams": teams, "integrations": [],
            });
            add(&mut inventory, "service", &service, attributes, &[("escalates-to", "escalation-policy", &policy)]);
            add(
                &mut inventory,
                "integration",
                &id('I', n),
                json!({"type": "generic_events_api_inbound_integration"}),
                &[("part-of", "service", &service)],
            );
        }
        let incident = json!({"title": "text", "status": if bad { "triggered" } else { "resolved" }, "created_at": "2026-10-01T00:00:00Z", "last_status_change_at": "2026-10-02T00:00:00Z"});
        add(&mut inventory, "incident", &id('Q', 0), incident, &[("affects", "service", &id('P', 0))]);
        let window = json!({"start_time": "2026-11-01T00:00:00Z", "end_time": if bad { "2026-11-09T00:00:00Z" } else { "2026-11-01T05:00:00Z" }});
        add(&mut inventory, "maintenance-window", &id('M', 0), window, &[("covers", "service", &id('P', 0))]);
        let route = if bad { json!({}) } else { json!({"route_to": id('P', 0)}) };
        add(
            &mut inventory,
            "event-orchestration-router",
            &id('R', 0),
            json!({"sets": [], "catch_all": {"actions": route}}),
            &[],
        );
    }
    inventory
}

fn add(inventory: &mut Inventory, kind: &str, id: &str, attributes: Value, relations: &[(&str, &str, &str)]) {
    let relation = |(name, kind, id): &(&str, &str, &str)| Relation {
        name: (*name).into(),
        kind: (*kind).into(),
        id: (*id).into(),
    };
    inventory.add(Asset {
        kind: kind.into(),
        id: id.into(),
        name: attributes["name"].as_str().unwrap_or(id).into(),
        url: None,
        attributes: attributes.as_object().cloned().unwrap_or_default(),
        relations: relations.iter().map(relation).collect(),
    });
}

//! How many rules a second the built-in pack runs on assets, on one core.
//!
//!     bench-policy check http://127.0.0.1:1 --assets 100000
//!
//! An asset-rule is one rule evaluated on one asset of its kinds. What is measured
//! is a whole check: the account made ready for the rules, all rules on all assets,
//! findings in order.
//!
//! Rule: making the account up is not what is measured, and a rule that did not
//! come to its end is a failure.

use std::collections::BTreeMap;

use bench::{Delivered, Round};
use clap::Parser;
use connector_inventory::{Asset, Relation};
use connector_policy::{Inventory, KindState, Limits, Pack, Question, Source, check};
use serde_json::{Value, json};

#[derive(Clone, Copy, clap::ValueEnum)]
enum Work {
    Check,
}

#[derive(Parser)]
struct Args {
    /// What is measured.
    #[arg(value_enum)]
    work: Work,
    /// Base URL of the benchmarks' server, which nobody asks here.
    base: String,
    /// Assets of the account.
    #[arg(long, default_value_t = 100_000)]
    assets: usize,
    /// Checks of it.
    #[arg(long, default_value_t = 1)]
    rounds: u32,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    // What a check may take by default is less than a million assets take.
    let limits = Limits { total_findings: usize::MAX, memory_bytes: 8 << 30, ..Limits::default() };
    let pack = Pack::load(&[Source::BuiltIn], &limits)?;
    let question = Question::all("2026-11-02T00:00:00Z".parse()?);
    let (inventory, bytes) = account(args.assets);
    for _ in 0..args.rounds {
        let round = Round::begin();
        let check = check(&pack, &inventory, &question)?;
        let records = inventory.len() as u64;
        let mut figures = round.end(Delivered { records, bytes, ..Delivered::default() });
        if let Some(broken) = check.broken.first() {
            return Err(format!("{}: {}", broken.rule, broken.message).into());
        }
        figures.asset_rules = check.counts.asset_rules as u64;
        figures.print();
    }
    Ok(())
}

/// An account in which a tenth of everything has something to be found, and the
/// bytes of its attributes.
fn account(size: usize) -> (Inventory, u64) {
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
    let mut bytes = 0;
    let mut add = |kind: &str, id: &str, attributes: Value, relations: &[(&str, &str, &str)]| {
        bytes += attributes.to_string().len() as u64;
        add(&mut inventory, kind, id, attributes, relations);
    };
    // Twenty assets a group.
    for group in 0..size / 20 {
        let bad = group % 10 == 0;
        let id = |letter: char, n: usize| format!("{letter}{group:05}{n}");
        let refer = |id: &str, kind: &str| json!({"id": id, "type": format!("{kind}_reference"), "summary": "text"});
        let (team, policy, schedule) = (id('T', 0), id('E', 0), id('S', 0));
        add("team", &team, json!({"name": format!("Team {group}"), "description": "text"}), &[]);
        let targets = [refer(&schedule, "schedule"), refer(&id('U', 0), "user")];
        let levels: Vec<Value> =
            targets.iter().take(if bad { 1 } else { 2 }).map(|target| json!({"targets": [target]})).collect();
        add(
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
            "schedule",
            &schedule,
            json!({"name": format!("Schedule {group}"), "users": members, "final_schedule": {"rendered_schedule_entries": entries, "rendered_coverage_percentage": if bad { 92.8 } else { 100.0 }}}),
            &[("has-member", "user", &id('U', 0)), ("has-member", "user", &id('U', 1))],
        );
        for n in 0..2 {
            let (user, method, rule, on_call) = (id('U', n), id('C', n), id('N', n), id('O', n));
            add(
                "user",
                &user,
                json!({"name": format!("Person {n} of {group}"), "role": "user", "email": "a@example.com"}),
                &[],
            );
            let kind = if bad { "email_contact_method" } else { "phone_contact_method" };
            add("contact-method", &method, json!({"type": kind}), &[("of", "user", &user)]);
            add("notification-rule", &rule, json!({"urgency": "high"}), &[("of", "user", &user)]);
            add("on-call", &on_call, json!({"escalation_level": 1}), &[("of", "user", &user)]);
        }
        for n in 0..3 {
            let service = id('P', n);
            let teams = if bad { json!([]) } else { json!([refer(&team, "team")]) };
            let attributes = json!({
                "name": format!("Service {n} of {group}"), "status": if bad { "disabled" } else { "active" }, "description": "text",
                "created_at": "2020-01-01T00:00:00Z", "last_incident_timestamp": "2026-10-30T00:00:00Z",
                "escalation_policy": refer(&policy, "escalation_policy"), "teams": teams, "integrations": [],
            });
            add("service", &service, attributes, &[("escalates-to", "escalation-policy", &policy)]);
            add(
                "integration",
                &id('I', n),
                json!({"type": "generic_events_api_inbound_integration"}),
                &[("part-of", "service", &service)],
            );
        }
        let incident = json!({"title": "text", "status": if bad { "triggered" } else { "resolved" }, "created_at": "2026-10-01T00:00:00Z", "last_status_change_at": "2026-10-02T00:00:00Z"});
        add("incident", &id('Q', 0), incident, &[("affects", "service", &id('P', 0))]);
        let window = json!({"start_time": "2026-11-01T00:00:00Z", "end_time": if bad { "2026-11-09T00:00:00Z" } else { "2026-11-01T05:00:00Z" }});
        add("maintenance-window", &id('M', 0), window, &[("covers", "service", &id('P', 0))]);
        let route = if bad { json!({}) } else { json!({"route_to": id('P', 0)}) };
        add("event-orchestration-router", &id('R', 0), json!({"sets": [], "catch_all": {"actions": route}}), &[]);
    }
    (inventory, bytes)
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

//! How long an inventory takes to become code, and to be held against a state:
//! `pagerduty.wasm` in the reference host.
//!
//!     bench-codify codify http://127.0.0.1:1 --assets 10000
//!
//! Rule: making the account and its state up is not what is measured. Whoever
//! codifies, or compares, less than all has failed.

use std::path::{Path, PathBuf};

use bench::{Delivered, Round};
use clap::Parser;
use connector_host::contract::{Asset, Relation};
use connector_host::drift::known;
use connector_host::{Connector, Host, HostOptions, Limits};
use connector_inventory::drift::drift as compare;
use connector_inventory::drift::known::Sight;
use connector_inventory::drift::report::Status;
use connector_inventory::drift::rules::Values;
use connector_inventory::drift::state::States;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone, Copy, clap::ValueEnum)]
enum Work {
    /// Assets to Terraform's language.
    Codify,
    /// Assets held against a state in which all of them are.
    Drift,
}

#[derive(Parser)]
struct Args {
    /// What is measured.
    #[arg(value_enum)]
    work: Work,
    /// Base URL of the benchmarks' server, which nobody asks here.
    base: String,
    /// Assets of the account.
    #[arg(long, default_value_t = 10_000)]
    assets: usize,
    /// How often.
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// The component.
    #[arg(long, default_value = "target/pagerduty.wasm")]
    component: PathBuf,
    /// Where compiled code is kept.
    #[arg(long, default_value = "target/compiled")]
    cache: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let args = Args::parse();
    // As the tool does for whoever hands a whole account over.
    let limits = Limits { memory: 1 << 30, result: 1 << 30, ..Limits::default() };
    let options = HostOptions { cache_dir: Some(args.cache.clone()), limits, ..HostOptions::default() };
    let connector = Host::new(options)?.load(&args.component).await?;
    let assets = account(args.assets);
    let bytes = assets.iter().map(|asset| asset.attributes.len() as u64).sum();
    let folder = tempfile::tempdir()?;
    let state = folder.path().join("bench.tfstate");
    if matches!(args.work, Work::Drift) {
        std::fs::write(&state, state_of(&values(&connector, &assets).await?)?)?;
    }
    for _ in 0..args.rounds {
        let round = Round::begin();
        let records = match args.work {
            Work::Codify => codify(&connector, &assets).await?,
            Work::Drift => drift(&connector, &assets, &state).await?,
        };
        round.end(Delivered { records, bytes, ..Delivered::default() }).print();
    }
    Ok(())
}

/// How many resources the files import.
async fn codify(connector: &Connector, assets: &[Asset]) -> Result<u64, Failure> {
    let code = connector.codify(assets, "{}").await?;
    if let Some(left) = code.left_out.first() {
        return Err(format!("left out {} {}: {}", left.kind, left.id, left.why).into());
    }
    let imports = code
        .files
        .iter()
        .map(|file| file.content.matches("\nimport {").count() + usize::from(file.content.starts_with("import {")));
    Ok(imports.sum::<usize>() as u64)
}

/// What a state would hold of the assets.
async fn values(connector: &Connector, assets: &[Asset]) -> Result<String, Failure> {
    let mut code = connector.codify(assets, "{\"format\":\"values\"}").await?;
    code.files.pop().map(|file| file.content).ok_or_else(|| "no values".into())
}

/// A state of Terraform that holds exactly that.
fn state_of(values: &str) -> Result<String, Failure> {
    let values: Value = serde_json::from_str(values)?;
    let resources = values["resources"].as_array().into_iter().flatten().map(|one| {
        let mut attributes = one["values"].clone();
        attributes["id"] = one["state"].clone();
        let instances = json!([{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}]);
        json!({"mode": "managed", "type": one["type"], "name": one["name"], "instances": instances,
            "provider": "provider[\"registry.terraform.io/pagerduty/pagerduty\"]"})
    });
    let resources: Vec<Value> = resources.collect();
    Ok(json!({"version": 4, "serial": 1, "lineage": "bench", "resources": resources}).to_string())
}

/// How many resources are as the state has them.
async fn drift(connector: &Connector, assets: &[Asset], state: &Path) -> Result<u64, Failure> {
    let values = Values::read(&values(connector, assets).await?)?;
    let mut known = known(connector, "bench")?;
    known.sights = connector.kinds().await?.into_iter().map(|kind| (kind.id, Sight::Whole)).collect();
    let states = States::read(&[state.to_owned()], &|of| known.ours(of)).map_err(|why| why.to_string())?;
    let report = compare(&values, &states, &known, None, &[]);
    Ok(report.count(Status::Codified) as u64)
}

/// Ten assets for each service: what hangs on it, as in a real account.
fn account(size: usize) -> Vec<Asset> {
    let relation = |name: &str, kind: &str, id: String| Relation { name: name.into(), kind: kind.into(), id };
    let reference = |kind: &str, id: String| json!({"id": id, "type": format!("{kind}_reference"), "summary": "Somebody or something"});
    let asset = |kind: &str, id: String, name: String, attributes: Value, relations: Vec<Relation>| {
        let mut attributes = attributes;
        attributes["id"] = id.as_str().into();
        attributes["summary"] = name.as_str().into();
        attributes["html_url"] = format!("https://bench.pagerduty.com/{kind}/{id}").into();
        Asset {
            kind: kind.into(),
            id,
            name,
            url: None,
            attributes: attributes.to_string(),
            relations,
            extra: "{}".into(),
        }
    };
    let one = |n: usize| {
        let (group, id) = (n / 10, format!("P{n:07X}"));
        let at = |place: usize| format!("P{:07X}", group * 10 + place);
        let user = |place: usize| reference("user", at(place));
        match n % 10 {
            0 => asset(
                "service",
                id,
                format!("Service {group}"),
                json!({
                    "name": format!("Service {group}"), "description": "Takes orders and passes them on", "status": "active",
                    "auto_resolve_timeout": 14_400, "acknowledgement_timeout": null, "alert_creation": "create_alerts_and_incidents",
                    "escalation_policy": reference("escalation_policy", at(1)), "teams": [reference("team", at(3))],
                    "incident_urgency_rule": {"type": "use_support_hours", "during_support_hours": {"type": "constant", "urgency": "high"},
                        "outside_support_hours": {"type": "constant", "urgency": "low"}},
                    "support_hours": {"type": "fixed_time_per_day", "time_zone": "Europe/Berlin", "days_of_week": [1, 2, 3, 4, 5],
                        "start_time": "09:00:00", "end_time": "17:00:00"},
                }),
                vec![relation("escalates-to", "escalation-policy", at(1))],
            ),
            1 => asset(
                "escalation-policy",
                id,
                format!("Policy {group}"),
                json!({
                    "name": format!("Policy {group}"), "description": null, "num_loops": 2, "teams": [reference("team", at(3))],
                    "escalation_rules": [
                        {"escalation_delay_in_minutes": 10, "targets": [reference("schedule", at(2))]},
                        {"escalation_delay_in_minutes": 30, "targets": [user(4), user(5)]},
                    ],
                }),
                vec![relation("targets", "schedule", at(2))],
            ),
            2 => asset(
                "schedule",
                id,
                format!("Schedule {group}"),
                json!({
                    "name": format!("Schedule {group}"), "time_zone": "Europe/Berlin", "description": "Weekly", "teams": [],
                    "schedule_layers": [{
                        "name": "Layer 1", "start": "2026-01-05T09:00:00+01:00", "end": null,
                        "rotation_virtual_start": "2026-01-05T09:00:00+01:00", "rotation_turn_length_seconds": 604_800,
                        "users": [{"user": user(4)}, {"user": user(5)}],
                        "restrictions": [{"type": "daily_restriction", "start_time_of_day": "09:00:00", "duration_seconds": 32_400}],
                    }],
                }),
                Vec::new(),
            ),
            3 => asset(
                "team",
                id,
                format!("Team {group}"),
                json!({"name": format!("Team {group}"), "description": "Theirs"}),
                Vec::new(),
            ),
            4 | 5 => asset(
                "user",
                id,
                format!("User {n}"),
                json!({"name": format!("User {n}"), "email": format!("user{n}@example.com"), "time_zone": "Europe/Berlin",
                    "role": "user", "job_title": "Engineer", "description": null}),
                Vec::new(),
            ),
            6 | 7 => asset(
                "contact-method",
                id,
                format!("Mail {n}"),
                json!({"type": "email_contact_method", "label": format!("Mail {n}"), "address": format!("user{n}@example.com"), "send_short_email": false}),
                vec![relation("of", "user", at(n % 10 - 2))],
            ),
            8 => asset(
                "integration",
                id,
                "Events API V2".into(),
                json!({"name": "Events API V2", "type": "events_api_v2_inbound_integration", "service": reference("service", at(0)), "vendor": null}),
                vec![relation("part-of", "service", at(0))],
            ),
            _ => asset(
                "team-membership",
                id,
                format!("User {n}"),
                json!({"user": user(4), "role": "manager"}),
                vec![relation("of", "user", at(4)), relation("in", "team", at(3))],
            ),
        }
    };
    (0..size).map(one).collect()
}

//! How fast states are read and compared:
//!
//!     cargo run --release -p connector-inventory --example drift_speed -- [RESOURCES] [RUNS]
//!
//! Of made-up resources with some 25 attributes, a third of them in blocks; every
//! tenth is otherwise in the state, every hundredth in none. Medians of RUNS, first
//! of reading (file, JSON, addresses), then of comparing. What the component takes
//! to say what a state would hold is not among them.

use std::time::{Duration, Instant};

use connector_inventory::drift::drift;
use connector_inventory::drift::known::{Known, Sight};
use connector_inventory::drift::report::Status;
use connector_inventory::drift::rules::Values;
use connector_inventory::drift::state::States;
use serde_json::{Value, json};

fn attributes(n: u64, name: &str) -> Value {
    let rule = |delay: u64| json!({"delay": delay, "target": [{"type": "user_reference", "id": format!("U{n}")}, {"type": "schedule_reference", "id": format!("S{n}")}]});
    json!({
        "name": name, "description": "d".repeat(100), "num_loops": n % 9, "teams": [format!("T{}", n % 97), format!("T{}", n % 89)],
        "start": "2026-01-02T03:04:05Z", "rule": [rule(5), rule(10), rule(30)], "urgency": "high", "active": true,
    })
}

fn main() {
    let mut args = std::env::args().skip(1);
    let resources: u64 = args.next().and_then(|n| n.parse().ok()).unwrap_or(10_000);
    let runs: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(5);
    let rule = |noise: &[&str]| json!({"computed": false, "noise": noise});
    let rules = json!({"acme_policy": {
        "name": rule(&[]), "description": rule(&[]), "num_loops": rule(&[]), "teams": rule(&["unordered"]), "start": rule(&["time"]),
        "urgency": rule(&[]), "active": rule(&[]), "rule": rule(&[]), "rule.delay": rule(&[]), "rule.target": rule(&["unordered"]),
        "rule.target.type": rule(&[]), "rule.target.id": rule(&[]),
    }});
    let values: Vec<Value> = (0..resources)
        .map(|n| {
            let id = format!("P{n:07X}");
            let values = attributes(n, &format!("Policy {n}"));
            json!({"type": "acme_policy", "name": id, "import": id, "state": id, "kind": "policy", "id": id, "values": values})
        })
        .collect();
    let instances = (0..resources).filter(|n| n % 100 != 1).map(|n| {
        let mut attributes = attributes(n, &if n % 10 == 0 { format!("Renamed {n}") } else { format!("Policy {n}") });
        attributes["id"] = format!("P{n:07X}").into();
        attributes["html_url"] = format!("https://acme.example/policies/P{n:07X}").into();
        let instances = json!([{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}]);
        json!({"mode": "managed", "type": "acme_policy", "name": format!("p{n}"), "instances": instances})
    });
    let state =
        json!({"version": 4, "serial": 1, "lineage": "L", "resources": instances.collect::<Vec<_>>()}).to_string();
    let path = std::env::temp_dir().join(format!("drift_speed.{}.tfstate", std::process::id()));
    std::fs::write(&path, &state).unwrap();
    let values = json!({"rules": rules, "resources": values}).to_string();
    let mut known = Known::of("acme");
    known.types.insert("acme_policy".into(), "policy".into());
    known.sights.insert("policy".into(), Sight::Whole);

    let mut spent = [Vec::new(), Vec::new()];
    for _ in 0..runs {
        let begun = Instant::now();
        let values = Values::read(&values).unwrap();
        let states = States::read(std::slice::from_ref(&path), &|of| known.ours(of)).unwrap();
        spent[0].push(begun.elapsed());
        let begun = Instant::now();
        let report = drift(&values, &states, &known, None, &[]);
        spent[1].push(begun.elapsed());
        let [drifted, unmanaged] = [Status::Drifted, Status::Unmanaged].map(|status| report.count(status) as u64);
        assert_eq!((drifted, unmanaged), (resources.div_ceil(10), (resources + 98) / 100));
    }
    std::fs::remove_file(&path).unwrap();
    let [read, compared] = spent.map(|mut all: Vec<Duration>| {
        all.sort();
        all[all.len() / 2]
    });
    println!(
        "{resources} resources, a state of {:.1} MB: read in {:.3} s, compared in {:.3} s",
        state.len() as f64 / 1e6,
        read.as_secs_f64(),
        compared.as_secs_f64()
    );
}

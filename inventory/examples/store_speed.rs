//! How fast a store takes assets in and gives them out, and how it grows:
//!
//!     cargo run --release -p connector-inventory --example store_speed -- [ASSETS] [SLICE] [RUNS] [postgres://…]
//!
//! Of made-up assets of about 1.5 KB with three relations and a secret, in
//! slices of SLICE: a first scan, one that finds nothing new, one that finds
//! every tenth changed, and reading all. Medians of RUNS, each on a store of
//! its own (PostgreSQL: an account of its own in the one store).

use std::time::{Duration, Instant};

use connector_inventory::asset::KindFacts;
use connector_inventory::store::*;
use connector_inventory::{Asset, Kind, Relation, Slice};
use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;

fn asset(n: u64, version: u64) -> Asset {
    let relation =
        |name: &str, kind: &str, id: u64| Relation { name: name.into(), kind: kind.into(), id: format!("P{id:07X}") };
    let attributes = json!({
        "id": format!("P{n:07X}"), "type": "service", "summary": format!("Service {n}"), "description": "d".repeat(300),
        "created_at": "2026-01-02T03:04:05Z", "status": "active", "version": version, "integration_key": format!("{n:032x}"),
        "teams": [{"id": format!("P{:07X}", n % 97), "type": "team_reference", "summary": "Team", "self": "https://api.example.test/teams/X"}],
        "escalation_policy": {"id": format!("P{:07X}", n % 1009), "type": "escalation_policy_reference", "summary": "Policy"},
        "incident_urgency_rule": {"type": "constant", "urgency": "high"}, "support_hours": null, "scheduled_actions": [],
        "notes": (0..6).map(|k| json!({"at": k, "text": "n".repeat(80)})).collect::<Vec<_>>(),
    });
    let serde_json::Value::Object(attributes) = attributes else { unreachable!() };
    Asset {
        kind: "service".into(),
        id: format!("P{n:07X}"),
        name: format!("Service {n}"),
        url: Some(format!("https://example.test/services/P{n:07X}")),
        attributes,
        relations: vec![
            relation("in", "team", n % 97),
            relation("has", "policy", n % 1009),
            relation("from", "vendor", n % 31),
        ],
    }
}

async fn scan(store: &Store, run: usize, assets: u64, slice: u64, version: impl Fn(u64) -> u64) -> Spent {
    let begin = Begin {
        nickname: format!("run-{run}"),
        account: "example".into(),
        view: View { id: "account".into(), wide: true },
        kinds: vec![Kind {
            id: "service".into(),
            extra: KindFacts { secrets: vec!["integration_key".into()], ..KindFacts::default() },
            ..Kind::default()
        }],
        settings: json!({}),
        now: Timestamp::now(),
    };
    let mut scan = store.begin(&begin).await.unwrap();
    let mut spent = Spent::default();
    let mut at = 0;
    while at < assets {
        let next = (at + slice).min(assets);
        // Making them up is not what is measured.
        let slice = Slice {
            assets: (at..next).map(|n| asset(n, version(n))).collect(),
            next: (next < assets).then(|| next.to_string()),
            skipped: vec![],
        };
        let begun = Watch::start();
        store.step(&mut scan, &slice, Timestamp::now()).await.unwrap();
        begun.stop(&mut spent);
        at = next;
    }
    spent
}

/// Seconds: of the clock, and of the processor by all threads.
#[derive(Clone, Copy, Default)]
struct Spent {
    wall: f64,
    cpu: f64,
}

struct Watch(Instant, Duration);

impl Watch {
    fn start() -> Self {
        Watch(Instant::now(), cpu())
    }

    fn stop(&self, spent: &mut Spent) {
        spent.wall += self.0.elapsed().as_secs_f64();
        spent.cpu += (cpu() - self.1).as_secs_f64();
    }
}

fn cpu() -> Duration {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(used.tv_sec.unsigned_abs(), used.tv_nsec as u32)
}

async fn read(store: &Store, run: usize, assets: u64) -> Spent {
    let begun = Watch::start();
    let at = store.snapshot(Some(&format!("run-{run}")), &Point::Now).await.unwrap();
    let (mut seen, mut after) = (0, None);
    loop {
        let page = store.list(&at, &Filter::default(), after.as_ref(), 1_000).await.unwrap();
        seen += page.items.len() as u64;
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, assets);
    let mut spent = Spent::default();
    begun.stop(&mut spent);
    spent
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, usual: u64| given.get(at).map_or(usual, |text| text.parse().expect("a number"));
    let (assets, slice, runs) = (number(0, 100_000), number(1, 100), number(2, 5));
    let folder = tempfile::tempdir().unwrap();
    let mut times: [Vec<Spent>; 4] = Default::default();
    let mut bytes = 0;
    for run in 0..runs as usize {
        let place = match given.get(3) {
            Some(url) => Place::parse(url, Some(folder.path().join("key"))).unwrap(),
            None => Place::File(folder.path().join(format!("{run}.db"))),
        };
        let store = Store::open(&place, &Settings::default()).await.unwrap();
        times[0].push(scan(&store, run, assets, slice, |_| 0).await);
        times[1].push(scan(&store, run, assets, slice, |_| 0).await);
        times[2].push(scan(&store, run, assets, slice, |n| u64::from(n % 10 == 0)).await);
        times[3].push(read(&store, run, assets).await);
        store.close().await;
        if let Place::File(path) = place {
            bytes = std::fs::metadata(&path).unwrap().len();
            std::fs::remove_file(path).unwrap();
        }
    }
    let size = serde_json::to_string(&asset(1, 0)).unwrap().len();
    println!("{assets} assets of {size} bytes of JSON in slices of {slice}, medians of {runs}:");
    for (what, times) in ["first scan", "nothing new", "every tenth changed", "read all"].iter().zip(&times) {
        let median = |of: fn(&Spent) -> f64| {
            let mut all: Vec<f64> = times.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        let (wall, cpu) = (median(|one| one.wall), median(|one| one.cpu));
        println!("  {what:<20} {wall:>8.3} s {:>9.0} assets/s, {cpu:>8.3} s of the processor", assets as f64 / wall);
    }
    if bytes > 0 {
        println!("  file after three scans: {:.1} MB", bytes as f64 / 1e6);
    }
}

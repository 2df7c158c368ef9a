//! How fast a store takes assets in and gives them out.
//!
//!     bench-store first http://127.0.0.1:1 --assets 100000 --slice 225
//!     bench-store all x --store postgres://…
//!
//! Of made-up assets of about 1.5 KB with three relations and a secret, in
//! slices of a scan. Each round has a store of its own (PostgreSQL: an account of
//! its own in the one store). `first` is a first scan, a line of figures a round;
//! `all` goes on with one that finds nothing new, one that finds every tenth
//! changed, and reading all, and prints the medians for people.
//!
//! Rule: making the assets up is not what is measured.

use std::path::PathBuf;

use bench::{Delivered, Figures, Round};
use clap::Parser;
use connector_inventory::asset::KindFacts;
use connector_inventory::store::{Begin, Filter, Place, Point, Settings, Store, View};
use connector_inventory::{Asset, Kind, Relation, Slice};
use jiff::Timestamp;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Work {
    First,
    All,
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
    assets: u64,
    /// Assets of a step.
    #[arg(long, default_value_t = 225)]
    slice: u64,
    /// Stores that are filled.
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// postgres://… in place of files of SQLite.
    #[arg(long)]
    store: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let args = Args::parse();
    let folder = tempfile::tempdir()?;
    let mut all: [Vec<Figures>; 4] = Default::default();
    for round in 0..args.rounds {
        let file = folder.path().join(format!("{round}.db"));
        let place = match &args.store {
            Some(url) => Place::parse(url, Some(folder.path().join("key")))?,
            None => Place::File(file.clone()),
        };
        let store = Store::open(&place, &Settings::default()).await?;
        let first = scan(&store, round, &args, |_| 0).await?;
        match args.work {
            Work::First => first.print(),
            Work::All => {
                all[0].push(first);
                all[1].push(scan(&store, round, &args, |_| 0).await?);
                all[2].push(scan(&store, round, &args, |n| u64::from(n % 10 == 0)).await?);
                all[3].push(read(&store, round).await?);
            }
        }
        store.close().await;
        remove(&file)?;
    }
    if args.work == Work::All {
        println!("{} assets in steps of {}, medians of {}:", args.assets, args.slice, args.rounds);
        for (what, found) in ["first scan", "nothing new", "every tenth changed", "read all"].iter().zip(&all) {
            let (wall, cpu) = (median(found, |one| one.wall_ms) / 1e3, median(found, |one| one.cpu_ms) / 1e3);
            let rate = args.assets as f64 / wall;
            println!("  {what:<20} {wall:>8.3} s {rate:>9.0} assets/s, {cpu:>8.3} s of the processor");
        }
    }
    Ok(())
}

fn median(found: &[Figures], of: impl Fn(&Figures) -> f64) -> f64 {
    let mut all: Vec<f64> = found.iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// So that the disk holds one store at a time.
fn remove(file: &PathBuf) -> std::io::Result<()> {
    if file.exists() { std::fs::remove_file(file) } else { Ok(()) }
}

async fn scan(store: &Store, round: u32, args: &Args, version: impl Fn(u64) -> u64) -> Result<Figures, Failure> {
    let begin = Begin {
        nickname: format!("run-{round}"),
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
    let mut scan = store.begin(&begin).await?;
    let mut all: Option<Figures> = None;
    let mut at = 0;
    while at < args.assets {
        let next = (at + args.slice).min(args.assets);
        let slice = Slice {
            assets: (at..next).map(|n| asset(n, version(n))).collect(),
            next: (next < args.assets).then(|| next.to_string()),
            skipped: vec![],
        };
        let bytes = slice.assets.iter().map(|one| Value::from(one.attributes.clone()).to_string().len() as u64).sum();
        let round = Round::begin();
        store.step(&mut scan, &slice, Timestamp::now()).await?;
        let one = round.end(Delivered { records: next - at, bytes, ..Delivered::default() });
        let mut sum = all.take().unwrap_or(Figures { idle_kb: one.idle_kb, ..Figures::default() });
        sum.records += one.records;
        sum.bytes += one.bytes;
        sum.wall_ms += one.wall_ms;
        sum.cpu_ms += one.cpu_ms;
        sum.rss_kb = one.rss_kb;
        sum.steps += 1;
        all = Some(sum);
        at = next;
    }
    all.ok_or_else(|| "--assets: 1 at least".into())
}

async fn read(store: &Store, round: u32) -> Result<Figures, Failure> {
    let under_way = Round::begin();
    let at = store.snapshot(Some(&format!("run-{round}")), &Point::Now).await?;
    let (mut delivered, mut after) = (Delivered::default(), None);
    loop {
        let page = store.list(&at, &Filter::default(), after.as_ref(), 1_000).await?;
        delivered.records += page.items.len() as u64;
        after = page.next;
        if after.is_none() {
            return Ok(under_way.end(delivered));
        }
    }
}

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
    let Value::Object(attributes) = attributes else { unreachable!() };
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

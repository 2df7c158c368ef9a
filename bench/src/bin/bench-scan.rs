//! A whole account into a store: `pagerduty.wasm` in the reference host, and
//! SQLite.
//!
//! Rule: what `connector scan` does, with its settings, on a new file each round.
//! What was delivered is what the store holds when the clocks have stopped.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bench::{Delivered, Figures, Round};
use clap::Parser;
use connector_host::inventory::{self, Watch};
use connector_host::{Connection, Connector, Grants, Host, HostOptions, Secret, Sign, VirtualClock};
use connector_inventory::asset::Kind;
use connector_inventory::store::{Begin, Counts, Filter, Place, Point, Settings, Store};
use jiff::Timestamp;
use pagerduty_simulator::Options;
use serde_json::{Map, Value, json};

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone, Copy, clap::ValueEnum)]
enum Work {
    Scan,
}

#[derive(Parser)]
struct Args {
    /// What is measured.
    #[arg(value_enum)]
    work: Work,
    /// Base URL of the benchmarks' server.
    base: String,
    /// How often it is scanned.
    #[arg(long, default_value_t = 1)]
    rounds: u32,
    /// The component.
    #[arg(long, default_value = "target/pagerduty.wasm")]
    component: PathBuf,
    /// Where compiled code is kept.
    #[arg(long, default_value = "target/compiled")]
    cache: PathBuf,
}

/// Counts steps, and tells what a person would be told.
#[derive(Default)]
struct Steps(u64);

impl Watch for Steps {
    fn step(&mut self, steps: u64, _: &Counts) {
        self.0 = steps;
    }

    fn note(&mut self, text: &str) {
        eprintln!("{text}");
    }

    fn stop(&self) -> bool {
        false
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let args = Args::parse();
    // The account's present does not move, and neither do its shifts and windows.
    let present = Options::default().now;
    let unix = Duration::from_secs(u64::try_from(present.as_second())?);
    let options = HostOptions {
        cache_dir: Some(args.cache.clone()),
        allow_loopback: true,
        clock: Some(Arc::new(VirtualClock::starting_at(unix))),
        ..HostOptions::default()
    };
    let connector = Host::new(options)?.load(&args.component).await?;
    let kinds = inventory::kinds(connector.kinds().await?)?;
    let kinds: Vec<Kind> = kinds.into_iter().filter(|kind| kind.extra.default).collect();
    let folder = tempfile::tempdir()?;
    for round in 0..args.rounds {
        let place = Place::File(folder.path().join(format!("{round}.db")));
        let store = Store::open(&place, &Settings::default()).await?;
        let mut on = open(&connector, &args.base).await?;
        let figures = scan(&mut on, &store, &kinds, present).await?;
        store.close().await;
        figures.print();
    }
    Ok(())
}

async fn open(connector: &Connector, base: &str) -> Result<Connection, Failure> {
    let sign = Sign {
        method: "token".into(),
        credentials: vec![("token".into(), Secret::from("bench-key-0"))],
        settings: json!({"access": "read"}),
        host_settings: json!({ "base_url": base }),
    };
    Ok(connector.open(&sign, &Grants::default()).await?)
}

async fn scan(on: &mut Connection, store: &Store, kinds: &[Kind], present: Timestamp) -> Result<Figures, Failure> {
    let begin = Begin {
        nickname: "bench".into(),
        account: "lanternway.pagerduty.com".into(),
        view: inventory::view(&json!({"keys": [{"kind": "account"}]})),
        kinds: kinds.to_vec(),
        settings: json!({}),
        now: present,
    };
    let mut steps = Steps::default();
    let before = on.requests();
    let round = Round::begin();
    // PagerDuty lists no workspaces: who wants their connections scanned names them.
    let settings = Map::from_iter([("slack_workspaces".to_owned(), json!(["T0LANTERN"]))]);
    let report = inventory::scan(on, store, &begin, &settings, &Timestamp::now, &mut steps).await?;
    let mut figures = round.end(Delivered::default());
    if let Some(skipped) = report.skipped.first() {
        return Err(format!("left out {}: {}", skipped.kind, skipped.message).into());
    }
    figures.requests = on.requests() - before;
    figures.guest_kb = (on.memory_bytes() >> 10) as u64;
    figures.steps = steps.0;
    let at = store.snapshot(None, &Point::Now).await?;
    let mut after = None;
    loop {
        let page = store.list(&at, &Filter::default(), after.as_ref(), 1_000).await?;
        figures.records += page.items.len() as u64;
        let bytes = |attributes: &Map<String, Value>| serde_json::to_string(attributes).map_or(0, |text| text.len());
        figures.bytes += page.items.iter().map(|found| bytes(&found.asset.attributes) as u64).sum::<u64>();
        after = page.next;
        if after.is_none() {
            return Ok(figures);
        }
    }
}

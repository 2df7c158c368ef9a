//! The same work by the connector: `pagerduty.wasm` in the reference host.
//!
//! Rule: what an embedding platform would write, with the defaults of the host
//! but for what a benchmark needs (loopback, the cache of compiled code).

use std::path::PathBuf;
use std::sync::Arc;

use bench::{Contest, Delivered, Round, Workload};
use clap::Parser;
use connector_host::{Connection, Connector, Error, Grants, Host, HostOptions, Secret, Sign};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

#[derive(Parser)]
struct Args {
    #[command(flatten)]
    contest: Contest,
    /// The component.
    #[arg(long, default_value = "target/pagerduty.wasm")]
    component: PathBuf,
    /// Where compiled code is kept.
    #[arg(long, default_value = "target/compiled")]
    cache: PathBuf,
}

#[derive(Clone)]
struct Bench {
    connector: Connector,
    base: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let args = Args::parse();
    let contest = &args.contest;
    let start = contest.workload == Workload::Start;
    let begun = Round::begin();
    let options = HostOptions {
        cache_dir: Some(args.cache.clone()),
        allow_loopback: true,
        // One process, one page: see `HostOptions::pooling`.
        pooling: !start,
        ..HostOptions::default()
    };
    let connector = Host::new(options)?.load(&args.component).await?;
    let bench = Bench { connector, base: contest.base.clone() };
    if start {
        let delivered = bench.first(contest.records).await?;
        begun.end(delivered).print();
        return Ok(());
    }
    let mut on = bench.open(0, contest).await?;
    if contest.workload == Workload::Small {
        small(&mut on, 10).await?;
    }
    for _ in 0..contest.rounds {
        let round = Round::begin();
        let delivered = match contest.workload {
            Workload::Walk => walk(&mut on, contest.records).await?,
            Workload::Small => small(&mut on, contest.calls).await?,
            Workload::Many => bench.many(contest).await?,
            Workload::Start => Delivered::default(),
        };
        round.end(delivered).print();
    }
    Ok(())
}

impl Bench {
    /// Opens the account with the key of this number.
    async fn open(&self, number: usize, contest: &Contest) -> Result<Connection, Error> {
        let ahead = match contest.workload {
            // The page that is asked for counts among those under way.
            Workload::Walk if contest.in_flight > 1 => contest.in_flight,
            Workload::Walk => 0,
            Workload::Small | Workload::Start | Workload::Many => 0,
        };
        let sign = Sign {
            method: "token".into(),
            credentials: vec![("token".into(), Secret::new(format!("bench-key-{number}")))],
            settings: json!({ "ahead": ahead }),
            host_settings: json!({ "base_url": self.base }),
        };
        self.connector.open(&sign, &Grants::default()).await
    }

    async fn first(&self, records: u64) -> Result<Delivered, Error> {
        let contest = Contest {
            workload: Workload::Start,
            base: self.base.clone(),
            records,
            in_flight: 1,
            calls: 0,
            connections: 1,
            rounds: 1,
        };
        let mut on = self.open(0, &contest).await?;
        let mut walk = on.walk("incidents.list", &incidents(records), None).await?;
        Ok(walk.next().await?.map(|page| delivered(&page)).unwrap_or_default())
    }

    async fn many(&self, contest: &Contest) -> Result<Delivered, Error> {
        let turns = Arc::new(Semaphore::new(contest.in_flight));
        let mut walks = JoinSet::new();
        for number in 0..contest.connections {
            let (turns, bench, contest) = (Arc::clone(&turns), self.clone(), contest.clone());
            walks.spawn(async move {
                let _turn = turns.acquire_owned().await;
                let mut on = bench.open(number, &contest).await?;
                pages(&mut on, "services.list", "{}").await
            });
        }
        let mut all = Delivered::default();
        while let Some(walked) = walks.join_next().await {
            all.add(walked.map_err(|why| Error::Host(why.to_string()))??);
        }
        Ok(all)
    }
}

/// The arguments that list so many incidents.
fn incidents(records: u64) -> String {
    let (since, until) = bench::range(records);
    json!({ "since": since, "until": until }).to_string()
}

async fn walk(on: &mut Connection, records: u64) -> Result<Delivered, Error> {
    pages(on, "incidents.list", &incidents(records)).await
}

async fn pages(on: &mut Connection, operation: &str, arguments: &str) -> Result<Delivered, Error> {
    let mut all = Delivered::default();
    let mut walk = on.walk(operation, arguments, None).await?;
    while let Some(page) = walk.next().await? {
        all.add(delivered(&page));
    }
    drop(walk);
    all.guest_kb = (on.memory_bytes() >> 10) as u64;
    Ok(all)
}

fn delivered(page: &connector_host::contract::Page) -> Delivered {
    Delivered { records: page.count.into(), bytes: page.items.len() as u64, requests: 1, guest_kb: 0 }
}

async fn small(on: &mut Connection, calls: u64) -> Result<Delivered, Error> {
    let mut all = Delivered::default();
    for _ in 0..calls {
        let output = on.call("users.get", r#"{"id":"PUSER01"}"#).await?;
        all.add(Delivered { records: 1, bytes: output.value.len() as u64, requests: 1, guest_kb: 0 });
    }
    Ok(all)
}

//! The same work by a client in native Rust: hyper, and serde_json that checks
//! every byte and leaves items as they came.
//!
//! Rule: as good as one would write it by hand for this task, with nothing of
//! the connector in it.

use bench::{Contest, Delivered, Round, Workload};
use bytes::Bytes;
use clap::Parser;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow, alias = "services")]
    incidents: Vec<&'a RawValue>,
    more: bool,
    total: Option<u64>,
}

#[derive(Clone)]
struct Account {
    client: Client<HttpConnector, Empty<Bytes>>,
    base: String,
    token: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let contest = Contest::parse();
    let account = Account::new(&contest.base, "Token token=bench-key-0");
    if contest.workload == Workload::Small {
        account.small(10).await?;
    }
    for _ in 0..contest.rounds {
        let round = Round::begin();
        let delivered = match contest.workload {
            Workload::Walk => account.walk(contest.records, contest.in_flight).await?,
            Workload::Small => account.small(contest.calls).await?,
            Workload::Start => account.first(contest.records).await?,
            Workload::Many => many(&contest).await?,
        };
        round.end(delivered).print();
    }
    Ok(())
}

impl Account {
    fn new(base: &str, token: &str) -> Account {
        let mut tcp = HttpConnector::new();
        tcp.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(tcp);
        Account { client, base: base.to_owned(), token: token.to_owned() }
    }

    async fn get(&self, path: &str) -> Result<Bytes, Failure> {
        let request = Request::get(format!("{}{path}", self.base))
            .header("authorization", &self.token)
            .header("accept", "application/vnd.pagerduty+json;version=2")
            .header("user-agent", "bench-native")
            .body(Empty::new())?;
        let answer = self.client.request(request).await?;
        if !answer.status().is_success() {
            return Err(format!("{path}: {}", answer.status()).into());
        }
        Ok(answer.into_body().collect().await?.to_bytes())
    }

    async fn walk(&self, records: u64, in_flight: usize) -> Result<Delivered, Failure> {
        let (since, until) = bench::range(records);
        let mut all = Delivered::default();
        // What is listed at once ends at 10,000 records: pieces of that length.
        for from in (0..records).step_by(10_000) {
            let (since, until) = match records {
                ..=10_000 => (since.clone(), until.clone()),
                _ => (bench::records::at(from), bench::records::at((from + 10_000).min(records))),
            };
            let path = move |offset: u64| {
                format!("/incidents?since={since}&until={until}&limit=100&offset={offset}&total=true")
            };
            all.add(self.list(path, in_flight).await?);
        }
        Ok(all)
    }

    /// The first page alone, the others as they come, so many at the same time.
    async fn list(&self, path: impl Fn(u64) -> String, in_flight: usize) -> Result<Delivered, Failure> {
        let (mut all, mut total) = read(&self.get(&path(0)).await?)?;
        let mut offset = 100;
        let mut under_way = VecDeque::new();
        loop {
            while under_way.len() < in_flight && offset < total.unwrap_or(0) {
                let (account, path) = (self.clone(), path(offset));
                under_way.push_back(tokio::spawn(async move { account.get(&path).await }));
                offset += 100;
            }
            let Some(next) = under_way.pop_front() else { return Ok(all) };
            let (page, counted) = read(&next.await??)?;
            all.add(page);
            total = counted.or(total);
        }
    }

    /// One after the other, as long as there are more; returns what came.
    async fn pages(&self, path: impl Fn(u64) -> String) -> Result<Delivered, Failure> {
        let mut all = Delivered::default();
        for offset in (0..).step_by(100) {
            let bytes = self.get(&path(offset)).await?;
            let page: Page = serde_json::from_slice(&bytes)?;
            all.add(delivered(&page));
            if !page.more {
                break;
            }
        }
        Ok(all)
    }

    async fn first(&self, records: u64) -> Result<Delivered, Failure> {
        let (since, until) = bench::range(records);
        let page = self.get(&format!("/incidents?since={since}&until={until}&limit=100&offset=0&total=true")).await?;
        Ok(read(&page)?.0)
    }

    async fn small(&self, calls: u64) -> Result<Delivered, Failure> {
        let mut all = Delivered::default();
        for _ in 0..calls {
            let bytes = self.get("/users/PUSER01").await?;
            #[derive(Deserialize)]
            struct One<'a> {
                #[serde(borrow)]
                user: &'a RawValue,
            }
            let one: One = serde_json::from_slice(&bytes)?;
            all.add(Delivered { records: 1, bytes: one.user.get().len() as u64, requests: 1, guest_kb: 0 });
        }
        Ok(all)
    }
}

fn read(bytes: &[u8]) -> Result<(Delivered, Option<u64>), Failure> {
    let page: Page = serde_json::from_slice(bytes)?;
    Ok((delivered(&page), page.total))
}

fn delivered(page: &Page<'_>) -> Delivered {
    let bytes = page.incidents.iter().map(|item| item.get().len() as u64).sum();
    Delivered { records: page.incidents.len() as u64, bytes, requests: 1, guest_kb: 0 }
}

/// Every connection with a key of its own, so many walking at the same time.
async fn many(contest: &Contest) -> Result<Delivered, Failure> {
    let turns = Arc::new(Semaphore::new(contest.in_flight));
    let mut walks = JoinSet::new();
    for number in 0..contest.connections {
        let (turns, base) = (Arc::clone(&turns), contest.base.clone());
        walks.spawn(async move {
            let _turn = turns.acquire_owned().await?;
            let account = Account::new(&base, &format!("Token token=bench-key-{number}"));
            account.pages(|offset| format!("/services?limit=100&offset={offset}")).await
        });
    }
    let mut all = Delivered::default();
    while let Some(walked) = walks.join_next().await {
        all.add(walked??);
    }
    Ok(all)
}

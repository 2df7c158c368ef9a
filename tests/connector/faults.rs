//! Bad days: throttling, failing servers, broken answers, cut lines. Through
//! the component, in virtual time.
//!
//! Rule: what happens and what must come of it stands in `tests/faults.toml`;
//! here is only what makes it happen. All rows that differ are told, not the
//! first alone.

mod bodies;
mod cancelled;
mod clocks;
mod judged;
mod names;
mod server;
mod table;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use host_test::World;
use host_test::host::contract::Page;
use host_test::host::{Connection, Error};
use serde_json::{Value, json};

use judged::{Ending, FOR_EVER, differences};
use server::{RECORDS, SECOND, Server, THIRD};
use table::{Expected, Operation, Row};

/// The setting `max_wait_s` of the matrix.
const BUDGET: Duration = Duration::from_secs(60);

/// An opened connection that waits no longer than this.
/// A connection with a key of its own: those that share one share what they
/// learn of its rate limit.
async fn open(world: &World, budget: Duration) -> Connection {
    static KEYS: AtomicUsize = AtomicUsize::new(0);
    let key = format!("key-of-the-tests-{}", KEYS.fetch_add(1, Ordering::Relaxed));
    world.open_with(&[("token", &key)], json!({"max_wait_s": budget.as_secs()})).await.expect("opens")
}

#[tokio::test(start_paused = true)]
async fn every_fault_comes_to_what_the_table_says() {
    let faults = table::read();
    let server = Server::default();
    let world = server.world(&|_| {}).await;
    let mut bad = Vec::new();
    for row in &faults.rows {
        let mut found = Vec::new();
        for (kind, expected) in &row.expected {
            let differing = match faults.operations.get(kind) {
                Some(operation) => call(&world, &server, row, operation, expected).await,
                // One fault after another: as a call.
                None if row.then.is_some() => continue,
                None => walk(&world, &server, row, expected).await,
            };
            found.extend(differing.into_iter().map(|difference| format!("    {kind}: {difference}")));
        }
        println!("{} {}", if found.is_empty() { "✓" } else { "✗" }, row.name);
        found.iter().for_each(|difference| println!("{difference}"));
        if !found.is_empty() {
            bad.push(format!("{}\n{}", row.name, found.join("\n")));
        }
    }
    println!("{} of {} rows are as they should be", faults.rows.len() - bad.len(), faults.rows.len());
    assert!(bad.is_empty(), "{} rows of tests/faults.toml differ:\n{}", bad.len(), bad.join("\n"));
}

/// How a row's calls differ from what is expected.
async fn call(world: &World, server: &Server, row: &Row, operation: &Operation, expected: &Expected) -> Vec<String> {
    if row.then.is_some() {
        return differences(row, expected, called(world, server, row, operation, row.times, BUDGET).await, None);
    }
    let stays = called(world, server, row, operation, usize::MAX, BUDGET).await;
    let passes = called(world, server, row, operation, row.times, BUDGET).await;
    differences(row, expected, stays, Some(passes))
}

/// One call, which meets the fault so often.
async fn called(
    world: &World,
    server: &Server,
    row: &Row,
    operation: &Operation,
    times: usize,
    budget: Duration,
) -> Ending {
    server.set(row.fault.clone(), times, row.then.clone(), operation.good.clone());
    let mut on = open(world, budget).await;
    let running = async { Ok(on.call(&operation.call, &operation.arguments).await?.failures) };
    let mut ending = Ending::of(row, server, budget, running).await;
    if !matches!(on.call("no.such", "{}").await, Err(Error::Connector(_))) {
        ending.problems.push("the connection does not live on".to_owned());
    }
    ending
}

/// How a row differs when it happens to the second page of a walk, or to the
/// third, which may be fetched ahead.
async fn walk(world: &World, server: &Server, row: &Row, expected: &Expected) -> Vec<String> {
    let stays = walked(world, server, row, SECOND, usize::MAX).await;
    let passes = walked(world, server, row, SECOND, row.times).await;
    // The words are those of another operation.
    let mut found = differences(&Row { says: Vec::new(), ..row.clone() }, expected, stays, Some(passes));
    for times in [usize::MAX, row.times] {
        let Ending { found: ending, problems, .. } = walked(world, server, row, THIRD, times).await;
        found.extend(problems.into_iter().map(|problem| format!("third page: {problem}")));
        // How often a page is asked for that was fetched ahead is left open, and
        // so is which of the two bounds a body that is too long meets.
        let reason = if ending.reason == "unexpected" { "too-long" } else { &ending.reason };
        let recovered = times < usize::MAX && expected.recovers && reason == "done";
        if !recovered && reason != expected.reason && ending.reason != expected.reason {
            found.push(format!("third page: expected `{}`, found `{}`", expected.reason, ending.reason));
        }
    }
    found
}

/// The page of a walk at this offset, which meets the fault so often; the walk
/// then goes on where it was, and nothing is lost or doubled.
async fn walked(world: &World, server: &Server, row: &Row, offset: usize, times: usize) -> Ending {
    server.set_page(offset, row.fault.clone(), times);
    let mut on = open(world, BUDGET).await;
    let mut walk = on.walk("services.list", r#"{"limit":3}"#, None).await.expect("a walk");
    let (mut ids, mut early) = (Vec::new(), Vec::new());
    for _ in (0..offset).step_by(SECOND) {
        let start = tokio::time::Instant::now();
        match walk.next().await {
            Ok(page) => ids.extend(read(page.as_ref())),
            Err(error) => early.push(format!("a page before it fails: {error}")),
        }
        if !start.elapsed().is_zero() {
            early.push(format!("a page before it waits for it, {:?}", start.elapsed()));
        }
    }
    let running = async {
        ids.extend(read(walk.next().await?.as_ref()));
        Ok(Vec::new())
    };
    let mut ending = Ending::of(row, server, BUDGET, running).await;
    ending.problems.extend(early);
    server.heal();
    // A limit that was learned of has lifted by then.
    tokio::time::advance(FOR_EVER + FOR_EVER).await;
    loop {
        match tokio::time::timeout(FOR_EVER, walk.next()).await {
            Ok(Ok(Some(page))) => ids.extend(read(Some(&page))),
            Ok(Ok(None)) => break,
            Ok(Err(error)) => {
                ending.problems.push(format!("the walk does not go on: {error}"));
                break;
            }
            Err(_) => {
                ending.problems.push("the walk hangs".to_owned());
                break;
            }
        }
    }
    if !ids.iter().copied().eq(0..RECORDS) {
        ending.problems.push(format!("the walk read {ids:?}"));
    }
    ending
}

/// The ids on a page.
fn read(page: Option<&Page>) -> Vec<usize> {
    let items = page.map(|page| serde_json::from_str::<Vec<Value>>(&page.items).expect("one JSON array"));
    items.iter().flatten().filter_map(|item| usize::try_from(item["id"].as_u64()?).ok()).collect()
}

/// Whatever the setting, waiting stays within it; with none, nothing is sent
/// twice.
#[tokio::test(start_paused = true)]
async fn waiting_is_bounded_by_the_setting() {
    let faults = table::read();
    let server = Server::default();
    // The other tests' seed makes every wait as short as chance can.
    let world = server.world(&|options| options.random_seed = Some(u64::MAX)).await;
    let mut bad = Vec::new();
    for row in faults.rows.iter().filter(|row| row.most_read.is_none()) {
        for (kind, operation) in faults.operations.iter().filter(|(kind, _)| row.expected.contains_key(*kind)) {
            for budget in [0, 3, 600] {
                let row = Row { then: None, ..row.clone() };
                let ending = called(&world, &server, &row, operation, usize::MAX, Duration::from_secs(budget)).await;
                let long = ending.problems.iter().find(|problem| problem.starts_with("it took"));
                if long.is_some() || (budget == 0 && server.seen() > 1) {
                    bad.push(format!("{}, {kind}, {budget} s: {} requests, {long:?}", row.name, server.seen()));
                }
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// "Try again" alone would double a write that was made.
#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_told_in_words() {
    let faults = table::read();
    let server = Server::default();
    let world = server.world(&|_| {}).await;
    let mut bad = Vec::new();
    for row in &faults.rows {
        for (kind, operation) in &faults.operations {
            if row.expected.get(kind).is_some_and(|expected| expected.outcome_unknown) {
                let times = if row.then.is_some() { row.times } else { usize::MAX };
                let ending = called(&world, &server, row, operation, times, BUDGET).await;
                let told = ["may have", "probably"].iter().any(|word| ending.message.contains(word));
                if !told {
                    bad.push(format!("{}: {:?}", row.name, ending.message));
                }
            }
        }
    }
    assert!(bad.is_empty(), "{} of these do not say so:\n{}", bad.len(), bad.join("\n"));
}

/// Under a host without a limit the connector has its own.
#[tokio::test(start_paused = true)]
async fn a_body_without_end_is_not_read_to_its_end() {
    let faults = table::read();
    let server = Server::default();
    let world = server.world(&|options| options.limits.answer_body = u64::MAX).await;
    let row = faults.rows.iter().find(|row| row.name == "200 MB").expect("that row");
    for (kind, expected) in &row.expected {
        let Some(operation) = faults.operations.get(kind) else { continue };
        let reason = "unexpected".to_owned();
        let expected = Expected { reason, ..expected.clone() };
        let stays = called(&world, &server, row, operation, usize::MAX, BUDGET).await;
        let row = Row { told: table::Told::Any, ..row.clone() };
        assert_eq!(differences(&row, &expected, stays, None), [""; 0], "{kind}");
    }
}

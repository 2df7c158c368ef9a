//! What walks cost, in figures: requests against the fewest possible, memory.
//! `make figures` prints them.
//!
//! Rule: no clock of the wall. Each figure is also held to bounds, so that a
//! walk that becomes wasteful fails.

use host_test::host::{Error, Limit};
use host_test::lists::{DAY, Lists, NOW, Records, Rules, Run, Total, walk};
use serde_json::{Value, json};

const ENOUGH: usize = 20_000;

/// `count` records of three years: even, or nine in ten within a day.
fn records(count: u64, even: bool) -> Records {
    let run = |count, from, to| Run { count, from, to };
    let (begin, burst) = (NOW - 1_095 * DAY, NOW - 200 * DAY);
    let few = count / 20;
    Records::new(&match even {
        true => vec![run(count, begin, NOW)],
        false => vec![run(few, begin, burst), run(count - 2 * few, burst, burst + DAY), run(few, burst + DAY, NOW)],
    })
}

/// Walks all of it: how many requests, and of those how many pages.
async fn cost(records: &Records, operation: &str, arguments: &Value, settings: Value, total: Total) -> (usize, usize) {
    let lists = Lists::new(records.clone(), Rules { total, ..Rules::default() });
    let world = lists.world().await;
    let mut on = world.open_with(&[("token", "key")], settings).await.expect("opens");
    let walked = walk(&mut on, operation, arguments, None, ENOUGH).await;
    assert_eq!(walked.end, None, "{operation}");
    let mut ids = walked.ids();
    ids.sort_unstable();
    assert!(ids.into_iter().eq(0..records.count()), "{operation}: not every record once");
    (lists.requests(), walked.pages.len())
}

#[tokio::test(start_paused = true)]
async fn figures_requests() {
    println!(
        "\n{:<17} {:>8}  {:<7} {:<7} {:<6} {:>7} {:>6} {:>9} {:>6}",
        "", "records", "times", "overlap", "total", "fewest", "pages", "requests", "more"
    );
    for (operation, arguments) in [("incidents.list", json!({"date_range": "all"})), ("log-entries.list", json!({}))] {
        for count in [1_000_u64, 10_000, 250_000] {
            for even in [true, false] {
                for (overlap, total) in [(true, Total::Told), (false, Total::Told), (true, Total::Null)] {
                    let main = overlap && total == Total::Told;
                    if count == 250_000 && !main && (operation == "log-entries.list" || !even) {
                        continue;
                    }
                    let fewest = count.div_ceil(100) as usize;
                    let settings = json!({"overlap": overlap});
                    let (requests, pages) = cost(&records(count, even), operation, &arguments, settings, total).await;
                    let more = (requests as f64 / fewest as f64 - 1.0) * 100.0;
                    let (times, told) = (if even { "even" } else { "bursts" }, format!("{total:?}").to_lowercase());
                    println!(
                        "{operation:<17} {count:>8}  {times:<7} {overlap:<7} {told:<6} {fewest:>7} {pages:>6} {requests:>9} {more:>5.1}%"
                    );
                    // Seams, cuts, and pages of windows that are not full.
                    let most = match total {
                        Total::Told | Total::Capped => fewest + fewest / 20 + 40,
                        Total::Null => fewest + fewest / 10 + 80,
                    };
                    assert!(requests <= most, "{requests} requests, {most} expected");
                }
            }
        }
    }
}

/// The smallest memory, in KiB, within which a walk of so many records passes.
async fn least_memory(count: u64, padding: usize) -> usize {
    for kib in (LOADED..64 * 1_024).step_by(STEP) {
        if passes(count, padding, kib).await {
            return kib;
        }
    }
    panic!("{count} records do not pass");
}

async fn passes(count: u64, padding: usize, kib: usize) -> bool {
    let lists = Lists::new(records(count, true), Rules { padding, ..Rules::default() });
    let world = lists.hosted(|options| options.limits.memory = kib << 10).await;
    let mut on = world.open("key").await;
    let mut walk = match on.walk("incidents.list", r#"{"date_range":"all"}"#, None).await {
        Ok(walk) => walk,
        Err(Error::Limit(Limit::Memory(_))) => return false,
        Err(other) => panic!("{other}"),
    };
    let mut read = 0;
    loop {
        match walk.next().await {
            Ok(Some(page)) => read += u64::from(page.count),
            Ok(None) => break,
            Err(Error::Limit(Limit::Memory(_))) => return false,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(read, count);
    true
}

/// Memory that the connector can be loaded in, in KiB, and how finely it is told.
const LOADED: usize = 2_048;
const STEP: usize = 128;

/// A walk takes the memory of its largest page, however many there are.
#[tokio::test(start_paused = true)]
async fn figures_memory() {
    let few = least_memory(10_000, 0).await;
    assert!(passes(1_000_000, 0, few).await, "a million records take more than the {few} KiB of 10,000");
    println!("\nrecords of 60 bytes:  {few} KiB or less for 10,000 and for 1,000,000");
    // As many as are cut into windows, which takes the oldest record beside a page.
    let large = least_memory(12_000, 3_000).await;
    assert!(passes(60_000, 3_000, large).await, "60,000 large records take more than the {large} KiB of 12,000");
    println!("records of 3 KB:      {large} KiB for 12,000 and for 60,000 (300 KB a page)");
    assert!(few <= 6 << 10 && large <= 12 << 10, "{few} KiB, {large} KiB");
}

#[test]
fn figures_cases() {
    use crate::{ahead, resume};
    println!("\nwalks over lists that change under them: {} in each of two orders, and without overlap", ahead::SEEDS);
    println!("touched cursors: {} of each list", resume::TOUCHED);
}

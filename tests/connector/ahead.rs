//! Pages fetched before they are asked for: how many, in what order, how much
//! time they save, and that nothing of a list that changes meanwhile is lost.

use std::collections::BTreeSet;
use std::time::Duration;

use host_test::World;
use host_test::host::Connection;
use host_test::lists::{ADDED, Chance, DAY, Failure, Lists, NOW, Records, Rules, Run, Walked, walk};
use serde_json::{Value, json};
use tokio::time::Instant;

const INCIDENTS: &str = "incidents.list";
const SERVICES: &str = "services.list";
const SCIM: &str = "scim.users.list";
const ENOUGH: usize = 5_000;
/// Walks of each property.
pub(crate) const SEEDS: u64 = 900;

fn even(count: u64) -> Records {
    Records::new(&[Run { count, from: NOW - 100 * DAY, to: NOW }])
}

async fn listing(count: u64) -> (Lists, World) {
    let lists = Lists::new(even(count), Rules::default());
    let world = lists.world().await;
    (lists, world)
}

async fn open(world: &World, settings: Value) -> Connection {
    world.open_with(&[("token", "key")], settings).await.expect("opens")
}

fn arguments(operation: &str) -> Value {
    if operation == INCIDENTS { json!({"date_range": "all"}) } else { json!({}) }
}

async fn run(on: &mut Connection, operation: &str) -> Walked {
    walk(on, operation, &arguments(operation), None, ENOUGH).await
}

#[tokio::test(start_paused = true)]
async fn who_takes_one_page_pays_for_one() {
    for operation in [INCIDENTS, SERVICES, SCIM] {
        for (pages, most) in [(1, 1), (2, 1 + 1 + 4), (3, 1 + 2 + 4)] {
            let (lists, world) = listing(2_000).await;
            let mut on = open(&world, json!({})).await;
            let walked = walk(&mut on, operation, &arguments(operation), None, pages).await;
            assert_eq!(walked.pages.len(), pages);
            // What was let go is told to the guest before its next call.
            drop(on);
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert!(lists.requests() <= most, "{operation}, {pages} taken: {} sent", lists.requests());
            if pages == 1 {
                assert_eq!(lists.requests(), 1, "{operation}");
            }
        }
    }
}

/// How many requests at once, how many pages, how long.
async fn flow(lists: &Lists, world: &World, operation: &str, count: u64, settings: Value) -> (usize, usize, Duration) {
    let what = format!("{operation} {count} {settings}");
    lists.reset(even(count), Rules::default());
    lists.state().latency = Box::new(|_| Duration::from_millis(50));
    let mut on = open(world, settings).await;
    let begun = Instant::now();
    let walked = run(&mut on, operation).await;
    let took = begun.elapsed();
    assert_eq!((walked.end.as_ref(), walked.ids()), (None, (0..count).collect()), "{what}");
    let state = lists.state();
    let offsets: Vec<u64> = state.asked.iter().map(|asked| asked.offset).collect();
    assert!(offsets.is_sorted_by(|a, b| a < b), "{what}: out of order or twice: {offsets:?}");
    // Nothing but what the list needs: the pages there are.
    assert_eq!(state.asked.len(), walked.pages.len(), "{what}");
    (state.most_in_flight, walked.pages.len(), took)
}

#[tokio::test(start_paused = true)]
async fn pages_are_in_flight_together_and_none_is_asked_for_in_vain() {
    let (lists, world) = listing(0).await;
    for operation in [INCIDENTS, SERVICES, SCIM] {
        for overlap in [true, false] {
            for ahead in [0, 1, 4, 8] {
                for count in [0, 1, 99, 100, 101, 199, 200, 1_000, 9_900] {
                    let settings = json!({"overlap": overlap, "ahead": ahead});
                    let what = format!("{operation} {count} {settings}");
                    let (most, pages, took) = flow(&lists, &world, operation, count, settings).await;
                    assert!(most <= (ahead as usize).max(1), "{what}: {most} at once");
                    let least = (count.max(1) as usize - 1) / (100 - usize::from(overlap)) + 1;
                    assert!((least - 1..=least).contains(&pages), "{what}: {pages} pages, {least} expected");
                    let alone = Duration::from_millis(50) * pages as u32;
                    match ahead {
                        0 => assert_eq!(took.as_millis(), alone.as_millis(), "{what}"),
                        _ => {
                            let most = alone / ahead + Duration::from_millis(50 * 4);
                            assert!(took <= most, "{what}: {took:?} for {pages} pages, {most:?} expected");
                        }
                    }
                    if pages > 20 && ahead > 0 {
                        assert_eq!(most, ahead as usize, "{what}");
                    }
                }
            }
        }
    }
}

/// A list that is cut into windows: how many requests, how many at once, how long.
async fn cut(lists: &Lists, world: &World, operation: &str, count: u64, ahead: u32) -> (usize, usize, Duration) {
    let what = format!("{operation} {count}, {ahead} ahead");
    lists.reset(even(count), Rules::default());
    lists.state().latency = Box::new(|_| Duration::from_millis(50));
    let mut on = open(world, json!({"ahead": ahead})).await;
    let begun = Instant::now();
    let walked = run(&mut on, operation).await;
    let took = begun.elapsed();
    let mut ids = walked.ids();
    ids.sort_unstable();
    assert_eq!((walked.end.as_ref(), ids), (None, (0..count).collect()), "{what}");
    let state = lists.state();
    assert!(state.asked.iter().all(|asked| asked.again == 0), "{what}: asked for twice");
    (state.asked.len(), state.most_in_flight, took)
}

/// The first page of a window comes while the last ones of the window before
/// are read, and what follows it at once: no time is lost between windows, and
/// no request is sent that a walk one by one would not send.
#[tokio::test(start_paused = true)]
async fn the_next_window_is_fetched_ahead_too() {
    let (lists, world) = listing(0).await;
    // Alone go the first two pages, what is thrown away to be cut, and what tells of
    // the oldest record; without that the cuts begin in the year 2009.
    for (operation, alone) in [(INCIDENTS, 4), ("log-entries.list", 20)] {
        for count in [9_901, 10_000, 25_000, 60_000] {
            let (needed, ..) = cut(&lists, &world, operation, count, 0).await;
            for ahead in [1, 2, 4, 8] {
                let what = format!("{operation} {count}, {ahead} ahead");
                let (requests, at_once, took) = cut(&lists, &world, operation, count, ahead).await;
                assert_eq!(requests, needed, "{what}");
                assert_eq!(at_once, ahead as usize, "{what}");
                let most = Duration::from_millis(50) * (alone + (needed as u32).div_ceil(ahead));
                assert!(took <= most, "{what}: {took:?}, {most:?} expected");
            }
        }
    }
}

/// What is on its way of the next window stays when pages of the present one
/// fail or do not fit any more.
#[tokio::test(start_paused = true)]
async fn what_happens_in_one_window_does_not_concern_the_next() {
    let needed = {
        let (lists, world) = listing(0).await;
        cut(&lists, &world, INCIDENTS, 10_000, 8).await.0
    };
    for failure in [Failure::Status(503, 0), Failure::Broken, Failure::Status(429, 7)] {
        for (number, times) in [(2, 1), (30, 2), (49, 1), (50, 1), (51, 3), (52, 1), (53, 1), (60, 1), (102, 1)] {
            let what = format!("{failure:?} of request {number}, {times} times");
            let (lists, world) = listing(10_000).await;
            lists.state().latency = Box::new(|_| Duration::from_millis(50));
            // Counts the failing request by what it asks: repeats ask for the same.
            let mut target = None;
            lists.state().fault = Box::new(move |asked| {
                if asked.number == number {
                    target = Some(asked.target.clone());
                }
                (target.as_ref() == Some(&asked.target) && asked.again < times).then_some(failure)
            });
            let mut on = open(&world, json!({"ahead": 8, "max_wait_s": 600})).await;
            let walked = run(&mut on, INCIDENTS).await;
            assert_eq!((walked.end.as_ref(), walked.ids()), (None, (0..10_000).collect()), "{what}");
            assert_eq!(lists.requests(), needed + times as usize, "{what}");
        }
    }
}

/// With one page ahead the next is fetched while the host works on this one.
#[tokio::test(start_paused = true)]
async fn one_ahead_comes_while_the_host_works() {
    for (ahead, expected) in [(0, 100), (1, 50)] {
        let (lists, world) = listing(990).await;
        lists.state().latency = Box::new(|_| Duration::from_millis(50));
        let mut on = open(&world, json!({"ahead": ahead})).await;
        let mut walk = on.walk(SCIM, "{}", None).await.expect("a walk");
        let begun = Instant::now();
        let mut pages = 0;
        while walk.next().await.expect("a page").is_some() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            pages += 1;
        }
        let each = begun.elapsed().as_millis() / pages;
        assert!((expected..=expected + 15).contains(&each), "{ahead} ahead: {each} ms a page");
    }
}

#[tokio::test(start_paused = true)]
async fn little_left_of_the_rate_limit_makes_it_fewer() {
    // Remaining of 100, the least and the most at once: a fifth and the reserve of five stay.
    for (remaining, least, most) in
        [(100, 4, 4), (60, 4, 4), (29, 2, 4), (28, 2, 4), (27, 1, 3), (26, 1, 2), (25, 1, 1)]
    {
        let (lists, world) = listing(1_000).await;
        lists.state().rules.rate = Some((100, remaining));
        let mut on = open(&world, json!({})).await;
        let walked = run(&mut on, SCIM).await;
        assert_eq!((walked.end.as_ref(), walked.ids().len()), (None, 1_000), "{remaining}");
        let at_once = lists.state().most_in_flight;
        assert!((least..=most).contains(&at_once), "{remaining} left: {at_once} at once, not {least} to {most}");
    }
}

/// Fails what is asked for at these offsets so many times each; all others
/// must be asked for once, unless `again` others may be repeated.
async fn check_faults(operation: &str, failing: &'static [(u64, u64)], failure: Failure) {
    let what = format!("{operation} {failing:?} {failure:?}");
    let (lists, world) = listing(2_000).await;
    lists.state().latency = Box::new(|_| Duration::from_millis(50));
    lists.state().fault = Box::new(move |asked| {
        let times = failing.iter().find(|(offset, _)| *offset == asked.offset)?.1;
        (asked.again < times).then_some(failure)
    });
    let mut on = open(&world, json!({"max_wait_s": 600})).await;
    let walked = run(&mut on, operation).await;
    assert_eq!((walked.end.as_ref(), walked.ids()), (None, (0..2_000).collect()), "{what}");
    let state = lists.state();
    for asked in state.asked.iter().filter(|asked| asked.again > 0) {
        assert!(failing.iter().any(|(offset, _)| *offset == asked.offset), "{what}: {} again", asked.offset);
    }
    let times: u64 = failing.iter().map(|(_, times)| times).sum();
    assert_eq!(state.asked.len() as u64, walked.pages.len() as u64 + times, "{what}");
}

#[tokio::test(start_paused = true)]
async fn a_failed_page_is_repeated_alone() {
    for operation in [INCIDENTS, SCIM] {
        let table: [&[(u64, u64)]; 5] =
            [&[(99, 1)], &[(198, 3)], &[(297, 1)], &[(198, 2), (297, 1), (396, 2)], &[(1_881, 2)]];
        for failing in table {
            for failure in [Failure::Status(503, 0), Failure::Broken, Failure::Status(429, 7), Failure::Status(429, 0)]
            {
                check_faults(operation, failing, failure).await;
            }
        }
    }
}

/// A page that fails for good is an error; the host asks again, and of what was
/// on its way with it nothing is asked for twice.
#[tokio::test(start_paused = true)]
async fn after_an_error_the_others_are_still_there() {
    let (lists, world) = listing(2_000).await;
    lists.state().fault = Box::new(|asked| (asked.offset == 297 && asked.again < 1).then_some(Failure::Broken));
    let mut on = open(&world, json!({"max_wait_s": 0})).await;
    let mut walk = on.walk(SCIM, "{}", None).await.expect("a walk");
    let (mut count, mut errors) = (0, 0);
    loop {
        match walk.next().await {
            Ok(Some(page)) => count += page.count,
            Ok(None) => break,
            Err(_) => errors += 1,
        }
    }
    assert_eq!((count, errors), (2_000, 1));
    let state = lists.state();
    let again: Vec<u64> = state.asked.iter().filter(|asked| asked.again > 0).map(|asked| asked.offset).collect();
    assert_eq!(again, [297]);
}

/// Records come before the pages that are on their way, or go: what was fetched
/// does not fit any more and is thrown away; nothing is lost or doubled.
#[tokio::test(start_paused = true)]
async fn a_shift_throws_the_rest_away() {
    for operation in [INCIDENTS, SERVICES, SCIM] {
        for (added, gone) in [(1, 0), (0, 1), (50, 0), (0, 50), (150, 0), (0, 150), (3, 3)] {
            let what = format!("{operation}, {added} more and {gone} fewer");
            let (lists, world) = listing(2_000).await;
            lists.state().change = Box::new(move |records, answered| {
                if answered == 7 {
                    (0..gone).for_each(|id| records.delete(id));
                    for _ in 0..added {
                        records.insert(300, NOW - 85 * DAY);
                    }
                }
            });
            let mut on = open(&world, json!({})).await;
            let walked = run(&mut on, operation).await;
            let mut ids = walked.ids();
            ids.retain(|id| *id < ADDED);
            // More than a page at once hides where the walk stood.
            let stopped = walked.is_incomplete() && added > 100;
            assert!(walked.is_whole() || stopped, "{what}: {:?}", walked.end);
            let end = if stopped { ids.len() as u64 } else { 2_000 };
            assert_eq!(ids, (0..end).collect::<Vec<_>>(), "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_let_go_is_taken_back() {
    for close in [true, false] {
        let (lists, world) = listing(5_000).await;
        lists.state().latency = Box::new(|_| Duration::from_secs(10));
        let mut on = open(&world, json!({})).await;
        let mut walk = on.walk(SCIM, "{}", None).await.expect("a walk");
        for _ in 0..3 {
            walk.next().await.expect("a page").expect("more");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(lists.state().in_flight >= 2, "{} in flight", lists.state().in_flight);
        drop(walk);
        match close {
            true => drop(on),
            // A call that sends nothing.
            false => drop(on.walk(SCIM, "{}", None).await.expect("another walk")),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(lists.state().in_flight, 0, "closed: {close}");
    }
}

/// Pages of 300 KB, eight of them ahead, within 24 MiB.
#[tokio::test(start_paused = true)]
async fn pages_ahead_do_not_fill_the_memory() {
    for operation in [INCIDENTS, SCIM] {
        let lists = Lists::new(even(5_000), Rules { padding: 3_000, ..Rules::default() });
        let world = lists.hosted(|options| options.limits.memory = 24 << 20).await;
        let mut on = open(&world, json!({"ahead": 8})).await;
        let walked = run(&mut on, operation).await;
        assert_eq!((walked.end, walked.pages.concat().len()), (None, 5_000), "{operation}");
    }
}

/// How a walk over a list that changed ended.
#[derive(Debug, PartialEq)]
enum Ended {
    Whole,
    Incomplete,
    /// A record that was there throughout did not come, or one came twice.
    Wrong(String),
}

/// One walk over a list that changes between the answers, which come in any
/// order. `gap`: how many answers there are between two changes at least.
async fn changing(lists: &Lists, world: &World, operation: &str, seed: u64, settings: Value, gap: u64) -> Ended {
    let mut chance = Chance::new(seed * 77 + 5);
    let (count, limit) = (20 + chance.below(400), 5 + chance.below(20));
    let (often, most) = (1 + chance.below(6), if gap > 0 { 1 } else { 1 + chance.below(8) });
    lists.reset(even(count), Rules::default());
    let mut latency = Chance::new(seed + 1_000_003);
    lists.state().latency = Box::new(move |_| Duration::from_millis(1 + latency.below(60)));
    let mut last = 0;
    lists.state().change = Box::new(move |records, answered| {
        if chance.below(often) > 0 || answered < last + gap {
            return;
        }
        last = answered;
        for _ in 0..1 + chance.below(most) {
            // Anywhere, or about where the walk reads.
            let near = answered * (limit - 1) + chance.below(3 * limit);
            let id = if chance.below(2) == 0 { chance.below(count) } else { near.saturating_sub(limit) % count };
            match chance.below(4) {
                0 => {
                    records.append(NOW);
                }
                1 => {
                    records.insert(id, records.at(id));
                }
                _ => records.delete(id),
            }
        }
    });
    let what = format!("seed {seed}: {operation}, {count} by {limit}, {settings}, every {often}, gap {gap}");
    let mut on = open(world, settings).await;
    let mut arguments = arguments(operation);
    arguments[if operation == SCIM { "count" } else { "limit" }] = limit.into();
    let walked = walk(&mut on, operation, &arguments, None, ENOUGH).await;
    assert!(walked.pages.len() < ENOUGH, "{what}: no end");
    assert!(walked.is_whole() || walked.is_incomplete(), "{what}: {:?}", walked.end);
    let ids = walked.ids();
    let distinct: BTreeSet<u64> = ids.iter().copied().collect();
    if distinct.len() < ids.len() {
        return Ended::Wrong(format!("{what}: twice"));
    }
    let stayed: Vec<u64> = lists.state().records.ids().into_iter().filter(|id| *id < ADDED).collect();
    match (walked.is_whole(), stayed.iter().find(|id| !distinct.contains(id))) {
        (true, Some(lost)) => Ended::Wrong(format!("{what}: {lost} is lost")),
        (true, None) => Ended::Whole,
        (false, _) => Ended::Incomplete,
    }
}

/// How many of the walks of all seeds were whole, incomplete and wrong, and
/// the first that was wrong.
async fn check_changing(operations: &[&str], overlap: bool, gap: impl Fn(u64) -> u64) -> (u64, u64, Vec<String>) {
    let lists = Lists::new(Records::default(), Rules::default());
    let world = lists.world().await;
    let (mut whole, mut incomplete, mut wrong) = (0, 0, Vec::new());
    for seed in 0..SEEDS {
        let operation = operations[seed as usize % operations.len()];
        let ahead = [0, 1, 2, 4, 8][seed as usize / operations.len() % 5];
        let settings = json!({"ahead": ahead, "overlap": overlap});
        match changing(&lists, &world, operation, seed, settings, gap(ahead)).await {
            Ended::Whole => whole += 1,
            Ended::Incomplete => incomplete += 1,
            Ended::Wrong(what) => wrong.push(what),
        }
    }
    println!(
        "{operations:?}, overlap {overlap}: {SEEDS} walks, {whole} whole, {incomplete} incomplete, {} wrong",
        wrong.len()
    );
    (whole, incomplete, wrong)
}

const FIXED: [&str; 3] = [INCIDENTS, INCIDENTS, "log-entries.list"];

/// Lists in a fixed order, whatever comes and goes.
#[tokio::test(start_paused = true)]
async fn a_list_that_changes_under_pages_in_flight_is_whole_or_incomplete() {
    let (whole, _, wrong) = check_changing(&FIXED, true, |_| 0).await;
    assert!(wrong.is_empty(), "{} wrong, such as {:?}", wrong.len(), wrong.first());
    assert!(whole > SEEDS * 3 / 4, "only {whole} of {SEEDS} were whole");
}

/// Lists by name, with one change at most between pages that are in flight together.
#[tokio::test(start_paused = true)]
async fn lists_by_name_bear_one_change_at_a_time() {
    let (whole, _, wrong) = check_changing(&[SERVICES, SCIM], true, |ahead| 2 * ahead + 2).await;
    assert!(wrong.is_empty(), "{} wrong, such as {:?}", wrong.len(), wrong.first());
    assert!(whole > SEEDS * 3 / 4, "only {whole} of {SEEDS} were whole");
}

/// What the shared record is for, and that the tests above can fail.
#[tokio::test(start_paused = true)]
async fn without_overlap_changes_cost_records() {
    let (_, _, wrong) = check_changing(&FIXED, false, |_| 0).await;
    assert!(wrong.len() as u64 > SEEDS / 10, "only {} of {SEEDS}", wrong.len());
}

//! Lists longer than what one request reaches: walks cut the time into windows,
//! and deliver every record of the range exactly once or say what is missing.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use host_test::World;
use host_test::host::VirtualClock;
use host_test::host::contract::Reason;
use host_test::lists::{ADDED, Chance, DAY, Lists, NOW, Records, Rules, Run, Total, Walked, walk};
use serde_json::{Value, json};

/// Pages that no walk of these tests comes near.
const ENOUGH: usize = 20_000;

fn run(count: u64, from: i64, to: i64) -> Run {
    Run { count, from, to }
}

/// A time as a caller writes it.
fn at(second: i64) -> String {
    jiff::Timestamp::from_second(second).expect("a time").to_string()
}

/// How the records lie in time.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Spread {
    Even,
    /// Nine in ten within one hour.
    Burst,
    /// Up to 9,000 in one second.
    Second,
}

impl Spread {
    /// `count` records of `days` days up to now.
    fn records(self, count: u64, days: i64) -> Records {
        let begin = NOW - days * DAY;
        // In the second half, and no multiple of anything.
        let middle = NOW - days * DAY / 3 + 1_234;
        match self {
            Spread::Even => Records::new(&[run(count, begin, NOW)]),
            Spread::Burst => {
                let (few, many) = (count / 20, count - count / 20 * 2);
                Records::new(&[
                    run(few, begin, middle),
                    run(many, middle, middle + 3_600),
                    run(few, middle + 3_600, NOW),
                ])
            }
            Spread::Second => {
                let many = count.min(9_000);
                let before = (count - many) / 2;
                let behind = count - many - before;
                Records::new(&[run(before, begin, middle), run(many, middle, middle), run(behind, middle + 1, NOW)])
            }
        }
    }

    /// The second that matters most.
    fn moment(self, days: i64) -> i64 {
        NOW - days * DAY / 3 + 1_234
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Asks {
    All,
    Both,
    Since,
    Nothing,
}

impl Asks {
    fn days(self) -> i64 {
        if self == Asks::Nothing { 40 } else { 1_095 }
    }

    /// Arguments, and what a walk must bring: from when, to before when. With
    /// `until` on the very second that holds most.
    fn range(self, spread: Spread, rules: Rules) -> (Value, i64, i64) {
        let begin = NOW - self.days() * DAY / 5 * 4 + 77;
        let until = spread.moment(self.days());
        match self {
            Asks::All => (json!({"date_range": "all"}), i64::MIN, i64::MAX),
            Asks::Both => (json!({"since": at(begin), "until": at(until)}), begin, until + i64::from(rules.inclusive)),
            Asks::Since => (json!({"since": at(begin)}), begin, i64::MAX),
            Asks::Nothing => (json!({}), NOW - rules.month * DAY, i64::MAX),
        }
    }
}

/// Every id once, and in the order of the list.
fn assert_exact(walked: &Walked, expected: impl IntoIterator<Item = u64>, what: &str) {
    assert_eq!(walked.end, None, "{what}");
    let (ids, expected): (Vec<u64>, Vec<u64>) = (walked.ids(), expected.into_iter().collect());
    let differs = ids.iter().zip(&expected).position(|(a, b)| a != b);
    assert!(ids == expected, "{what}: {} of {}, first difference at {differs:?}", ids.len(), expected.len());
}

async fn check(world: &World, lists: &Lists, count: u64, spread: Spread, asks: Asks, rules: Rules) {
    let what = format!("{count} {spread:?} {asks:?} {rules:?}");
    let records = spread.records(count, asks.days());
    let (arguments, low, high) = asks.range(spread, rules);
    let numbers = records.first_from(low)..records.first_from(high);
    lists.reset(records.clone(), rules);
    let mut on = world.open("key").await;
    let mut walked = walk(&mut on, "incidents.list", &arguments, None, ENOUGH).await;
    if asks == Asks::Nothing {
        // Cut, the month has 31 days whatever PagerDuty's has.
        let (passed, month) = (lists.now() - NOW, records.first_from(NOW - 32 * DAY));
        let still = records.first_from(NOW + passed - rules.month * DAY);
        for page in &mut walked.pages {
            page.retain(|id| !(month..still).contains(id));
        }
        assert_exact(&walked, still..numbers.end, &what);
    } else {
        assert_exact(&walked, numbers, &what);
    }
}

const COUNTS: [u64; 9] = [0, 1, 100, 9_900, 9_901, 10_000, 10_001, 25_000, 60_000];
const SPREADS: [Spread; 3] = [Spread::Even, Spread::Burst, Spread::Second];
const ASKS: [Asks; 4] = [Asks::All, Asks::Both, Asks::Since, Asks::Nothing];
const TOTALS: [Total; 3] = [Total::Told, Total::Null, Total::Capped];

/// Every number of records with every spread, every range and every way a
/// server counts; the longest with one way each, in turn.
#[tokio::test(start_paused = true)]
async fn every_record_of_the_range_comes_exactly_once() {
    let lists = Lists::new(Records::default(), Rules::default());
    let world = lists.world().await;
    let mut turn = 0;
    for count in COUNTS {
        for spread in SPREADS {
            for asks in ASKS {
                let ways = if count <= 10_001 { 6 } else { 1 };
                for _ in 0..ways {
                    let (inclusive, total, month) = (turn % 2 == 0, TOTALS[turn % 3], [30, 31, 28][turn / 2 % 3]);
                    turn += 1;
                    check(&world, &lists, count, spread, asks, Rules { inclusive, total, month, ..Rules::default() })
                        .await;
                }
                turn += 1;
            }
        }
    }
}

fn all_rules() -> impl Iterator<Item = Rules> {
    let ways = TOTALS.into_iter().flat_map(|total| [false, true].map(|inclusive| (total, inclusive)));
    ways.map(|(total, inclusive)| Rules { inclusive, total, ..Rules::default() })
}

/// Records in one second that no window can part: incomplete, and said which.
#[tokio::test(start_paused = true)]
async fn a_second_that_holds_too_many_is_named() {
    let lists = Lists::new(Records::default(), Rules::default());
    let world = lists.world().await;
    let dense = NOW - 100 * DAY;
    for rules in all_rules() {
        for (id, arguments) in [
            ("incidents.list", json!({"date_range": "all"})),
            ("incidents.list", json!({"since": at(NOW - 400 * DAY), "until": at(NOW)})),
            ("log-entries.list", json!({})),
        ] {
            let what = format!("{id} {arguments} {rules:?}");
            let records =
                Records::new(&[run(500, NOW - 300 * DAY, dense), run(12_000, dense, dense), run(700, dense + 1, NOW)]);
            lists.reset(records, rules);
            let mut on = world.open("key").await;
            let walked = walk(&mut on, id, &arguments, None, ENOUGH).await;
            assert!(walked.is_incomplete(), "{what}: {:?} after {}", walked.end, walked.ids().len());
            let (_, message) = walked.end.clone().expect("incomplete");
            let ids = walked.ids();
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{what}: twice");
            assert_eq!(walked.read, Some(ids.len() as u64), "{what}");
            // What comes before that second in the list, and all that can be reached of it;
            // `until` that counts its second in can show it a window earlier.
            let before = if id == "incidents.list" { 500 } else { 700 };
            let least = if rules.inclusive { before } else { before + 9_900 };
            assert!((least..=before + 10_000).contains(&ids.len()), "{what}: {} read", ids.len());
            for word in [at(dense), format!("{} records were read", ids.len()), "team_ids".to_owned()] {
                assert!(message.contains(&word), "{what}: no {word} in: {message}");
            }
        }
    }
}

/// Two dense seconds side by side, each within reach. Where `until` counts its
/// own second in, a window of one second shows both, and it is said that they
/// are too many.
#[tokio::test(start_paused = true)]
async fn dense_seconds_side_by_side_are_read_apart() {
    let lists = Lists::new(Records::default(), Rules::default());
    let world = lists.world().await;
    let dense = NOW - 100 * DAY;
    for rules in all_rules() {
        for (id, arguments) in [("incidents.list", json!({"date_range": "all"})), ("log-entries.list", json!({}))] {
            let what = format!("{id} {rules:?}");
            let records = Records::new(&[
                run(300, NOW - 300 * DAY, dense),
                run(6_000, dense, dense),
                run(6_000, dense + 1, dense + 1),
                run(300, dense + 2, NOW),
            ]);
            lists.reset(records.clone(), rules);
            let mut on = world.open("key").await;
            let walked = walk(&mut on, id, &arguments, None, ENOUGH).await;
            if rules.inclusive {
                let (reason, message) = walked.end.expect("incomplete");
                assert_eq!(reason, Reason::Incomplete, "{what}: {message}");
                continue;
            }
            assert_eq!(walked.end, None, "{what}: {} read", walked.ids().len());
            assert_eq!(sorted(walked.ids()), records.ids(), "{what}");
        }
    }
}

fn sorted(mut ids: Vec<u64>) -> Vec<u64> {
    ids.sort_unstable();
    ids
}

/// A list without times ends at 10,000, and says so.
#[tokio::test(start_paused = true)]
async fn a_list_that_cannot_be_cut_says_where_it_ended() {
    let lists = Lists::new(Records::default(), Rules::default());
    let world = lists.world().await;
    for rules in all_rules() {
        for (count, whole) in [(10_000, true), (10_001, false), (25_000, false)] {
            lists.reset(Records::new(&[run(count, 0, NOW)]), rules);
            let mut on = world.open("key").await;
            let walked = walk(&mut on, "services.list", &json!({}), None, ENOUGH).await;
            let what = format!("{count} {rules:?}");
            assert_eq!(walked.ids(), (0..count.min(10_000)).collect::<Vec<_>>(), "{what}");
            assert_eq!(walked.is_whole(), whole, "{what}");
            if let Some((_, message)) = &walked.end {
                assert!(walked.is_incomplete() && walked.read == Some(10_000), "{what}: {message}");
                for word in ["10,000", "10000 records were read", "query", "team_ids"] {
                    assert!(message.contains(word), "{what}: no {word} in: {message}");
                }
            }
        }
        // SCIM has no such bound.
        lists.reset(Records::new(&[run(12_345, 0, NOW)]), rules);
        let mut on = world.open("key").await;
        let walked = walk(&mut on, "scim.users.list", &json!({}), None, ENOUGH).await;
        assert_exact(&walked, 0..12_345, &format!("SCIM {rules:?}"));
    }
}

/// The newest first, past 10,000, while new ones come at the front.
#[tokio::test(start_paused = true)]
async fn log_entries_are_read_past_ten_thousand() {
    let lists = Lists::new(Records::default(), Rules::default());
    let world = lists.world().await;
    for spread in SPREADS {
        for rules in all_rules() {
            for (count, every) in [(9_900, 0), (9_901, 3), (10_001, 1), (23_000, 0), (23_000, 2)] {
                let days = 1_095;
                let (from, until) = (NOW - 1_000 * DAY, spread.moment(days));
                let records = spread.records(count, days);
                let high = records.first_from(until + i64::from(rules.inclusive));
                let table = [
                    (json!({}), 0, count),
                    (json!({"since": at(from)}), records.first_from(from), count),
                    (json!({"until": at(until)}), 0, high),
                    (json!({"since": at(from), "until": at(until)}), records.first_from(from), high),
                ];
                for (n, (arguments, low, high)) in table.into_iter().enumerate() {
                    if count > 9_901 && n != (count + every) as usize % 4 && n > 0 {
                        continue;
                    }
                    lists.reset(records.clone(), rules);
                    if every > 0 {
                        lists.state().change = Box::new(move |records, answered| {
                            if answered % every == 0 {
                                records.append(NOW);
                            }
                        });
                    }
                    let mut on = world.open("key").await;
                    let walked = walk(&mut on, "log-entries.list", &arguments, None, ENOUGH).await;
                    let what = format!("{spread:?} {count} {every} {arguments} {rules:?}");
                    assert_eq!(walked.end, None, "{what}");
                    let ids: Vec<u64> = walked.ids().into_iter().filter(|id| *id < ADDED).collect();
                    assert!(ids.is_sorted_by(|a, b| a > b), "{what}: not the newest first, or twice");
                    assert_eq!(sorted(ids), (low..high).collect::<Vec<_>>(), "{what}");
                }
            }
        }
    }
}

/// A host whose clock is wrong: nothing is lost, up to the newest record.
#[tokio::test(start_paused = true)]
async fn a_wrong_clock_of_the_host_loses_nothing() {
    for (n, off) in [-DAY, -3_600, -60, 60, 3_600, DAY].into_iter().enumerate() {
        let (lists, world) = skewed(off).await;
        for month in [30, 31] {
            let rules = Rules { month, ..all_rules().nth((n + month as usize * 2) % 6).expect("six") };
            for (id, asks, days, count) in [
                ("incidents.list", Asks::All, 1_095, 12_000),
                ("incidents.list", Asks::Nothing, 40, 16_000),
                ("incidents.list", Asks::Since, 1_095, 300),
                ("incidents.list", Asks::Since, 1_095, 20_000),
                ("incidents.list", Asks::Both, 1_095, 20_000),
                ("log-entries.list", Asks::All, 1_095, 12_000),
            ] {
                let records = Spread::Even.records(count, days);
                let (arguments, low, high) = asks.range(Spread::Even, rules);
                let arguments = if id == "incidents.list" { arguments } else { json!({}) };
                lists.reset(records.clone(), rules);
                let mut on = world.open("key").await;
                let walked = walk(&mut on, id, &arguments, None, ENOUGH).await;
                let what = format!("{off} s, {id} {asks:?} {count} {rules:?}");
                assert_eq!(walked.end, None, "{what}");
                let mut ids = sorted(walked.ids());
                assert!(ids.is_sorted_by(|a, b| a < b), "{what}: twice");
                // Cut, the month has more days than PagerDuty's; and it goes on meanwhile.
                let low = if asks == Asks::Nothing { lists.now() - month * DAY } else { low };
                let expected = records.first_from(low)..records.first_from(high);
                if asks == Asks::Nothing {
                    ids.retain(|id| *id >= expected.start);
                }
                let (found, all) = (ids.len(), expected.clone().count());
                assert!(ids.into_iter().eq(expected), "{what}: {found} of {all}");
            }
        }
    }
}

/// A server, and a host whose clock is so many seconds ahead of it.
async fn skewed(off: i64) -> (Lists, World) {
    let lists = Lists::new(Records::default(), Rules::default());
    let unix = Duration::from_secs(u64::try_from(NOW + off).expect("after 1970"));
    let clock = Arc::new(VirtualClock::starting_at(unix));
    let world = lists.hosted(|options| options.clock = Some(clock.clone())).await;
    (lists, world)
}

/// Everything of the last hours, more than one window holds: `since` lies
/// behind the present of a host whose clock is late.
#[tokio::test(start_paused = true)]
async fn a_clock_behind_since_loses_nothing() {
    for off in [-DAY, -3_600] {
        let (lists, world) = skewed(off).await;
        for id in ["incidents.list", "log-entries.list"] {
            for count in [500, 15_000] {
                lists.reset(Records::new(&[run(count, NOW - 1_800, NOW)]), Rules::default());
                let mut on = world.open("key").await;
                let walked = walk(&mut on, id, &json!({"since": at(NOW - 1_700)}), None, ENOUGH).await;
                let expected = lists.state().records.first_from(NOW - 1_700)..count;
                assert_eq!(walked.end, None, "{off} s, {id} {count}: {} read", walked.ids().len());
                assert_eq!(sorted(walked.ids()), expected.collect::<Vec<_>>(), "{off} s, {id} {count}");
            }
        }
    }
}

/// `until` in the year 9999 stands for no end; nothing is created in the future.
#[tokio::test(start_paused = true)]
async fn until_far_away_costs_no_requests() {
    let lists = Lists::new(Records::default(), Rules::default());
    let world = lists.world().await;
    for (since, until) in
        [(200, "2027-06-01T00:00:00Z"), (200, "2099-12-31T23:59:59Z"), (1_000, "9999-12-31T23:59:59Z")]
    {
        for id in ["incidents.list", "log-entries.list"] {
            lists.reset(Spread::Even.records(500, 1_095), Rules::default());
            let (low, mut on) = (NOW - since * DAY, world.open("key").await);
            let walked = walk(&mut on, id, &json!({"since": at(low), "until": until}), None, 100).await;
            let (expected, what) = (lists.state().records.first_from(low)..500, format!("{id} {since} {until}"));
            assert_eq!(walked.end, None, "{what}");
            assert!(sorted(walked.ids()).into_iter().eq(expected), "{what}: {} records", walked.ids().len());
            assert!(lists.requests() < 20, "{what}: {} requests", lists.requests());
        }
    }
}

/// Incidents open at the end and are deleted anywhere while they are read: each
/// that was there throughout comes exactly once, or the walk says it is not whole.
#[tokio::test(start_paused = true)]
async fn what_comes_and_goes_meanwhile_costs_no_other_record() {
    let lists = Lists::new(Records::default(), Rules::default());
    let world = lists.world().await;
    let mut whole = 0;
    for seed in 0..60_u64 {
        let mut chance = Chance::new(seed);
        let rules = all_rules().nth(seed as usize % 6).expect("six");
        let spread = SPREADS[seed as usize / 2 % 3];
        let count = [9_950, 10_050, 14_000][seed as usize % 3];
        let (id, arguments) = match seed % 5 {
            0 => ("log-entries.list", json!({})),
            1 => ("incidents.list", json!({"since": at(NOW - 1_095 * DAY)})),
            _ => ("incidents.list", json!({"date_range": "all"})),
        };
        let records = spread.records(count, 1_095);
        lists.reset(records, rules);
        let (often, deletions) = (1 + chance.below(4), chance.below(3));
        lists.state().change = Box::new(move |records, _| {
            if chance.below(often) == 0 {
                records.append(NOW);
            }
            for _ in 0..deletions {
                records.delete(chance.below(count));
            }
        });
        let mut on = world.open("key").await;
        let walked = walk(&mut on, id, &arguments, None, ENOUGH).await;
        let what = format!("seed {seed}: {id} {arguments} {count} {spread:?} {rules:?}");
        assert!(walked.is_whole() || walked.is_incomplete(), "{what}: {:?}", walked.end);
        let ids = walked.ids();
        let distinct: BTreeSet<u64> = ids.iter().copied().collect();
        assert_eq!(distinct.len(), ids.len(), "{what}: twice");
        if walked.is_whole() {
            whole += 1;
            let stayed = lists.state().records.ids();
            let lost: Vec<u64> = stayed.into_iter().filter(|id| *id < ADDED && !distinct.contains(id)).collect();
            assert!(lost.is_empty(), "{what}: lost {lost:?}");
        }
    }
    println!(
        "long lists that change while they are read: {whole} of 60 walks were whole, the others said that they were not"
    );
    assert!(whole >= 50, "only {whole} of 60 were whole");
}

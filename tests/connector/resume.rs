//! Cursors: a walk stopped behind any page goes on elsewhere as if nothing had
//! happened, and a cursor that was touched does no harm.

use host_test::World;
use host_test::host::contract::Reason;
use host_test::host::{Connection, Error};
use host_test::lists::{Chance, DAY, Failure, Lists, NOW, Records, Rules, Run, Total, Walked, walk};
use host_test::simulator::tokens;
use serde_json::{Value, json};

const KEY: &str = "u+pd-key-that-is-secret";
const ENOUGH: usize = 3_000;
/// Touched cursors of each list.
pub(crate) const TOUCHED: usize = 500;

fn run(count: u64, from: i64, to: i64) -> Run {
    Run { count, from, to }
}

/// A list, what is asked of it, and settings.
struct Case {
    operation: &'static str,
    arguments: Value,
    settings: Value,
    records: Records,
    rules: Rules,
}

/// Every dialect and window that the made-up server knows; `long`: with those
/// that take hundreds of pages.
fn cases(long: bool) -> Vec<Case> {
    let few = |count| Records::new(&[run(count, NOW - 1_000 * DAY, NOW)]);
    let burst = |count| Records::new(&[run(count / 10, NOW - 900 * DAY, NOW - 9_000), run(count, NOW - 9_000, NOW)]);
    let case = |operation, arguments, records: &Records| Case {
        operation,
        arguments,
        settings: json!({}),
        records: records.clone(),
        rules: Rules::default(),
    };
    let since = json!({"since": "2024-02-03T04:05:06Z", "limit": 10, "team_ids": ["PTEAMID"]});
    let mut cases = vec![
        case("services.list", json!({"limit": 7, "query": "payments"}), &few(90)),
        Case {
            settings: json!({"overlap": false}),
            ..case("services.list", json!({"limit": 7, "team_ids": ["PTEAMID"]}), &few(90))
        },
        case("scim.users.list", json!({"count": 9}), &few(100)),
        case("incidents.list", json!({"date_range": "all", "limit": 8}), &few(100)),
        case("incidents.list", since.clone(), &few(100)),
        case("log-entries.list", json!({"limit": 10}), &few(100)),
        case("log-entries.list", since, &few(100)),
    ];
    if long {
        for (total, inclusive) in [(Total::Told, false), (Total::Null, true), (Total::Capped, true)] {
            let rules = Rules { total, inclusive, ..Rules::default() };
            for (operation, arguments) in
                [("incidents.list", json!({"date_range": "all"})), ("log-entries.list", json!({}))]
            {
                cases.push(Case { rules, ..case(operation, arguments, &burst(11_000)) });
            }
        }
    }
    cases
}

async fn open(world: &World, case: &Case) -> Connection {
    world.open_with(&[("token", KEY)], case.settings.clone()).await.expect("opens")
}

/// What a cursor may hold: nothing of the account, and no more than it may be long.
fn assert_harmless(cursor: &str) {
    assert!(cursor.len() <= 4_096, "{} bytes", cursor.len());
    let told = ["http", "://", "pagerduty", "secret", KEY, "PTEAMID", "payments", "2024", "created", "since"];
    assert!(!told.iter().any(|word| cursor.contains(word)), "{cursor}");
    assert!(cursor.bytes().all(|byte| byte.is_ascii_graphic()), "{cursor}");
}

/// Walks one page an instance, every fifth under a new host, until the end.
async fn in_pieces(lists: &Lists, case: &Case) -> Vec<u64> {
    let (mut ids, mut cursor, mut world) = (Vec::new(), None::<String>, lists.world().await);
    for page in 0..ENOUGH {
        if page % 5 == 4 {
            world = lists.world().await;
        }
        let mut tries = 0;
        // A host that gives up goes on from the last cursor it has.
        let walked = loop {
            let mut on = open(&world, case).await;
            let walked = walk(&mut on, case.operation, &case.arguments, cursor.as_deref(), 1).await;
            match &walked.end {
                None => break walked,
                Some((Reason::Unavailable, _)) if tries < 100 => tries += 1,
                Some(end) => panic!("{} {}: {end:?}", case.operation, case.arguments),
            }
        };
        ids.extend(walked.ids());
        cursor = walked.cursors.first().cloned();
        match &cursor {
            Some(cursor) => assert_harmless(cursor),
            None => return ids,
        }
    }
    panic!("no end");
}

async fn straight(lists: &Lists, case: &Case) -> Walked {
    lists.reset(case.records.clone(), case.rules);
    let world = lists.world().await;
    let walked = walk(&mut open(&world, case).await, case.operation, &case.arguments, None, ENOUGH).await;
    assert_eq!(walked.end, None, "{} {}", case.operation, case.arguments);
    walked
}

#[tokio::test(start_paused = true)]
async fn a_walk_stopped_behind_every_page_is_the_same_walk() {
    let lists = Lists::new(Records::default(), Rules::default());
    for case in cases(true) {
        let whole = straight(&lists, &case).await;
        lists.reset(case.records.clone(), case.rules);
        let pieces = in_pieces(&lists, &case).await;
        assert!(pieces == whole.ids(), "{} {} {:?}", case.operation, case.arguments, case.rules);
        assert!(whole.pages.len() > 3, "{}: too short to prove anything", case.operation);
    }
}

/// Every request fails once, and the host gives up each time.
#[tokio::test(start_paused = true)]
async fn so_is_one_whose_every_request_fails_once() {
    let lists = Lists::new(Records::default(), Rules::default());
    for mut case in cases(true).into_iter().filter(|case| case.settings == json!({})) {
        let whole = straight(&lists, &case).await;
        case.settings["max_wait_s"] = 0.into();
        lists.reset(case.records.clone(), case.rules);
        lists.state().fault = Box::new(|asked| (asked.again == 0).then_some(Failure::Broken));
        let pieces = in_pieces(&lists, &case).await;
        assert!(pieces == whole.ids(), "{} {} {:?}", case.operation, case.arguments, case.rules);
    }
}

/// Resumed behind any page and walked to the end by one instance: what was left.
#[tokio::test(start_paused = true)]
async fn what_follows_any_cursor_is_the_rest() {
    let lists = Lists::new(Records::default(), Rules::default());
    let world = lists.world().await;
    for case in cases(true) {
        let whole = straight(&lists, &case).await;
        let (ids, step) = (whole.ids(), whole.cursors.len() / 25 + 1);
        let mut read = 0;
        for (n, cursor) in whole.cursors.iter().enumerate() {
            read += whole.pages[n].len();
            if n % step == 0 {
                let mut on = open(&world, &case).await;
                let rest = walk(&mut on, case.operation, &case.arguments, Some(cursor), ENOUGH).await;
                assert_eq!(rest.end, None, "{} from {cursor}", case.operation);
                assert!(rest.ids() == ids[read..], "{} {} from {cursor}", case.operation, case.arguments);
            }
        }
    }
}

/// Dialects that only the simulator knows: a token behind each page.
const TOKENS: [(&str, &str); 5] = [
    ("audit.records.list", r#"{"since":"2026-08-05T00:00:00Z","until":"2026-11-01T00:00:00Z","limit":5}"#),
    ("alert-grouping.list", r#"{"limit":2}"#),
    ("analytics.incidents.list", r#"{"limit":40}"#),
    ("users.list", r#"{"limit":3}"#),
    ("on-calls.list", r#"{"limit":4}"#),
];

/// One page's items, and the cursor behind it.
async fn page(
    on: &mut Connection,
    operation: &str,
    arguments: &str,
    start: Option<&str>,
) -> (Vec<Value>, Option<String>) {
    let mut walk = on.walk(operation, arguments, start).await.expect("a walk");
    let page = walk.next().await.unwrap_or_else(|error| panic!("{operation}: {error}")).expect("a page");
    (serde_json::from_str(&page.items).expect("items"), page.next)
}

#[tokio::test(start_paused = true)]
async fn so_are_walks_by_tokens() {
    let world = World::new().await;
    for (operation, arguments) in TOKENS {
        let mut on = world.open(tokens::ACCOUNT).await;
        let mut walk = on.walk(operation, arguments, None).await.expect("a walk");
        let mut whole = Vec::new();
        while let Some(page) = walk.next().await.unwrap_or_else(|error| panic!("{operation}: {error}")) {
            whole.extend(serde_json::from_str::<Vec<Value>>(&page.items).expect("items"));
        }
        let (mut pieces, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            let mut on = world.open(tokens::ACCOUNT).await;
            let (items, next) = page(&mut on, operation, arguments, cursor.as_deref()).await;
            (pieces, pages) = ([pieces, items].concat(), pages + 1);
            let Some(next) = next else { break };
            assert!(next.len() <= 4_096 && !next.contains("http") && !next.contains(tokens::ACCOUNT), "{next}");
            cursor = Some(next);
        }
        assert!(pages > 2 && pieces == whole, "{operation}: {pages} pages");
    }
}

/// A cursor with something wrong in it. `other`: one to take parts from.
fn touched(chance: &mut Chance, cursor: &str, other: &str) -> String {
    let mut bytes = cursor.as_bytes().to_vec();
    // Digest and account stand in front: what is touched there is refused at once.
    let from = if chance.below(4) == 0 { 0 } else { cursor.rfind(':').unwrap_or(0) + 1 };
    let at = from + chance.place(bytes.len() - from);
    match chance.below(7) {
        0 => bytes[at] ^= 1 << chance.below(8),
        1 => bytes.truncate(at),
        2 => drop(bytes.remove(at)),
        3 => bytes.insert(at, *chance.one(b"0123456789abcdef.:~-_owtfsp")),
        4 => bytes[at] = *chance.one(b"0123456789abcdef"),
        5 => {
            // Two fields change places.
            let mark = |byte: &u8| b".:~-".contains(byte);
            let mut parts: Vec<&[u8]> = cursor.as_bytes()[from..].split(mark).collect();
            let (a, b) = (chance.place(parts.len()), chance.place(parts.len()));
            parts.swap(a, b);
            let marks: Vec<u8> = cursor.as_bytes()[from..].iter().copied().filter(mark).chain([b' ']).collect();
            bytes.truncate(from);
            parts.iter().zip(marks).for_each(|(part, mark)| bytes.extend(part.iter().chain([&mark])));
            bytes.pop();
        }
        _ => {
            let tail = &other.as_bytes()[other.rfind(':').unwrap_or(0) + 1..];
            bytes.truncate(at);
            bytes.extend(&tail[chance.place(tail.len())..]);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether it was taken. Then the walk must end within so many pages.
async fn taken(on: &mut Connection, operation: &str, arguments: &str, cursor: &str, sent: impl Fn() -> usize) -> bool {
    let before = sent();
    let walk = on.walk(operation, arguments, Some(cursor)).await;
    assert_eq!(sent(), before, "{cursor}: something was sent");
    let mut walk = match walk {
        Ok(walk) => walk,
        Err(Error::Connector(error)) => {
            assert_eq!(error.reason, Reason::Invalid, "{cursor}: {}", error.message);
            return false;
        }
        Err(other) => panic!("{operation} from {cursor}: {other}"),
    };
    for _ in 0..ENOUGH {
        match walk.next().await {
            Ok(Some(page)) => page.next.iter().for_each(|next| assert!(next.len() <= 4_096)),
            Ok(None) | Err(Error::Connector(_)) => return true,
            Err(other) => panic!("{operation} from {cursor}: {other}"),
        }
    }
    panic!("{operation} from {cursor}: no end");
}

#[tokio::test(start_paused = true)]
async fn a_touched_cursor_is_refused_or_its_walk_ends() {
    let (mut chance, mut tried, mut accepted) = (Chance::new(5), 0, 0);
    let lists = Lists::new(Records::default(), Rules::default());
    let world = lists.world().await;
    let mut real: Vec<String> = Vec::new();
    for case in cases(false) {
        real.extend(straight(&lists, &case).await.cursors);
    }
    for case in cases(false) {
        let cursors = straight(&lists, &case).await.cursors;
        let mut on = open(&world, &case).await;
        for _ in 0..TOUCHED {
            let other = chance.place(real.len());
            let place = chance.place(cursors.len());
            let cursor = touched(&mut chance, &cursors[place], &real[other]);
            tried += 1;
            let requests = || lists.requests();
            accepted += u32::from(taken(&mut on, case.operation, &case.arguments.to_string(), &cursor, requests).await);
        }
    }
    let world = World::new().await;
    for (operation, arguments) in TOKENS {
        let mut on = world.open(tokens::ACCOUNT).await;
        let mut cursors = Vec::new();
        let mut cursor = None;
        while let (_, Some(next)) = page(&mut on, operation, arguments, cursor.as_deref()).await {
            cursors.push(next.clone());
            cursor = Some(next);
        }
        for _ in 0..TOUCHED / 2 {
            let (place, other) = (chance.place(cursors.len()), chance.place(real.len()));
            let cursor = touched(&mut chance, &cursors[place], &real[other]);
            tried += 1;
            world.simulator.clear_requests();
            let requests = || world.simulator.requests().len();
            accepted += u32::from(taken(&mut on, operation, arguments, &cursor, requests).await);
        }
    }
    println!("{tried} touched cursors: {accepted} taken, and their walks ended; the others refused");
    assert!(accepted > 0 && accepted < tried);
}

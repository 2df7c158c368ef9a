//! Walks against generated providers: whole, or broken off with a reason.

use serde_json::{Value, json};

use super::*;
use crate::catalog::{Answer, find};
use crate::feed::Feed;
use crate::windows::Cuts;

/// A small generator of repeatable chance (xorshift).
struct Chance(u64);

impl Chance {
    fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

#[derive(Debug, PartialEq)]
enum End {
    Whole,
    Broken(String),
    Capped,
}

struct Walked {
    /// The `id` of every record, in the order of delivery.
    ids: Vec<String>,
    requests: usize,
    end: End,
}

fn operation(id: &str) -> &'static Operation {
    find(id).unwrap()
}

fn key(operation: &Operation) -> &'static str {
    match &operation.answer {
        Answer::Items { key, .. } => key,
        _ => panic!("{} lists nothing", operation.id),
    }
}

/// Walks as the client does; every position also travels through a cursor.
fn walk(id: &str, wanted: u32, overlap: bool, mut provider: impl FnMut(Value) -> Value) -> Walked {
    let operation = operation(id);
    let mut walked = Walked { ids: Vec::new(), requests: 0, end: End::Whole };
    let mut position = start(operation).unwrap();
    loop {
        let mut asked_at = position.clone();
        let next = loop {
            let Some(size) = size(operation, &asked_at, wanted) else {
                walked.end = End::Capped;
                return walked;
            };
            let asked: serde_json::Map<String, Value> =
                values(operation, &asked_at, size).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            walked.requests += 1;
            assert!(walked.requests < 5_000, "{id}: a walk without an end");
            let text = provider(Value::Object(asked)).to_string();
            let page = envelope::read(&text, key(operation)).unwrap();
            match step(operation, &asked_at, size, overlap, operation.consistency == Consistency::Exact, &page) {
                Step::Again(earlier) => asked_at = earlier,
                Step::Broken(why) => {
                    walked.end = End::Broken(why);
                    return walked;
                }
                Step::Deliver { skip, next } => {
                    let items: Vec<Value> = serde_json::from_str(&envelope::array(&text, &page.items, &skip)).unwrap();
                    assert_eq!(items.len() + skip.len(), page.items.len(), "no more is skipped than came");
                    walked.ids.extend(
                        items.iter().map(|item| item["id"].as_str().map_or_else(|| item.to_string(), str::to_owned)),
                    );
                    break next;
                }
            }
        };
        let Some(next) = next else { return walked };
        let read = walked.ids.len() as u32;
        let cursor = Cursor { arguments: 1, account: 2, read, feed: None, windows: None, position: next };
        let text = encode(id, &cursor).unwrap();
        assert_eq!(decode(id, 1, 2, &text).as_ref(), Ok(&cursor), "{text}");
        position = cursor.position;
    }
}

fn number(asked: &Value, name: &str) -> usize {
    asked[name].as_u64().unwrap_or_default() as usize
}

fn records(ids: &[u32]) -> Vec<Value> {
    ids.iter().map(|id| json!({"id": format!("P{id}"), "name": "x"})).collect()
}

fn named(ids: impl IntoIterator<Item = u32>) -> Vec<String> {
    ids.into_iter().map(|id| format!("P{id}")).collect()
}

/// An honest offset page of `all`.
fn offset_page(operation: &str, all: &[u32], asked: &Value) -> Value {
    let (at, limit) = (number(asked, "offset"), number(asked, "limit"));
    let end = (at + limit).min(all.len());
    let items = records(all.get(at..end).unwrap_or_default());
    json!({key(self::operation(operation)): items, "offset": at, "limit": limit, "more": end < all.len(), "total": null})
}

/// Nothing changes: every dialect delivers all, in order, once.
fn check_still(id: &str, count: u32, wanted: u32, overlap: bool, page: impl Fn(&[u32], &Value) -> Value) {
    let all: Vec<u32> = (0..count).collect();
    let walked = walk(id, wanted, overlap, |asked| page(&all, &asked));
    assert_eq!(walked.end, End::Whole, "{id} {count} by {wanted}");
    assert_eq!(walked.ids, named(0..count), "{id} {count} by {wanted}");
}

const SHAPES: &[(u32, u32)] = &[
    (0, 1),
    (0, 5),
    (1, 1),
    (1, 2),
    (2, 2),
    (3, 2),
    (4, 2),
    (5, 5),
    (6, 5),
    (9, 5),
    (10, 5),
    (11, 5),
    (200, 7),
    (101, 100),
];

#[test]
fn offset_pages_deliver_all() {
    for &(count, wanted) in SHAPES {
        for overlap in [true, false] {
            check_still("incidents.list", count, wanted, overlap, |all, asked| {
                offset_page("incidents.list", all, asked)
            });
            check_still("on-calls.list", count, wanted, overlap, |all, asked| offset_page("on-calls.list", all, asked));
        }
    }
}

#[test]
fn offset_pages_that_do_not_say_whether_more_follow() {
    // The provider holds at most 25 items a page, whatever is asked for.
    for (count, wanted) in [(0, 100), (24, 100), (25, 100), (26, 100), (120, 100), (120, 10), (9, 10)] {
        for overlap in [true, false] {
            check_still("incidents.list", count, wanted, overlap, |all, asked| {
                let (at, limit) = (number(asked, "offset"), number(asked, "limit").min(25));
                let end = (at + limit).min(all.len());
                json!({"incidents": records(all.get(at..end).unwrap_or_default()), "limit": limit})
            });
        }
    }
}

#[test]
fn a_provider_that_gives_fewer_than_asked_is_followed() {
    for count in [0, 3, 24, 25, 26, 49, 50, 120] {
        check_still("incidents.list", count, 100, true, |all, asked| {
            let asked = json!({"offset": asked["offset"], "limit": number(asked, "limit").min(25)});
            offset_page("incidents.list", all, &asked)
        });
    }
}

fn token_page(id: &str, all: &[u32], asked: &Value) -> Value {
    let (name, next_name) = match operation(id).pages {
        Pages::Cursor => ("cursor", "next_cursor"),
        Pages::After => ("after", "after"),
        Pages::Analytics => ("starting_after", "last"),
        Pages::None | Pages::Offset | Pages::Scim => panic!("{id} has no tokens"),
    };
    let at: usize = asked[name].as_str().map_or(0, |token| token.trim_start_matches("=/+ü_").parse().unwrap());
    let end = (at + number(asked, "limit")).min(all.len());
    let more = end < all.len();
    let mut page = json!({key(operation(id)): records(&all[at..end]), "limit": asked["limit"]});
    let gives_token = more || operation(id).pages == Pages::Analytics;
    page[next_name] = if gives_token { json!(format!("=/+ü_{end}")) } else { Value::Null };
    if operation(id).pages == Pages::Analytics {
        page["more"] = json!(more);
    }
    page
}

#[test]
fn token_pages_deliver_all() {
    for &(count, wanted) in SHAPES {
        for id in ["audit.records.list", "alert-grouping.list", "analytics.incidents.list"] {
            check_still(id, count, wanted, true, |all, asked| token_page(id, all, asked));
        }
    }
}

#[test]
fn scim_pages_deliver_all() {
    for &(count, wanted) in SHAPES {
        for tells_total in [true, false] {
            check_still("scim.users.list", count, wanted, true, |all, asked| {
                let at = number(asked, "startIndex") - 1;
                let end = (at + number(asked, "count")).min(all.len());
                let total = if tells_total { json!(all.len()) } else { Value::Null };
                json!({"Resources": records(&all[at..end]), "totalResults": total, "startIndex": at + 1})
            });
        }
    }
}

/// How much a provider changes between two requests.
#[derive(Debug, Clone, Copy)]
enum Unrest {
    Insert,
    Delete,
    /// A record moves to a place anywhere.
    Move,
    /// Two neighbours change places.
    Swap,
    /// An insertion or a deletion.
    Flow,
    /// Any one of these.
    One,
    /// Many insertions and deletions.
    Wild,
}

/// What became of a walk over a provider that changes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// Every record that was there throughout and stayed in its place came.
    Whole,
    /// It ended with a reason.
    GivenUp,
    /// A record that stayed in its place came twice, or not at all in silence.
    Wrong,
}

/// Walks a provider that changes: it is whole or ends with a reason.
fn check_moving(id: &str, seed: u64, unrest: Unrest, sizes: std::ops::RangeInclusive<usize>) -> bool {
    let fate = walk_moving(id, seed, unrest, sizes);
    assert_ne!(fate, Fate::Wrong, "{id} seed {seed} {unrest:?}");
    fate == Fate::Whole
}

fn walk_moving(id: &str, seed: u64, unrest: Unrest, sizes: std::ops::RangeInclusive<usize>) -> Fate {
    let mut chance = Chance::new(seed);
    let wanted = (sizes.start() + chance.below(sizes.end() - sizes.start() + 1)) as u32;
    let count = chance.below(201) as u32;
    let mut all: Vec<u32> = (0..count).collect();
    let mut newest = count;
    let mut moved = Vec::new();
    let mut first = true;
    let walked = walk(id, wanted, true, |asked| {
        let changes = match unrest {
            _ if first => 0,
            Unrest::Wild => chance.below(2 * wanted as usize + 1),
            _ => chance.below(2),
        };
        first = false;
        for _ in 0..changes {
            let change = match unrest {
                Unrest::One => [Unrest::Insert, Unrest::Delete, Unrest::Move, Unrest::Swap][chance.below(4)],
                Unrest::Flow | Unrest::Wild => [Unrest::Insert, Unrest::Delete][chance.below(2)],
                _ => unrest,
            };
            match change {
                Unrest::Insert => {
                    all.insert(chance.below(all.len() + 1), newest);
                    newest += 1;
                }
                _ if all.is_empty() => {}
                Unrest::Delete => drop(all.remove(chance.below(all.len()))),
                Unrest::Move | Unrest::Swap | Unrest::Flow | Unrest::One | Unrest::Wild => {
                    // Half of the moves begin near the end of the page before.
                    let at = number(&asked, "offset") + 3;
                    let from =
                        if chance.below(2) == 0 { at.saturating_sub(chance.below(6)) } else { chance.below(201) };
                    let from = from.min(all.len() - 1);
                    let to = if matches!(change, Unrest::Swap) { from + 1 } else { chance.below(all.len()) };
                    let record = all.remove(from);
                    all.insert(to.min(all.len()), record);
                    moved.push(record);
                    // Of two neighbours either can be called the one that moved.
                    if matches!(change, Unrest::Swap) {
                        moved.extend(all.get(from));
                    }
                }
            }
        }
        offset_page(id, &all, &asked)
    });
    let mut came = vec![0; newest as usize];
    walked.ids.iter().for_each(|id| came[id[1..].parse::<usize>().unwrap()] += 1);
    let times = |id: u32| came[id as usize];
    let doubled = (0..newest).any(|id| times(id) > 1 + moved.iter().filter(|other| **other == id).count());
    let lost = || all.iter().any(|id| *id < count && !moved.contains(id) && times(*id) != 1);
    match walked.end {
        End::Capped => panic!("seed {seed}: 200 records are far from the end of what can be listed"),
        _ if doubled => Fate::Wrong,
        End::Broken(why) => {
            assert!(!why.is_empty());
            Fate::GivenUp
        }
        End::Whole if lost() => Fate::Wrong,
        End::Whole => Fate::Whole,
    }
}

/// Records never change places in the first, and can in the second.
const FIXED: &str = "incidents.list";
const NAMED: &str = "services.list";

#[test]
fn while_records_come_and_go_a_walk_is_whole_or_says_that_it_is_not() {
    const SEEDS: u64 = 4_000;
    for id in [FIXED, NAMED] {
        let whole = (0..SEEDS).filter(|seed| check_moving(id, *seed, Unrest::Wild, 2..=20)).count();
        for seed in 0..SEEDS {
            check_moving(id, seed, Unrest::Flow, 2..=20);
        }
        println!(
            "{id}: {} walks of lists that change, none wrong; of {SEEDS} that change wildly {whole} whole, the others say that they are not",
            2 * SEEDS
        );
    }
}

/// What is promised of a list whose records change places is less: it ends,
/// and with one change between two requests hardly ever takes another record
/// along. Offsets cannot do better: two moves at once can leave no trace.
#[test]
fn records_that_change_places_take_hardly_any_other_along() {
    const SEEDS: u64 = 2_000;
    for unrest in [Unrest::Move, Unrest::Swap, Unrest::One] {
        let wrong = (0..SEEDS).filter(|seed| walk_moving(NAMED, *seed, unrest, 2..=20) == Fate::Wrong).count();
        println!("{NAMED}: {unrest:?} {wrong} of {SEEDS} walks lost or doubled a record that stayed");
        assert!(wrong as u64 * 1_000 <= SEEDS, "{unrest:?}: {wrong}");
    }
}

#[test]
fn changes_one_at_a_time_are_mended() {
    for seed in 0..1_000 {
        for unrest in [Unrest::Insert, Unrest::Delete, Unrest::Flow] {
            for id in [FIXED, NAMED] {
                assert!(check_moving(id, seed, unrest, 5..=20), "seed {seed} {unrest:?} was given up");
            }
        }
    }
    // Records can move often enough to outrun the patience of a walk.
    for unrest in [Unrest::Move, Unrest::Swap, Unrest::One] {
        let whole = (0..1_000).filter(|seed| walk_moving(NAMED, *seed, unrest, 5..=20) == Fate::Whole).count();
        assert!(whole >= 990, "{unrest:?}: {whole} of 1000");
    }
}

/// Of `count` records by `wanted`, the one at `from` moves to `to` before the
/// second page is asked for: each comes once.
fn check_one_move(count: u32, wanted: u32, from: usize, to: usize) {
    let mut all: Vec<u32> = (0..count).collect();
    let mut requests = 0;
    let walked = walk(NAMED, wanted, true, |asked| {
        requests += 1;
        if requests == 2 {
            let record = all.remove(from);
            all.insert(to, record);
        }
        offset_page(NAMED, &all, &asked)
    });
    let mut ids = walked.ids;
    ids.sort_by_key(|id| id[1..].parse::<u32>().unwrap());
    assert_eq!((walked.end, ids), (End::Whole, named(0..count)), "{count} by {wanted}: {from} to {to}");
}

#[test]
fn a_record_that_moves_takes_no_other_with_it() {
    for (from, to) in [(99, 190), (99, 299), (99, 100), (98, 99), (97, 101), (98, 198), (96, 299), (99, 0), (99, 49)] {
        check_one_move(300, 100, from, to);
    }
    // From every remembered place to every other; of the rest, those that do
    // not pass the end of what was read. Half a smaller page does not show all
    // that is remembered.
    for wanted in 14..=22 {
        let read = wanted as usize;
        for from in 0..40 {
            for to in 0..40 {
                let seam = (read - offset::SEAMS..read).contains(&from);
                if seam || (from >= read && to >= read) || (from < read && to < read - 1) {
                    check_one_move(40, wanted, from, to);
                }
            }
        }
    }
}

/// The walk ends with a reason after at most `requests`, having delivered
/// `delivered` records.
fn check_broken(
    id: &str,
    wanted: u32,
    overlap: bool,
    requests: usize,
    delivered: usize,
    provider: impl FnMut(Value) -> Value,
) {
    let walked = walk(id, wanted, overlap, provider);
    assert!(matches!(walked.end, End::Broken(_)), "{id}: {:?} after {} requests", walked.end, walked.requests);
    assert!(walked.requests <= requests, "{id}: {} requests", walked.requests);
    assert_eq!(walked.ids.len(), delivered, "{id}");
}

#[test]
fn a_provider_that_ignores_the_position_ends_the_walk() {
    let same = |key: &'static str| move |_| json!({key: records(&[1, 2, 3]), "more": true});
    check_broken("incidents.list", 3, true, 6, 3, same("incidents"));
    check_broken("incidents.list", 3, false, 2, 3, same("incidents"));
    check_broken("status-pages.list", 3, true, 2, 3, same("status_pages"));
    check_broken("incidents.list", 3, true, 6, 3, |_| json!({"incidents": records(&[1, 2, 3])}));
    check_broken("incidents.list", 1, false, 2, 1, |_| json!({"incidents": records(&[1]), "more": true}));
    check_broken(
        "scim.users.list",
        3,
        true,
        6,
        3,
        |_| json!({"Resources": records(&[1, 2, 3]), "totalResults": 50, "startIndex": 1}),
    );
    check_broken("audit.records.list", 3, true, 2, 3, |_| json!({"records": records(&[1, 2, 3]), "next_cursor": "x"}));
    check_broken(
        "analytics.incidents.list",
        3,
        true,
        2,
        3,
        |_| json!({"data": records(&[1, 2, 3]), "last": "P3", "more": true}),
    );
}

#[test]
fn an_empty_page_with_more_behind_it_ends_the_walk() {
    check_broken("incidents.list", 5, true, 1, 0, |_| json!({"incidents": [], "more": true}));
    check_broken("on-calls.list", 5, true, 1, 0, |_| json!({"oncalls": [], "more": true}));
    check_broken("analytics.incidents.list", 5, true, 1, 0, |_| json!({"data": [], "more": true, "last": "x"}));
    check_broken("analytics.incidents.list", 5, true, 1, 0, |_| json!({"data": [{}], "more": true}));
    check_broken("scim.users.list", 5, true, 1, 0, |_| json!({"Resources": [], "totalResults": 9}));
    let walked = walk("incidents.list", 5, true, |asked| match number(&asked, "offset") {
        0 => json!({"incidents": records(&[1, 2]), "more": true}),
        _ => json!({"incidents": [], "more": true}),
    });
    assert!(matches!(walked.end, End::Broken(_)));
}

#[test]
fn an_empty_page_with_another_cursor_goes_on() {
    let mut left = 3;
    let walked = walk("audit.records.list", 5, true, |_| {
        left -= 1;
        let items = if left == 1 { records(&[]) } else { records(&[left]) };
        json!({"records": items, "next_cursor": (left > 0).then(|| left.to_string())})
    });
    assert_eq!((walked.end, walked.ids), (End::Whole, named([2, 0])));
}

#[test]
fn empty_pages_without_end_are_noticed() {
    for id in ["audit.records.list", "alert-grouping.list"] {
        // Records now and then: so often is only slow.
        for (every, end) in [(u32::from(EMPTY_PAGES), true), (7, true), (u32::MAX, false)] {
            let mut sent = 0;
            let walked = walk(id, 5, true, |_| {
                sent += 1;
                let items = if sent % every == 0 { records(&[sent]) } else { records(&[]) };
                let token = (sent < 3 * u32::from(EMPTY_PAGES)).then(|| sent.to_string());
                json!({key(operation(id)): items, "next_cursor": token, "after": token, "more": token.is_some()})
            });
            let broken = matches!(&walked.end, End::Broken(why) if why.contains("empty"));
            assert_eq!((walked.end == End::Whole, broken), (end, !end), "{id} {every}: {:?}", walked.end);
            assert!(end || walked.requests == usize::from(EMPTY_PAGES), "{id}: {} requests", walked.requests);
        }
    }
}

#[test]
fn tokens_that_go_in_a_circle_are_noticed() {
    for id in ["audit.records.list", "alert-grouping.list", "analytics.incidents.list"] {
        for before in [0, 1, 7, 30] {
            for length in 1..=50 {
                let mut sent = 0;
                let walked = walk(id, 1, true, |_| {
                    sent += 1;
                    let token = if sent <= before { sent } else { before + (sent - before) % length };
                    let token = format!("t{token}");
                    json!({key(operation(id)): [{}], "next_cursor": token, "after": token, "last": token, "more": true})
                });
                assert!(matches!(walked.end, End::Broken(_)), "{id} {before} {length}");
                assert!(walked.requests <= 4 * (before + length) + 4, "{id} {before} {length}: {}", walked.requests);
            }
        }
    }
}

#[test]
fn ten_thousand_records_are_the_end_of_offsets_and_it_is_said() {
    for (count, wanted, overlap, end) in [
        (10_000, 100, true, End::Whole),
        (10_000, 100, false, End::Whole),
        (10_001, 100, true, End::Capped),
        (10_001, 100, false, End::Capped),
        (10_000, 77, true, End::Whole),
        (12_000, 77, true, End::Capped),
        (12_000, 99, false, End::Capped),
        (10_000, 3, false, End::Whole),
    ] {
        let all: Vec<u32> = (0..count).collect();
        let walked = walk("incidents.list", wanted, overlap, |asked| {
            assert!(number(&asked, "offset") + number(&asked, "limit") <= 10_000, "{asked}");
            offset_page("incidents.list", &all, &asked)
        });
        assert_eq!(walked.end, end, "{count} by {wanted}");
        assert_eq!(walked.ids, named(0..10_000), "{count} by {wanted}");
    }
}

#[test]
fn records_without_an_id_are_told_apart_by_all_they_are() {
    for item in [|n: usize| json!({"n": n}), |n: usize| json!({"id": null, "n": n}), |n: usize| json!(n)] {
        let walked = walk("incidents.list", 4, true, |asked| {
            let at = number(&asked, "offset");
            let items: Vec<Value> = (at..20.min(at + number(&asked, "limit"))).map(item).collect();
            json!({"incidents": items, "more": at + items.len() < 20})
        });
        assert_eq!((walked.end, walked.ids.len()), (End::Whole, 20), "{}", item(0));
    }
}

#[test]
fn a_page_that_contradicts_itself_is_not_believed() {
    // The last record at the front, two older ones together behind new ones.
    check_broken(NAMED, 4, true, 12, 4, |asked| match number(&asked, "offset") {
        0 => json!({"services": records(&[0, 1, 2, 3]), "more": true}),
        3 => json!({"services": records(&[3, 7, 0, 1]), "more": true}),
        _ => json!({"services": records(&[8, 9]), "more": false}),
    });
}

#[test]
fn more_without_a_way_on_ends_the_walk() {
    for id in ["audit.records.list", "alert-grouping.list", "analytics.incidents.list"] {
        for token in [Value::Null, json!("")] {
            check_broken(
                id,
                3,
                true,
                1,
                0,
                |_| json!({key(operation(id)): records(&[1]), "more": true, "next_cursor": token, "after": token, "last": token}),
            );
        }
    }
}

#[test]
fn where_a_page_leads_a_cursor_can_go() {
    // One record although more were asked for: there is no room for a shared one.
    check_broken("incidents.list", 5, true, 1, 0, |_| json!({"incidents": records(&[1]), "more": true}));
    // More records than were asked for.
    let walked = walk("incidents.list", 100, true, |asked| {
        let at = number(&asked, "offset") as u32;
        json!({"incidents": records(&(at..at + 4_000).collect::<Vec<u32>>()), "more": true})
    });
    assert_eq!(walked.end, End::Capped);
}

#[test]
fn a_cursor_made_with_overlap_goes_on_without_and_the_other_way_round() {
    let all: Vec<u32> = (0..50).collect();
    for overlap in [true, false] {
        let operation = operation("incidents.list");
        let mut ids = Vec::new();
        let (mut position, mut overlap) = (start(operation), overlap);
        while let Some(at) = position {
            let size = size(operation, &at, 7).unwrap();
            let asked = values(operation, &at, size).into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
            let text = offset_page("incidents.list", &all, &Value::Object(asked)).to_string();
            let page = envelope::read(&text, "incidents").unwrap();
            let Step::Deliver { skip, next } = step(operation, &at, size, overlap, true, &page) else {
                panic!("{at:?}")
            };
            let items = page.items.iter().enumerate().filter(|(n, _)| !skip.contains(n));
            ids.extend(items.map(|(_, item)| (*item).to_owned()));
            (position, overlap) = (next, !overlap);
        }
        assert_eq!(ids.len(), 50);
        ids.dedup();
        assert_eq!(ids.len(), 50);
    }
}

fn samples(chance: &mut Chance) -> Cursor {
    let any = |chance: &mut Chance| (0..8).fold(0_u64, |n, _| n << 8 | chance.below(256) as u64);
    let position = match chance.below(3) {
        0 => Position::Offset {
            at: 1 + chance.below(10_000) as u32,
            known: Known {
                seams: (0..chance.below(offset::SEAMS + 1)).map(|_| any(chance)).collect(),
                strays: (0..chance.below(offset::STRAYS + 1)).map(|_| any(chance)).collect(),
            },
            twin: if chance.below(2) == 0 { 0 } else { any(chance) },
            stale: chance.below(usize::from(PATIENCE)) as u8,
        },
        1 => {
            let power = 1_u32 << chance.below(32);
            let letters = ['a', 'Z', '9', '-', '_', '.', ':', '/', '=', ' ', 'ü', '\u{0}', '😀'];
            let token = (0..1 + chance.below(80)).map(|_| letters[chance.below(letters.len())]).collect();
            let guard = Guard {
                seen: any(chance),
                power,
                lap: chance.below(power as usize) as u32,
                empty: chance.below(3) as u16,
            };
            Position::Token { token, guard }
        }
        _ => Position::Token { token: String::new(), guard: Guard::NEW },
    };
    let windows = (chance.below(2) == 0).then(|| {
        let mut edges: Vec<i64> = (0..2 + chance.below(90)).map(|_| (any(chance) >> 30) as i64).collect();
        edges.sort_unstable();
        edges.dedup();
        let newest_first = chance.below(2) == 0;
        if newest_first {
            edges.reverse();
        }
        let edges: Vec<String> = edges.iter().map(|edge| format!("{edge:x}")).collect();
        let open = if newest_first && chance.below(4) == 0 { ".8000000000000000" } else { "" };
        Cuts::decode(&format!("1{}{}{open}", chance.below(2), edges.join("."))).unwrap()
    });
    let feed = (chance.below(4) == 0).then(|| {
        let mut feed = Feed::new([None, Some(1_600_000_000)][chance.below(2)]);
        for _ in 0..chance.below(200) {
            feed.take(1_700_000_000 - chance.below(60) as i64, any(chance), 600, 1_800_000_000);
        }
        feed
    });
    Cursor { arguments: any(chance), account: any(chance), read: any(chance) as u32, feed, windows, position }
}

#[test]
fn cursors_come_back_as_they_were_made() {
    let mut chance = Chance::new(7);
    for _ in 0..5_000 {
        let cursor = samples(&mut chance);
        let text = encode("incidents.list", &cursor).unwrap();
        assert!(text.is_ascii() && !text.contains([' ', '/', '&', '?', '#', '%', '"', '\'', '$']), "{text}");
        assert_eq!(decode("incidents.list", cursor.arguments, cursor.account, &text), Ok(cursor), "{text}");
    }
}

#[test]
fn a_foreign_cursor_is_named_as_what_it_is() {
    let position = Position::Offset { at: 4, known: Known::default(), twin: 0, stale: 0 };
    let cursor = Cursor { arguments: 1, account: 2, read: 3, feed: None, windows: None, position };
    let text = encode("scim.users.list", &cursor).unwrap();
    let refused = |operation: &str, arguments, account, text: &str| {
        decode(operation, arguments, account, text).expect_err("it is foreign")
    };
    assert!(refused("users.list", 1, 2, &text).contains("operation"));
    assert!(refused("scim.users.list", 9, 2, &text).contains("arguments"));
    assert!(refused("scim.users.list", 1, 9, &text).contains("account"));
    assert!(refused("scim.users.list", 1, 2, &text.replacen('1', "2", 1)).contains("version"));
    for text in ["", "1", ":", "1:scim.users.list", "{}", "eyJhIjoxfQ==", "ü", &"1".repeat(5_000)] {
        refused("scim.users.list", 1, 2, text);
    }
    for position in [
        "o1.5.0",
        "o1.0.0.",
        "o1.0.0..1",
        "o1.0",
        "o+1.0.0",
        "o01.0.0",
        "o1.0.0.A",
        "o-1.0.0",
        "o1.0.0-",
        "o1.0.0-1.2",
        "o1.0.0--1",
        "o1.0.0-01",
        "s1.0",
        "t5.1.0.",
        "w~o1.0.0",
        "w11~o1.0.0",
        "w111~o1.0.0",
        "w111.1~o1.0.0",
        "w112.1.3~o1.0.0",
        "w211.2~o1.0.0",
        "w1101.2~o1.0.0",
        "w111.2o1.0.0",
        "w118000000000000000.1~o1.0.0",
        "w111.fffffffffff~o1.0.0",
        "f~o1.0.0",
        "fp.0~o1.0.0",
        "fp.0.0.0~o1.0.0",
        "fx.0.0~o1.0.0",
        "fp.0-1.0~o1.0.0",
        "fp.0-0000000~o1.0.0",
        "fp.0-0-0000000~o1.0.0",
        "fp.0-1zzzzzzzzz~o1.0.0",
        "fp.0-00000000-100000000.0~o1.0.0",
        "w111.2~fp.0.0~o1.0.0",
        "t0.0.0.a",
        "t0.1.1.a",
        "t0.3.1.a",
        "t0.1.0._41",
        "t0.1.0._ff",
        "t0.1.0._",
        "t0.1.0._4",
        "t0.1.0.a b",
        "x",
        "",
        "o4294967296.0.0",
    ] {
        refused("scim.users.list", 1, 2, &format!("1:scim.users.list:1:2:3:{position}"));
    }
    for many in [".1".repeat(offset::SEAMS + 1), "-1".repeat(offset::STRAYS + 1)] {
        refused("scim.users.list", 1, 2, &format!("1:scim.users.list:1:2:3:o1.0.0{many}"));
    }
}

#[test]
fn a_cursor_that_was_touched_is_refused_or_one_that_could_have_been_made() {
    let mut chance = Chance::new(11);
    let check = |arguments, account, text: &str| {
        if let Ok(cursor) = decode("incidents.list", arguments, account, text) {
            assert_eq!(encode("incidents.list", &cursor).as_deref(), Some(text));
        }
    };
    for _ in 0..400 {
        let cursor = samples(&mut chance);
        let text = encode("incidents.list", &cursor).unwrap();
        for end in 0..text.len() {
            check(cursor.arguments, cursor.account, &text[..end]);
            check(cursor.arguments, cursor.account, &text[end..]);
        }
        for _ in 0..50 {
            let mut bytes = text.clone().into_bytes();
            for _ in 0..1 + chance.below(3) {
                let at = chance.below(bytes.len());
                let byte = b"0123456789abcdefABCDEF.:_-+ots \0~"[chance.below(33)];
                match chance.below(3) {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    _ => drop(bytes.remove(at)),
                }
            }
            check(cursor.arguments, cursor.account, &String::from_utf8(bytes).unwrap());
        }
    }
}

#[test]
fn a_token_too_long_to_carry_makes_no_cursor() {
    let guard = Guard { seen: 0, power: 1, lap: 0, empty: 0 };
    let of = |length| Cursor {
        arguments: 0,
        account: 0,
        read: 0,
        feed: None,
        windows: None,
        position: Position::Token { token: "x".repeat(length), guard },
    };
    assert!(encode("audit.records.list", &of(4_000)).is_some_and(|text| text.len() <= 4_096));
    assert_eq!(encode("audit.records.list", &of(4_096)), None);
}

#[test]
fn nothing_that_can_be_decoded_overflows() {
    let page = |text: &'static str, key| envelope::read(text, key).unwrap();
    let last = Position::Offset { at: u32::MAX, known: Known::default(), twin: 0, stale: 2 };
    assert_eq!(size(operation("incidents.list"), &last, 100), None);
    for id in ["scim.users.list", "incidents.list", "on-calls.list"] {
        let answer = page(r#"{"a":[1,2,3],"totalResults":18446744073709551615,"more":true}"#, "a");
        for overlap in [true, false] {
            for size in [1, 2, u32::MAX] {
                let step = step(operation(id), &last, size, overlap, overlap, &answer);
                assert!(matches!(step, Step::Deliver { .. }), "{id}");
                assert!(ahead(operation(id), &last, size, overlap, 7, u64::MAX).is_none());
            }
        }
    }
    let guard = Guard { seen: 0, power: u32::MAX, lap: u32::MAX - 1, empty: 0 };
    let token = Position::Token { token: "x".to_owned(), guard };
    let answer = page(r#"{"records":[],"next_cursor":"y"}"#, "records");
    let step = step(operation("audit.records.list"), &token, 1, true, true, &answer);
    assert!(matches!(step, Step::Deliver { .. }));
}

/// Pages asked for ahead are those that a still list really needs.
fn check_ahead(id: &str, total: u32, wanted: u32, overlap: bool, within: u32) {
    let operation = operation(id);
    let all: Vec<u32> = (0..total).collect();
    let mut asked = Vec::new();
    let walked = walk(id, wanted, overlap, |values| {
        asked.push(values.clone());
        match operation.pages {
            Pages::Scim => {
                let at = number(&values, "startIndex") - 1;
                let end = (at + number(&values, "count")).min(all.len());
                json!({"Resources": records(&all[at..end]), "totalResults": total})
            }
            _ => offset_page(id, &all, &values),
        }
    });
    assert_eq!(walked.ids.len() as u32, total.min(within));
    let start = start(operation).unwrap();
    let size = size(operation, &start, wanted).unwrap();
    let ahead: Vec<Value> = (0..)
        .map_while(|pages| ahead(operation, &start, size, overlap, pages, total.into()))
        .map(|at| {
            Value::Object(
                offset_values(operation, at, size).into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            )
        })
        .collect();
    // Where the list is longer than what can be reached, the last is smaller.
    let whole = asked.len() == ahead.len() || total >= within;
    assert!(whole, "{id} {total} by {wanted}: {} asked, {} ahead", asked.len(), ahead.len());
    assert_eq!(asked[..ahead.len()], ahead[..], "{id} {total} by {wanted}");
}

#[test]
fn no_page_is_asked_for_ahead_that_is_not_needed() {
    for overlap in [true, false] {
        for total in [0, 1, 2, 3, 19, 20, 21, 99, 100, 101, 199, 200, 201, 9_999, 10_000] {
            for wanted in [2, 3, 10, 100].into_iter().filter(|wanted| *wanted > 3 || total < 1_000) {
                check_ahead("incidents.list", total, wanted, overlap, 10_000);
                check_ahead("on-calls.list", total, wanted, overlap, 10_000);
                check_ahead("scim.users.list", total, wanted, overlap, u32::MAX);
            }
        }
    }
    check_ahead("scim.users.list", 20_000, 100, true, u32::MAX);
}

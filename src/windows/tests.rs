//! Windows over generated lists: every record belongs to exactly one.

use serde_json::json;

use super::*;
use crate::arguments;
use crate::catalog::find;

const NOW: i64 = 1_793_534_400;

fn spec(id: &str) -> &'static Windows {
    find(id).unwrap().windows.as_ref().unwrap()
}

fn arguments(id: &str, given: &Value) -> Arguments {
    arguments::check(find(id).unwrap(), &given.to_string()).unwrap()
}

fn at(text: &str) -> i64 {
    time::parse(text).unwrap()
}

/// What each window asks for, in order.
fn asked(id: &str, given: &Value, mut cuts: Cuts) -> Vec<String> {
    let (spec, arguments) = (spec(id), arguments(id, given));
    let mut all = Vec::new();
    loop {
        let values = cuts.values(spec, &arguments);
        let values: Vec<String> =
            values.iter().map(|(name, value)| format!("{name}={value}").replace('"', "")).collect();
        all.push(values.join(" "));
        match cuts.advance(spec) {
            Some(next) => cuts = next,
            None => return all,
        }
    }
}

fn check_needed(id: &str, given: Value, expected: Option<&[&str]>) {
    let cuts = Cuts::needed(spec(id), &arguments(id, &given), NOW);
    let found = cuts.map(|cuts| asked(id, &given, cuts));
    assert_eq!(
        found.as_deref(),
        expected.map(|e| e.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>()).as_deref(),
        "{id} {given}"
    );
}

#[test]
fn what_one_query_may_span_is_not_cut() {
    for given in [json!({}), json!({"date_range": "all"}), json!({"until": "2026-01-01T00:00:00Z"})] {
        check_needed("incidents.list", given, None);
    }
    check_needed("incidents.list", json!({"since": "2026-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z"}), None);
    check_needed(
        "incidents.list",
        json!({"since": "2020-01-01T00:00:00Z", "until": "2026-06-01T00:00:00Z", "date_range": "all"}),
        None,
    );
    check_needed("log-entries.list", json!({"since": "2010-01-01T00:00:00Z"}), None);
    check_needed("on-calls.list", json!({"since": "2010-01-01T00:00:00Z"}), None);
    check_needed("audit.records.list", json!({"since": "2026-12-01T00:00:00Z"}), Some(&["until=null"]));
}

#[test]
fn a_range_longer_than_a_query_may_span_is_cut_by_days() {
    check_needed(
        "incidents.list",
        json!({"since": "2025-12-01T00:00:00.5Z", "until": "2026-10-01T00:00:00.5Z"}),
        Some(&["until=2026-05-30T00:00:00Z", "since=2026-05-30T00:00:00Z"]),
    );
    // `since` alone would mean one month of it.
    check_needed("incidents.list", json!({"since": "2026-10-30T00:00:00Z"}), Some(&["until=2026-11-08T12:00:00Z"]));
    check_needed(
        "incidents.list",
        json!({"since": "2026-02-01T00:00:00+01:00"}),
        Some(&["until=2026-07-22T23:00:00Z", "since=2026-07-22T23:00:00Z until=2026-11-08T12:00:00Z"]),
    );
    // Newest first, and the last query ends where the caller said.
    check_needed(
        "audit.records.list",
        json!({"since": "2026-09-01T00:00:00Z"}),
        Some(&[
            "since=2026-10-09T12:00:00Z until=null",
            "since=2026-09-08T12:00:00Z until=2026-10-09T12:00:00Z",
            "until=2026-09-08T12:00:00Z",
        ]),
    );
    check_needed("audit.records.list", json!({"since": "2026-10-25T00:00:00Z"}), Some(&["until=null"]));
}

#[test]
fn a_list_that_is_too_long_is_cut_in_halves() {
    let check = |id: &str, given: Value, oldest: Option<i64>, total: Option<u64>, expected: &[&str]| {
        let cuts = Cuts::whole(spec(id), &arguments(id, &given), NOW, oldest, None);
        let mut cuts = cuts.unwrap_or_else(|| panic!("{id} {given}"));
        if cuts.is_whole() {
            assert!(cuts.split(spec(id), total));
        }
        assert_eq!(asked(id, &given, cuts), expected, "{id} {given}");
    };
    let day = json!({"since": "2026-10-01T00:00:00Z", "until": "2026-10-01T00:00:04Z"});
    let halves = ["until=2026-10-01T00:00:02Z", "since=2026-10-01T00:00:02Z"];
    check("incidents.list", day.clone(), None, None, &halves);
    check("incidents.list", day.clone(), None, Some(19_000), &halves);
    let quarters = [
        "until=2026-10-01T00:00:01Z",
        "since=2026-10-01T00:00:01Z until=2026-10-01T00:00:02Z",
        "since=2026-10-01T00:00:02Z until=2026-10-01T00:00:03Z",
        "since=2026-10-01T00:00:03Z",
    ];
    check("incidents.list", day.clone(), None, Some(30_000), &quarters);
    // No finer than a second.
    check("incidents.list", day, None, Some(1_000_000), &quarters);
    check(
        "incidents.list",
        json!({}),
        None,
        None,
        &[
            "since=2026-09-30T12:00:00Z until=2026-10-16T12:00:00Z",
            "since=2026-10-16T12:00:00Z until=2026-11-08T12:00:00Z",
        ],
    );
    check(
        "incidents.list",
        json!({"date_range": "all"}),
        Some(at("2026-02-01T12:00:00Z")),
        Some(20_000),
        &[
            "date_range=null since=2026-02-01T12:00:00Z until=2026-07-23T12:00:00Z",
            "date_range=null since=2026-07-23T12:00:00Z until=2026-11-08T12:00:00Z",
        ],
    );
    check(
        "log-entries.list",
        json!({"since": "2026-10-31T12:00:00Z"}),
        None,
        None,
        &["since=2026-11-01T00:00:00Z until=null", "until=2026-11-01T00:00:00Z"],
    );
    check(
        "on-calls.list",
        json!({"since": "2026-10-01T00:00:00Z", "until": "2026-10-03T00:00:00Z"}),
        None,
        None,
        &["until=2026-10-02T00:00:00Z", "since=2026-10-02T00:00:00Z"],
    );
}

#[test]
fn where_there_is_nothing_to_cut_nothing_is() {
    let whole = |id: &str, given: Value| Cuts::whole(spec(id), &arguments(id, &given), NOW, None, None);
    assert_eq!(whole("on-calls.list", json!({})), None);
    assert_eq!(whole("on-calls.list", json!({"since": "2026-10-01T00:00:00Z"})), None);
    let second = json!({"since": "2026-10-01T00:00:00Z", "until": "2026-10-01T00:00:01Z"});
    assert!(!whole("incidents.list", second).unwrap().split(spec("incidents.list"), None));
    let backwards = json!({"since": "2026-10-01T00:00:00Z", "until": "2026-09-01T00:00:00Z"});
    assert_eq!(whole("incidents.list", backwards), None);
    // A clock that stands before the range: the open end covers what is there.
    let later = json!({"since": "2036-10-01T00:00:00Z"});
    let mut cuts = whole("log-entries.list", later.clone()).unwrap();
    assert!(cuts.split(spec("log-entries.list"), None));
    let halves = ["since=2036-10-01T12:00:00Z until=null", "until=2036-10-01T12:00:00Z"];
    assert_eq!(asked("log-entries.list", &later, cuts), halves);
}

/// Cuts at random, and asks of every second around which windows own it.
fn check_owned_once(seed: u64, id: &str) {
    let spec = spec(id);
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |end: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % end.max(1)
    };
    let low = NOW - below(200) as i64 - 2;
    let high = low + 2 + below(300) as i64;
    let range = Cuts::range(spec, low, high, false);
    let mut left = range.map(|cuts| Cuts { open: below(2) == 0, ..cuts });
    let mut windows = Vec::new();
    while let Some(mut cuts) = left {
        for _ in 0..below(4) {
            cuts.split(spec, Some(below(100_000)));
        }
        assert_eq!(Cuts::decode(&cuts.encode()).as_ref(), Some(&cuts));
        assert!(cuts.fits(spec, NOW));
        windows.push(cuts.clone());
        left = cuts.advance(spec);
    }
    for second in low - 3..high + 4 {
        let owners = windows.iter().filter(|window| window.owns(spec, Some(second)) == Some(true)).count();
        assert_eq!(owners, 1, "seed {seed}: {second} in {windows:?}");
    }
    let without = windows.iter().filter(|window| window.owns(spec, None) == Some(true)).count();
    assert!(without == usize::from(spec.lasting || windows.len() == 1), "seed {seed}: {windows:?}");
}

#[test]
fn every_second_belongs_to_one_window() {
    for seed in 0..200 {
        for id in ["incidents.list", "log-entries.list", "on-calls.list"] {
            check_owned_once(seed, id);
        }
    }
}

#[test]
fn the_newest_record_pins_a_list_that_shows_it_first() {
    let pinned = |id: &str, given: Value| {
        let cuts = Cuts::pinned(spec(id), &arguments(id, &given), NOW)?;
        assert_eq!(Cuts::decode(&cuts.encode()).as_ref(), Some(&cuts));
        assert!(cuts.is_whole() && cuts.owns(spec(id), None) == Some(true));
        Some(asked(id, &given, cuts))
    };
    assert_eq!(pinned("log-entries.list", json!({})).unwrap(), ["until=2026-11-01T12:00:01Z"]);
    assert_eq!(
        pinned("log-entries.list", json!({"since": "2026-10-01T00:00:00Z"})).unwrap(),
        ["until=2026-11-01T12:00:01Z"]
    );
    assert_eq!(pinned("log-entries.list", json!({"until": "2026-12-01T00:00:00Z"})), None);
    assert_eq!(pinned("incidents.list", json!({})), None);
    // What has no lower end cannot be cut, nor be a list's that needs one.
    let mut cuts = Cuts::pinned(spec("log-entries.list"), &arguments("log-entries.list", &json!({})), NOW).unwrap();
    assert!(!cuts.split(spec("log-entries.list"), None));
    assert!(cuts.fits(spec("log-entries.list"), NOW) && !cuts.fits(spec("audit.records.list"), NOW));
}

#[test]
fn no_number_of_cuts_outgrows_a_cursor() {
    let spec = spec("incidents.list");
    let mut cuts = Cuts::range(spec, 0, NOW, true).unwrap();
    while cuts.split(spec, Some(u64::MAX)) {}
    assert!(cuts.encode().len() < 1_100, "{}", cuts.encode().len());
    assert_eq!(Cuts::decode(&cuts.encode()), Some(cuts));
}

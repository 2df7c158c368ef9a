//! Who shares with whom, and what a connection is told.

use super::*;
use crate::sign::Secret;
use serde_json::json;

const SCHEMA: &str = r#"{"properties":{"region":{"default":"us"},"base_url":{"x-host-only":true}}}"#;

fn sign(method: &str, credentials: &[(&str, &str)], settings: Value, host_settings: Value) -> Sign {
    let credentials = credentials.iter().map(|(name, value)| ((*name).to_owned(), Secret::from(*value))).collect();
    Sign { method: method.into(), credentials, settings, host_settings }
}

fn token(key: &str) -> Sign {
    sign("token", &[("token", key)], Value::Null, Value::Null)
}

fn at(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn rate(bucket: &str, limit: u32, remaining: u32, reset_ms: u32) -> Rate {
    Rate { bucket: bucket.into(), limit, remaining, reset_ms }
}

/// Members of one key, and what each is told when a call begins.
fn members(count: usize) -> Vec<Member> {
    let shared = Shared::new().unwrap();
    (0..count).map(|_| shared.join("pagerduty", SCHEMA, &token("key"), at(0))).collect()
}

fn told(member: &mut Member, now: u64) -> Vec<(String, u32, u32)> {
    let (_, rates) = member.begin(at(now));
    rates.into_iter().map(|rate| (rate.bucket, rate.remaining, rate.reset_ms)).collect()
}

#[test]
fn only_the_same_key_at_the_same_place_is_shared() {
    let null = || Value::Null;
    let base = || json!({"base_url": "http://127.0.0.1:80"});
    let both = [("token", "key"), ("user_token", "mine")];
    let shared = Shared::new().unwrap();
    for (other, same) in [
        (token("key"), true),
        (sign("token", &[("token", "key"), ("user_token", "")], null(), null()), true),
        (sign("token", &[("token", "key")], json!({"region": "us", "page_size": 7}), json!({"account": "acme"})), true),
        (token("kez"), false),
        (sign("bearer", &[("token", "key")], null(), null()), false),
        (sign("token", &both, null(), null()), false),
        (sign("token", &[("token", "keyuser"), ("_token", "mine")], null(), null()), false),
        (sign("token", &[("token", "key")], json!({"region": "eu"}), null()), false),
        (sign("token", &[("token", "key")], null(), base()), false),
    ] {
        let digests = [&token("key"), &other].map(|sign| shared.digest("pagerduty", SCHEMA, sign));
        assert_eq!(digests[0] == digests[1], same, "{other:?}");
    }
    let digest = |sign: &Sign| shared.digest("pagerduty", SCHEMA, sign);
    let turned = sign("token", &[both[1], both[0]], null(), null());
    assert_eq!(digest(&turned), digest(&sign("token", &both, null(), null())), "the order of fields is nothing");
    assert_ne!(digest(&token("key")), shared.digest("other", SCHEMA, &token("key")));
    assert_ne!(digest(&token("key")), Shared::new().unwrap().digest("pagerduty", SCHEMA, &token("key")), "salted");
}

#[test]
fn what_one_learns_the_others_are_told_once() {
    let mut members = members(3);
    members[0].note(&rate("a", 960, 500, 10_000), at(0));
    assert_eq!(told(&mut members[0], 100), [], "its own word");
    for other in [1, 2] {
        assert_eq!(told(&mut members[other], 2_500), [("a".into(), 500, 7_500)]);
        assert_eq!(told(&mut members[other], 2_600), [], "nothing is new");
    }
    members[1].note(&rate("a", 960, 499, 7_000), at(3_000));
    members[1].note(&rate("b", 125, 9, 7_000), at(3_000));
    assert_eq!(told(&mut members[0], 4_000), [("a".into(), 499, 6_000), ("b".into(), 9, 6_000)]);
    // Windows that have ended are nobody's business, at the very end neither.
    assert_eq!(told(&mut members[2], 10_000), []);
}

#[test]
fn calls_under_way_count_as_spent_until_they_end() {
    let mut members = members(4);
    members[0].note(&rate("a", 960, 3, 10_000), at(0));
    let first = members[1].begin(at(0)).0;
    let second = members[2].begin(at(0)).0;
    assert_eq!(told(&mut members[3], 0), [("a".into(), 1, 10_000)]);
    assert_eq!(told(&mut members[0], 0), [("a".into(), 1, 10_000)], "its own word is worth less meanwhile");
    drop(first);
    assert_eq!(told(&mut members[0], 0), [("a".into(), 2, 10_000)]);
    drop(second);
    assert_eq!(told(&mut members[0], 0), []);
    // More calls than are left leave nothing.
    let calls: Vec<UnderWay> = (0..5).map(|_| members[1].begin(at(0)).0).collect();
    assert_eq!(told(&mut members[0], 0), [("a".into(), 0, 10_000)]);
    drop(calls);
    assert_eq!(locked(&members[0].key.0).under_way, 0);
}

/// What is known after one word and another, as remaining and end.
fn after(first: (u32, u32, u64), second: (u32, u32, u64), expected: (u32, u64)) {
    let members = members(2);
    for (member, (remaining, reset_ms, now)) in [(0, first), (1, second)] {
        members[member].note(&rate("a", 960, remaining, reset_ms), at(now));
    }
    let known = locked(&members[0].key.0);
    let found: Vec<_> = known.notes.iter().map(|note| (note.rate.remaining, note.ends.as_millis() as u64)).collect();
    assert_eq!(found, [expected], "{first:?} {second:?}");
}

#[test]
fn answers_that_were_overtaken_change_nothing() {
    //     remaining, resets in, told at
    after((500, 10_000, 0), (499, 9_000, 1_000), (499, 10_000));
    after((499, 10_000, 0), (500, 9_000, 1_000), (499, 10_000));
    // The latest end of a window counts, whoever told it.
    after((500, 10_000, 0), (499, 10_000, 1_900), (499, 11_900));
    after((499, 10_000, 0), (500, 10_000, 1_900), (499, 11_900));
    // Another window, and a straggler of the one before.
    after((3, 10_000, 0), (959, 60_000, 9_000), (959, 69_000));
    after((959, 60_000, 0), (3, 1_000, 100), (959, 60_000));
    // A window that moves on with every answer is another one soon.
    after((3, 10_000, 0), (7, 10_000, 2_001), (7, 12_001));
    after((3, 10_000, 0), (959, 60_000, 20_000), (959, 80_000));
}

#[test]
fn a_bucket_can_know_of_two_limits() {
    let mut members = members(2);
    members[0].note(&rate("a", 125, 60, 10_000), at(0));
    members[0].note(&rate("a", 960, 50, 10_000), at(0));
    assert_eq!(told(&mut members[1], 0), [("a".into(), 60, 10_000), ("a".into(), 50, 10_000)]);
}

#[test]
fn what_was_learned_outlives_the_connection_and_not_the_window() {
    let shared = Shared::new().unwrap();
    let join = |key: &str, now| shared.join("pagerduty", SCHEMA, &token(key), at(now));
    join("a", 0).note(&rate("a", 960, 7, 10_000), at(0));
    assert_eq!(told(&mut join("a", 4_000), 4_000), [("a".into(), 7, 6_000)]);
    assert_eq!(told(&mut join("b", 4_000), 4_000), []);
    assert_eq!(locked(&shared.keys).len(), 2);
    let _third = join("c", 10_000);
    assert_eq!(locked(&shared.keys).len(), 1, "keys that nobody uses and nothing is known of are forgotten");
}

#[test]
fn what_a_connector_says_is_bounded() {
    let mut members = members(2);
    members[0].note(&rate(&"x".repeat(LONGEST_BUCKET + 1), 960, 7, 10_000), at(0));
    assert_eq!(told(&mut members[1], 0), []);
    for n in 0..2 * MOST_NOTES {
        members[0].note(&rate(&n.to_string(), 960, 7, 10_000), at(0));
    }
    assert_eq!(told(&mut members[1], 0).len(), MOST_NOTES);
    for (extra, known) in [
        (r#"{"rate":{"bucket":"a","limit":960,"remaining":0,"reset_ms":61000}}"#, true),
        (r#"{"rate":{"bucket":"a","limit":960,"remaining":-1,"reset_ms":61000}}"#, false),
        (r#"{"rate":{"bucket":"a","limit":960,"remaining":0}}"#, false),
        (r#"{"rate":7}"#, false),
        ("[]", false),
        ("{", false),
    ] {
        assert_eq!(super::rate(extra).is_some(), known, "{extra}");
    }
}

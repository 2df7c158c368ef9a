//! What is held back, and for how long.

use super::*;

/// Moment of learning in every table.
const THEN: u64 = 1_000_000;

fn rate(bucket: &str, limit: u32, remaining: u32, reset_ms: u32) -> Rate {
    Rate { bucket: bucket.to_owned(), limit, remaining, reset_ms }
}

fn knowing(known: &[(&str, u32, u32, u32)]) -> Rates {
    let mut rates = Rates::default();
    for (bucket, limit, remaining, reset_ms) in known {
        rates.learn(rate(bucket, *limit, *remaining, *reset_ms), THEN);
    }
    rates
}

/// One limit: how long the next request waits, whether to the end, and how many
/// of eight may go at once.
fn check(limit: u32, remaining: u32, reset_ms: u32, reserve: u32, expected: (u64, bool, u32)) {
    let rates = knowing(&[("main:a", limit, remaining, reset_ms)]);
    let hold = rates.hold("main:a", THEN, reserve);
    let found = (hold.ms, hold.to_end, rates.room("main:a", THEN, reserve, 8));
    assert_eq!(found, expected, "{remaining} of {limit}, {reset_ms} ms, reserve {reserve}");
}

#[test]
fn the_wall_is_approached_slowly() {
    // Plenty, down to the last fifth beyond the reserve.
    check(960, 960, 60_000, 5, (0, false, 8));
    check(960, 500, 60_000, 0, (0, false, 8));
    check(960, 200, 30_000, 0, (0, false, 8));
    check(960, 195, 30_000, 0, (0, false, 3));
    check(960, 192, 30_000, 0, (0, false, 1));
    check(960, 191, 30_000, 0, (156, false, 0));
    check(960, 99, 30_000, 0, (300, false, 0));
    check(960, 2, 30_000, 0, (10_000, false, 0));
    check(960, 1, 30_000, 0, (15_000, false, 0));
    check(960, 0, 30_000, 0, (30_000, true, 0));
    // 5 % of 960 are 48, and none of it is taken.
    check(960, 243, 30_000, 5, (0, false, 3));
    check(960, 240, 30_000, 5, (0, false, 1));
    check(960, 239, 30_000, 5, (156, false, 0));
    check(960, 49, 30_000, 5, (15_000, false, 0));
    check(960, 48, 30_000, 5, (30_000, true, 0));
    check(960, 0, 30_000, 5, (30_000, true, 0));
    check(960, 480, 30_000, 50, (30_000, true, 0));
    check(960, 481, 30_000, 50, (15_000, false, 0));
    // The reserve is rounded down; a limit of nothing is none to divide by.
    check(19, 1, 30_000, 5, (15_000, false, 0));
    check(4, 1, 30_000, 0, (0, false, 1));
    check(1, 1, 30_000, 90, (0, false, 1));
    check(0, 0, 30_000, 0, (30_000, true, 0));
    check(u32::MAX, u32::MAX, u32::MAX, 90, (0, false, 1));
    // "In 0 s" is within this second.
    check(960, 0, 0, 0, (1_000, true, 0));
    check(960, 700, 0, 0, (0, false, 8));
    // With many left for a moment there is nothing to wait for.
    check(960, 100, 50, 0, (0, false, 1));
}

#[test]
fn of_what_is_wanted_no_more_goes() {
    let rates = knowing(&[("main:a", 960, 200, 30_000)]);
    for (wanted, room) in [(0, 0), (1, 1), (8, 8), (9, 8), (u32::MAX, 8)] {
        assert_eq!(rates.room("main:a", THEN, 0, wanted), room);
        assert_eq!(Rates::default().room("main:a", THEN, 0, wanted), wanted);
    }
}

/// Whether the next request of `bucket` waits.
fn held(known: &[(&str, u32, u32, u32)], bucket: &str, expected: bool) {
    assert_eq!(knowing(known).hold(bucket, THEN, 5).ms > 0, expected, "{known:?} {bucket}");
}

#[test]
fn what_one_operation_learned_holds_for_others_on_the_same_limit() {
    let general = ("main:a", 960, 0, 30_000);
    held(&[general], "main:a", true);
    // Unseen: the widest limit of the key is its own as well.
    held(&[general], "main:b", true);
    held(&[general, ("main:c", 125, 125, 30_000)], "main:b", true);
    held(&[("main:a", 960, 900, 30_000), ("main:c", 125, 0, 30_000)], "main:b", false);
    held(&[("main:c", 125, 0, 30_000)], "main:b", true);
    // Another key has limits of its own, and without a key nothing is shared.
    held(&[general], "user:a", false);
    held(&[("none:a", 120, 0, 30_000)], "none:b", false);
    held(&[("none:a", 120, 0, 30_000)], "none:a", true);
    // Seen: the same number and window are the same limit, others are not.
    held(&[general, ("main:b", 960, 900, 32_000)], "main:b", true);
    held(&[general, ("main:b", 960, 900, 28_000)], "main:b", true);
    held(&[general, ("main:b", 960, 900, 32_001)], "main:b", false);
    held(&[general, ("main:b", 125, 100, 30_000)], "main:b", false);
    // An operation with a limit of its own counts in the general one as well.
    held(&[general, ("main:b", 125, 100, 30_000), ("main:b", 960, 900, 30_000)], "main:b", true);
    held(&[("main:b", 125, 0, 30_000), ("main:b", 960, 900, 30_000)], "main:b", true);
    held(&[("main:b", 125, 0, 30_000), ("main:b", 960, 900, 30_000)], "main:a", false);
}

#[test]
fn the_longest_hold_counts_and_a_spent_limit_is_never_only_spread() {
    let rates = knowing(&[("main:a", 960, 0, 3_000), ("main:a", 125, 1, 20_000)]);
    assert_eq!(rates.hold("main:a", THEN, 0), Hold { ms: 10_000, to_end: true });
}

#[test]
fn requests_under_way_are_counted_until_their_window_ends() {
    let mut rates = knowing(&[("main:a", 960, 50, 30_000), ("main:b", 960, 51, 29_000), ("main:c", 125, 9, 30_000)]);
    // Seen, in another bucket of the limit, and unseen.
    for bucket in ["main:a", "main:b", "main:new"] {
        assert!(!rates.hold(bucket, THEN, 5).to_end, "{bucket}");
    }
    rates.spend("main:b");
    assert!(!rates.hold("main:new", THEN, 5).to_end);
    rates.spend("main:new");
    for bucket in ["main:a", "main:b", "main:new"] {
        assert!(rates.hold(bucket, THEN, 5).to_end, "{bucket}");
    }
    assert_eq!(rates.known.iter().map(|known| known.rate.remaining).collect::<Vec<_>>(), [48, 49, 9]);
    // An answer that was sent before others knows nothing of them.
    rates.learn(rate("main:a", 960, 500, 30_000), THEN);
    assert!(rates.hold("main:a", THEN, 5).to_end);
    // A new window.
    rates.learn(rate("main:a", 960, 500, 90_000), THEN);
    rates.learn(rate("main:b", 960, 500, 90_000), THEN);
    assert_eq!(rates.hold("main:a", THEN, 5).ms, 0);
    let mut spent = knowing(&[("main:a", 960, 0, 30_000)]);
    spent.spend("main:a");
    assert_eq!(spent.hold("main:a", THEN, 5).ms, 30_000);
    Rates::default().spend("main:a");
}

#[test]
fn of_a_window_the_least_counts_and_lasts_as_long_as_it() {
    let mut rates = knowing(&[("main:a", 960, 0, 5_000), ("main:b", 100, 100, 9_000)]);
    assert_eq!((rates.hold("main:a", THEN + 1_000, 5).ms, rates.hold("main:a", THEN + 5_000, 5).ms), (4_000, 0));
    rates.learn(rate("main:a", 960, 959, 60_000), THEN + 100);
    assert_eq!(rates.hold("main:a", THEN + 101, 5).ms, 0);
    rates.learn(rate("main:a", 960, 0, 60_000), THEN + 100);
    assert_eq!(rates.hold("main:a", THEN + 101, 5).ms, 59_999);
    // Whole seconds: the end of a window is the latest that was heard of it.
    for (reset_ms, holds) in [(58_000, 59_000), (59_000, 59_000), (60_000, 60_000), (57_000, 60_000), (40_000, 40_000)]
    {
        rates.learn(rate("main:a", 960, 0, reset_ms), THEN + 1_100);
        assert_eq!(rates.hold("main:a", THEN + 1_100, 5).ms, holds, "{reset_ms}");
    }
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut rates = Rates::default();
    for n in 0..100 {
        rates.learn(rate(&n.to_string(), 960, 0, 10), n * 1_000);
    }
    assert_eq!(rates.known.len(), 1);
    for n in 0..2 * MOST {
        rates.learn(rate(&n.to_string(), 960, 0, u32::MAX), THEN);
    }
    assert_eq!(rates.known.len(), MOST);
}

#[test]
fn what_was_heard_is_told_again_while_it_holds() {
    let mut rates = knowing(&[("main:a", 960, 7, 5_000)]);
    assert_eq!(rates.heard(THEN), None, "others said so");
    rates.hear(rate("main:b", 960, 6, 5_000), THEN);
    rates.spend("main:b");
    assert_eq!(rates.heard(THEN + 1_000), Some(rate("main:b", 960, 6, 4_000)));
    assert_eq!(rates.heard(THEN + 5_000), None);
    assert!(rates.hold("main:b", THEN, 5).ms > 0);
}

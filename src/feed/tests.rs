//! Feeds over generated events: each comes once, whatever the polls.

use std::collections::BTreeMap;

use super::*;

/// The present, and a second that events are counted from.
const NOW: i64 = BEGINNING + 400_000_000;
const T: i64 = BEGINNING + 300_000_000;

/// Polls once over `events` (second and identity), as a walk does: newest
/// first, from the feed's floor on, the state carried as text between pages.
fn poll(feed: &mut Feed, events: &[(i64, u64)], lookback: i64) -> Vec<u64> {
    let mut listed: Vec<(i64, u64)> = events.iter().copied().filter(|(at, _)| *at >= feed.since()).collect();
    listed.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let mut came = Vec::new();
    for page in listed.chunks(7) {
        came.extend(page.iter().filter(|(at, id)| feed.take(*at, *id, lookback, NOW)).map(|(_, id)| *id));
        let text = feed.encode();
        assert!(text.len() < 3_700, "{} bytes", text.len());
        assert_eq!(Feed::decode(&text).as_ref(), Some(&*feed), "{text}");
    }
    feed.polled();
    came
}

/// A sure number between 0 and `end`.
fn below(state: &mut u64, end: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state % end.max(1)
}

/// Events come, some of them late, while polls go on: each exactly once.
fn check_once(seed: u64, a_second: u64, lateness: i64, lookback: i64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut now = T;
    let mut feed = Feed::new(Some(now));
    let (mut events, mut came): (Vec<(i64, u64)>, BTreeMap<u64, u32>) = (Vec::new(), BTreeMap::new());
    for _ in 0..40 {
        for _ in 0..below(&mut state, 30) {
            now += i64::from(below(&mut state, a_second) == 0);
            let late = below(&mut state, lateness.unsigned_abs() + 1) as i64;
            // An event of before the feed began is not its own.
            events.push(((now - late).max(T), events.len() as u64 * 7_919));
        }
        for id in poll(&mut feed, &events, lookback) {
            *came.entry(id).or_default() += 1;
        }
    }
    poll(&mut feed, &events, lookback).into_iter().for_each(|id| *came.entry(id).or_default() += 1);
    for (at, id) in &events {
        assert_eq!(came.get(id), Some(&1), "seed {seed}: the event at {at}");
    }
}

#[test]
fn each_event_comes_once_though_it_be_late() {
    for seed in 0..80 {
        check_once(seed, 1, 0, 0);
        check_once(seed, 1, 0, 600);
        // As late as it may be, in as many events as are remembered.
        check_once(seed, 1, 20, 40);
    }
}

#[test]
fn a_storm_within_one_second_loses_nothing() {
    let mut feed = Feed::new(Some(T + 100));
    let storm: Vec<(i64, u64)> = (0..500).map(|id| (T + 100, id)).collect();
    assert_eq!(poll(&mut feed, &storm[..300], 600).len(), 300);
    let came = poll(&mut feed, &storm, 600);
    assert!((300..500).all(|id| came.contains(&id)), "what came since is there");
    assert!(came.len() <= 500 - MARKS, "what is remembered does not come again: {}", came.len());
}

#[test]
fn a_busy_feed_forgets_whole_seconds_and_doubles_nothing() {
    let mut feed = Feed::new(Some(T));
    let busy: Vec<(i64, u64)> = (0..2_000).map(|id| (T + i64::try_from(id / 10).unwrap(), id)).collect();
    assert_eq!(poll(&mut feed, &busy, 600).len(), 2_000);
    assert!(poll(&mut feed, &busy, 600).is_empty());
    let mut more = busy.clone();
    more.push((T + 199, 5_000));
    assert_eq!(poll(&mut feed, &more, 600), [5_000]);
}

#[test]
fn a_feed_that_begins_now_delivers_what_comes_later() {
    for cut in [true, false] {
        let mut feed = Feed::new(None);
        let before = [(T + 99, 1), (T + 100, 2), (T + 100, 3)];
        for (at, id) in before.iter().rev() {
            assert!(!feed.take(*at, *id, 600, NOW), "nothing yet");
        }
        feed.begun(cut, NOW);
        feed.phase = Phase::Poll;
        let later = [(T + 99, 1), (T + 100, 2), (T + 100, 3), (T + 100, 4), (T + 105, 5), (T + 99, 6)];
        let came = poll(&mut feed, &later, 600);
        // Late ones are found as far back as was looked.
        assert_eq!(came, if cut { vec![5, 4] } else { vec![5, 4, 6] });
    }
}

#[test]
fn a_feed_that_begins_in_a_storm_or_in_silence_goes_on() {
    let mut feed = Feed::new(None);
    for id in 0..100 {
        feed.take(T, id, 600, NOW);
    }
    feed.begun(true, NOW);
    feed.phase = Phase::Poll;
    assert_eq!(poll(&mut feed, &(0..=100).map(|id| (T, id)).collect::<Vec<_>>(), 600), [100], "of the same second");
    let mut feed = Feed::new(None);
    feed.begun(false, NOW);
    feed.phase = Phase::Poll;
    assert!((BEGINNING..NOW).contains(&feed.since()), "it is asked from some time on");
    assert_eq!(poll(&mut feed, &[(NOW, 7)], 600), [7]);
}

#[test]
fn an_event_of_the_future_hides_none_of_the_present() {
    let mut feed = Feed::new(Some(T));
    let events = [(NOW, 1), (NOW + 365 * DAY, 2)];
    assert_eq!(poll(&mut feed, &events, 600).len(), 2);
    let later = [events[0], events[1], (NOW + 60, 3), (NOW + 2 * DAY, 4)];
    assert_eq!(poll(&mut feed, &later, 600), [4, 3]);
}

#[test]
fn a_state_that_is_too_long_forgets_in_halves() {
    let mut feed = Feed::new(Some(T));
    poll(&mut feed, &(0..150).map(|id| (T + 100 * i64::try_from(id).unwrap(), id)).collect::<Vec<_>>(), DAY);
    for id in 0..150 {
        feed.take(T + 20_000 + 100 * i64::try_from(id).unwrap(), 1_000 + id, DAY, NOW);
    }
    let (mut length, mut floor) = (feed.encode().len(), feed.since());
    while let Some(lighter) = feed.lighter() {
        assert!(lighter.encode().len() < length && lighter.since() == floor);
        (length, floor, feed) = (lighter.encode().len(), lighter.since(), lighter);
    }
    assert!(length < 60, "{}", feed.encode());
}

#[test]
fn a_quiet_poll_changes_nothing() {
    let mut feed = Feed::new(Some(T));
    poll(&mut feed, &[(T + 60, 1)], 600);
    let before = feed.clone();
    assert!(poll(&mut feed, &[], 600).is_empty());
    assert_eq!(feed, before);
    assert!(poll(&mut feed, &[(T + 60, 1)], 600).is_empty());
}

#[test]
fn identities_are_five_letters() {
    for identity in [0, 1, 61, 62, BITS] {
        let mut text = String::new();
        push(&mut text, identity);
        assert_eq!((text.len(), read(&text)), (LETTERS, Some(identity)), "{text}");
    }
    assert_eq!(read("ü"), None);
}

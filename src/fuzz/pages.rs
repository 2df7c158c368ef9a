//! Any text as a page, and any pages as a walk.
//!
//! Rule: what a page holds is what serde_json says it holds, item by item and
//! byte for byte. A step delivers what is on the page and goes on elsewhere,
//! ends, or says why it cannot: a walk over one page for ever comes to an end.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{chosen, harmless, headed, text};
use crate::arguments::fnv;
use crate::catalog::{Operation, Pages, find};
use crate::envelope::{self, Envelope};
use crate::paging::{Cursor, Position, Step, decode, encode, fits, size, start, step, values};

/// Steps of a walk behind its last page.
const STEPS: usize = 64;

pub(super) fn hold(input: &[u8]) {
    let (asked, rest) = headed(input);
    let mut words = asked.split(' ');
    let first = words.next().unwrap_or_default();
    let operation = chosen(first, |operation| operation.pages != Pages::None && operation.feed.is_none());
    let key = match (find(first), operation.items()) {
        (Some(_), Some(key)) => key,
        _ => first,
    };
    let all = text(rest);
    let pages: Vec<&str> = all.split("\n---\n").collect();
    let mut read = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        let skip = fnv(page.as_bytes(), number as u64);
        read.extend(as_serde_reads(page, key, skip));
    }
    walk(operation, &asked, &read);
}

/// Members as they stand, those that stand twice included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// What the page holds, as serde_json sees it; compared with what was read.
fn as_serde_reads<'a>(page: &'a str, key: &str, skip: u64) -> Option<Envelope<'a>> {
    let sound = serde_json::from_str::<&RawValue>(page).is_ok();
    assert_eq!(envelope::validate(page).is_ok(), sound, "{page}");
    let members = serde_json::from_str::<Members<'a>>(page);
    let read = envelope::read(page, key);
    let expected = members.as_ref().ok().and_then(|members| expected(&members.0, key));
    assert_eq!(
        read.as_ref().ok().map(shown),
        expected.as_ref().map(shown),
        "{key} of {page}: {:?}",
        read.as_ref().err()
    );

    let one = members.ok().map(|members| {
        let mut found = members.0.into_iter().filter(|(name, _)| name == key).map(|(_, value)| value.get());
        (found.next(), found.next())
    });
    match (envelope::member(page, key), one) {
        (Ok(member), Some((first, None))) => assert_eq!(member, first, "{page}"),
        (Err(_), None | Some((_, Some(_)))) => {}
        (member, _) => panic!("{key} of {page}: {member:?}"),
    }

    let read = read.ok()?;
    // Some items left out, chosen by chance; at the end of 64 all that are left.
    let skip: Vec<usize> = (0..read.items.len()).filter(|n| skip >> (n % 64) & 1 == 1).collect();
    let kept = read.items.iter().enumerate().filter(|(n, _)| !skip.contains(n)).map(|(_, item)| *item);
    let array = envelope::array(page, &read.items, &skip);
    let again: Vec<&RawValue> = serde_json::from_str(&array).unwrap();
    assert!(again.into_iter().map(RawValue::get).eq(kept), "{skip:?} of {page}");
    Some(read)
}

fn expected<'a>(members: &[(String, &'a RawValue)], key: &str) -> Option<Envelope<'a>> {
    fn take<'a, T: Deserialize<'a>>(members: &[(String, &'a RawValue)], key: &str, name: &str) -> Option<Option<T>> {
        let mut found = members.iter().filter(|(known, _)| known == name && name != key);
        match (found.next(), found.next()) {
            (None, _) => Some(None),
            (Some((_, value)), None) => serde_json::from_str(value.get()).ok(),
            (Some(_), Some(_)) => None,
        }
    }
    let mut lists = members.iter().filter(|(name, _)| name == key);
    let (list, None) = (lists.next()?, lists.next()) else { return None };
    Some(Envelope {
        items: serde_json::from_str::<Vec<&RawValue>>(list.1.get()).ok()?.into_iter().map(RawValue::get).collect(),
        more: take(members, key, "more")?,
        total: take(members, key, "total")?,
        limit: take(members, key, "limit")?,
        next_cursor: take(members, key, "next_cursor")?,
        after: take(members, key, "after")?,
        last: take(members, key, "last")?,
        total_results: take(members, key, "totalResults")?,
    })
}

fn shown(page: &Envelope<'_>) -> String {
    format!("{page:?}")
}

/// Walks over the pages; behind the last, of offset pages over it again and
/// again, of those with tokens over all of them.
fn walk(operation: &'static Operation, asked: &str, pages: &[Envelope<'_>]) {
    let mut position = start(operation).unwrap();
    let (mut wanted, mut overlap, mut fixed) = (100, false, false);
    for word in asked.split(' ').skip(1) {
        match (word, word.parse()) {
            ("overlap", _) => overlap = true,
            ("fixed", _) => fixed = true,
            (_, Ok(size)) => wanted = u32::clamp(size, 1, 1_000),
            (place, Err(_)) => {
                let text = format!("1:{}:0:0:0:{place}", operation.id);
                let found = decode(operation.id, 0, 0, &text).ok().map(|cursor| cursor.position);
                position = found.filter(|found| fits(operation.pages, found)).unwrap_or(position);
            }
        }
    }
    let (mut still, tokens) = (0, matches!(position, Position::Token { .. }));
    let end = STEPS + 8 * pages.len();
    for number in 0..end {
        let again = if tokens { pages.get(number % pages.len().max(1)) } else { pages.last() };
        let Some(page) = pages.get(number).or(again) else { return };
        let Some(size) = size(operation, &position, wanted) else { return };
        assert!((1..=wanted).contains(&size));
        assert!(values(operation, &position, size).iter().all(|(name, _)| !name.is_empty()));
        let next = match step(operation, &position, size, overlap, fixed, page) {
            Step::Broken(why) => return harmless(&why, 300),
            Step::Again(next) => next,
            Step::Deliver { skip, next } => {
                assert!(skip.is_sorted_by(|left, right| left < right), "{skip:?}");
                assert!(skip.last().is_none_or(|last| *last < page.items.len()), "{skip:?}");
                let Some(next) = next else { return };
                carried(operation, &next);
                next
            }
        };
        assert!(next != position, "stays at {position:?}");
        assert!(fits(operation.pages, &next));
        // A walk may look back, and read what it has read; not for long.
        still = if moved(&position, &next) { 0 } else { still + 1 };
        assert!(still < 8, "goes round at {next:?}");
        position = next;
    }
    // Tokens that come round are noticed; an offset that grows ends by itself.
    assert!(!tokens || pages.is_empty(), "goes round for ever at {position:?}");
}

/// Whether the next page lies behind this one.
fn moved(from: &Position, to: &Position) -> bool {
    match (from, to) {
        (Position::Offset { at: from, .. }, Position::Offset { at: to, .. }) => to > from,
        (Position::Token { token: from, .. }, Position::Token { token: to, .. }) => {
            assert_ne!(from, to, "the same token again");
            true
        }
        (from, to) => panic!("from {from:?} to {to:?}"),
    }
}

/// The position behind a page that was delivered travels through a cursor unharmed.
fn carried(operation: &'static Operation, position: &Position) {
    let position = position.clone();
    let cursor = Cursor { arguments: 1, account: 2, read: 3, feed: None, windows: None, position };
    if let Some(text) = encode(operation.id, &cursor) {
        assert_eq!(decode(operation.id, 1, 2, &text), Ok(cursor));
    }
}

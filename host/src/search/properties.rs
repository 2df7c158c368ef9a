//! What holds of the ranking for any input at all: what `fuzz/targets/search.rs`
//! looks for an exception to.
//!
//! Rule: built for tests and fuzzers alone. An input is what is typed, then an
//! operation a line: `ID|TITLE|SUMMARY|WORDS`, words behind commas.

use serde_json::json;

use super::rank::{MOST_WORDS, Texts, rank, typed};

/// Where an input brings no operations of its own.
const OPERATIONS: &str = "incidents.list|List incidents|Open and closed ones|outages,tickets
incidents.update|Update an incident|Acknowledges, resolves or reassigns it|ack,close,escalate
incidents.notes.create|Add a note|Writes on an incident|comment on
services.list|List services|What incidents are about|applications
on-calls.list|List who is on call|By escalation policy or schedule|who is on call,rota
users.contact-methods.create|Add a contact method|A number or an address|phone number";

/// Operations of one input.
const MOST: usize = 24;

pub(super) fn hold(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (words, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let lines: Vec<&str> = if rest.is_empty() { OPERATIONS } else { rest }.lines().take(MOST).collect();
    let parts: Vec<Vec<&str>> = lines.iter().map(|line| line.split('|').collect()).collect();
    let part = |place: usize, which: usize| -> &str { parts[place].get(which).copied().unwrap_or_default() };
    let extra: Vec<String> = (0..parts.len())
        .map(|place| match part(place, 3) {
            // As it stands: a connector may write anything here.
            text if text.starts_with('{') => text.to_owned(),
            text => json!({"words": text.split(',').collect::<Vec<_>>(), "area_words": [part(place, 4)]}).to_string(),
        })
        .collect();
    let operations: Vec<Texts<'_>> = (0..parts.len())
        .map(|place| Texts {
            id: part(place, 0),
            area: part(place, 0).split('.').next().unwrap_or_default(),
            title: part(place, 1),
            summary: part(place, 2),
            extra: &extra[place],
            worth: [1.0, 0.9, 0.5][place % 3],
        })
        .collect();

    let found = rank(&operations, words);
    let mut places = found.clone();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), found.len(), "one twice in {found:?}");
    assert!(places.last().is_none_or(|last| *last < operations.len()), "{found:?}");
    let counted = typed(words);
    assert!(counted.len() <= MOST_WORDS && counted.iter().all(|word| word.chars().count() <= 64));
    if counted.is_empty() {
        assert!(found.iter().copied().eq(0..operations.len()), "{found:?}");
    }
    // Words that do not count change nothing.
    if counted.len() == MOST_WORDS {
        assert_eq!(found, rank(&operations, &format!("{words} zebra")));
    }
    // The rest of what holds is tried on one operation an input, since ranking
    // takes all of the time.
    let chance = input.iter().fold(0, |sum: usize, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    let place = chance / 4 % operations.len().max(1);
    let Some(operation) = operations.get(place) else { return };
    match chance % 4 {
        0 => assert_eq!(found, rank(&operations, words), "two orders"),
        1 => assert!(rank(&operations, operation.id).contains(&place), "{:?} is not found", operation.id),
        _ => assert!(rank(&operations, operation.title).contains(&place), "{:?} is not found", operation.title),
    }
}

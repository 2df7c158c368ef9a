//! The page dialects: where a page begins, what it delivers, where the next
//! one begins, and the cursor that carries this between instances.
//!
//! Rule: pure, and the one place that decides completeness. A page either
//! brings the walk forward, ends it, or ends it in an error: never in silence,
//! never in a loop.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::arguments::fnv;
use crate::catalog::{Consistency, Operation, Pages};
use crate::envelope::{self, Envelope};

mod cursor;
pub(crate) use cursor::{Cursor, decode, encode};

/// `offset + limit` may not go past this (PagerDuty answers 400, code 2002).
const OFFSET_END: u32 = 10_000;
/// Pages in a row that may bring nothing new before a walk gives up.
const PATIENCE: u8 = 3;
/// Records remembered to recognise where the last page ended.
const SEAMS: usize = 4;

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position {
    Offset {
        at: u32,
        /// Identities of the last records delivered, newest last. Empty on the
        /// first page and where pages do not overlap.
        seams: Vec<u64>,
        /// Pages in a row that brought nothing new.
        stale: u8,
    },
    /// `cursor`, `after` and analytics: a token, empty on the first page.
    Token { token: String, guard: Guard },
    /// Counted from 1.
    Scim { start: u32 },
}

/// Notices tokens that come again, at any distance, in constant space
/// (Brent's cycle detection).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guard {
    seen: u64,
    power: u32,
    lap: u32,
}

/// What a page means for the walk.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Deliver all but the first `skip` items.
    Deliver { skip: usize, next: Option<Position> },
    /// Records moved: read this page first.
    Again(Position),
    /// The walk cannot be completed; why, and what to do.
    Broken(String),
}

/// Where a walk begins; none for operations that do not page.
pub(crate) fn start(operation: &Operation) -> Option<Position> {
    match operation.pages {
        Pages::None => None,
        Pages::Offset => Some(Position::Offset { at: 0, seams: Vec::new(), stale: 0 }),
        Pages::Cursor | Pages::After | Pages::Analytics => {
            Some(Position::Token { token: String::new(), guard: Guard { seen: 0, power: 1, lap: 0 } })
        }
        Pages::Scim => Some(Position::Scim { start: 1 }),
    }
}

/// How many items to ask for, of those wanted; none where the dialect's end
/// is reached although there may be more.
pub(crate) fn size(position: &Position, wanted: u32) -> Option<u32> {
    match position {
        Position::Offset { at, seams, .. } => {
            let room = OFFSET_END.saturating_sub(*at);
            // With an overlap a page of one would hold nothing but the seam.
            (room > u32::from(!seams.is_empty())).then_some(wanted.min(room))
        }
        Position::Token { .. } | Position::Scim { .. } => Some(wanted),
    }
}

/// What the request says of the page.
pub(crate) fn values(operation: &Operation, position: &Position, size: u32) -> Vec<(&'static str, Value)> {
    let token_name = match operation.pages {
        Pages::Cursor => "cursor",
        Pages::After => "after",
        Pages::Analytics => "starting_after",
        Pages::None | Pages::Offset | Pages::Scim => "",
    };
    match position {
        Position::Offset { at, .. } => vec![("limit", size.into()), ("offset", (*at).into())],
        Position::Token { token, .. } if token.is_empty() => vec![("limit", size.into())],
        Position::Token { token, .. } => vec![("limit", size.into()), (token_name, token.as_str().into())],
        Position::Scim { start } => vec![("startIndex", (*start).into()), ("count", size.into())],
    }
}

/// Decides on a page that was asked for at `position` with `size`.
pub(crate) fn step(operation: &Operation, position: &Position, size: u32, overlap: bool, page: &Envelope<'_>) -> Step {
    let count = u32::try_from(page.items.len()).unwrap_or(u32::MAX);
    match position {
        Position::Offset { at, seams, stale } => {
            let overlap = overlap && size > 1 && operation.consistency == Consistency::Exact;
            offset(*at, seams, *stale, size, overlap, count, page)
        }
        Position::Token { token, guard } => {
            let next = match operation.pages {
                Pages::Cursor => page.next_cursor.as_deref(),
                Pages::After => page.after.as_deref(),
                Pages::Analytics if page.more == Some(true) && count == 0 => return Step::Broken(empty_page()),
                Pages::Analytics if page.more == Some(true) => match page.last.as_deref() {
                    None | Some("") => return Step::Broken("the page says that more follow and not where".to_owned()),
                    last => last,
                },
                Pages::Analytics | Pages::None | Pages::Offset | Pages::Scim => None,
            };
            follow(token, *guard, next)
        }
        Position::Scim { start } => {
            let next = start.saturating_add(count);
            let more = page.total_results.map_or(count >= size, |total| u64::from(next) <= total);
            match (more, count) {
                (false, _) => Step::Deliver { skip: 0, next: None },
                (true, 0) => Step::Broken(empty_page()),
                (true, _) => Step::Deliver { skip: 0, next: Some(Position::Scim { start: next }) },
            }
        }
    }
}

/// Offset pages: find where the last page ended, then go on from there.
fn offset(at: u32, seams: &[u64], stale: u8, size: u32, overlap: bool, count: u32, page: &Envelope<'_>) -> Step {
    let Some(skip) = seam(seams, &page.items) else {
        // None of the last records is on this page: records before it went
        // away and everything moved to the front.
        if at == 0 || stale >= PATIENCE {
            return Step::Broken("records came and went faster than they could be read".to_owned());
        }
        let back = at.saturating_sub(size.saturating_sub(1).max(1));
        return Step::Again(Position::Offset { at: back, seams: seams.to_vec(), stale: stale + 1 });
    };
    // Where the answer does not say, a full page promises another.
    if !page.more.unwrap_or(count >= size) {
        return Step::Deliver { skip, next: None };
    }
    let fresh = page.items.len() - skip;
    let stale = if fresh == 0 { stale + 1 } else { 0 };
    if count == 0 {
        return Step::Broken(empty_page());
    }
    if stale >= PATIENCE || (overlap && count == 1 && fresh == 0) {
        return Step::Broken("the same records came again instead of the next ones".to_owned());
    }
    let mut known = seams.to_vec();
    let mut next = at.saturating_add(count);
    if overlap {
        let tail = page.items.get(skip..).unwrap_or_default();
        known.extend(tail.iter().rev().take(SEAMS).rev().map(|item| identity(item)));
        known = known.split_off(known.len().saturating_sub(SEAMS));
        next -= 1;
    }
    Step::Deliver { skip, next: Some(Position::Offset { at: next, seams: known, stale }) }
}

/// How many items of the page were delivered before; none when the page does
/// not join the last one.
fn seam(seams: &[u64], items: &[&RawValue]) -> Option<usize> {
    let newest = match seams.last() {
        None => return Some(0),
        Some(newest) => *newest,
    };
    if items.first().is_some_and(|first| identity(first) == newest) {
        return Some(1);
    }
    let found: Vec<u64> = items.iter().map(|item| identity(item)).collect();
    let place = seams.iter().rev().find_map(|seam| found.iter().position(|id| id == seam));
    place.map(|index| index + 1)
}

/// What makes a record the same record: its `id`, or all of it.
fn identity(item: &RawValue) -> u64 {
    match envelope::member(item.get(), "id") {
        Ok(Some(id)) => fnv(id.as_bytes(), 11),
        Ok(None) | Err(_) => fnv(item.get().as_bytes(), 12),
    }
}

/// Goes on to the next token, unless it is one that came before.
fn follow(token: &str, guard: Guard, next: Option<&str>) -> Step {
    let Some(next) = next.filter(|next| !next.is_empty()) else { return Step::Deliver { skip: 0, next: None } };
    let hash = fnv(next.as_bytes(), 13);
    if next == token || hash == guard.seen {
        return Step::Broken("the provider's cursor came a second time".to_owned());
    }
    let lap = guard.lap + 1;
    let guard = if lap >= guard.power {
        Guard { seen: hash, power: guard.power.saturating_mul(2), lap: 0 }
    } else {
        Guard { lap, ..guard }
    };
    Step::Deliver { skip: 0, next: Some(Position::Token { token: next.to_owned(), guard }) }
}

fn empty_page() -> String {
    "a page came back empty although it says that more follow".to_owned()
}

#[cfg(test)]
mod tests;

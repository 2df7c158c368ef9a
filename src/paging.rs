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
const PATIENCE: u8 = 5;
/// Records remembered to recognise where the last page ended.
const SEAMS: usize = 4;
/// Records remembered in all, those included that stood behind the last page's
/// end and have not come up again: deleted, or pushed further back.
const MOST_SEAMS: usize = 16;

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position {
    Offset {
        at: u32,
        /// Identities of the records delivered last, in the order of the list.
        /// Empty on the first page and where pages do not overlap.
        seams: Vec<u64>,
        /// Digest of the last page where pages do not overlap, else 0.
        twin: u64,
        /// Pages in a row that brought nothing new.
        stale: u8,
    },
    /// `cursor`, `after` and analytics: a token, empty on the first page.
    Token { token: String, guard: Guard },
    /// Counted from 1; `twin` as above.
    Scim { start: u32, twin: u64 },
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
        Pages::Offset => Some(Position::Offset { at: 0, seams: Vec::new(), twin: 0, stale: 0 }),
        Pages::Cursor | Pages::After | Pages::Analytics => {
            Some(Position::Token { token: String::new(), guard: Guard { seen: 0, power: 1, lap: 0 } })
        }
        Pages::Scim => Some(Position::Scim { start: 1, twin: 0 }),
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
        Position::Scim { start, .. } => vec![("startIndex", (*start).into()), ("count", size.into())],
    }
}

/// Decides on a page that was asked for at `position` with `size`.
pub(crate) fn step(operation: &Operation, position: &Position, size: u32, overlap: bool, page: &Envelope<'_>) -> Step {
    let count = u32::try_from(page.items.len()).unwrap_or(u32::MAX);
    // Where the answer does not say, a full page promises another; full is
    // what the provider says it holds, where that is less than was asked for.
    let most = page.limit.and_then(|limit| u32::try_from(limit).ok()).filter(|limit| *limit > 0);
    let more = page.more.unwrap_or(count >= size.min(most.unwrap_or(size)));
    match position {
        Position::Offset { at, seams, twin, stale } => {
            if size > 1 && overlaps(operation, overlap) {
                return overlapping(*at, seams, *stale, size, more, page);
            }
            // A cursor can have been made while pages overlapped.
            let skip = match seam(seams, &page.items) {
                Seam::Joins { skip, .. } => skip,
                Seam::Nowhere => return back(*at, seams, *twin, *stale, size),
                Seam::Disordered => return Step::Broken(disorder()),
            };
            side_by_side(*twin, more, skip, page, |twin| Position::Offset {
                at: at.saturating_add(count),
                seams: Vec::new(),
                twin,
                stale: 0,
            })
        }
        Position::Token { token, guard } => {
            let next = match operation.pages {
                Pages::Cursor => page.next_cursor.as_deref(),
                Pages::After => page.after.as_deref(),
                Pages::Analytics if more && count == 0 => return Step::Broken(empty_page()),
                Pages::Analytics if more => match page.last.as_deref() {
                    None | Some("") => return Step::Broken("the page says that more follow and not where".to_owned()),
                    last => last,
                },
                Pages::Analytics | Pages::None | Pages::Offset | Pages::Scim => None,
            };
            follow(token, *guard, next)
        }
        Position::Scim { start, twin } => {
            let next = start.saturating_add(count);
            let more = page.total_results.map_or(count >= size, |total| u64::from(next) <= total);
            side_by_side(*twin, more, 0, page, |twin| Position::Scim { start: next, twin })
        }
    }
}

/// Whether successive pages of this operation share a record.
pub(crate) fn overlaps(operation: &Operation, wanted: bool) -> bool {
    wanted && operation.pages == Pages::Offset && operation.consistency == Consistency::Exact
}

/// Pages that begin where the last one ended. Nothing tells of a shift, but a
/// provider that ignores the position sends the same page twice.
fn side_by_side(twin: u64, more: bool, skip: usize, page: &Envelope<'_>, next: impl Fn(u64) -> Position) -> Step {
    if page.items.is_empty() {
        return if more { Step::Broken(empty_page()) } else { Step::Deliver { skip, next: None } };
    }
    let digest = page.items.iter().fold(14, |hash, item| fnv(&identity(item).to_le_bytes(), hash));
    if digest == twin {
        return Step::Broken(same_again());
    }
    Step::Deliver { skip, next: more.then(|| next(digest)) }
}

/// Offset pages that share a record: find where the last page ended, then go
/// on from there.
fn overlapping(at: u32, seams: &[u64], stale: u8, size: u32, more: bool, page: &Envelope<'_>) -> Step {
    let (skip, joint) = match seam(seams, &page.items) {
        Seam::Joins { skip, joint } => (skip, joint),
        Seam::Nowhere => return back(at, seams, 0, stale, size),
        Seam::Disordered => return Step::Broken(disorder()),
    };
    if !more {
        return Step::Deliver { skip, next: None };
    }
    let fresh = page.items.get(skip..).unwrap_or_default();
    let stale = if fresh.is_empty() { stale.saturating_add(1) } else { 0 };
    let count = u32::try_from(page.items.len()).unwrap_or(u32::MAX);
    if count == 0 {
        return Step::Broken(empty_page());
    }
    if stale >= PATIENCE || (count == 1 && fresh.is_empty()) {
        return Step::Broken(same_again());
    }
    // Those behind the joint did not come up on this page: gone, or pushed
    // behind it. Until that is known they stay the end of what was delivered.
    let (passed, ahead) = seams.split_at(joint.min(seams.len()));
    let mut known = passed.to_vec();
    known.extend(fresh.iter().rev().take(SEAMS).rev().map(|item| identity(item)));
    known = known.split_off(known.len().saturating_sub(SEAMS));
    known.extend(ahead);
    if known.len() > MOST_SEAMS {
        return Step::Broken(too_fast());
    }
    let next = at.saturating_add(count).saturating_sub(1);
    Step::Deliver { skip, next: Some(Position::Offset { at: next, seams: known, twin: 0, stale }) }
}

/// None of the last records is on the page: records before it went away and
/// everything moved to the front. Half a page back leaves room for new records
/// behind those looked for.
fn back(at: u32, seams: &[u64], twin: u64, stale: u8, size: u32) -> Step {
    if at == 0 || stale >= PATIENCE {
        return Step::Broken(too_fast());
    }
    let at = at.saturating_sub((size / 2).max(1));
    Step::Again(Position::Offset { at, seams: seams.to_vec(), twin, stale: stale.saturating_add(1) })
}

/// How a page joins what was delivered.
enum Seam {
    /// Its first `skip` items were delivered before; the first `joint` seams
    /// stand there or were passed.
    Joins { skip: usize, joint: usize },
    /// It shows none of the seams.
    Nowhere,
    /// It shows them in another order than before.
    Disordered,
}

fn seam(seams: &[u64], items: &[&RawValue]) -> Seam {
    let Some(newest) = seams.last() else { return Seam::Joins { skip: 0, joint: 0 } };
    if items.first().is_some_and(|first| identity(first) == *newest) {
        return Seam::Joins { skip: 1, joint: seams.len() };
    }
    let found: Vec<u64> = items.iter().map(|item| identity(item)).collect();
    let places: Vec<(usize, usize)> =
        seams.iter().enumerate().filter_map(|(n, seam)| Some((n, found.iter().position(|id| id == seam)?))).collect();
    match places.last() {
        None => Seam::Nowhere,
        _ if !places.is_sorted_by(|(_, left), (_, right)| left < right) => Seam::Disordered,
        Some((n, place)) => Seam::Joins { skip: place + 1, joint: n + 1 },
    }
}

/// What makes a record the same record: its `id`, or all of it.
fn identity(item: &RawValue) -> u64 {
    match envelope::member(item.get(), "id") {
        Ok(Some(id)) if id != "null" => fnv(id.as_bytes(), 11),
        Ok(_) | Err(_) => fnv(item.get().as_bytes(), 12),
    }
}

/// Goes on to the next token, unless it is one that came before.
fn follow(token: &str, guard: Guard, next: Option<&str>) -> Step {
    let Some(next) = next.filter(|next| !next.is_empty()) else { return Step::Deliver { skip: 0, next: None } };
    let hash = fnv(next.as_bytes(), 13);
    if next == token || hash == guard.seen {
        return Step::Broken("the provider's cursor came a second time".to_owned());
    }
    let lap = guard.lap.saturating_add(1);
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

fn same_again() -> String {
    "the same records came again instead of the next ones".to_owned()
}

fn too_fast() -> String {
    "records came and went faster than they could be read".to_owned()
}

fn disorder() -> String {
    "records changed places while they were read; sort by something that stays".to_owned()
}

#[cfg(test)]
mod tests;

//! The page dialects: where a page begins, what it delivers, where the next
//! one begins, and the cursor that carries this between instances.
//!
//! Rule: pure, and the one place that decides completeness. A page either
//! brings the walk forward, ends it, or ends it in an error: never in silence,
//! never in a loop. A position that a page leads to is one a cursor can carry.
//!
//! What a page can do wrong, and what becomes of it: empty although more
//! follow, a token that comes twice, or token after token without a record: the
//! walk ends with the reason. More or
//! fewer items than asked for: the next page begins behind what came. A total
//! that changes is not relied on: where pages overlap, the shift itself shows.

use serde_json::Value;

use crate::arguments::{Arguments, fnv};
use crate::catalog::{Consistency, Operation, Pages};
use crate::envelope::{self, Envelope};

mod cursor;
mod offset;
pub(crate) use cursor::{Cursor, decode, encode};
pub(crate) use offset::Known;
use offset::{Joint, back, join, overlapping};

/// `offset + limit` may not go past this (PagerDuty answers 400, code 2002).
const OFFSET_END: u32 = 10_000;
/// Pages in a row that may bring nothing new before a walk gives up.
const PATIENCE: u8 = 5;
/// Empty pages in a row, each with another token, before it does: what filters
/// while it reads can send many, what never ends sends any number.
const EMPTY_PAGES: u16 = 1_000;

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position {
    /// `offset` and `scim`: how many records are passed over.
    Offset {
        at: u32,
        /// What tells where the last page ended; nothing on the first page and
        /// where pages do not overlap.
        known: Known,
        /// Digest of the last page where pages do not overlap, else 0.
        twin: u64,
        /// Pages in a row that brought nothing new.
        stale: u8,
    },
    /// `cursor`, `after` and analytics: a token, empty on the first page.
    Token { token: String, guard: Guard },
}

/// Notices tokens that come again, at any distance, in constant space
/// (Brent's cycle detection).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guard {
    seen: u64,
    power: u32,
    lap: u32,
    /// Empty pages in a row.
    empty: u16,
}

impl Guard {
    /// Nothing seen yet.
    pub(super) const NEW: Guard = Guard { seen: 0, power: 1, lap: 0, empty: 0 };
}

/// What a page means for the walk.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Deliver all items but those at the indexes in `skip` (ascending, each
    /// within the page): they were delivered before. Then go on at `next`, or
    /// end the walk where there is none.
    Deliver { skip: Vec<usize>, next: Option<Position> },
    /// The page does not show where the last one ended: deliver nothing of it
    /// and read this one first.
    Again(Position),
    /// The walk cannot be completed; why, and what to do.
    Broken(String),
}

/// Where a walk begins; none for operations that do not page.
pub(crate) fn start(operation: &Operation) -> Option<Position> {
    match operation.pages {
        Pages::None => None,
        Pages::Offset | Pages::Scim => Some(Position::Offset { at: 0, known: Known::default(), twin: 0, stale: 0 }),
        Pages::Cursor | Pages::After | Pages::Analytics => {
            Some(Position::Token { token: String::new(), guard: Guard::NEW })
        }
    }
}

/// Whether a position belongs to a dialect.
pub(crate) fn fits(pages: Pages, position: &Position) -> bool {
    match (pages, position) {
        (Pages::Offset | Pages::Scim, Position::Offset { .. })
        | (Pages::Cursor | Pages::After | Pages::Analytics, Position::Token { .. }) => true,
        (Pages::None | Pages::Offset | Pages::Cursor | Pages::After | Pages::Analytics | Pages::Scim, _) => false,
    }
}

/// How many items to ask for, of those wanted; none where the dialect's end
/// is reached although there may be more.
pub(crate) fn size(operation: &Operation, position: &Position, wanted: u32) -> Option<u32> {
    match position {
        Position::Offset { at, known, .. } if operation.pages == Pages::Offset => {
            let room = OFFSET_END.saturating_sub(*at);
            // With an overlap a page of one would hold nothing but the seam.
            (room > u32::from(!known.seams.is_empty())).then_some(wanted.min(room))
        }
        Position::Offset { .. } | Position::Token { .. } => Some(wanted),
    }
}

/// Whether nothing has been read at this position's list yet.
pub(crate) fn is_start(position: &Position) -> bool {
    match position {
        Position::Offset { at, known, twin, .. } => *at == 0 && known.seams.is_empty() && *twin == 0,
        Position::Token { token, .. } => token.is_empty(),
    }
}

/// How many records are passed over before the page that follows the one at
/// `position`, `pages` further, if every page between is full and nothing shifts;
/// none where that cannot be told, or where a list of `total` records ends before.
pub(crate) fn ahead(
    operation: &Operation,
    position: &Position,
    size: u32,
    overlap: bool,
    pages: u32,
    total: u64,
) -> Option<u32> {
    let Position::Offset { at, .. } = position else { return None };
    let shared = u32::from(size > 1 && overlaps(operation, overlap));
    let at = at.checked_add((size - shared).checked_mul(pages)?)?;
    let reached = operation.pages == Pages::Offset && at.checked_add(size)? > OFFSET_END;
    let wanted = pages == 0 || u64::from(at) + u64::from(shared) < total;
    (wanted && !reached).then_some(at)
}

/// What the request says of the page behind `at` records.
pub(crate) fn offset_values(operation: &Operation, at: u32, size: u32) -> Vec<(&'static str, Value)> {
    match operation.pages {
        Pages::Scim => vec![("startIndex", at.saturating_add(1).into()), ("count", size.into())],
        _ => vec![("limit", size.into()), ("offset", at.into())],
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
        Position::Offset { at, .. } => offset_values(operation, *at, size),
        Position::Token { token, .. } if token.is_empty() => vec![("limit", size.into())],
        Position::Token { token, .. } => vec![("limit", size.into()), (token_name, token.as_str().into())],
    }
}

/// Decides on a page that was asked for at `position` with `size`. `fixed`:
/// records never change places in this list.
pub(crate) fn step(
    operation: &Operation,
    position: &Position,
    size: u32,
    overlap: bool,
    fixed: bool,
    page: &Envelope<'_>,
) -> Step {
    let count = u32::try_from(page.items.len()).unwrap_or(u32::MAX);
    // Where the answer does not say, a full page promises another; full is
    // what the provider says it holds, where that is less than was asked for.
    let most = page.limit.and_then(|limit| u32::try_from(limit).ok()).filter(|limit| *limit > 0);
    let more = page.more.unwrap_or(count >= size.min(most.unwrap_or(size)));
    match position {
        Position::Offset { at, known, twin, stale } => {
            let more = match page.total_results {
                Some(total) if operation.pages == Pages::Scim => u64::from(*at) + u64::from(count) < total,
                _ => more,
            };
            if size > 1 && overlaps(operation, overlap) {
                return overlapping(*at, known, *stale, size, more, fixed, page);
            }
            // A cursor can have been made while pages overlapped.
            let Some(Joint { skip, .. }) = join(known, fixed, page) else {
                return back(*at, known, *twin, *stale, size);
            };
            side_by_side(*twin, more, skip, page, |twin| Position::Offset {
                at: at.saturating_add(count),
                known: Known::default(),
                twin,
                stale: 0,
            })
        }
        Position::Token { token, guard } => {
            let (next, more) = match operation.pages {
                Pages::Cursor => (page.next_cursor.as_deref(), page.more == Some(true)),
                Pages::After => (page.after.as_deref(), page.more == Some(true)),
                Pages::Analytics if more && count == 0 => return Step::Broken(empty_page()),
                // The last page names its last record too.
                Pages::Analytics => (page.last.as_deref().filter(|_| more), more),
                Pages::None | Pages::Offset | Pages::Scim => (None, false),
            };
            let next = next.filter(|next| !next.is_empty());
            if more && next.is_none() {
                return Step::Broken("the page says that more follow and not where".to_owned());
            }
            let empty = if count == 0 { guard.empty.saturating_add(1) } else { 0 };
            if next.is_some() && empty >= EMPTY_PAGES {
                return Step::Broken(format!("{EMPTY_PAGES} pages in a row came back empty, each with another cursor"));
            }
            follow(token, Guard { empty, ..*guard }, next)
        }
    }
}

/// Whether successive pages of this operation share a record.
pub(crate) fn overlaps(operation: &Operation, wanted: bool) -> bool {
    let shifts = matches!(operation.pages, Pages::Offset | Pages::Scim);
    wanted && shifts && operation.consistency != Consistency::BestEffort
}

/// Whether records of this list never change places: it is declared, and no
/// argument asks for another order.
pub(crate) fn is_fixed(operation: &Operation, arguments: &Arguments) -> bool {
    let among = |value: &Value, fixed: &[&str]| {
        let stem = value.as_str().map(|word| word.split(':').next().unwrap_or(word));
        stem.is_some_and(|stem| fixed.contains(&stem))
    };
    let kept = operation.exact_while.is_none_or(|(name, fixed)| match arguments.get(name) {
        None => true,
        Some(Value::Array(words)) => words.iter().all(|word| among(word, fixed)),
        Some(word) => among(word, fixed),
    });
    operation.consistency == Consistency::Exact && kept
}

/// Pages that begin where the last one ended. Nothing tells of a shift, but a
/// provider that ignores the position sends the same page twice.
fn side_by_side(twin: u64, more: bool, skip: Vec<usize>, page: &Envelope<'_>, next: impl Fn(u64) -> Position) -> Step {
    if page.items.is_empty() {
        return if more { Step::Broken(empty_page()) } else { Step::Deliver { skip, next: None } };
    }
    let digest = page.items.iter().fold(14, |hash, item| fnv(&identity(item).to_le_bytes(), hash));
    if digest == twin {
        return Step::Broken(same_again());
    }
    Step::Deliver { skip, next: more.then(|| next(digest)) }
}

/// What makes a record the same record: its `id`, or all of it.
pub(crate) fn identity(item: &str) -> u64 {
    match envelope::peek(item, "id") {
        Ok(Some(id)) if id != "null" => fnv(id.as_bytes(), 11),
        Ok(_) | Err(_) => fnv(item.as_bytes(), 12),
    }
}

/// Goes on to the next token, unless it is one that came before.
fn follow(token: &str, guard: Guard, next: Option<&str>) -> Step {
    let Some(next) = next else { return Step::Deliver { skip: Vec::new(), next: None } };
    let hash = fnv(next.as_bytes(), 13);
    if next == token || hash == guard.seen {
        return Step::Broken("the provider's cursor came a second time".to_owned());
    }
    let lap = guard.lap.saturating_add(1);
    let guard = if lap >= guard.power {
        Guard { seen: hash, power: guard.power.saturating_mul(2), lap: 0, ..guard }
    } else {
        Guard { lap, ..guard }
    };
    Step::Deliver { skip: Vec::new(), next: Some(Position::Token { token: next.to_owned(), guard }) }
}

fn empty_page() -> String {
    "a page came back empty although it says that more follow".to_owned()
}

fn same_again() -> String {
    "the same records came again instead of the next ones".to_owned()
}

#[cfg(test)]
mod tests;

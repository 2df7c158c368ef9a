//! Offset pages that share a record: where a page joins what was delivered.
//!
//! Rule: a mark on the page shows the end of what was delivered; behind it
//! everything is delivered but what is known, one by one, to have been. Where
//! records never change places, any of those delivered last is a mark. Elsewhere
//! it takes two consecutive ones standing as they were delivered, or one at the
//! very front of the page: one alone may have moved there and proves nothing.
//!
//! In a fixed order no record that was there throughout is left out or
//! delivered twice, whatever comes and goes. Elsewhere, with any one change
//! between two requests (a record comes, goes or moves), none that stayed in its
//! place is. A record that moved itself comes once while it is remembered; one
//! that is not (it was delivered long ago, or the pages are small) and moves
//! behind the walk is a new one to it.

use super::{PATIENCE, Position, Step, empty_page, identity, same_again};
use crate::envelope::Envelope;

/// Records remembered to recognise where the last page ended.
pub(super) const SEAMS: usize = 4;
/// Records remembered that did not come up where they should have.
pub(super) const STRAYS: usize = 12;

/// What the last pages left to recognise their end by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// Identities of the records that stood last on what was read, in the order
    /// of the list; at most [`SEAMS`]. Empty on the first page and where pages
    /// do not overlap.
    pub(crate) seams: Vec<u64>,
    /// Identities of delivered records that did not come up where they should
    /// have: deleted, pushed or moved back; at most [`STRAYS`].
    pub(crate) strays: Vec<u64>,
}

/// How a page joins what was delivered.
pub(super) struct Joint {
    /// Indexes of the items delivered before, ascending.
    pub(super) skip: Vec<usize>,
    /// What the next page is recognised by.
    known: Known,
}

/// Decides on a page that was asked for at `at` with `size`.
pub(super) fn overlapping(
    at: u32,
    known: &Known,
    stale: u8,
    size: u32,
    more: bool,
    fixed: bool,
    page: &Envelope<'_>,
) -> Step {
    let Some(Joint { skip, known }) = join(known, fixed, page) else { return back(at, known, 0, stale, size) };
    if !more {
        return Step::Deliver { skip, next: None };
    }
    let count = u32::try_from(page.items.len()).unwrap_or(u32::MAX);
    if count == 0 {
        return Step::Broken(empty_page());
    }
    let fresh = page.items.len() > skip.len();
    let stale = if fresh { 0 } else { stale.saturating_add(1) };
    let next = at.saturating_add(count).saturating_sub(1);
    // A page of one holds the record it shares and no other: not a step on.
    if stale >= PATIENCE || next == 0 || (count == 1 && !fresh) {
        return Step::Broken(same_again());
    }
    if known.strays.len() > STRAYS {
        return Step::Broken(too_fast());
    }
    Step::Deliver { skip, next: Some(Position::Offset { at: next, known, twin: 0, stale }) }
}

/// The page does not show where the last one ended: records before it went
/// away and everything moved to the front, or some changed places. Half a page
/// back leaves room for new records behind those looked for.
pub(super) fn back(at: u32, known: &Known, twin: u64, stale: u8, size: u32) -> Step {
    if at == 0 || stale >= PATIENCE {
        return Step::Broken(too_fast());
    }
    let at = at.saturating_sub((size / 2).max(1));
    Step::Again(Position::Offset { at, known: known.clone(), twin, stale: stale.saturating_add(1) })
}

/// Finds where the page joins; none where it does not show it.
pub(super) fn join(known: &Known, fixed: bool, page: &Envelope<'_>) -> Option<Joint> {
    let Known { seams, strays } = known;
    // Nothing moved, as nearly always: the last record delivered comes first.
    // Reading the ids of a few records only saves a scan of the whole page.
    let (first, last) = (page.items.first(), page.items.len().saturating_sub(SEAMS));
    if let (true, Some(newest), Some(first), 1..) = (strays.is_empty(), seams.last(), first, last)
        && identity(first) == *newest
    {
        let seams = page.items.iter().skip(last).map(|item| identity(item)).collect();
        return Some(Joint { skip: vec![0], known: Known { seams, strays: Vec::new() } });
    }
    let items: Vec<u64> = page.items.iter().map(|item| identity(item)).collect();
    let anchor = match seams.is_empty() {
        true => Anchor { start: 0, end: 0, oldest: 0 },
        false if fixed => newest(seams, &items)?,
        false => anchor(seams, &items)?,
    };
    let before = |id: &u64| seams.contains(id) || strays.contains(id);
    let behind = items.iter().enumerate().skip(anchor.end);
    let skip = (0..anchor.end).chain(behind.filter(|(_, id)| before(id)).map(|(n, _)| n)).collect();
    let absent = |id: &&u64| !items.contains(id);
    // Near the front of the page, older seams can stand before the page.
    let (passed, missed) = seams.split_at(if anchor.start < SEAMS { anchor.oldest } else { 0 });
    let mut next: Vec<u64> = passed.iter().filter(absent).chain(&items).copied().collect();
    next = next.split_off(next.len().saturating_sub(SEAMS));
    let strays = strays.iter().chain(missed).filter(absent).copied().collect();
    Some(Joint { skip, known: Known { seams: next, strays } })
}

/// Consecutive items of a page that are seams in their order.
#[derive(Clone, Copy)]
struct Anchor {
    start: usize,
    end: usize,
    /// Which seam its first item is.
    oldest: usize,
}

/// Where records never change places, any one of them tells where the page
/// stands: the newest there is.
fn newest(seams: &[u64], items: &[u64]) -> Option<Anchor> {
    let (oldest, start) =
        seams.iter().enumerate().rev().find_map(|(n, seam)| Some((n, items.iter().position(|id| id == seam)?)))?;
    Some(Anchor { start, end: start + 1, oldest })
}

/// The first run of at least two (or of all seams there are) is the anchor;
/// else a seam alone at the front. A newer one alone at the front contradicts
/// the run behind it: one of them moved, and the page does not tell which.
fn anchor(seams: &[u64], items: &[u64]) -> Option<Anchor> {
    let least = seams.len().min(2);
    let place = |n: usize| seams.iter().rposition(|seam| items.get(n) == Some(seam));
    let mut front: Option<Anchor> = None;
    let mut start = 0;
    while start < items.len() {
        let Some(oldest) = place(start) else {
            start += 1;
            continue;
        };
        let (mut end, mut newest) = (start + 1, oldest);
        while let Some(next) = place(end).filter(|next| *next > newest) {
            (end, newest) = (end + 1, next);
        }
        let run = Anchor { start, end, oldest };
        if end - start >= least {
            return front.is_none_or(|front| front.oldest < oldest).then_some(run);
        }
        if start == 0 {
            front = Some(run);
        }
        start = end;
    }
    front
}

fn too_fast() -> String {
    "records came, went or changed places faster than they could be read; sort by something that stays".to_owned()
}

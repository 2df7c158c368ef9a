//! Change feeds: what of a list of events was not delivered yet, and the state
//! that carries this from one poll to the next.
//!
//! Rule: pure. An event is told by its own time and identity. Nothing is lost
//! on a boundary: where more cannot be remembered, something comes twice.

use crate::time::DAY;
use crate::windows::BEGINNING;

/// Events remembered one by one, in each of the two sets a cursor carries.
const MARKS: usize = 200;
/// Identities are held in as many bits as five letters and digits can tell:
/// they are compared within one second only.
const BITS: u64 = (1 << 29) - 1;
const LETTERS: usize = 5;

/// What a feed is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Looks where the events stand, and delivers none.
    Start,
    /// Lists everything there is.
    Pass,
    /// Reads events, newest first, back to what was delivered.
    Poll,
}

/// Which events were delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// All before this second were, or are not wanted.
    floor: i64,
    /// Second and identity of those from then on; the newest first.
    marks: Vec<(i64, u64)>,
}

/// The state of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Feed {
    pub(crate) phase: Phase,
    /// What the polls before this one delivered.
    seen: Seen,
    /// What this poll has read; its floor rises as more is read than can be
    /// remembered.
    fresh: Seen,
    /// The newest event this poll has read; none yet: `i64::MIN`.
    newest: i64,
}

impl Feed {
    /// Begins at a time, or at the present.
    pub(crate) fn new(since: Option<i64>) -> Feed {
        let seen = Seen { floor: since.unwrap_or(0).max(BEGINNING), marks: Vec::new() };
        let phase = if since.is_some() { Phase::Poll } else { Phase::Start };
        Feed { phase, seen, fresh: Seen::default(), newest: i64::MIN }
    }

    /// Where a poll begins to read, in seconds since 1970.
    pub(crate) fn since(&self) -> i64 {
        self.seen.floor
    }

    /// Takes in an event; whether it was not delivered before. `lookback`:
    /// seconds that an event may come late. `now`: by the host's clock.
    pub(crate) fn take(&mut self, at: i64, identity: u64, lookback: i64, now: i64) -> bool {
        let at = at.clamp(0, LATEST);
        let mark = (at, identity & BITS);
        // An event of the future must not hide those of the present.
        self.newest = self.newest.max(at.min(now));
        let new = self.phase == Phase::Poll && at >= self.seen.floor && !self.seen.marks.contains(&mark);
        if at >= self.fresh.floor && !self.fresh.marks.contains(&mark) {
            let place = self.fresh.marks.partition_point(|(second, _)| *second >= at);
            self.fresh.marks.insert(place, mark);
        }
        self.fresh.forget(self.newest.saturating_sub(lookback));
        new
    }

    /// The state behind the last page of a poll.
    pub(crate) fn polled(&mut self) {
        let mut fresh = std::mem::take(&mut self.fresh);
        if self.newest != i64::MIN {
            fresh.forget(self.seen.floor);
            self.seen = fresh;
        }
        self.newest = i64::MIN;
    }

    /// The state of a feed that has looked where the events stand. `cut`: older
    /// ones were left unread, down from the oldest that was taken.
    pub(crate) fn begun(&mut self, cut: bool, now: i64) {
        let newest = self.fresh.marks.first().map_or(BEGINNING, |(second, _)| *second);
        let oldest = self.fresh.marks.last().map_or(BEGINNING, |(second, _)| *second);
        match self.newest {
            // The clock may be off; without an event there is none to double.
            i64::MIN => self.seen.floor = self.seen.floor.max(now.saturating_sub(DAY)),
            _ if cut => self.fresh.forget(oldest.saturating_add(1).min(newest)),
            _ => {}
        }
        self.polled();
    }

    /// The same in fewer letters, for a cursor that is too long: what is
    /// forgotten of this poll is not looked for again, what is forgotten of
    /// those before comes twice. None where nothing is left to forget.
    pub(crate) fn lighter(&self) -> Option<Feed> {
        let mut feed = self.clone();
        let half = |seen: &Seen| seen.marks.len() / 2;
        match (half(&feed.fresh), half(&feed.seen)) {
            (0, 0) => return None,
            (0, keep) => feed.seen.marks.truncate(keep),
            (keep, _) => feed.fresh.trim(keep),
        }
        Some(feed)
    }

    pub(crate) fn encode(&self) -> String {
        let phase = match self.phase {
            Phase::Start => 's',
            Phase::Pass => 'a',
            Phase::Poll => 'p',
        };
        let newest = if self.newest == i64::MIN { String::new() } else { format!("{:x}", self.newest) };
        format!("{phase}{newest}.{}.{}", self.seen.encode(), self.fresh.encode())
    }

    /// Reads what [`Feed::encode`] could have written.
    pub(crate) fn decode(text: &str) -> Option<Feed> {
        let mut parts = text.split('.');
        let head = parts.next()?;
        let (phase, newest) = head.split_at_checked(1)?;
        let phase = match phase {
            "s" => Phase::Start,
            "a" => Phase::Pass,
            "p" => Phase::Poll,
            _ => return None,
        };
        let newest = if newest.is_empty() { i64::MIN } else { second(newest)? };
        let (seen, fresh) = (Seen::decode(parts.next()?)?, Seen::decode(parts.next()?)?);
        parts.next().is_none().then_some(Feed { phase, seen, fresh, newest })
    }
}

impl Seen {
    /// Raises the floor to `floor`, and further where there are more marks
    /// than can be carried: by whole seconds, and never past the newest one,
    /// whose events would be lost. Of those too many are forgotten instead,
    /// and come twice.
    fn forget(&mut self, floor: i64) {
        self.floor = self.floor.max(floor);
        self.marks.retain(|(second, _)| *second >= self.floor);
        self.trim(MARKS);
    }

    fn trim(&mut self, most: usize) {
        let newest = self.marks.first().map_or(i64::MIN, |(second, _)| *second);
        if let Some((over, _)) = self.marks.get(most).copied() {
            self.floor = self.floor.max(over.saturating_add(1).min(newest));
            self.marks.retain(|(second, _)| *second >= self.floor);
            self.marks.truncate(most);
        }
    }

    /// `FLOOR-SECONDSIDENTITY-...`, the oldest first: seconds after the one
    /// before in hex, identities in five letters.
    fn encode(&self) -> String {
        let mut text = format!("{:x}", self.floor);
        let mut before = self.floor;
        for (second, identity) in self.marks.iter().rev() {
            text.push('-');
            if *second > before {
                text.push_str(&format!("{:x}", second - before));
            }
            push(&mut text, *identity);
            before = *second;
        }
        text
    }

    fn decode(text: &str) -> Option<Seen> {
        let mut parts = text.split('-');
        let floor = second(parts.next()?)?;
        let (mut before, mut marks) = (floor, Vec::new());
        for part in parts {
            let (after, identity) = part.split_at_checked(part.len().checked_sub(LETTERS)?)?;
            let after = if after.is_empty() { 0 } else { second(after)? };
            before = before.checked_add(after).filter(|second| *second <= LATEST)?;
            marks.push((before, read(identity)?));
        }
        marks.reverse();
        (marks.len() <= MARKS).then_some(Seen { floor, marks })
    }
}

/// The year 9999 and somewhat more.
const LATEST: i64 = (1 << 38) - 1;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn push(text: &mut String, mut number: u64) {
    for _ in 0..LETTERS {
        text.push(DIGITS.get((number % 62) as usize).copied().map_or('0', char::from));
        number /= 62;
    }
}

fn read(text: &str) -> Option<u64> {
    text.bytes().rev().try_fold(0_u64, |number, byte| {
        let digit = DIGITS.iter().position(|digit| *digit == byte)?;
        number.checked_mul(62)?.checked_add(digit as u64)
    })
}

/// A second of the years that can be told, in hex.
fn second(text: &str) -> Option<i64> {
    i64::try_from(u64::from_str_radix(text, 16).ok()?).ok().filter(|second| *second <= LATEST)
}

#[cfg(test)]
mod tests;

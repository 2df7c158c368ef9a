//! Windows of time: how a list is read that is longer than what `offset`
//! reaches, or longer than one query may span.
//!
//! Rule: pure. A record belongs to the one window that its own time lies in,
//! so that nothing must be remembered to tell doubles on a boundary. The lower
//! end counts in to the provider, the upper one may. The ends of the whole range
//! are the provider's.

use serde_json::Value;

use crate::arguments::Arguments;
use crate::catalog::{Paging, Type, Unset, Windows};
use crate::time::{self, DAY, LAST};

/// Records above which a window is cut: what `offset` reaches, less room for
/// what is added while it is read.
pub(crate) const MOST: u64 = 9_900;
/// PagerDuty was founded in 2009: no record of an account is older.
pub(crate) const BEGINNING: i64 = 1_230_768_000;
/// Edges a cursor has room for.
const EDGES: usize = 100;
/// Windows that one cut makes at most.
const PARTS: u64 = 16;
/// How far behind the host's clock may be without hiding a record.
const ASTRAY: i64 = 7 * DAY;
/// Room in a window that reaches to the present: the clock, and time that
/// passes before it is read.
const GROWTH: i64 = ASTRAY + DAY;
/// Stands for a lower end that nobody set.
const NONE: i64 = i64::MIN;

/// What is left to be read. The first two edges bound the present window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cuts {
    /// Seconds since 1970 in the order they are read: ascending, or descending
    /// where the provider lists the newest first. At least two.
    edges: Vec<i64>,
    /// The present window is the first: its first edge ends the whole range.
    first: bool,
    /// The range reaches to the present: its upper end is when it was cut.
    open: bool,
}

/// Whether an argument lifts the window, so that the times do not count.
pub(crate) fn lifted(spec: &Windows, arguments: &Arguments) -> bool {
    spec.all.is_some_and(|(all, _)| arguments.get(all).is_some())
}

/// The times a caller set, as far as they count.
fn given(spec: &Windows, arguments: &Arguments, name: &str) -> Option<String> {
    let counts = !lifted(spec, arguments);
    arguments.get(name).and_then(Value::as_str).filter(|_| counts).map(str::to_owned)
}

/// The end that a caller set. For records of the past a day that is far away
/// means the present.
fn until(spec: &Windows, arguments: &Arguments, now: i64) -> Option<i64> {
    let until = given(spec, arguments, "until").as_deref().and_then(ceiling);
    until.filter(|until| spec.lasting || *until <= now.saturating_add(ASTRAY))
}

/// Whether a list can be cut at all: the present moment cannot.
pub(crate) fn divisible(spec: &Windows, arguments: &Arguments) -> bool {
    let both = || given(spec, arguments, "since").is_some() && given(spec, arguments, "until").is_some();
    // Of records that last, a flag can choose one for the whole range.
    let chosen =
        spec.lasting && arguments.iter().any(|(field, _)| matches!(field.of, Type::Bool) && field.paging == Paging::No);
    !chosen && (spec.unset != Unset::Moment || both())
}

/// Whether a walk begins after the present, as far as the host's clock can tell.
pub(crate) fn begins_later(spec: &Windows, arguments: &Arguments, now: i64) -> bool {
    let since = given(spec, arguments, "since").as_deref().and_then(time::parse);
    let open = given(spec, arguments, "until").is_none() && spec.unset != Unset::Moment;
    open && since.is_some_and(|since| since > now.saturating_add(ASTRAY))
}

impl Cuts {
    /// The windows of a walk that cannot be one query from the start: it spans
    /// more than a query may, or would end before the present in silence.
    pub(crate) fn needed(spec: &Windows, arguments: &Arguments, now: i64) -> Option<Cuts> {
        if !divisible(spec, arguments) {
            return None;
        }
        let since = time::parse(&given(spec, arguments, "since")?)?;
        let longest = i64::from(spec.days) * DAY;
        match until(spec, arguments, now) {
            Some(until) => {
                let cuts = Cuts::range(spec, since, until, false)?;
                (spec.days > 0 && cuts.seconds() > longest).then(|| cuts.within_days(spec))
            }
            None if spec.unset == Unset::Moment || (spec.days == 0 && spec.alone_days == 0) => None,
            None => Cuts::range(spec, since, now, true).map(|cuts| cuts.within_days(spec)),
        }
    }

    /// The whole range of a walk that turned out to be too long for one window.
    /// `oldest` is the time of the oldest record, where that is known; `newest`
    /// that of the newest, in a list that shows it first: what is added from
    /// now on then moves nothing.
    pub(crate) fn whole(
        spec: &Windows,
        arguments: &Arguments,
        now: i64,
        oldest: Option<i64>,
        newest: Option<i64>,
    ) -> Option<Cuts> {
        let until = until(spec, arguments, now);
        let since = given(spec, arguments, "since").as_deref().and_then(time::parse);
        let newest = newest.filter(|_| spec.newest_first && until.is_none());
        let high = until.or(newest.map(|newest| newest.saturating_add(1))).unwrap_or(now);
        let open = until.is_none() && newest.is_none();
        let low = match (since, spec.unset) {
            (Some(since), _) => since,
            (None, Unset::All) => oldest.unwrap_or(BEGINNING),
            (None, Unset::Days(_) | Unset::Moment) if lifted(spec, arguments) => oldest.unwrap_or(BEGINNING),
            // Older ones than asked for are better than some of them missing.
            (None, Unset::Days(days)) => {
                let astray = if until.is_some() { 0 } else { DAY };
                high - i64::from(days) * DAY - astray
            }
            (None, Unset::Moment) => return None,
        };
        if !divisible(spec, arguments) {
            return None;
        }
        Cuts::range(spec, low, high, open).map(|cuts| cuts.within_days(spec))
    }

    /// The one window of a list that shows the newest first, from its newest
    /// record down: what is added from now on moves nothing.
    pub(crate) fn pinned(spec: &Windows, arguments: &Arguments, newest: i64) -> Option<Cuts> {
        if !spec.newest_first || spec.unset == Unset::Moment || given(spec, arguments, "until").is_some() {
            return None;
        }
        let low = given(spec, arguments, "since").as_deref().and_then(time::parse).unwrap_or(NONE);
        Cuts::range(spec, low, newest.checked_add(1)?, false)
    }

    fn range(spec: &Windows, low: i64, high: i64, open: bool) -> Option<Cuts> {
        // No query for times of which there can be no record.
        let low = if low == NONE { NONE } else { low.clamp(if spec.lasting { 0 } else { BEGINNING }, LAST) };
        // A clock that is behind must not leave nothing to cut.
        let high = if open { high.max(low.saturating_add(DAY)) } else { high }.clamp(0, LAST);
        let edges = if spec.newest_first { vec![high, low] } else { vec![low, high] };
        (low < high).then_some(Cuts { edges, first: true, open })
    }

    fn edge(&self, place: usize) -> i64 {
        self.edges.get(place).copied().unwrap_or(0)
    }

    fn newest_first(&self) -> bool {
        self.edge(0) > self.edge(1)
    }

    /// The lower and the upper edge, and whether each ends the whole range.
    fn bounds(&self) -> ((i64, bool), (i64, bool)) {
        let (near, far) = ((self.edge(0), self.first), (self.edge(1), self.edges.len() <= 2));
        if self.newest_first() { (far, near) } else { (near, far) }
    }

    fn seconds(&self) -> i64 {
        let ((low, _), (high, _)) = self.bounds();
        high.saturating_sub(low)
    }

    /// Whether there is only one window, the whole range.
    pub(crate) fn is_whole(&self) -> bool {
        self.first && self.edges.len() <= 2
    }

    /// What the request says of the present window; null takes an argument away.
    pub(crate) fn values(&self, spec: &Windows, arguments: &Arguments) -> Vec<(&'static str, Value)> {
        let ((low, lowest), (high, highest)) = self.bounds();
        let mut values = Vec::new();
        if let Some((all, _)) = spec.all.filter(|(all, _)| arguments.get(all).is_some()) {
            values.push((all, Value::Null));
        }
        let theirs = |name, read: fn(&str) -> Option<i64>| given(spec, arguments, name).as_deref().and_then(read);
        if low != NONE && !(lowest && theirs("since", time::parse) == Some(low)) {
            values.push(("since", time::format(low).into()));
        }
        match (highest, self.open) {
            (true, _) if theirs("until", ceiling) == Some(high) => {}
            // Here `since` alone would not reach the present. A clock that is
            // behind must not hide what is new.
            (true, true) if spec.alone_days > 0 => {
                values.push(("until", time::format(high.saturating_add(ASTRAY)).into()))
            }
            (true, true) => values.push(("until", Value::Null)),
            (true, false) | (false, _) => values.push(("until", time::format(high).into())),
        }
        values
    }

    /// Whether a record of this time belongs to the present window; none where
    /// that cannot be told.
    pub(crate) fn owns(&self, spec: &Windows, time: Option<i64>) -> Option<bool> {
        let ((low, lowest), (high, highest)) = self.bounds();
        // What lasts without a beginning was there before the range began.
        let time = if spec.lasting { Some(time.unwrap_or(NONE)) } else { time };
        match time {
            Some(time) => Some((lowest || time >= low) && (highest || time < high)),
            None => self.is_whole().then_some(true),
        }
    }

    /// Cuts the present window into halves, as often as `total` records ask
    /// for. False where a second is left, or no room for more edges.
    pub(crate) fn split(&mut self, spec: &Windows, total: Option<u64>) -> bool {
        let room = EDGES.saturating_sub(self.edges.len()) as u64 + 1;
        let wanted = total.map_or(2, |total| total.div_ceil(MOST).next_power_of_two()).clamp(2, PARTS);
        let parts = i64::try_from(wanted.min(room)).unwrap_or(0).min(self.seconds());
        let (from, to) = (self.edge(0), self.edge(1));
        if parts < 2 || to == NONE {
            return false;
        }
        // Of seconds and at most sixteen parts: nothing comes near overflowing.
        let between = (1..parts).map(|part| from + (to - from) * part / parts);
        self.edges.splice(1..1, between);
        self.shorten(spec);
        true
    }

    /// Goes on to the next window; false where this was the last.
    pub(crate) fn advance(mut self, spec: &Windows) -> Option<Cuts> {
        if self.edges.len() <= 2 {
            return None;
        }
        self.edges.remove(0);
        self.first = false;
        Some(self.within_days(spec))
    }

    /// The present window, no longer than a query may span.
    fn within_days(mut self, spec: &Windows) -> Cuts {
        self.shorten(spec);
        self
    }

    fn shorten(&mut self, spec: &Windows) {
        let (_, (_, highest)) = self.bounds();
        let growth = if highest && self.open { GROWTH } else { 0 };
        let longest = i64::from(spec.days) * DAY - growth;
        if spec.days > 0 && self.seconds() > longest {
            let step = if self.newest_first() { -longest } else { longest };
            self.edges.insert(1, self.edge(0).saturating_add(step));
        }
    }

    /// As text for a cursor: letters, digits and dots.
    pub(crate) fn encode(&self) -> String {
        let edges: Vec<String> = self.edges.iter().map(|edge| format!("{edge:x}")).collect();
        format!("{}{}{}", u8::from(self.first), u8::from(self.open), edges.join("."))
    }

    /// Reads what [`Cuts::encode`] could have written.
    pub(crate) fn decode(text: &str) -> Option<Cuts> {
        let (flags, edges) = text.split_at_checked(2)?;
        let (first, open) = match flags {
            "00" => (false, false),
            "01" => (false, true),
            "10" => (true, false),
            "11" => (true, true),
            _ => return None,
        };
        let edges: Vec<i64> = edges
            .split('.')
            .map(|edge| u64::from_str_radix(edge, 16).ok().map(u64::cast_signed))
            .collect::<Option<_>>()?;
        let in_order = edges.is_sorted_by(|a, b| a < b) || edges.is_sorted_by(|a, b| a > b);
        let sound = |(place, edge): (usize, &i64)| {
            // Only the lower end of a descending range can be open below.
            (0..=LAST).contains(edge) || (*edge == NONE && place > 0 && place + 1 == edges.len())
        };
        let fits = (2..=EDGES + 1).contains(&edges.len()) && in_order && edges.iter().enumerate().all(sound);
        fits.then_some(Cuts { edges, first, open })
    }

    /// Whether these windows can be this list's: they go the way the provider
    /// lists, one without a lower end is of a list that may have none, and none
    /// is of times of which there can be no record.
    pub(crate) fn fits(&self, spec: &Windows, now: i64) -> bool {
        let bounded = self.edges.last() != Some(&NONE) || (spec.days == 0 && self.is_whole());
        let latest = now.saturating_add(400 * DAY);
        let possible = |edge: &i64| spec.lasting || *edge == NONE || (BEGINNING..=latest).contains(edge);
        self.newest_first() == spec.newest_first && bounded && self.edges.iter().all(possible)
    }

    /// The present window for people.
    pub(crate) fn told(&self) -> String {
        let ((low, _), (high, _)) = self.bounds();
        format!("{} to {}", time::format(low), time::format(high))
    }
}

/// A time, the second it falls into counted whole.
fn ceiling(text: &str) -> Option<i64> {
    time::parse(text).map(|seconds| seconds + i64::from(text.contains('.')))
}

#[cfg(test)]
mod tests;

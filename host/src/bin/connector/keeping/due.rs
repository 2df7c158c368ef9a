//! When an account is due: for a scan, after one that failed, for changes.
//!
//! Rule: pure. The present, and chance, are given.

use connector_inventory::store::{Account, Covered};
use jiff::{SignedDuration, Timestamp};

/// The first wait after a scan that failed; it doubles with each further one.
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(2);
/// Most of that wait.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// Most that an interval is lengthened or shortened by chance: a twentieth.
const CHANCE: i32 = 20;

/// What the store remembers of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Remembered {
    /// When the last whole scan began.
    pub(super) started: Timestamp,
    /// When it ended.
    pub(super) ended: Timestamp,
    /// What changed before is in the store.
    pub(super) seen: Timestamp,
    /// Assets that are there.
    pub(super) assets: u64,
    /// A scan was begun and not ended.
    pub(super) unfinished: bool,
}

impl Remembered {
    /// By what the store has; none before the first whole scan.
    pub(super) fn of(account: &Account, kinds: &[Covered]) -> Option<Remembered> {
        let newest = kinds.iter().max_by_key(|kind| kind.scan.scan)?;
        let seen = match account.last {
            // Behind the scan came changes.
            Some(last) if last.scan > newest.scan.scan => last.at,
            Some(_) | None => newest.started,
        };
        Some(Remembered {
            started: newest.started,
            ended: newest.scan.at,
            seen,
            assets: account.assets,
            unfinished: account.unfinished.is_some(),
        })
    }

    /// Whether it is no time yet for the next scan, whoever made the last one:
    /// several processes share the work.
    pub(super) fn holds(&self, every: SignedDuration, now: Timestamp) -> bool {
        // What was begun is ended first.
        !self.unfinished && later(self.started, every - every / CHANCE) > now
    }
}

/// When the next scan is due: a restart is no reason to scan. `chance` is as in
/// [`jittered`].
pub(super) fn next(
    known: Option<&Remembered>,
    every: SignedDuration,
    chance: Option<u16>,
    now: Timestamp,
) -> Timestamp {
    match known {
        Some(known) if known.holds(every, now) => later(known.started, jittered(every, chance)).max(now),
        Some(_) | None => now,
    }
}

/// A little earlier or later each time, so that many do not come at once: up to
/// a twentieth of the interval to either side. Without chance it is as it was
/// asked for.
pub(super) fn jittered(every: SignedDuration, chance: Option<u16>) -> SignedDuration {
    let Some(chance) = chance else { return every };
    let share = f64::from(chance) / f64::from(u16::MAX) * 2.0 - 1.0;
    every.checked_add(every.mul_f64(share / f64::from(CHANCE))).unwrap_or(every)
}

/// The wait after so many scans that failed one after the other.
pub(super) fn backoff(failures: u32) -> SignedDuration {
    let doubled = FIRST_WAIT.checked_mul(1 << failures.saturating_sub(1).min(10));
    doubled.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
}

/// The moment so much later, or the last there is.
pub(super) fn later(than: Timestamp, by: SignedDuration) -> Timestamp {
    than.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use connector_inventory::store::{Moment, View};
    use serde_json::Value;

    use super::*;

    const EVERY: SignedDuration = SignedDuration::from_hours(8);

    /// So many minutes after some beginning.
    fn at(minutes: i64) -> Timestamp {
        later(Timestamp::constant(1_793_534_400, 0), SignedDuration::from_mins(minutes))
    }

    fn known(unfinished: bool) -> Remembered {
        Remembered { started: at(0), ended: at(3), seen: at(0), assets: 7, unfinished }
    }

    #[test]
    fn a_restart_is_no_reason_to_scan() {
        let check = |known: Option<Remembered>, chance: Option<u16>, now: i64, expected: i64| {
            assert_eq!(next(known.as_ref(), EVERY, chance, at(now)), at(expected), "{known:?} {chance:?} {now}");
        };
        check(None, None, 5, 5);
        check(Some(known(false)), None, 5, 480);
        check(Some(known(false)), Some(0), 5, 456);
        check(Some(known(false)), Some(u16::MAX), 5, 504);
        // Not before the present, whatever chance says.
        check(Some(known(false)), Some(0), 455, 456);
        check(Some(known(false)), None, 456, 456);
        check(Some(known(false)), None, 700, 700);
        check(Some(known(true)), None, 5, 5);
        // A clock that was wrong is no reason to wait for years.
        check(Some(known(false)), None, -5, 480);
    }

    #[test]
    fn a_jitter_is_a_twentieth_at_most() {
        for (chance, minutes) in [(None, 480), (Some(0), 456), (Some(u16::MAX), 504)] {
            assert_eq!(jittered(EVERY, chance), SignedDuration::from_mins(minutes), "{chance:?}");
        }
        let all: Vec<SignedDuration> = (0..=u16::MAX).step_by(97).map(|chance| jittered(EVERY, Some(chance))).collect();
        assert!(all.is_sorted());
    }

    #[test]
    fn a_wait_doubles_to_an_hour() {
        for (failures, minutes) in [(0, 2), (1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (200, 60)] {
            assert_eq!(backoff(failures), SignedDuration::from_mins(minutes), "{failures}");
        }
    }

    #[test]
    fn what_was_seen_is_told_by_scan_and_changes() {
        let account = |last: Option<Moment>| Account {
            nickname: "a".into(),
            account: "a.example".into(),
            assets: 7,
            last,
            unfinished: None,
        };
        let covered = |scan: i64, minutes: i64| Covered {
            account: "a".into(),
            kind: format!("k{scan}"),
            scan: Moment { scan, at: at(minutes + 3) },
            started: at(minutes),
            view: View { id: "account".into(), wide: true },
            settings: Value::Null,
            skipped: None,
        };
        let moment = |scan: i64, minutes: i64| Some(Moment { scan, at: at(minutes) });
        let check = |last: Option<Moment>, kinds: &[Covered], expected: Option<Remembered>| {
            assert_eq!(Remembered::of(&account(last), kinds), expected, "{last:?}");
        };
        check(None, &[], None);
        // One that was given up, or is under way, and none before.
        check(moment(1, 3), &[], None);
        check(moment(1, 3), &[covered(1, 0)], Some(known(false)));
        check(moment(2, 20), &[covered(1, 0)], Some(Remembered { seen: at(20), ..known(false) }));
        let two = [covered(2, 30), covered(1, 0)];
        let newest = Remembered { started: at(30), ended: at(33), seen: at(30), ..known(false) };
        check(moment(2, 33), &two, Some(newest));
    }
}

//! Whether a request is sent again, and when.
//!
//! Rule: pure, one function. It knows neither clock nor transport; what may
//! not be repeated is not, and the sum of all waits stays within the budget.

use std::time::Duration;

/// Tries of one request in all, throttled ones not counted.
pub(crate) const MOST_TRIES: u32 = 4;

/// Tries in all of what may not be visible yet.
const MOST_LOOKS: u32 = 3;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// An answer, and how long it asked to wait.
    Status(u16, Option<Duration>),
    /// Refused because what it names is not visible yet, as right after it was
    /// created (400, code 2100).
    NotYet,
    /// Nothing reached the server, and another try may.
    NotSent,
    /// Nothing reached the server and another try will not help.
    Hopeless,
    /// It was sent and no whole answer came.
    Unknown,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Give the outcome to the caller.
    Stop,
    /// Send the same request again after this time.
    Wait(Duration),
}

/// The verdict on `outcome`. `tries`: requests sent so far that were not
/// throttled, this one included; `throttles`: those that were. `budget`: the
/// time that may still be spent waiting. `chance`: 0 to `u16::MAX`, spreads
/// clients that failed together.
pub(crate) fn verdict(
    outcome: Outcome,
    idempotent: bool,
    tries: u32,
    throttles: u32,
    budget: Duration,
    chance: u16,
) -> Verdict {
    let wait = match outcome {
        // Throttled is not executed, so any request may be repeated. The
        // header counts whole seconds: a little more than it says is safe.
        // A header that says "now" must not become a loop without a pause.
        Outcome::Status(429, Some(asked)) => (asked + spread(Duration::from_millis(500), chance)).max(growing(
            Duration::from_millis(250),
            throttles,
            chance,
        )),
        Outcome::Status(429, None) => growing(Duration::from_secs(1), throttles, chance),
        Outcome::Status(408 | 500 | 502 | 503 | 504, asked) if idempotent && tries < MOST_TRIES => {
            growing(Duration::from_millis(400), tries, chance).max(asked.unwrap_or_default())
        }
        Outcome::Unknown if idempotent && tries < MOST_TRIES => growing(Duration::from_millis(400), tries, chance),
        // Refused is not executed. It can be the plain truth, so not for long.
        Outcome::NotYet if tries < MOST_LOOKS => growing(Duration::from_millis(500), tries, chance),
        Outcome::NotSent if tries < MOST_TRIES => growing(Duration::from_millis(200), tries, chance),
        Outcome::Status(..) | Outcome::Unknown | Outcome::NotYet | Outcome::NotSent | Outcome::Hopeless => {
            return Verdict::Stop;
        }
    };
    if wait <= budget { Verdict::Wait(wait) } else { Verdict::Stop }
}

/// Doubles with every time, at most 30 s; between a half and the whole of it.
fn growing(first: Duration, times: u32, chance: u16) -> Duration {
    let whole = first.saturating_mul(1 << times.saturating_sub(1).min(10)).min(Duration::from_secs(30));
    whole / 2 + spread(whole / 2, chance)
}

/// A part of `most`, as `chance` will have it.
pub(crate) fn spread(most: Duration, chance: u16) -> Duration {
    most.mul_f64(f64::from(chance) / f64::from(u16::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn check(
        outcome: Outcome,
        idempotent: bool,
        tries: u32,
        throttles: u32,
        budget: Duration,
        expected: Option<(u64, u64)>,
    ) {
        let at = |chance| verdict(outcome, idempotent, tries, throttles, budget, chance);
        match expected {
            None => assert_eq!((at(0), at(u16::MAX)), (Verdict::Stop, Verdict::Stop), "{outcome:?}"),
            Some((least, most)) => assert_eq!(
                (at(0), at(u16::MAX)),
                (Verdict::Wait(Duration::from_millis(least)), Verdict::Wait(Duration::from_millis(most))),
                "{outcome:?} tries {tries} throttles {throttles}"
            ),
        }
    }

    #[test]
    fn throttled_requests_wait_whatever_they_do() {
        for idempotent in [true, false] {
            check(Outcome::Status(429, Some(Duration::from_secs(7))), idempotent, 0, 1, LONG, Some((7_000, 7_500)));
            check(Outcome::Status(429, Some(Duration::ZERO)), idempotent, 0, 1, LONG, Some((125, 500)));
            check(Outcome::Status(429, Some(Duration::ZERO)), idempotent, 0, 5, LONG, Some((2_000, 4_000)));
            check(Outcome::Status(429, None), idempotent, 0, 1, LONG, Some((500, 1_000)));
            check(Outcome::Status(429, None), idempotent, 0, 3, LONG, Some((2_000, 4_000)));
            check(Outcome::Status(429, None), idempotent, 0, 60, LONG, Some((15_000, 30_000)));
        }
    }

    #[test]
    fn only_idempotent_requests_are_repeated_once_sent() {
        for outcome in
            [Outcome::Unknown, Outcome::Status(408, None), Outcome::Status(500, None), Outcome::Status(503, None)]
        {
            check(outcome, true, 1, 0, LONG, Some((200, 400)));
            check(outcome, true, 3, 0, LONG, Some((800, 1_600)));
            check(outcome, true, MOST_TRIES, 0, LONG, None);
            check(outcome, false, 1, 0, LONG, None);
        }
        check(Outcome::Status(503, Some(Duration::from_secs(5))), true, 1, 0, LONG, Some((5_000, 5_000)));
    }

    #[test]
    fn what_never_left_may_always_be_repeated() {
        check(Outcome::NotSent, false, 1, 0, LONG, Some((100, 200)));
        check(Outcome::NotSent, false, MOST_TRIES, 0, LONG, None);
        check(Outcome::Hopeless, true, 1, 0, LONG, None);
    }

    #[test]
    fn what_is_not_visible_yet_is_looked_for_twice_more() {
        for idempotent in [true, false] {
            check(Outcome::NotYet, idempotent, 1, 0, LONG, Some((250, 500)));
            check(Outcome::NotYet, idempotent, 2, 0, LONG, Some((500, 1_000)));
            check(Outcome::NotYet, idempotent, MOST_LOOKS, 0, LONG, None);
        }
    }

    #[test]
    fn answers_that_settle_it_end_it() {
        for status in [200, 204, 301, 400, 401, 402, 403, 404, 409, 413, 422, 501] {
            check(Outcome::Status(status, None), true, 1, 0, LONG, None);
        }
    }

    #[test]
    fn no_wait_goes_past_the_budget() {
        check(Outcome::Status(429, Some(Duration::from_secs(61))), true, 0, 1, Duration::from_secs(60), None);
        check(Outcome::Status(429, None), true, 0, 1, Duration::ZERO, None);
        check(Outcome::Unknown, true, 1, 0, Duration::from_millis(100), None);
    }
}

//! What is known of the provider's rate limits.
//!
//! Rule: pure; times are milliseconds of any clock that only goes forward.

/// The state of one limit, as an answer told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Which limit: `KEY:OPERATION`. PagerDuty's headers speak of whichever
    /// limit is closest without naming it, so nothing wider is claimed.
    pub(crate) bucket: String,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) reset_ms: u32,
}

/// The last word on each bucket and when its window ends.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    known: Vec<(Rate, u64)>,
}

impl Rates {
    /// Remembers what an answer, or another instance on the key, learned.
    pub(crate) fn learn(&mut self, rate: Rate, now_ms: u64) {
        let ends = now_ms.saturating_add(u64::from(rate.reset_ms));
        self.known.retain(|(known, ends)| known.bucket != rate.bucket && *ends > now_ms);
        self.known.push((rate, ends));
    }

    /// How long to hold back: until the window ends, when nothing remains.
    pub(crate) fn hold_ms(&self, bucket: &str, now_ms: u64) -> u64 {
        let spent = self.known.iter().find(|(rate, _)| rate.bucket == bucket && rate.remaining == 0);
        spent.map(|(_, ends)| ends.saturating_sub(now_ms)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(bucket: &str, remaining: u32, reset_ms: u32) -> Rate {
        Rate { bucket: bucket.to_owned(), limit: 960, remaining, reset_ms }
    }

    #[test]
    fn a_spent_limit_holds_its_own_bucket_until_it_resets() {
        let mut rates = Rates::default();
        rates.learn(rate("a", 0, 5_000), 1_000);
        rates.learn(rate("b", 3, 5_000), 1_000);
        assert_eq!((rates.hold_ms("a", 2_000), rates.hold_ms("b", 2_000), rates.hold_ms("c", 2_000)), (4_000, 0, 0));
        assert_eq!(rates.hold_ms("a", 6_000), 0);
        rates.learn(rate("a", 959, 60_000), 6_000);
        assert_eq!(rates.hold_ms("a", 6_001), 0);
    }

    #[test]
    fn windows_that_ended_are_forgotten() {
        let mut rates = Rates::default();
        for n in 0..100 {
            rates.learn(rate(&n.to_string(), 0, 10), n * 1_000);
        }
        assert_eq!(rates.known.len(), 1);
    }
}

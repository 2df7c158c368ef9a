//! What is known of the provider's rate limits, and how fast to go.
//!
//! Rule: pure; times are milliseconds of any clock that only goes forward.
//! What is not known holds nothing back.

/// The state of one limit, as an answer told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rate {
    /// `KEY:OPERATION`. PagerDuty's headers speak of whichever limit is
    /// closest without naming it: the operation's own or the key's.
    pub(crate) bucket: String,
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    pub(crate) reset_ms: u32,
}

/// The key in the bucket of what goes out with none: nothing is in common.
pub(crate) const NO_KEY: &str = "none";

/// Two windows that end so close to each other are taken for one.
const SAME_WINDOW_MS: u64 = 2_000;

/// "In 0 s" is said within the last second of a window.
const LEAST_RESET_MS: u32 = 1_000;

/// PagerDuty's windows are a minute; what is told to last far longer is
/// nonsense, and must not stop a connection for ever.
const MOST_RESET_MS: u32 = 3_600_000;

/// Remembered limits: more than an account has.
const MOST: usize = 256;

/// The last word on each limit of each bucket, and when its window ends.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    known: Vec<Known>,
    heard: Option<Known>,
}

#[derive(Debug, Clone)]
struct Known {
    rate: Rate,
    ends_ms: u64,
    /// The end that was heard first: a window whose end keeps moving is another
    /// one in time.
    first_end_ms: u64,
}

/// How long to hold the next request back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) ms: u64,
    /// Nothing more may be sent in this window. Otherwise requests are only
    /// spread over what is left of it.
    pub(crate) to_end: bool,
}

impl Rates {
    /// Remembers what an answer, or another instance on the key, learned. Of
    /// one window the lowest remainder counts: answers overtake each other, and
    /// do not know of the requests that are on their way.
    pub(crate) fn learn(&mut self, rate: Rate, now_ms: u64) {
        let mut learned = Known::new(rate, now_ms);
        let same = |known: &Known| known.rate.bucket == learned.rate.bucket && known.rate.limit == learned.rate.limit;
        if let Some(known) = self.known.iter().find(|known| same(known))
            && known.first_end_ms.abs_diff(learned.ends_ms) <= SAME_WINDOW_MS
        {
            learned.rate.remaining = learned.rate.remaining.min(known.rate.remaining);
            learned.first_end_ms = known.first_end_ms;
            learned.ends_ms = learned.ends_ms.max(known.ends_ms);
        }
        self.known.retain(|known| known.ends_ms > now_ms && !same(known));
        if self.known.len() >= MOST {
            self.known.remove(0);
        }
        self.known.push(learned);
    }

    /// The same of an answer to this instance's own request.
    pub(crate) fn hear(&mut self, rate: Rate, now_ms: u64) {
        self.heard = Some(Known::new(rate.clone(), now_ms));
        self.learn(rate, now_ms);
    }

    /// What an answer said last, while its window lasts.
    pub(crate) fn heard(&self, now_ms: u64) -> Option<Rate> {
        let heard = self.heard.as_ref().filter(|heard| heard.ends_ms > now_ms)?;
        let reset_ms = u32::try_from(heard.ends_ms.saturating_sub(now_ms)).unwrap_or(u32::MAX);
        Some(Rate { reset_ms, ..heard.rate.clone() })
    }

    /// A request goes out. Until an answer tells better, one less remains.
    pub(crate) fn spend(&mut self, bucket: &str) {
        for index in self.governing(bucket, 0) {
            if let Some(known) = self.known.get_mut(index) {
                known.rate.remaining = known.rate.remaining.saturating_sub(1);
            }
        }
    }

    /// How long to wait before the next request, and why. `reserve_percent` of
    /// each limit is left to others on the key.
    pub(crate) fn hold(&self, bucket: &str, now_ms: u64, reserve_percent: u32) -> Hold {
        self.live(bucket, now_ms)
            .map(|known| known.hold(now_ms, reserve_percent))
            .fold(Hold::default(), |a, b| Hold { ms: a.ms.max(b.ms), to_end: a.to_end || b.to_end })
    }

    /// How many of `wanted` requests may be sent at once: so many that none of
    /// them would have to wait, had they been sent one after the other.
    pub(crate) fn room(&self, bucket: &str, now_ms: u64, reserve_percent: u32, wanted: u32) -> u32 {
        if self.hold(bucket, now_ms, reserve_percent).ms > 0 {
            return 0;
        }
        let rooms = self.live(bucket, now_ms).map(|known| known.plenty(reserve_percent).max(1));
        rooms.fold(wanted, u32::min)
    }

    fn live<'a>(&'a self, bucket: &str, now_ms: u64) -> impl Iterator<Item = &'a Known> {
        self.governing(bucket, now_ms).into_iter().filter_map(|index| self.known.get(index))
    }

    /// The limits that requests of `bucket` count in, as far as can be told:
    /// those its own answers spoke of, and what other buckets of the key know
    /// of the same limits. That two limits are the same is a guess, since none
    /// has a name: the same number, and windows that end together. A bucket of
    /// which nothing is known is taken to count in the key's widest limit.
    fn governing(&self, bucket: &str, now_ms: u64) -> Vec<usize> {
        let key = key(bucket);
        let of_key = |known: &&Known| match key {
            NO_KEY => known.rate.bucket == bucket,
            key => self::key(&known.rate.bucket) == key,
        };
        let live = || self.known.iter().filter(|known| known.ends_ms > now_ms).filter(of_key);
        let own: Vec<&Known> = live().filter(|known| known.rate.bucket == bucket).collect();
        let widest = live().map(|known| known.rate.limit).max().filter(|_| own.is_empty());
        let counts = |known: &Known| match widest {
            Some(widest) => known.rate.limit == widest,
            None => own.iter().any(|own| own.same_limit(known)),
        };
        let all = self.known.iter().enumerate();
        let all = all.filter(|(_, known)| known.ends_ms > now_ms && of_key(known) && counts(known));
        all.map(|(index, _)| index).collect()
    }
}

impl Known {
    fn new(rate: Rate, now_ms: u64) -> Known {
        let reset_ms = if rate.reset_ms == 0 { LEAST_RESET_MS } else { rate.reset_ms.min(MOST_RESET_MS) };
        let ends_ms = now_ms.saturating_add(u64::from(reset_ms));
        Known { rate, ends_ms, first_end_ms: ends_ms }
    }

    fn same_limit(&self, other: &Known) -> bool {
        self.rate.limit == other.rate.limit && self.ends_ms.abs_diff(other.ends_ms) <= SAME_WINDOW_MS
    }

    /// What remains beyond the reserve.
    fn rest(&self, reserve_percent: u32) -> u32 {
        let reserve = u64::from(self.rate.limit) * u64::from(reserve_percent) / 100;
        self.rate.remaining.saturating_sub(u32::try_from(reserve).unwrap_or(u32::MAX))
    }

    /// What remains beyond the reserve and the last fifth.
    fn plenty(&self, reserve_percent: u32) -> u32 {
        self.rest(reserve_percent).saturating_sub(self.rate.limit / 5)
    }

    fn hold(&self, now_ms: u64, reserve_percent: u32) -> Hold {
        let left = self.ends_ms.saturating_sub(now_ms);
        let rest = u64::from(self.rest(reserve_percent));
        match rest {
            0 => Hold { ms: left, to_end: true },
            _ if rest * 5 < u64::from(self.rate.limit) => Hold { ms: left / (rest + 1), to_end: false },
            _ => Hold::default(),
        }
    }
}

/// The key in `KEY:OPERATION`.
fn key(bucket: &str) -> &str {
    bucket.split_once(':').map_or(bucket, |(key, _)| key)
}

#[cfg(test)]
mod tests;

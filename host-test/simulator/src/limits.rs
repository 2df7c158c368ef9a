//! Rate limits: so many requests a minute of the simulator's clock, per key
//! and, for a few operations, per operation as well.
//!
//! The headers tell of the limit that is closest, as PagerDuty's do.

use std::collections::HashMap;

use jiff::Timestamp;

/// What the three `ratelimit-` headers say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Seconds until the window ends.
    pub(crate) reset: u32,
    pub(crate) exceeded: bool,
}

/// Shown where nothing is refused.
const USUAL: u32 = 960;

/// Counts of the current minute.
#[derive(Default)]
pub(crate) struct Limits {
    minute: i64,
    counts: HashMap<(String, &'static str), u32>,
}

impl Limits {
    /// Counts one request of `key`. `own` is the operation's bucket and limit.
    pub(crate) fn count(
        &mut self,
        now: Timestamp,
        key: &str,
        general: Option<u32>,
        own: Option<(&'static str, u32)>,
    ) -> Rate {
        let second = now.as_second();
        let minute = second.div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            self.counts.clear();
        }
        let reset = u32::try_from(60 - second.rem_euclid(60)).unwrap_or(60);
        let limit = general.unwrap_or(USUAL);
        let mut rate = self.spend(key, "", limit, reset);
        if let Some((bucket, own)) = own {
            let narrow = self.spend(key, bucket, own.min(limit), reset);
            if narrow.remaining < rate.remaining || narrow.exceeded {
                rate = Rate { exceeded: rate.exceeded || narrow.exceeded, ..narrow };
            }
        }
        Rate { exceeded: rate.exceeded && general.is_some(), ..rate }
    }

    fn spend(&mut self, key: &str, bucket: &'static str, limit: u32, reset: u32) -> Rate {
        let count = self.counts.entry((key.to_owned(), bucket)).or_insert(0);
        *count = count.saturating_add(1);
        Rate { limit, remaining: limit.saturating_sub(*count), reset, exceeded: *count > limit }
    }
}

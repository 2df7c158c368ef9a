//! What connections of one host learn of a provider's rate limits, shared among
//! those that signed in with the same key: a provider counts by key, and knows
//! nothing of connections.
//!
//! Rule: no lock is held across an await; keys are told apart by salted digests
//! that are never shown.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::contract::Rate;
use crate::sign::Sign;

/// Settings that decide whose limits they are: where the account lives.
const PLACE: [&str; 2] = ["region", "base_url"];

/// Two windows of the same limit that end so close to each other are one.
const SAME_WINDOW: Duration = Duration::from_secs(2);

/// Notes of one key: more than a provider has limits.
const MOST_NOTES: usize = 256;

/// Bytes of a bucket's name; what is longer is not noted.
const LONGEST_BUCKET: usize = 200;

/// Every key that a host has connections on, or still knows something of.
#[derive(Default)]
pub(crate) struct Shared {
    salt: [u8; 32],
    keys: Mutex<HashMap<[u8; 32], Arc<Key>>>,
}

/// What is known of the limits of one key.
#[derive(Default)]
struct Key(Mutex<Known>);

#[derive(Default)]
struct Known {
    notes: Vec<Note>,
    /// Calls that are under way, each of which may take a request.
    under_way: u32,
    /// Numbers notes and members.
    last: u64,
}

/// The last word on one limit.
struct Note {
    rate: Rate,
    /// When its window ends: the latest that was heard of it, since every
    /// answer rounds what is left to seconds.
    ends: Duration,
    /// The end that was heard of first. A window is told by it: where the end
    /// moves on with every answer, it is another window soon.
    first_end: Duration,
    number: u64,
    /// The member that said it.
    by: u64,
}

/// One connection among those on its key.
pub(crate) struct Member {
    key: Arc<Key>,
    id: u64,
    /// The last note it was told of.
    seen: u64,
}

/// A call under way. However it ends, it then counts no more.
pub(crate) struct UnderWay(Arc<Key>);

impl Shared {
    /// # Errors
    /// The system's, when it gives no randomness.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt)?;
        Ok(Shared { salt, ..Shared::default() })
    }

    /// A connection of `connector`, told by its SHA-256, that signs in like this.
    pub(crate) fn join(&self, connector: &str, schema: &str, sign: &Sign, now: Duration) -> Member {
        let digest = self.digest(connector, schema, sign);
        let mut keys = locked(&self.keys);
        // A connection that is opened anew still finds what was learned.
        keys.retain(|_, key| Arc::strong_count(key) > 1 || locked(&key.0).notes.iter().any(|note| note.ends > now));
        let key = keys.entry(digest).or_default().clone();
        let mut known = locked(&key.0);
        known.last += 1;
        let id = known.last;
        drop(known);
        Member { key, id, seen: 0 }
    }

    fn digest(&self, connector: &str, schema: &str, sign: &Sign) -> [u8; 32] {
        let schema: Value = serde_json::from_str(schema).unwrap_or_default();
        let place = PLACE.map(|name| {
            let given = [&sign.host_settings, &sign.settings].map(|settings| &settings[name]);
            // Said or left to its default: the same place.
            given.into_iter().find(|value| !value.is_null()).unwrap_or(&schema["properties"][name]["default"])
        });
        let credentials: BTreeMap<&str, &str> = sign
            .credentials
            .iter()
            .map(|(name, value)| (name.as_str(), value.expose()))
            .filter(|(_, value)| !value.is_empty())
            .collect();
        let mut hash = Sha256::new_with_prefix(self.salt);
        let mut add = |part: &str| {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        };
        [connector, &sign.method].into_iter().for_each(&mut add);
        place.iter().for_each(|value| add(&value.to_string()));
        credentials.iter().for_each(|(name, value)| [name, value].into_iter().for_each(|part| add(part)));
        hash.finalize().into()
    }
}

impl Member {
    /// A call begins. What the connection has to be told before it: what others
    /// have learned since the last call, and how little its own last word is
    /// worth while others are calling. Each of their calls is counted as spent.
    pub(crate) fn begin(&mut self, now: Duration) -> (UnderWay, Vec<Rate>) {
        let mut known = locked(&self.key.0);
        let others = known.under_way;
        known.under_way = others.saturating_add(1);
        known.notes.retain(|note| note.ends > now);
        let due = |note: &&Note| if note.by == self.id { others > 0 } else { note.number > self.seen };
        let rates = known.notes.iter().filter(due).map(|note| note.told(now, others)).collect();
        self.seen = known.last;
        (UnderWay(self.key.clone()), rates)
    }

    /// An answer said this.
    pub(crate) fn note(&self, rate: &Rate, now: Duration) {
        if rate.bucket.len() > LONGEST_BUCKET {
            return;
        }
        let ends = now.saturating_add(Duration::from_millis(rate.reset_ms.into()));
        let mut known = locked(&self.key.0);
        known.notes.retain(|note| note.ends > now);
        let same = |note: &Note| note.rate.bucket == rate.bucket && note.rate.limit == rate.limit;
        let (mut ends, mut first_end) = (ends, ends);
        if let Some(at) = known.notes.iter().position(same) {
            let noted = &mut known.notes[at];
            // Answers overtake each other: of one window the lowest is the
            // latest, and a window that ended earlier has been left behind.
            if noted.first_end.abs_diff(ends) <= SAME_WINDOW {
                (ends, first_end) = (ends.max(noted.ends), noted.first_end);
                if noted.rate.remaining < rate.remaining {
                    noted.ends = ends;
                    return;
                }
            } else if ends < noted.ends {
                return;
            }
            known.notes.remove(at);
        } else if known.notes.len() >= MOST_NOTES {
            known.notes.remove(0);
        }
        known.last += 1;
        let number = known.last;
        known.notes.push(Note { rate: rate.clone(), ends, first_end, number, by: self.id });
    }
}

impl Note {
    fn told(&self, now: Duration, others: u32) -> Rate {
        let reset_ms = u32::try_from(self.ends.saturating_sub(now).as_millis()).unwrap_or(u32::MAX);
        // 0 would be read as a header that counts whole seconds.
        let (reset_ms, remaining) = (reset_ms.max(1), self.rate.remaining.saturating_sub(others));
        Rate { reset_ms, remaining, ..self.rate.clone() }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut known = locked(&self.0.0);
        known.under_way = known.under_way.saturating_sub(1);
    }
}

/// What an error's `extra` tells of the rate limit:
/// `{"rate": {bucket, limit, remaining, reset_ms}}`.
pub(crate) fn rate(extra: &str) -> Option<Rate> {
    let extra: Value = serde_json::from_str(extra).ok()?;
    let rate = &extra["rate"];
    let number = |name: &str| u32::try_from(rate[name].as_u64()?).ok();
    Some(Rate {
        bucket: rate["bucket"].as_str()?.to_owned(),
        limit: number("limit")?,
        remaining: number("remaining")?,
        reset_ms: number("reset_ms")?,
    })
}

/// What is behind the lock stays sound whatever panicked.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

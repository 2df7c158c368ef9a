//! The records of a made-up list, oldest first: computed from their number, so
//! that a million of them take no memory.
//!
//! Rule: a record's id and time never change. What comes and goes is kept
//! beside the computed records, and is little.

use std::ops::Range;

/// Ids of records that came later begin here.
pub const ADDED: u64 = 1 << 32;

/// Records at even distances: `count` of them from second `from` up to, and
/// without, second `to`. All fall into `from` where the two are the same.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// How many.
    pub count: u64,
    /// The first one's time, in seconds since 1970.
    pub from: i64,
    /// The second at which the run is over.
    pub to: i64,
}

/// One record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Its number, or [`ADDED`] and more for one that came later.
    pub id: u64,
    /// When it was created, in seconds since 1970.
    pub at: i64,
}

#[derive(Debug, Clone, Copy)]
struct Added {
    /// The number of the record it stands before.
    before: u64,
    record: Record,
}

/// A list and what happened to it.
#[derive(Debug, Clone, Default)]
pub struct Records {
    runs: Vec<Run>,
    count: u64,
    /// Numbers of those that went, ascending.
    gone: Vec<u64>,
    /// In the order of the list.
    added: Vec<Added>,
    named: u64,
}

/// The part of a list that lies in a window of time.
#[derive(Debug, Clone)]
pub struct Part {
    numbers: Range<u64>,
    gone: Vec<u64>,
    added: Vec<Added>,
}

impl Records {
    /// Runs that follow each other, the oldest first.
    #[must_use]
    pub fn new(runs: &[Run]) -> Records {
        let count = runs.iter().map(|run| run.count).sum();
        Records { runs: runs.to_vec(), count, ..Records::default() }
    }

    /// How many there were at the beginning; these are their ids, from 0 on.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The time of record `number`.
    #[must_use]
    pub fn at(&self, number: u64) -> i64 {
        let mut left = number;
        for run in &self.runs {
            if left < run.count {
                let share = i128::from(run.to - run.from) * i128::from(left) / i128::from(run.count);
                return run.from + i64::try_from(share).unwrap_or(0);
            }
            left -= run.count;
        }
        i64::MAX
    }

    /// The number of the first record that is not older than `at`.
    #[must_use]
    pub fn first_from(&self, at: i64) -> u64 {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.at(middle) < at { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Takes a record away, if it is there.
    pub fn delete(&mut self, id: u64) {
        if id >= ADDED {
            self.added.retain(|added| added.record.id != id);
        } else if let Err(place) = self.gone.binary_search(&id) {
            self.gone.insert(place, id);
        }
    }

    /// Puts a new record before number `before`, behind those that were put
    /// there earlier; its id.
    pub fn insert(&mut self, before: u64, at: i64) -> u64 {
        let id = ADDED + self.named;
        self.named += 1;
        let place = self.added.partition_point(|added| added.before <= before);
        self.added.insert(place, Added { before, record: Record { id, at } });
        id
    }

    /// Puts a new record at the end; its id.
    pub fn append(&mut self, at: i64) -> u64 {
        self.insert(self.count, at)
    }

    /// The ids of all that are there, in the order of the list.
    #[must_use]
    pub fn ids(&self) -> Vec<u64> {
        let all = self.within(i64::MIN, i64::MAX);
        all.slice(self, 0..all.len()).iter().map(|record| record.id).collect()
    }

    /// The records of `low <= at < high`.
    #[must_use]
    pub fn within(&self, low: i64, high: i64) -> Part {
        let numbers = self.first_from(low)..self.first_from(high).max(self.first_from(low));
        let between = |place: u64| self.gone.partition_point(|gone| *gone < place);
        let gone = self.gone[between(numbers.start)..between(numbers.end)].to_vec();
        let added = self.added.iter().filter(|added| (low..high).contains(&added.record.at)).copied().collect();
        Part { numbers, gone, added }
    }
}

impl Part {
    /// How many records it holds.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.numbers.end - self.numbers.start - self.gone.len() as u64 + self.added.len() as u64
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The records at these places of it, the oldest first.
    #[must_use]
    pub fn slice(&self, records: &Records, places: Range<u64>) -> Vec<Record> {
        let mut found = Vec::new();
        let (mut place, mut next) = (0, self.numbers.start);
        let (mut gone, mut added) = (self.gone.iter().peekable(), self.added.iter().peekable());
        while place < places.end {
            let stop = gone.peek().map_or(self.numbers.end, |gone| **gone);
            let stop = added.peek().map_or(stop, |added| stop.min(added.before.max(next)));
            // As many as stand between two changes, at once.
            let run = (stop.max(next) - next).min(places.end - place);
            let from = places.start.max(place) - place;
            found.extend((from.min(run)..run).map(|n| Record { id: next + n, at: records.at(next + n) }));
            (place, next) = (place + run, next + run);
            if place >= places.end {
                break;
            }
            if let Some(added) = added.next_if(|added| added.before <= next || next >= self.numbers.end) {
                if place >= places.start {
                    found.push(added.record);
                }
                place += 1;
            } else if gone.next_if_eq(&&next).is_some() {
                next += 1;
            } else if next >= self.numbers.end {
                break;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_and_goes_is_where_it_should_be() {
        let run = |count, from, to| Run { count, from, to };
        let mut records = Records::new(&[run(5, 0, 10), run(3, 10, 10), run(2, 11, 13)]);
        assert_eq!((0..10).map(|n| records.at(n)).collect::<Vec<_>>(), [0, 2, 4, 6, 8, 10, 10, 10, 11, 12]);
        assert_eq!((records.first_from(10), records.first_from(11), records.first_from(99)), (5, 8, 10));
        let end = records.append(20);
        let front = records.insert(0, 0);
        records.delete(0);
        records.delete(6);
        records.delete(6);
        assert_eq!(records.ids(), [front, 1, 2, 3, 4, 5, 7, 8, 9, end]);
        for (low, high) in [(0, 30), (0, 10), (10, 11), (3, 12), (13, 30), (40, 50), (5, 5)] {
            let part = records.within(low, high);
            let all = part.slice(&records, 0..part.len());
            assert_eq!(all.len() as u64, part.len(), "{low} {high}");
            assert!(all.iter().all(|record| (low..high).contains(&record.at)));
            for from in 0..all.len() {
                for to in from..all.len() {
                    assert_eq!(part.slice(&records, from as u64..to as u64), all[from..to], "{low} {high}");
                }
            }
        }
        records.delete(end);
        assert_eq!(records.ids().len(), 9);
    }
}

//! `connector scan --every`: accounts kept up to date, for ever.
//!
//! Rule: one scan of an account at a time, whoever scans (the store holds the
//! lease); a failure of one account is no other's; asked to stop, every scan
//! ends behind its present step and goes on there the next time.

mod status;
mod web;

use std::sync::Arc;
use std::time::Duration;

use connector_host::inventory::{self, Watch};
use connector_inventory::store::{Apply, Counts, Error as StoreError};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::accounts::Account;
use crate::commands::scan::{self, Ground};
use crate::escape::visible;
use crate::failure::{Failure, Result};
use status::{Outcome, Status};

/// Accounts that are scanned at the same time.
const TOGETHER: usize = 4;
/// The first wait after a scan that failed; it doubles with each further one.
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(2);
/// Most of that wait.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);
/// A change may be told so much later than it was made.
const LATE: SignedDuration = SignedDuration::from_mins(5);

/// Keeps the accounts up to date until `stop` says so.
pub(crate) async fn run(
    ground: Ground,
    accounts: Vec<Account>,
    every: SignedDuration,
    changes_every: Option<SignedDuration>,
    listen: Option<std::net::SocketAddr>,
    stop: watch::Receiver<bool>,
) -> Result<()> {
    let ground = Arc::new(ground);
    let names: Vec<String> = accounts.iter().map(|account| account.nickname.clone().unwrap_or_default()).collect();
    let status = Arc::new(Status::new(&names, every));
    let mut tasks = JoinSet::new();
    if let Some(address) = listen {
        let server = web::bind(address, Arc::clone(&status)).await?;
        tell!("health and metrics at http://{}/healthz and /metrics", server.address);
        tasks.spawn(server.serve(stop.clone()));
    }
    let room = Arc::new(Semaphore::new(TOGETHER));
    for (number, account) in accounts.into_iter().enumerate() {
        let keeper = Keeper {
            ground: Arc::clone(&ground),
            account,
            number,
            every,
            changes_every,
            status: Arc::clone(&status),
            stop: stop.clone(),
            room: Arc::clone(&room),
        };
        tasks.spawn(keeper.keep());
    }
    while tasks.join_next().await.is_some() {}
    // The last handle is closed, so that a file of SQLite stands alone.
    if let Ok(ground) = Arc::try_unwrap(ground) {
        ground.store.close().await;
    }
    Ok(())
}

/// Keeps one account up to date.
struct Keeper {
    ground: Arc<Ground>,
    account: Account,
    number: usize,
    every: SignedDuration,
    changes_every: Option<SignedDuration>,
    status: Arc<Status>,
    stop: watch::Receiver<bool>,
    room: Arc<Semaphore>,
}

impl Keeper {
    async fn keep(mut self) {
        let mut due = self.first().await;
        let mut failures = 0_u32;
        // Changes are looked for from the beginning of the last scan on.
        let mut seen: Option<Timestamp> = None;
        loop {
            let now = Timestamp::now();
            let look = self.changes_every.zip(seen).map(|(every, _)| later(now, every));
            let next = look.map_or(due, |look| look.min(due));
            if !self.wait_until(next).await {
                return;
            }
            let began = Timestamp::now();
            if began < due {
                let since = seen.unwrap_or(began).checked_sub(LATE).unwrap_or(began);
                if self.look(since).await {
                    seen = Some(began);
                }
                continue;
            }
            match self.scan().await {
                Ended::Whole => {
                    (failures, seen) = (0, Some(began));
                    due = later(began, jittered(self.every));
                }
                Ended::Elsewhere => due = later(Timestamp::now(), FIRST_WAIT),
                Ended::Stopped => return,
                Ended::Failed => {
                    failures += 1;
                    due = later(Timestamp::now(), backoff(failures).min(self.every));
                }
            }
        }
    }

    /// When the first scan is due: as the last one in the store says, so that a
    /// restart is no reason to scan.
    async fn first(&self) -> Timestamp {
        let now = Timestamp::now();
        let Some(nickname) = &self.account.nickname else { return now };
        let Ok(scans) = self.ground.store.scans(Some(nickname), 50).await else { return now };
        use connector_inventory::store::{Source, State};
        let whole = scans.iter().find(|scan| scan.source == Source::Scan && scan.state == State::Complete);
        // What was begun is ended first.
        let unfinished = scans.iter().any(|scan| scan.state == State::Unfinished);
        match whole {
            Some(scan) if !unfinished => {
                self.status.found(self.number, scan.updated, scan.counts.seen);
                later(scan.started, jittered(self.every)).max(now)
            }
            Some(_) | None => now,
        }
    }

    /// False where it is time to stop.
    async fn wait_until(&mut self, at: Timestamp) -> bool {
        let wait = Duration::try_from(at.duration_since(Timestamp::now())).unwrap_or_default();
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = self.stop.wait_for(|stop| *stop) => {}
        }
        !*self.stop.borrow()
    }

    fn name(&self) -> String {
        visible(self.account.nickname.as_deref().unwrap_or("the account")).into_owned()
    }

    async fn scan(&self) -> Ended {
        let Ok(_place) = self.room.acquire().await else { return Ended::Stopped };
        if *self.stop.borrow() {
            return Ended::Stopped;
        }
        self.status.begins(self.number);
        let mut watch = Quiet { name: self.name(), stop: self.stop.clone() };
        let done = scan::one(&self.ground, &self.account, &mut watch).await;
        let (ended, outcome) = match done {
            Ok(done) => {
                let Counts { seen, added, changed, gone } = done.report.counts;
                tell!(
                    "{}: {seen} assets, {added} new, {changed} changed, {gone} gone; {} requests, {:.1} s, {} kinds left out",
                    self.name(),
                    done.requests,
                    done.seconds,
                    done.report.skipped.len()
                );
                let outcome =
                    Outcome::Whole { counts: done.report.counts, requests: done.requests, seconds: done.seconds };
                (Ended::Whole, outcome)
            }
            Err(Failure::Interrupted) => (Ended::Stopped, Outcome::Stopped),
            Err(Failure::Store(error @ (StoreError::Busy { .. } | StoreError::Overtaken { .. }))) => {
                tell!("{}: {}", self.name(), visible(&error.to_string()));
                (Ended::Elsewhere, Outcome::Stopped)
            }
            Err(failure) => {
                tell!("{}: {}", self.name(), visible(&failure.to_string()));
                (Ended::Failed, Outcome::Failed(failure.to_string()))
            }
        };
        self.status.ends(self.number, outcome);
        ended
    }

    /// Looks for what changed since then; whether all of it was seen.
    async fn look(&self, since: Timestamp) -> bool {
        match self.changes(since).await {
            Ok(counts) => {
                let Counts { added, changed, gone, .. } = counts;
                if added + changed + gone > 0 {
                    tell!("{}: {added} new, {changed} changed, {gone} gone since {since:.0}", self.name());
                }
                self.status.changed(self.number, &counts);
                true
            }
            Err(Failure::Interrupted) => false,
            Err(failure) => {
                // Accounts without audit records are told of once a run.
                if self.status.first_trouble(self.number) {
                    tell!("{}: changes between scans: {}", self.name(), visible(&failure.to_string()));
                }
                false
            }
        }
    }

    async fn changes(&self, since: Timestamp) -> Result<Counts> {
        let ground = &self.ground;
        let mut connection = scan::open(ground, &self.account).await?;
        let begin = scan::begin(ground, &self.account, &mut connection).await?;
        let kinds: Vec<String> = begin.kinds.iter().map(|kind| kind.id.clone()).collect();
        let mut settings: Map<String, Value> = self.account.scan.clone();
        settings.insert("changed_since".to_owned(), format!("{since:.0}").into());
        let settings = Value::Object(settings).to_string();
        let (mut cursor, mut total) = (None, Counts::default());
        loop {
            if *self.stop.borrow() {
                return Err(Failure::Interrupted);
            }
            let found = connection.scan(&kinds, &settings, cursor.as_deref()).await?;
            let gone = inventory::gone(&found);
            let found = inventory::slice(found).map_err(scan::failed)?;
            if !found.assets.is_empty() || !gone.is_empty() {
                let apply = Apply {
                    nickname: begin.nickname.clone(),
                    account: begin.account.clone(),
                    view: begin.view.clone(),
                    kinds: begin.kinds.clone(),
                    assets: found.assets,
                    gone,
                    now: Timestamp::now(),
                };
                let counts = ground.store.apply(&apply).await?;
                total.added += counts.added;
                total.changed += counts.changed;
                total.gone += counts.gone;
                total.seen += counts.seen;
            }
            match found.next {
                Some(next) => cursor = Some(next),
                None => return Ok(total),
            }
        }
    }
}

/// How a scan ended.
enum Ended {
    Whole,
    /// Another process has the account.
    Elsewhere,
    Stopped,
    Failed,
}

fn later(than: Timestamp, by: SignedDuration) -> Timestamp {
    than.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// A little earlier or later each time, so that many do not come at once: up to
/// a twentieth of the interval to either side.
fn jittered(every: SignedDuration) -> SignedDuration {
    let mut chance = [0_u8; 2];
    // Without chance the interval is as it was asked for.
    if getrandom::fill(&mut chance).is_err() {
        return every;
    }
    let share = f64::from(u16::from_le_bytes(chance)) / f64::from(u16::MAX) - 0.5;
    every.checked_add(every.mul_f64(share / 10.0)).unwrap_or(every)
}

fn backoff(failures: u32) -> SignedDuration {
    let doubled = FIRST_WAIT.checked_mul(1 << failures.saturating_sub(1).min(10));
    doubled.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT)
}

/// What is worth a line of a log.
struct Quiet {
    name: String,
    stop: watch::Receiver<bool>,
}

impl Watch for Quiet {
    fn step(&mut self, _: u64, _: &Counts) {}

    fn note(&mut self, text: &str) {
        tell!("{}: {}", self.name, visible(text));
    }

    fn stop(&self) -> bool {
        *self.stop.borrow()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jitter_is_a_twentieth_at_most() {
        let every = SignedDuration::from_hours(8);
        let range = SignedDuration::from_mins(456)..=SignedDuration::from_mins(504);
        let all: Vec<SignedDuration> = (0..200).map(|_| jittered(every)).collect();
        assert!(all.iter().all(|time| range.contains(time)), "{all:?}");
        assert!(all.iter().any(|time| *time != all[0]));
    }

    #[test]
    fn a_wait_doubles_to_an_hour() {
        for (failures, minutes) in [(1, 2), (2, 4), (3, 8), (5, 32), (6, 60), (200, 60)] {
            assert_eq!(backoff(failures), SignedDuration::from_mins(minutes), "{failures}");
        }
    }
}

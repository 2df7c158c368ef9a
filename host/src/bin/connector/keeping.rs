//! `connector scan --every`: accounts kept up to date, for ever.
//!
//! Rule: one scan of an account at a time, whoever scans (the store holds the
//! lease); a failure of one account is no other's; asked to stop, every scan
//! ends behind its present step and goes on there the next time.

mod due;
mod status;
mod web;

use std::sync::Arc;
use std::time::Duration;

use connector_host::Error;
use connector_host::contract::Reason;
use connector_host::inventory::{self, Watch};
use connector_inventory::store::{Apply, Counts, Error as StoreError, Point};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::accounts::Account;
use crate::commands::scan::{self, Done, Ground};
use crate::escape::{counted, visible};
use crate::failure::{Failure, Result};
use due::{Remembered, later};
use status::{Outcome, Status};

/// Accounts that are scanned at the same time.
const TOGETHER: usize = 4;
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
    let names: Vec<String> = accounts.iter().map(|account| account.nickname.clone().unwrap_or_default()).collect();
    let status = Arc::new(Status::new(&names, every));
    let mut tasks = JoinSet::new();
    if let Some(address) = listen {
        let server = match web::bind(address, Arc::clone(&status)).await {
            Ok(server) => server,
            Err(failure) => {
                ground.store.close().await;
                return Err(failure);
            }
        };
        tell!("health and metrics at http://{0}/healthz and http://{0}/metrics", server.address);
        tasks.spawn(server.serve(stop.clone()));
    }
    let ground = Arc::new(ground);
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
        let known = self.remembered().await;
        let mut due = due::next(known.as_ref(), self.every, chance(), Timestamp::now());
        // What changed before is in the store; none: nothing is.
        let mut seen: Option<Timestamp> = known.map(|known| known.seen);
        let mut looked = Timestamp::now();
        let mut failures = 0_u32;
        if due > looked {
            tell!("{}: the next scan is due at {due:.0}", self.name());
        }
        loop {
            let look = self.changes_every.filter(|_| seen.is_some()).map(|every| later(looked, every));
            let next = look.map_or(due, |look| look.min(due));
            if !self.wait_until(next).await {
                return;
            }
            let began = Timestamp::now();
            looked = began;
            if began < due {
                let since = seen.unwrap_or(began).checked_sub(LATE).unwrap_or(began);
                if self.look(since).await {
                    seen = Some(began);
                }
                continue;
            }
            // Another process may have been first.
            if let Some(known) = self.remembered().await.filter(|known| known.holds(self.every, began)) {
                due = due::next(Some(&known), self.every, chance(), began);
                seen = Some(known.seen);
                continue;
            }
            match self.scan().await {
                Ended::Whole => {
                    (failures, seen) = (0, Some(began));
                    due = later(began, due::jittered(self.every, chance()));
                }
                Ended::Elsewhere => due = later(Timestamp::now(), due::backoff(1)),
                Ended::Stopped => return,
                Ended::Failed => {
                    failures += 1;
                    due = later(Timestamp::now(), due::backoff(failures).min(self.every));
                }
            }
        }
    }

    /// What the store knows of the account; none before its first whole scan.
    async fn remembered(&mut self) -> Option<Remembered> {
        let nickname = self.nickname().await?;
        let store = &self.ground.store;
        // Where the store does not answer, the scan tells why.
        let account = store.accounts().await.ok()?.into_iter().find(|account| account.nickname == nickname)?;
        let at = store.snapshot(Some(&nickname), &Point::Now).await.ok()?;
        let known = Remembered::of(&account, &store.kinds(&at).await.ok()?)?;
        self.status.found(self.number, known.ended, known.assets);
        Some(known)
    }

    /// What people call the account: without a name of its own, what it calls itself.
    async fn nickname(&mut self) -> Option<String> {
        if self.account.nickname.is_none() {
            // Where it does not answer, the scan tells why.
            let mut connection = scan::open(&self.ground, &self.account).await.ok()?;
            let begin = scan::begin(&self.ground, &self.account, &mut connection).await.ok()?;
            self.status.named(self.number, &begin.nickname);
            self.account.nickname = Some(begin.nickname);
        }
        self.account.nickname.clone()
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
        let (ended, outcome, told) = match done {
            Ok(done) => {
                let (told, counts) = (line(&done), done.report.counts);
                let outcome = Outcome::Whole { counts, requests: done.requests, seconds: done.seconds };
                (Ended::Whole, outcome, Some(told))
            }
            Err(Failure::Interrupted) => (Ended::Stopped, Outcome::Stopped, None),
            Err(Failure::Store(error @ (StoreError::Busy { .. } | StoreError::Overtaken { .. }))) => {
                (Ended::Elsewhere, Outcome::Stopped, Some(error.to_string()))
            }
            Err(failure) => (Ended::Failed, Outcome::Failed(failure.to_string()), Some(failure.to_string())),
        };
        // Whoever reads the line finds the same at /healthz.
        self.status.ends(self.number, outcome);
        if let Some(told) = told {
            tell!("{}: {}", self.name(), visible(&told));
        }
        ended
    }

    /// Looks for what changed since then; whether all of it was seen.
    async fn look(&self, since: Timestamp) -> bool {
        match self.changes(since).await {
            Ok((counts, untold)) => {
                let Counts { added, changed, gone, .. } = counts;
                if added + changed + gone > 0 {
                    tell!("{}: {added} new, {changed} changed, {gone} gone since {since:.0}", self.name());
                }
                self.status.changed(self.number, &counts);
                match &untold {
                    Some(why) => self.trouble(why),
                    None => self.status.no_trouble(self.number),
                }
                untold.is_none()
            }
            Err(Failure::Interrupted) => false,
            // Another process scans the account: its scan brings the same.
            Err(Failure::Store(StoreError::Busy { .. } | StoreError::Unfinished { .. })) => false,
            Err(failure) => {
                self.trouble(&failure.to_string());
                false
            }
        }
    }

    /// What changed, stored; and what kept it from being all.
    async fn changes(&self, since: Timestamp) -> Result<(Counts, Option<String>)> {
        let ground = &self.ground;
        let mut connection = scan::open(ground, &self.account).await?;
        let begin = scan::begin(ground, &self.account, &mut connection).await?;
        let kinds: Vec<String> = begin.kinds.iter().map(|kind| kind.id.clone()).collect();
        let mut settings: Map<String, Value> = self.account.scan.clone();
        settings.insert("changed_since".to_owned(), format!("{since:.0}").into());
        let settings = Value::Object(settings).to_string();
        // All of it is stored at once, as of the beginning: a look that breaks off is none.
        let mut apply = Apply {
            nickname: begin.nickname,
            account: begin.account,
            view: begin.view,
            kinds: begin.kinds,
            assets: Vec::new(),
            gone: Vec::new(),
            now: begin.now,
        };
        let (mut cursor, mut untold) = (None, None);
        loop {
            if *self.stop.borrow() {
                return Err(Failure::Interrupted);
            }
            let found = match connection.scan(&kinds, &settings, cursor.as_deref()).await {
                // The list of changes itself, which comes last: what went before is known.
                Err(Error::Connector(why)) if matches!(why.reason, Reason::Forbidden | Reason::Unlicensed) => {
                    untold = Some(why.message);
                    break;
                }
                found => found?,
            };
            let skipped = found.skipped.iter().find(|skipped| skipped.why.reason != Reason::Missing);
            untold = untold.or(skipped.map(|skipped| format!("{}: {}", skipped.kind, skipped.why.message)));
            // What a narrower key does not find may be there all the same.
            if apply.view.wide {
                apply.gone.extend(inventory::gone(&found));
            }
            let found = inventory::slice(found).map_err(scan::failed)?;
            apply.assets.extend(found.assets);
            match found.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        let counts = match apply.assets.is_empty() && apply.gone.is_empty() {
            true => Counts::default(),
            false => ground.store.apply(&apply).await?,
        };
        Ok((counts, untold))
    }

    /// Tells trouble with changes, such as no right to audit records, unless it is
    /// the same as the last time.
    fn trouble(&self, why: &str) {
        if self.status.new_trouble(self.number, why) {
            tell!("{}: changes between scans: {}", self.name(), visible(why));
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

/// What a scan came to, on a line.
fn line(done: &Done) -> String {
    let Counts { seen, added, changed, gone } = done.report.counts;
    format!(
        "{}, {added} new, {changed} changed, {gone} gone; {}, {:.1} s, {} left out",
        counted(seen, "asset", "assets"),
        counted(done.requests, "request", "requests"),
        done.seconds,
        counted(done.report.skipped.len() as u64, "kind", "kinds")
    )
}

/// A number by chance; none where the system has none.
fn chance() -> Option<u16> {
    let mut chance = [0_u8; 2];
    getrandom::fill(&mut chance).ok().map(|()| u16::from_le_bytes(chance))
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

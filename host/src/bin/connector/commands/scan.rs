//! `connector scan`: accounts into the inventory, once or for ever.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::PathBuf;
use std::time::Instant;

use connector_host::inventory::{self, Report, ScanError, Watch};
use connector_host::{Connection, Connector};
use connector_inventory::asset::Kind;
use connector_inventory::store::{Begin, Counts, Place, Settings, Store, nickname};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use pagerduty_simulator::Server;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::interrupts;
use crate::accounts::{self, Account};
use crate::cli::{Global, ScanArgs, StoreArgs};
use crate::escape::{counted, safe_json, visible};
use crate::failure::{Failure, Result};
use crate::{keeping, session, simulate};

/// The connector, its kinds and the store: what all accounts share.
pub(crate) struct Ground {
    pub(crate) connector: Connector,
    pub(crate) contract: Vec<connector_host::contract::Kind>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) store: Store,
    pub(crate) simulator: Option<Server>,
}

pub(crate) async fn run(global: &Global, args: &ScanArgs) -> Result<()> {
    let plan = accounts::plan(global, args)?;
    let places = StoreArgs { store: plan.store.clone(), store_key: plan.store_key.clone(), ..args.store.clone() };
    let ground = ground(global, &plan.accounts, &places).await?;
    let stop = listen_for_the_end()?;
    if let Some(every) = plan.every {
        return keeping::run(ground, plan.accounts, every, plan.changes_every, plan.listen, stop).await;
    }
    let done = once(global, &ground, &plan.accounts, &stop).await;
    // However it ended: so a file of SQLite stands alone.
    ground.store.close().await;
    done
}

/// Scans each account once.
async fn once(global: &Global, ground: &Ground, accounts: &[Account], stop: &watch::Receiver<bool>) -> Result<()> {
    let mut failed = None;
    for account in accounts {
        let mut progress = Progress::new(account.nickname.as_deref().unwrap_or("the account"), stop.clone());
        let done = one(ground, account, &mut progress).await;
        progress.bar.finish_and_clear();
        match done {
            Ok(done) => tell_done(&done, global.json)?,
            Err(Failure::Interrupted) => return Err(Failure::Interrupted),
            Err(failure) if accounts.len() == 1 => return Err(failure),
            Err(failure) => {
                tell!("{}:", visible(account.nickname.as_deref().unwrap_or("the account")));
                failure.print(global.json, None);
                failed = Some(failure);
            }
        }
    }
    match failed {
        None => Ok(()),
        Some(_) => Err(Failure::Other("not every account could be scanned; what was found before stays".into())),
    }
}

async fn ground(global: &Global, accounts: &[Account], places: &StoreArgs) -> Result<Ground> {
    for account in accounts {
        session::sound(&account.global)?;
    }
    // The host lets loopback in where one account needs it; each grant is its own.
    let loopback = accounts.iter().find(|account| account.global.base_url.is_some());
    let connector = session::connector(loopback.map_or(global, |account| &account.global)).await?;
    let contract = connector.kinds().await?;
    let kinds = inventory::kinds(contract.clone()).map_err(failed)?;
    // Names are judged before anything is made or sent.
    for account in accounts {
        chosen(account, &kinds)?;
    }
    let store = store(global, places, true).await?;
    let simulator = match global.simulate {
        true => Some(simulate::start(0).await?),
        false => None,
    };
    Ok(Ground { connector, contract, kinds, store, simulator })
}

/// Opens the store; `create` makes it where there is none.
pub(crate) async fn store(global: &Global, args: &StoreArgs, create: bool) -> Result<Store> {
    let place = match &args.store {
        Some(text) => Place::parse(text, args.store_key.clone())?,
        None => Place::File(usual(global, create)?),
    };
    let usual = Settings::default();
    let busy = match &args.store_wait {
        Some(text) => accounts::time("--store-wait", text)?.unsigned_abs(),
        None => usual.busy,
    };
    let max_bytes = args.store_most.map(|mib| mib.saturating_mul(1 << 20));
    Ok(Store::open(&place, &Settings { create, busy, max_bytes, ..usual }).await?)
}

/// Where the inventory is if nobody says: invented data has a place of its own.
fn usual(global: &Global, create: bool) -> Result<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = folder("XDG_DATA_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/share")));
    let Some(data) = data else {
        return Err(Failure::Usage("there is no home folder for the inventory: name a file with --store".into()));
    };
    let folder = data.join("pagerduty-connector");
    if create {
        std::fs::create_dir_all(&folder)
            .map_err(|why| Failure::Other(format!("{}: {why}; name another place with --store", folder.display())))?;
    }
    Ok(folder.join(if global.simulate { "simulated.db" } else { "inventory.db" }))
}

/// The kinds that an account's scan covers.
pub(crate) fn chosen(account: &Account, all: &[Kind]) -> Result<Vec<Kind>> {
    let without = expand(&account.without, all)?;
    let named = expand(&account.kinds, all)?;
    let asked = |kind: &&Kind| match account.kinds.is_empty() {
        true => kind.extra.default,
        false => named.contains(&kind.id),
    };
    let kinds: Vec<Kind> = all.iter().filter(asked).filter(|kind| !without.contains(&kind.id)).cloned().collect();
    match kinds.is_empty() {
        true => Err(Failure::Usage("no kind is left to scan: leave out fewer".into())),
        false => Ok(kinds),
    }
}

/// Names of kinds; `personal` stands for all that tell of persons.
pub(crate) fn expand(names: &[String], all: &[Kind]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for name in names {
        if name == "personal" {
            found.extend(all.iter().filter(|kind| kind.extra.personal).map(|kind| kind.id.clone()));
        } else if all.iter().any(|kind| kind.id == *name) {
            found.push(name.clone());
        } else {
            return Err(Failure::Usage(format!(
                "there is no kind `{}`; `connector inventory kinds` lists them",
                visible(name)
            )));
        }
    }
    Ok(found)
}

/// What one scan came to.
pub(crate) struct Done {
    pub(crate) nickname: String,
    pub(crate) account: String,
    pub(crate) report: Report,
    pub(crate) requests: u64,
    pub(crate) seconds: f64,
}

/// Scans one account, from its beginning or from where an earlier scan stopped.
pub(crate) async fn one(ground: &Ground, account: &Account, watch: &mut dyn Watch) -> Result<Done> {
    let began = Instant::now();
    let mut connection = open(ground, account).await?;
    let begin = begin(ground, account, &mut connection).await?;
    let (nickname, name) = (begin.nickname.clone(), begin.account.clone());
    let report = inventory::scan(&mut connection, &ground.store, &begin, &account.scan, &Timestamp::now, watch);
    let report = report.await.map_err(failed)?;
    let seconds = began.elapsed().as_secs_f64();
    Ok(Done { nickname, account: name, report, requests: connection.requests(), seconds })
}

pub(crate) async fn open(ground: &Ground, account: &Account) -> Result<Connection> {
    let (global, keys) = (&account.global, account.keys.clone());
    session::open_at(&ground.connector, global, keys, ground.simulator.as_ref(), &[]).await
}

/// Whose account it is, with which eyes it is looked at, and at what.
pub(crate) async fn begin(ground: &Ground, account: &Account, connection: &mut Connection) -> Result<Begin> {
    let check: Value = serde_json::from_str(&connection.check().await?).unwrap_or_default();
    let found = inventory::account(connection, &ground.contract, &account.scan).await.map_err(failed)?;
    let Some(name) = found else {
        return Err(Failure::Other(
            "nothing in the account tells whose it is: the key sees no user, team or service with a link".into(),
        ));
    };
    let named = account.nickname.clone().unwrap_or_else(|| name.split('.').next().unwrap_or(&name).to_owned());
    nickname(&named)?;
    Ok(Begin {
        nickname: named,
        account: name,
        view: inventory::view(&check),
        kinds: chosen(account, &ground.kinds)?,
        settings: json!({"scan": account.scan, "component": ground.connector.sha256()}),
        now: Timestamp::now(),
    })
}

/// A scan's failure as the tool tells it.
pub(crate) fn failed(error: ScanError) -> Failure {
    match error {
        ScanError::Connector(error) => Failure::Host(error),
        ScanError::Store(error) => error.into(),
        ScanError::Unsound(why) => Failure::Other(why),
        ScanError::Partial(_) => Failure::Usage(error.to_string()),
        ScanError::Stopped => Failure::Interrupted,
    }
}

/// Ctrl-C, or the end that a service manager asks for: behind the present step.
fn listen_for_the_end() -> Result<watch::Receiver<bool>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupts, mut ends) = (interrupts()?, signal(SignalKind::terminate())?);
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupts.recv() => {}
            _ = ends.recv() => {}
        }
        // The other ends are there as long as anything is scanned.
        let _ = stop.send(true);
        tell!("stops behind the present step; once more ends at once, and the next scan goes on where this one was");
        tokio::select! {
            _ = interrupts.recv() => {}
            _ = ends.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(stopped)
}

/// A line that moves, where stderr is a terminal.
struct Progress {
    name: String,
    bar: ProgressBar,
    stop: watch::Receiver<bool>,
}

impl Progress {
    fn new(name: &str, stop: watch::Receiver<bool>) -> Progress {
        let bar = match stderr().is_terminal() {
            true => ProgressBar::new_spinner(),
            false => ProgressBar::hidden(),
        };
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Progress { name: visible(name).into_owned(), bar, stop }
    }
}

impl Watch for Progress {
    fn step(&mut self, steps: u64, counts: &Counts) {
        let Counts { seen, added, changed, .. } = counts;
        let name = &self.name;
        self.bar.set_message(format!("{name}: step {steps}, {seen} assets, {added} new, {changed} changed"));
        self.bar.tick();
    }

    fn note(&mut self, text: &str) {
        let line = format!("{}: {}", self.name, visible(text));
        self.bar.suspend(|| tell!("{line}"));
    }

    fn stop(&self) -> bool {
        *self.stop.borrow()
    }
}

fn tell_done(done: &Done, as_json: bool) -> Result<()> {
    let Done { nickname, account, report, requests, seconds } = done;
    let Counts { seen, added, changed, gone } = report.counts;
    let thousand = (requests * 1000).checked_div(seen).unwrap_or_default();
    let mut out = stdout().lock();
    if as_json {
        let report = json!({
            "account": nickname, "of": account, "scan": report.scan, "steps": report.steps,
            "counts": report.counts, "skipped": report.skipped, "requests": requests,
            "requests_per_1000_assets": thousand, "seconds": seconds,
        });
        writeln!(out, "{}", safe_json(&report.to_string()))?;
        return Ok(out.flush()?);
    }
    writeln!(
        out,
        "{}: {}, {added} new, {changed} changed, {gone} gone (scan {} of {})",
        visible(nickname),
        counted(seen, "asset", "assets"),
        report.scan,
        visible(account)
    )?;
    let asked = counted(*requests, "request", "requests");
    writeln!(out, "  {asked}, {thousand} for each 1,000 assets; {seconds:.1} s")?;
    for skipped in &report.skipped {
        writeln!(out, "  left out {}: {}", visible(&skipped.kind), visible(&skipped.message))?;
    }
    Ok(out.flush()?)
}

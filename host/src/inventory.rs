//! Scanning an account into a store: the connector finds, the store keeps.
//!
//! Rule: knows the contract and no provider. A step's assets and its cursor are
//! stored in one transaction, so a scan that is killed goes on where it was.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use connector_inventory::asset::{Asset, Kind, Relation, Skipped, Slice};
use connector_inventory::store::{self, Begin, Counts, Stepped, Store, View};
use http::Uri;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::connection::Connection;
use crate::contract::{self, Reason};
use crate::error::Error;

/// Times a step is tried before the kind that fails is passed over.
const TRIES: u32 = 3;
/// Longest wait between two of them.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// How often a wait looks whether it is to end.
const BLINK: Duration = Duration::from_millis(100);
/// A lease is renewed so many times before it would end.
const RENEWALS: u32 = 4;
/// Changes that another process may have applied since a scan ended, before it is looked for.
const LATEST: usize = 16;

/// Why a scan ended.
#[derive(Debug)]
pub enum ScanError {
    /// The connector or the host refused.
    Connector(Error),
    /// The store refused.
    Store(store::Error),
    /// The connector told something that is not of the contract.
    Unsound(String),
    /// A setting with which a scan looks at some assets alone.
    Partial(&'static str),
    /// It was asked to stop: what was stored stays, and the scan goes on later.
    Stopped,
}

impl std::fmt::Display for ScanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ScanError::Connector(error) => error.fmt(f),
            ScanError::Store(error) => error.fmt(f),
            ScanError::Unsound(why) => write!(f, "the connector does not keep its contract: {why}"),
            ScanError::Partial(setting) => {
                write!(f, "a scan into a store looks at all there is: leave out the setting `{setting}`")
            }
            ScanError::Stopped => f.write_str("the scan was stopped; the next one goes on where it was"),
        }
    }
}

impl std::error::Error for ScanError {}

impl From<Error> for ScanError {
    fn from(error: Error) -> Self {
        ScanError::Connector(error)
    }
}

impl From<store::Error> for ScanError {
    fn from(error: store::Error) -> Self {
        ScanError::Store(error)
    }
}

/// The connector's kinds as the store takes them.
///
/// # Errors
/// [`ScanError::Unsound`] where the `extra` of one cannot be read.
pub fn kinds(kinds: Vec<contract::Kind>) -> Result<Vec<Kind>, ScanError> {
    let kind = |kind: contract::Kind| {
        let extra = serde_json::from_str(&kind.extra)
            .map_err(|error| ScanError::Unsound(format!("`extra` of the kind {}: {error}", kind.id)))?;
        Ok(Kind { id: kind.id, title: kind.title, terraform_type: kind.terraform_type, extra })
    };
    kinds.into_iter().map(kind).collect()
}

/// What a step found, as the store takes it.
///
/// # Errors
/// [`ScanError::Unsound`] where the attributes of an asset are no JSON object.
pub fn slice(slice: contract::Slice) -> Result<Slice, ScanError> {
    let assets = slice.assets.into_iter().map(asset).collect::<Result<_, _>>()?;
    let skipped = slice.skipped.into_iter().map(skipped).collect();
    Ok(Slice { assets, next: slice.next, skipped })
}

/// What a refresh asked for and did not find: kind and id.
pub fn gone(slice: &contract::Slice) -> Vec<(String, String)> {
    let missing = slice.skipped.iter().filter(|skipped| skipped.why.reason == Reason::Missing);
    let id = |skipped: &contract::Skipped| {
        let extra: Value = serde_json::from_str(&skipped.why.extra).unwrap_or_default();
        extra["id"].as_str().map(|id| (skipped.kind.clone(), id.to_owned()))
    };
    missing.filter_map(id).collect()
}

fn asset(asset: contract::Asset) -> Result<Asset, ScanError> {
    let contract::Asset { kind, id, name, url, attributes, relations, .. } = asset;
    let attributes: Map<String, Value> = serde_json::from_str(&attributes)
        .map_err(|error| ScanError::Unsound(format!("attributes of the {kind} {id}: {error}")))?;
    let relation =
        |relation: contract::Relation| Relation { name: relation.name, kind: relation.kind, id: relation.id };
    Ok(Asset { kind, id, name, url, attributes, relations: relations.into_iter().map(relation).collect() })
}

/// An asset as the connector takes it.
pub fn told(asset: &Asset) -> contract::Asset {
    let relation =
        |of: &Relation| contract::Relation { name: of.name.clone(), kind: of.kind.clone(), id: of.id.clone() };
    contract::Asset {
        kind: asset.kind.clone(),
        id: asset.id.clone(),
        name: asset.name.clone(),
        url: asset.url.clone(),
        attributes: Value::Object(asset.attributes.clone()).to_string(),
        relations: asset.relations.iter().map(relation).collect(),
        extra: "{}".to_owned(),
    }
}

fn skipped(skipped: contract::Skipped) -> Skipped {
    let contract::Skipped { kind, why } = skipped;
    let message = match why.missing_scopes.is_empty() {
        true => why.message,
        false => format!("{} (missing scopes: {})", why.message, why.missing_scopes.join(" ")),
    };
    Skipped { kind, reason: why.reason.name().to_owned(), message }
}

/// What a scan reports while it goes on, and how it is asked to stop.
pub trait Watch: Send {
    /// A step is stored.
    fn step(&mut self, steps: u64, counts: &Counts);
    /// Something that a person may want to know: a wait, a kind passed over.
    fn note(&mut self, text: &str);
    /// Whether to stop behind the present step, or in a wait for its next try.
    fn stop(&self) -> bool;
}

/// What a finished scan came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its number in the store.
    pub scan: i64,
    /// Steps of this run: an earlier one may have begun the scan.
    pub steps: u64,
    /// Assets of the whole scan.
    pub counts: Counts,
    /// Kinds that the whole scan left out, and why.
    pub skipped: Vec<Skipped>,
}

/// Settings with which the connector looks at some assets alone, or leaves kinds out as it goes.
const PARTIAL: [&str; 3] = ["ids", "changed_since", "skip"];

/// Whether a scan with these settings looks at all there is: what another does
/// not see would be taken for gone.
///
/// # Errors
/// [`ScanError::Partial`].
pub fn whole_scan(settings: &Map<String, Value>) -> Result<(), ScanError> {
    let partial = PARTIAL.into_iter().find(|name| settings.contains_key(*name));
    partial.map_or(Ok(()), |name| Err(ScanError::Partial(name)))
}

/// Scans into the store, from the beginning or from where an earlier scan of the
/// same kind stopped, to the end. `settings` are those of the connector's scans
/// (a JSON object); [`Begin::settings`] has to tell them too.
///
/// # Errors
/// [`ScanError`]; whatever it is, what was stored before stays, and the next
/// call goes on from there.
pub async fn scan(
    connection: &mut Connection,
    store: &Store,
    begin: &Begin,
    settings: &Map<String, Value>,
    now: &(dyn Fn() -> Timestamp + Sync),
    watch: &mut dyn Watch,
) -> Result<Report, ScanError> {
    whole_scan(settings)?;
    let mut scan = store.begin(begin).await?;
    let mut report = Report { scan: scan.id, ..Report::default() };
    if let Some(abandoned) = scan.abandoned {
        watch.note(&format!("the unfinished scan {abandoned} looked at something else and is given up"));
    }
    if scan.resumed {
        watch.note(&format!("goes on with scan {} behind {} steps", scan.id, scan.steps));
    }
    let kinds: Vec<String> = begin.kinds.iter().map(|kind| kind.id.clone()).collect();
    let mut steps = Steps { connection, settings: settings.clone(), passed: BTreeMap::new() };
    loop {
        let stepped = match step(&mut steps, store, &mut scan, &kinds, now, watch).await {
            Ok(stepped) => stepped,
            Err(error) => {
                // Where the store refuses this too, what went wrong first is told: the lease ends by itself.
                let _ = store.release(scan).await;
                return Err(error);
            }
        };
        report.steps += 1;
        report.counts = sum(&report.counts, &stepped.counts);
        watch.step(scan.steps, &report.counts);
        if stepped.complete {
            return Ok(whole(report, store, begin).await?);
        }
        if watch.stop() {
            store.release(scan).await?;
            return Err(ScanError::Stopped);
        }
    }
}

/// Makes a step and stores it; the scan stays this process's however long it takes.
/// A renewal that fails is tried again when the next is due: before the lease is
/// over there are several, and behind it the scan is still this process's unless
/// another took it, which the store says then.
async fn step(
    steps: &mut Steps<'_>,
    store: &Store,
    scan: &mut store::Scan,
    kinds: &[String],
    now: &(dyn Fn() -> Timestamp + Sync),
    watch: &mut dyn Watch,
) -> Result<Stepped, ScanError> {
    let cursor = scan.cursor.clone();
    let mut next = pin!(steps.next(kinds, cursor.as_deref(), watch));
    let found = loop {
        tokio::select! {
            found = &mut next => break found?,
            () = tokio::time::sleep(store.lease() / RENEWALS) => {}
        }
        // The step goes on meanwhile, since a locked store is waited for.
        let mut renewal = pin!(store.renew(scan, now()));
        let (renewed, found) = tokio::select! {
            renewed = &mut renewal => (renewed, None),
            found = &mut next => (renewal.await, Some(found)),
        };
        if let Err(error @ store::Error::Overtaken { .. }) = renewed {
            return Err(error.into());
        }
        if let Some(found) = found {
            break found?;
        }
    };
    Ok(store.step(scan, &found, now()).await?)
}

/// What the store remembers of the scan: a run that goes on with one knows its own steps alone.
async fn whole(report: Report, store: &Store, begin: &Begin) -> Result<Report, store::Error> {
    let latest = store.scans(Some(&begin.nickname), LATEST).await?;
    Ok(match latest.into_iter().find(|scan| scan.id == report.scan) {
        Some(scan) => Report { counts: scan.counts, skipped: scan.skipped, ..report },
        None => report,
    })
}

fn sum(one: &Counts, other: &Counts) -> Counts {
    Counts {
        seen: one.seen + other.seen,
        added: one.added + other.added,
        changed: one.changed + other.changed,
        gone: one.gone + other.gone,
    }
}

/// Steps of one scan, tried again where that may help.
struct Steps<'a> {
    connection: &'a mut Connection,
    settings: Map<String, Value>,
    /// Kinds that failed again and again, each with the last word on it.
    passed: BTreeMap<String, contract::Error>,
}

impl Steps<'_> {
    async fn next(
        &mut self,
        kinds: &[String],
        cursor: Option<&str>,
        watch: &mut dyn Watch,
    ) -> Result<Slice, ScanError> {
        let mut tries = 0;
        loop {
            let settings = Value::Object(self.settings.clone()).to_string();
            let error = match self.connection.scan(kinds, &settings, cursor).await {
                Ok(found) => return slice(self.explained(found)),
                Err(Error::Connector(error)) => error,
                Err(other) => return Err(other.into()),
            };
            let passing = matches!(error.reason, Reason::Unavailable | Reason::Throttled);
            let extra: Value = serde_json::from_str(&error.extra).unwrap_or_default();
            let kind = extra["kind"].as_str().map(str::to_owned);
            tries += 1;
            match kind {
                _ if !passing => return Err(Error::Connector(error).into()),
                _ if watch.stop() => return Err(ScanError::Stopped),
                Some(kind) if tries >= TRIES && error.reason == Reason::Unavailable => {
                    watch.note(&format!("{kind} is passed over in this scan: {}", error.message));
                    self.pass(kind, *error);
                    tries = 0;
                }
                _ if tries >= TRIES => return Err(Error::Connector(error).into()),
                _ => {
                    let asked =
                        error.retry_after_ms.map_or(Duration::from_secs(5), |ms| Duration::from_millis(ms.into()));
                    let wait = asked.min(LONGEST_WAIT);
                    watch.note(&format!("tries again in {} s: {}", wait.as_secs(), error.message));
                    pause(wait, watch).await?;
                }
            }
        }
    }

    fn pass(&mut self, kind: String, why: contract::Error) {
        let skip = self.settings.entry("skip").or_insert_with(|| json!([]));
        if let Some(list) = skip.as_array_mut() {
            list.push(kind.as_str().into());
        }
        self.passed.insert(kind, why);
    }

    /// Gives the kinds that were passed over the reason why they were.
    fn explained(&self, mut found: contract::Slice) -> contract::Slice {
        for skipped in &mut found.skipped {
            if let Some(why) = self.passed.get(&skipped.kind) {
                skipped.why = why.clone();
            }
        }
        found
    }
}

/// Waits, unless it is asked to stop meanwhile.
async fn pause(wait: Duration, watch: &mut dyn Watch) -> Result<(), ScanError> {
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < wait {
        if watch.stop() {
            return Err(ScanError::Stopped);
        }
        tokio::time::sleep(BLINK.min(wait)).await;
    }
    Ok(())
}

/// With which eyes a connection looks, by what `check` answers: an account's key
/// sees the whole account, as do its owner and its admins; anybody else sees
/// less.
pub fn view(check: &Value) -> View {
    let key = &check["keys"][0];
    let user = key["user"]["id"].as_str();
    let role = key["user"]["role"].as_str().unwrap_or_default();
    match (key["kind"].as_str(), user) {
        (Some("account"), _) => View { id: "account".to_owned(), wide: true },
        (_, Some(user)) => View { id: format!("user:{user}"), wide: matches!(role, "owner" | "admin") },
        (kind, None) => View { id: kind.unwrap_or("unknown").to_owned(), wide: false },
    }
}

/// What tells the account from any other: where its assets' links lead. Looks
/// at lists alone until one has a link; nothing where none has. `settings` are
/// those of the scan to come, so that wrong ones are told before it is begun.
///
/// # Errors
/// [`ScanError::Connector`], [`ScanError::Unsound`].
pub async fn account(
    connection: &mut Connection,
    all: &[contract::Kind],
    settings: &Map<String, Value>,
) -> Result<Option<String>, ScanError> {
    let lists = all.iter().filter(|kind| {
        let extra: Value = serde_json::from_str(&kind.extra).unwrap_or_default();
        let alone = extra["within"].as_array().is_none_or(Vec::is_empty);
        alone && extra["requests"] == "page" && extra["default"] == true
    });
    let lists: Vec<String> = lists.map(|kind| kind.id.clone()).collect();
    let settings = Value::Object(settings.clone()).to_string();
    let mut cursor: Option<String> = None;
    loop {
        let found = connection.scan(&lists, &settings, cursor.as_deref()).await?;
        let hosts = found.assets.iter().filter_map(|asset| asset.url.as_deref()).filter_map(host);
        if let Some(host) = hosts.into_iter().next() {
            return Ok(Some(host));
        }
        match found.next {
            Some(next) => cursor = Some(next),
            None => return Ok(None),
        }
    }
}

/// The host of a link, in small letters.
fn host(url: &str) -> Option<String> {
    url.parse::<Uri>().ok()?.host().map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests;

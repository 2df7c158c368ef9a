//! Scanning an account into a store: the connector finds, the store keeps.
//!
//! Rule: knows the contract and no provider. A step's assets and its cursor are
//! stored in one transaction, so a scan that is killed goes on where it was.

use std::collections::BTreeMap;
use std::time::Duration;

use connector_inventory::asset::{Asset, Kind, Relation, Skipped, Slice};
use connector_inventory::store::{self, Begin, Counts, Store, View};
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

/// Why a scan ended.
#[derive(Debug)]
pub enum ScanError {
    /// The connector or the host refused.
    Connector(Error),
    /// The store refused.
    Store(store::Error),
    /// The connector told something that is not of the contract.
    Unsound(String),
    /// It was asked to stop: what was stored stays, and the scan goes on later.
    Stopped,
}

impl std::fmt::Display for ScanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ScanError::Connector(error) => error.fmt(f),
            ScanError::Store(error) => error.fmt(f),
            ScanError::Unsound(why) => write!(f, "the connector does not keep its contract: {why}"),
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

fn skipped(skipped: contract::Skipped) -> Skipped {
    let contract::Skipped { kind, why } = skipped;
    Skipped { kind, reason: why.reason.name().to_owned(), message: why.message }
}

/// What a scan reports while it goes on, and how it is asked to stop.
pub trait Watch: Send {
    /// A step is stored.
    fn step(&mut self, steps: u64, counts: &Counts);
    /// Something that a person may want to know: a wait, a kind passed over.
    fn note(&mut self, text: &str);
    /// Whether to stop behind the present step.
    fn stop(&self) -> bool;
}

/// What a finished scan came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its number in the store.
    pub scan: i64,
    /// Steps of this run.
    pub steps: u64,
    /// Assets of this run; `gone` is decided with the last step.
    pub counts: Counts,
    /// Kinds that were left out, and why.
    pub skipped: Vec<Skipped>,
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
        let step = steps.next(&kinds, scan.cursor.as_deref(), watch).await;
        let found = match step {
            Ok(found) => found,
            Err(error) => {
                store.release(scan).await?;
                return Err(error);
            }
        };
        let stepped = store.step(&mut scan, &found, now()).await?;
        report.steps += 1;
        report.counts = sum(&report.counts, &stepped.counts);
        report.skipped.extend(found.skipped);
        watch.step(scan.steps, &report.counts);
        if stepped.complete {
            return Ok(report);
        }
        if watch.stop() {
            store.release(scan).await?;
            return Err(ScanError::Stopped);
        }
    }
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
                _ if !passing || watch.stop() => return Err(Error::Connector(error).into()),
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
                    tokio::time::sleep(wait).await;
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
/// at lists alone until one has a link; nothing where none has.
///
/// # Errors
/// [`ScanError::Connector`], [`ScanError::Unsound`].
pub async fn account(connection: &mut Connection, all: &[contract::Kind]) -> Result<Option<String>, ScanError> {
    let lists = all.iter().filter(|kind| {
        let extra: Value = serde_json::from_str(&kind.extra).unwrap_or_default();
        let alone = extra["within"].as_array().is_none_or(Vec::is_empty);
        alone && extra["requests"] == "page" && extra["default"] == true
    });
    let lists: Vec<String> = lists.map(|kind| kind.id.clone()).collect();
    let mut cursor: Option<String> = None;
    loop {
        let found = connection.scan(&lists, "{}", cursor.as_deref()).await?;
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
mod tests {
    use super::*;

    fn check(report: Value, id: &str, wide: bool) {
        assert_eq!(view(&report), View { id: id.to_owned(), wide }, "{report}");
    }

    #[test]
    fn a_view_is_as_wide_as_its_key() {
        check(json!({"keys": [{"kind": "account", "user": null}]}), "account", true);
        let user = |role: &str| json!({"keys": [{"kind": "user", "user": {"id": "P1", "role": role}}]});
        check(user("owner"), "user:P1", true);
        check(user("admin"), "user:P1", true);
        check(user("read_only_user"), "user:P1", false);
        check(json!({"keys": [{"kind": "unknown", "user": null}]}), "unknown", false);
        check(json!({}), "unknown", false);
    }

    #[test]
    fn links_tell_the_account() {
        for (url, expected) in [
            ("https://Acme.pagerduty.com/teams/P1", Some("acme.pagerduty.com")),
            ("https://acme.eu.pagerduty.com", Some("acme.eu.pagerduty.com")),
            ("not a link", None),
            ("/teams", None),
        ] {
            assert_eq!(host(url).as_deref(), expected, "{url}");
        }
    }
}

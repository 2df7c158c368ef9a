//! How the accounts stand: for the health check, and as Prometheus reads it.
//!
//! Rule: names of accounts are nicknames, which have no sign that means something
//! to Prometheus (its library writes labels as they are); nothing of an asset is
//! told.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard, PoisonError};

use connector_inventory::store::Counts;
use jiff::{SignedDuration, Timestamp};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use serde_json::{Value, json};

type Labels = Vec<(&'static str, String)>;
type Seconds = Gauge<f64, AtomicU64>;

/// How a scan ended.
pub(super) enum Outcome {
    Whole {
        counts: Counts,
        requests: u64,
        seconds: f64,
    },
    /// Stopped, or another process has the account.
    Stopped,
    Failed(String),
}

/// One account.
#[derive(Clone, Debug, Default)]
struct State {
    name: String,
    /// The end of the last whole scan.
    last: Option<Timestamp>,
    running: bool,
    trouble: Option<String>,
    /// Trouble with changes that was told.
    told: Option<String>,
}

/// All accounts.
pub(super) struct Status {
    since: Timestamp,
    every: SignedDuration,
    states: Mutex<Vec<State>>,
    registry: Registry,
    scans: Family<Labels, Counter>,
    requests: Family<Labels, Counter>,
    changes: Family<Labels, Counter>,
    assets: Family<Labels, Gauge>,
    running: Family<Labels, Gauge>,
    last: Family<Labels, Seconds>,
    took: Family<Labels, Seconds>,
}

impl Status {
    pub(super) fn new(names: &[String], every: SignedDuration) -> Status {
        let states = names.iter().map(|name| State { name: name.clone(), ..State::default() });
        let mut status = Status {
            since: Timestamp::now(),
            every,
            states: Mutex::new(states.collect()),
            registry: Registry::with_prefix("connector"),
            scans: Family::default(),
            requests: Family::default(),
            changes: Family::default(),
            assets: Family::default(),
            running: Family::default(),
            last: Family::default(),
            took: Family::default(),
        };
        let Status { registry, scans, requests, changes, assets, running, last, took, .. } = &mut status;
        registry.register("scans", "Scans that ended, by account and how", scans.clone());
        registry.register("requests", "Requests of scans that ended well", requests.clone());
        registry.register("changes", "Assets that came, changed or went, by account and what", changes.clone());
        registry.register("assets", "Assets of the last whole scan", assets.clone());
        registry.register("scan_running", "1 while the account is scanned", running.clone());
        registry.register_with_unit("last_scan", "End of the last whole scan, since 1970", Unit::Seconds, last.clone());
        registry.register_with_unit("scan_duration", "How long the last whole scan took", Unit::Seconds, took.clone());
        status
    }

    fn states(&self) -> MutexGuard<'_, Vec<State>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn name(&self, number: usize) -> String {
        self.states().get(number).map(|state| state.name.clone()).unwrap_or_default()
    }

    /// An account without a nickname has one now.
    pub(super) fn named(&self, number: usize, name: &str) {
        if let Some(state) = self.states().get_mut(number) {
            name.clone_into(&mut state.name);
        }
    }

    fn labels(&self, number: usize) -> Labels {
        vec![("account", self.name(number))]
    }

    /// The store remembers a whole scan.
    pub(super) fn found(&self, number: usize, at: Timestamp, seen: u64) {
        if let Some(state) = self.states().get_mut(number) {
            state.last = Some(at);
        }
        self.last.get_or_create(&self.labels(number)).set(seconds(at));
        self.assets.get_or_create(&self.labels(number)).set(i64::try_from(seen).unwrap_or(i64::MAX));
    }

    pub(super) fn begins(&self, number: usize) {
        if let Some(state) = self.states().get_mut(number) {
            state.running = true;
        }
        self.running.get_or_create(&self.labels(number)).set(1);
    }

    pub(super) fn ends(&self, number: usize, outcome: Outcome) {
        let labels = self.labels(number);
        let word = match outcome {
            Outcome::Whole { counts, requests, seconds } => {
                self.found(number, Timestamp::now(), counts.seen);
                self.requests.get_or_create(&labels).inc_by(requests);
                self.took.get_or_create(&labels).set(seconds);
                self.changed(number, &counts);
                "whole"
            }
            Outcome::Stopped => "stopped",
            Outcome::Failed(ref why) => {
                if let Some(state) = self.states().get_mut(number) {
                    state.trouble = Some(why.clone());
                }
                "failed"
            }
        };
        if let Some(state) = self.states().get_mut(number) {
            state.running = false;
            if word == "whole" {
                state.trouble = None;
            }
        }
        self.running.get_or_create(&labels).set(0);
        self.scans.get_or_create(&with(labels, "result", word)).inc();
    }

    /// What a scan, or a look for changes, stored.
    pub(super) fn changed(&self, number: usize, counts: &Counts) {
        for (what, count) in [("added", counts.added), ("changed", counts.changed), ("gone", counts.gone)] {
            self.changes.get_or_create(&with(self.labels(number), "what", what)).inc_by(count);
        }
    }

    /// Changes were looked for without trouble.
    pub(super) fn no_trouble(&self, number: usize) {
        if let Some(state) = self.states().get_mut(number) {
            state.told = None;
        }
    }

    /// Whether trouble with changes is another than the last time.
    pub(super) fn new_trouble(&self, number: usize, why: &str) -> bool {
        let mut states = self.states();
        let Some(state) = states.get_mut(number) else { return false };
        state.told.replace(why.to_owned()).as_deref() != Some(why)
    }

    /// Whether every account is as up to date as can be expected, and the whole
    /// as JSON. An account may be late by one interval: a scan takes its time,
    /// and one that fails is tried again.
    pub(super) fn health(&self, now: Timestamp) -> (bool, Value) {
        let late = |state: &State| {
            let from = state.last.unwrap_or(self.since);
            now.duration_since(from) > self.every.saturating_mul(2)
        };
        let states = self.states().clone();
        let accounts: Vec<Value> = states
            .iter()
            .map(|state| {
                json!({
                    "account": state.name, "ok": !late(state), "running": state.running,
                    "last_scan": state.last.map(|at| at.to_string()), "trouble": state.trouble,
                })
            })
            .collect();
        let well = !states.iter().any(late);
        (well, json!({"ok": well, "accounts": accounts}))
    }

    /// As Prometheus reads it.
    pub(super) fn metrics(&self) -> String {
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn with(mut labels: Labels, name: &'static str, value: &str) -> Labels {
    labels.push((name, value.to_owned()));
    labels
}

#[allow(clippy::cast_precision_loss)] // a moment's seconds fit
fn seconds(at: Timestamp) -> f64 {
    at.as_second() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_tells_who_is_late() {
        let every = SignedDuration::from_hours(8);
        let status = Status::new(&["a".to_owned(), "b".to_owned()], every);
        let now = status.since;
        assert!(status.health(now).0);
        let later = now.checked_add(SignedDuration::from_hours(17)).unwrap();
        assert!(!status.health(later).0);
        status.found(0, later, 10);
        let (well, told) = status.health(later);
        assert!(!well);
        assert_eq!((&told["accounts"][0]["ok"], &told["accounts"][1]["ok"]), (&json!(true), &json!(false)));
        status.found(1, later, 10);
        assert!(status.health(later).0);
    }

    #[test]
    fn the_same_trouble_is_told_once() {
        let status = Status::new(&["a".to_owned()], SignedDuration::from_hours(8));
        for (why, expected) in [("no", true), ("no", false), ("other", true), ("no", true), ("no", false)] {
            assert_eq!(status.new_trouble(0, why), expected, "{why}");
        }
        status.no_trouble(0);
        assert!(status.new_trouble(0, "no"));
    }

    #[test]
    fn metrics_are_told_as_prometheus_reads_them() {
        let status = Status::new(&["eu-1.prod_2".to_owned()], SignedDuration::from_hours(8));
        status.begins(0);
        let counts = Counts { seen: 5, added: 3, changed: 1, gone: 0 };
        status.ends(0, Outcome::Whole { counts, requests: 7, seconds: 1.5 });
        status.ends(0, Outcome::Failed("no".to_owned()));
        let text = status.metrics();
        for line in [
            r#"connector_scans_total{account="eu-1.prod_2",result="whole"} 1"#,
            r#"connector_scans_total{account="eu-1.prod_2",result="failed"} 1"#,
            r#"connector_assets{account="eu-1.prod_2"} 5"#,
            r#"connector_scan_running{account="eu-1.prod_2"} 0"#,
            r#"connector_changes_total{account="eu-1.prod_2",what="added"} 3"#,
            r#"connector_scan_duration_seconds{account="eu-1.prod_2"} 1.5"#,
        ] {
            assert!(text.lines().any(|have| have == line), "{line} is not in\n{text}");
        }
        assert_eq!(status.health(status.since).1["accounts"][0]["trouble"], "no");
    }
}

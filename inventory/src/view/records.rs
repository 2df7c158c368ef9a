//! The store's records as lines of tables and of CSV.
//!
//! Rule: the first columns are those a person looks for; CSV has them all.

use jiff::{Timestamp, Unit};
use serde::Serialize;
use serde_json::Value;

use crate::asset::Asset;
use crate::store::{Account, Difference, End, Found, Moment, ScanRecord, Source, State, Version, What};

/// What can be lines of a table or of CSV, and an object of JSON.
pub trait Record: Serialize {
    /// Names of the columns.
    const COLUMNS: &'static [&'static str];
    /// How many of them a table has, the first ones; CSV has all.
    const SHOWN: usize;
    /// The lines it makes: one; of a difference, one for each change.
    fn lines(&self) -> Vec<Vec<String>>;
}

/// To the second; the JSON has the rest.
fn time(at: Timestamp) -> String {
    at.round(Unit::Second).unwrap_or(at).to_string()
}

fn time_of(moment: Option<Moment>) -> String {
    moment.map(|moment| time(moment.at)).unwrap_or_default()
}

/// Text as it is, anything else as JSON.
fn cell(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn attributes(asset: &Asset) -> String {
    // A map with text as keys can always be written.
    serde_json::to_string(&asset.attributes).unwrap_or_default()
}

fn relations(asset: &Asset) -> String {
    let all = asset.relations.iter().map(|edge| format!("{} {} {}", edge.name, edge.kind, edge.id));
    all.collect::<Vec<_>>().join("; ")
}

impl Record for Found {
    const COLUMNS: &'static [&'static str] =
        &["id", "name", "kind", "account", "since", "seen", "gone", "url", "relations", "attributes"];
    const SHOWN: usize = 7;

    fn lines(&self) -> Vec<Vec<String>> {
        let asset = &self.asset;
        vec![vec![
            asset.id.clone(),
            asset.name.clone(),
            asset.kind.clone(),
            self.account.clone(),
            time(self.since.at),
            time(self.seen.at),
            time_of(self.gone),
            asset.url.clone().unwrap_or_default(),
            relations(asset),
            attributes(asset),
        ]]
    }
}

impl Record for Version {
    const COLUMNS: &'static [&'static str] =
        &["first", "scan", "last", "end", "name", "changes", "account", "kind", "id", "url", "relations", "attributes"];
    const SHOWN: usize = 7;

    fn lines(&self) -> Vec<Vec<String>> {
        let asset = &self.asset;
        let end = match self.end {
            End::Current => "",
            End::Changed => "changed",
            End::Gone => "gone",
        };
        let shown = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
        let change = self
            .changes
            .iter()
            .map(|one| format!("{}: {} → {}", one.path, shown(one.before.as_ref()), shown(one.after.as_ref())));
        vec![vec![
            time(self.first.at),
            self.first.scan.to_string(),
            time(self.last.at),
            end.into(),
            asset.name.clone(),
            change.collect::<Vec<_>>().join("; "),
            self.account.clone(),
            asset.kind.clone(),
            asset.id.clone(),
            asset.url.clone().unwrap_or_default(),
            relations(asset),
            attributes(asset),
        ]]
    }
}

impl Record for Difference {
    const COLUMNS: &'static [&'static str] = &["id", "name", "kind", "what", "path", "before", "after", "account"];
    const SHOWN: usize = 8;

    fn lines(&self) -> Vec<Vec<String>> {
        let what = match self.what {
            What::Added => "added",
            What::Removed => "removed",
            What::Changed => "changed",
        };
        let name = self.after.as_ref().or(self.before.as_ref()).map(|asset| asset.name.clone()).unwrap_or_default();
        let line = |path: &str, before: String, after: String| {
            let account = self.account.clone();
            vec![self.id.clone(), name.clone(), self.kind.clone(), what.into(), path.into(), before, after, account]
        };
        if self.changes.is_empty() {
            return vec![line("", String::new(), String::new())];
        }
        let each = self.changes.iter();
        each.map(|one| line(&one.path, cell(one.before.as_ref()), cell(one.after.as_ref()))).collect()
    }
}

impl Record for ScanRecord {
    const COLUMNS: &'static [&'static str] = &[
        "scan", "account", "state", "source", "started", "seen", "added", "changed", "gone", "skipped", "updated",
        "steps", "view", "settings",
    ];
    const SHOWN: usize = 10;

    fn lines(&self) -> Vec<Vec<String>> {
        let state = match self.state {
            State::Unfinished => "unfinished",
            State::Complete => "complete",
            State::Abandoned => "abandoned",
        };
        let source = match self.source {
            Source::Scan => "scan",
            Source::Changes => "changes",
        };
        let skipped = self.skipped.iter().map(|one| format!("{} ({})", one.kind, one.reason));
        vec![vec![
            self.id.to_string(),
            self.nickname.clone(),
            state.into(),
            source.into(),
            time(self.started),
            self.counts.seen.to_string(),
            self.counts.added.to_string(),
            self.counts.changed.to_string(),
            self.counts.gone.to_string(),
            skipped.collect::<Vec<_>>().join(", "),
            time(self.updated),
            self.steps.to_string(),
            self.view.id.clone(),
            self.settings.to_string(),
        ]]
    }
}

impl Record for Account {
    const COLUMNS: &'static [&'static str] = &["nickname", "account", "assets", "last", "scan", "unfinished"];
    const SHOWN: usize = 6;

    fn lines(&self) -> Vec<Vec<String>> {
        let number = |scan: Option<i64>| scan.map(|scan| scan.to_string()).unwrap_or_default();
        vec![vec![
            self.nickname.clone(),
            self.account.clone(),
            self.assets.to_string(),
            time_of(self.last),
            number(self.last.map(|last| last.scan)),
            number(self.unfinished),
        ]]
    }
}

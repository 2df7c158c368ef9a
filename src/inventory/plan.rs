//! What a scan looks at, and where it stands: settings, kinds, cursor.
//!
//! Rule: pure, and the cursor is untrusted: whatever is decoded could have been
//! written here, and goes with the same kinds, settings and account alone.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::arguments::{fnv, object};
use crate::catalog::{CHANGES, How, Kind, Origin, Takes, kind, kinds, settings};
use crate::error::{Error, Reason, Result, Violation, said, suggestion};
use crate::time::{self, DAY};

/// Most ids that one scan refreshes.
const MOST_IDS: usize = 1000;
/// Longest cursor, in bytes; the contract's bound.
const LONGEST: usize = 4096;
const FOREIGN: &str = "cursor: this is not a cursor of a scan of this connector; give back a `next` exactly as it came";

/// What was asked for.
pub(super) struct Plan {
    /// By number of the kind: its assets are delivered.
    pub(super) wanted: Vec<bool>,
    /// Kinds that are passed over from this step on.
    pub(super) skip: Vec<&'static Kind>,
    /// Ids to refresh, where these were asked for and nothing else.
    pub(super) ids: Option<Vec<(&'static Kind, String)>>,
    /// What changed since then is asked for and nothing else, in seconds since 1970.
    pub(super) changed_since: Option<i64>,
    days: BTreeMap<&'static str, u32>,
    texts: BTreeMap<&'static str, Vec<String>>,
    digest: u64,
}

/// Where a scan stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    /// When the scan began, in seconds since 1970: what its times count from.
    pub(super) at: i64,
    /// Which list is read, of those in [`Plan::lists`]; in a refresh, which id.
    pub(super) list: usize,
    /// Which value of the setting the list is asked for.
    pub(super) value: usize,
    /// Kinds that are asked for no more: a bit each.
    pub(super) skipped: u128,
    /// Where the walk of the list goes on; empty at its start.
    pub(super) inner: String,
}

impl Plan {
    pub(super) fn new(asked: &[String], given: &str) -> Result<Plan> {
        let mut given = object("settings of a scan", given)?;
        let mut violations = Vec::new();
        let (mut days, mut texts) = (BTreeMap::new(), BTreeMap::new());
        for setting in settings() {
            let value = given.get(setting.name).filter(|value| !value.is_null());
            match setting.takes {
                Takes::Days { least, most, default } => {
                    let range = u64::from(least)..=u64::from(most);
                    let number = value.map_or(Some(default), |value| {
                        value.as_u64().filter(|days| range.contains(days)).and_then(|days| u32::try_from(days).ok())
                    });
                    match number {
                        Some(number) => drop(days.insert(setting.name, number)),
                        None => {
                            let problem = format!("must be a whole number of days from {least} to {most}");
                            violations.push(Violation::new(setting.name, problem));
                        }
                    }
                }
                Takes::Texts => match value.map_or(Some(Vec::new()), words) {
                    Some(found) => drop(texts.insert(setting.name, found)),
                    None => violations.push(Violation::new(setting.name, "must be a list of texts")),
                },
            }
        }
        // What is passed over may grow while a scan goes on.
        let skip = given.shift_remove("skip");
        let skipped = names("skip", skip.as_ref().map_or(Some(Vec::new()), words), &mut violations);
        let ids = ids(given.get("ids"), &mut violations);
        let changed_since = match given.get("changed_since").filter(|value| !value.is_null()) {
            None => None,
            Some(value) => {
                let moment = value.as_str().and_then(time::parse);
                if moment.is_none() {
                    violations.push(Violation::new("changed_since", "must be a time such as 2026-11-01T00:00:00Z"));
                } else if ids.is_some() {
                    violations.push(Violation::new("changed_since", "goes with no `ids`: give one of the two"));
                }
                moment
            }
        };
        let known = |name: &str| {
            matches!(name, "ids" | "changed_since") || settings().iter().any(|setting| setting.name == name)
        };
        for name in given.keys().filter(|name| !known(name)) {
            let near =
                suggestion(name, settings().iter().map(|setting| setting.name).chain(["skip", "ids", "changed_since"]));
            violations.push(Violation::new(said(name), format!("is no setting of a scan{near}")));
        }
        let mut chosen = names("kinds", Some(asked.to_vec()), &mut violations);
        if !violations.is_empty() {
            return Err(Error::invalid("scan", violations));
        }
        if chosen.is_empty() {
            let usual = kinds().iter().filter(|kind| !kind.optional);
            chosen = match &ids {
                None => usual.collect(),
                Some(ids) => usual.filter(|kind| ids.iter().any(|(root, _)| stands_in(kind, root))).collect(),
            };
        }
        let wanted = kinds().iter().map(|kind| chosen.iter().any(|chosen| chosen.number == kind.number)).collect();
        Ok(Plan { wanted, skip: skipped, ids, changed_since, days, texts, digest: digest(&chosen, &given) })
    }

    pub(super) fn wants(&self, kind: &Kind) -> bool {
        self.wanted.get(kind.number).copied().unwrap_or(false)
    }

    /// Whether the kind, or one that is found through it, is wanted.
    pub(super) fn needs(&self, kind: &Kind) -> bool {
        self.wants(kind) || kinds().iter().any(|part| self.wants(part) && stands_in(part, kind))
    }

    /// The lists that are read, in order.
    pub(super) fn lists(&self) -> Vec<(&'static Kind, &'static Origin)> {
        let needed = kinds().iter().filter(|kind| self.needs(kind));
        let origins = needed.flat_map(|kind| kind.origins.iter().map(move |origin| (kind, origin)));
        let lists = origins.filter(|(_, origin)| matches!(origin.how, How::List(_)));
        // What is cut by time tells what changed by itself.
        lists.filter(|(_, origin)| self.changed_since.is_none() || origin.with.contains("\"@now-")).collect()
    }

    /// How many lists are read: behind them, the one that tells of changes.
    pub(super) fn stops(&self) -> usize {
        let by_id = kinds().iter().any(|kind| kind.get.is_some() && self.needs(kind));
        self.lists().len() + usize::from(self.changed_since.is_some() && by_id && CHANGES.is_some())
    }

    /// The values of a setting that takes texts.
    pub(super) fn texts(&self, setting: &str) -> &[String] {
        self.texts.get(setting).map_or(&[], Vec::as_slice)
    }

    /// Arguments from the catalog, with the times they name; of the kinds that
    /// are parts of what is asked for, those too.
    pub(super) fn arguments(&self, with: &str, kind: Option<&Kind>, at: i64) -> Map<String, Value> {
        let mut arguments = self.timed(with, at);
        let parts = kinds().iter().filter(|part| self.wants(part)).flat_map(|part| part.origins);
        for part in parts.filter(|part| kind.is_some_and(|kind| part.how == How::Within(kind.number))) {
            for (name, value) in self.timed(part.with, at) {
                match (arguments.get_mut(&name), value) {
                    (Some(Value::Array(items)), Value::Array(more)) => {
                        more.into_iter().for_each(|item| {
                            if !items.contains(&item) {
                                items.push(item)
                            }
                        });
                    }
                    (_, value) => drop(arguments.insert(name, value)),
                }
            }
        }
        arguments
    }

    fn timed(&self, with: &str, at: i64) -> Map<String, Value> {
        // The catalog's compiler has read it.
        let mut arguments = object("catalog", with).unwrap_or_default();
        for value in arguments.values_mut() {
            let Some(moment) = value.as_str().and_then(|text| text.strip_prefix("@now")) else { continue };
            if let (Some(since), true) = (self.changed_since, moment.starts_with('-')) {
                *value = time::format(since).into();
                continue;
            }
            let days = moment.get(1..).and_then(|setting| self.days.get(setting)).copied().unwrap_or_default();
            let days = i64::from(days) * if moment.starts_with('-') { -DAY } else { DAY };
            *value = time::format(at.saturating_add(days)).into();
        }
        arguments
    }

    /// `s1:DIGEST:ACCOUNT:AT:LIST:VALUE:SKIPPED:INNER`; none where that is too
    /// long to carry.
    pub(super) fn encode(&self, cursor: &Cursor, account: u64) -> Option<String> {
        let Cursor { at, list, value, skipped, inner } = cursor;
        let text = format!("s1:{:x}:{account:x}:{at}:{list}:{value}:{skipped:x}:{inner}", self.digest);
        (text.len() <= LONGEST).then_some(text)
    }

    pub(super) fn decode(&self, text: &str, account: u64) -> Result<Cursor> {
        let foreign = || Error::new(Reason::Invalid, FOREIGN);
        let read = || {
            let mut parts = text.splitn(8, ':');
            let (version, digest, of) = (parts.next()?, parts.next()?, parts.next()?);
            let cursor = Cursor {
                at: parts.next()?.parse().ok().filter(|at| (0..=time::LAST).contains(at))?,
                list: parts.next()?.parse().ok()?,
                value: parts.next()?.parse().ok()?,
                skipped: u128::from_str_radix(parts.next()?, 16).ok()?,
                inner: parts.next()?.to_owned(),
            };
            let (digest, of) = (u64::from_str_radix(digest, 16).ok()?, u64::from_str_radix(of, 16).ok()?);
            (version == "s1" && text.len() <= LONGEST).then_some((digest, of, cursor))
        };
        let (digest, of, cursor) = read().ok_or_else(foreign)?;
        if digest != self.digest {
            let problem = "cursor: this cursor goes with other kinds or settings; give those the scan began with";
            return Err(Error::new(Reason::Invalid, problem));
        }
        if of != account {
            let problem = "cursor: this cursor goes with another account or region; start the scan again";
            return Err(Error::new(Reason::Invalid, problem));
        }
        // One cursor has one spelling, and leads somewhere.
        let there = match &self.ids {
            Some(ids) => cursor.list < ids.len() && cursor.value == 0 && cursor.inner.is_empty(),
            None => match self.lists().get(cursor.list) {
                Some((_, origin)) => {
                    cursor.value == 0 || origin.setting.is_some_and(|name| cursor.value < self.texts(name).len())
                }
                None => cursor.list < self.stops() && cursor.value == 0,
            },
        };
        let spelled = self.encode(&cursor, account).as_deref() == Some(text);
        if there && spelled { Ok(cursor) } else { Err(foreign()) }
    }
}

/// Whether assets of a kind are found through another.
pub(super) fn stands_in(part: &Kind, whole: &Kind) -> bool {
    part.number == whole.number
        || part.origins.iter().filter_map(|origin| origin.how.parent()).filter_map(|number| kinds().get(number)).any(
            // The catalog's compiler saw that no kind stands within itself.
            |parent| stands_in(parent, whole),
        )
}

fn words(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The kinds of these names.
fn names(argument: &str, given: Option<Vec<String>>, violations: &mut Vec<Violation>) -> Vec<&'static Kind> {
    let mut found = Vec::new();
    let Some(given) = given else {
        violations.push(Violation::new(argument, "must be a list of kinds"));
        return found;
    };
    for (number, name) in given.iter().enumerate() {
        match kind(name) {
            Some(kind) => found.push(kind),
            None => {
                let near = suggestion(name, kinds().iter().map(|kind| kind.id));
                violations.push(Violation::new(
                    format!("{argument}.{number}"),
                    format!("there is no kind `{}`{near}", said(name)),
                ));
            }
        }
    }
    found
}

/// `ids`: by kind, the ids to refresh.
fn ids(given: Option<&Value>, violations: &mut Vec<Violation>) -> Option<Vec<(&'static Kind, String)>> {
    let given = given.filter(|value| !value.is_null())?;
    let mut found = Vec::new();
    let Some(kinds) = given.as_object() else {
        violations.push(Violation::new("ids", "must be an object: by kind, a list of ids"));
        return None;
    };
    for (name, ids) in kinds {
        let kind = names("ids", Some(vec![name.clone()]), violations);
        match (kind.first(), words(ids)) {
            (Some(kind), Some(ids)) if kind.get.is_some() => found.extend(ids.into_iter().map(|id| (*kind, id))),
            (Some(kind), Some(_)) => {
                let problem = "assets of this kind cannot be asked for by their id: scan the kind";
                violations.push(Violation::new(format!("ids.{}", kind.id), problem));
            }
            (_, None) => violations.push(Violation::new(format!("ids.{}", said(name)), "must be a list of ids")),
            (None, Some(_)) => {}
        }
    }
    if found.len() > MOST_IDS {
        violations.push(Violation::new("ids", format!("at most {MOST_IDS} in one scan: take several")));
    }
    if found.is_empty() && violations.is_empty() {
        violations.push(Violation::new("ids", "names no id: leave it out to scan everything"));
    }
    Some(found)
}

/// What binds a cursor to what was asked for.
fn digest(chosen: &[&Kind], given: &Map<String, Value>) -> u64 {
    let mut numbers: Vec<usize> = chosen.iter().map(|kind| kind.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let kinds: Vec<&str> = numbers.iter().filter_map(|number| kinds().get(*number)).map(|kind| kind.id).collect();
    let sorted: BTreeMap<&String, &Value> = given.iter().collect();
    let settings = sorted.iter().map(|(name, value)| format!("{name}={value};")).collect::<String>();
    fnv(settings.as_bytes(), fnv(kinds.join(",").as_bytes(), 11))
}

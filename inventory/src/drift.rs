//! Drift: what Terraform states hold, held against what the account has.
//!
//! Reading order: [`state`] (what is read), [`rules`] (what the account has, and
//! how it is compared), `compare` (one resource), [`known`] (what the store can
//! tell of what is not there), [`report`] (what it comes to), `show` (how it is
//! shown).
//!
//! Rule: an attribute counts only where a rule names it; nothing else of a state
//! is looked at, kept or shown. What cannot be told is said so, never guessed.

mod address;
mod compare;
mod document;
pub mod known;
pub mod report;
pub mod rules;
mod show;
pub mod state;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use crate::secrets::Key;
use known::Known;
use report::{Place, Report, Resource, Status};
use rules::{Values, Wanted};
use state::{Held, States};

/// Compares. `values`: what the account has, as the connector tells it; `kinds`:
/// those alone are looked at, all when empty; `key`: the store's, without which
/// fingerprints cannot be compared.
pub fn drift(values: &Values, states: &States, known: &Known, key: Option<&Key>, kinds: &[String]) -> Report {
    let mut by_id: HashMap<(&str, &str), Vec<&Held>> = HashMap::new();
    let mut resources = Vec::new();
    let asked = |kind: Option<&String>| kinds.is_empty() || kind.is_some_and(|kind| kinds.contains(kind));
    for held in &states.held {
        match (&held.id, &held.unreadable) {
            (Some(id), None) => by_id.entry((&held.of, id)).or_default().push(held),
            (id, why) => {
                let why = why.clone().unwrap_or_else(|| "the state holds no id of it".to_owned());
                let found = Absent { status: Status::Undetermined, why: Some(why) };
                resources.push(absent(known, states, &held.of, id.as_deref().unwrap_or_default(), &[held], found));
            }
        }
    }
    let (mut met, mut seen) = (HashSet::new(), HashSet::new());
    for wanted in &values.resources {
        let own = seen.insert((&wanted.kind, &wanted.id));
        let place = (wanted.of.as_str(), wanted.state.as_str());
        let held = by_id.get(&place).map_or(&[][..], Vec::as_slice);
        met.insert(place);
        if asked(Some(&wanted.kind)) {
            resources.push(present(values, states, known, key, wanted, held, own));
        }
    }
    for ((of, id), held) in by_id {
        if !met.contains(&(of, id)) {
            resources.push(absent(known, states, of, id, &held, missing(known, of, id)));
        }
    }
    resources.retain(|one| asked(one.kind.as_ref()));
    Report::new(known, states, resources, &asked)
}

/// A resource that the account has.
fn present(
    values: &Values,
    states: &States,
    known: &Known,
    key: Option<&Key>,
    wanted: &Wanted,
    held: &[&Held],
    own: bool,
) -> Resource {
    let mut resource = Resource {
        status: Status::Unmanaged,
        kind: Some(wanted.kind.clone()),
        id: wanted.id.clone(),
        name: known.name(&wanted.kind, &wanted.id),
        of: wanted.of.clone(),
        state_id: wanted.state.clone(),
        at: places(states, held),
        differences: Vec::new(),
        uncompared: Vec::new(),
        why: None,
        own,
    };
    if held.is_empty() {
        return resource;
    }
    for (at, held) in held.iter().enumerate() {
        let found = compare::compare(values.rules(&wanted.of), &wanted.values, held, key);
        resource.differences.extend(found.differences.into_iter().map(|one| report::Difference { at, ..one }));
        resource.uncompared.extend(found.uncompared);
    }
    resource.uncompared.sort();
    resource.uncompared.dedup();
    resource.status = if resource.differences.is_empty() { Status::Codified } else { Status::Drifted };
    resource
}

/// What is made of a resource that only a state has.
struct Absent {
    status: Status,
    why: Option<String>,
}

/// Whether what a state has is gone from the account, or only out of sight.
fn missing(known: &Known, of: &str, id: &str) -> Absent {
    let undetermined = |why: String| Absent { status: Status::Undetermined, why: Some(why) };
    if let Some(why) = known.unmade.get(of) {
        return undetermined(format!("this type is not compared: {why}"));
    }
    let Some(kind) = known.types.get(of) else {
        return undetermined("the connector does not know this type".to_owned());
    };
    if known.is_gone(of, kind, id) {
        return Absent { status: Status::Ghost, why: Some("the store says that it is gone".to_owned()) };
    }
    if let Some(left) = known.left_out(kind, id) {
        return undetermined(format!("the account may have it, but it is not compared: {}", left.why));
    }
    if known.is_there(kind, id) {
        return undetermined("the account has it, but as none of this type".to_owned());
    }
    match known.hidden(kind) {
        Some(why) => undetermined(why),
        None => Absent { status: Status::Ghost, why: Some("a scan of the whole kind did not find it".to_owned()) },
    }
}

fn absent(known: &Known, states: &States, of: &str, id: &str, held: &[&Held], found: Absent) -> Resource {
    let kind = known.types.get(of).cloned();
    Resource {
        status: found.status,
        name: kind.as_deref().map(|kind| known.name(kind, id)).unwrap_or_default(),
        kind,
        id: id.to_owned(),
        of: of.to_owned(),
        state_id: id.to_owned(),
        at: places(states, held),
        differences: Vec::new(),
        uncompared: Vec::new(),
        why: found.why,
        own: false,
    }
}

fn places(states: &States, held: &[&Held]) -> Vec<Place> {
    let file = |held: &Held| states.files.get(held.file).map(|file| file.path.clone()).unwrap_or_default();
    held.iter().map(|held| Place { file: file(held), address: held.address.clone() }).collect()
}

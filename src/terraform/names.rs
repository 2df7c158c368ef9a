//! Names of resources: readable, of plain letters, each once in its type.
//!
//! Rule: one that was given before stays; two of one name get their ids behind it.

use std::collections::{BTreeMap, BTreeSet};

use super::Settings;
use super::instance::Made;
use crate::catalog::resources;

/// Most characters of a name, what makes it unique aside.
const LONGEST: usize = 60;

/// Puts names where the pieces of them stand.
pub(super) fn give(made: &mut [Made], settings: &Settings) {
    let mut taken: BTreeSet<(usize, String)> = BTreeSet::new();
    let mut open = Vec::new();
    for (place, one) in made.iter_mut().enumerate() {
        let before = resources().get(one.resource).and_then(|of| settings.names.get(of.name)?.get(&one.import));
        match before.filter(|name| is_name(name) && !taken.contains(&(one.resource, (*name).clone()))) {
            Some(name) => {
                one.name.clone_from(name);
                taken.insert((one.resource, name.clone()));
            }
            None => {
                one.name = plain(&one.name);
                open.push(place);
            }
        }
    }
    let mut counts: BTreeMap<(usize, String), usize> = BTreeMap::new();
    for one in open.iter().filter_map(|place| made.get(*place)) {
        *counts.entry((one.resource, one.name.clone())).or_default() += 1;
    }
    // Names that nobody shares come first, so that none of them has to give way.
    let shared = |one: &Made| counts.get(&(one.resource, one.name.clone())).is_some_and(|count| *count > 1);
    let (crowded, alone): (Vec<usize>, Vec<usize>) =
        open.into_iter().partition(|place| made.get(*place).is_some_and(shared));
    for place in alone.into_iter().chain(crowded.clone()) {
        let Some(one) = made.get_mut(place) else { continue };
        let base = match (crowded.binary_search(&place).is_ok(), one.name.is_empty()) {
            (_, true) => plain(&one.import),
            (true, false) => format!("{}_{}", one.name, plain(&one.import).trim_start_matches('_')),
            (false, false) => one.name.clone(),
        };
        let mut name = base.clone();
        let mut number = 1;
        while !taken.insert((one.resource, name.clone())) {
            number += 1;
            name = format!("{base}_{number}");
        }
        one.name = name;
    }
}

/// Small letters, digits and `_`, beginning with no digit.
pub(super) fn plain(text: &str) -> String {
    let mut name = String::new();
    for character in text.chars() {
        if name.len() >= LONGEST {
            break;
        }
        match character.to_ascii_lowercase() {
            letter if letter.is_ascii_alphanumeric() => name.push(letter),
            _ if name.ends_with('_') || name.is_empty() => {}
            _ => name.push('_'),
        }
    }
    name.truncate(name.trim_end_matches('_').len());
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

/// Whether Terraform takes it as a name.
fn is_name(name: &str) -> bool {
    let fits = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(fits)
        && name.len() <= 200
}

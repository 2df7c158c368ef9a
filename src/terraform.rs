//! Assets as code: Terraform's own language or its JSON, a file that Pulumi
//! imports, or what a state would hold.
//!
//! Rule: pure. What is particular to a resource type stands in
//! `catalog/terraform.toml`. An asset is in the files, or left out with a reason.

mod hcl;
mod instance;
mod names;
mod settings;
mod values;
mod write;

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value, json};

use crate::catalog::{Resource, kind, kinds, resources, unmade};
use crate::error::{Error, Reason, Result, said};
use instance::Made;
use settings::Settings;

/// An asset, as the host gives it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asset<'a> {
    pub(crate) kind: &'a str,
    pub(crate) id: &'a str,
    pub(crate) name: &'a str,
    /// A JSON object.
    pub(crate) attributes: &'a str,
    pub(crate) relations: &'a [Edge<'a>],
}

/// An edge to another asset.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Edge<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) id: &'a str,
}

/// A file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) content: String,
}

/// An asset that is in no file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) kind: String,
    pub(crate) id: String,
    pub(crate) why: String,
}

/// Assets as code.
#[derive(Debug, Default)]
pub(crate) struct Codified {
    pub(crate) files: Vec<File>,
    pub(crate) left_out: Vec<LeftOut>,
}

/// What is known of all assets while each is written.
struct Ground<'a> {
    assets: &'a [Asset<'a>],
    /// Numbers of the assets, by kind and id.
    places: HashMap<(&'a str, &'a str), usize>,
    /// Seconds since 1970; none: nothing is over.
    now: Option<i64>,
    /// What they become, by resource type and then by name.
    made: Vec<Made>,
    /// What stands for an asset where another names it, by kind and id.
    primary: HashMap<(&'a str, &'a str), usize>,
}

/// Writes assets as code. `given`: settings, a JSON object.
///
/// # Errors
/// `invalid`: settings that are none; an asset of an unknown kind, whose
/// attributes are no JSON object, or that stands twice.
pub(crate) fn codify(assets: &[Asset<'_>], given: &str) -> Result<Codified> {
    let settings = Settings::read(given)?;
    let mut ground =
        Ground { assets, places: HashMap::new(), now: settings.now, made: Vec::new(), primary: HashMap::new() };
    for (number, asset) in assets.iter().enumerate() {
        if kind(asset.kind).is_none() {
            return Err(wrong(asset, "there is no such kind"));
        }
        if ground.places.insert((asset.kind, asset.id), number).is_some() {
            return Err(wrong(asset, "it stands twice among the assets"));
        }
    }
    let mut left_out = found(&mut ground, &settings)?;
    names::give(&mut ground.made, &settings);
    // By type as the catalog has them, then by name: the same files from run to run.
    ground.made.sort_by(|a, b| (a.resource, &a.name).cmp(&(b.resource, &b.name)));
    loop {
        ground.point();
        let mut writer = write::Writer::new(&settings);
        let mut refused = BTreeSet::new();
        for (place, made) in ground.made.iter().enumerate() {
            match values::written(&ground, made)? {
                Ok(body) => writer.take(&ground, made, body),
                Err(why) => {
                    let all = std::iter::once(&made.asset).chain(&made.more);
                    left_out.extend(all.filter_map(|number| assets.get(*number)).map(|asset| left(asset, &why)));
                    refused.insert(place);
                }
            }
        }
        if refused.is_empty() {
            return Ok(Codified { files: writer.files(), left_out });
        }
        // What is written may name what is not: once more without it.
        let mut place = 0;
        ground.made.retain(|_| {
            place += 1;
            !refused.contains(&(place - 1))
        });
    }
}

/// Finds what the assets become; what they do not.
fn found(ground: &mut Ground<'_>, settings: &Settings) -> Result<Vec<LeftOut>> {
    let mut left_out = Vec::new();
    let mut shares: HashMap<(usize, String), usize> = HashMap::new();
    for (number, asset) in ground.assets.iter().enumerate() {
        if !settings.wanted(asset.kind, asset.id) {
            continue;
        }
        let found = instance::of(ground, number)?;
        left_out.extend(found.left_out.iter().map(|why| left(asset, why)));
        for (made, shared) in found.made {
            if let Some(shared) = shared {
                match shares.entry((made.resource, shared)) {
                    Entry::Occupied(first) => {
                        if let Some(first) = ground.made.get_mut(*first.get()) {
                            first.more.push(number);
                        }
                        continue;
                    }
                    Entry::Vacant(first) => {
                        first.insert(ground.made.len());
                    }
                }
            }
            ground.made.push(made);
        }
    }
    Ok(left_out)
}

impl Ground<'_> {
    /// Takes note of what stands for which asset.
    fn point(&mut self) {
        self.primary.clear();
        for (place, made) in self.made.iter().enumerate() {
            // The first type of a kind is the one that others name.
            let own = made.each.is_none() && made.more.is_empty();
            if let Some(asset) = self.assets.get(made.asset).filter(|_| own) {
                self.primary.entry((asset.kind, asset.id)).or_insert(place);
            }
        }
    }
}

fn left(asset: &Asset<'_>, why: &str) -> LeftOut {
    LeftOut { kind: asset.kind.to_owned(), id: asset.id.to_owned(), why: why.to_owned() }
}

/// What the connector can say of code before it sees an asset, as members of a
/// JSON object: `codify_settings`, and under `terraform` the types.
pub(crate) fn extra(out: &mut Map<String, Value>) {
    let kind = |resource: &Resource| kinds().get(resource.kind).map_or("", |kind| kind.id);
    let made: Vec<Value> =
        resources().iter().map(|resource| json!({"type": resource.name, "kind": kind(resource)})).collect();
    let unmade: Map<String, Value> = unmade().map(|(name, why)| (name.to_owned(), why.into())).collect();
    out.insert("codify_settings".to_owned(), serde_json::from_str(settings::SCHEMA).unwrap_or_default());
    out.insert("terraform".to_owned(), json!({"types": made, "left_out": unmade}));
}

fn wrong(asset: &Asset<'_>, why: &str) -> Box<Error> {
    Error::new(Reason::Invalid, format!("the {} {}: {why}", said(asset.kind), said(asset.id)))
}

#[cfg(test)]
mod tests;

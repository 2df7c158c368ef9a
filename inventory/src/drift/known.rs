//! What the store can tell of what is not there: gone, or out of sight.
//!
//! Rule: something is gone only where a scan of its whole kind, with a key that
//! sees the whole account, did not find it, or where the store says so.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::asset::Kind;
use crate::store::{Covered, Moment};

/// What is known of an account beside its values.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The account's nickname.
    pub account: String,
    /// The scan that it is as of.
    pub scan: Option<Moment>,
    /// How well each kind is seen.
    pub sights: BTreeMap<String, Sight>,
    /// The kinds that resource types are made of.
    pub types: BTreeMap<String, String>,
    /// Resource types that are made of no asset, each with the reason.
    pub unmade: BTreeMap<String, String>,
    /// Names of the assets that are there, by kind and id.
    pub there: BTreeMap<String, BTreeMap<String, String>>,
    /// Names of those that are gone.
    pub gone: BTreeMap<String, BTreeMap<String, String>>,
    /// What resources those that are gone would be: type and id in a state.
    pub gone_resources: BTreeSet<(String, String)>,
    /// Assets that are no resources.
    left_out: Vec<LeftOut>,
    /// Their numbers, by kind and each part of their ids.
    parts: BTreeMap<(String, String), Vec<usize>>,
}

/// An asset that cannot be codified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Why not.
    pub why: String,
}

/// How well a kind is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// What the last scan did not find is not there.
    Whole,
    /// It may be there: why it would not be seen.
    Partly(String),
}

impl Sight {
    /// By what is known of a kind, and of the last scan of it.
    pub fn of(kind: &Kind, covered: Option<&Covered>) -> Sight {
        let id = &kind.id;
        let why = match covered {
            None => format!("{id} is not in the store; a scan with that kind would bring it"),
            Some(Covered { skipped: Some(skipped), .. }) => {
                format!("{id} was left out of the last scan: {}", skipped.message)
            }
            Some(_) if kind.extra.windowed => format!("a scan sees some of {id} only"),
            Some(covered) if !covered.view.wide => {
                format!("the key of the last scan of {id} may not see the whole account")
            }
            Some(_) => return Sight::Whole,
        };
        Sight::Partly(why)
    }
}

impl Known {
    /// Nothing is known yet but the account's nickname.
    pub fn of(account: impl Into<String>) -> Self {
        Known { account: account.into(), ..Known::default() }
    }

    /// Takes note of the assets that are no resources.
    pub fn leave_out(&mut self, all: Vec<LeftOut>) {
        for (number, one) in all.iter().enumerate() {
            for part in parts(&one.id) {
                self.parts.entry((one.kind.clone(), part.to_owned())).or_default().push(number);
            }
        }
        self.left_out = all;
    }

    /// Whether a resource type is of the connector's provider: what stands before
    /// the first `_` says it.
    pub fn ours(&self, of: &str) -> bool {
        let provider = |of: &str| of.split('_').next().map(str::to_owned);
        let mut known = self.types.keys().chain(self.unmade.keys());
        self.types.contains_key(of) || known.any(|known| provider(known) == provider(of))
    }

    /// The assets that are no resources.
    pub(super) fn all_left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// The asset that is no resource and that this id in a state may mean: its
    /// parts are among those of the id, or the other way round.
    pub(super) fn left_out(&self, kind: &str, id: &str) -> Option<&LeftOut> {
        let of_state: BTreeSet<&str> = parts(id).collect();
        let numbers = of_state.iter().filter_map(|part| self.parts.get(&(kind.to_owned(), (*part).to_owned())));
        numbers.flatten().filter_map(|number| self.left_out.get(*number)).find(|one| {
            let of_asset: BTreeSet<&str> = parts(&one.id).collect();
            of_asset.is_subset(&of_state) || of_state.is_subset(&of_asset)
        })
    }

    pub(super) fn is_there(&self, kind: &str, id: &str) -> bool {
        self.there.get(kind).is_some_and(|ids| ids.contains_key(id))
    }

    pub(super) fn is_gone(&self, of: &str, kind: &str, id: &str) -> bool {
        let whole = self.gone.get(kind).is_some_and(|ids| ids.contains_key(id));
        whole || self.gone_resources.contains(&(of.to_owned(), id.to_owned()))
    }

    /// Why something of a kind may be there without being seen.
    pub(super) fn hidden(&self, kind: &str) -> Option<String> {
        match self.sights.get(kind) {
            Some(Sight::Whole) => None,
            Some(Sight::Partly(why)) => Some(why.clone()),
            None => Some(format!("nothing is known of {kind}")),
        }
    }

    /// The name of an asset; empty where it is not known.
    pub(super) fn name(&self, kind: &str, id: &str) -> String {
        let named = |all: &BTreeMap<String, BTreeMap<String, String>>| all.get(kind)?.get(id).cloned();
        named(&self.there).or_else(|| named(&self.gone)).unwrap_or_default()
    }
}

/// The parts of an id that is made of several.
fn parts(id: &str) -> impl Iterator<Item = &str> {
    id.split(['.', ':', '/']).filter(|part| !part.is_empty())
}

//! What a comparison comes to: each resource with its status, totals, and how
//! much of each kind is codified.
//!
//! Rule: the same values and states give the same report, in the same order.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::known::{Known, LeftOut};
use super::state::{StateFile, States};
use crate::store::Moment;

/// How a resource stands. The order is that of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// In a state, and otherwise in the account.
    Drifted,
    /// In a state, and gone from the account.
    Ghost,
    /// In a state; whether it is in the account cannot be told.
    Undetermined,
    /// In the account, and in no state.
    Unmanaged,
    /// In a state, and the same in the account.
    Codified,
}

impl Status {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Status::Drifted => "drifted",
            Status::Ghost => "ghost",
            Status::Undetermined => "undetermined",
            Status::Unmanaged => "unmanaged",
            Status::Codified => "codified",
        }
    }
}

/// What a comparison found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The account's nickname.
    pub account: String,
    /// The scan that the account is as of.
    pub scan: Option<Moment>,
    /// The states.
    pub states: Vec<StateFile>,
    /// Over all kinds.
    pub totals: Totals,
    /// Kind by kind; those without resources are left out.
    pub kinds: Vec<Coverage>,
    /// By status, then kind, id and type.
    pub resources: Vec<Resource>,
    /// Assets that are no resources, and why.
    pub left_out: Vec<LeftOut>,
    /// What else whoever reads it should know.
    pub notes: Vec<String>,
}

/// A resource.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resource {
    /// How it stands.
    pub status: Status,
    /// Kind of its asset; none where the type is not known.
    pub kind: Option<String>,
    /// Id of its asset, or where that is not known its id in the state.
    pub id: String,
    /// Name of its asset; empty where that is not known.
    pub name: String,
    /// Its resource type.
    #[serde(rename = "type")]
    pub of: String,
    /// Its `id` in a state.
    pub state_id: String,
    /// Where states have it; more than one place is a mistake of theirs.
    pub at: Vec<Place>,
    /// What is otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// Secrets that nobody can compare: paths.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uncompared: Vec<String>,
    /// Why it is a ghost, or undetermined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// It is the first resource of its asset: the asset itself.
    #[serde(skip)]
    pub(super) own: bool,
}

/// Where a state has a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// As Terraform writes it.
    pub address: String,
}

/// An attribute that is otherwise. A secret is `{"secret": {"fingerprint": …}}`, or
/// `{"secret": null}` where there is no key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Number of the place in [`Resource::at`].
    pub at: usize,
    /// Where in the resource, such as `rule[0].target[1].id`.
    pub path: String,
    /// What the account has.
    pub account: Value,
    /// What the state holds.
    pub state: Value,
}

/// How many resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// In the account, and can be codified.
    pub coverable: u64,
    /// Of those, in a state.
    pub managed: u64,
    /// Of those, otherwise in the account.
    pub drifted: u64,
    /// In a state, and gone.
    pub ghosts: u64,
    /// In a state, and not to be told.
    pub undetermined: u64,
    /// Assets that cannot be codified; none of the others counts them.
    pub left_out: u64,
}

/// How much of a kind is codified.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Id of the kind; none: types that are not known.
    pub kind: Option<String>,
    /// How many.
    #[serde(flatten)]
    pub totals: Totals,
}

impl Totals {
    fn count(&mut self, status: Status) {
        match status {
            Status::Drifted => {
                (self.coverable, self.managed, self.drifted) = (self.coverable + 1, self.managed + 1, self.drifted + 1)
            }
            Status::Codified => (self.coverable, self.managed) = (self.coverable + 1, self.managed + 1),
            Status::Unmanaged => self.coverable += 1,
            Status::Ghost => self.ghosts += 1,
            Status::Undetermined => self.undetermined += 1,
        }
    }

    /// Per cent of what can be codified that is; rounded down, so that 100 is all.
    pub fn per_cent(&self) -> Option<u64> {
        (self.managed * 100).checked_div(self.coverable)
    }
}

impl Report {
    pub(super) fn new(
        known: &Known,
        states: &States,
        mut resources: Vec<Resource>,
        asked: &dyn Fn(Option<&String>) -> bool,
    ) -> Report {
        resources.sort_by(|one, other| {
            let key =
                |one: &Resource| (one.status, one.kind.clone(), one.id.clone(), one.of.clone(), one.state_id.clone());
            let first = |one: &Resource| one.at.first().map(|at| (at.file.clone(), at.address.clone()));
            key(one).cmp(&key(other)).then_with(|| first(one).cmp(&first(other)))
        });
        let left_out: Vec<LeftOut> =
            known.all_left_out().iter().filter(|one| asked(Some(&one.kind))).cloned().collect();
        let mut kinds: BTreeMap<Option<&String>, Totals> = BTreeMap::new();
        let mut totals = Totals::default();
        for one in &resources {
            totals.count(one.status);
            kinds.entry(one.kind.as_ref()).or_default().count(one.status);
        }
        for one in &left_out {
            totals.left_out += 1;
            kinds.entry(Some(&one.kind)).or_default().left_out += 1;
        }
        let kinds = kinds.into_iter().map(|(kind, totals)| Coverage { kind: kind.cloned(), totals }).collect();
        Report {
            account: known.account.clone(),
            scan: known.scan,
            states: states.files.clone(),
            totals,
            kinds,
            resources,
            left_out,
            notes: states.notes.clone(),
        }
    }

    /// How many stand so.
    pub fn count(&self, status: Status) -> usize {
        self.resources.iter().filter(|one| one.status == status).count()
    }

    /// How each asset stands: kind, id, and [`Status::Unmanaged`],
    /// [`Status::Codified`] or [`Status::Drifted`]. One that becomes several
    /// resources is unmanaged where the resource that is the asset itself is, and
    /// drifted where any of those in a state is.
    pub fn assets(&self) -> BTreeMap<(&str, &str), Status> {
        let mut assets: BTreeMap<(&str, &str), (bool, bool)> = BTreeMap::new();
        for one in &self.resources {
            let Some(kind) = one.kind.as_deref() else { continue };
            let unmanaged = match one.status {
                Status::Unmanaged => true,
                Status::Drifted | Status::Codified => false,
                Status::Ghost | Status::Undetermined => continue,
            };
            let entry = assets.entry((kind, &one.id)).or_default();
            entry.0 |= one.own && unmanaged;
            entry.1 |= one.status == Status::Drifted;
        }
        let status = |(unmanaged, drifted)| match (unmanaged, drifted) {
            (true, _) => Status::Unmanaged,
            (false, true) => Status::Drifted,
            (false, false) => Status::Codified,
        };
        assets.into_iter().map(|(asset, found)| (asset, status(found))).collect()
    }
}

//! The account as rules see it: `data.inventory`.
//!
//! Rule: built once a check and shared by every evaluation; nothing of it is copied
//! for an asset.

use std::collections::BTreeMap;

use regorus::Value;

use connector_inventory::Asset;
use connector_inventory::drift::report::Status;

/// What is known of a kind, whether it has assets or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindState {
    /// The last scan went through it.
    pub scanned: bool,
    /// Why it did not, such as `forbidden`.
    pub skipped: Option<String>,
    /// When it was last scanned, RFC 3339.
    pub at: Option<String>,
    /// From when on it is known, RFC 3339, where a scan sees a window of it alone (log entries).
    pub since: Option<String>,
}

/// The assets of an account and what is known of their kinds.
#[derive(Debug, Default)]
pub struct Inventory {
    pub(super) account: String,
    pub(super) states: BTreeMap<String, KindState>,
    pub(super) assets: BTreeMap<String, BTreeMap<String, Value>>,
    incoming: BTreeMap<String, BTreeMap<String, BTreeMap<String, Vec<Value>>>>,
    /// Terraform states were given.
    pub(super) stated: bool,
}

impl Inventory {
    /// An inventory without assets. `kinds` are all kinds that there are, by id: what a
    /// pack names must be among them.
    pub fn new(account: impl Into<String>, kinds: BTreeMap<String, KindState>) -> Self {
        Self { account: account.into(), states: kinds, ..Self::default() }
    }

    /// Adds an asset; one that came before with the same kind and id is replaced, its relations too.
    pub fn add(&mut self, asset: Asset) {
        let Asset { kind, id, name, url, attributes, relations } = asset;
        if self.assets.get(&kind).is_some_and(|of_kind| of_kind.contains_key(&id)) {
            self.forget_relations(&kind, &id);
        }
        let this = object([("kind", kind.as_str().into()), ("id", id.as_str().into())]);
        let mut edges = Vec::with_capacity(relations.len());
        for relation in relations {
            edges.push(object([
                ("name", relation.name.as_str().into()),
                ("kind", relation.kind.as_str().into()),
                ("id", relation.id.as_str().into()),
            ]));
            let by_name = self.incoming.entry(relation.kind).or_default().entry(relation.id).or_default();
            by_name.entry(relation.name).or_default().push(this.clone());
        }
        let value = object([
            ("kind", kind.as_str().into()),
            ("id", id.as_str().into()),
            ("name", name.into()),
            ("url", url.map_or(Value::Null, Value::from)),
            ("attributes", serde_json::Value::Object(attributes).into()),
            ("relations", edges.into()),
            ("account", self.account.as_str().into()),
        ]);
        self.assets.entry(kind).or_default().insert(id, value);
    }

    /// Adds how assets, by kind and id, stand in Terraform states: `input.codified`. Without this call no rule is
    /// told of states.
    pub fn stand<'a>(&mut self, all: impl IntoIterator<Item = ((&'a str, &'a str), Status)>) {
        self.stated = true;
        for ((kind, id), status) in all {
            let asset = self.assets.get_mut(kind).and_then(|of_kind| of_kind.get_mut(id));
            let Some(Ok(members)) = asset.map(Value::as_object_mut) else { continue };
            match status {
                Status::Unmanaged | Status::Codified | Status::Drifted => {
                    members.insert("codified".into(), status.word().into());
                }
                Status::Ghost | Status::Undetermined => {}
            }
        }
    }

    /// How many assets there are.
    pub fn len(&self) -> usize {
        self.assets.values().map(BTreeMap::len).sum()
    }

    /// No assets at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn forget_relations(&mut self, kind: &str, id: &str) {
        let this = object([("kind", kind.into()), ("id", id.into())]);
        for by_name in self.incoming.values_mut().flat_map(BTreeMap::values_mut) {
            by_name.values_mut().for_each(|from| from.retain(|other| *other != this));
            by_name.retain(|_, from| !from.is_empty());
        }
    }

    /// The kinds that a rule without kinds applies to: all that have assets.
    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.assets.get(kind).into_iter().flatten()
    }

    /// `data.inventory`.
    pub(super) fn document(&self) -> Value {
        let kinds = self.states.iter().map(|(kind, state)| {
            let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
            let state = object([
                ("scanned", state.scanned.into()),
                ("skipped", text(&state.skipped)),
                ("at", text(&state.at)),
                ("since", text(&state.since)),
            ]);
            (kind, state)
        });
        let assets =
            self.assets.iter().map(|(kind, assets)| (kind, map(assets.iter().map(|(id, asset)| (id, asset.clone())))));
        let incoming = self.incoming.iter().map(|(kind, of_kind)| {
            let of_kind =
                of_kind.iter().map(|(id, by_name)| (id, map(by_name.iter().map(|(name, from)| (name, sorted(from))))));
            (kind, map(of_kind))
        });
        object([
            ("account", self.account.as_str().into()),
            ("by_kind", map(assets)),
            ("incoming", map(incoming)),
            ("kinds", map(kinds)),
        ])
    }
}

fn sorted(from: &[Value]) -> Value {
    let mut from = from.to_vec();
    from.sort();
    from.into()
}

pub(super) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    members.into_iter().map(|(key, value)| (Value::from(key), value)).collect::<BTreeMap<_, _>>().into()
}

fn map<'a>(members: impl Iterator<Item = (&'a String, Value)>) -> Value {
    members.map(|(key, value)| (Value::from(key.as_str()), value)).collect::<BTreeMap<_, _>>().into()
}

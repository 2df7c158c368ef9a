//! The seeded records of the collections. They draw from a chance of their
//! own, so that a new collection moves no id of the rest of the account.

use jiff::Timestamp;
use serde_json::Value;

use crate::collection::{self, Context, expand};
use crate::store::ids::Rng;
use crate::store::{Entity, Store};

/// Kind of tie, from the n-th of one kind to the n-th of another.
const TIES: &[(&str, &str, usize, &str, usize)] = &[
    ("tags", "user", 1, "tag", 0),
    ("tags", "team", 1, "tag", 0),
    ("tags", "team", 1, "tag", 1),
    ("tags", "escalation_policy", 1, "tag", 1),
    ("subscriptions", "user", 1, "business_service", 1),
    ("subscriptions", "team", 1, "business_service", 1),
    ("services", "action", 0, "service", 1),
    ("teams", "action", 0, "team", 1),
    ("teams", "runner", 0, "team", 1),
];

pub(super) fn collections(store: &mut Store, seed: u64, now: Timestamp) {
    let kept = std::mem::replace(store.rng(), Rng::new(seed ^ 0xc011));
    let me = store.owner.clone();
    for loaded in collection::ALL.iter() {
        for (place, value) in &loaded.seed {
            let owner = loaded.row.parents.last().and_then(|entity| store.table(*entity).nth(*place));
            let owner = owner.map(|record| record.id.clone()).unwrap_or_default();
            let context = Context { now, me: Some(&me), owner: &owner, own: "" };
            if let Value::Object(fields) = expand(store, value, &context) {
                loaded.put(store, fields, &owner, now, Some(&me));
            }
        }
    }
    for (kind, from, at, to, there) in TIES {
        let id = |name: &str, n: usize| {
            let entity = Entity::of_type(name)?;
            store.table(entity).nth(n).map(|record| record.id.clone())
        };
        if let (Some(from), Some(to)) = (id(from, *at), id(to, *there)) {
            store.tie(kind, &from, &to);
        }
    }
    *store.rng() = kept;
}

//! Where two assets differ: paths with both values.
//!
//! Rule: pure; what it is given has fingerprints instead of secrets.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::asset::{Asset, Relation};

/// A place where two versions of an asset differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Dotted, from the asset: `name`, `url`, `attributes.teams[P1].summary`,
    /// `relations[escalates-to policy P2]`. In brackets stands the id of a
    /// list's item, or its place where items have none.
    pub path: String,
    /// What stood there; none where nothing did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What stands there; none where nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// Every place where `after` is otherwise than `before`, in the order of the
/// asset's parts. The order of keys and of relations tells nothing.
pub fn changes(before: &Asset, after: &Asset) -> Vec<Change> {
    let mut found = Vec::new();
    if before.name != after.name {
        note(&mut found, "name".into(), Some(&before.name.clone().into()), Some(&after.name.clone().into()));
    }
    if before.url != after.url {
        let value = |url: &Option<String>| url.clone().map(Value::String);
        note(&mut found, "url".into(), value(&before.url).as_ref(), value(&after.url).as_ref());
    }
    objects(&mut found, "attributes", &before.attributes, &after.attributes);
    let (old, new): (BTreeSet<&Relation>, BTreeSet<&Relation>) =
        (before.relations.iter().collect(), after.relations.iter().collect());
    for edge in old.symmetric_difference(&new) {
        let path = format!("relations[{} {} {}]", edge.name, edge.kind, edge.id);
        let value = Value::String(edge.id.clone());
        let was = old.contains(edge);
        note(&mut found, path, was.then_some(&value), (!was).then_some(&value));
    }
    found
}

fn note(found: &mut Vec<Change>, path: String, before: Option<&Value>, after: Option<&Value>) {
    found.push(Change { path, before: before.cloned(), after: after.cloned() });
}

fn values(found: &mut Vec<Change>, path: String, before: Option<&Value>, after: Option<&Value>) {
    match (before, after) {
        (before, after) if before == after => {}
        (Some(Value::Object(before)), Some(Value::Object(after))) => objects(found, &path, before, after),
        (Some(Value::Array(before)), Some(Value::Array(after))) => lists(found, &path, before, after),
        (before, after) => note(found, path, before, after),
    }
}

fn objects(found: &mut Vec<Change>, path: &str, before: &Map<String, Value>, after: &Map<String, Value>) {
    let gone = before.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(key, value)| (key, Some(value), None));
    let there = after.iter().map(|(key, value)| (key, before.get(key), Some(value)));
    for (key, before, after) in gone.chain(there) {
        values(found, format!("{path}.{key}"), before, after);
    }
}

/// Items with ids are compared by them, so that one more at the beginning is one
/// change. Others are compared by place, if there are as many; or else the list
/// changed as a whole.
fn lists(found: &mut Vec<Change>, path: &str, before: &[Value], after: &[Value]) {
    if let (Some(old), Some(new)) = (by_id(before), by_id(after)) {
        let count = found.len();
        let ids: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
        for id in ids {
            values(found, format!("{path}[{id}]"), old.get(id).copied(), new.get(id).copied());
        }
        // The same items in another order.
        if found.len() == count {
            note(found, path.into(), Some(&before.into()), Some(&after.into()));
        }
        return;
    }
    if before.len() != after.len() {
        return note(found, path.into(), Some(&before.into()), Some(&after.into()));
    }
    for (at, (before, after)) in before.iter().zip(after).enumerate() {
        values(found, format!("{path}[{at}]"), Some(before), Some(after));
    }
}

/// The items by their ids, if each has one of its own.
fn by_id(items: &[Value]) -> Option<BTreeMap<&str, &Value>> {
    let mut found = BTreeMap::new();
    for item in items {
        if found.insert(item.get("id")?.as_str()?, item).is_some() {
            return None;
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests;

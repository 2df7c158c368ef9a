//! An asset made ready to be stored: secrets covered, a hash of what it says.
//!
//! Rule: pure. Two assets with one hash say the same; the order of keys and of
//! relations says nothing, nor does what changes by itself.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use serde::{Serialize, Serializer};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::error::{Error, Result};
use super::passing;
use crate::asset::{Asset, Kind, KindFacts, Relation};
use crate::secrets::Key;

/// Most bytes of a kind, an id, or a relation's name: three of them are a key of
/// PostgreSQL's index, whose keys end at 2,704.
const LONGEST: usize = 600;

/// An asset as it is stored.
pub(super) struct Prepared {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) url: Option<String>,
    pub(super) attributes: String,
    pub(super) relations: Vec<Relation>,
    pub(super) hash: String,
    /// Some of the attributes are not in the hash: they change by themselves.
    pub(super) passing: bool,
}

/// Assets of a step, covered. One that comes twice counts as it came last.
///
/// # Errors
///
/// [`Error::Unfit`] where one is of a kind that is not among `kinds`, has no id,
/// or one that is too long.
pub(super) fn prepare(assets: &[Asset], kinds: &[Kind], key: &Key) -> Result<Vec<Prepared>> {
    let facts: HashMap<&str, &KindFacts> = kinds.iter().map(|kind| (kind.id.as_str(), &kind.extra)).collect();
    let mut ready: Vec<Prepared> = Vec::with_capacity(assets.len());
    let mut places = HashMap::with_capacity(assets.len());
    let mut scratch = Vec::new();
    for asset in assets {
        let Some(facts) = facts.get(asset.kind.as_str()) else {
            let mut known: Vec<&str> = kinds.iter().map(|kind| kind.id.as_str()).collect();
            known.sort_unstable();
            let why = format!(
                "{:?} {:?} is of a kind that this scan does not have ({})",
                asset.kind,
                asset.id,
                known.join(", ")
            );
            return Err(Error::Unfit { why });
        };
        if asset.id.is_empty() {
            return Err(Error::Unfit { why: format!("an asset of the kind {:?} has no id", asset.kind) });
        }
        let edges = asset.relations.iter().flat_map(|edge| [&edge.name, &edge.kind, &edge.id]);
        if [&asset.kind, &asset.id].into_iter().chain(edges).any(|text| text.len() > LONGEST) {
            let shown: String = asset.id.chars().take(40).collect();
            let why = format!(
                "{:?} {shown:?} has an id or a relation of more than {LONGEST} bytes, which no database can look up",
                asset.kind
            );
            return Err(Error::Unfit { why });
        }
        let one = ready_one(asset, facts, key, &mut scratch);
        match places.entry((one.kind.clone(), one.id.clone())) {
            Entry::Vacant(place) => {
                place.insert(ready.len());
                ready.push(one);
            }
            Entry::Occupied(place) => ready[*place.get()] = one,
        }
    }
    Ok(ready)
}

fn ready_one(asset: &Asset, facts: &KindFacts, key: &Key, scratch: &mut Vec<u8>) -> Prepared {
    let attributes = Fields(key.cover(&asset.attributes, &facts.secrets));
    let relation =
        |edge: &Relation| Relation { name: storable(&edge.name), kind: storable(&edge.kind), id: storable(&edge.id) };
    let mut relations: Vec<Relation> = asset.relations.iter().map(relation).collect();
    relations.sort_unstable();
    relations.dedup();
    let (name, url) = (storable(&asset.name), asset.url.as_deref().map(storable));
    let lasting = passing::without(&attributes.0, &facts.volatile).map(Fields);
    let hash = hash(scratch, &name, url.as_deref(), lasting.as_ref().unwrap_or(&attributes), &relations);
    // A map with text as keys can always be written.
    let attributes = serde_json::to_string(&attributes).unwrap_or_else(|_| "{}".into());
    let passing = lasting.is_some();
    Prepared { kind: storable(&asset.kind), id: storable(&asset.id), name, url, attributes, relations, hash, passing }
}

/// PostgreSQL's texts cannot hold U+0000, which JSON can: its picture stands for
/// it. In attributes it is an escape, and stays.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{2400}")
}

/// Attributes, covered, in the provider's order.
struct Fields<'a>(Vec<(&'a str, Cow<'a, Value>)>);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value.as_ref())))
    }
}

/// 128 bits of SHA-256, in hexadecimal digits. `text` is room to write in.
fn hash(text: &mut Vec<u8>, name: &str, url: Option<&str>, attributes: &Fields<'_>, relations: &[Relation]) -> String {
    text.clear();
    part(text, name);
    match url {
        None => text.push(b'-'),
        Some(url) => part(text, url),
    }
    object(text, attributes.0.iter().map(|(name, value)| (*name, value.as_ref())).collect());
    for edge in relations {
        part(text, &edge.name);
        part(text, &edge.kind);
        part(text, &edge.id);
    }
    let digest = Sha256::digest(&text);
    let digit = |four: u8| char::from_digit(four.into(), 16).unwrap_or('0');
    digest.iter().take(16).flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A text with its length before it, so that no two lists of texts are alike.
fn part(text: &mut Vec<u8>, of: &str) {
    text.extend_from_slice(&of.len().to_le_bytes());
    text.extend_from_slice(of.as_bytes());
}

fn object(text: &mut Vec<u8>, mut fields: Vec<(&str, &Value)>) {
    fields.sort_unstable_by_key(|(name, _)| *name);
    text.push(b'{');
    text.extend_from_slice(&fields.len().to_le_bytes());
    for (name, field) in fields {
        part(text, name);
        value(text, field);
    }
}

fn value(text: &mut Vec<u8>, of: &Value) {
    match of {
        Value::Null => text.push(b'n'),
        Value::Bool(true) => text.push(b't'),
        Value::Bool(false) => text.push(b'f'),
        Value::Number(number) => {
            text.push(b'#');
            part(text, &number.to_string());
        }
        Value::String(string) => {
            text.push(b'"');
            part(text, string);
        }
        Value::Array(items) => {
            text.push(b'[');
            text.extend_from_slice(&items.len().to_le_bytes());
            items.iter().for_each(|item| value(text, item));
        }
        Value::Object(map) => object(text, map.iter().map(|(name, value)| (name.as_str(), value)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn same(one: Value, other: Value, expected: bool) {
        let hash = |value: &Value| {
            let asset: Asset = serde_json::from_value(value.clone()).unwrap();
            let kinds = [Kind { id: "k".into(), ..Kind::default() }];
            let folder = tempfile::tempdir().unwrap();
            let key = Key::open(&folder.path().join("key"), true).unwrap().unwrap();
            prepare(&[asset], &kinds, &key).unwrap().remove(0).hash
        };
        assert_eq!(hash(&one) == hash(&other), expected, "{one} {other}");
    }

    fn with(attributes: Value) -> Value {
        json!({"kind": "k", "id": "1", "name": "n", "attributes": attributes})
    }

    #[test]
    fn what_says_the_same_has_one_hash() {
        same(with(json!({"a": 1, "b": {"c": 1, "d": 2}})), with(json!({"b": {"d": 2, "c": 1}, "a": 1})), true);
        for (one, other) in [
            (json!({"a": 1}), json!({"a": 2})),
            (json!({"a": 1}), json!({"a": "1"})),
            (json!({"a": [1, 2]}), json!({"a": [2, 1]})),
            (json!({"a": [[1], 2]}), json!({"a": [[1, 2]]})),
            (json!({"a": null}), json!({})),
            (json!({"a": "b"}), json!({"ab": ""})),
            (json!({"a": {}}), json!({"a": []})),
            (json!({"a": true}), json!({"a": false})),
        ] {
            same(with(one), with(other), false);
        }
        let mut other = with(json!({}));
        other["url"] = json!("");
        same(with(json!({})), other.clone(), false);
        other["relations"] = json!([{"name": "a", "kind": "b", "id": "c"}, {"name": "a", "kind": "b", "id": "d"}]);
        let mut turned = other.clone();
        turned["relations"].as_array_mut().unwrap().reverse();
        same(other, turned, true);
    }
}

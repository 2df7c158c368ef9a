//! Packs in folders and small accounts, for the other files.

use std::collections::BTreeMap;
use std::fs;

use connector_inventory::{Asset, Relation};
use connector_policy::{Check, Inventory, KindState, Limits, Pack, PolicyError, Question, Source, check};
use jiff::Timestamp;
use serde_json::Value;

/// The time of all tests.
pub(crate) fn now() -> Timestamp {
    "2026-11-02T00:00:00Z".parse().unwrap()
}

/// A pack of these files, in a folder of its own.
pub(crate) fn pack_with(limits: &Limits, files: &[(&str, &str)]) -> Result<Pack, PolicyError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Pack::load_with_tests(&[Source::Folder(folder.path().into())], limits)
}

pub(crate) fn pack(files: &[(&str, &str)]) -> Result<Pack, PolicyError> {
    pack_with(&Limits::default(), files)
}

/// Kinds that were scanned.
pub(crate) fn scanned(kinds: &[&str]) -> BTreeMap<String, KindState> {
    let state = KindState { scanned: true, at: Some("2026-11-01T23:00:00Z".into()), ..KindState::default() };
    kinds.iter().map(|kind| ((*kind).to_owned(), state.clone())).collect()
}

pub(crate) fn asset(kind: &str, id: &str, attributes: Value, relations: &[(&str, &str, &str)]) -> Asset {
    let relation = |(name, kind, id): &(&str, &str, &str)| Relation {
        name: (*name).into(),
        kind: (*kind).into(),
        id: (*id).into(),
    };
    Asset {
        kind: kind.into(),
        id: id.into(),
        name: attributes["name"].as_str().unwrap_or(id).into(),
        url: Some(format!("https://example.pagerduty.com/{kind}/{id}")),
        attributes: attributes.as_object().cloned().unwrap_or_default(),
        relations: relations.iter().map(relation).collect(),
    }
}

/// An account of two services.
pub(crate) fn account() -> Inventory {
    let mut inventory = Inventory::new("acme", scanned(&["service", "team", "escalation-policy"]));
    inventory.add(asset("service", "P1", serde_json::json!({"name": "Checkout"}), &[("belongs-to", "team", "T1")]));
    inventory.add(asset("service", "P2", serde_json::json!({"name": "Search"}), &[]));
    inventory.add(asset("team", "T1", serde_json::json!({"name": "Shop"}), &[]));
    inventory
}

/// A check of one rule, its body given, on [`account`].
pub(crate) fn check_rule(limits: &Limits, rego: &str) -> Check {
    let pack = pack_with(limits, &[("rule.rego", &format!("{HEAD}{rego}"))]).unwrap();
    check(&pack, &account(), &Question::all(now())).unwrap()
}

/// What a rule on services begins with.
pub(crate) const HEAD: &str = "# METADATA\n# custom:\n#   id: r\n#   kinds: [service]\npackage connector.r\n\n";

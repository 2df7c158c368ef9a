//! Drift: what the component says a state would hold is compared attribute by
//! attribute, and nothing that is changed goes unseen.

use std::collections::{BTreeMap, BTreeSet};

use connector_inventory::drift::drift;
use connector_inventory::drift::known::{Known, Sight};
use connector_inventory::drift::report::{Report, Status};
use connector_inventory::drift::rules::Values;
use connector_inventory::drift::state::States;
use host_test::World;
use host_test::host::contract::Asset;
use host_test::host::drift::known;
use host_test::simulator::{Options, tokens};
use serde_json::{Value, json};

/// An account of the simulator as values, and what is known of it.
async fn account() -> (String, Known) {
    let world = World::with(Options { incidents: 50, rate_limit: None, ..Options::default() }).await;
    let mut on = world.open(tokens::READ_ONLY).await;
    let mut known = known(&world.connector, "lantern").expect("types");
    let kinds: BTreeSet<String> = known.types.values().cloned().collect();
    known.sights = kinds.iter().map(|kind| (kind.clone(), Sight::Whole)).collect();
    let kinds: Vec<String> = kinds.into_iter().collect();
    let settings = r#"{"slack_workspaces":["T0LANTERN"]}"#;
    let (mut assets, mut next): (BTreeMap<(String, String), Asset>, _) = (BTreeMap::new(), None);
    loop {
        let slice = on.scan(&kinds, settings, next.as_deref()).await.expect("a step");
        assets.extend(slice.assets.into_iter().map(|asset| ((asset.kind.clone(), asset.id.clone()), asset)));
        next = slice.next;
        if next.is_none() {
            break;
        }
    }
    let assets: Vec<Asset> = assets.into_values().collect();
    let code = world.connector.codify(&assets, r#"{"format":"values"}"#).await.expect("values");
    (code.files[0].content.clone(), known)
}

/// A resource of a state.
struct Held {
    of: String,
    attributes: Value,
}

fn held(values: &str) -> Vec<Held> {
    let values: Value = serde_json::from_str(values).expect("JSON");
    let all = values["resources"].as_array().expect("a list").iter().map(|one| {
        let mut attributes = one["values"].clone();
        attributes["id"] = one["state"].clone();
        Held { of: one["type"].as_str().expect("a type").to_owned(), attributes }
    });
    all.collect()
}

/// Writes the resources as a state and compares.
fn compare(values: &Values, known: &Known, held: &[Held]) -> Report {
    let resources: Vec<Value> = held
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let instances = json!([{"attributes": one.attributes}]);
            json!({"mode": "managed", "type": one.of, "name": format!("r{at}"), "instances": instances})
        })
        .collect();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.tfstate");
    std::fs::write(&path, json!({"version": 4, "resources": resources}).to_string()).expect("written");
    let states = States::read(&[path], &|of| known.ours(of)).expect("a state");
    drift(values, &states, known, None, &[])
}

/// Paths of all scalars, as differences have them; what stands for a value that is
/// not told is left out.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) if members.contains_key("secret") || members.contains_key("ignored") => {}
        Value::Object(members) => {
            for (name, value) in members {
                let dot = if path.is_empty() { "" } else { "." };
                leaves(value, &format!("{path}{dot}{name}"), found);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| leaves(item, &format!("{path}[{at}]"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => found.push(path.to_owned()),
    }
}

/// Changes the scalar at a path.
fn change(attributes: &mut Value, path: &str) {
    let pointer = format!("/{}", path.replace('[', ".").replace(']', "").replace('.', "/"));
    let value = attributes.pointer_mut(&pointer).expect("a value");
    *value = match &*value {
        Value::Bool(flag) => (!flag).into(),
        Value::Number(number) => (number.as_f64().unwrap_or_default() + 7.0).into(),
        Value::String(text) => format!("{text}x").into(),
        other => panic!("{path}: {other}"),
    };
}

/// Every attribute of every resource of an account, changed one at a time.
#[tokio::test(start_paused = true)]
async fn whatever_changes_is_seen_where_it_is() {
    let (text, known) = account().await;
    let values = Values::read(&text).expect("values");
    let (mut whole, untouched) = (held(&text), held(&text));
    let report = compare(&values, &known, &untouched);
    let other: Vec<_> = report.resources.iter().filter(|one| one.status != Status::Codified).collect();
    assert!(other.is_empty(), "{:?}", other.first());
    assert_eq!(report.count(Status::Codified), untouched.len());

    let told: Value = serde_json::from_str(&text).expect("JSON");
    let plain = |of: &str, path: &str| {
        // A rule's path has no indexes.
        let rule: String = path
            .split('[')
            .enumerate()
            .map(|(at, part)| if at == 0 { part } else { part.split_once(']').map_or("", |(_, rest)| rest) })
            .collect();
        let noise = &told["rules"][of][rule.as_str()]["noise"];
        assert!(noise.is_array(), "{of}.{rule} has a value and no rule");
        noise.as_array().is_some_and(|noise| noise.iter().all(|word| *word != "ignored"))
    };
    let todo: Vec<Vec<String>> = whole
        .iter()
        .map(|one| {
            let mut found = Vec::new();
            leaves(&one.attributes, "", &mut found);
            found.retain(|path| path != "id" && plain(&one.of, path));
            found
        })
        .collect();
    let rounds = todo.iter().map(Vec::len).max().unwrap_or_default();
    let mut tried = BTreeSet::new();
    let mut changes = 0;
    for round in 0..rounds {
        let mut changed = BTreeMap::new();
        for (at, paths) in todo.iter().enumerate() {
            whole[at].attributes = untouched[at].attributes.clone();
            if let Some(path) = paths.get(round) {
                change(&mut whole[at].attributes, path);
                changed.insert(format!("{}.r{at}", whole[at].of), path.clone());
                changes += 1;
            }
        }
        let report = compare(&values, &known, &whole);
        for one in &report.resources {
            let Some(path) = changed.get(&one.at[0].address) else {
                assert_eq!(one.status, Status::Codified, "{one:?}");
                continue;
            };
            let list = path.rsplit_once('[').map_or(path.as_str(), |(list, _)| list);
            let seen = one.differences.iter().any(|one| one.path == *path || one.path == list);
            assert!(seen && one.differences.len() == 1, "{path} of {one:?}");
            tried.insert((one.of.clone(), path.split('[').next().unwrap_or_default().to_owned()));
        }
    }
    println!("{} resources, {changes} changes, {} attributes and blocks of types", whole.len(), tried.len());
    assert!(changes > 3000 && tried.len() > 150, "{changes} {}", tried.len());
}

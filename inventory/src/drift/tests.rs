//! Drift, by cases: what counts as the same, how resources stand, which states
//! are refused, and what is never told.

mod reading;
mod sameness;
mod secrets;
mod standing;

use std::path::Path;

use serde_json::{Value, json};

use super::drift;
use super::known::{Known, Sight};
use super::report::Report;
use super::rules::Values;
use super::state::{StateError, States};
use crate::secrets::Key;

/// A key that is the same in every test.
fn key() -> Key {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, [7; 32]).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    Key::open(&path, false).unwrap().unwrap()
}

/// A resource of the account.
fn wanted(of: &str, id: &str, values: Value) -> Value {
    json!({"type": format!("acme_{of}"), "name": id, "import": id, "state": id, "kind": of, "id": id, "values": values})
}

/// An account: rules by type, and resources.
fn values(rules: Value, resources: &[Value]) -> Values {
    Values::read(&json!({"rules": rules, "resources": resources}).to_string()).unwrap()
}

/// What is known of an account with the kinds `team` and `service`, each seen whole.
fn known() -> Known {
    let mut known = Known::of("shop");
    for kind in ["team", "service"] {
        known.types.insert(format!("acme_{kind}"), kind.into());
        known.sights.insert(kind.into(), Sight::Whole);
    }
    known.unmade.insert("acme_old".into(), "nobody makes them any more".into());
    known
}

/// A state with these resources.
fn state(resources: Value) -> Value {
    json!({"version": 4, "terraform_version": "1.9.0", "serial": 3, "lineage": "", "outputs": {}, "resources": resources})
}

/// A resource of a state, with one instance.
fn held(of: &str, name: &str, attributes: Value) -> Value {
    resource(of, name, json!([{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}]))
}

fn resource(of: &str, name: &str, instances: Value) -> Value {
    let provider = "provider[\"registry.terraform.io/acme/acme\"]";
    json!({"mode": "managed", "type": of, "name": name, "provider": provider, "instances": instances})
}

/// Reads states, each a file of its own: `0.tfstate`, `1.tfstate`, …
fn states(known: &Known, all: &[Value]) -> Result<States, StateError> {
    let mut states = States::default();
    for (at, one) in all.iter().enumerate() {
        let path = format!("{at}.tfstate");
        states.add(Path::new(&path), one.to_string().as_bytes(), &|of| known.ours(of))?;
    }
    states.tell_lineages();
    Ok(states)
}

/// A comparison with all kinds and the key.
fn report(values: &Values, known: &Known, all: &[Value]) -> Report {
    drift(values, &states(known, all).unwrap(), known, Some(&key()), &[])
}

/// The statuses, a line each.
fn standings(report: &Report) -> Vec<String> {
    report
        .resources
        .iter()
        .map(|one| {
            let at: Vec<String> = one.at.iter().map(|at| format!("{} {}", at.file, at.address)).collect();
            let why = one.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            format!("{} {} {} [{}]{why}", one.status.word(), one.of, one.id, at.join(", "))
        })
        .collect()
}

//! Which files are states, and what is told of those that are none.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::drift::state::{MOST, bytes};

fn refused(text: &str) -> String {
    let mut states = States::default();
    let known = known();
    states.add(Path::new("x.tfstate"), text.as_bytes(), &|of| known.ours(of)).unwrap_err().to_string()
}

#[test]
fn what_is_no_state_says_what_it_is() {
    let check = |text: &str, expected: &str| {
        let why = refused(text);
        assert!(why.starts_with("x.tfstate: ") && why.contains(expected), "{text}: {why}");
    };
    for (text, expected) in [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("resource \"x\" \"y\" {}", "it is no JSON (line 1, column 1)"),
        ("{\"version\": 4,\n \"resources\": [", "it breaks off (line 2, column "),
        ("[]", "it is not as Terraform writes it (line 1, "),
        ("{}", "it has no `version`"),
        (r#"{"version": null}"#, "it has no `version`"),
        (r#"{"format_version": "1.0", "values": {}}"#, "`terraform show -json` writes; `terraform state pull`"),
        (r#"{"version": 4}"#, "it has no `resources`"),
        (r#"{"version": 3, "modules": []}"#, "has the format version 3, and 4 is the one that is read"),
        (r#"{"version": 5, "resources": []}"#, "has the format version 5"),
        (r#"{"version": "4", "resources": []}"#, "its `version` is no number"),
        (r#"{"version": 4, "version": 4, "resources": []}"#, "not as Terraform writes it"),
        (r#"{"version": 4, "resources": {}}"#, "`resources` is no list"),
        (
            r#"{"version": 4, "resources": [{"mode": "managed", "type": "acme_team", "name": "a"}]}"#,
            "resources[0] is not as",
        ),
        (
            r#"{"version": 4, "resources": [{"mode": "managed", "type": "acme_team", "name": "a", "instances": [{}, 7]}]}"#,
            "resources[0].instances[1] is not as",
        ),
        (
            r#"{"serial": 1, "lineage": "x", "meta": {}, "encrypted_data": "abc=", "encryption_version": "v0"}"#,
            "encrypted; `tofu state pull`",
        ),
        ("{\"version\": 4, \"resources\": []} x", "it is no JSON"),
    ] {
        check(text, expected);
    }
    let nested = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    let deep = state(json!([held("acme_team", "a", json!({"id": "T1", "x": "DEEP"}))])).to_string();
    check(&deep.replace("\"DEEP\"", &nested), "resources[0].instances[0] is not as");
    // No text at all.
    let mut states = States::default();
    let why = states.add(Path::new("x.tfstate"), b"{\"version\": 4, \"lineage\": \"\xff\"}", &|_| true).unwrap_err();
    assert!(why.to_string().contains("it is no JSON"), "{why}");
}

/// As far as a state can be otherwise and still be read.
#[test]
fn what_is_odd_is_read() {
    let odd: Value = json!({
        "version": 4, "terraform_version": 7, "serial": "x", "lineage": null, "check_results": null, "more": {"x": [1]},
        "resources": [{"mode": "managed", "type": "acme_team", "name": "ü \"x\"", "module": "", "each": "map", "provider": 7,
            "instances": [{"attributes": {"id": 17, "name": "x"}, "index_key": {"a": 1}, "private": "aaaa", "dependencies": ["x"]},
                {"attributes": null}]}],
    });
    let states = states(&known(), &[odd]).unwrap();
    assert_eq!(states.held.len(), 2);
    assert_eq!(states.held[0].id.as_deref(), Some("17"));
    assert_eq!(states.held[0].address, "acme_team.ü \"x\"[{\"a\":1}]");
    assert_eq!((&states.files[0].lineage, states.files[0].serial), (&None, None));
}

#[test]
fn files_and_folders() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let one = |id: &str| state(json!([held("acme_team", "a", json!({"id": id}))])).to_string();
    std::fs::create_dir(path("states")).unwrap();
    std::fs::create_dir(path("none")).unwrap();
    std::fs::create_dir(path("states/more.tfstate")).unwrap();
    for (name, id) in [("b.tfstate", "T2"), ("a.tfstate", "T1"), ("a.tfstate.backup", "T1"), ("plan.json", "T3")] {
        std::fs::write(path("states").join(name), one(id)).unwrap();
    }
    let known = known();
    let read = |places: &[PathBuf]| States::read(places, &|of| known.ours(of));
    let ids = |states: &States| states.held.iter().map(|held| held.id.clone().unwrap()).collect::<Vec<_>>();
    assert_eq!(ids(&read(&[path("states")]).unwrap()), ["T1", "T2"]);
    // By whatever name, and however often: once.
    let link = path("link");
    std::os::unix::fs::symlink(path("states/b.tfstate"), &link).unwrap();
    let all = [path("states/plan.json"), path("states"), path("states/a.tfstate"), link];
    assert_eq!(ids(&read(&all).unwrap()), ["T3", "T1", "T2"]);
    for (name, expected) in [
        ("nothing", "nothing: No such file"),
        ("none", "none: there is no file *.tfstate in this folder"),
        ("states/more.tfstate", "there is no file *.tfstate"),
    ] {
        let why = read(&[path(name)]).unwrap_err().to_string();
        assert!(why.contains(expected), "{why}");
    }
    let why = read(&[PathBuf::from("/dev/null")]).unwrap_err().to_string();
    assert!(why.contains("neither a file nor a folder"), "{why}");
    // One that cannot be read ends all: nothing is left out in silence.
    std::fs::write(path("states/c.tfstate"), "{").unwrap();
    assert!(read(&[path("states")]).unwrap_err().to_string().contains("c.tfstate"));
}

#[test]
fn a_file_has_a_bound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.tfstate");
    std::fs::write(&path, "12345").unwrap();
    assert_eq!(bytes(&path, 5).unwrap(), b"12345");
    assert!(matches!(bytes(&path, 4), Err(StateError::TooLarge { most: 4, .. })));
    // Sparse: nothing of it is on the disk.
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(MOST + 1).unwrap();
    let known = known();
    let why = States::read(std::slice::from_ref(&path), &|of| known.ours(of)).unwrap_err().to_string();
    assert!(why.contains("it has more than 256 MiB"), "{why}");
}

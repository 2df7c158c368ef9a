//! The built-in pack: its own tests, and what it does on a small account.

use std::collections::BTreeSet;

use connector_inventory::policy::{Limits, Pack, Source, test};

#[test]
fn every_rule_passes_its_tests() {
    let pack = Pack::load_with_tests(&[Source::BuiltIn], &Limits::default()).unwrap();
    let trials = test(&pack, "2026-11-02T00:00:00Z".parse().unwrap()).unwrap();
    let failed: Vec<_> = trials.iter().filter(|trial| trial.failed.is_some()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    println!("{} tests of {} rules", trials.len(), pack.rules().count());
}

/// Each rule has tests that find and tests that do not.
#[test]
fn every_rule_has_tests() {
    let pack = Pack::load_with_tests(&[Source::BuiltIn], &Limits::default()).unwrap();
    let trials = test(&pack, "2026-11-02T00:00:00Z".parse().unwrap()).unwrap();
    for rule in pack.rules() {
        let package = format!("connector.{}_test.", rule.id.replace('-', "_"));
        let names: Vec<_> = trials.iter().filter_map(|trial| trial.name.strip_prefix(&package)).collect();
        assert!(names.iter().any(|name| name.starts_with("test_finds_")), "{}: {names:?}", rule.id);
        assert!(names.iter().any(|name| !name.starts_with("test_finds_")), "{}: {names:?}", rule.id);
        assert!(rule.remedy.is_some() && !rule.description.is_empty() && rule.severity.is_some(), "{}", rule.id);
    }
}

#[test]
fn every_file_of_the_folder_is_built_in() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");
    let load = |source| -> BTreeSet<String> {
        let pack = Pack::load_with_tests(&[source], &Limits::default()).unwrap();
        let trials = test(&pack, "2026-11-02T00:00:00Z".parse().unwrap()).unwrap();
        let rules = pack.rules().map(|rule| rule.id.clone());
        rules.chain(trials.into_iter().map(|trial| trial.name)).collect()
    };
    assert_eq!(load(Source::BuiltIn), load(Source::Folder(folder.into())));
}

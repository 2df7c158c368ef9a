//! Expected texts under `tests/snapshots`, written anew with `UPDATE_SNAPSHOTS=1`.

/// Compares `found` with the snapshot of this name.
pub(crate) fn check(name: &str, found: &str) {
    let path = host_test::root().join("tests/snapshots").join(name);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, found).expect("the snapshot can be written");
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if let Some((line, (was, is))) = expected.lines().zip(found.lines()).enumerate().find(|(_, (was, is))| was != is) {
        panic!("{name}:{}: expected\n  {was}\nfound\n  {is}\nIf this is meant: UPDATE_SNAPSHOTS=1 make test", line + 1);
    }
    let (was, is) = (expected.lines().count(), found.lines().count());
    assert_eq!(was, is, "{name}: another number of lines; if this is meant: UPDATE_SNAPSHOTS=1 make test");
}

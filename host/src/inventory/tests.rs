//! How a key sees, what a link tells, and which settings a scan may have.

use super::*;

fn check(report: Value, id: &str, wide: bool) {
    assert_eq!(view(&report), View { id: id.to_owned(), wide }, "{report}");
}

#[test]
fn a_view_is_as_wide_as_its_key() {
    check(json!({"keys": [{"kind": "account", "user": null}]}), "account", true);
    let user = |role: &str| json!({"keys": [{"kind": "user", "user": {"id": "P1", "role": role}}]});
    check(user("owner"), "user:P1", true);
    check(user("admin"), "user:P1", true);
    check(user("read_only_user"), "user:P1", false);
    check(json!({"keys": [{"kind": "unknown", "user": null}]}), "unknown", false);
    check(json!({}), "unknown", false);
}

#[test]
fn links_tell_the_account() {
    for (url, expected) in [
        ("https://Acme.pagerduty.com/teams/P1", Some("acme.pagerduty.com")),
        ("https://acme.eu.pagerduty.com", Some("acme.eu.pagerduty.com")),
        ("not a link", None),
        ("/teams", None),
    ] {
        assert_eq!(host(url).as_deref(), expected, "{url}");
    }
}

#[test]
fn a_scan_that_looks_at_some_assets_alone_is_refused() {
    for (settings, refused) in [
        (json!({}), None),
        (json!({"incident_days": 90, "slack_workspaces": ["T0"]}), None),
        (json!({"ids": {"service": ["P1"]}}), Some("ids")),
        (json!({"incident_days": 90, "changed_since": "2026-11-01T00:00:00Z"}), Some("changed_since")),
        (json!({"skip": null}), Some("skip")),
    ] {
        let Value::Object(map) = &settings else { continue };
        match (whole_scan(map), refused) {
            (Ok(()), None) => {}
            (Err(ScanError::Partial(setting)), Some(refused)) => assert_eq!(setting, refused),
            (found, _) => panic!("{settings}: {found:?}"),
        }
    }
}

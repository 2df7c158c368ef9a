//! A scan: what it finds, what it leaves, what it refuses.

use std::os::unix::fs::PermissionsExt;

use host_test::simulator::tokens;
use serde_json::{Value, json};

use crate::account::Account;
use crate::support::{LASTING, World};

fn counts(scan: &Value) -> (u64, u64, u64, u64) {
    let count = |name: &str| scan["counts"][name].as_u64().unwrap();
    (count("seen"), count("added"), count("changed"), count("gone"))
}

#[test]
fn a_scan_finds_all_once_and_then_what_changed() {
    let world = World::new();
    let first = world.scan(LASTING);
    let (seen, added, changed, gone) = counts(&first);
    assert!(seen > 500 && seen == added && changed == 0 && gone == 0, "{first}");
    assert_eq!((&first["account"], &first["of"]), (&json!("shop"), &json!("shop.pagerduty.com")));
    assert!(first["requests"].as_u64().unwrap() > 10 && first["seconds"].as_f64().unwrap() > 0.0, "{first}");
    // One file, and the key of its fingerprints; nobody else reads either.
    assert_eq!(world.store_files(), ["", ".key"]);
    for name in ["inventory.db", "inventory.db.key"] {
        let mode = std::fs::metadata(world.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(std::fs::read(world.path("inventory.db.key")).unwrap().len(), 32);
    assert_eq!(world.json("inventory list --format json").len() as u64, seen);

    let again = world.scan(LASTING);
    assert_eq!(counts(&again), (seen, 0, 0, 0), "{again}");

    let services = world.account.services();
    world.account.rename(&services[0], "Renamed meanwhile");
    world.account.delete(&services[1]);
    let third = world.scan(LASTING);
    let (_, added, changed, gone) = counts(&third);
    // With a service go its integrations and rules, and what names it is otherwise; a score may come for it.
    assert!(added <= 2 && changed >= 1 && gone >= 3, "{third}");
    let told = world.check(&format!("scan {LASTING}"), 0, "shop: ", "");
    assert!(told.out.contains(" assets, 0 new, 0 changed, 0 gone (scan 4 of shop.pagerduty.com)\n"), "{told:?}");
    assert!(told.out.contains(" requests, ") && told.out.contains("  left out slack-connection: "), "{told:?}");
    assert_eq!(told.err, "");
}

/// An incident that is open and was changed lately stands in two lists.
#[test]
fn what_stands_in_two_lists_is_one_asset() {
    let world = World::new();
    let scan = world.scan("--kind incident");
    let (seen, added, changed, _) = counts(&scan);
    assert_eq!((seen, changed), (added, 0), "{scan}");
    assert_eq!(world.json("inventory list --format json").len() as u64, seen);
    let scans = world.json("inventory scans --format json");
    assert_eq!(scans[0]["counts"]["seen"].as_u64(), Some(seen));
}

#[test]
fn kinds_are_chosen() {
    let world = World::new();
    let check = |line: &str, has: &[&str], has_not: &[&str]| {
        world.check(&format!("scan --nickname {line} --store FOLDER/{line}"), 0, "", "");
        let line = format!("inventory list --format json --store FOLDER/{}", line.split(' ').next().unwrap());
        let found: Vec<String> =
            world.json(&line).iter().map(|asset| asset["kind"].as_str().unwrap().to_owned()).collect();
        for kind in has {
            assert!(found.iter().any(|found| found == kind), "{line}: no {kind}");
        }
        for kind in has_not {
            assert!(found.iter().all(|found| found != kind), "{line}: {kind}");
        }
    };
    check("usual", &["service", "user", "contact-method", "incident", "on-call"], &["log-entry", "schedule-override"]);
    check("two --kind service --kind team", &["service", "team"], &["user", "integration", "schedule"]);
    check("impersonal --without personal", &["service", "team"], &["user", "contact-method", "team-membership"]);
    check("fewer --without service --kind service --kind team", &["team"], &["service"]);
}

#[test]
fn what_is_wrong_is_told_before_anything_is_sent() {
    let world = World::new();
    world.account.simulator.clear_requests();
    for (line, expected) in [
        ("scan --kind servce", "there is no kind `servce`; `connector inventory kinds` lists them"),
        ("scan --without people", "there is no kind `people`"),
        ("scan --kind user --without personal", "no kind is left to scan"),
        ("scan --scan-settings {", "the settings of the scan are not JSON: "),
        ("scan --scan-settings []", "the settings of the scan must be a JSON object"),
        ("scan --scan-settings {\"ids\":{\"service\":[\"P1\"]}}", "leave out the setting `ids`"),
        ("scan --nickname a/b", "cannot be a nickname: use 1 to 64 letters"),
        ("scan --listen 127.0.0.1:0", "give --every too"),
        ("scan --every 5s", "a scan a minute is the most"),
        ("scan --every soon", "--every takes a time such as 8h"),
        ("scan --every 8h --changes-every 10ms", "a look a second is the most"),
        ("scan --account a", "--config"),
        ("scan --config FOLDER/none.toml", "none.toml: No such file"),
        ("scan --store ftp://somewhere", "ftp:// is not known; use a file's path, or postgres://"),
    ] {
        world.check(line, 2, "", expected);
        world.check(&format!("--json {line}"), 2, "", "\"exit_code\":2");
    }
    assert!(world.account.simulator.requests().is_empty());
    assert_eq!(world.store_files(), [""; 0]);
    // Only the connector knows its settings: nothing is stored with wrong ones.
    for (line, expected) in [
        ("scan --scan-settings {\"incident_days\":0}", "from 1 to 180"),
        ("scan --scan-settings {\"incident_day\":3}", "did you mean `incident_days`"),
        ("scan --scan-settings {\"slack_workspaces\":\"T0\"}", "a list of texts"),
    ] {
        world.check(line, 2, "", expected);
    }
    assert!(world.json("inventory scans --format json").is_empty());
}

#[test]
fn a_key_that_does_not_work_is_told() {
    let world = World::new();
    let refused = world.run_with("PAGERDUTY_TOKEN", "nobodys-key", "scan");
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.err.contains("connector auth"), "{refused:?}");
    let none = world.command("scan").env_remove("PAGERDUTY_TOKEN").output().unwrap();
    assert_eq!(none.status.code(), Some(3));
    assert!(world.json("inventory accounts --format json").is_empty());
}

#[test]
fn another_account_does_not_get_under_a_nickname() {
    let world = World::new();
    world.scan(&format!("--nickname prod {LASTING}"));
    let before = world.listed("");
    let other = Account::new("other");
    let ran = World { account: other, ..world };
    ran.check(
        &format!("scan --nickname prod {LASTING}"),
        2,
        "",
        "prod stands for the account shop.pagerduty.com in this store, and the key belongs to other.pagerduty.com",
    );
    assert_eq!(ran.listed(""), before);
    assert_eq!(ran.json("inventory scans --format json").len(), 1);
    // By its own name it is another account of the store.
    ran.scan(LASTING);
    let accounts = ran.json("inventory accounts --format json");
    let names: Vec<&str> = accounts.iter().map(|account| account["nickname"].as_str().unwrap()).collect();
    assert_eq!(names, ["other", "prod"]);
    ran.check("inventory list --account prod --limit 1", 0, " prod ", "");
}

/// What a key may not see is left out with the reason, and nothing is gone for it.
#[test]
fn a_narrower_key_deletes_nothing() {
    let world = World::new();
    world.scan(LASTING);
    let before = world.listed("");
    for (key, method, skipped) in [
        (tokens::BEARER_NARROW, "--auth-method bearer", Some("user")),
        (tokens::USER_LIMITED, "", None),
        (tokens::USER, "", None),
    ] {
        let ran = world.run_with("PAGERDUTY_TOKEN", key, &format!("--json {method} scan {LASTING}"));
        assert_eq!(ran.code, 0, "{ran:?}");
        let scan = ran.json().remove(0);
        assert_eq!(counts(&scan).3, 0, "{scan}");
        let told = scan["skipped"].as_array().unwrap().iter().find(|one| one["kind"] == "user");
        assert_eq!(told.map(|one| one["kind"].as_str().unwrap()), skipped, "{scan}");
        if let Some(told) = told {
            assert_eq!(told["reason"], "forbidden");
            assert!(told["message"].as_str().unwrap().contains("(missing scopes: users.read)"), "{told}");
        }
        assert_eq!(world.listed(""), before, "{key}");
    }
    // The account's key misses it as well: now it is gone.
    let services = world.account.services();
    world.account.delete(&services[0]);
    let narrow = format!("--json scan {LASTING}");
    assert_eq!(counts(&world.run_with("PAGERDUTY_TOKEN", tokens::USER_LIMITED, &narrow).json()[0]).3, 0);
    assert!(counts(&world.scan(LASTING)).3 > 0);
}

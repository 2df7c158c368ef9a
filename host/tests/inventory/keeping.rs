//! Accounts kept up to date: several, for ever, watched and stopped.

use std::io::{Read, Write};
use std::net::TcpStream;

use host_test::simulator::tokens;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::account::Account;
use crate::support::{LASTING, PATIENCE, Running, World};

/// A configuration of the world's account, and of others by name.
fn config(world: &World, head: &str, others: &[(&str, &Account)]) -> String {
    let key = world.write("key", &format!("{}\n", tokens::READ_ONLY));
    let account = |name: &str, url: &str| {
        format!(
            "[[account]]\nnickname = \"{name}\"\ntoken-file = \"{key}\"\nbase-url = \"{url}\"\n\
             without = [\"on-call\", \"incident\"]\n\n"
        )
    };
    let mut text = format!("{head}\n\n{}", account("shop", &world.account.url));
    others.iter().for_each(|(name, other)| text.push_str(&account(name, &other.url)));
    world.write("accounts.toml", &text)
}

fn keep(world: &World, options: &str) -> Running {
    world.start(&format!("scan --config FOLDER/accounts.toml {options}"))
}

/// An answer of HTTP: status line and body.
fn ask(address: &str, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// Where health and metrics are: `http://ADDRESS/healthz` stands in a line.
fn address(running: &mut Running) -> String {
    let line = running.wait_for("/healthz and ");
    let (_, rest) = line.split_once("http://").unwrap();
    rest.split('/').next().unwrap().to_owned()
}

#[test]
fn several_accounts_are_kept_watched_and_stopped() {
    let world = World::new();
    let other = Account::new("other");
    config(&world, "every = \"8h\"\nlisten = \"127.0.0.1:0\"", &[("second", &other)]);
    world.account.hold(20);
    let mut running = keep(&world, "");
    let address = address(&mut running);
    world.account.held();
    let other_done = running.wait_for("second: ");
    assert!(other_done.contains(" assets, ") && other_done.contains(" 1 kind left out"), "{other_done}");
    // One goes on, the other is done.
    let (head, body) = ask(&address, "GET /healthz");
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("application/json"), "{head}");
    let health: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(health["ok"], true);
    let state = |health: &Value, name: &str| {
        let accounts = health["accounts"].as_array().unwrap();
        let one = accounts.iter().find(|account| account["account"] == name).unwrap();
        (one["running"].clone(), one["last_scan"].is_string())
    };
    assert_eq!(state(&health, "shop"), (json!(true), false));
    assert_eq!(state(&health, "second"), (json!(false), true));
    let (head, metrics) = ask(&address, "GET /metrics");
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("openmetrics-text"), "{head}");
    for line in [
        "connector_scan_running{account=\"shop\"} 1",
        "connector_scan_running{account=\"second\"} 0",
        "connector_scans_total{account=\"second\",result=\"whole\"} 1",
        "# EOF",
    ] {
        assert!(metrics.lines().any(|have| have == line), "{line} is not in\n{metrics}");
    }
    let assets = world.json("inventory accounts --format json")[0]["assets"].clone();
    assert!(metrics.contains(&format!("connector_assets{{account=\"second\"}} {assets}\n")), "{metrics}");
    for (request, status) in [
        ("GET /", "404 "),
        ("GET /metrics/", "404 "),
        ("POST /metrics", "405 "),
        ("DELETE /healthz", "405 "),
        ("HEAD /healthz", "200 "),
        ("GET /healthz?x=1", "200 "),
    ] {
        let (head, _) = ask(&address, request);
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{request}: {head}");
        assert_eq!(head.contains("\r\nallow: GET, HEAD"), status == "405 ", "{request}: {head}");
    }
    running.signal(Signal::TERM);
    running.wait_for("stops behind the present step");
    world.account.open();
    let stopped = running.end();
    assert_eq!((stopped.code, stopped.out.as_str()), (0, ""), "{stopped:?}");
    assert_eq!(world.store_files(), ["", ".key"]);

    // What was begun is ended; the other is not due yet.
    other.simulator.clear_requests();
    let mut running = keep(&world, "");
    running.wait_for("second: the next scan is due at 20");
    running.wait_for("shop: goes on with scan ");
    running.wait_for("shop: ");
    running.signal(Signal::INT);
    assert_eq!(running.end().code, 0);
    assert!(other.simulator.requests().is_empty());
    assert_eq!(world.json("inventory scans --format json").len(), 2);
}

/// Who is told to, and who looks at the store first, does not scan twice.
#[test]
fn a_restart_is_no_reason_to_scan() {
    let world = World::new();
    config(&world, "every = \"8h\"\nchanges-every = \"0\"", &[]);
    world.scan(&format!("--nickname shop {LASTING}"));
    let requests = world.account.simulator.requests().len();
    for _ in 0..2 {
        let mut running = keep(&world, "");
        running.wait_for("shop: the next scan is due at 20");
        running.signal(Signal::TERM);
        let ended = running.end();
        assert_eq!(ended.code, 0, "{ended:?}");
    }
    assert_eq!(world.account.simulator.requests().len(), requests);
    // An account without a name of its own is asked whose it is.
    let mut running = world.start("scan --every 8h --changes-every 0 --listen 127.0.0.1:0");
    let address = address(&mut running);
    running.wait_for("shop: the next scan is due at 20");
    assert!(ask(&address, "GET /metrics").1.contains("connector_last_scan_seconds{account=\"shop\"} "));
    running.signal(Signal::TERM);
    assert_eq!(running.end().code, 0);
    // Once, whatever the configuration says.
    let ran = world.check("scan --config FOLDER/accounts.toml --every 0", 0, "shop: ", "");
    assert!(ran.out.contains("(scan 2 of "), "{ran:?}");
}

#[test]
fn changes_come_in_between_two_scans() {
    let world = World::new();
    config(&world, "every = \"8h\"\nchanges-every = \"1s\"", &[]);
    world.scan(&format!("--nickname shop {LASTING}"));
    let services = world.account.services();
    world.account.rename(&services[0], "Renamed meanwhile");
    world.account.delete(&services[1]);
    let mut running = keep(&world, "");
    let told = running.wait_for(" gone since 20");
    assert!(told.starts_with("shop: ") && told.contains(" 1 gone since "), "{told}");
    running.signal(Signal::TERM);
    assert_eq!(running.end().code, 0);
    let name = |id: &str| {
        let shown = world.json(&format!("inventory show service {id} --format json")).remove(0);
        (shown["name"].clone(), shown["gone"].is_object())
    };
    assert_eq!(name(&services[0]), (json!("Renamed meanwhile"), false));
    assert!(name(&services[1]).1);
    let scans = world.json("inventory scans --format json");
    assert_eq!((&scans[0]["source"], &scans[scans.len() - 1]["source"]), (&json!("changes"), &json!("scan")));
}

/// One account's trouble is no other's, and is told.
#[test]
fn a_failure_is_one_accounts_alone() {
    let world = World::new();
    let other = Account::new("other");
    config(&world, "every = \"8h\"\nlisten = \"127.0.0.1:0\"", &[("second", &other)]);
    let wrong = world.write("wrong", "nobodys-key\n");
    let text = std::fs::read_to_string(world.path("accounts.toml")).unwrap();
    let key = world.path("key").display().to_string();
    world.write("accounts.toml", &text.replacen(&key, &wrong, 1));
    let mut running = keep(&world, "");
    let address = address(&mut running);
    let (mut failed, mut whole) = (false, false);
    while !(failed && whole) {
        let line = running.wait_for(": ");
        failed |= line.starts_with("shop: ") && !line.contains(" assets, ");
        whole |= line.starts_with("second: ") && line.contains(" assets, ");
    }
    let health: Value = serde_json::from_str(&ask(&address, "GET /healthz").1).unwrap();
    assert!(health["accounts"][0]["trouble"].is_string(), "{health}");
    running.signal(Signal::TERM);
    assert_eq!(running.end().code, 0);
    // Once: both are tried, and the code says that not all went well.
    let ran = world.run("scan --config FOLDER/accounts.toml --every 0");
    assert!(ran.code == 1 && ran.out.starts_with("second: "), "{ran:?}");
    assert!(ran.err.contains("shop:\nerror: ") && ran.err.contains("not every account could be scanned"), "{ran:?}");
    let ran = world.run("scan --config FOLDER/accounts.toml --every 0 --account second");
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn a_configuration_that_is_wrong_is_told_with_its_place() {
    let world = World::new();
    let good = std::fs::read_to_string(config(&world, "every = \"8h\"", &[])).unwrap();
    let check = |text: &str, code: i32, expected: &str| {
        world.write("accounts.toml", text);
        let ran = world.check("scan --config FOLDER/accounts.toml", code, "", expected);
        assert!(ran.err.contains("accounts.toml: "), "{ran:?}");
    };
    let (head, account) = good.split_once("[[account]]").unwrap();
    let account = format!("[[account]]{account}");
    check(&format!("{good}{account}"), 2, "the nickname shop stands twice: give each account its own");
    check(&good.replace("nickname = \"shop\"", "nickname = \"a shop\""), 2, "cannot be a nickname");
    check(&good.replace("\"8h\"", "\"soon\""), 2, "every takes a time such as 8h");
    check(&good.replace("without", "withot"), 2, "line ");
    check(&good.replace("token-file", "token-env"), 3, "account shop");
    check(head, 2, "there is no account in it: add [[account]]");
    check(&format!("listen = \"nowhere\"\n{good}"), 2, "listen takes an address and a port");
    // A kind is the connector's to know, and told before anything is sent.
    world.write("accounts.toml", &good.replace("\"incident\"", "\"incidnt\""));
    world.check("scan --config FOLDER/accounts.toml", 2, "", "there is no kind `incidnt`");
    // A port that another has.
    world.write("accounts.toml", &good);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let line = format!("scan --config FOLDER/accounts.toml --listen {}", taken.local_addr().unwrap());
    world.check(&line, 2, "", "give a free port");
    assert!(world.account.simulator.requests().is_empty());
    assert_eq!(world.store_files(), ["", ".key"]);
}

//! What a configuration may say, and what is told of one that is wrong.

use clap::Parser;

use super::*;
use crate::cli::{Cli, Command};

fn planned(line: &str, config: &str) -> Result<Plan> {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "a-key\n").unwrap();
    let path = folder.path().join("accounts.toml");
    std::fs::write(&path, config.replace("KEY", &key.display().to_string())).unwrap();
    let line = format!("connector scan --config {} {line}", path.display());
    let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
    let Command::Scan(args) = &cli.command else { panic!("not a scan") };
    plan(&cli.global, args)
}

fn refused(line: &str, config: &str, expected: &str) {
    let failure = planned(line, config).expect_err(config).to_string();
    assert!(failure.contains(expected), "{config}: {failure}");
}

const TWO: &str = r#"
store = "inventory.db"
every = "8h"
listen = "127.0.0.1:9464"

[[account]]
nickname = "prod"
token-file = "KEY"
region = "eu"
without = ["personal"]
scan = { incident_days = 90 }

[[account]]
nickname = "staging"
token-file = "KEY"
kinds = ["service"]
settings = { page_size = 50 }
"#;

#[test]
fn several_accounts_come_from_one_file() {
    let plan = planned("", TWO).unwrap();
    assert_eq!(plan.store.as_deref(), Some("inventory.db"));
    assert_eq!(plan.every, Some(jiff::SignedDuration::from_hours(8)));
    let names: Vec<_> = plan.accounts.iter().map(|account| account.nickname.clone().unwrap()).collect();
    assert_eq!(names, ["prod", "staging"]);
    let [prod, staging] = &plan.accounts[..] else { panic!() };
    assert_eq!((prod.global.region, prod.global.access), (Some(Region::Eu), Some(Access::Read)));
    assert_eq!(prod.scan["incident_days"], 90);
    assert_eq!(prod.without, ["personal"]);
    assert_eq!(staging.kinds, ["service"]);
    assert!(!format!("{plan:?}").contains("a-key"));
}

#[test]
fn options_go_above_the_file() {
    let line = "--account staging --kind team --store other.db --every 1h --changes-every 0 --without user";
    let plan = planned(line, TWO).unwrap();
    assert_eq!((plan.store.as_deref(), plan.accounts.len()), (Some("other.db"), 1));
    assert_eq!(plan.every, Some(jiff::SignedDuration::from_hours(1)));
    assert_eq!(plan.changes_every, None);
    assert_eq!(plan.accounts[0].kinds, ["team"]);
    assert_eq!(plan.accounts[0].without, ["user"]);
}

/// The option, then the file, then what is usual.
#[test]
fn how_often_is_told_once() {
    let account = "[[account]]\nnickname = \"a\"\ntoken-file = \"KEY\"\n";
    for (line, file, every, changes) in [
        ("", "", None, Some(15)),
        ("--every", "", Some(480), Some(15)),
        ("--every 1h", "", Some(60), Some(15)),
        ("", "every = \"8h\"\n", Some(480), Some(15)),
        ("", "every = \"8h\"\nchanges-every = \"0\"\n", Some(480), None),
        ("--every 1h", "every = \"8h\"\nchanges-every = \"0\"\n", Some(60), None),
        ("--every 1h", "changes-every = \"5m\"\n", Some(60), Some(5)),
        ("--changes-every 1m", "every = \"8h\"\nchanges-every = \"5m\"\n", Some(480), Some(1)),
        ("--changes-every 0", "every = \"8h\"\n", Some(480), None),
        ("--every 0", "every = \"8h\"\nlisten = \"127.0.0.1:0\"\n", None, Some(15)),
    ] {
        let plan = planned(line, &format!("{file}{account}")).unwrap();
        let minutes = |time: Option<SignedDuration>| time.map(|time| time.as_mins());
        assert_eq!((minutes(plan.every), minutes(plan.changes_every)), (every, changes), "{line} {file}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let one = "[[account]]\nnickname = \"a\"\ntoken-file = \"KEY\"\n";
    refused("", &format!("{one}{one}"), "the nickname a stands twice");
    refused("", "", "there is no account in it");
    refused("", "[[account]]\nnickname = \"a\"\n", "account a: there is no key");
    refused("", &format!("{one}regio = \"eu\"\n"), "line 4");
    refused("", &format!("{one}region = \"uk\"\n"), "region is us or eu, not uk");
    refused("", &format!("every = \"soon\"\n{one}"), "every takes a time such as 8h");
    refused("", &format!("listen = \"here\"\n{one}"), "listen takes an address");
    refused("", &format!("listen = \"127.0.0.1:0\"\n{one}"), "listen is of a scan that goes on: add every = \"8h\"");
    refused("", &format!("every = \"0\"\nlisten = \"127.0.0.1:0\"\n{one}"), "listen is of a scan that goes on");
    refused("", &format!("changes-every = \"5m\"\n{one}"), "changes-every is of a scan that goes on");
    refused("--account b", one, "the configuration has a");
    refused("--every 5s", one, "a scan a minute is the most");
    refused("--every 1h --changes-every 10ms", one, "a look a second is the most");
    refused("--listen 127.0.0.1:0", one, "give --every too");
    refused("--changes-every 5m", one, "give --every too");
    refused(
        "",
        &format!("every = \"8h\"\nchanges-every = \"soon\"\n{one}"),
        "accounts.toml: changes-every takes a time",
    );
    refused("", "[[account]]\nnickname = \"a b\"\ntoken-file = \"KEY\"\n", "cannot be a nickname");
    refused("", &format!("{one}scan = {{ ids = {{ service = [\"P1\"] }} }}\n"), "leave out the setting `ids`");
    refused(
        "--scan-settings {\"changed_since\":\"2026-11-01T00:00:00Z\"}",
        one,
        "leave out the setting `changed_since`",
    );
    refused("--scan-settings []", one, "a JSON object");
    refused("--scan-settings {", one, "the settings of the scan are not JSON");
    refused(
        "",
        "[[account]]\nnickname = \"a\"\ntoken-file = \"/no/such/key\"\n",
        "cannot read a key from /no/such/key",
    );
    refused("", "[[account]]\nnickname = \"a\"\ntoken-env = \"NO_SUCH_VARIABLE_HERE\"\n", "NO_SUCH_VARIABLE_HERE");
    refused("", "[[account]\n", "accounts.toml");
}

/// A key or a password in the wrong place is a slip, and is not repeated.
#[test]
fn what_stands_in_the_file_is_not_repeated() {
    for (config, expected) in [
        ("[[account]]\nnickname = \"a\"\ntoken = \"SECRET\"\n", "line 3: unknown field `token`"),
        ("store = \"postgres://u:SECRET@h/db\n", "line 1"),
        ("[[account]]\nnickname = \"a\"\nkinds = \"SECRET\"\n", "line 3: expected"),
        ("[[account]]\nnickname = \"a\"\nsettings = \"SECRET\"\n", "line 3: expected"),
        ("[[account]]\nnickname = \"a\"\ntoken-file = [\"SECRET\"]\n", "line 3: expected"),
        ("account = \"SECRET\"\n", "line 1: expected"),
        ("token = SECRET\n", "line 1"),
    ] {
        let failure = planned("", config).expect_err(config).to_string();
        assert!(failure.contains(expected) && !failure.contains("SECRET"), "{config}: {failure}");
    }
}

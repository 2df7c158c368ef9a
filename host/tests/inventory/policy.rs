//! Policies: what is found, how it is written down, and packs that are wrong.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::account::Account;
use crate::support::{LASTING, World};

const RULE: &str = "# METADATA\n# title: Teams are called so\n# custom:\n#   id: called-so\n#   severity: warning\n\
                    #   kinds: [team]\n#   remedy: Rename it.\npackage called_so\n\n";

/// Names of the elements of XML that can be read to its end.
fn elements(xml: &str) -> Vec<String> {
    let (mut reader, mut found, mut depth) = (Reader::from_str(xml), Vec::new(), 0);
    loop {
        let name = |name: &[u8]| String::from_utf8(name.to_vec()).unwrap();
        match reader.read_event().unwrap() {
            Event::Eof => break,
            Event::Start(element) => {
                depth += 1;
                found.push(name(element.name().as_ref()));
            }
            Event::Empty(element) => found.push(name(element.name().as_ref())),
            Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    found
}

#[test]
fn every_format_of_a_check() {
    let world = World::new();
    world.check("policy check", 1, "", "there is no store at ");
    world.scan(LASTING);
    let table = world.check("policy check --kind service", 0, "service-without-team  ", "").out;
    assert!(table.contains("\nWhat to do\n  service-disabled: Enable the service, or delete it.\n"), "{table}");
    assert!(table.contains("service-inactive: log-entry is not in the store; a scan with that kind would bring it"));
    let findings = table.lines().last().unwrap().split(' ').nth(1).unwrap().parse::<usize>().unwrap();
    assert!(findings > 0 && table.contains("=1+1|Legacy \"Billing\", old: no team"), "{table}");
    for line in ["--format json", "--json"] {
        let ran = world.check(&format!("policy check --kind service {line}"), 0, "", "");
        let checks: Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(checks[0]["findings"].as_array().unwrap().len(), findings);
        assert_eq!(checks[0]["account"], "shop");
    }
    let ran = world.check("policy check --kind service --format sarif", 0, "", "");
    let log: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&log["version"], log["runs"].as_array().unwrap().len()), (&Value::from("2.1.0"), 1));
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), findings);
    let ran = world.check("policy check --kind service --format junit --fail-on info", 7, "", "findings that count");
    let found = elements(&ran.out);
    assert_eq!(found[0], "testsuites");
    assert_eq!(found.iter().filter(|name| *name == "failure").count(), findings);
}

/// What counts decides, not what is found.
#[test]
fn severities_end_with_their_codes() {
    let world = World::new();
    world.scan(LASTING);
    for (line, code) in [
        ("--rule service-without-team", 0),
        ("--rule service-without-team --fail-on info", 7),
        ("--rule service-without-team --fail-on warning", 7),
        ("--rule service-without-team --fail-on violation", 0),
        ("--rule service-with-one-responder --fail-on violation", 7),
        ("--rule service-without-team --kind team --fail-on info", 0),
        ("--rule maintenance-window-long --at 1", 0),
    ] {
        world.check(
            &format!("policy check {line}"),
            code,
            "shop: ",
            if code == 7 { "findings that count" } else { "" },
        );
    }
    for (line, expected) in [
        ("--kind servce", "there is no kind \"servce\"; did you mean \"service\"?"),
        ("--rule service-without-teams", "did you mean \"service-without-team\"?"),
        ("--rule nothing-like-it", "there is no rule \"nothing-like-it\""),
        ("--fail-on grave", "info, warning, violation"),
        ("--format xml", "table, json, sarif, junit"),
        ("--no-builtin", "--pack"),
        ("--at 99", "there is no finished scan 99"),
        ("--account nobody", "the store has no account \"nobody\""),
        ("--pack FOLDER/none", "none cannot be read"),
    ] {
        world.check(&format!("policy check {line}"), 2, "", expected);
    }
}

/// One document, whatever the number of accounts.
#[test]
fn several_accounts_are_one_document() {
    let world = World::new();
    world.scan(LASTING);
    let world = World { account: Account::new("other"), ..world };
    world.scan(LASTING);
    let only = "policy check --rule service-without-team";
    let checks: Value = serde_json::from_str(&world.check(&format!("{only} --json"), 0, "", "").out).unwrap();
    let names: Vec<&Value> = checks.as_array().unwrap().iter().map(|check| &check["account"]).collect();
    assert_eq!(names, ["other", "shop"]);
    let log: Value = serde_json::from_str(&world.check(&format!("{only} --format sarif"), 0, "", "").out).unwrap();
    assert_eq!(log["runs"].as_array().unwrap().len(), 2);
    let found = elements(&world.check(&format!("{only} --format junit"), 0, "other: service-without-team", "").out);
    assert_eq!(found.iter().filter(|name| *name == "testsuites").count(), 1);
    let table = world.check(only, 0, "\nother: ", "").out;
    assert!(table.contains("\nshop: "), "{table}");
    let one: Value =
        serde_json::from_str(&world.check(&format!("{only} --account other --json"), 0, "", "").out).unwrap();
    assert_eq!(one.as_array().unwrap().len(), 1);
}

#[test]
fn packs_of_ones_own() {
    let world = World::new();
    world.scan("--kind team");
    world.write("pack/rule.rego", &format!("{RULE}warn contains \"not called so\" if input.name != \"Checkout\"\n"));
    let own = "--pack FOLDER/pack --no-builtin";
    let table = world.check(&format!("policy check {own} --fail-on warning"), 7, "called-so: Rename it.", "").out;
    assert!(
        table.contains("shop: 11 findings, 0 waived, 0 undetermined; 1 rule on 12 assets, 12 evaluations"),
        "{table}"
    );
    world.check("policy check --pack FOLDER/pack", 0, "naming-convention", "");
    // What does not come to its end is no pass.
    world.write("endless/rule.rego", &format!("{RULE}deny contains \"x\" if numbers.range(1, 100000000)\n"));
    let ran = world.run("policy check --pack FOLDER/endless --no-builtin");
    assert!(ran.code == 1 && ran.out.contains("Did not come to their end\n  called-so (rule.rego:"), "{ran:?}");

    // A pack, and what is told of it with file and line.
    for (name, rego, expected) in [
        ("syntax", "deny contains \"x\" if {\n", "rule.rego:"),
        ("unsafe", "deny contains \"x\" if http.send({}).status == 200\n", "rule.rego:10"),
        ("recursive", "f(x) := f(x)\n\ndeny contains \"x\" if f(input)\n", "rule.rego:10"),
    ] {
        world.write(&format!("{name}/rule.rego"), &format!("{RULE}{rego}"));
        for command in ["check", "rules", "test"] {
            world.check(&format!("policy {command} --pack FOLDER/{name} --no-builtin"), 2, "", expected);
        }
    }
    // What is not there is found where it is called.
    world.write("unknown/rule.rego", &format!("{RULE}deny contains \"x\" if nothing.here(input)\n"));
    let ran = world.run("policy check --pack FOLDER/unknown --no-builtin");
    assert!(ran.code == 1 && ran.out.contains("(rule.rego:10)") && ran.out.contains("nothing.here"), "{ran:?}");
    let quiet = format!("{RULE}warn contains \"x\" if false\n");
    world.write("kind/rule.rego", &quiet.replace("[team]", "[teem]"));
    let ran = world.run("policy check --pack FOLDER/kind --no-builtin");
    assert!(ran.code == 2 && ran.err.contains("\"teem\"") && ran.err.contains("did you mean \"team\""), "{ran:?}");
    world.write("toml/rule.rego", &quiet);
    world.write("toml/pack.toml", "[rules.called-so]\nseverty = \"info\"\n");
    world.check("policy check --pack FOLDER/toml --no-builtin", 2, "", "pack.toml");
    std::fs::create_dir(world.path("nothing")).unwrap();
    world.check("policy check --pack FOLDER/nothing --no-builtin", 2, "", "nothing");
}

#[test]
fn tests_and_rules_of_packs() {
    let world = World::new();
    world.check("policy test", 0, " tests passed, 0 failed\n", "");
    let rules = world.check("policy rules", 0, "service-without-team", "").out;
    assert!(rules.starts_with("RULE ") && rules.contains("  SEVERITY "), "{rules}");
    let listed = world.json("--json policy rules");
    assert_eq!(listed.len() + 1, rules.lines().count());
    assert!(listed.iter().all(|rule| rule["id"].is_string() && rule["remedy"].is_string()), "{listed:?}");

    world.write("pack/rule.rego", &format!("{RULE}warn contains \"x\" if input.name != \"Checkout\"\n"));
    let test = "package called_so_test\n\nimport data.called_so as rule\n\n\
                test_finds if count(rule.warn) == 1 with input as {\"kind\": \"team\", \"id\": \"P1\", \"name\": \"a\"}\n\n\
                test_accepts if count(rule.warn) == 0 with input as {\"kind\": \"team\", \"id\": \"P1\", \"name\": \"NAME\"}\n";
    let own = "policy test --pack FOLDER/pack --no-builtin";
    world.write("pack/rule_test.rego", &test.replace("NAME", "Checkout"));
    world.check(own, 0, "2 tests passed, 0 failed\n", "");
    world.write("pack/rule_test.rego", &test.replace("NAME", "Search"));
    let ran = world.check(own, 7, "1 test passed, 1 failed\n", "findings that count");
    assert!(ran.out.contains("FAIL  ") && ran.out.contains("test_accepts (rule_test.rego:7)"), "{ran:?}");
    let trials: Value = serde_json::from_str(&world.check(&format!("{own} --json"), 7, "", "").out).unwrap();
    assert_eq!(trials.as_array().unwrap().iter().filter(|trial| !trial["failed"].is_null()).count(), 1);
    let found = elements(&world.check(&format!("{own} --format junit"), 7, "", "").out);
    assert_eq!(found.iter().filter(|name| *name == "failure").count(), 1);
    world.check(&format!("{own} --format sarif"), 2, "", "tests have no SARIF; table, json or junit would do");
}

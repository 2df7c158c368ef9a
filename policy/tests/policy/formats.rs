//! What is written down, and that text in it stays text.

use connector_policy::{Check, Format, Inventory, Question, Severity, Trial, check as run, trials, write};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

use crate::world::{HEAD, asset, now, pack, scanned};

/// A check whose asset has this name and whose rule says it.
fn check_of(name: &str) -> Check {
    let mut inventory = Inventory::new("acme", scanned(&["service", "team"]));
    inventory.add(asset("service", "P1", json!({"name": name}), &[]));
    inventory.add(asset("service", "P2", json!({"name": "Search"}), &[]));
    let rego = format!(
        "{HEAD}deny contains {{\"message\": sprintf(\"named %s\", [input.name]), \"attribute\": \"name\"}} if input.id == \"P1\"\n\n\
         undetermined contains \"why\" if input.id == \"P2\"\n"
    )
    .replace("kinds:", "remedy: Do {this}.\n#   kinds:");
    let broken = "package broken\n\ndeny contains \"x\" if numbers.range(1, 1000000000)\n";
    let passes = "package passes\n\ninfo contains \"x\" if false\n";
    let waived = "package waived\n\nwarn contains \"w\" if input.id == \"P2\"\n";
    let toml = "[[waivers]]\nrule = \"waived\"\nasset = \"P2\"\nreason = \"known\"\n";
    let files =
        [("r.rego", rego.as_str()), ("b.rego", broken), ("p.rego", passes), ("w.rego", waived), ("pack.toml", toml)];
    run(&pack(&files).unwrap(), &inventory, &Question::all(now())).unwrap()
}

/// Names that mean something somewhere.
const HOSTILE: &[&str] = &[
    "\u{1b}]0;owned\u{7}\u{1b}[31mred",
    "a\r\nb\n\nVIOLATION",
    "\u{9b}31m",
    "\u{202e}gnp.exe",
    "]]><script>alert(1)</script>&amp;<!--",
    "\u{0}\u{1}\u{8}\u{b}\u{fffe}\u{ffff}",
    "[click](https://evil.example) {0} \\",
    "\"quotes\" 'single' & <tag attr=\"x\">",
    "\u{2028}\u{2029}\u{feff}",
];

const TABLE: Format = Format::Table { room: None };

fn quiet(text: &str) -> bool {
    !text.chars().any(|c| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
    })
}

#[test]
fn table() {
    let text = write(&[check_of("Checkout")], TABLE, None);
    assert_eq!(
        text,
        "violation  r  service P1  Checkout: named Checkout\n\
         \n\
         What to do\n  r: Do {this}.\n\
         \n\
         Waived\n  waived: service P2: known\n\
         \n\
         Could not be told\n  r: service P2: why\n\
         \n\
         Did not come to their end\n  broken (b.rego:3) on service P1: numbers.range refused: it would make 999999999 numbers, more than 100000\n\
         \n\
         acme: 1 finding, 1 waived, 1 undetermined; 4 rules on 2 assets, 7 evaluations\n"
    );
    let lines = text.lines().count();
    for name in HOSTILE {
        let text = write(&[check_of(name)], TABLE, None);
        assert!(quiet(&text), "{text:?}");
        assert_eq!(text.lines().count(), lines, "{text:?}");
    }
}

#[test]
fn json_text() {
    for name in HOSTILE {
        let text = write(&[check_of(name)], Format::Json, None);
        assert!(quiet(&text), "{text:?}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value[0]["findings"][0]["name"], *name);
        assert_eq!(value[0]["counts"]["asset_rules"], 7);
        assert_eq!(value[0]["broken"][0]["rule"], "broken");
    }
}

/// What the schema of SARIF 2.1.0 requires and what readers rely on.
#[test]
fn sarif() {
    for name in HOSTILE.iter().chain(&["Checkout"]) {
        let text = write(&[check_of(name)], Format::Sarif, None);
        assert!(quiet(&text), "{text:?}");
        let log: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let driver = &run["tool"]["driver"];
        assert!(driver["name"].is_string());
        let rules = driver["rules"].as_array().unwrap();
        assert!(rules.iter().all(|rule| rule["id"].is_string() && is_message(&rule["shortDescription"])));
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), 2);
        for result in results {
            let at = usize::try_from(result["ruleIndex"].as_i64().unwrap()).unwrap();
            assert_eq!(rules[at]["id"], result["ruleId"]);
            assert!(is_message(&result["message"]), "{result}");
            assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
            assert!(result["partialFingerprints"]["connectorFinding/v1"].is_string());
            let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            assert!(uri.starts_with("service/P"), "{uri}");
        }
        let waived: Vec<_> = results.iter().filter(|result| !result["suppressions"].is_null()).collect();
        assert_eq!(waived.len(), 1);
        assert_eq!(waived[0]["suppressions"][0]["kind"], "external");
        let invocation = &run["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false);
        let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!(notifications.len(), 2);
        assert!(notifications.iter().all(|one| is_message(&one["message"])));
    }
    let text = write(&[check_of("[a](b) {0} \\")], Format::Sarif, None);
    let log: Value = serde_json::from_str(&text).unwrap();
    let shown = r"\[a\](b) {{0}} \\";
    assert_eq!(log["runs"][0]["results"][0]["message"]["text"], format!("{shown}: named {shown}"));
}

/// A text alone, in which nothing is a placeholder or a link.
fn is_message(message: &Value) -> bool {
    let Some(text) = message["text"].as_str() else { return false };
    let mut rest = text.replace("\\\\", "").replace("\\[", "").replace("\\]", "");
    rest = rest.replace("{{", "").replace("}}", "");
    message["markdown"].is_null() && !rest.contains(['{', '}', '[', ']', '\\'])
}

/// Elements and attributes of the XML, as a parser reads them.
fn elements(xml: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return found,
            Event::Start(element) | Event::Empty(element) => {
                let attributes = element.attributes().map(|attribute| {
                    let attribute = attribute.unwrap();
                    let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).unwrap().into_owned();
                    (String::from_utf8(attribute.key.as_ref().to_vec()).unwrap(), value)
                });
                found.push((String::from_utf8(element.name().as_ref().to_vec()).unwrap(), attributes.collect()));
            }
            Event::CData(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_) => panic!("{xml}"),
            Event::Text(_) | Event::End(_) | Event::Decl(_) | Event::GeneralRef(_) => {}
        }
    }
}

#[test]
fn junit() {
    let names = |fail_on: Option<Severity>, name: &str| -> Vec<String> {
        let xml = write(&[check_of(name)], Format::Junit, fail_on);
        assert!(quiet(&xml), "{xml:?}");
        elements(&xml).into_iter().map(|(name, _)| name).collect()
    };
    let count =
        |fail_on: Option<Severity>, element: &str| names(fail_on, "x").iter().filter(|name| *name == element).count();
    for (fail_on, failures, skipped) in
        [(Some(Severity::Warning), 1, 2), (Some(Severity::Violation), 1, 2), (None, 0, 3)]
    {
        assert_eq!(count(fail_on, "failure"), failures);
        assert_eq!(count(fail_on, "skipped"), skipped);
        assert_eq!(count(fail_on, "error"), 1);
        assert_eq!(count(fail_on, "testsuite"), 4);
        assert_eq!(count(fail_on, "testcase"), 5);
    }
    let plain = names(None, "Checkout");
    for name in HOSTILE {
        assert_eq!(names(None, name), plain, "{name:?}");
    }
    let quoted = "\"quotes\" 'single' & <tag attr=\"x\">";
    let xml = write(&[check_of(quoted)], Format::Junit, None);
    let messages: Vec<String> = elements(&xml)
        .into_iter()
        .flat_map(|(_, attributes)| attributes)
        .filter(|(key, _)| key == "message")
        .map(|(_, value)| value)
        .collect();
    assert!(messages.contains(&format!("named {quoted}")), "{messages:?}");
}

/// One document, however many accounts.
#[test]
fn several_accounts() {
    let checks = [check_of("Checkout"), Check { account: "beta".into(), ..check_of("Other") }];
    let value: Value = serde_json::from_str(&write(&checks, Format::Json, None)).unwrap();
    assert_eq!((&value[0]["account"], &value[1]["account"]), (&json!("acme"), &json!("beta")));
    let log: Value = serde_json::from_str(&write(&checks, Format::Sarif, None)).unwrap();
    let runs = log["runs"].as_array().unwrap();
    let ids: Vec<&Value> = runs.iter().map(|run| &run["automationDetails"]["id"]).collect();
    assert_eq!(ids, ["policy/acme/", "policy/beta/"]);
    let xml = elements(&write(&checks, Format::Junit, None));
    let suites: Vec<&str> = xml
        .iter()
        .filter(|(name, _)| name == "testsuite")
        .filter_map(|(_, attributes)| attributes.iter().find(|(key, _)| key == "name"))
        .map(|(_, value)| value.as_str())
        .collect();
    let expected = [
        "acme: broken",
        "acme: passes",
        "acme: r",
        "acme: waived",
        "beta: broken",
        "beta: passes",
        "beta: r",
        "beta: waived",
    ];
    assert_eq!(suites, expected);
    assert_eq!(xml.iter().filter(|(name, _)| name == "testsuites").count(), 1);
    let table = write(&checks, TABLE, None);
    assert!(
        table.contains("\nacme: 1 finding, 1 waived, ") && table.contains("\nbeta: 1 finding, 1 waived, "),
        "{table}"
    );
}

#[test]
fn a_finding_on_a_terminal_is_one_line() {
    let name = "a name that goes on and on, 決済が停止";
    for (room, expected) in [
        (None, format!("violation  r  service P1  {name}: named {name}")),
        (Some(200), format!("violation  r  service P1  {name}: named {name}")),
        (Some(40), "violation  r  service P1  a name that g…".to_owned()),
        (Some(63), "violation  r  service P1  a name that goes on and on, 決済が停…".to_owned()),
    ] {
        let text = write(&[check_of(name)], Format::Table { room }, None);
        assert_eq!(text.lines().next(), Some(expected.as_str()), "{room:?}");
        // What is to be done is prose, and wraps.
        assert!(text.contains("\n  r: Do {this}.\n"));
    }
}

#[test]
fn trials_of_a_pack() {
    let trial = |name: &str, failed: Option<&str>| Trial {
        name: name.into(),
        place: Default::default(),
        failed: failed.map(str::to_owned),
    };
    let of = [trial("a.test_x", None), trial("a.test_\u{1b}", Some("it is not true"))];
    let table = trials(&of, TABLE).unwrap();
    assert_eq!(table, "FAIL  a.test_\\u{1b} (): it is not true\n1 test passed, 1 failed\n");
    let xml = trials(&of, Format::Junit).unwrap();
    assert_eq!(elements(&xml).iter().filter(|(name, _)| name == "failure").count(), 1);
    let value: Value = serde_json::from_str(&trials(&of, Format::Json).unwrap()).unwrap();
    assert_eq!(value[1]["failed"], "it is not true");
    assert!(trials(&of, Format::Sarif).is_err());
}

#[test]
fn many_that_cannot_be_told_are_one_line() {
    let mut inventory = Inventory::new("acme", scanned(&["service"]));
    for n in 0..9 {
        inventory.add(asset("service", &format!("P{n}"), json!({}), &[]));
    }
    let rego = format!("{HEAD}deny contains \"x\" if false\n\nundetermined contains \"why\"\n");
    let check = run(&pack(&[("r.rego", &rego)]).unwrap(), &inventory, &Question::all(now())).unwrap();
    assert!(write(&[check], TABLE, None).starts_with("Could not be told\n  r: 9 service: why\n\n"));
}

#[test]
fn words() {
    for word in ["info", "warning", "violation"] {
        assert_eq!(word.parse::<Severity>().unwrap().word(), word);
    }
    assert_eq!(
        "error".parse::<Severity>().unwrap_err().to_string(),
        "there is no severity \"error\"; info, warning or violation would do"
    );
    assert!(["table", "json", "sarif", "junit"].iter().all(|word| word.parse::<Format>().is_ok()));
    assert_eq!(
        "xml".parse::<Format>().unwrap_err().to_string(),
        "there is no format \"xml\"; table, json, sarif or junit would do"
    );
}

//! Packs that are wrong, and what is said of them; what settings change.

use connector_policy::{Limits, Pack, Question, Severity, Source, check as run, test as run_tests};

use crate::world::{HEAD, account, now, pack};

/// The pack is refused, with exactly this.
fn check(files: &[(&str, &str)], expected: &str) {
    let error = match pack(files) {
        Err(error) => error,
        Ok(pack) => run(&pack, &account(), &Question::all(now())).unwrap_err(),
    };
    assert_eq!(error.to_string(), expected, "{files:?}");
}

fn rule(rego: &str) -> String {
    format!("{HEAD}{rego}\n")
}

/// The annotation of a rule, which then finds nothing.
fn annotated(yaml: &str) -> String {
    let comments: String = yaml.lines().map(|line| format!("# {line}\n")).collect();
    format!("# METADATA\n{comments}package connector.r\n\ndeny contains \"x\" if false\n")
}

#[test]
fn rego() {
    check(&[("a.rego", &rule("deny contains \"x\" if {"))], "a.rego:8: expecting expression");
    check(&[("sub/a.rego", "pakage x")], "sub/a.rego:1: expecting `package` Missing package declaration.");
}

#[test]
fn annotations() {
    check(
        &[("a.rego", &annotated("title: \"x"))],
        "a.rego:3: the annotation is not YAML: found unexpected end of stream",
    );
    check(
        &[("a.rego", &annotated("custom:\n  severity: grave"))],
        "a.rego:1: the annotation cannot be used: unknown variant `grave`, expected one of `info`, `warning`, `violation`",
    );
    check(
        &[("a.rego", &annotated("custom:\n  kind: service"))],
        "a.rego:1: the annotation cannot be used: unknown field `kind`, expected one of `id`, `severity`, `kinds`, `needs`, `states`, `remedy`, `params`",
    );
    check(
        &[("a.rego", &annotated("custom:\n  id: My Rule"))],
        "a.rego:1: the rule id \"My Rule\" has other than small letters, digits, `-` and `.`, or more than 100 of them",
    );
    check(
        &[("a.rego", &annotated("custom:\n  params:\n    days: {description: Days.}"))],
        "a.rego:1: the setting days of r has no default; `days: {default: …, description: …}` would do",
    );
    let second = rule("deny contains \"y\"").replace("id: r", "id: q");
    check(
        &[("a.rego", &rule("deny contains \"x\"")), ("b.rego", &second)],
        "b.rego:1: the package connector.r has a second annotation; one for all its files would do",
    );
}

#[test]
fn names() {
    let other = rule("deny contains \"x\"").replace("connector.r", "connector.other");
    check(
        &[("a.rego", &rule("deny contains \"x\"")), ("b.rego", &other)],
        "a.rego:1: the rule id r is taken by b.rego:1; another `custom.id` would do",
    );
    check(
        &[("a.rego", &annotated("custom:\n  kinds: [sevrice]"))],
        "a.rego:1: r: there is no kind \"sevrice\"; did you mean \"service\"?",
    );
    check(&[("a.rego", &annotated("custom:\n  needs: [zebra]"))], "a.rego:1: r: there is no kind \"zebra\"");
    let pack = pack(&[("a.rego", &rule("deny contains \"x\""))]).unwrap();
    let ask = |kinds: &[&str], rules: &[&str]| {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        run(&pack, &account(), &Question { now: now(), kinds: texts(kinds), rules: texts(rules) })
            .unwrap_err()
            .to_string()
    };
    assert_eq!(ask(&["teem"], &[]), "there is no kind \"teem\"; did you mean \"team\"?");
    assert_eq!(ask(&[], &["x"]), "there is no rule \"x\"");
}

#[test]
fn settings() {
    let with_params = annotated("custom:\n  id: r\n  kinds: [service]\n  params:\n    days: {default: 3}");
    for (toml, expected) in [
        (
            "[rules.r]\nseverty = \"info\"",
            "pack.toml:2: unknown field `severty`, expected one of `enabled`, `severity`, `params`",
        ),
        ("rules = [", "pack.toml:1: unclosed array, expected `]`"),
        ("[rules.rr]\nenabled = false", "pack.toml: there is no rule \"rr\""),
        ("[rules.r.params]\ndays = \"3\"", "pack.toml: the setting days of r takes a number, as its default 3"),
        ("[rules.r.params]\ndais = 3", "pack.toml: there is no setting of r \"dais\"; did you mean \"days\"?"),
        (
            "[[waivers]]\nrule = \"r\"\nasset = \"P1\"\nreason = \" \"",
            "pack.toml: the waiver of P1 for r: it needs a reason",
        ),
        (
            "[[waivers]]\nrule = \"r\"\nasset = \"P1\"\nreason = \"old\"\nuntil = \"soon\"",
            "pack.toml: the waiver of P1 for r: until is \"soon\"; a day such as 2027-01-31 would do",
        ),
        ("[[waivers]]\nrule = \"q\"\nasset = \"P1\"\nreason = \"old\"", "pack.toml: there is no rule \"q\""),
    ] {
        check(&[("a.rego", &with_params), ("pack.toml", toml)], expected);
    }
}

#[test]
fn folders() {
    let empty = tempfile::tempdir().unwrap();
    let load = |folder: &std::path::Path| {
        Pack::load(&[Source::Folder(folder.into())], &Limits::default()).unwrap_err().to_string()
    };
    assert!(load(empty.path()).starts_with("no .rego file and no pack.toml in "));
    assert!(load(&empty.path().join("none")).contains("cannot be read"));
    std::fs::write(empty.path().join("a.rego"), b"package a\n# \xff\n").unwrap();
    assert_eq!(load(empty.path()), "a.rego:2: is not UTF-8");
}

#[test]
fn what_settings_change() {
    let rego = "# METADATA\n# custom:\n#   id: r\n#   kinds: [service]\n#   params:\n#     names: {default: {a: 1, b: 2}}\npackage connector.r\n\n\
                deny contains sprintf(\"%d %d\", [data.params.names.a, data.params.names.b])\n";
    let found = |toml: &str| {
        let pack = pack(&[("r.rego", rego), ("pack.toml", toml)]).unwrap();
        let check = run(&pack, &account(), &Question::all(now())).unwrap();
        assert!(check.broken.is_empty(), "{check:#?}");
        check
            .findings
            .into_iter()
            .map(|finding| (finding.severity, finding.id, finding.message, finding.waived))
            .collect::<Vec<_>>()
    };
    let two = |severity: Severity, message: &str| {
        ["P1", "P2"].map(|id| (severity, id.to_owned(), message.to_owned(), None)).to_vec()
    };
    assert_eq!(found(""), two(Severity::Violation, "1 2"));
    assert_eq!(found("[rules.r]\nseverity = \"info\""), two(Severity::Info, "1 2"));
    assert_eq!(found("[rules.r.params.names]\nb = 3"), two(Severity::Violation, "1 3"));
    assert_eq!(found("[rules.r]\nenabled = false"), []);
    let mut waived = two(Severity::Violation, "1 2");
    waived[0].3 = Some("old".to_owned());
    assert_eq!(found("[[waivers]]\nrule = \"r\"\nasset = \"P1\"\nreason = \"old\"\nuntil = \"2026-11-02\""), waived);
    assert_eq!(found("[[waivers]]\nrule = \"r\"\nasset = \"P1\"\nreason = \"old\""), waived);
    assert_eq!(
        found("[[waivers]]\nrule = \"r\"\nasset = \"P1\"\nreason = \"old\"\nuntil = \"2026-11-01\""),
        two(Severity::Violation, "1 2")
    );
}

#[test]
fn a_folder_sets_the_built_in_rules() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pack.toml"), "[rules.service-inactive.params]\ndays = 30\n").unwrap();
    let pack = Pack::load(&[Source::BuiltIn, Source::Folder(folder.path().into())], &Limits::default()).unwrap();
    let rule = pack.rules().find(|rule| rule.id == "service-inactive").unwrap();
    assert_eq!(rule.params["days"], 30);
}

#[test]
fn tests_of_a_pack() {
    let files = [
        ("r.rego", rule("deny contains \"x\" if input.bad")),
        (
            "deep/r_test.rego",
            "package connector.r_test\n\nimport data.connector.r\n\ntest_passes if count(r.deny) == 1 with input as {\"bad\": true}\n\n\
             test_fails if count(r.deny) == 1 with input as {\"bad\": false}\n\ntest_number := 1\n\ntest_breaks if time.clock([0, \"Local\"])\n"
                .to_owned(),
        ),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let trials = run_tests(&pack(&files).unwrap(), now()).unwrap();
    let shown: Vec<String> = trials
        .iter()
        .map(|trial| format!("{} {} {}", trial.place, trial.name, trial.failed.as_deref().unwrap_or("ok")))
        .collect();
    assert_eq!(
        shown,
        [
            "deep/r_test.rego:11 connector.r_test.test_breaks deep/r_test.rego:11: time.clock refused: a rule knows no time zone of the machine; name one, such as \"Europe/Berlin\"",
            "deep/r_test.rego:7 connector.r_test.test_fails it is not true",
            "deep/r_test.rego:9 connector.r_test.test_number it is neither true nor false",
            "deep/r_test.rego:5 connector.r_test.test_passes ok",
        ]
    );
    let none = pack(&[("r.rego", &rule("deny contains \"x\""))]).unwrap();
    assert!(run_tests(&none, now()).unwrap_err().to_string().starts_with("the pack has no test"));
}

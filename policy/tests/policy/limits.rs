//! Each bound of `Limits`, and a rule that would exceed it; and what rules do not get.

use std::time::Duration;

use connector_policy::{Limits, Verdict};

use crate::world::{HEAD, check_rule, pack_with};

/// The rule breaks with this message, at this line of its file (counted below the head), and the check goes on.
fn check(limits: &Limits, rego: &str, line: u32, message: &str) {
    let check = check_rule(limits, rego);
    assert_eq!(check.verdict(None), Verdict::Broken, "{rego}\n{check:#?}");
    let broken = &check.broken[0];
    assert!(broken.message.contains(message), "{rego}\n{broken:?}");
    if line > 0 {
        let place = broken.place.as_ref().unwrap();
        assert_eq!((place.file.as_str(), place.line), ("rule.rego", line + 6), "{broken:?}");
    }
}

/// The pack is refused with this message.
fn refused(limits: &Limits, files: &[(&str, &str)], message: &str) {
    let error = pack_with(limits, files).unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
}

#[test]
fn time() {
    let limits = Limits { time: Duration::from_millis(200), ..Limits::default() };
    let slow =
        "n := numbers.range(1, 1000)\ndeny contains 1 if { some i in n; some j in n; some k in n; i + j + k == -1 }";
    check(&limits, slow, 0, "took longer than 200ms");
}

#[test]
fn time_inside_one_step() {
    // Comparing what shares its parts: 2^30 pairs in one step, which regorus does not interrupt.
    let mut text = String::from("a0 := [1]\nb0 := [1]\n");
    for n in 1..=30 {
        let before = n - 1;
        text.push_str(&format!("a{n} := [a{before}, a{before}]\nb{n} := [b{before}, b{before}]\n"));
    }
    text.push_str("deny contains \"x\" if a30 == b30\n");
    let limits = Limits { time: Duration::from_millis(10), depth: 40, ..Limits::default() };
    check(&limits, &text, 0, "one step of it did not end");
}

#[test]
fn total_time() {
    let limits = Limits { total_time: Duration::ZERO, ..Limits::default() };
    check(&limits, "deny contains \"x\"", 0, "the check took longer than 0ns");
}

#[cfg(feature = "bounded-memory")]
#[test]
fn memory() {
    let mut text = String::from("a0 := \"0123456789abcdef\"\n");
    for n in 1..=16 {
        let before = n - 1;
        text.push_str(&format!("a{n} := concat(\"\", [a{before}, a{before}])\n"));
    }
    // Each text is within the bound on one text; 1,000 of them are not within that on memory.
    text.push_str("deny contains \"x\" if count({concat(\"\", [a16, format_int(i, 10)]) | some i in numbers.range(1, 10000)}) > 0\n");
    let limits =
        Limits { memory_bytes: 64 << 20, time: Duration::from_secs(60), text_bytes: 4 << 20, ..Limits::default() };
    check(&limits, &text, 0, "took more than 67108864 bytes of memory");
}

#[test]
fn text_of_one_step() {
    let limits = Limits { text_bytes: 1000, ..Limits::default() };
    let big = "x := concat(\",\", [\"0123456789\" | some i in numbers.range(1, 99)])\n";
    check(&limits, &format!("{big}deny contains x"), 1, "concat refused");
    for (call, name) in [
        ("sprintf(\"%s%s%s\", [x, x, x])", "sprintf"),
        ("sprintf(\"%999999d\", [1])", "sprintf"),
        ("sprintf(\"%²d\", [1])", "sprintf"),
        ("replace(x, \"\", x)", "replace"),
        ("regex.replace(x, \".\", x)", "regex.replace"),
        ("strings.replace_n({\"0\": x}, x)", "strings.replace_n"),
        ("json.marshal([x, x, x])", "json.marshal"),
        ("json.marshal_with_options([x, x], {\"pretty\": true})", "json.marshal_with_options"),
        ("yaml.marshal([x, x])", "yaml.marshal"),
        ("format_int(bits.lsh(1, 100000), 10)", "bits.lsh"),
    ] {
        let text =
            format!("x := concat(\",\", [\"0123\" | some i in numbers.range(1, 90)])\ndeny contains \"x\" if {call}");
        check(&limits, &text, 2, &format!("{name} refused"));
    }
}

#[test]
fn items_of_one_step() {
    let limits = Limits::default();
    check(&limits, "deny contains \"x\" if count(numbers.range(1, 1000000000)) > 0", 1, "numbers.range refused");
    check(
        &limits,
        "deny contains \"x\" if count(numbers.range_step(1, 1000000000, 2)) > 0",
        1,
        "numbers.range_step refused",
    );
    check(
        &limits,
        "deny contains \"x\" if count(numbers.range(1, 99999999999999999999999)) > 0",
        1,
        "numbers.range refused",
    );
}

#[test]
fn depth_of_rules() {
    let chain = |length: usize| {
        let mut text = format!("{HEAD}r0 := 1\n");
        for n in 1..length {
            text.push_str(&format!("r{n} := r{}\n", n - 1));
        }
        text.push_str(&format!("deny contains \"x\" if r{} == 1\n", length - 1));
        text
    };
    let limits = Limits { depth: 32, ..Limits::default() };
    refused(&limits, &[("rule.rego", &chain(32))], "is longer than 32");
    let check = check_rule(&limits, &chain(31)[HEAD.len()..]);
    assert_eq!((check.findings.len(), check.broken.len()), (2, 0), "{check:#?}");
}

#[test]
fn the_deepest_chain_fits_the_stack() {
    // As deep as the default lets rules go, each as deep as the parser lets expressions go.
    let mut text = String::from("f0(x) := x\n");
    for n in 1..30 {
        let open = format!("f{}(", n - 1) + &"abs(".repeat(20);
        text.push_str(&format!("f{n}(x) := {open}x{}\n", ")".repeat(21)));
    }
    text.push_str("deny contains \"x\" if f29(1) == 1\n");
    let check = check_rule(&Limits::default(), &text);
    assert_eq!((check.findings.len(), check.broken.len()), (2, 0), "{:?}", check.broken);
}

#[test]
fn recursion() {
    let limits = Limits::default();
    for (rego, message) in [
        ("f(x) := f(x + 1)\ndeny contains f(1)", "calls itself"),
        ("f(x) := g(x)\ng(x) := h(x)\nh(x) := f(x)\ndeny contains f(1)", "calls itself"),
        ("f(x) := data.connector.r.f(x)\ndeny contains f(1)", "calls itself"),
        ("import data.connector.r as me\nf(x) := me.f(x)\ndeny contains f(1)", "calls itself"),
    ] {
        refused(&limits, &[("rule.rego", &format!("{HEAD}{rego}"))], message);
    }
    check(&limits, "a := b\nb := a\ndeny contains a", 0, "recursion");
}

#[test]
fn nesting() {
    let limits = Limits { nesting: 3, ..Limits::default() };
    check(&limits, "deny contains {\"message\": \"x\", \"more\": [[[1]]]}", 0, "deeper than 3 levels");
}

#[test]
fn time_to_load() {
    // Each bracket doubles what regorus's parser does.
    let limits = Limits { load_time: Duration::from_millis(20), ..Limits::default() };
    let deep = |levels| format!("{HEAD}deny contains {}1{}", "[".repeat(levels), "]".repeat(levels));
    refused(&limits, &[("rule.rego", &deep(20))], "rule.rego: takes longer than 20ms to read");
}

#[test]
fn findings() {
    let many = "deny contains format_int(i, 10) if some i in numbers.range(1, 11)";
    check(&Limits { findings: 10, ..Limits::default() }, many, 0, "more than 10 things in one asset");
    check(&Limits { total_findings: 15, ..Limits::default() }, many, 0, "the check found more than 15 things");
    let long = "deny contains concat(\"\", [\"0123456789\" | some i in numbers.range(1, 11)])";
    check(&Limits { message_bytes: 9, ..Limits::default() }, long, 0, "more than 9 bytes");
}

#[test]
fn files() {
    let rule = format!("{HEAD}deny contains \"x\"");
    refused(
        &Limits { files: 1, ..Limits::default() },
        &[("a.rego", &rule), ("b.rego", "package b")],
        "at most 1 files",
    );
    refused(&Limits { file_bytes: 10, ..Limits::default() }, &[("a.rego", &rule)], "a.rego: has more than 10 bytes");
    refused(&Limits { folders: 1, ..Limits::default() }, &[("a/b/c.rego", &rule)], "a/b: folders nest deeper than 1");
}

#[test]
fn nothing_of_the_outside() {
    let limits = Limits::default();
    for (call, message) in [
        (
            "http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1\"})",
            "http.send is refused: rules have no network",
        ),
        ("net.lookup_ip_addr(\"localhost\")", "net.lookup_ip_addr is refused"),
        ("opa.runtime()", "opa.runtime is refused: rules have no environment"),
        ("rand.intn(\"x\", 10)", "rand.intn is refused"),
        ("uuid.rfc4122(\"x\")", "uuid.rfc4122 is refused"),
    ] {
        refused(&limits, &[("rule.rego", &format!("{HEAD}deny contains \"x\" if {call}"))], message);
        // Nor by a detour.
        let detour = format!(
            "deny contains \"x\" if contains(\"a\", \"b\") with contains as {}",
            call.split('(').next().unwrap()
        );
        let check = pack_with(&limits, &[("rule.rego", &format!("{HEAD}{detour}"))]).map(|pack| {
            connector_policy::check(
                &pack,
                &crate::world::account(),
                &connector_policy::Question::all(crate::world::now()),
            )
            .unwrap()
        });
        assert!(check.as_ref().map_or(true, |check| check.findings.is_empty()), "{check:#?}");
    }
    check(
        &limits,
        "deny contains time.clock([0, \"Local\"])",
        1,
        "time.clock refused: a rule knows no time zone of the machine",
    );
    check(&limits, "deny contains time.format([0, concat(\"\", [\"Lo\", \"cal\"])])", 1, "time.format refused");
}

#[test]
fn the_time_is_the_one_that_was_given() {
    for rego in [
        "deny contains sprintf(\"%d\", [time.now_ns()])",
        "deny contains sprintf(\"%d\", [data.now.ns])",
        "deny contains sprintf(\"%d\", [time.parse_rfc3339_ns(data.now.rfc3339)])",
    ] {
        let check = check_rule(&Limits::default(), rego);
        assert_eq!(check.findings[0].message, "1793577600000000000", "{check:#?}");
    }
    let check = check_rule(&Limits::default(), "deny contains \"x\" if time.now_ns() == 1 with time.now_ns as 1");
    assert_eq!(check.findings.len(), 2, "{check:#?}");
}

#[test]
fn what_a_rule_prints_is_for_nobody() {
    let check = check_rule(&Limits::default(), "deny contains \"x\" if { print(\"hello\", input); trace(\"y\") }");
    assert_eq!((check.findings.len(), check.broken.len()), (2, 0), "{check:#?}");
}

use super::*;

/// Text comes back as that text, whatever reads it.
#[test]
fn text_is_quoted() {
    let check = |text: &str, quoted: &str, literal: &str| {
        assert_eq!(hcl::quoted(text), quoted, "{text:?}");
        assert_eq!(write::literal(text), literal, "{text:?}");
    };
    check("plain", r#""plain""#, "plain");
    check("a \"b\" \\c", r#""a \"b\" \\c""#, "a \"b\" \\c");
    check("a\nb\rc\td", r#""a\nb\rc\td""#, "a\nb\rc\td");
    check("${x}", r#""$${x}""#, r#"${"$"}{x}"#);
    check("%{x}", r#""%%{x}""#, r#"${"%"}{x}"#);
    check("$${x}", r#""$\u0024{x}""#, r#"${"$$"}{x}"#);
    check("$%{x}", r#""$%%{x}""#, r#"$${"%"}{x}"#);
    check("{x} $ { %", r#""{x} $ { %""#, "{x} $ { %");
    check("${", r#""$${""#, r#"${"$"}{"#);
    check("a\u{202e}b\u{7}\u{e0041}", r#""a\u202eb\u0007\U000e0041""#, "a\u{202e}b\u{7}\u{e0041}");
    check("ü日🚒", r#""ü日🚒""#, "ü日🚒");
}

#[test]
fn names_are_of_plain_letters() {
    let check = |text: &str, expected: &str| assert_eq!(names::plain(text), expected, "{text:?}");
    check("Checkout API", "checkout_api");
    check("  a -- b  ", "a_b");
    check("24x7", "_24x7");
    check("日本", "");
    check("${file(\"/etc/passwd\")}", "file_etc_passwd");
    check(&"word ".repeat(30), "word_word_word_word_word_word_word_word_word_word_word_word");
}

/// Every record decodes, and every word of a condition or mark is known.
#[test]
fn every_type_is_read() {
    let (made, unmade) = (resources().len(), unmade().count());
    assert_eq!((made, unmade), crate::catalog::held());
    let mut names: Vec<&str> = resources().iter().map(|of| of.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), made, "each type once");
    for of in resources() {
        assert!(kinds().get(of.kind).is_some() && !of.body.is_empty() && !of.import.is_empty(), "{}", of.name);
        assert!(of.pulumi.starts_with("pagerduty:index/"), "{}", of.pulumi);
    }
}

/// JSON as the provider compares it.
#[test]
fn json_is_as_jsonencode_writes_it() {
    let check = |json: &str, expected: &str| {
        assert_eq!(values::encoded(&serde_json::from_str(json).unwrap()), expected);
    };
    check(r#"{"b":1,"a":[true,null]}"#, r#"{"a":[true,null],"b":1}"#);
    check(r#"{"t":"<a & b>"}"#, r#"{"t":"\u003ca \u0026 b\u003e"}"#);
    check(r#"[]"#, "[]");
    check(r#""a\u2028b""#, "\"a\\u2028b\"");
}

/// A state, as it would be: ids, and no secret.
#[test]
fn values_are_compared_by_rules() {
    let asset = Asset {
        kind: "team",
        id: "P1",
        name: "a",
        attributes: r#"{"id":"P1","name":"a","description":null,"parent":{"id":"P2"},"default_role":"none"}"#,
        relations: &[],
    };
    let code = codify(&[asset], r#"{"format":"values"}"#).unwrap();
    let values: Value = serde_json::from_str(&code.files[0].content).unwrap();
    let expected = json!([{
        "type": "pagerduty_team", "name": "a", "import": "P1", "state": "P1", "kind": "team", "id": "P1",
        "values": {"name": "a", "description": "", "parent": "P2", "default_role": "none"},
    }]);
    assert_eq!(values["resources"], expected);
    assert_eq!(values["rules"]["pagerduty_team"]["parent"], json!({"computed": false, "noise": [], "secret": false}));
    assert_eq!(values["rules"]["pagerduty_schedule"]["layer.start"]["noise"], json!(["time"]));
}

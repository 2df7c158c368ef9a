//! What the provider takes, read from the catalog's file of it by other code
//! than the compiler's, and whether a module keeps to it.

use std::collections::{BTreeMap, BTreeSet};

use hcl::eval::{Context, Evaluate};
use hcl::{Attribute, Block, Body, Expression, Structure};

/// An attribute or block.
#[derive(Debug)]
pub(super) struct Taken {
    of: String,
    flags: BTreeSet<String>,
    inside: Schema,
}

/// By name.
pub(super) type Schema = BTreeMap<String, Taken>;

impl Taken {
    fn settable(&self) -> bool {
        self.flags.contains("required") || self.flags.contains("optional")
    }
}

/// Every resource type.
pub(super) fn schemas() -> BTreeMap<String, Schema> {
    let text = include_str!("../../../catalog/terraform-schema.toml");
    let mut schemas = BTreeMap::new();
    let mut rest = text.lines();
    while let Some(line) = rest.next() {
        if let Some(name) = line.strip_suffix(" = '''") {
            schemas.insert(name.to_owned(), schema(&mut rest, "'''"));
        }
    }
    schemas
}

fn schema<'a>(lines: &mut impl Iterator<Item = &'a str>, end: &str) -> Schema {
    let mut found = Schema::new();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line == end {
            break;
        }
        let words: Vec<&str> = line.split(' ').collect();
        let [name, of, flags @ ..] = &words[..] else { panic!("{line}") };
        let inside = if line.ends_with('{') { schema(lines, "}") } else { Schema::new() };
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        found.insert((*name).to_owned(), Taken { of: (*of).to_owned(), flags, inside });
    }
    found
}

/// How many attributes and blocks a configuration may set, at any depth.
pub(super) fn settable(schema: &Schema, top: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, taken) in schema.iter().filter(|(name, taken)| taken.settable() && !(top && *name == "id")) {
        found.insert(name.clone());
        found.extend(settable(&taken.inside, false).into_iter().map(|inside| format!("{name}.{inside}")));
    }
    found
}

/// A module, as it was read back.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// Import ids by address.
    pub(super) imports: BTreeMap<String, String>,
    /// Bodies by address.
    pub(super) resources: BTreeMap<String, Body>,
    pub(super) variables: BTreeSet<String>,
    /// Dotted paths that were written, by type.
    pub(super) written: BTreeSet<(String, String)>,
}

/// Reads files and judges every resource in them.
pub(super) fn read(files: &[(String, String)], schemas: &BTreeMap<String, Schema>) -> Module {
    let mut module = Module::default();
    for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".tf")) {
        let body: Body = hcl::parse(text).unwrap_or_else(|why| panic!("{name}: {why}\n{text}"));
        for block in body.into_blocks() {
            let label = |place: usize| block.labels().get(place).map(|label| label.as_str().to_owned());
            match block.identifier() {
                "import" => {
                    let value =
                        |key: &str| block.body().attributes().find(|a| a.key() == key).map(|a| a.expr().clone());
                    let to = address(&value("to").expect("to"));
                    let id = plain(&value("id").expect("id"));
                    assert!(module.imports.insert(to.clone(), id).is_none(), "{to} is imported twice");
                }
                "resource" => {
                    let (of, own) = (label(0).expect("a type"), label(1).expect("a name"));
                    assert_eq!(*name, format!("{of}.tf"));
                    let schema = schemas.get(&of).unwrap_or_else(|| panic!("the provider has no type {of}"));
                    judge(block.body(), schema, &of, "", &mut module.written);
                    let address = format!("{of}.{own}");
                    assert!(
                        module.resources.insert(address.clone(), block.body().clone()).is_none(),
                        "{address} twice"
                    );
                }
                "variable" => drop(module.variables.insert(label(0).expect("a name"))),
                "terraform" => {}
                other => panic!("{name}: a block `{other}`"),
            }
        }
    }
    module
}

fn judge(body: &Body, schema: &Schema, of: &str, above: &str, written: &mut BTreeSet<(String, String)>) {
    let mut seen = BTreeSet::new();
    for part in body.iter() {
        let name = match part {
            Structure::Attribute(attribute) => attribute.key(),
            Structure::Block(block) => block.identifier(),
        };
        if above.is_empty() && name == "lifecycle" {
            continue;
        }
        let place = format!("{above}{name}");
        let taken = schema.get(name).unwrap_or_else(|| panic!("{of}: the provider takes no {place}"));
        assert!(taken.settable(), "{of}: {place} is computed");
        written.insert((of.to_owned(), place.clone()));
        let fresh = seen.insert(name.to_owned());
        match part {
            Structure::Attribute(attribute) => {
                assert!(fresh, "{of}: {place} twice");
                value(attribute, taken, of, &place, written);
            }
            Structure::Block(block) => {
                assert!(taken.of.starts_with("block"), "{of}: {place} is no block");
                assert!(fresh || taken.of != "block", "{of}: {place} twice");
                judge(block.body(), &taken.inside, of, &format!("{place}."), written);
            }
        }
    }
    for (name, _) in schema.iter().filter(|(_, taken)| taken.flags.contains("required")) {
        assert!(seen.contains(name), "{of}: {above}{name} is required");
    }
}

fn value(attribute: &Attribute, taken: &Taken, of: &str, place: &str, written: &mut BTreeSet<(String, String)>) {
    let fits = |expression: &Expression, of: &str| {
        matches!(
            (of, expression),
            (_, Expression::Traversal(_))
                | ("text", Expression::String(_) | Expression::TemplateExpr(_))
                | ("number", Expression::Number(_))
                | ("flag", Expression::Bool(_))
        )
    };
    let expression = attribute.expr();
    match (taken.of.as_str(), expression) {
        ("text" | "number" | "flag", one) => assert!(fits(one, &taken.of), "{of}: {place} = {one:?}"),
        ("texts" | "text-set", Expression::Array(items)) => {
            assert!(items.iter().all(|item| fits(item, "text")), "{of}: {place} = {items:?}");
        }
        ("numbers" | "number-set", Expression::Array(items)) => {
            assert!(items.iter().all(|item| fits(item, "number")), "{of}: {place} = {items:?}");
        }
        ("objects" | "object-set", Expression::Array(items)) => {
            for item in items {
                let Expression::Object(members) = item else { panic!("{of}: {place} = {item:?}") };
                let inside = members.iter().map(|(name, value)| Attribute::new(name.to_string(), value.clone()));
                judge(
                    &inside.collect::<Vec<_>>().into_iter().collect(),
                    &taken.inside,
                    of,
                    &format!("{place}."),
                    written,
                );
            }
        }
        (wanted, other) => panic!("{of}: {place} takes {wanted}: {other:?}"),
    }
}

/// `TYPE.NAME`.
fn address(expression: &Expression) -> String {
    match expression {
        Expression::Traversal(_) => expression.to_string(),
        other => panic!("no address: {other:?}"),
    }
}

/// The text that an expression is, if nothing in it has to be looked up.
pub(super) fn plain(expression: &Expression) -> String {
    match expression.evaluate(&Context::new()) {
        Ok(hcl::Value::String(text)) => text,
        other => panic!("no text: {expression:?}: {other:?}"),
    }
}

/// Every text in a body that is no reference, at any depth.
pub(super) fn texts(body: &Body) -> Vec<String> {
    let mut found = Vec::new();
    for part in body.iter() {
        match part {
            Structure::Attribute(attribute) => collect(attribute.expr(), &mut found),
            Structure::Block(block) => found.extend(texts(Block::body(block))),
        }
    }
    found
}

fn collect(expression: &Expression, found: &mut Vec<String>) {
    match expression {
        Expression::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Expression::Object(members) => members.values().for_each(|item| collect(item, found)),
        Expression::String(_) | Expression::TemplateExpr(_) => found.push(plain(expression)),
        _ => {}
    }
}

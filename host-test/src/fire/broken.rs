//! Arguments that are sound but for one place.

use serde_json::{Map, Value, json};

use super::{Taste, bound, may_be_null, properties, required, sound, types};
use crate::lists::Chance;

/// Longer texts, and lists, are not made to be one too long.
const LONGEST: usize = 70_000;
const MOST_ITEMS: usize = 300;
/// A name that nothing else has: it is written over once the text is made.
const TWIN: &str = "@twin@";

/// Arguments with one defect.
#[derive(Debug, Clone)]
pub struct Broken {
    /// JSON text; a value could not hold one name twice.
    pub text: String,
    /// The dotted path that a violation has to name.
    pub path: String,
    /// What is wrong there, in a word.
    pub defect: &'static str,
}

/// What is done at a place.
#[derive(Debug, Clone)]
enum Edit {
    Set(Value),
    Remove(String),
    Insert(String),
    Twice(String),
}

struct Site {
    /// JSON pointer of the value that is edited.
    at: String,
    path: String,
    defect: &'static str,
    edit: Edit,
}

/// Arguments with one defect; none where nothing can be wrong.
#[must_use]
pub fn broken(schema: &Value, round: u64, chance: &mut Chance) -> Broken {
    let mut value = sound(schema, &Taste::Judged, round, chance);
    let mut finder = Finder { sites: Vec::new(), chance };
    finder.object(schema, &value, "", "");
    let sites = finder.sites;
    // Every kind of defect as often as any other, however many places it has.
    let mut defects: Vec<&str> = sites.iter().map(|site| site.defect).collect();
    defects.sort_unstable();
    defects.dedup();
    let defect = *chance.one(&defects);
    let sites: Vec<Site> = sites.into_iter().filter(|site| site.defect == defect).collect();
    let Site { at, path, edit, .. } = &sites[chance.place(sites.len())];
    let place = value.pointer_mut(at).expect("a place that was found");
    let mut twin = None;
    match (edit, place.as_object_mut()) {
        (Edit::Set(new), _) => *place = new.clone(),
        (Edit::Remove(name), Some(object)) => drop(object.shift_remove(name)),
        (Edit::Insert(name), Some(object)) => drop(object.insert(name.clone(), json!("x"))),
        (Edit::Twice(name), Some(object)) => {
            let value = object.get(name).cloned().unwrap_or_default();
            object.insert(TWIN.to_owned(), value);
            twin = Some(name);
        }
        (_, None) => unreachable!("only objects have names"),
    }
    let mut text = value.to_string();
    if let Some(name) = twin {
        text = text.replace(&format!("\"{TWIN}\""), &json!(name).to_string());
    }
    Broken { text, path: path.clone(), defect }
}

struct Finder<'a> {
    sites: Vec<Site>,
    chance: &'a mut Chance,
}

impl Finder<'_> {
    fn add(&mut self, at: &str, path: &str, defect: &'static str, edit: Edit) {
        self.sites.push(Site { at: at.to_owned(), path: path.to_owned(), defect, edit });
    }

    fn set(&mut self, at: &str, path: &str, defect: &'static str, values: &[Value]) {
        for value in values {
            self.add(at, path, defect, Edit::Set(value.clone()));
        }
    }

    fn object(&mut self, schema: &Value, value: &Value, at: &str, path: &str) {
        let Some(object) = value.as_object() else { return };
        let by = schema["x-discriminator"].as_str();
        let chosen = by.and_then(|by| object.get(by)?.as_str());
        let properties = properties(schema, chosen);
        if properties.is_empty() && !schema["additionalProperties"].is_boolean() {
            return;
        }
        let member = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        for name in required(schema, chosen).into_iter().filter(|name| object.contains_key(*name)) {
            self.add(at, &member(name), "missing", Edit::Remove(name.to_owned()));
        }
        let unknown = *self.chance.one(&["no_such_field", "__proto__", "a.b", "ü", "x y", "0"]);
        self.add(at, &member(unknown), "unknown", Edit::Insert(unknown.to_owned()));
        for (name, value) in object {
            self.add(at, &member(name), "twice", Edit::Twice(name.clone()));
            let (at, path) = (format!("{at}/{name}"), member(name));
            if Some(name.as_str()) == by {
                self.set(&at, &path, "discriminator", &[json!("no_such_kind"), json!(""), json!(5), json!({})]);
                self.set(&at, &path, "null", &[json!(null)]);
            } else if let Some((_, schema)) = properties.iter().find(|(known, _)| known == name) {
                if !may_be_null(schema) {
                    self.set(&at, &path, "null", &[json!(null)]);
                }
                self.value(schema, value, &at, &path);
            }
        }
    }

    fn value(&mut self, schema: &Value, value: &Value, at: &str, path: &str) {
        let of = types(schema);
        let takes = |one: &str| of.contains(&one);
        if of.is_empty() {
            return;
        }
        if takes("string") && takes("object") || schema["x-entity"].is_string() {
            return self.reference(of, at, path);
        }
        let wrong = [
            ("boolean", json!(true)),
            ("integer", json!(7)),
            ("string", json!("true")),
            ("string", json!("7")),
            ("array", json!([])),
            ("array", json!([null])),
            ("object", json!({})),
            ("object", json!({"id": "P1"})),
        ];
        for (is, wrong) in wrong {
            let fits = takes(is) || (is == "integer" && takes("number"));
            // A text that is no choice is another defect.
            if !fits {
                self.set(at, path, "type", &[wrong]);
            }
        }
        if takes("integer") {
            self.set(at, path, "type", &[json!(1.5), json!(1e300)]);
        }
        if let Some(choices) = schema["enum"].as_array() {
            let others = [json!(""), json!("no such choice"), json!("Ü"), json!(-7), json!(9_999_999), json!(null)];
            let same = |other: &&Value| {
                other.is_string() == choices[0].is_string() && !choices.contains(*other) && !other.is_null()
            };
            let others: Vec<Value> = others.iter().filter(same).cloned().collect();
            return self.set(at, path, "choice", &others);
        }
        if let Some(format) = schema["format"].as_str() {
            let bad: &[&str] = match format {
                "date-time" => {
                    &["", "now", "2026-11-21", "2026-11-21 09:00:00Z", "2026-02-30T00:00:00Z", "2026-11-21T24:00:00Z"]
                }
                "email" => &["", "a", "a@b@c", "a b@c", "a@b\r\nX: y", "ä@b"],
                "uri" => &["", "x", "http://a b", "http://a\r\nb"],
                other => panic!("{path}: a format `{other}` that no generator knows"),
            };
            let utc = (schema["pattern"] == "Z$").then_some("2026-11-21T09:00:00+01:00");
            let bad: Vec<Value> = bad.iter().copied().chain(utc).map(Value::from).collect();
            return self.set(at, path, "format", &bad);
        }
        if takes("integer") {
            let bounds = [
                schema["minimum"].as_i64().and_then(|least| least.checked_sub(1)),
                schema["maximum"].as_i64().and_then(|most| most.checked_add(1)),
            ];
            let beyond: Vec<Value> = bounds.into_iter().flatten().map(Value::from).collect();
            self.set(at, path, "bounds", &beyond);
            self.set(at, path, "bounds", &[json!(u64::MAX)]);
        }
        if takes("string") {
            if let Some(least) = bound(schema, "minLength").filter(|least| *least > 0) {
                self.set(at, path, "bounds", &[json!("ü".repeat(least - 1))]);
            }
            if let Some(most) = bound(schema, "maxLength").filter(|most| *most < LONGEST) {
                self.set(at, path, "bounds", &[json!("ü".repeat(most + 1))]);
            }
        }
        if let Some(items) = value.as_array() {
            self.items(schema, items, at, path);
        }
        if value.is_object() {
            self.object(schema, value, at, path);
        }
    }

    fn items(&mut self, schema: &Value, items: &[Value], at: &str, path: &str) {
        for (n, item) in items.iter().enumerate().take(3) {
            let (at, path) = (format!("{at}/{n}"), format!("{path}.{n}"));
            if !may_be_null(&schema["items"]) {
                self.set(&at, &path, "null", &[json!(null)]);
            }
            self.value(&schema["items"], item, &at, &path);
        }
        let mut of =
            |count: usize| -> Value { (0..count).map(|_| sound::value(&schema["items"], "", self.chance)).collect() };
        let few = bound(schema, "minItems").filter(|least| *least > 0).map(|least| of(least - 1));
        let many = bound(schema, "maxItems").filter(|most| *most <= MOST_ITEMS).map(|most| of(most + 1));
        let counts: Vec<Value> = few.into_iter().chain(many).collect();
        self.set(at, path, "items", &counts);
    }

    /// An id, or an object around one.
    fn reference(&mut self, of: Vec<&str>, at: &str, path: &str) {
        self.set(at, path, "type", &[json!(5), json!(true), json!([]), json!(["P1"]), json!({}), json!({"id": 5})]);
        self.set(at, path, "bounds", &[json!(""), json!(" "), json!("\t")]);
        if of.contains(&"object") {
            self.set(at, path, "missing", &[json!({"type": "any"}), json!(Map::new())]);
            self.set(at, path, "bounds", &[json!({"id": ""})]);
            self.set(at, &format!("{path}.type"), "type", &[json!({"id": "P1", "type": 5})]);
        }
    }
}

//! Arguments that an operation takes.

use serde_json::{Map, Value, json};

use super::{bound, properties, required, types};
use crate::generate;
use crate::lists::Chance;

/// Longer texts are not made: they would be most of the work.
const LONGEST: usize = 20_000;

/// Of these fields the documents want the first or the others, which no schema
/// of ours says.
const EITHER: [(&str, &[&str]); 3] =
    [("template", &["source", "regex"]), ("extractions", &["enrichments"]), ("process_automation_job_id", &["script"])];

/// What texts are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taste {
    /// Words that the official documents take.
    Judged,
    /// Whatever the schema lets pass, but for these arguments, which stand in a
    /// path.
    Wild(Vec<String>),
}

/// Sound arguments. Rounds go through the shapes that a discriminator chooses
/// from, and from the fewest arguments to all.
#[must_use]
pub fn sound(schema: &Value, taste: &Taste, round: u64, chance: &mut Chance) -> Value {
    let shapes = schema["oneOf"].as_array().map_or(1, Vec::len) as u64;
    let often = [100, 0, 50, 20, 80][usize::try_from(round / shapes % 5).unwrap_or(0)];
    let mut maker = Maker { taste, chance, often, left: 300, wild: *taste != Taste::Judged };
    maker.object(schema, "", 0, Some(round))
}

/// One value that a schema takes, of plain words.
pub(super) fn value(schema: &Value, name: &str, chance: &mut Chance) -> Value {
    let mut maker = Maker { taste: &Taste::Judged, chance, often: 20, left: 50, wild: false };
    maker.value(schema, name, 1)
}

struct Maker<'a> {
    taste: &'a Taste,
    chance: &'a mut Chance,
    /// How many of a hundred optional fields are filled in.
    often: u64,
    /// Fields that may still be made; then only what is required.
    left: usize,
    /// Whether texts may be anything at the moment.
    wild: bool,
}

impl Maker<'_> {
    fn object(&mut self, schema: &Value, name: &str, depth: usize, round: Option<u64>) -> Value {
        let shapes = schema["oneOf"].as_array().map_or(&[][..], Vec::as_slice);
        let shapes: Vec<&Value> = shapes.iter().filter(|shape| shape["type"] != "null").collect();
        let by = schema["x-discriminator"].as_str();
        let chosen = by.filter(|_| !shapes.is_empty()).and_then(|by| {
            let at = round.map_or_else(|| self.chance.below(shapes.len() as u64), |round| round % shapes.len() as u64);
            shapes[usize::try_from(at).unwrap_or(0)]["properties"][by]["const"].as_str()
        });
        if schema["properties"].is_null() && chosen.is_none() {
            return self.free(name);
        }
        let (mut must, mut filled) = (required(schema, chosen), Vec::new());
        if !self.wild {
            let there = |name: &str| schema["properties"].get(name).is_some();
            must.extend(EITHER.iter().filter(|(or, _)| there(or)).flat_map(|(_, either)| *either));
        }
        filled.extend(by.zip(chosen).map(|(by, chosen)| (by.to_owned(), json!(chosen))));
        for (name, property) in properties(schema, chosen).into_iter().filter(|(name, _)| Some(*name) != by) {
            let asked = must.contains(&name)
                || (self.left > 0 && self.chance.below(100) < self.often)
                // A page is asked for by one of its positions.
                && !(self.taste == &Taste::Judged && matches!(name, "before" | "ending_before"));
            if asked {
                self.left = self.left.saturating_sub(1);
                let kept = self.wild;
                if let (0, Taste::Wild(plain)) = (depth, self.taste) {
                    self.wild = !plain.iter().any(|plain| plain == name);
                }
                filled.push((name.to_owned(), self.value(property, name, depth + 1)));
                self.wild = kept;
            }
        }
        // Order means nothing.
        if !filled.is_empty() {
            let turn = self.chance.place(filled.len());
            filled.rotate_left(turn);
        }
        Map::from_iter(filled).into()
    }

    /// An object whose fields nobody declared.
    fn free(&mut self, name: &str) -> Value {
        match (self.wild, self.chance.below(3)) {
            (true, 0) => json!({}),
            (true, 1) => {
                json!({"ü": [1, null, {"a.b": true, "": "\u{0}\u{202e}\"\\"}], "id": 5, "x\r\ny": -1.5, "type": {}})
            }
            _ => json!({"key": format!("value of {name}")}),
        }
    }

    fn value(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        let of = types(schema);
        // Where null is taken is compared with the documents by the drift check.
        if of.contains(&"null") && *self.taste != Taste::Judged && self.chance.below(6) == 0 {
            return Value::Null;
        }
        if let Some(values) = schema["enum"].as_array() {
            let values: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
            return (*self.chance.one(&values)).clone();
        }
        let of: Vec<&str> = of.into_iter().filter(|of| *of != "null").collect();
        match if of.is_empty() { "" } else { *self.chance.one(&of) } {
            "object" if of.contains(&"string") => self.reference(name),
            "object" => self.object(schema, name, depth, None),
            "array" => {
                let (least, most) = (bound(schema, "minItems").unwrap_or(0), bound(schema, "maxItems"));
                let leaf = schema["items"]["properties"].is_null() && schema["items"]["oneOf"].is_null();
                let fits = most.filter(|most| *most <= if leaf { 260 } else { 25 } && self.left > 0);
                let few = (least + self.chance.place(3)).min(most.unwrap_or(usize::MAX));
                let count = match self.chance.below(4) {
                    0 => fits.unwrap_or(few),
                    1 => least,
                    _ => few,
                };
                // The documents want a list that is given to hold something.
                let count = if self.wild { count } else { count.max(1).min(most.unwrap_or(1)) };
                // That several may be joined, some documents say in words alone.
                let count = if !self.wild && name == "sort_by" { 1 } else { count };
                let mut items: Vec<Value> = (0..count).map(|_| self.value(&schema["items"], name, depth + 1)).collect();
                // Nor the same choice twice.
                if !self.wild && schema["items"]["enum"].is_array() && least < 2 {
                    let mut seen = Vec::new();
                    items.retain(|item| {
                        !seen.contains(item) && {
                            seen.push(item.clone());
                            true
                        }
                    });
                }
                items.into()
            }
            "integer" => self.whole(schema),
            "number" => match self.wild {
                true => self.chance.one(&[json!(0), json!(-0.5), json!(1e20), json!(1.0), json!(i64::MIN)]).clone(),
                false => json!(1.5),
            },
            // In SCIM a role is the primary one, or the word is not there.
            "boolean" if !self.wild && name == "primary" => json!(true),
            "boolean" => json!(self.chance.below(2) == 0),
            "string" => self.text(schema, name).into(),
            _ if self.wild => self
                .chance
                .one(&[json!("any"), json!(0), json!([]), json!([null, {}]), json!({"id": "x"}), json!(false)])
                .clone(),
            _ => json!("anything"),
        }
    }

    /// The object in a reference's place.
    fn reference(&mut self, name: &str) -> Value {
        let id = self.id(name);
        match (self.wild, self.chance.below(3)) {
            (true, 0) => json!({"id": id, "type": "some_reference", "summary": null, "x": [1]}),
            (true, 1) => json!({"self": "", "id": id, "type": null}),
            _ => json!({ "id": id }),
        }
    }

    fn whole(&mut self, schema: &Value) -> Value {
        let least = schema["minimum"].as_i64();
        let most = schema["maximum"].as_i64();
        // Not every server counts as far as JSON does.
        let (low, high) = if self.wild { (i64::MIN, i64::MAX) } else { (1, 100_000) };
        let low = least.unwrap_or(low.min(most.unwrap_or(low)));
        let high = most.unwrap_or(high.max(low));
        let candidates = [low, high, low.saturating_add(1), high.saturating_sub(1), 0, 1, -1, low / 2 + high / 2];
        let fitting: Vec<i64> = candidates.into_iter().filter(|n| (low..=high).contains(n)).collect();
        let number = *self.chance.one(&fitting);
        // To JSON Schema 5.0 is a whole number.
        match self.wild && number.unsigned_abs() < 1 << 50 && self.chance.below(5) == 0 {
            true => json!(number as f64),
            false => json!(number),
        }
    }

    fn id(&mut self, name: &str) -> String {
        if !self.wild {
            return generate::text(&json!({"x-entity": "any"}), name);
        }
        let ids =
            ["PABC123", "Q0R9IZJQ7RSGHL", "0", "null", "a b", "ü😀", "x'\"<&>", " P1 ", "\u{202e}abc", "%41", "P1;x"];
        (*self.chance.one(&ids)).to_owned()
    }

    fn text(&mut self, schema: &Value, name: &str) -> String {
        if let Some(format) = schema["format"].as_str() {
            return self.formatted(schema, format, name);
        }
        if schema["x-entity"].is_string() {
            return self.id(name);
        }
        if generate::is_header(schema) {
            let count = 1 + self.chance.place(40);
            return (0..count).map(|_| char::from(b'!' + u8::try_from(self.chance.below(94)).unwrap_or(0))).collect();
        }
        let usual = generate::text(schema, name);
        let (least, most) = (bound(schema, "minLength").unwrap_or(0), bound(schema, "maxLength").unwrap_or(usize::MAX));
        // Documents that want a pattern do not say so in the schema.
        let bare = self.wild || usual.starts_with("some text");
        let word = if self.wild { "w😀ü\u{301}\"\\" } else { "word " };
        let filled = |count: usize| word.chars().cycle().take(count).collect::<String>();
        match self.chance.below(6) {
            0 if bare && most <= LONGEST => filled(most),
            1 if bare => filled(least.max(usize::from(!self.wild))),
            2 if self.wild => {
                let texts = [
                    "a&b=c d+e#f?g%h/ü",
                    "\r\nX: y",
                    "\u{0}\t\u{7f}",
                    "null",
                    "0",
                    " x ",
                    "../..",
                    "--part-",
                    "{}",
                    "\u{202e}",
                ];
                let text = *self.chance.one(&texts);
                // Path arguments never come here.
                text.chars().chain("x".repeat(least).chars()).take(most).collect()
            }
            _ => usual
                .chars()
                .chain("x".chars().cycle().take(least.saturating_sub(usual.chars().count())))
                .take(most)
                .collect(),
        }
    }

    fn formatted(&mut self, schema: &Value, format: &str, name: &str) -> String {
        let usual = generate::text(schema, name);
        let utc = schema["pattern"] == "Z$";
        let others: &[&str] = match (format, self.wild) {
            ("date-time", false) if utc => &["2026-10-21T09:00:00Z"],
            ("date-time", false) => &["2026-10-21T09:00:00Z", "2026-10-21T09:00:00+01:00", "2024-02-29T23:59:59.5Z"],
            ("date-time", true) if utc => &["2026-10-21T09:00:00Z", "2024-02-29T23:59:60.123456789Z"],
            ("date-time", true) => &["2026-10-21t09:00:00z", "1970-01-01T00:00:00-23:59", "2026-10-21T23:59:60.1Z"],
            ("email", true) => &["a@b", "o'neil+x@example.com", "!#$%&'*/=?^_`{|}~@x", "a:b@[::1]"],
            ("uri", true) => &["https://example.com/ü?b=c#d", "mailto:a@b", "x:", "http://[::1]:80/..//%2e"],
            ("email" | "uri", false) => &[],
            (other, _) => panic!("{name}: a format `{other}` that no generator knows"),
        };
        match others.is_empty() || self.chance.below(3) == 0 {
            true => usual,
            false => (*self.chance.one(others)).to_owned(),
        }
    }
}

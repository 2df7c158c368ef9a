//! Assets made up from the schemas of their kinds: full ones, bare ones, odd ones.
//!
//! Rule: the same seed makes the same assets.

use host_test::host::contract::{Asset, Kind, Relation};
use serde_json::{Map, Value, json};

/// What has to come back as it is.
pub(super) const HOSTILE: [&str; 14] = [
    "${file(\"/etc/passwd\")}",
    "$${x} $$${y} $",
    "%{ if true }a%{ endif } %%{x}",
    "a \"quoted\" \\ back\\nslash",
    "line\nbreak\r\nand\ttab",
    "<<EOT\nEOT\n",
    "# no comment // nor /* this */",
    "\u{202e}drow sdrawkcab\u{200b}",
    "日本語 Ünïcode 🚒 e\u{301}",
    "=1+1|cmd",
    "</script><script>alert(1)</script>",
    "{} {{x}} ${",
    "\u{1}\u{7f}\u{85}",
    "'single' `back`",
];

/// How much of an asset is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Full,
    /// What is optional is null or missing.
    Bare,
    /// As chance has it.
    Odd,
}

/// Numbers by chance (xorshift), the same for the same seed.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % most.max(1) as u64).expect("small")
    }
}

/// Two assets of each kind, which point to each other.
pub(super) fn assets(kinds: &[Kind], extent: Extent, chance: &mut Chance) -> Vec<Asset> {
    let mut found = Vec::new();
    for (number, kind) in kinds.iter().enumerate() {
        let extra: Value = serde_json::from_str(&kind.extra).expect("an object");
        for place in 0..2 {
            let id = id(number, place);
            let mut attributes = object(&extra["schema"], extent, chance);
            attributes.insert("id".to_owned(), id.clone().into());
            // A scan puts it there: no list tells it.
            if kind.id == "slack-connection" {
                attributes.insert("slack_team_id".to_owned(), "T012".into());
            }
            let relation = |relation: &Value, chance: &mut Chance| {
                let to = relation["kinds"].as_array().expect("kinds");
                let to = to[chance.below(to.len())].as_str().expect("a kind");
                let number = kinds.iter().position(|kind| kind.id == to).expect("a kind");
                let name = relation["name"].as_str().expect("a name").to_owned();
                // Some point to what is not there.
                let id = if extent == Extent::Odd && chance.below(5) == 0 {
                    "PGONE".to_owned()
                } else {
                    self::id(number, place)
                };
                Relation { name, kind: to.to_owned(), id }
            };
            let relations = extra["relations"].as_array().expect("relations");
            let relations = relations.iter().map(|one| relation(one, chance)).collect();
            let name = match extent {
                Extent::Full | Extent::Bare => format!("{} {place}", kind.title),
                Extent::Odd => HOSTILE[chance.below(HOSTILE.len())].to_owned(),
            };
            let attributes = Value::Object(attributes).to_string();
            found.push(Asset { kind: kind.id.clone(), id, name, url: None, attributes, relations, extra: "{}".into() });
        }
    }
    found
}

fn id(kind: usize, place: usize) -> String {
    format!("P{kind:02}X{place}")
}

fn object(schema: &Value, extent: Extent, chance: &mut Chance) -> Map<String, Value> {
    let required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
    let mut found = Map::new();
    let mut properties: Vec<(&String, &Value)> = schema["properties"].as_object().into_iter().flatten().collect();
    // Of several shapes, one.
    if let Some(cases) = schema["oneOf"].as_array().filter(|cases| !cases.is_empty()) {
        let case = &cases[chance.below(cases.len())];
        properties.extend(case["properties"].as_object().into_iter().flatten().filter(|(_, of)| **of != true));
    }
    for (name, of) in properties {
        let fill = match extent {
            Extent::Full => true,
            Extent::Bare => required(name),
            Extent::Odd => required(name) || chance.below(3) > 0,
        };
        if fill {
            found.insert(name.clone(), value(of, name, extent, chance));
        } else if chance.below(2) == 0 {
            found.insert(name.clone(), Value::Null);
        }
    }
    found
}

fn value(schema: &Value, name: &str, extent: Extent, chance: &mut Chance) -> Value {
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    for list in [&schema["enum"], &schema["examples"]] {
        if let Some(words) = list.as_array().filter(|words| !words.is_empty()) {
            return words[chance.below(words.len())].clone();
        }
    }
    let of = match &schema["type"] {
        Value::Array(types) => types.first().and_then(Value::as_str).unwrap_or_default(),
        other => other.as_str().unwrap_or_default(),
    };
    match of {
        "object" => object(schema, extent, chance).into(),
        "array" => {
            let count = if extent == Extent::Odd { chance.below(3) } else { 2 };
            (0..count).map(|_| value(&schema["items"], name, extent, chance)).collect()
        }
        "integer" => json!(1 + chance.below(5)),
        "number" => json!(1.5),
        "boolean" => json!(chance.below(2) == 0),
        "string" => text(schema, name, extent, chance).into(),
        _ => json!({"b": [1, "<&>"], "a": null}),
    }
}

fn text(schema: &Value, name: &str, extent: Extent, chance: &mut Chance) -> String {
    match (schema["format"].as_str(), name) {
        (Some("date-time"), _) => return "2027-01-04T09:00:00Z".to_owned(),
        (Some("date"), _) => return "2027-01-04".to_owned(),
        (_, "time_zone") => return ["Europe/Berlin", "UTC", "Etc/UTC"][chance.below(3)].to_owned(),
        (_, "role") => return ["manager", "observer", "admin"][chance.below(3)].to_owned(),
        (_, "feature") => return "aiops".to_owned(),
        (_, name) if name == "id" || name.ends_with("_id") => return format!("P{}", chance.below(1000)),
        _ => {}
    }
    match (extent, chance.below(12)) {
        (Extent::Full | Extent::Bare, _) => format!("{name} {}", chance.below(100)),
        (Extent::Odd, 0) => String::new(),
        (Extent::Odd, 1) => "long ".repeat(2_000),
        (Extent::Odd, _) => HOSTILE[chance.below(HOSTILE.len())].to_owned(),
    }
}

//! What the account has, as a state would hold it, and how each attribute is
//! compared: what the connector's `codify` gives with `"format": "values"`.
//!
//! Rule: what differs and is not named as noise by a rule is drift; a rule that
//! this program does not know is an error.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

/// Rules and resources.
#[derive(Debug)]
pub struct Values {
    types: BTreeMap<String, Rules>,
    pub(super) resources: Vec<Wanted>,
}

/// The rules of a type, or of a block, by attribute.
pub(super) type Rules = BTreeMap<String, Rule>;

/// How an attribute is compared.
#[derive(Debug, Default)]
pub(super) struct Rule {
    /// The provider takes over what there is, where nothing else is said.
    pub(super) computed: bool,
    pub(super) secret: bool,
    pub(super) noise: Noise,
    /// Of a block: its attributes.
    pub(super) below: Rules,
}

/// In what two values may differ and still be the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Noise {
    /// It is not compared at all.
    pub(super) ignored: bool,
    /// The order of its items says nothing.
    pub(super) unordered: bool,
    /// One moment may be written in several ways.
    pub(super) time: bool,
    /// Small and capital letters are the same.
    pub(super) nocase: bool,
    /// Space at its ends is nothing.
    pub(super) trim: bool,
}

/// A resource as a state would hold it.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(rename = "type")]
    pub(super) of: String,
    /// Its `id` in a state.
    pub(super) state: String,
    /// Kind and id of its asset.
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) values: Map<String, Value>,
}

#[derive(Deserialize)]
struct Told {
    rules: BTreeMap<String, BTreeMap<String, ToldRule>>,
    resources: Vec<Wanted>,
}

#[derive(Deserialize)]
struct ToldRule {
    computed: bool,
    noise: Vec<String>,
    #[serde(default)]
    secret: bool,
}

impl Values {
    /// Reads `values.json`.
    ///
    /// # Errors
    /// What is not as the connector's contract has it.
    pub fn read(json: &str) -> Result<Self, String> {
        let told: Told = serde_json::from_str(json)
            .map_err(|why| format!("values.json cannot be read (line {}, column {})", why.line(), why.column()))?;
        let mut types = BTreeMap::new();
        for (of, told) in told.rules {
            let rules: &mut Rules = types.entry(of.clone()).or_default();
            for (path, told) in told {
                let mut noise = Noise::default();
                for word in &told.noise {
                    *noise.named(word).ok_or_else(|| format!("{of}.{path}: there is no noise `{word}`"))? = true;
                }
                let rule = at(rules, &path);
                (rule.computed, rule.secret, rule.noise) = (told.computed, told.secret, noise);
            }
        }
        for wanted in &told.resources {
            if let Some(rules) = types.get_mut(&wanted.of) {
                mark(rules, &wanted.values);
            }
        }
        Ok(Values { types, resources: told.resources })
    }

    /// The rules of a type; none for one that is not known.
    pub(super) fn rules(&self, of: &str) -> &Rules {
        static NONE: Rules = Rules::new();
        self.types.get(of).unwrap_or(&NONE)
    }

    /// The resource types that there are rules for.
    pub fn types(&self) -> BTreeSet<&str> {
        self.types.keys().map(String::as_str).collect()
    }

    /// Types and ids in a state of all resources.
    pub fn ids(&self) -> impl Iterator<Item = (&str, &str)> {
        self.resources.iter().map(|one| (one.of.as_str(), one.state.as_str()))
    }
}

impl Noise {
    fn named(&mut self, word: &str) -> Option<&mut bool> {
        match word {
            "ignored" => Some(&mut self.ignored),
            "unordered" => Some(&mut self.unordered),
            "time" => Some(&mut self.time),
            "nocase" => Some(&mut self.nocase),
            "trim" => Some(&mut self.trim),
            _ => None,
        }
    }
}

/// The rule at a dotted path, made where there is none.
fn at<'r>(rules: &'r mut Rules, path: &str) -> &'r mut Rule {
    match path.split_once('.') {
        None => rules.entry(path.to_owned()).or_default(),
        Some((first, rest)) => at(&mut rules.entry(first.to_owned()).or_default().below, rest),
    }
}

/// What is secret in one resource is secret in all.
fn mark(rules: &mut Rules, values: &Map<String, Value>) {
    for (name, value) in values {
        let Some(rule) = rules.get_mut(name) else { continue };
        rule.secret |= rule.below.is_empty() && fingerprint(value).is_some();
        let items = match value {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        if !rule.below.is_empty() {
            items.iter().filter_map(Value::as_object).for_each(|item| mark(&mut rule.below, item));
        }
    }
}

/// `{"ignored": true}`: a state may hold anything here.
pub(super) fn anything(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.len() == 1 && members.get("ignored") == Some(&Value::Bool(true)))
}

/// Of `{"secret": …}`: the fingerprint, if it is known.
pub(super) fn fingerprint(value: &Value) -> Option<Option<&str>> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    match members.get("secret")? {
        Value::Null => Some(None),
        held => Some(Some(held.get("fingerprint")?.as_str()?)),
    }
}

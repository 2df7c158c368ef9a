//! One resource: what the account has against what a state holds.
//!
//! Rule: a value that is secret, or that the state calls sensitive, leaves this
//! module as a fingerprint or not at all.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::document::Sensitive;
use super::report::Difference;
use super::rules::{Noise, Rule, Rules, anything, fingerprint};
use super::state::Held;
use crate::secrets::Key;

/// What a comparison found.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) differences: Vec<Difference>,
    /// Paths of secrets that nobody can compare.
    pub(super) uncompared: Vec<String>,
}

/// Compares a resource: `account` is what the account has.
pub(super) fn compare(rules: &Rules, account: &Map<String, Value>, held: &Held, key: Option<&Key>) -> Compared {
    let mut comparing = Comparing { key, sensitive: &held.sensitive, found: Compared::default() };
    comparing.members(rules, &Spot::default(), account, &held.attributes);
    comparing.found
}

struct Comparing<'a> {
    key: Option<&'a Key>,
    sensitive: &'a Sensitive,
    found: Compared,
}

/// Where something stands.
#[derive(Clone, Default)]
struct Spot {
    /// With indexes, as it is told.
    path: String,
    /// Without, as rules and `sensitive_attributes` name it.
    rule: String,
    /// It, or what it is in, is not to be told.
    covered: bool,
}

impl Spot {
    fn item(&self, index: usize) -> Spot {
        Spot { path: format!("{}[{index}]", self.path), ..self.clone() }
    }
}

impl Comparing<'_> {
    /// The spot of a member.
    fn spot(&self, above: &Spot, name: &str, rule: &Rule) -> Spot {
        let join = |above: &str| if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
        let dotted = join(&above.rule);
        let sensitive = match self.sensitive {
            Sensitive::All => true,
            Sensitive::At(paths) => paths.contains(&dotted),
        };
        let covered = above.covered || rule.secret || sensitive;
        Spot { path: join(&above.path), rule: dotted, covered }
    }

    fn members(&mut self, rules: &Rules, above: &Spot, account: &Map<String, Value>, state: &Map<String, Value>) {
        for (name, rule) in rules.iter().filter(|(_, rule)| !rule.noise.ignored) {
            let spot = self.spot(above, name, rule);
            match rule.below.is_empty() {
                true => self.leaf(rule, spot, account.get(name), state.get(name)),
                false => match (items(account.get(name)), items(state.get(name))) {
                    (Some(account), Some(state_items)) => {
                        let single = state.get(name).is_some_and(Value::is_object);
                        self.blocks(rule, &spot, single, &account, &state_items);
                    }
                    _ => {
                        // It is not what the rule says: who knows what stands in it.
                        let spot = Spot { covered: spot.covered || secret_below(&rule.below), ..spot };
                        self.leaf(rule, spot, account.get(name), state.get(name));
                    }
                },
            }
        }
    }

    fn leaf(&mut self, rule: &Rule, spot: Spot, account: Option<&Value>, state: Option<&Value>) {
        static NULL: Value = Value::Null;
        let (account, state) = (account.unwrap_or(&NULL), state.unwrap_or(&NULL));
        if anything(account) {
            return;
        }
        if let Some(print) = fingerprint(account) {
            return self.secret(spot, account, print, state);
        }
        if account.is_null() && rule.computed || nothing(account) && nothing(state) {
            return;
        }
        if account.is_null() && rule.secret {
            // PagerDuty shows no secret: that there is none is not known.
            return self.found.uncompared.push(spot.path);
        }
        if !account.is_array() && !state.is_array() {
            if text(account, rule.noise) != text(state, rule.noise) {
                self.differ(spot, account, state);
            }
            return;
        }
        let texts = |value: &Value| list(value).iter().map(|item| text(item, rule.noise)).collect::<Vec<_>>();
        let (mut of_account, mut of_state) = (texts(account), texts(state));
        if rule.noise.unordered {
            of_account.sort_unstable();
            of_state.sort_unstable();
        }
        if of_account == of_state {
            return;
        }
        if rule.noise.unordered || of_account.len() != of_state.len() {
            return self.differ(spot, account, state);
        }
        for (at, (one, other)) in list(account).iter().zip(list(state)).enumerate() {
            if of_account.get(at) != of_state.get(at) {
                self.differ(spot.item(at), one, other);
            }
        }
    }

    /// A secret of the account: its fingerprint, if it is known, against the state's.
    fn secret(&mut self, spot: Spot, account: &Value, print: Option<&str>, state: &Value) {
        match (print, self.key) {
            (None, _) => self.found.uncompared.push(spot.path),
            (Some(_), _) if nothing(state) => self.push(spot, account.clone(), Value::Null),
            (Some(_), None) => self.found.uncompared.push(spot.path),
            (Some(print), Some(key)) => {
                let of_state = key.fingerprint(state);
                if of_state["fingerprint"] != print {
                    self.push(spot, account.clone(), json!({ "secret": of_state }));
                }
            }
        }
    }

    /// Lists of blocks; `single`: the state holds one block that is no list.
    fn blocks(
        &mut self,
        rule: &Rule,
        spot: &Spot,
        single: bool,
        account: &[&Map<String, Value>],
        state: &[&Map<String, Value>],
    ) {
        if account.is_empty() && rule.computed {
            return;
        }
        let at = |index: usize| if single { spot.clone() } else { spot.item(index) };
        let pairs = match rule.noise.unordered {
            true => matched(rule, account, state),
            false => (0..account.len().max(state.len()))
                .map(|at| ((at < account.len()).then_some(at), (at < state.len()).then_some(at)))
                .collect(),
        };
        for (one, other) in pairs {
            let index = other.or(one).unwrap_or_default();
            let (one, other) = (one.and_then(|at| account.get(at)), other.and_then(|at| state.get(at)));
            match (one, other) {
                (Some(one), Some(other)) => self.members(&rule.below, &at(index), one, other),
                (one, other) => {
                    let says =
                        |block: Option<&&Map<String, Value>>| block.is_some_and(|block| says(&rule.below, block));
                    if says(one) || says(other) {
                        let spot = at(index);
                        let shown = |block: &&Map<String, Value>| self.shown(&rule.below, &spot, block);
                        let (one, other) = (one.map_or(Value::Null, shown), other.map_or(Value::Null, shown));
                        self.push(spot, one, other);
                    }
                }
            }
        }
    }

    /// A block as it may be told: what rules name, secrets covered.
    fn shown(&self, rules: &Rules, above: &Spot, block: &Map<String, Value>) -> Value {
        let mut shown = Map::new();
        for (name, rule) in rules.iter().filter(|(_, rule)| !rule.noise.ignored) {
            let Some(value) = block.get(name).filter(|value| !value.is_null() && !anything(value)) else { continue };
            let spot = self.spot(above, name, rule);
            let value = match items(Some(value)).filter(|_| !rule.below.is_empty()) {
                Some(blocks) => blocks.into_iter().map(|block| self.shown(&rule.below, &spot, block)).collect(),
                None if spot.covered || secret_below(&rule.below) => self.cover(value),
                None => value.clone(),
            };
            shown.insert(name.clone(), value);
        }
        shown.into()
    }

    fn differ(&mut self, spot: Spot, account: &Value, state: &Value) {
        let tell = |value: &Value| if spot.covered { self.cover(value) } else { value.clone() };
        let (account, state) = (tell(account), tell(state));
        self.push(spot, account, state);
    }

    fn push(&mut self, spot: Spot, account: Value, state: Value) {
        self.found.differences.push(Difference { at: 0, path: spot.path, account, state });
    }

    /// What stands for a value that is not told.
    fn cover(&self, value: &Value) -> Value {
        match value {
            Value::Null => Value::Null,
            covered if fingerprint(covered).is_some() => covered.clone(),
            value => json!({ "secret": self.key.map(|key| key.fingerprint(value)) }),
        }
    }
}

/// Numbers of blocks of both sides that belong together. Those with the same
/// content come first; what is left goes by its order.
fn matched(
    rule: &Rule,
    account: &[&Map<String, Value>],
    state: &[&Map<String, Value>],
) -> Vec<(Option<usize>, Option<usize>)> {
    let mut by_content: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, block) in state.iter().enumerate().rev() {
        by_content.entry(content(&rule.below, block)).or_default().push(at);
    }
    let (mut pairs, mut left) = (Vec::new(), Vec::new());
    for (at, block) in account.iter().enumerate() {
        let content = content(&rule.below, block);
        match by_content.get_mut(&content).and_then(Vec::pop) {
            Some(same) => pairs.push((Some(at), Some(same))),
            None => left.push((content, at)),
        }
    }
    left.sort_unstable();
    let mut rest: Vec<(String, usize)> =
        by_content.into_iter().flat_map(|(content, at)| at.into_iter().map(move |at| (content.clone(), at))).collect();
    rest.sort_unstable();
    for at in 0..left.len().max(rest.len()) {
        pairs.push((left.get(at).map(|(_, at)| *at), rest.get(at).map(|(_, at)| *at)));
    }
    pairs
}

/// What a block says, in one form: without what is noise, the provider's own, or
/// secret.
fn content(rules: &Rules, block: &Map<String, Value>) -> String {
    let mut out = String::new();
    let counts = |rule: &Rule| !rule.noise.ignored && !rule.computed && !rule.secret;
    for (name, rule) in rules.iter().filter(|(_, rule)| counts(rule)) {
        let Some(value) = block.get(name).filter(|value| !nothing(value)) else { continue };
        let mut parts: Vec<String> = match items(Some(value)).filter(|_| !rule.below.is_empty()) {
            Some(blocks) => blocks.into_iter().map(|block| content(&rule.below, block)).collect(),
            None => list(value).iter().map(|item| text(item, rule.noise)).collect(),
        };
        if rule.noise.unordered {
            parts.sort_unstable();
        }
        // Quoted, so that no text looks like two.
        out.push_str(&format!("{name}={parts:?};"));
    }
    out
}

/// The blocks of a value, one that is no list too; none where something else
/// stands.
fn items(value: Option<&Value>) -> Option<Vec<&Map<String, Value>>> {
    match value {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Object(block)) => Some(vec![block]),
        Some(Value::Array(items)) => items.iter().map(Value::as_object).collect(),
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_)) => None,
    }
}

/// The items of a list; one that is none is its own.
fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        value if nothing(value) => &[],
        value => std::slice::from_ref(value),
    }
}

/// Whether a block says something that rules name.
fn says(rules: &Rules, block: &Map<String, Value>) -> bool {
    rules.iter().filter(|(_, rule)| !rule.noise.ignored).any(|(name, rule)| {
        let Some(value) = block.get(name) else { return false };
        match items(Some(value)).filter(|_| !rule.below.is_empty()) {
            Some(blocks) => blocks.into_iter().any(|block| says(&rule.below, block)),
            None => !nothing(value) || fingerprint(value).is_some(),
        }
    })
}

fn secret_below(rules: &Rules) -> bool {
    rules.values().any(|rule| rule.secret || secret_below(&rule.below))
}

/// Whether a value says nothing: providers cannot tell these apart.
fn nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => matches!(text.as_str(), "" | "0" | "false"),
        Value::Array(items) => items.iter().all(nothing),
        Value::Object(members) => members.values().all(nothing),
    }
}

/// A value as text that is the same for all that counts as the same.
fn text(value: &Value, noise: Noise) -> String {
    let mut text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => plain(number),
        other => sorted(other).to_string(),
    };
    if noise.trim {
        text = text.trim().to_owned();
    }
    if noise.nocase {
        text = text.to_lowercase();
    }
    match noise.time.then(|| text.parse::<Timestamp>()) {
        Some(Ok(moment)) => moment.to_string(),
        Some(Err(_)) | None => text,
    }
}

/// A number as people write it: `120`, not `120.0`.
fn plain(number: &serde_json::Number) -> String {
    match number.as_f64() {
        // Whole numbers up to here are exact.
        Some(float) if !number.is_i64() && !number.is_u64() && float.fract() == 0.0 && float.abs() < 9e15 => {
            format!("{float:.0}")
        }
        _ => number.to_string(),
    }
}

/// The same with the members of objects in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            members.sort_by(|one, other| one.0.cmp(&other.0));
            members.into_iter().collect()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

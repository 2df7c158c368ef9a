//! What a pack's rules and functions need of each other, read from regorus's syntax tree.
//!
//! Rule: what would never end (recursion), nest too deep for the stack, or call what is
//! refused is an error at its line, before anything runs: regorus itself finds a
//! function that calls itself when the stack is gone.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::error::PolicyError;
use super::guard::REFUSED;
use super::limits::Limits;

/// A rule or function, all its definitions together.
#[derive(Debug, Default)]
struct Node {
    file: String,
    line: u32,
    needs: Vec<Need>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Need {
    path: Vec<String>,
    call: bool,
    line: u32,
}

/// A name that a package has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Declared {
    /// Package as Rego writes it, without `data.`, such as `connector.service_without_team`.
    pub(super) package: String,
    /// Name of the rule.
    pub(super) name: String,
    pub(super) file: String,
    pub(super) line: u32,
}

/// All rules that the modules declare.
///
/// # Errors
/// Recursion, too long a chain, a refused function; each at its line.
pub(super) fn check(ast: &str, limits: &Limits) -> Result<Vec<Declared>, PolicyError> {
    // The parser bounds how deep expressions nest; serde_json's own bound is wider than what anyone writes.
    let modules: Vec<Value> = serde_json::from_str(ast)
        .map_err(|_| PolicyError::new("a rule nests too deep; a helper rule in the midst of it would do"))?;
    let mut nodes: BTreeMap<Vec<String>, Node> = BTreeMap::new();
    let mut declared = BTreeSet::new();
    for module in &modules {
        read(module, &mut nodes, &mut declared);
    }
    for node in nodes.values() {
        for need in node.needs.iter().filter(|need| need.call) {
            let name = need.path.join(".");
            if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
                return Err(PolicyError::at(&node.file, need.line, format!("{name} is refused: {why}")));
            }
        }
    }
    let edges = edges(&nodes);
    for calls_alone in [true, false] {
        let mut walk = Walk { nodes: &nodes, edges: &edges, calls_alone, depths: HashMap::new(), open: 0, limits };
        for path in nodes.keys() {
            walk.depth(path)?;
        }
    }
    Ok(declared.into_iter().collect())
}

fn read(module: &Value, nodes: &mut BTreeMap<Vec<String>, Node>, declared: &mut BTreeSet<Declared>) {
    let file = module["source"]["file"].as_str().unwrap_or_default();
    let ast = &module["ast"];
    let package = path(&ast["package"]["refr"]).0;
    let mut imports = HashMap::new();
    for import in ast["imports"].as_array().into_iter().flatten() {
        let (target, _) = path(&import["refr"]);
        // The alias is a span, of which the tree shows no text: its place in the source is.
        let alias = text_of(&import["as"], module).or_else(|| target.last().cloned());
        if let Some(alias) = alias {
            imports.insert(alias, target);
        }
    }
    let rules = ast["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
    let names: BTreeSet<String> = rules.iter().filter_map(|rule| head(rule).0.first().cloned()).collect();
    for rule in rules {
        let (name, line) = head(rule);
        let Some(first) = name.first() else { continue };
        declared.insert(Declared { package: written(&package), name: first.clone(), file: file.to_owned(), line });
        let whole: Vec<String> =
            ["data"].into_iter().map(str::to_owned).chain(package.iter().cloned()).chain(name).collect();
        let node = nodes.entry(whole).or_default();
        if node.file.is_empty() {
            (node.file, node.line) = (file.to_owned(), line);
        }
        let mut needs = Vec::new();
        gather(rule, &mut needs);
        node.needs.extend(needs.into_iter().map(|mut need| {
            match need.path.first() {
                Some(first) if names.contains(first) => {
                    need.path = ["data"]
                        .into_iter()
                        .map(str::to_owned)
                        .chain(package.iter().cloned())
                        .chain(need.path)
                        .collect();
                }
                Some(first) => {
                    if let Some(target) = imports.get(first) {
                        need.path = target.iter().cloned().chain(need.path.into_iter().skip(1)).collect();
                    }
                }
                None => {}
            }
            need
        }));
    }
}

/// A path as Rego writes it.
fn written(path: &[String]) -> String {
    let mut text = String::new();
    for part in path {
        let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !part.starts_with(|c: char| c.is_ascii_digit());
        match (plain, text.is_empty()) {
            (true, true) => text.push_str(part),
            (true, false) => text.push_str(&format!(".{part}")),
            (false, _) => text.push_str(&format!("[{}]", Value::from(part.as_str()))),
        }
    }
    text
}

/// The static part of a rule's name, and its line.
fn head(rule: &Value) -> (Vec<String>, u32) {
    let refr = if let Some(default) = rule.get("Default") {
        &default["refr"]
    } else {
        let head = &rule["Spec"]["head"];
        match head.as_object().and_then(|kinds| kinds.values().next()) {
            Some(head) => &head["refr"],
            None => &Value::Null,
        }
    };
    path(refr)
}

/// The static beginning of a reference, and its line.
fn path(expr: &Value) -> (Vec<String>, u32) {
    let Some((kind, inner)) = expr.as_object().and_then(|kinds| kinds.iter().next()) else { return (Vec::new(), 0) };
    let line = inner["span"]["line"].as_u64().unwrap_or_default() as u32;
    match kind.as_str() {
        "Var" => (inner["value"].as_str().map(str::to_owned).into_iter().collect(), line),
        "RefDot" => {
            let (mut parts, line) = path(&inner["refr"]);
            if is_static(&inner["refr"]) {
                parts.extend(inner["field"][1].as_str().map(str::to_owned));
            }
            (parts, line)
        }
        "RefBrack" => {
            let (mut parts, line) = path(&inner["refr"]);
            if is_static(&inner["refr"]) {
                parts.extend(literal(&inner["index"]).map(str::to_owned));
            }
            (parts, line)
        }
        _ => (Vec::new(), line),
    }
}

fn is_static(expr: &Value) -> bool {
    match expr.as_object().and_then(|kinds| kinds.iter().next()) {
        Some((kind, inner)) => match kind.as_str() {
            "Var" => true,
            "RefDot" => is_static(&inner["refr"]),
            "RefBrack" => is_static(&inner["refr"]) && literal(&inner["index"]).is_some(),
            _ => false,
        },
        None => false,
    }
}

fn literal(expr: &Value) -> Option<&str> {
    expr.get("String").or_else(|| expr.get("RawString"))?["value"].as_str()
}

fn text_of<'a>(span: &Value, module: &'a Value) -> Option<String> {
    let contents: &'a str = module["source"]["contents"].as_str()?;
    let (start, end) = (span["start"].as_u64()?, span["end"].as_u64()?);
    contents.get(start as usize..end as usize).map(str::to_owned)
}

/// All references below a node of the tree.
fn gather(value: &Value, needs: &mut Vec<Need>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, needs)),
        Value::Object(members) => {
            for (kind, inner) in members {
                match kind.as_str() {
                    "Var" | "RefDot" | "RefBrack" => {
                        let (path, line) = path(value);
                        if !path.is_empty() {
                            needs.push(Need { path, call: false, line });
                        }
                        indices(value, needs);
                    }
                    "Call" => {
                        let (path, line) = path(&inner["fcn"]);
                        needs.push(Need { path, call: true, line });
                        gather(&inner["params"], needs);
                    }
                    "span" => {}
                    _ => gather(inner, needs),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What stands in the brackets of a reference, and a reference that begins with a call.
fn indices(expr: &Value, needs: &mut Vec<Need>) {
    if let Some(inner) = expr.get("RefBrack") {
        gather(&inner["index"], needs);
        indices(&inner["refr"], needs);
    } else if let Some(inner) = expr.get("RefDot") {
        indices(&inner["refr"], needs);
    } else if expr.get("Var").is_none() {
        gather(expr, needs);
    }
}

/// Something that a node may need.
struct Edge<'a> {
    to: &'a Vec<String>,
    line: u32,
    call: bool,
}

type Edges<'a> = HashMap<&'a Vec<String>, Vec<Edge<'a>>>;

fn edges(nodes: &BTreeMap<Vec<String>, Node>) -> Edges<'_> {
    let mut edges = HashMap::new();
    for (path, node) in nodes {
        let mut to: BTreeMap<&Vec<String>, (u32, bool)> = BTreeMap::new();
        for need in node.needs.iter().filter(|need| need.path.first().is_some_and(|first| first == "data")) {
            // Rules below the reference: `data.pkg` needs all that begins with it.
            let below = nodes.range(need.path.clone()..).take_while(|(other, _)| other.starts_with(&need.path));
            // The rule that the reference leads into: `data.pkg.rule.member`.
            let above = (1..need.path.len()).filter_map(|end| nodes.get_key_value(&need.path[..end]));
            for (other, _) in below.chain(above) {
                let edge = to.entry(other).or_insert((need.line, false));
                edge.1 |= need.call;
            }
        }
        edges.insert(path, to.into_iter().map(|(to, (line, call))| Edge { to, line, call }).collect());
    }
    edges
}

/// A walk along what needs what, first over calls alone: a circle of those never ends.
/// Circles of rules can be of names that a rule's own variables hide, and real ones regorus finds.
struct Walk<'a> {
    nodes: &'a BTreeMap<Vec<String>, Node>,
    edges: &'a Edges<'a>,
    calls_alone: bool,
    /// The longest chain from a node; `None` while it is being looked for.
    depths: HashMap<&'a Vec<String>, Option<usize>>,
    open: usize,
    limits: &'a Limits,
}

impl<'a> Walk<'a> {
    fn depth(&mut self, path: &'a Vec<String>) -> Result<usize, PolicyError> {
        if let Some(Some(depth)) = self.depths.get(path) {
            return Ok(*depth);
        }
        // Bounds this function's own depth too.
        if self.open >= self.limits.depth {
            return Err(self.too_deep(path));
        }
        self.open += 1;
        self.depths.insert(path, None);
        let (edges, calls_alone) = (self.edges, self.calls_alone);
        let mut longest = 0;
        for edge in edges.get(path).into_iter().flatten().filter(|edge| edge.call || !calls_alone) {
            if let Some(None) = self.depths.get(edge.to) {
                if !calls_alone {
                    continue;
                }
                let message =
                    format!("{} calls itself, over {}: functions must not", path.join("."), edge.to.join("."));
                return Err(PolicyError::at(self.file(path), edge.line, message));
            }
            longest = longest.max(self.depth(edge.to)?);
        }
        self.open -= 1;
        let depth = longest + 1;
        if depth > self.limits.depth {
            return Err(self.too_deep(path));
        }
        self.depths.insert(path, Some(depth));
        Ok(depth)
    }

    fn file(&self, path: &Vec<String>) -> &'a str {
        self.nodes.get(path).map_or("", |node| node.file.as_str())
    }

    fn too_deep(&self, path: &Vec<String>) -> PolicyError {
        let line = self.nodes.get(path).map_or(0, |node| node.line);
        let most = self.limits.depth;
        let message = format!("the chain of rules that need each other is longer than {most}, the most that it may be");
        PolicyError::at(self.file(path), line, message)
    }
}

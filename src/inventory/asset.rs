//! Something that was found becomes an asset: its id, its name, its link, what
//! it points to.
//!
//! Rule: pure; the attributes stay what PagerDuty sent, but for parts that are
//! assets of their own, of which a reference stays.

use serde_json::{Map, Value};

use super::path::{Node, text};
use crate::catalog::{How, Kind, Relation, kinds};
use crate::time;

/// One thing that exists in the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asset {
    pub(crate) kind: &'static str,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) url: Option<String>,
    /// A JSON object.
    pub(crate) attributes: String,
    pub(crate) relations: Vec<Edge>,
}

/// An edge from one asset to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) id: String,
}

/// What people call most things.
const NAMES: [&str; 4] = ["name", "summary", "label", "title"];
/// What stays of a part that is an asset of its own.
const REFERENCE: [&str; 5] = ["id", "type", "summary", "self", "html_url"];
/// Stands in an id for what is not there.
const NOTHING: &str = "-";

/// The asset; none where it has no id.
pub(super) fn asset(node: &Node) -> Option<Asset> {
    let id = id(node)?;
    Some(Asset {
        kind: node.kind.id,
        name: name(node).unwrap_or_else(|| id.clone()),
        url: node.text_at(node.kind.url.unwrap_or("html_url")).filter(|url| is_link(url)),
        attributes: attributes(node),
        relations: relations(node, &id),
        id,
    })
}

/// Its id: the values at the kind's paths, with a dot between two. A time in it
/// counts in whole seconds, however PagerDuty writes it at the moment.
pub(super) fn id(node: &Node) -> Option<String> {
    let parts: Vec<Option<String>> = node.kind.names.0.iter().map(|path| node.text_at(path)).collect();
    parts.iter().any(Option::is_some).then(|| {
        let part = |part: Option<String>| match part {
            None => NOTHING.to_owned(),
            Some(text) => time::parse(&text).map_or(text, |seconds| seconds.to_string()),
        };
        parts.into_iter().map(part).collect::<Vec<_>>().join(".")
    })
}

fn name(node: &Node) -> Option<String> {
    match node.kind.names.1 {
        [] => NAMES.iter().find_map(|path| node.text_at(path)),
        paths => {
            let parts: Vec<String> =
                paths.iter().filter_map(|path| path.split('|').find_map(|path| node.text_at(path))).collect();
            (!parts.is_empty()).then(|| parts.join(", "))
        }
    }
}

/// Whether a browser would go there and do nothing else.
fn is_link(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://")) && !url.contains(char::is_whitespace)
}

fn attributes(node: &Node) -> String {
    let parts = own_parts(node.kind);
    let whole = |text: &String| parts.is_empty().then(|| text.clone());
    node.text.as_ref().and_then(whole).unwrap_or_else(|| match &node.item {
        Value::Object(members) => {
            let mut members = members.clone();
            for name in parts {
                if let Some(value) = members.get_mut(name) {
                    refer(value);
                }
            }
            Value::Object(members).to_string()
        }
        // What is no object becomes one.
        other => Value::Object(Map::from_iter([("value".to_owned(), other.clone())])).to_string(),
    })
}

/// The members whose items are assets of their own.
fn own_parts(kind: &Kind) -> Vec<&'static str> {
    let origins = kinds().iter().flat_map(|part| part.origins);
    origins.filter(|origin| origin.how == How::Within(kind.number)).filter_map(|origin| origin.take).collect()
}

/// Leaves of an object, or of each in a list, what a reference has.
fn refer(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(refer),
        Value::Object(members) => members.retain(|name, _| REFERENCE.contains(&name.as_str())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn relations(node: &Node, own: &str) -> Vec<Edge> {
    let mut found: Vec<Edge> = Vec::new();
    for relation in node.kind.relations {
        let edges: Vec<Edge> = match relation.path {
            "^" => node.above.iter().filter_map(|above| edge(relation, above.kind.number, id(above)?)).collect(),
            path => node.at(path).into_iter().filter_map(|value| pointed(relation, node, value)).collect(),
        };
        for edge in edges {
            let itself = edge.kind == node.kind.id && edge.id == own;
            if !itself && !found.contains(&edge) {
                found.push(edge);
            }
        }
    }
    found
}

/// The edge to what a value names: an id, or an object that has one.
fn pointed(relation: &'static Relation, node: &Node, value: &Value) -> Option<Edge> {
    let id = text(value).or_else(|| value.get("id").and_then(text))?;
    if relation.except == Some(id.as_str()) {
        return None;
    }
    let kind = match relation.kinds {
        [only] => *only,
        several => {
            let told = match relation.by {
                Some(path) => node.text_at(path)?,
                None => value.get("type").and_then(text)?,
            };
            let told = told.strip_suffix("_reference").unwrap_or(&told);
            *several.iter().find(|number| kinds().get(**number).is_some_and(|kind| kind.types.contains(&told)))?
        }
    };
    edge(relation, kind, id)
}

fn edge(relation: &'static Relation, kind: usize, id: String) -> Option<Edge> {
    let allowed = relation.kinds.contains(&kind);
    let kind = kinds().get(kind).filter(|_| allowed)?;
    Some(Edge { name: relation.name, kind: kind.id, id })
}

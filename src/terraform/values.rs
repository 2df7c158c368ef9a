//! What stands in a resource: the lines of its type, filled from its asset.
//!
//! Rule: a value is the provider's, a name of another resource, or a variable;
//! nothing else. What the provider needs and PagerDuty did not tell leaves the
//! asset out.

use std::fmt::Write as _;

use serde_json::Value as Json;

use super::Ground;
use super::instance::{Made, View, attributes, replaced, scalar};
use crate::catalog::{Holds, Line, Scalar, Source, kinds, resources};
use crate::error::Result;
use crate::inventory::within;

/// The attributes and blocks of a resource, or of a block.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) attributes: Vec<(&'static Line, Value)>,
    pub(super) blocks: Vec<(&'static Line, Vec<Body>)>,
}

/// What an attribute holds.
#[derive(Debug)]
pub(super) enum Value {
    Text(String),
    /// As JSON writes it.
    Number(String),
    Flag(bool),
    List(Vec<Value>),
    Objects(Vec<Body>),
    /// Number of the resource whose id it is.
    Refers(usize),
    /// What must not be written; its fingerprint, where a store put one.
    Secret(Option<Json>),
}

/// The body of a resource, or why it cannot be written.
pub(super) fn written(ground: &Ground<'_>, made: &Made) -> Result<std::result::Result<Body, String>> {
    let (Some(asset), Some(of)) = (ground.assets.get(made.asset), resources().get(made.resource)) else {
        return Ok(Ok(Body::default()));
    };
    let mut whole = attributes(asset)?;
    if of.per.is_some() {
        let more = made.more.iter().filter_map(|number| ground.assets.get(*number)).map(attributes);
        whole = std::iter::once(Ok(whole)).chain(more).collect::<Result<Vec<Json>>>()?.into();
    }
    let item = match (of.each, made.each) {
        (Some(path), Some(place)) => within(&whole, path).get(place).copied().unwrap_or(&Json::Null),
        _ => &whole,
    };
    Ok(body(&View { ground, asset, whole: &whole, item }, of.body))
}

fn body(view: &View<'_>, lines: &'static [Line]) -> std::result::Result<Body, String> {
    let mut body = Body::default();
    for line in lines {
        if line.only.is_some_and(|condition| !view.holds(condition)) {
            continue;
        }
        let missing = || format!("`{}`, which the provider needs, is not told by PagerDuty", line.name);
        match line.holds {
            Holds::One(_) | Holds::List(_) | Holds::Set(_) => match value(view, line)? {
                Some(value) => body.attributes.push((line, value)),
                None if line.required => return Err(missing()),
                None => {}
            },
            Holds::Blocks { .. } | Holds::Block | Holds::Objects { .. } => {
                let mut items = blocks(view, line);
                if line.marks.reversed() {
                    items.reverse();
                }
                let bodies = items.into_iter().map(|item| self::body(&View { item, ..*view }, line.body));
                let bodies = bodies.collect::<std::result::Result<Vec<Body>, String>>()?;
                match (bodies.is_empty(), line.holds) {
                    (true, _) if line.required => return Err(missing()),
                    (true, _) => {}
                    (false, Holds::Objects { .. }) => body.attributes.push((line, Value::Objects(bodies))),
                    (false, _) => body.blocks.push((line, bodies)),
                }
            }
        }
    }
    Ok(body)
}

/// The items that blocks are made of.
fn blocks<'a>(view: &View<'a>, line: &Line) -> Vec<&'a Json> {
    static NOTHING: Json = Json::Null;
    let mut items = match &line.source {
        Source::Item(".") if view.item.is_null() => vec![view.item],
        source => view.at(source),
    };
    if let Some(condition) = line.items {
        items.retain(|item| View { item, ..*view }.holds(condition));
    }
    if items.is_empty() && line.marks.always() {
        items.push(&NOTHING);
    }
    if line.holds == Holds::Block {
        items.truncate(1);
    }
    items
}

/// What an attribute holds; none where nothing is to be written.
fn value(view: &View<'_>, line: &Line) -> std::result::Result<Option<Value>, String> {
    let related;
    let constant;
    let mut found: Vec<&Json> = match &line.source {
        Source::Relation(name) => {
            related = view.related(name).map(|(_, id)| Json::from(id));
            related.iter().collect()
        }
        Source::Constant(json) => {
            constant = serde_json::from_str(json).unwrap_or(Json::Null);
            vec![&constant]
        }
        Source::Item(path) if line.marks.json() || line.marks.text_or_json() => {
            whole_at(view.item, path).into_iter().collect()
        }
        source => view.at(source),
    };
    let otherwise: Json;
    if found.is_empty()
        && let Some(json) = line.otherwise
    {
        otherwise = serde_json::from_str(json).unwrap_or(Json::Null);
        found = match (&otherwise, line.holds) {
            (Json::Array(_), Holds::List(_) | Holds::Set(_)) => return Ok(Some(Value::List(Vec::new()))),
            // The text itself, not as JSON.
            (Json::String(text), Holds::One(_)) if line.marks.json() => return Ok(Some(Value::Text(text.clone()))),
            (other, _) => vec![other],
        };
    }
    if line.marks.secret() {
        let fingerprint = |value: &&Json| value.get("fingerprint").is_some();
        let secret = found.first().map(|_| Value::Secret(found.iter().copied().find(fingerprint).cloned()));
        // What the provider needs is a variable, told or not.
        return Ok(secret.or(line.required.then_some(Value::Secret(None))));
    }
    match line.holds {
        Holds::List(of) | Holds::Set(of) => {
            let mut values = Vec::with_capacity(found.len());
            for value in found {
                values.extend(one(view.ground, value, of, line)?);
            }
            if line.marks.reversed() {
                values.reverse();
            }
            Ok((!values.is_empty()).then_some(Value::List(values)))
        }
        Holds::One(of) => match found.first() {
            None => Ok(None),
            Some(value) if line.marks.zero() && is_zero(value) => Ok(None),
            Some(value) => one(view.ground, value, of, line),
        },
        Holds::Blocks { .. } | Holds::Block | Holds::Objects { .. } => Ok(None),
    }
}

/// What stands at a path that goes through no list.
fn whole_at<'a>(item: &'a Json, path: &str) -> Option<&'a Json> {
    let found = match path {
        "." => Some(item),
        path => path.split('.').try_fold(item, |value, name| value.get(name)),
    };
    found.filter(|value| !value.is_null())
}

/// JSON as Terraform's `jsonencode` writes it: the provider compares texts.
pub(super) fn encoded(value: &Json) -> String {
    let mut out = String::new();
    for character in sorted(value).to_string().chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            other => out.push(other),
        }
    }
    out
}

/// The same, with the members of objects in the order of their names.
fn sorted(value: &Json) -> Json {
    match value {
        Json::Object(members) => {
            let mut members: Vec<(&String, &Json)> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            members.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect()
        }
        Json::Array(items) => items.iter().map(sorted).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => value.clone(),
    }
}

fn is_zero(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty(),
        Json::Bool(true) | Json::Array(_) | Json::Object(_) => false,
    }
}

/// One value as the provider takes it.
fn one(ground: &Ground<'_>, value: &Json, of: Scalar, line: &Line) -> std::result::Result<Option<Value>, String> {
    if line.marks.json() || line.marks.text_or_json() && !value.is_string() {
        return Ok(Some(Value::Text(encoded(value))));
    }
    let text = match value {
        Json::Null => return Ok(None),
        Json::String(text) => text.clone(),
        other => match scalar(other) {
            Some(text) => text,
            None => return Err(format!("`{}` holds what the provider does not take", line.name)),
        },
    };
    let text = replaced(text, line.map);
    let kinds = line.kinds.iter().filter_map(|number| kinds().get(*number));
    if let Some(place) = kinds.filter_map(|kind| ground.primary.get(&(kind.id, text.as_str()))).next() {
        return Ok(Some(Value::Refers(*place)));
    }
    match of {
        Scalar::Text => Ok(Some(Value::Text(text))),
        Scalar::Number => match serde_json::from_str::<serde_json::Number>(&text) {
            Ok(number) => Ok(Some(Value::Number(number.to_string()))),
            Err(_) => Err(format!("`{}` is a number for the provider, and PagerDuty tells something else", line.name)),
        },
        Scalar::Flag => match text.as_str() {
            "true" | "1" => Ok(Some(Value::Flag(true))),
            "false" | "0" => Ok(Some(Value::Flag(false))),
            _ => Err(format!("`{}` is true or false for the provider, and PagerDuty tells something else", line.name)),
        },
    }
}

//! What the fields of a collection must be, written as words:
//!
//! `name!:text` must be there (on creation) and be text; `kind:a|b` is one of
//! two, `kind:=a` only that; `team:@team` is a reference to a team that exists
//! and `services:@service[]` a list of them; further `email`, `url`, `whole`,
//! `number`, `flag`, `time`, `list`, `object`; nothing after the name takes
//! anything. `method.url!:url` looks inside a field that another word takes.
//! A lone `*` keeps fields that no word names.

use serde_json::{Map, Value, json};

use crate::errors;
use crate::present::bare;
use crate::reply::Reply;
use crate::store::{Entity, Store};
use crate::times;

use super::{Loaded, at};

/// What a value must be.
enum Shape {
    Any,
    Text,
    Email,
    Url,
    Whole,
    Number,
    Flag,
    Time,
    List,
    Object,
    OneOf(Vec<&'static str>),
    One(&'static str),
    Many(&'static str),
}

/// One word of the list.
pub(crate) struct Field {
    name: &'static str,
    needed: bool,
    shape: Shape,
}

/// Reads the words.
pub(super) fn read(text: &'static str) -> Vec<Field> {
    text.split_whitespace().map(word).collect()
}

fn word(word: &'static str) -> Field {
    let (name, shape) = word.split_once(':').unwrap_or((word, ""));
    let (name, needed) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
    let shape = match shape {
        "text" => Shape::Text,
        "email" => Shape::Email,
        "url" => Shape::Url,
        "whole" => Shape::Whole,
        "number" => Shape::Number,
        "flag" => Shape::Flag,
        "time" => Shape::Time,
        "list" => Shape::List,
        "object" => Shape::Object,
        other => match other.strip_prefix('@') {
            Some(kind) => kind.strip_suffix("[]").map_or(Shape::One(kind), Shape::Many),
            None if other.is_empty() => Shape::Any,
            None => Shape::OneOf(other.trim_start_matches('=').split('|').collect()),
        },
    };
    Field { name, needed, shape }
}

impl Field {
    /// The kind that the field refers to.
    #[cfg(test)]
    pub(super) fn kind(&self) -> Option<&'static str> {
        match self.shape {
            Shape::One(kind) | Shape::Many(kind) => Some(kind),
            _ => None,
        }
    }

    /// The name, where the field refers to records: true for a list of them.
    pub(crate) fn refers(&self) -> Option<(&'static str, bool)> {
        match self.shape {
            Shape::One(_) => Some((self.name, false)),
            Shape::Many(_) => Some((self.name, true)),
            _ => None,
        }
    }

    fn label(&self) -> String {
        let mut text = self.name.replace(['_', '.'], " ");
        if let Some(first) = text.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        text
    }

    // What to keep, or what is wrong.
    fn checked(&self, store: &Store, value: &Value) -> Result<Value, String> {
        let fits = match &self.shape {
            _ if value.is_null() => true,
            Shape::Any => true,
            Shape::Text => value.is_string(),
            Shape::Email => value.as_str().is_some_and(|text| text.is_empty() || text.contains('@')),
            Shape::Url => value.as_str().is_some_and(|text| text.is_empty() || text.contains("://")),
            Shape::Whole => value.is_i64() || value.is_u64(),
            Shape::Number => value.is_number(),
            Shape::Flag => value.is_boolean(),
            Shape::Time => value.as_str().is_some_and(|text| text.is_empty() || times::parse(text).is_some()),
            Shape::List => value.is_array(),
            Shape::Object => value.is_object(),
            Shape::OneOf(allowed) => value.as_str().is_some_and(|text| allowed.contains(&text)),
            Shape::One(kind) => {
                let id = value.get("id").and_then(Value::as_str).or(value.as_str()).unwrap_or("");
                return if id.is_empty() && value.get("id").is_some() {
                    Ok(Value::Null)
                } else {
                    reference(store, kind, value).ok_or_else(|| "does not exist".to_owned())
                };
            }
            Shape::Many(kind) => {
                let list = value.as_array().map(Vec::as_slice);
                let found = list.and_then(|list| list.iter().map(|item| reference(store, kind, item)).collect());
                return found.ok_or_else(|| "names something that does not exist".to_owned());
            }
        };
        let wanted = match &self.shape {
            Shape::Text => "must be text",
            Shape::Whole => "must be a whole number",
            Shape::Number => "must be a number",
            Shape::Flag => "must be true or false",
            Shape::Time => "must be a time",
            Shape::List => "must be an array",
            Shape::Object => "must be an object",
            Shape::OneOf(allowed) => return keep(fits, value, &format!("must be one of {}", allowed.join(", "))),
            Shape::Any | Shape::Email | Shape::Url | Shape::One(_) | Shape::Many(_) => "is invalid",
        };
        keep(fits, value, wanted)
    }
}

fn keep(fits: bool, value: &Value, problem: &str) -> Result<Value, String> {
    if fits { Ok(value.clone()) } else { Err(problem.to_owned()) }
}

// `{"id": …}` of the kind, or the id alone, which stays alone.
fn reference(store: &Store, kind: &str, value: &Value) -> Option<Value> {
    let entity = Entity::of_type(kind)?;
    if let Some(id) = value.as_str() {
        return store.has(entity, id).then(|| json!(id));
    }
    let id = value.get("id")?.as_str()?;
    let mut whole = bare(entity, &store.named(entity, id)?.id);
    for (name, more) in value.as_object()? {
        // Names and links are written when it is shown.
        if !matches!(name.as_str(), "id" | "type" | "summary" | "self" | "html_url") {
            whole[name] = more.clone();
        }
    }
    Some(whole)
}

/// What of `given` is kept, or 400 with every problem. `current` is the id of
/// the record that changes.
pub(super) fn accept(
    store: &Store,
    loaded: &Loaded,
    given: &Map<String, Value>,
    owner: &str,
    current: Option<&str>,
) -> Result<Map<String, Value>, Reply> {
    let row = loaded.row;
    let mut taken = Map::new();
    let mut problems = Vec::new();
    for field in &loaded.fields {
        let value = at(given, field.name);
        let blank = value.is_none_or(|v| v.is_null() || v.as_str().is_some_and(|s| s.trim().is_empty()));
        let inside = field.name.split_once('.').is_some_and(|(outer, _)| !given.contains_key(outer));
        if field.needed && blank && (current.is_none() || value.is_some()) && !(inside && current.is_some()) {
            problems.push(format!("{} can't be blank", field.label()));
            continue;
        }
        let Some(value) = value else { continue };
        match field.checked(store, value) {
            Ok(value) if !field.name.contains('.') => {
                taken.insert(field.name.to_owned(), value);
            }
            Ok(_) => {}
            Err(problem) => problems.push(format!("{} {problem}", field.label())),
        }
    }
    if loaded.fields.is_empty() || loaded.fields.iter().any(|field| field.name == "*") {
        for (name, value) in given {
            if !matches!(name.as_str(), "id" | "type" | "summary" | "self" | "html_url") {
                taken.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    if let Some(wanted) = taken.get(row.unique).and_then(Value::as_str) {
        let mut others = store.table(row.entity).rows().iter();
        let same = |other: &str| other.eq_ignore_ascii_case(wanted);
        let elsewhere = |id: &str| Some(id) != current;
        if others.any(|other| elsewhere(&other.id) && other.owner == owner && same(other.text(row.unique))) {
            let label = Field { name: row.unique, needed: false, shape: Shape::Any }.label();
            problems.push(format!("{label} has already been taken"));
        }
    }
    if current.is_some() {
        taken.retain(|name, _| !row.fixed.contains(&name.as_str()));
    }
    if problems.is_empty() { Ok(taken) } else { Err(errors::invalid(&problems)) }
}

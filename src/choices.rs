//! Pick lists: the choices for one field, from the list operation its entity
//! names.
//!
//! Rule: it only reads, and resumes like any walk; a search goes to PagerDuty
//! where the list takes one and is done here where it does not. What is
//! particular to a list (its search, its parents, where the choices stand)
//! comes from the catalog.

use serde_json::{Map, Value};

use crate::arguments;
use crate::catalog::{self, Choices as Asking, Entity, Field, Operation, Pages, Place, Type};
use crate::client::{Client, Clock, Transport, operation};
use crate::error::{Error, Reason, Result, Violation, said};
use crate::time;

mod place;
use place::Found;

/// Pages read for one call of `options` while a search done here finds nothing.
const PAGES: usize = 10;
/// Days before and behind today that are listed where a list asks for a time
/// range and none is given.
const RANGE: (i64, i64) = (30, 90);
const DAY: i64 = 86_400;

/// What a person can choose.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
}

/// Some choices and where more are.
#[derive(Debug)]
pub(crate) struct Choices {
    pub(crate) choices: Vec<Choice>,
    pub(crate) next: Option<String>,
}

/// Choices for `argument` (a dotted path) of the operation `id`.
pub(crate) fn choices<S: Transport + Clock>(
    client: &Client<S>,
    id: &str,
    argument: &str,
    given: &str,
    search: &str,
    start: Option<&str>,
) -> Result<Choices> {
    let operation = operation(id)?;
    let given = arguments::object("arguments", given)?;
    let search = search.trim();
    let matches = |text: &str| text.to_lowercase().contains(&search.to_lowercase());
    let entity = match place::find(operation, argument, &given)? {
        Found::Entity(entity) => entity,
        Found::Words(words) => {
            let choice = |word: String| Choice { label: word.replace('_', " "), value: word };
            let choices = words.into_iter().filter(|word| matches(word)).map(choice).collect();
            return Ok(Choices { choices, next: None });
        }
        Found::Other => {
            return Err(problem(said(argument), "has no list to choose from: write a value"));
        }
    };
    let Some(list) = entity.options.and_then(catalog::find) else {
        return Err(Error::new(Reason::Invalid, format!("{} has no list to choose from: write an id", entity.title)));
    };
    let asking = entity.choices.as_ref();
    let mut asked = asked(operation, list, asking, &given, client.unix_s())?;
    let searches = search_argument(list, asking);
    if let (Some(name), false) = (searches, search.is_empty()) {
        asked.insert(name.to_owned(), search.into());
    }
    let asked = Value::Object(asked).to_string();
    let keep = |choice: &Choice| searches.is_some() || matches(&choice.label) || matches(&choice.value);
    let found = |items: &str| -> Result<Vec<Choice>> {
        let items = items_in(list, asking, items)?;
        Ok(items.iter().filter_map(|item| choice(&entity, item)).filter(keep).collect())
    };
    if list.pages == Pages::None {
        return Ok(Choices { choices: found(&client.call(list.id, &asked)?.success.value)?, next: None });
    }
    let mut walk = client.walk(list.id, &asked, start)?;
    let mut next = None;
    for _ in 0..PAGES {
        let Some(page) = client.next(&mut walk)? else { break };
        next = page.next;
        let choices = found(&page.items)?;
        if !choices.is_empty() || next.is_none() {
            return Ok(Choices { choices, next });
        }
    }
    Ok(Choices { choices: Vec::new(), next })
}

fn problem(argument: impl Into<String>, message: impl Into<String>) -> Box<Error> {
    Error::invalid("options", vec![Violation::new(argument, message)])
}

/// The argument of the list that takes what a person typed.
fn search_argument(list: &'static Operation, asking: Option<&Asking>) -> Option<&'static str> {
    let named = asking.and_then(|asking| asking.search);
    named.or_else(|| {
        let query = list.fields.iter().find(|field| field.name == "query" && field.place == Place::Query);
        query.map(|field| field.name)
    })
}

/// The arguments of the list that the operation must have filled before.
pub(crate) fn parents(list: &'static Operation, asking: Option<&'static Asking>) -> impl Iterator<Item = &'static str> {
    let needed = list.fields.iter().filter(|field| field.required && field.constant.is_none() && !is_range(field));
    needed.map(move |field| parent(field, asking))
}

/// The operation's argument that fills one of the list.
fn parent(field: &Field, asking: Option<&Asking>) -> &'static str {
    let named = asking.and_then(|asking| asking.parents.iter().find(|(name, _)| *name == field.name));
    named.map_or(field.name, |(_, from)| *from)
}

/// An end of the time range of a list.
fn is_range(field: &Field) -> bool {
    matches!(field.of, Type::Time { .. }) && matches!(field.name, "since" | "until")
}

/// What the list is asked with: what the catalog says, and what it needs of
/// the arguments already chosen.
fn asked(
    operation: &'static Operation,
    list: &'static Operation,
    asking: Option<&Asking>,
    given: &Map<String, Value>,
    now: i64,
) -> Result<Map<String, Value>> {
    let mut asked = match asking {
        Some(asking) => arguments::object("choices", asking.with)?,
        None => Map::new(),
    };
    for field in list.fields.iter().filter(|field| field.required && field.constant.is_none()) {
        let from = parent(field, asking);
        let chosen = given.get(from).filter(|value| !value.is_null() && value.as_str() != Some(""));
        let value = match chosen {
            Some(value) => value.clone(),
            None if is_range(field) => {
                // Whole days: a cursor holds for as long as the arguments stay.
                let (before, behind) = RANGE;
                let today = now - now.rem_euclid(DAY);
                let days = if field.name == "since" { -before } else { behind };
                time::format(today + days * DAY).into()
            }
            None if !arguments::fields(operation).any(|field| field.name == from) => {
                let message = format!("the list depends on it, and {} does not take it: write an id", operation.id);
                return Err(problem(from, message));
            }
            None => return Err(problem(from, "choose this first: the list depends on it")),
        };
        asked.insert(field.name.to_owned(), value);
    }
    Ok(asked)
}

/// The records to choose from in an answer: its items, the answer itself, or
/// what stands in them where the catalog says so.
fn items_in(list: &Operation, asking: Option<&Asking>, text: &str) -> Result<Vec<Value>> {
    let value = serde_json::from_str(text).map_err(|error| {
        Error::new(Reason::Unexpected, format!("{}: the list holds something else than objects: {error}", list.id))
    })?;
    let items = several(value);
    Ok(match asking.and_then(|asking| asking.take) {
        None => items,
        Some(take) => {
            items.into_iter().filter_map(|mut item| item.get_mut(take).map(Value::take)).flat_map(several).collect()
        }
    })
}

/// The items of a list, a single value, or nothing.
fn several(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        other => vec![other],
    }
}

fn choice(entity: &Entity, item: &Value) -> Option<Choice> {
    let value = text(item.get("id")?)?;
    let words: Vec<String> = entity.label.split(' ').filter_map(|path| label(item, path)).collect();
    let label = match words.is_empty() {
        false => words.join(", "),
        true => ["summary", "name"].iter().find_map(|name| label(item, name)).unwrap_or_else(|| value.clone()),
    };
    Some(Choice { value, label })
}

/// What stands at a dotted path, of a list in its first item.
fn label(item: &Value, path: &str) -> Option<String> {
    let found = path.split('.').try_fold(item, |value, name| match value {
        Value::Array(items) => items.first()?.get(name),
        other => other.get(name),
    });
    found.and_then(text).filter(|text| !text.is_empty())
}

/// Text or a number, as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests;

//! Pick lists: the choices for one field, from the list operation its entity
//! names.
//!
//! Rule: one page a call, resumable like any walk; a search goes to PagerDuty
//! where the list takes `query` and is done here where it does not.

use serde_json::{Map, Value};

use crate::arguments;
use crate::catalog::{Entity, Field, Operation, Place, Type};
use crate::client::{Client, Clock, Transport, operation};
use crate::error::{Error, Reason, Result, Violation, said, suggestion};

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
    let matches = |text: &str| text.to_lowercase().contains(&search.trim().to_lowercase());
    let entity = match field(operation, argument)? {
        Type::Ref(entity) | Type::Id(entity) => entity,
        Type::Enum(values) => {
            let choice = |value: &&str| Choice { value: (*value).to_owned(), label: value.replace('_', " ") };
            return Ok(Choices {
                choices: values.iter().filter(|value| matches(value)).map(choice).collect(),
                next: None,
            });
        }
        _ => {
            return Err(Error::invalid(
                "options",
                vec![Violation::new(said(argument), "has no list to choose from: write a value")],
            ));
        }
    };
    let Some(list) = entity.options.and_then(crate::catalog::find) else {
        return Err(Error::new(Reason::Invalid, format!("{} has no list to choose from: write an id", entity.title)));
    };
    let mut asked = parents(list, &given)?;
    let by_provider = list.fields.iter().any(|field| field.name == "query" && field.place == Place::Query);
    if by_provider && !search.trim().is_empty() {
        asked.insert("query".to_owned(), Value::from(search.trim()));
    }
    let asked = Value::Object(asked).to_string();
    let (items, next) = match list.pages {
        crate::catalog::Pages::None => (client.call(list.id, &asked)?.success.value, None),
        _ => match client.next(&mut client.walk(list.id, &asked, start)?)? {
            Some(page) => (page.items, page.next),
            None => ("[]".to_owned(), None),
        },
    };
    let items: Vec<Value> = serde_json::from_str(&items).map_err(|error| {
        Error::new(Reason::Unexpected, format!("{}: the list holds something else than objects: {error}", list.id))
    })?;
    let choices =
        items.iter().filter_map(|item| choice(entity, item)).filter(|choice| by_provider || matches(&choice.label));
    Ok(Choices { choices: choices.collect(), next })
}

/// What the list needs of the arguments already chosen.
fn parents(list: &'static Operation, given: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut asked = Map::new();
    for field in list.fields.iter().filter(|field| field.required && field.constant.is_none()) {
        match given.get(field.name) {
            Some(value) => drop(asked.insert(field.name.to_owned(), value.clone())),
            None => {
                return Err(Error::invalid(
                    "options",
                    vec![Violation::new(field.name, "choose this first: the list depends on it")],
                ));
            }
        }
    }
    Ok(asked)
}

fn choice(entity: &Entity, item: &Value) -> Option<Choice> {
    let value = item.get("id")?.as_str()?.to_owned();
    let label = [entity.label, "summary", "name"]
        .iter()
        .find_map(|name| item.get(name)?.as_str().filter(|text| !text.is_empty()));
    Some(Choice { label: label.unwrap_or(&value).to_owned(), value })
}

/// The type of the field at a dotted path; numbers stand for places in lists.
fn field(operation: &'static Operation, path: &str) -> Result<&'static Type> {
    let unknown = |name: &str, fields: &[&'static Field]| {
        let near = suggestion(name, fields.iter().map(|field| field.name));
        Error::invalid(
            "options",
            vec![Violation::new(said(path), format!("{} has no such argument{near}", operation.id))],
        )
    };
    let mut fields: Vec<&'static Field> = arguments::fields(operation).collect();
    fields.extend(operation.variants.iter().flat_map(|variants| variants.cases).flat_map(|(_, entity)| entity.fields));
    let mut found: Option<&'static Type> = None;
    for name in path.split('.').filter(|name| name.parse::<u32>().is_err()) {
        let field = fields.iter().find(|field| field.name == name).ok_or_else(|| unknown(name, &fields))?;
        let of = element(&field.of);
        fields = match of {
            Type::Entity(entity) => {
                let variants =
                    entity.variants.iter().flat_map(|variants| variants.cases).flat_map(|(_, entity)| entity.fields);
                entity.fields.iter().chain(variants).collect()
            }
            _ => Vec::new(),
        };
        // `service.id` is the same choice as `service`.
        if let (Type::Ref(_), true) = (of, path.ends_with(".id")) {
            return Ok(of);
        }
        found = Some(of);
    }
    found.ok_or_else(|| unknown("", &fields))
}

/// What a list holds, or the type itself.
fn element(of: &'static Type) -> &'static Type {
    match of {
        Type::List { of, .. } => element(of),
        of => of,
    }
}

#[cfg(test)]
mod tests;

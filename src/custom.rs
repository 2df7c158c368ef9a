//! What an account adds to an operation's arguments: the fields it made up
//! itself, such as a custom field of incidents.
//!
//! Rule: it only reads, from the lists that the catalog names (`custom` of an
//! entity). What the plan or the key does not let it read is said in a note,
//! and the schema stays as it was.

use serde_json::{Map, Value, json};

use crate::arguments;
use crate::catalog::{Custom, Entity, EntityAt, Operation, Pages, Type};
use crate::client::{Client, Clock, Transport, operation};
use crate::error::{Error, Reason, Result};
use crate::schema;

/// An operation as this account sees it.
pub(crate) struct Described {
    pub(crate) operation: &'static Operation,
    pub(crate) input: Value,
    /// What was found, and what could not be read; none where an account adds
    /// nothing to the operation.
    pub(crate) account: Option<Value>,
}

/// A field that the account added.
struct Known {
    id: String,
    name: String,
    title: String,
    description: Option<String>,
    value: Value,
    /// Titles of the things it belongs to, such as incident types.
    of: Vec<String>,
}

/// What was read for one kind of value.
#[derive(Default)]
struct Read {
    fields: Vec<Known>,
    notes: Vec<String>,
}

/// Describes the operation with what the account adds.
pub(crate) fn describe<S: Transport + Clock>(client: &Client<S>, id: &str, given: &str) -> Result<Described> {
    let operation = operation(id)?;
    arguments::object("arguments", given)?;
    let mut input = schema::input(operation);
    let mut read: Vec<(EntityAt, Read)> = Vec::new();
    for field in operation.fields.iter() {
        let Some(schema) = member(&mut input, "properties").and_then(|all| all.get_mut(field.name)) else { continue };
        extend(client, &field.of, schema, &mut read)?;
    }
    let account = (!read.is_empty()).then(|| {
        let names = read.iter().flat_map(|(_, read)| &read.fields).map(|field| field.name.as_str());
        let names: Vec<&str> = names.collect();
        let notes: Vec<&str> = read.iter().flat_map(|(_, read)| &read.notes).map(String::as_str).collect();
        json!({"custom_fields": names, "notes": notes})
    });
    Ok(Described { operation, input, account })
}

/// Puts the account's fields wherever the type holds values of them.
fn extend<S: Transport + Clock>(
    client: &Client<S>,
    of: &'static Type,
    schema: &mut Value,
    read: &mut Vec<(EntityAt, Read)>,
) -> Result<()> {
    match of {
        Type::List { of, .. } => match schema.get_mut("items") {
            Some(items) => extend(client, of, items, read),
            None => Ok(()),
        },
        Type::Entity(entity) if !entity.custom.is_empty() => {
            let known = match read.iter().position(|(known, _)| known == entity) {
                Some(place) => place,
                None => {
                    read.push((*entity, fields(client, entity.custom)?));
                    read.len() - 1
                }
            };
            if let (Some((_, read)), Some(schema)) = (read.get(known), schema.as_object_mut()) {
                offer(entity, &read.fields, schema);
            }
            Ok(())
        }
        Type::Entity(entity) => {
            let Some(properties) = member(schema, "properties") else { return Ok(()) };
            for field in entity.fields {
                if let Some(schema) = properties.get_mut(field.name) {
                    extend(client, &field.of, schema, read)?;
                }
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn member<'a>(schema: &'a mut Value, name: &str) -> Option<&'a mut Map<String, Value>> {
    schema.get_mut(name)?.as_object_mut()
}

/// The shapes of a value, one a field: its name says which.
fn offer(entity: &Entity, fields: &[Known], schema: &mut Map<String, Value>) {
    if fields.is_empty() || !entity.fields.iter().any(|field| field.name == "name") {
        return;
    }
    let case = |(order, field): (usize, &Known)| {
        let mut case = json!({
            "type": "object",
            "title": field.title,
            "properties": {
                "name": {"type": "string", "const": field.name, "title": schema::title("name"), "x-order": -1},
                "value": field.value,
            },
            "required": ["name", "value"],
            "x-order": order,
            "x-id": field.id,
        });
        if let Some(map) = case.as_object_mut() {
            if let Some(description) = &field.description {
                map.insert("description".to_owned(), description.as_str().into());
            }
            if !field.of.is_empty() {
                map.insert("x-of".to_owned(), json!(field.of));
            }
        }
        case
    };
    schema.insert("x-discriminator".to_owned(), "name".into());
    schema.insert("oneOf".to_owned(), fields.iter().enumerate().map(case).collect());
}

/// Reads the account's fields from every list that the catalog names.
fn fields<S: Transport + Clock>(client: &Client<S>, lists: &'static [Custom]) -> Result<Read> {
    let mut read = Read::default();
    for list in lists {
        let asked = arguments::object("custom", list.with)?;
        let Some((each, fills)) = list.each else {
            for record in every(client, list.of, &asked, &mut read)? {
                read.add(&record, None);
            }
            continue;
        };
        for owner in every(client, each, &Map::new(), &mut read)? {
            let Some(id) = owner.get("id").and_then(Value::as_str) else { continue };
            let title = text(&owner, "display_name").or_else(|| text(&owner, "name"));
            let mut asked = asked.clone();
            asked.insert(fills.to_owned(), id.into());
            for record in every(client, list.of, &asked, &mut read)? {
                read.add(&record, title.as_deref());
            }
        }
    }
    Ok(read)
}

/// Every record of a list; none and a note where the account may not read it.
fn every<S: Transport + Clock>(
    client: &Client<S>,
    id: &str,
    asked: &Map<String, Value>,
    read: &mut Read,
) -> Result<Vec<Value>> {
    match all(client, id, &Value::Object(asked.clone()).to_string()) {
        Err(error) if matches!(error.reason, Reason::Forbidden | Reason::Unlicensed | Reason::Missing) => {
            let note = client.leaving(error).message;
            // Not once for each of many owners.
            if !read.notes.contains(&note) {
                read.notes.push(note);
            }
            Ok(Vec::new())
        }
        other => other,
    }
}

fn all<S: Transport + Clock>(client: &Client<S>, id: &str, asked: &str) -> Result<Vec<Value>> {
    let parse = |text: &str| {
        serde_json::from_str::<Vec<Value>>(text)
            .map_err(|error| Error::new(Reason::Unexpected, format!("{id}: not a list of objects: {error}")))
    };
    if operation(id)?.pages == Pages::None {
        return parse(&client.call(id, asked)?.success.value);
    }
    let mut walk = client.walk(id, asked, None)?;
    let mut found = Vec::new();
    while let Some(page) = client.next(&mut walk)? {
        found.extend(parse(&page.items)?);
    }
    Ok(found)
}

impl Read {
    /// Takes in one field; the same one comes again from other lists.
    fn add(&mut self, record: &Value, of: Option<&str>) {
        let (Some(id), Some(name)) = (text(record, "id"), text(record, "name")) else { return };
        if record.get("enabled") == Some(&Value::Bool(false)) {
            return;
        }
        let title = text(record, "display_name").unwrap_or_else(|| schema::title(&name));
        let value = value(record, &title);
        let of = of.map(str::to_owned);
        match self.fields.iter_mut().find(|known| known.name == name) {
            None => {
                let description = text(record, "description");
                self.fields.push(Known { id, name, title, description, value, of: of.into_iter().collect() });
            }
            Some(known) => {
                if known.id != id && known.value != value {
                    // Two fields of one name: which is meant depends on the thing.
                    known.value = json!({"title": known.title});
                }
                known.of.extend(of.filter(|of| !known.of.contains(of)));
            }
        }
    }
}

/// The schema of a field's value; null clears it.
fn value(record: &Value, title: &str) -> Value {
    let kind = record.get("field_type").and_then(Value::as_str).unwrap_or_default();
    let (of, format) = match record.get("data_type").and_then(Value::as_str).unwrap_or_default() {
        "boolean" => ("boolean", None),
        "integer" => ("integer", None),
        "float" => ("number", None),
        "datetime" => ("string", Some("date-time")),
        "url" => ("string", Some("uri")),
        "string" => ("string", None),
        // One that came later than this connector.
        _ => return json!({"title": title}),
    };
    let options = record.get("field_options").and_then(Value::as_array);
    let options = options.into_iter().flatten().filter_map(|option| option.get("data")?.get("value"));
    let fixed: Vec<Value> = options.filter(|_| kind.ends_with("_fixed")).cloned().collect();
    let several = kind.starts_with("multi_value");
    let mut schema = match several {
        true => json!({"type": of}),
        false => json!({"type": [of, "null"]}),
    };
    let put = |schema: &mut Value, name: &str, value: Value| {
        if let Some(map) = schema.as_object_mut() {
            map.insert(name.to_owned(), value);
        }
    };
    if let Some(format) = format {
        put(&mut schema, "format", format.into());
    }
    if !fixed.is_empty() {
        let null = (!several).then_some(Value::Null);
        put(&mut schema, "enum", fixed.into_iter().chain(null).collect());
    }
    if several {
        schema = json!({"type": ["array", "null"], "items": schema});
    }
    put(&mut schema, "title", title.into());
    if let Some(default) = record.get("default_value").filter(|value| !value.is_null()) {
        put(&mut schema, "default", default.clone());
    }
    schema
}

fn text(record: &Value, name: &str) -> Option<String> {
    record.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests;

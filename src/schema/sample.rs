//! Samples of an operation's output.
//!
//! Rule: pure; every field of the shape is there once, so that a mapping can
//! be drawn before the first run. Obviously made up: names of no one, ids of
//! nothing.

use serde_json::{Map, Value, json};

use super::title;
use crate::arguments;
use crate::catalog::{Answer, Entity, Field, Operation, Pages, Type};

const WHEN: &str = "2026-11-21T09:00:00Z";

/// A sample of what `call` answers.
pub(crate) fn sample(operation: &'static Operation) -> Value {
    match &operation.answer {
        Answer::None => Value::Null,
        Answer::Whole(of) | Answer::Item { of, .. } => value(of, ""),
        Answer::Items { key, of, envelope } => {
            let items = Value::Array(vec![value(of, "")]);
            if operation.pages == Pages::None {
                return items;
            }
            let mut page = Map::from_iter([((*key).to_owned(), items)]);
            page.extend(envelope.iter().map(|field| (field.name.to_owned(), beside(field))));
            Value::Object(page)
        }
    }
}

/// What stands beside the items of a last page of one item.
fn beside(field: &'static Field) -> Value {
    match field.name {
        "limit" => 100.into(),
        "offset" => 0.into(),
        "more" => false.into(),
        "next_cursor" | "after" | "before" => Value::Null,
        "schemas" => json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]),
        _ => field_value(field, &[]),
    }
}

fn entity(entity: &'static Entity) -> Value {
    let mut object = Map::new();
    let first = entity.variants.and_then(|variants| variants.cases.first().map(|case| (variants.by, *case)));
    let fields = entity.fields.iter().chain(first.iter().flat_map(|(_, (_, case))| case.fields));
    for field in fields.filter(|field| !field.write_only) {
        let samples =
            first.map_or(
                entity.samples,
                |(_, (_, case))| if entity.samples.is_empty() { case.samples } else { entity.samples },
            );
        object.insert(field.name.to_owned(), field_value(field, samples));
    }
    if let Some((by, (name, _))) = first {
        object.insert(by.to_owned(), name.into());
    }
    Value::Object(object)
}

/// A value for a form to show beside an empty field, where one is written in
/// the catalog that the field takes.
pub(super) fn example(field: &'static Field, samples: &[(&str, &str)]) -> Option<Value> {
    let scalar = matches!(
        field.of,
        Type::Text { .. }
            | Type::Int { .. }
            | Type::Number
            | Type::Bool
            | Type::Time { .. }
            | Type::Date
            | Type::Email
            | Type::Url
    );
    if !scalar || !samples.iter().any(|(name, _)| *name == field.name) {
        return None;
    }
    let value = field_value(field, samples);
    arguments::fits(&field.of, &value).then_some(value)
}

fn field_value(field: &'static Field, samples: &[(&str, &str)]) -> Value {
    let written = samples.iter().find(|(name, _)| *name == field.name).map(|(_, value)| *value);
    match (written, field.constant, &field.of) {
        (
            Some(text),
            _,
            Type::Int { .. }
            | Type::IntEnum(_)
            | Type::Number
            | Type::Bool
            | Type::List { .. }
            | Type::Json
            | Type::Object,
        ) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        (Some(text), _, _) => text.into(),
        (None, Some(constant), _) => constant.into(),
        (None, None, of) => value(of, field.name),
    }
}

fn value(of: &'static Type, name: &str) -> Value {
    match of {
        Type::Text { max, .. } => text(name).chars().take(*max as usize).collect::<String>().into(),
        Type::Int { min, max } => 1.clamp(*min, *max).into(),
        Type::Number => 1.5.into(),
        Type::Bool => true.into(),
        Type::Time { .. } => WHEN.into(),
        Type::Date => "2026-11-21".into(),
        Type::Email => "ada@example.com".into(),
        Type::Url => format!("https://example.pagerduty.com/{}", name.replace('_', "-")).into(),
        Type::Json => Value::Null,
        Type::Object => json!({}),
        Type::File => "name,value\nfirst,1\n".into(),
        Type::Enum(values) => values.first().copied().into(),
        Type::IntEnum(values) => values.first().copied().into(),
        // Where the notation ends a shape that contains itself.
        Type::List { max: 0, .. } => json!([]),
        Type::List { of, .. } => Value::Array(vec![value(of, name.strip_suffix('s').unwrap_or(name))]),
        Type::Entity(nested) => entity(nested),
        Type::Ref(entity) => json!({
            "id": "PABC123", "type": entity.reference, "summary": entity.title,
            "self": null, "html_url": null,
        }),
        Type::Id(_) => "PABC123".into(),
    }
}

/// A word for a text field, told by its name.
fn text(name: &str) -> String {
    match name {
        "id" => "PABC123".to_owned(),
        name if name.ends_with("_id") || name.ends_with("_ids") => "PABC123".to_owned(),
        name if name.ends_with("_at") => WHEN.to_owned(),
        "time_zone" | "timezone" => "Europe/Berlin".to_owned(),
        name if name.ends_with("_key") => "sample-key".to_owned(),
        name => title(name),
    }
}

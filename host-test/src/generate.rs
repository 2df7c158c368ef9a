//! Arguments made from an operation's input schema: the fewest it takes, and
//! all it takes.
//!
//! Rule: made from the schema alone, so an operation cannot be forgotten and
//! needs no case written by hand.

use connector_host::contract::{Detail, Operation};
use serde_json::{Map, Value, json};

/// How much to fill in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What is required and nothing else.
    Fewest,
    /// Every argument, nested ones too.
    All,
}

/// Arguments for an operation, from its input schema.
///
/// # Panics
/// When the schema or `extra` of the operation is not JSON.
#[must_use]
pub fn of(detail: &Detail, extent: Extent) -> Vec<Value> {
    let schema: Value = serde_json::from_str(&detail.input).expect("a schema");
    let mut all = arguments(&schema, extent);
    // The cursor of a feed is the connector's own: nobody can make one up.
    if is_feed(&detail.operation) {
        all.iter_mut().filter_map(Value::as_object_mut).for_each(|given| drop(given.remove("cursor")));
    }
    all
}

/// Whether an operation takes an OAuth access token alone.
///
/// # Panics
///
/// On a description that is not of this contract.
#[must_use]
pub fn needs_oauth(operation: &Operation) -> bool {
    let extra: Value = serde_json::from_str(&operation.extra).expect("an object");
    extra["key"] == "bearer"
}

/// Whether an operation sends what another one sends, and makes its own pages.
///
/// # Panics
/// When `extra` of the operation is not JSON.
#[must_use]
pub fn is_feed(operation: &Operation) -> bool {
    let extra: Value = serde_json::from_str(&operation.extra).expect("an object");
    extra["feed"] == true
}

/// Arguments for an operation with this input schema. Several where a
/// discriminator chooses between shapes: all shapes at the top level.
fn arguments(schema: &Value, extent: Extent) -> Vec<Value> {
    match schema["oneOf"].as_array() {
        None => vec![object(schema, "", extent)],
        Some(cases) => cases.iter().map(|case| variant(schema, case, "", extent)).collect(),
    }
}

/// One shape of an object with variants.
fn variant(schema: &Value, case: &Value, name: &str, extent: Extent) -> Value {
    let mut whole = object(schema, name, extent);
    let own = object(case, name, extent);
    if let (Value::Object(whole), Value::Object(own)) = (&mut whole, own) {
        // `true` stands for a field that all shapes share.
        whole.extend(own.into_iter().filter(|(name, _)| case["properties"][name] != true));
    }
    whole
}

fn object(schema: &Value, name: &str, extent: Extent) -> Value {
    let required = |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|n| n == name));
    let properties = schema["properties"].as_object().into_iter().flatten();
    let filled = properties
        .filter(|(name, property)| **property != true && (extent == Extent::All || required(name)))
        // A page is asked for by one of its positions; the first is enough.
        .filter(|(name, property)| property["x-paging"] != true || !matches!(name.as_str(), "before" | "ending_before"))
        .map(|(name, property)| (name.clone(), value(property, name, extent)));
    let filled: Map<String, Value> = filled.collect();
    if filled.is_empty() && !name.is_empty() && schema["properties"].is_null() {
        json!({"key": "value"})
    } else {
        filled.into()
    }
}

fn value(schema: &Value, name: &str, extent: Extent) -> Value {
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    let of = match &schema["type"] {
        Value::Array(types) => types.first().and_then(Value::as_str).unwrap_or_default(),
        other => other.as_str().unwrap_or_default(),
    };
    match of {
        "object" => match schema["oneOf"].as_array().and_then(|cases| cases.first()) {
            Some(case) => variant(schema, case, name, extent),
            None => object(schema, name, extent),
        },
        "array" => {
            let most = schema["maxItems"].as_u64().unwrap_or(u64::MAX);
            let least = schema["minItems"].as_u64().unwrap_or(0).max(1).min(most);
            (0..least).map(|_| value(&schema["items"], name, extent)).collect()
        }
        "integer" => {
            schema["minimum"].as_i64().unwrap_or(1).max(1).min(schema["maximum"].as_i64().unwrap_or(i64::MAX)).into()
        }
        "number" => json!(1.5),
        "boolean" => json!(true),
        "string" => text(schema, name).into(),
        _ => json!("anything"),
    }
}

/// Whether a text goes into a header: visible ASCII, at least a character.
pub(crate) fn is_header(schema: &Value) -> bool {
    schema["pattern"] == "^[!-~]+$"
}

/// A text that fits a field of this name.
pub(crate) fn text(schema: &Value, name: &str) -> String {
    match schema["format"].as_str() {
        Some("date-time") if name == "until" || name.starts_with("end") => return "2026-11-02T09:00:00Z".to_owned(),
        Some("date-time") => return "2026-11-01T09:00:00Z".to_owned(),
        Some("date") => return "2026-11-01".to_owned(),
        Some("email") => return "ada@example.com".to_owned(),
        _ if name.starts_with("cidr") => return "192.0.2.0/24".to_owned(),
        Some("uri") => return "https://example.com/a?b=c".to_owned(),
        _ => {}
    }
    if is_header(schema) {
        return "c2lnbmF0dXJl".to_owned();
    }
    if schema["contentMediaType"] == "text/csv" {
        return "name,team\ncheckout,payments\n".to_owned();
    }
    let text = match name {
        // What the documents want of these stands in no schema of ours.
        "schema_id" => "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "time_zone" | "timezone" => "Europe/Berlin",
        "routing_key" => "0123456789abcdef0123456789abcdef",
        "id" => "PABC123",
        name if name.ends_with("_id") || schema["x-entity"].is_string() => "PABC123",
        _ => "some text & more",
    };
    let most = schema["maxLength"].as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    text.chars().take(most).collect()
}

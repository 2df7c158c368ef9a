//! Arguments by chance, from an operation's input schema: sound ones, and ones
//! with exactly one defect at a known place.
//!
//! Rule: made from the schema alone, and the same for the same seed, so that a
//! failure can be looked at again.

mod broken;
mod sound;

use connector_host::contract::Detail;
use serde_json::Value;

use crate::generate;
use crate::lists::Chance;
pub use broken::{Broken, broken};
pub use sound::{Taste, sound};

/// An operation's input schema, without the cursor of a feed, which nobody can
/// make up.
///
/// # Panics
/// When the schema or `extra` of the operation is not JSON.
#[must_use]
pub fn schema(detail: &Detail) -> Value {
    let mut schema: Value = serde_json::from_str(&detail.input).expect("a schema");
    if let (true, Some(properties)) = (generate::is_feed(&detail.operation), schema["properties"].as_object_mut()) {
        properties.remove("cursor");
    }
    schema
}

/// The source of chance for one operation: its own, so that an operation more
/// or less changes nothing for the others.
#[must_use]
pub fn chance(seed: u64, operation: &str) -> Chance {
    let start = operation.bytes().fold(seed, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let mut chance = Chance::new(start);
    // The first numbers of neighbouring seeds are alike.
    for _ in 0..4 {
        chance.below(2);
    }
    chance
}

/// So many sound arguments, of words that the official documents take.
///
/// # Panics
/// When the schema or `extra` of the operation is not JSON.
#[must_use]
pub fn judged(detail: &Detail, seed: u64, count: u64) -> Vec<Value> {
    let (schema, mut chance) = (schema(detail), chance(seed, &detail.operation.id));
    (0..count).map(|round| sound(&schema, &Taste::Judged, round, &mut chance)).collect()
}

/// The properties of an object of this schema: its own, and those of the shape
/// that `given` chooses.
fn properties<'a>(schema: &'a Value, given: Option<&str>) -> Vec<(&'a str, &'a Value)> {
    let own = schema["properties"].as_object().into_iter().flatten();
    let shape = given.and_then(|given| shape(schema, given));
    let more = shape.and_then(|shape| shape["properties"].as_object()).into_iter().flatten();
    // `true` stands for a field that all shapes share, `const` for the name of
    // the shape.
    let more = more.filter(|(_, property)| **property != true && property.get("const").is_none());
    own.chain(more).map(|(name, property)| (name.as_str(), property)).collect()
}

/// Which of them must be there.
fn required<'a>(schema: &'a Value, given: Option<&str>) -> Vec<&'a str> {
    let shape = given.and_then(|given| shape(schema, given));
    let names = |schema: &'a Value| schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut all: Vec<&str> = names(schema).chain(shape.into_iter().flat_map(names)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The shape of this name.
fn shape<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let by = schema["x-discriminator"].as_str()?;
    schema["oneOf"].as_array()?.iter().find(|shape| shape["properties"][by]["const"] == name)
}

/// The types that a schema takes; none where it takes any.
fn types(schema: &Value) -> Vec<&str> {
    match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    }
}

/// Whether null is among what it takes.
fn may_be_null(schema: &Value) -> bool {
    let of = types(schema);
    of.contains(&"null") || (of.is_empty() && schema["not"]["type"] != "null" && schema.get("const").is_none())
}

/// A bound of a schema, where there is one.
fn bound(schema: &Value, name: &str) -> Option<usize> {
    schema[name].as_u64().and_then(|bound| usize::try_from(bound).ok())
}

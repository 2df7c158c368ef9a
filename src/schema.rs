//! Fields become JSON Schema (2020-12) and samples.
//!
//! Rule: pure, and derived from the catalog alone. Input schemas are closed;
//! output schemas are open, and in them anything but a marked field may be null.
//!
//! For a form: every property has `title` and `x-order`; `x-options` marks what
//! `options` fills, `x-depends` what is chosen before it, `x-entity` what it
//! stands for; `x-discriminator` names the property that tells the cases of
//! `oneOf` apart, each with a `const` of it; `x-secret` and `x-paging` mark what
//! a form hides and leaves to walks.

use serde_json::{Map, Value, json};

use crate::catalog::{self, Answer, Entity, Field, Operation, Pages, Paging, Place, Type, Variants};
use crate::{arguments, choices};

mod sample;
pub(crate) use sample::sample;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Believable values by field name.
type Samples = &'static [(&'static str, &'static str)];

/// Which way a value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Into a request; references stand as objects in a body only.
    In {
        body: bool,
    },
    Out,
}

/// What `call` and `walk` take.
pub(crate) fn input(operation: &'static Operation) -> Value {
    let fields: Vec<&'static Field> = arguments::fields(operation).collect();
    let mut schema = object(&fields, operation.variants, Way::In { body: true }, answered(operation));
    schema.insert("title".to_owned(), operation.title.into());
    dialect(schema)
}

/// What `call` answers: the value, or of a paged operation the whole page.
pub(crate) fn output(operation: &'static Operation) -> Value {
    let mut schema = match &operation.answer {
        Answer::None => json!({"type": "null"}),
        Answer::Whole(of) | Answer::Item { of, .. } => value(of, Way::Out),
        Answer::Items { key, of, envelope } => {
            let items = json!({"type": "array", "items": value(of, Way::Out)});
            match operation.pages {
                Pages::None => items,
                _ => page(key, items, envelope),
            }
        }
    };
    match schema.as_object_mut() {
        Some(map) => dialect(std::mem::take(map)),
        None => schema,
    }
}

/// What the attributes of a kind of asset are.
pub(crate) fn attributes(of: &'static Type) -> Value {
    value(of, Way::Out)
}

/// Believable values for the fields of a body: what is sent mostly comes back.
fn answered(operation: &'static Operation) -> Samples {
    match &operation.answer {
        Answer::Item { of, .. } | Answer::Whole(of) | Answer::Items { of, .. } => match of.element() {
            Type::Entity(entity) => entity.samples,
            _ => &[],
        },
        Answer::None => &[],
    }
}

fn dialect(schema: Map<String, Value>) -> Value {
    let mut whole = Map::from_iter([("$schema".to_owned(), Value::from(DIALECT))]);
    whole.extend(schema);
    Value::Object(whole)
}

fn page(key: &str, mut items: Value, envelope: &'static [Field]) -> Value {
    if let Some(map) = items.as_object_mut() {
        map.insert("title".to_owned(), title(key).into());
        map.insert("x-order".to_owned(), 0.into());
    }
    let mut properties = Map::from_iter([(key.to_owned(), items)]);
    for (order, field) in envelope.iter().enumerate() {
        properties.insert(field.name.to_owned(), property(field, Way::Out, order + 1, &[]));
    }
    json!({"type": "object", "properties": properties, "required": [key]})
}

/// An object of these fields, and of one variant's where there are some.
fn object(
    fields: &[&'static Field],
    variants: Option<&'static Variants>,
    way: Way,
    samples: Samples,
) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (order, field) in fields.iter().copied().filter(|field| shown(field, way)).enumerate() {
        properties.insert(field.name.to_owned(), property(field, way, order, samples));
        let decides = variants.is_some_and(|variants| variants.by == field.name);
        if field.required || decides {
            required.push(Value::from(field.name));
        }
    }
    let mut schema = Map::from_iter([("type".to_owned(), Value::from("object"))]);
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".to_owned(), Value::Array(required));
    }
    match (variants, way) {
        (Some(variants), _) => {
            schema.insert("x-discriminator".to_owned(), variants.by.into());
            let cases: Vec<Value> =
                variants.cases.iter().map(|(name, entity)| case(variants.by, name, entity, fields, way)).collect();
            schema.insert("oneOf".to_owned(), Value::Array(cases));
        }
        (None, Way::In { .. }) => drop(schema.insert("additionalProperties".to_owned(), false.into())),
        (None, Way::Out) => {}
    }
    schema
}

/// One shape of a polymorphic object. It repeats the fields all shapes share,
/// so that it can be closed.
fn case(by: &str, name: &str, entity: &'static Entity, shared: &[&'static Field], way: Way) -> Value {
    let fields: Vec<&'static Field> = entity.fields.iter().collect();
    let mut schema = object(&fields, None, way, entity.samples);
    schema.insert("title".to_owned(), entity.title.into());
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for field in shared.iter().filter(|field| field.name != by && shown(field, way)) {
            properties.entry(field.name).or_insert(Value::Bool(true));
        }
        properties.insert(by.to_owned(), json!({"type": "string", "const": name, "title": title(by), "x-order": -1}));
    }
    match schema.get_mut("required") {
        Some(Value::Array(required)) => required.push(by.into()),
        _ => drop(schema.insert("required".to_owned(), json!([by]))),
    }
    Value::Object(schema)
}

/// Whether a field stands in a schema at all.
fn shown(field: &Field, way: Way) -> bool {
    match way {
        Way::In { .. } => field.constant.is_none() && !field.read_only,
        Way::Out => !field.write_only,
    }
}

fn property(field: &'static Field, way: Way, order: usize, samples: Samples) -> Value {
    let way = match way {
        Way::In { body } => {
            Way::In { body: body && !matches!(field.place, Place::Path | Place::Query | Place::Header) }
        }
        Way::Out => Way::Out,
    };
    let mut schema = match value(&field.of, way) {
        Value::Object(schema) => schema,
        _ => Map::new(),
    };
    schema.insert("title".to_owned(), title(field.name).into());
    schema.insert("x-order".to_owned(), order.into());
    if !field.note.is_empty() {
        schema.insert("description".to_owned(), field.note.into());
    }
    if field.secret {
        schema.insert("x-secret".to_owned(), true.into());
    }
    if field.place == Place::Header && matches!(field.of, Type::Text { .. }) {
        schema.insert("pattern".to_owned(), "^[!-~]+$".into());
    }
    if field.paging != Paging::No {
        schema.insert("x-paging".to_owned(), true.into());
    }
    match (field.paging, field.name) {
        (Paging::Total, _) => drop(schema.insert("default".to_owned(), false.into())),
        (Paging::Position, "offset") => drop(schema.insert("default".to_owned(), 0.into())),
        _ => {}
    }
    if let (Way::In { body: true }, false) = (way, field.secret)
        && let Some(example) = sample::example(field, samples)
    {
        schema.insert("examples".to_owned(), json!([example]));
    }
    match way {
        Way::In { .. } if field.nullable => nullable(&mut schema),
        Way::Out if !field.required => nullable(&mut schema),
        // What takes anything takes no null unless that is said.
        Way::In { .. } if matches!(field.of, Type::Json) => {
            schema.insert("not".to_owned(), json!({"type": "null"}));
        }
        Way::In { .. } | Way::Out => {}
    }
    Value::Object(schema)
}

/// Lets a schema take null beside what it takes.
fn nullable(schema: &mut Map<String, Value>) {
    match schema.get_mut("type") {
        Some(Value::Array(types)) if !types.contains(&"null".into()) => types.push("null".into()),
        Some(Value::String(of)) => {
            let types = json!([of, "null"]);
            schema.insert("type".to_owned(), types);
        }
        _ => {}
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
    // The shapes of a polymorphic object do not hold for null.
    if let Some(Value::Array(cases)) = schema.get_mut("oneOf") {
        cases.push(json!({"type": "null", "title": "None"}));
    }
}

fn value(of: &'static Type, way: Way) -> Value {
    match of {
        Type::Text { min, max } => {
            bounded(json!({"type": "string"}), ("minLength", *min, 0), ("maxLength", *max, u32::MAX))
        }
        Type::Int { min, max } => {
            bounded(json!({"type": "integer"}), ("minimum", *min, i64::MIN), ("maximum", *max, i64::MAX))
        }
        Type::Number => json!({"type": "number"}),
        Type::Bool => json!({"type": "boolean"}),
        Type::Time { utc: true } if way != Way::Out => {
            json!({"type": "string", "format": "date-time", "pattern": "Z$"})
        }
        Type::Time { .. } => json!({"type": "string", "format": "date-time"}),
        Type::Date => json!({"type": "string", "format": "date"}),
        Type::Email => json!({"type": "string", "format": "email"}),
        Type::Url => json!({"type": "string", "format": "uri"}),
        Type::Json => json!({}),
        Type::Object => json!({"type": "object"}),
        Type::File => json!({"type": "string", "contentMediaType": "text/csv"}),
        // What PagerDuty adds to an enum must not break a mapping.
        Type::Enum(values) if way == Way::Out => json!({"type": "string", "examples": values}),
        Type::Enum(values) => json!({"type": "string", "enum": values}),
        Type::IntEnum(values) if way == Way::Out => json!({"type": "integer", "examples": values}),
        Type::IntEnum(values) => json!({"type": "integer", "enum": values}),
        Type::List { of, min, max } => bounded(
            json!({"type": "array", "items": value(of, way)}),
            ("minItems", *min, 0),
            ("maxItems", *max, u32::MAX),
        ),
        Type::Entity(entity) => {
            let fields: Vec<&'static Field> = entity.fields.iter().collect();
            let mut schema = object(&fields, entity.variants, way, entity.samples);
            schema.insert("title".to_owned(), entity.title.into());
            Value::Object(schema)
        }
        Type::Ref(entity) => reference(entity, way),
        Type::Id(entity) => match way {
            Way::In { .. } => options(json!({"type": "string", "minLength": 1}), entity),
            Way::Out => json!({"type": "string"}),
        },
    }
}

fn reference(entity: &'static Entity, way: Way) -> Value {
    let id = json!({"type": "string", "minLength": 1, "title": title("id"), "x-order": 0});
    match way {
        Way::In { body: false } => options(id, entity),
        Way::In { body: true } => options(
            json!({"type": ["string", "object"], "minLength": 1, "properties": {"id": id}, "required": ["id"]}),
            entity,
        ),
        Way::Out => {
            let mut properties =
                Map::from_iter([("id".to_owned(), json!({"type": "string", "title": title("id"), "x-order": 0}))]);
            for (order, name) in ["type", "summary", "self", "html_url"].into_iter().enumerate() {
                let text = json!({"type": ["string", "null"], "title": title(name), "x-order": order + 1});
                properties.insert(name.to_owned(), text);
            }
            json!({"type": "object", "title": entity.title, "required": ["id"], "properties": properties})
        }
    }
}

/// Marks a field that stands for an entity; `x-options` only where there is a
/// list to choose from, and `x-depends` names what is chosen first.
fn options(mut schema: Value, entity: &'static Entity) -> Value {
    if let Some(map) = schema.as_object_mut() {
        if let Some(list) = entity.options.and_then(catalog::find) {
            map.insert("x-options".to_owned(), true.into());
            let parents: Vec<&str> = choices::parents(list, entity.choices.as_ref()).collect();
            if !parents.is_empty() {
                map.insert("x-depends".to_owned(), parents.into());
            }
        }
        map.insert("x-entity".to_owned(), entity.id.into());
    }
    schema
}

/// Adds the bounds that bind.
fn bounded<N: PartialEq + Into<Value>>(mut schema: Value, min: (&str, N, N), max: (&str, N, N)) -> Value {
    for (name, bound, free) in [min, max] {
        if let (true, Some(map)) = (bound != free, schema.as_object_mut()) {
            map.insert(name.to_owned(), bound.into());
        }
    }
    schema
}

/// Words that people write in capitals.
const CAPITALS: &[&str] = &["id", "url", "uri", "html", "http", "ip", "api", "sms", "utc", "csv", "json"];

/// `escalation_policy` as people write it. Names are ASCII, which spares the
/// tables of all other letters.
pub(crate) fn title(name: &str) -> String {
    let mut spaced = String::with_capacity(name.len() + 4);
    let mut small = false;
    for letter in name.chars() {
        match letter {
            '_' | '-' | '.' => spaced.push(' '),
            // `displayName`
            'A'..='Z' if small => spaced.extend([' ', letter.to_ascii_lowercase()]),
            other => spaced.push(other),
        }
        small = letter.is_ascii_lowercase();
    }
    let mut title = String::with_capacity(spaced.len());
    for (number, word) in spaced.split(' ').enumerate() {
        if number > 0 {
            title.push(' ');
        }
        let plural = word.strip_suffix('s').filter(|word| CAPITALS.contains(word));
        match (plural, number) {
            (Some(word), _) => title.extend([&word.to_ascii_uppercase(), "s"]),
            (None, _) if CAPITALS.contains(&word) => title.push_str(&word.to_ascii_uppercase()),
            (None, 0) => {
                let mut letters = word.chars();
                title.extend(letters.next().map(|first| first.to_ascii_uppercase()));
                title.push_str(letters.as_str());
            }
            (None, _) => title.push_str(word),
        }
    }
    title
}

#[cfg(test)]
mod tests;

//! A caller's JSON becomes checked arguments, or all its violations at once.
//!
//! Rule: pure. What leaves this module has the shape PagerDuty takes: nested
//! objects checked against their entity, references as `{id, type}`, constants
//! in place. Nothing that was not declared passes.

use serde_json::{Map, Value};

use crate::catalog::{Entity, Field, From, ListStyle, Operation, Paging, Place, Type, Variants};
use crate::error::{Error, Reason, Result, Violation, said, suggestion};

/// The sender of a change, an argument of operations that take `From`.
pub(crate) static FROM: Field = Field {
    name: "from",
    place: Place::Header,
    required: false,
    nullable: false,
    read_only: false,
    write_only: false,
    secret: false,
    constant: None,
    list_style: ListStyle::Bare,
    paging: Paging::No,
    of: Type::Email,
    note: "E-mail of the user on whose behalf this is done; needed with an account key, default is the setting `from`",
};

/// The values of one call, in the order of the operation's fields.
#[derive(Debug, Clone)]
pub(crate) struct Arguments {
    values: Vec<(&'static Field, Value)>,
}

impl Arguments {
    /// Every value with its field; constants included.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static Field, &Value)> {
        self.values.iter().map(|(field, value)| (*field, value))
    }

    /// The value of one argument.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(field, _)| field.name == name).map(|(_, value)| value)
    }

    /// A digest that does not depend on the order of keys: what a cursor holds
    /// of the arguments. Arguments of paging do not count.
    pub(crate) fn digest(&self) -> u64 {
        self.iter()
            .filter(|(field, _)| field.paging == Paging::No)
            .fold(0, |sum: u64, (field, value)| sum.wrapping_add(fnv(field.name.as_bytes(), digest(value))))
    }
}

/// Fields that a caller may set, `from` included.
pub(crate) fn fields(operation: &'static Operation) -> impl Iterator<Item = &'static Field> {
    let from = (operation.from != From::No).then_some(&FROM);
    operation.fields.iter().chain(from)
}

/// Parses and checks `text` for `operation`.
pub(crate) fn check(operation: &'static Operation, text: &str) -> Result<Arguments> {
    let what = format!("arguments of {}", operation.id);
    let given = object(&what, text)?;
    let mut checker = Checker { violations: Vec::new(), in_body: false };
    let mut values = Vec::new();
    let variant = operation.variants.and_then(|variants| checker.variant("", variants, &given));
    let declared = || fields(operation).chain(variant.iter().flat_map(|entity| entity.fields).filter(|f| !f.read_only));
    for name in given.keys() {
        if !declared().any(|field| field.name == name) {
            let near = suggestion(name, declared().filter(|f| f.constant.is_none()).map(|f| f.name));
            checker.report(name, format!("{} has no such argument{near}", operation.id));
        }
    }
    for field in declared() {
        checker.in_body = field.place == Place::Body;
        if let Some(value) = checker.field("", field, given.get(field.name)) {
            values.push((field, value));
        }
    }
    if checker.violations.is_empty() {
        Ok(Arguments { values })
    } else {
        Err(Error::invalid(&what, checker.violations))
    }
}

/// Parses a JSON object, or says where it is broken.
pub(crate) fn object(what: &str, text: &str) -> Result<Map<String, Value>> {
    let problem = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(map)) => return Ok(map),
        Ok(_) => "must be a JSON object, such as {\"id\": \"PABC123\"}".to_owned(),
        Err(error) => format!("not JSON: {error}"),
    };
    Err(Error::new(Reason::Invalid, format!("{what}: {problem}")))
}

/// The path of a member, for violations.
fn member(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

struct Checker {
    violations: Vec<Violation>,
    /// A reference is an object in a body and a bare id elsewhere.
    in_body: bool,
}

impl Checker {
    fn report(&mut self, path: &str, message: impl Into<String>) {
        self.violations.push(Violation::new(said(path), message));
    }

    /// One field of an object: its value as sent, if it is sent.
    fn field(&mut self, path: &str, field: &'static Field, given: Option<&Value>) -> Option<Value> {
        let path = member(path, field.name);
        match (given, field.constant) {
            (Some(value), Some(constant)) if value.as_str() != Some(constant) => {
                self.report(&path, format!("is always \"{constant}\"; leave it out"));
                None
            }
            (_, Some(constant)) => Some(Value::from(constant)),
            (None, None) => {
                if field.required && !field.read_only {
                    self.report(&path, format!("is required: {}", expected(&field.of)));
                }
                None
            }
            (Some(Value::Null), None) if field.nullable || field.read_only => Some(Value::Null),
            (Some(Value::Null), None) => {
                self.report(&path, "cannot be null; leave it out instead");
                None
            }
            (Some(value), None) => Some(self.value(&path, &field.of, value)),
        }
    }

    /// One value of a declared type, as it is sent.
    fn value(&mut self, path: &str, of: &'static Type, value: &Value) -> Value {
        match (of, value) {
            (Type::List { of, min, max }, Value::Array(items)) => {
                if (items.len() as u64) < u64::from(*min) || (items.len() as u64) > u64::from(*max) {
                    self.report(path, format!("holds {} items; takes {}", items.len(), expected_count(*min, *max)));
                }
                let items = items.iter().enumerate();
                Value::Array(items.map(|(i, item)| self.value(&member(path, &i.to_string()), of, item)).collect())
            }
            (Type::Entity(entity), Value::Object(given)) => self.entity(path, entity, given),
            (Type::Ref(entity), _) => self.reference(path, entity, value),
            (Type::Id(_), Value::String(id)) => {
                self.id(path, id);
                value.clone()
            }
            (Type::Json, _) | (Type::Object, Value::Object(_)) => value.clone(),
            _ => {
                if let Err(problem) = scalar(of, value) {
                    self.report(path, problem);
                }
                value.clone()
            }
        }
    }

    fn entity(&mut self, path: &str, entity: &'static Entity, given: &Map<String, Value>) -> Value {
        let variant = entity.variants.and_then(|variants| self.variant(path, variants, given));
        if entity.variants.is_some() && variant.is_none() {
            return Value::Null; // the discriminator is reported already
        }
        let by = entity.variants.map(|variants| variants.by);
        let fields = || entity.fields.iter().chain(variant.iter().flat_map(|entity| entity.fields));
        let mut sent = Map::new();
        if let Some((by, value)) = by.and_then(|by| Some((by, given.get(by)?))) {
            sent.insert(by.to_owned(), value.clone());
        }
        for name in given.keys().filter(|name| Some(name.as_str()) != by) {
            if !fields().any(|field| field.name == name) {
                let near = suggestion(name, fields().map(|f| f.name));
                self.report(&member(path, name), format!("{} has no such field{near}", entity.title));
            }
        }
        for field in fields().filter(|field| Some(field.name) != by) {
            if let Some(value) = self.field(path, field, given.get(field.name)) {
                sent.insert(field.name.to_owned(), value);
            }
        }
        Value::Object(sent)
    }

    /// The entity that the discriminator names.
    fn variant(
        &mut self,
        path: &str,
        variants: &'static Variants,
        given: &Map<String, Value>,
    ) -> Option<&'static Entity> {
        let chosen = given.get(variants.by).and_then(Value::as_str).unwrap_or_default();
        let found = variants.cases.iter().find(|(value, _)| *value == chosen);
        if found.is_none() && (!path.is_empty() || given.contains_key(variants.by)) {
            let choices: Vec<&str> = variants.cases.iter().map(|(value, _)| *value).collect();
            self.report(&member(path, variants.by), format!("must be one of {}", choices.join(", ")));
        }
        found.map(|(_, entity)| *entity)
    }

    /// `"PABC123"` or `{"id": "PABC123", ...}`.
    fn reference(&mut self, path: &str, entity: &'static Entity, value: &Value) -> Value {
        let id = match value {
            Value::String(id) => id,
            Value::Object(map) => match map.get("id") {
                Some(Value::String(id)) => id,
                _ => {
                    self.report(path, format!("needs the `id` of a {}", entity.title));
                    return Value::Null;
                }
            },
            _ => {
                self.report(path, format!("must be the id of a {}, such as \"PABC123\"", entity.title));
                return Value::Null;
            }
        };
        self.id(path, id);
        match (self.in_body, value) {
            (false, _) => Value::from(id.as_str()),
            (true, Value::Object(map)) if map.contains_key("type") => value.clone(),
            (true, _) => {
                let mut sent = value.as_object().cloned().unwrap_or_default();
                sent.insert("id".to_owned(), Value::from(id.as_str()));
                sent.insert("type".to_owned(), Value::from(entity.reference.unwrap_or(entity.id)));
                Value::Object(sent)
            }
        }
    }

    fn id(&mut self, path: &str, id: &str) {
        if id.trim().is_empty() {
            self.report(path, "is empty; give an id, such as \"PABC123\"");
        }
    }
}

/// Checks a value of a type that holds no others.
fn scalar(of: &Type, value: &Value) -> std::result::Result<(), String> {
    let bad = || Err(format!("must be {}, not {}", expected(of), kind(value)));
    match (of, value) {
        (Type::Text { min, max }, Value::String(text)) => {
            let length = text.chars().count() as u64;
            if length < u64::from(*min) || length > u64::from(*max) {
                return Err(format!("has {length} characters; takes {}", expected_count(*min, *max)));
            }
            Ok(())
        }
        (Type::Int { min, max }, Value::Number(number)) => match number.as_i64() {
            Some(n) if n >= *min && n <= *max => Ok(()),
            _ => Err(format!("is {number}; takes {}", expected(of))),
        },
        (Type::Number, Value::Number(_)) | (Type::Bool, Value::Bool(_)) | (Type::File, Value::String(_)) => Ok(()),
        (Type::Time { utc }, Value::String(text)) if is_time(text) && (!utc || text.ends_with('Z')) => Ok(()),
        (Type::Date, Value::String(text)) if is_date(text) => Ok(()),
        (Type::Email, Value::String(text)) if is_email(text) => Ok(()),
        (Type::Url, Value::String(text))
            if text.contains(':') && !text.contains(|c: char| c.is_control() || c == ' ') =>
        {
            Ok(())
        }
        (Type::Enum(values), Value::String(text)) if values.contains(&text.as_str()) => Ok(()),
        (Type::Enum(values), Value::String(text)) => {
            Err(format!("is \"{}\"; must be {}{}", said(text), expected(of), suggestion(text, values.iter().copied())))
        }
        (Type::Time { .. } | Type::Date | Type::Email | Type::Url, Value::String(text)) => {
            Err(format!("is \"{}\"; must be {}", said(text), expected(of)))
        }
        _ => bad(),
    }
}

/// What a type takes, for messages.
pub(crate) fn expected(of: &Type) -> String {
    match of {
        Type::Text { .. } => "text".to_owned(),
        Type::Int { min: i64::MIN, max: i64::MAX } => "a whole number".to_owned(),
        Type::Int { min, max: i64::MAX } => format!("a whole number from {min}"),
        Type::Int { min: i64::MIN, max } => format!("a whole number up to {max}"),
        Type::Int { min, max } => format!("a whole number from {min} to {max}"),
        Type::Number => "a number".to_owned(),
        Type::Bool => "true or false".to_owned(),
        Type::Time { utc: false } => "a time, such as \"2026-11-21T09:00:00Z\"".to_owned(),
        Type::Time { utc: true } => "a time in UTC, such as \"2026-11-21T09:00:00Z\"".to_owned(),
        Type::Date => "a date, such as \"2026-11-21\"".to_owned(),
        Type::Email => "an e-mail address".to_owned(),
        Type::Url => "a URL".to_owned(),
        Type::Json => "any JSON".to_owned(),
        Type::Object => "an object".to_owned(),
        Type::File => "the text of a file".to_owned(),
        Type::Enum(values) => format!("one of {}", values.join(", ")),
        Type::List { of, .. } => format!("a list; each item {}", expected(of)),
        Type::Entity(entity) => format!("an object ({})", entity.title),
        Type::Ref(entity) | Type::Id(entity) => format!("the id of a {}", entity.title),
    }
}

fn expected_count(min: u32, max: u32) -> String {
    match (min, max) {
        (0, max) => format!("at most {max}"),
        (min, u32::MAX) => format!("at least {min}"),
        (min, max) => format!("{min} to {max}"),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// `2026-11-21`, with a month and a day that exist in some year.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u32>().ok());
    bytes.len() == 10
        && bytes.get(4) == Some(&b'-')
        && bytes.get(7) == Some(&b'-')
        && bytes.iter().enumerate().all(|(i, b)| i == 4 || i == 7 || b.is_ascii_digit())
        && matches!(number(5, 7), Some(1..=12))
        && matches!(number(8, 10), Some(1..=31))
}

/// RFC 3339: date, `T`, time, optional fraction, `Z` or an offset.
fn is_time(text: &str) -> bool {
    let (Some(date), Some(rest)) = (text.get(..10), text.get(10..)) else { return false };
    let Some(rest) = rest.strip_prefix(['T', 't']) else { return false };
    let clock = |text: &str, parts: usize| {
        let limits = [23, 59, 60];
        let found: Vec<&str> = text.split(':').collect();
        found.len() == parts
            && found.iter().zip(limits).all(|(part, most)| {
                part.len() == 2
                    && part.bytes().all(|b| b.is_ascii_digit())
                    && part.parse::<u32>().is_ok_and(|n| n <= most)
            })
    };
    let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (local, zone) = rest.split_at(zone_at);
    let (seconds, fraction) = local.split_once('.').unwrap_or((local, "0"));
    let zone_fits = matches!(zone, "Z" | "z") || zone.get(1..).is_some_and(|offset| clock(offset, 2));
    is_date(date)
        && clock(seconds, 3)
        && !fraction.is_empty()
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && zone_fits
}

/// Loose on purpose, strict on what a header cannot carry.
pub(crate) fn is_email(text: &str) -> bool {
    let sound = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b',' | b';'))
    };
    text.len() <= 254
        && text.split_once('@').is_some_and(|(local, domain)| sound(local) && sound(domain) && !domain.contains('@'))
}

fn digest(value: &Value) -> u64 {
    match value {
        Value::Object(map) => {
            map.iter().fold(1, |sum: u64, (key, value)| sum.wrapping_add(fnv(key.as_bytes(), digest(value))))
        }
        Value::Array(items) => items.iter().fold(2, |hash, item| fnv(&digest(item).to_le_bytes(), hash)),
        scalar => fnv(scalar.to_string().as_bytes(), 3),
    }
}

/// FNV-1a over `bytes`, continued from `seed`.
pub(crate) fn fnv(bytes: &[u8], seed: u64) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325 ^ seed.rotate_left(17), |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

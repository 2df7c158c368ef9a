//! A caller's JSON becomes checked arguments, or all its violations at once.
//!
//! Rule: pure. What leaves this module has the shape PagerDuty takes: nested
//! objects checked against their entity, references as `{id, type}`, constants
//! in place. Nothing that was not declared passes.

use serde_json::{Map, Value};

use crate::catalog::{Entity, Field, From, ListStyle, Operation, Paging, Place, Type, Variants};
use crate::error::{Error, Reason, Result, Violation, a, said, suggestion};

mod json;
mod scalar;
pub(crate) use scalar::is_email;
use scalar::{expected, expected_count, scalar, whole};

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

    /// The values marked secret, such as a routing key.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.iter().filter(|(field, _)| field.secret).filter_map(|(_, value)| value.as_str())
    }

    /// A digest that does not depend on the order of keys: what a cursor holds
    /// of the arguments. Arguments of paging do not count, nor do those of
    /// headers: a signature is made anew when a walk is resumed.
    pub(crate) fn digest(&self) -> u64 {
        self.iter()
            .filter(|(field, _)| field.paging == Paging::No && field.place != Place::Header)
            .fold(0, |sum: u64, (field, value)| sum.wrapping_add(fnv(field.name.as_bytes(), digest(value))))
    }
}

/// Whether a type that holds no others takes a value.
pub(crate) fn fits(of: &Type, value: &Value) -> bool {
    scalar(of, value).is_ok()
}

/// Fields that a caller may set, `from` included.
pub(crate) fn fields(operation: &'static Operation) -> impl Iterator<Item = &'static Field> {
    let from = (operation.from != From::No).then_some(&FROM);
    operation.fields.iter().chain(from)
}

/// Parses and checks `text` for `operation`.
pub(crate) fn check(operation: &'static Operation, text: &str) -> Result<Arguments> {
    let what = format!("arguments of {}", operation.id);
    let (given, violations) = parsed(&what, text)?;
    let mut checker = Checker { violations, in_body: false };
    let mut values = Vec::new();
    let cases = || operation.variants.iter().flat_map(|variants| variants.cases);
    let variant = operation.variants.and_then(|variants| variants.chosen(&given));
    let declared = || fields(operation).chain(variant.iter().flat_map(|entity| entity.fields).filter(|f| !f.read_only));
    for name in given.keys() {
        // Until the shape is known, what any shape takes is no mistake.
        let open = variant.is_none() && cases().any(|(_, entity)| entity.fields.iter().any(|f| f.name == name));
        if !open && !declared().any(|field| field.name == name) {
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
    match parsed(what, text)? {
        (map, violations) if violations.is_empty() => Ok(map),
        (_, violations) => Err(Error::invalid(what, violations)),
    }
}

/// The same, with a violation for each name that stands twice.
fn parsed(what: &str, text: &str) -> Result<(Map<String, Value>, Vec<Violation>)> {
    match json::parse(text) {
        Ok((Value::Object(map), twice)) => {
            let violation = |path: String| Violation::new(said(&path), "stands twice; give it once");
            Ok((map, twice.into_iter().map(violation).collect()))
        }
        Ok(_) => {
            let problem = "must be a JSON object, such as {\"id\": \"PABC123\"}";
            Err(Error::new(Reason::Invalid, format!("{what}: {problem}")))
        }
        Err((path, error)) if path.is_empty() => Err(Error::new(Reason::Invalid, format!("{what}: not JSON: {error}"))),
        Err((path, error)) => {
            Err(Error::invalid(what, vec![Violation::new(said(&path), format!("not JSON: {error}"))]))
        }
    }
}

/// The path of a member, for violations.
pub(crate) fn member(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl Variants {
    /// The entity that the discriminator names.
    fn chosen(&self, given: &Map<String, Value>) -> Option<&'static Entity> {
        let chosen = given.get(self.by)?.as_str()?;
        self.cases.iter().find(|(value, _)| *value == chosen).map(|(_, entity)| &**entity)
    }
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
            // PagerDuty's own words, in an object that a caller gives back.
            (Some(value), None) if field.read_only => Some(value.clone()),
            (Some(Value::Null), None) if field.nullable => Some(Value::Null),
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
            (Type::Int { .. } | Type::IntEnum(_), Value::Number(number)) => {
                let value = whole(number).unwrap_or_else(|| value.clone());
                self.scalar(path, of, &value);
                value
            }
            _ => {
                self.scalar(path, of, value);
                value.clone()
            }
        }
    }

    fn scalar(&mut self, path: &str, of: &'static Type, value: &Value) {
        if let Err(problem) = scalar(of, value) {
            self.report(path, problem);
        }
    }

    fn entity(&mut self, path: &str, entity: &'static Entity, given: &Map<String, Value>) -> Value {
        let variant = entity.variants.and_then(|variants| variants.chosen(given));
        if let (Some(variants), None) = (entity.variants, variant) {
            let choices: Vec<&str> = variants.cases.iter().map(|(value, _)| *value).collect();
            self.report(&member(path, variants.by), format!("must be one of {}", choices.join(", ")));
            return Value::Null;
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

    /// `"PABC123"` or `{"id": "PABC123", ...}`.
    fn reference(&mut self, path: &str, entity: &'static Entity, value: &Value) -> Value {
        let id = match value {
            Value::String(id) => id,
            Value::Object(map) => match map.get("id") {
                Some(Value::String(id)) => id,
                _ => {
                    self.report(path, format!("needs the `id` of {}", a(entity.title)));
                    return Value::Null;
                }
            },
            _ => {
                self.report(path, format!("must be the id of {}, such as \"PABC123\"", a(entity.title)));
                return Value::Null;
            }
        };
        self.id(path, id);
        match (self.in_body, value.get("type")) {
            (false, _) => Value::from(id.as_str()),
            (true, Some(Value::String(_))) => value.clone(),
            (true, Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_))) => {
                self.report(&member(path, "type"), "must be text; leave it out instead");
                Value::Null
            }
            (true, Some(Value::Null) | None) => {
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

#[cfg(test)]
mod tests;

//! What can be chosen at a dotted path of an operation's arguments.
//!
//! Rule: where the shape depends on a field (a discriminator), the arguments
//! given so far decide; where they do not say, that field is asked for first.

use serde_json::{Map, Value};

use super::problem;
use crate::arguments;
use crate::catalog::{EntityAt, Field, Operation, Type, Variants};
use crate::error::{Error, Result, said, suggestion};

/// What a field takes.
pub(super) enum Found {
    /// A thing of this kind.
    Entity(EntityAt),
    /// One of these words.
    Words(Vec<String>),
    /// Anything else.
    Other,
}

/// The fields of an object.
struct Shape {
    fields: Vec<&'static Field>,
    variants: Option<&'static Variants>,
}

/// Looks a dotted path up; numbers stand for places in lists, and may be left
/// out.
pub(super) fn find(operation: &'static Operation, path: &str, given: &Map<String, Value>) -> Result<Found> {
    let mut shape = Shape { fields: arguments::fields(operation).collect(), variants: operation.variants };
    let given = Value::Object(given.clone());
    let mut at = Some(&given);
    let mut above = String::new();
    let names: Vec<&str> = path.split('.').collect();
    let mut found: Option<Found> = None;
    for (number, name) in names.iter().enumerate() {
        if let Ok(index) = name.parse::<usize>() {
            at = at.and_then(|value| value.get(index));
            above = arguments::member(&above, name);
            continue;
        }
        // The item of a list that no number stands for: the first.
        at = match at {
            Some(Value::Array(items)) => items.first(),
            other => other,
        };
        let field = match shape.field(name, at) {
            Named::One(field) => field,
            Named::By(variants) => {
                found = Some(Found::Words(variants.cases.iter().map(|(word, _)| (*word).to_owned()).collect()));
                shape = Shape { fields: Vec::new(), variants: None };
                continue;
            }
            Named::Undecided(by) => {
                return Err(problem(said(&arguments::member(&above, by)), "choose this first: the list depends on it"));
            }
            Named::Nothing => return Err(unknown(operation, path, name, &shape)),
        };
        above = arguments::member(&above, name);
        at = at.and_then(|value| value.get(name));
        shape = Shape { fields: Vec::new(), variants: None };
        found = Some(match field.of.element() {
            Type::Ref(entity) => {
                // `service.id` is the same choice as `service`.
                let rest: Vec<&&str> =
                    names.iter().skip(number + 1).filter(|name| name.parse::<u32>().is_err()).collect();
                if let [name] = rest.as_slice()
                    && **name == "id"
                {
                    return Ok(Found::Entity(*entity));
                }
                Found::Entity(*entity)
            }
            Type::Id(entity) => Found::Entity(*entity),
            Type::Entity(entity) => {
                shape = Shape { fields: entity.fields.iter().collect(), variants: entity.variants };
                Found::Other
            }
            Type::Enum(words) => Found::Words(words.iter().map(|word| (*word).to_owned()).collect()),
            Type::IntEnum(words) => Found::Words(words.iter().map(i64::to_string).collect()),
            Type::Text { .. }
            | Type::Int { .. }
            | Type::Number
            | Type::Bool
            | Type::Time { .. }
            | Type::Date
            | Type::Email
            | Type::Url
            | Type::Json
            | Type::Object
            | Type::File
            | Type::List { .. } => Found::Other,
        });
    }
    found.ok_or_else(|| unknown(operation, path, "", &shape))
}

/// What a name stands for in a shape.
enum Named {
    One(&'static Field),
    /// The field that decides on the shape, which no entity lists.
    By(&'static Variants),
    /// Fields of several shapes, of which this one decides.
    Undecided(&'static str),
    Nothing,
}

impl Shape {
    fn field(&self, name: &str, given: Option<&Value>) -> Named {
        if let Some(field) = self.fields.iter().find(|field| field.name == name) {
            return Named::One(field);
        }
        let Some(variants) = self.variants else { return Named::Nothing };
        if variants.by == name {
            return Named::By(variants);
        }
        let chosen = given.and_then(|given| given.get(variants.by)).and_then(Value::as_str);
        let cases = variants.cases.iter().filter(|(value, _)| chosen.is_none_or(|chosen| chosen == *value));
        let fields: Vec<&'static Field> =
            cases.filter_map(|(_, entity)| entity.fields.iter().find(|field| field.name == name)).collect();
        match fields.as_slice() {
            [] => Named::Nothing,
            [first, rest @ ..] if rest.iter().all(|field| same(&field.of, &first.of)) => Named::One(first),
            _ => Named::Undecided(variants.by),
        }
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        let cases = self.variants.iter().flat_map(|variants| variants.cases).flat_map(|(_, entity)| entity.fields);
        self.fields.iter().copied().chain(cases).map(|field| field.name)
    }
}

/// Whether the same can be chosen for both.
fn same(left: &'static Type, right: &'static Type) -> bool {
    match (left.element(), right.element()) {
        (Type::Ref(left) | Type::Id(left), Type::Ref(right) | Type::Id(right)) => left == right,
        (Type::Entity(left), Type::Entity(right)) => left == right,
        (Type::Enum(left), Type::Enum(right)) => left == right,
        (Type::Ref(_) | Type::Id(_) | Type::Entity(_) | Type::Enum(_), _) => false,
        (_, right) => !matches!(right, Type::Ref(_) | Type::Id(_) | Type::Entity(_) | Type::Enum(_)),
    }
}

fn unknown(operation: &Operation, path: &str, name: &str, shape: &Shape) -> Box<Error> {
    let near = suggestion(name, shape.names());
    problem(said(path), format!("{} has no such argument{near}", operation.id))
}

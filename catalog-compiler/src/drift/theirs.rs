//! Schemas of the official documents as shapes.
//!
//! Rule: `allOf` narrows, `oneOf` and `anyOf` widen. What keeps alternatives
//! apart is a field that has other values in each of them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::documents::{Document, Parameter};
use super::shape::{Cases, Format, Kinds, Member, Node, Opens, Shape};

/// A schema that leads to itself through `allOf` or `oneOf` ends here.
const DEPTH: usize = 24;

/// A place in a document.
#[derive(Clone)]
pub(super) enum Leaf<'a> {
    Schema(&'a Value),
    /// A list of it, where only the parameter's name says so.
    ListOf(&'a Value),
    /// A field that is required and not declared.
    Undeclared,
}

/// Opens the schemas of one document.
pub(super) struct Theirs<'a>(pub(super) &'a Document);

impl<'a> Opens for Theirs<'a> {
    type Leaf = Leaf<'a>;

    fn leaf(&self, leaf: &Leaf<'a>) -> Shape<Leaf<'a>> {
        match leaf {
            Leaf::Schema(schema) => self.schema(schema, 0),
            Leaf::ListOf(schema) => {
                // Bounds on the count stand beside the type of one value.
                let count = |key: &str| self.0.resolve(schema).get(key).and_then(Value::as_i64);
                let (low, high) = (count("minItems"), count("maxItems"));
                Shape { low, high, items: Some(Node::One(Leaf::Schema(schema))), ..Shape::of(Kinds::LIST) }
            }
            Leaf::Undeclared => Shape { undeclared: true, ..Shape::default() },
        }
    }
}

impl<'a> Theirs<'a> {
    fn schema(&self, schema: &'a Value, depth: usize) -> Shape<Leaf<'a>> {
        let schema = self.0.resolve(schema);
        let mut shape = self.own(schema);
        if depth >= DEPTH {
            return shape;
        }
        for part in list(schema, "allOf") {
            shape = shape.meet(self.schema(part, depth + 1));
        }
        for word in ["oneOf", "anyOf"] {
            let parts = list(schema, word);
            let opened: Vec<Shape<Leaf<'a>>> = parts.iter().map(|part| self.schema(part, depth + 1)).collect();
            let cases = self.cases(schema, &parts, &opened);
            if let Some(mut any) = opened.into_iter().reduce(Shape::join) {
                any.cases = cases;
                shape = shape.meet(any);
            }
        }
        shape.null |= flag(schema, "nullable");
        shape.read_only |= flag(schema, "readOnly");
        shape.write_only |= flag(schema, "writeOnly");
        shape
    }

    /// What the schema says without its parts.
    fn own(&self, schema: &'a Value) -> Shape<Leaf<'a>> {
        let properties = schema.get("properties").and_then(Value::as_object);
        let node = |value: &'a Value| Node::One(Leaf::Schema(value));
        let mut members: BTreeMap<String, Member<Leaf<'a>>> = BTreeMap::new();
        for (name, value) in properties.into_iter().flatten() {
            members.insert(name.clone(), Member { required: Some(false), node: node(value) });
        }
        for name in list(schema, "required").into_iter().filter_map(Value::as_str) {
            let member = members.entry(name.to_owned());
            let undeclared = Member { required: Some(true), node: Node::One(Leaf::Undeclared) };
            member.and_modify(|member| member.required = Some(true)).or_insert(undeclared);
        }
        let values: Vec<&Value> = list(schema, "enum");
        let told = schema.get("type").and_then(Value::as_str);
        let kinds = match told {
            Some("string") => Kinds::TEXT,
            Some("integer") => Kinds::INT,
            Some("number") => Kinds::NUMBER,
            Some("boolean") => Kinds::BOOL,
            Some("array") => Kinds::LIST,
            Some("object") => Kinds::OBJECT,
            Some(_) => Kinds::ANY,
            None if !members.is_empty() => Kinds::OBJECT,
            None if schema.get("items").is_some() => Kinds::LIST,
            None if values.iter().any(|value| value.is_string()) => Kinds::TEXT,
            None => Kinds::ANY,
        };
        let bound = |keys: [&str; 3]| {
            let key = match kinds {
                Kinds::TEXT => keys[0],
                Kinds::INT | Kinds::NUMBER => keys[1],
                Kinds::LIST => keys[2],
                _ => return None,
            };
            schema.get(key).and_then(Value::as_i64)
        };
        let (low, high) = (bound(["minLength", "minimum", "minItems"]), bound(["maxLength", "maximum", "maxItems"]));
        let format = match schema.get("format").and_then(Value::as_str).filter(|_| kinds == Kinds::TEXT) {
            Some("date-time") => Some(Format::Time),
            Some("date") => Some(Format::Date),
            Some("email") => Some(Format::Email),
            Some("url" | "uri") => Some(Format::Url),
            Some("binary") => Some(Format::File),
            Some(_) | None => None,
        };
        let words = values.iter().filter(|value| !value.is_null()).map(|value| plain(value));
        Shape {
            kinds,
            format,
            null: values.iter().any(|value| value.is_null()),
            values: (!values.is_empty()).then(|| words.collect()),
            low: low.filter(|low| *low > 0 || kinds == Kinds::INT || kinds == Kinds::NUMBER),
            high,
            open: kinds == Kinds::OBJECT && members.is_empty(),
            items: schema.get("items").map(node),
            members,
            ..Shape::default()
        }
    }

    /// The alternatives by the value of a field, where one tells them apart.
    fn cases(&self, schema: &'a Value, parts: &[&'a Value], opened: &[Shape<Leaf<'a>>]) -> Option<Cases<Leaf<'a>>> {
        let discriminator = schema.get("discriminator");
        let named = discriminator.and_then(|told| told.get("propertyName")).and_then(Value::as_str);
        let node = |value: &'a Value| Node::One(Leaf::Schema(value));
        let mapping = discriminator.and_then(|told| told.get("mapping")).and_then(Value::as_object);
        if let (Some(by), Some(mapping)) = (named, mapping) {
            let case = |(value, target): (&String, &Value)| {
                let part = parts.iter().find(|part| part.get("$ref") == Some(target))?;
                Some((value.clone(), node(part)))
            };
            let of: BTreeMap<_, _> = mapping.iter().filter_map(case).collect();
            if of.len() == mapping.len() && parts.len() <= of.len() {
                return Some(Cases { by: by.to_owned(), of });
            }
        }
        let first = opened.first().filter(|_| opened.len() > 1)?;
        let usual = named.into_iter().chain(["type"]);
        let others = first.members.keys().map(String::as_str);
        usual.chain(others).find_map(|by| {
            let mut of = BTreeMap::new();
            for (part, shape) in parts.iter().zip(opened) {
                let values = self.open(&shape.members.get(by)?.node).values?;
                for value in values {
                    if of.insert(value, node(part)).is_some() {
                        return None;
                    }
                }
            }
            Some(Cases { by: by.to_owned(), of })
        })
    }

    /// A query parameter's node, and how a list of values is written.
    pub(super) fn parameter(&self, parameter: &Parameter<'a>) -> (Node<Leaf<'a>>, Joined) {
        let schema = parameter.schema();
        let is_list = self.schema(schema, 0).kinds == Kinds::LIST;
        let flag = |key: &str| parameter.value.get(key).and_then(Value::as_bool);
        let joined = if parameter.name.ends_with("[]") {
            Joined::Brackets
        } else if flag("explode") == Some(false) {
            Joined::Comma
        } else if is_list {
            Joined::Bare
        } else {
            Joined::No
        };
        let leaf = if joined != Joined::No && !is_list { Leaf::ListOf(schema) } else { Leaf::Schema(schema) };
        (Node::One(leaf), joined)
    }
}

/// How a query writes a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    /// It is no list.
    No,
    /// `name[]=a&name[]=b`
    Brackets,
    /// `name=a,b`
    Comma,
    /// `name=a&name=b`
    Bare,
}

impl Joined {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::No => "a single value",
            Self::Brackets => "repeated as `name[]=`",
            Self::Comma => "joined by commas",
            Self::Bare => "repeated as `name=`",
        }
    }
}

fn list<'a>(schema: &'a Value, key: &str) -> Vec<&'a Value> {
    schema.get(key).and_then(Value::as_array).map(|values| values.iter().collect()).unwrap_or_default()
}

fn flag(schema: &Value, key: &str) -> bool {
    schema.get(key).and_then(Value::as_bool).unwrap_or(false)
}

/// A value as the catalog writes it.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

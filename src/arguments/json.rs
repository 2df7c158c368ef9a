//! JSON as a caller wrote it: its value, the names that stand twice in one
//! object, and the place where it breaks off.
//!
//! Rule: pure. Of two values under one name neither can be relied on, since a
//! host may have looked at the other one.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The value, and the dotted paths of names that stand twice. Where the text is
/// no JSON: the path of the innermost value that was begun, and what is wrong.
pub(super) fn parse(text: &str) -> Result<(Value, Vec<String>), (String, serde_json::Error)> {
    let mut seen = Seen::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let seed = Seed { path: None, seen: &mut seen };
    match seed.deserialize(&mut json).and_then(|value| json.end().map(|()| value)) {
        Ok(value) => Ok((value, seen.twice.into_iter().collect())),
        Err(error) => Err((seen.broken.unwrap_or_default(), error)),
    }
}

#[derive(Default)]
struct Seen {
    /// A name that stands three times is told once.
    twice: BTreeSet<String>,
    broken: Option<String>,
}

/// Where a value stands; written out only when it has to be told.
#[derive(Clone, Copy)]
struct Path<'p> {
    above: Option<&'p Path<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Name(&'p str),
    Index(usize),
}

impl Path<'_> {
    fn told(&self) -> String {
        let mut steps = Vec::new();
        let mut next = Some(self);
        while let Some(path) = next {
            steps.push(match path.step {
                Step::Name(name) => name.to_owned(),
                Step::Index(index) => index.to_string(),
            });
            next = path.above;
        }
        steps.reverse();
        steps.join(".")
    }
}

struct Seed<'s> {
    path: Option<&'s Path<'s>>,
    seen: &'s mut Seen,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Seed<'_> {
    /// Reads what stands at `path` by `read`, and keeps the path where that
    /// fails. Values end from the innermost on, so the first failure counts.
    fn at<T, E>(&mut self, path: &Path<'_>, read: impl FnOnce(Seed<'_>) -> Result<T, E>) -> Result<T, E> {
        let read = read(Seed { path: Some(path), seen: self.seen });
        if read.is_err() && self.seen.broken.is_none() {
            self.seen.broken = Some(path.told());
        }
        read
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            let path = Path { above: self.path, step: Step::Index(values.len()) };
            match self.at(&path, |seed| items.next_element_seed(seed))? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let path = Path { above: self.path, step: Step::Name(&name) };
            let value = self.at(&path, |seed| members.next_value_seed(seed))?;
            if values.contains_key(&name) {
                self.seen.twice.insert(path.told());
            }
            values.insert(name, value);
        }
        Ok(Value::Object(values))
    }
}

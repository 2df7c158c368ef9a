//! A document's example request becomes arguments of an operation: the inverse
//! of building a request.
//!
//! Rule: what the example sends is handed over as it is, by name. Nothing is
//! left out because the connector might refuse it: that is what is to be found.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::documents::{Example, Operation, Parameter};

/// What an operation's own requests, made from its schema, tell of it.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    /// `DOCUMENT/operationId` that its requests reach.
    pub(crate) document: String,
    /// The key that the body's fields stand under.
    wrap: Option<String>,
    /// Its first arguments: as few as it takes.
    fewest: Map<String, Value>,
    /// Those of them that do not stand in the body.
    beside: Map<String, Value>,
}

/// One request that the documents show.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) example: String,
    pub(crate) arguments: Map<String, Value>,
    /// Parameters and body as the document shows them, to compare with what is sent.
    pub(crate) shown: Vec<(&'a str, &'a Value)>,
    pub(crate) body: Option<&'a Value>,
    /// What has no place among the arguments.
    pub(crate) lost: Vec<String>,
}

impl Learned {
    /// Takes in what became of `given`: the judge's record of the request.
    pub(crate) fn see(&mut self, given: &Value, record: &Value) {
        let Some(given) = given.as_object() else { return };
        let first = self.document.is_empty();
        if let Some((key, inside)) = only(&record["body"]) {
            // A field of this name is no wrapper, unless it stands in one of its own name.
            let field = given.contains_key(key) && inside.get(key).is_none();
            if inside.is_object() && !field {
                self.wrap = Some(key.to_owned());
            }
        }
        if first {
            self.document = record["operation"].as_str().unwrap_or_default().to_owned();
            self.fewest = given.clone();
            let body = self.wrap.as_ref().map_or(&record["body"], |key| &record["body"][key]);
            self.beside.extend(given.clone().into_iter().filter(|(name, _)| body.get(name).is_none()));
        }
    }

    /// Every request that the document shows: as many as the examples of its
    /// body, each with the examples of all parameters.
    pub(crate) fn attempts<'a>(&self, of: &Operation<'a>, takes: &dyn Fn(&str) -> Takes) -> Vec<Attempt<'a>> {
        let (parameters, bodies) = (of.parameters(), of.bodies());
        let most = parameters.iter().map(|parameter| parameter.examples.len()).max().unwrap_or(0);
        (0..most.max(bodies.len())).map(|turn| self.attempt(turn, &parameters, &bodies, takes)).collect()
    }

    fn attempt<'a>(
        &self,
        turn: usize,
        parameters: &[Parameter<'a>],
        bodies: &[Example<'a>],
        takes: &dyn Fn(&str) -> Takes,
    ) -> Attempt<'a> {
        let body = nth(bodies, turn);
        let mut attempt = Attempt {
            example: body.map_or("parameters", |body| body.name).to_owned(),
            arguments: Map::new(),
            shown: Vec::new(),
            body: body.map(|body| body.value),
            lost: Vec::new(),
        };
        let mut urls = BTreeMap::new();
        for parameter in parameters {
            urls.insert(parameter.name.trim_end_matches("[]"), nth(&parameter.examples, turn).copied());
        }
        // Of what the document does not show, no more than the operation needs.
        attempt.arguments = if body.is_some() { self.beside.clone() } else { self.fewest.clone() };
        for (name, value) in urls.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            let value = match (takes(name), value) {
                (Takes::Nothing, _) => {
                    attempt.lost.push(format!("{name}: is no argument"));
                    continue;
                }
                (Takes::List, value) if !value.is_array() => Value::Array(vec![value.clone()]),
                (_, value) => value.clone(),
            };
            attempt.arguments.insert(name.to_owned(), value);
        }
        let url = parameters.iter().filter_map(|parameter| Some((parameter.name, *nth(&parameter.examples, turn)?)));
        attempt.shown = url.filter(|(name, _)| !matches!(takes(name.trim_end_matches("[]")), Takes::Nothing)).collect();
        self.unwrap(&mut attempt);
        attempt
    }

    /// The fields of the body, each an argument.
    fn unwrap(&self, attempt: &mut Attempt<'_>) {
        let Some(body) = attempt.body else { return };
        let fields = match &self.wrap {
            None => body.as_object(),
            Some(key) => {
                let beside = body.as_object().into_iter().flatten().filter(|(name, _)| *name != key);
                attempt.lost.extend(beside.map(|(name, _)| format!("{name}: stands beside `{key}`")));
                body[key].as_object()
            }
        };
        match fields {
            Some(fields) => attempt.arguments.extend(fields.iter().map(|(name, value)| (name.clone(), value.clone()))),
            None => attempt.lost.push(match &self.wrap {
                Some(key) => format!("the body has no object `{key}`"),
                None => "the body is no object".to_owned(),
            }),
        }
    }
}

/// What an argument of a name takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// There is no such argument.
    Nothing,
    List,
    Other,
}

/// The parts of `shown` that `sent` lacks or has otherwise, by pointer; more
/// than shown may be sent.
pub(crate) fn differences(shown: &Value, sent: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", shown, sent, &mut found);
    found
}

fn compare(at: &str, shown: &Value, sent: &Value, found: &mut Vec<String>) {
    match (shown, sent) {
        (Value::Object(shown), Value::Object(sent)) => {
            for (name, value) in shown {
                match sent.get(name) {
                    Some(sent) => compare(&format!("{at}/{name}"), value, sent, found),
                    None => found.push(format!("{at}/{name}: is not sent")),
                }
            }
        }
        (Value::Array(shown), Value::Array(sent)) if shown.len() == sent.len() => {
            for (index, (shown, sent)) in shown.iter().zip(sent).enumerate() {
                compare(&format!("{at}/{index}"), shown, sent, found);
            }
        }
        _ if shown == sent => {}
        _ => found.push(format!("{at}: {sent} is sent for {shown}")),
    }
}

fn only(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object()?;
    let (name, inside) = members.iter().next()?;
    (members.len() == 1).then_some((name.as_str(), inside))
}

/// The examples go round: the one of this turn.
fn nth<T>(examples: &[T], turn: usize) -> Option<&T> {
    examples.get(turn % examples.len().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn wrapper(given: Value, body: Value, expected: Option<&str>) {
        let mut learned = Learned::default();
        learned.see(&given, &json!({"operation": "X/y", "body": body}));
        assert_eq!(learned.wrap.as_deref(), expected);
    }

    #[test]
    fn wrappers_are_told_from_fields() {
        wrapper(json!({"name": "a"}), json!({"team": {"name": "a"}}), Some("team"));
        wrapper(json!({"team": {"name": "a"}}), json!({"team": {"name": "a"}}), None);
        wrapper(json!({"team": "a", "name": "b"}), json!({"team": {"team": {"id": "a"}, "name": "b"}}), Some("team"));
        wrapper(json!({"name": "a"}), json!({"name": "a"}), None);
        wrapper(json!({"ids": ["a"]}), json!({"ids": ["a"]}), None);
        wrapper(json!({}), json!({"team": {"type": "team"}}), Some("team"));
        wrapper(json!({"id": "a"}), Value::Null, None);
    }

    #[track_caller]
    fn check(shown: Value, sent: Value, expected: &[&str]) {
        assert_eq!(differences(&shown, &sent), expected);
    }

    #[test]
    fn what_is_sent_is_held_against_what_is_shown() {
        check(json!({"a": 1}), json!({"a": 1, "b": 2}), &[]);
        check(json!({"a": 1}), json!({}), &["/a: is not sent"]);
        check(json!({"a": [{"b": 1}, 2]}), json!({"a": [{"b": 2}, 2]}), &["/a/0/b: 2 is sent for 1"]);
        check(json!([1]), json!([1, 2]), &[": [1,2] is sent for [1]"]);
    }
}

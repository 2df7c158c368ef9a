//! What stands at a path of an asset: `a.b.c`, through lists without a word;
//! `^` is the asset it is part of, `.` the asset itself.
//!
//! Rule: pure; what is not there is nothing, never a problem.

use std::rc::Rc;

use serde_json::Value;

use crate::catalog::Kind;

/// What was found, and the asset it is part of.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: &'static Kind,
    pub(super) item: Value,
    /// The provider's own text of it; none where it was taken apart.
    pub(super) text: Option<String>,
    pub(super) above: Option<Rc<Node>>,
}

impl Node {
    /// What was taken apart, and is part of nothing.
    pub(super) fn new(kind: &'static Kind, item: Value) -> Node {
        Node { kind, item, text: None, above: None }
    }

    /// The same as part of another.
    pub(super) fn within(kind: &'static Kind, item: Value, above: &Rc<Node>) -> Node {
        Node { above: Some(Rc::clone(above)), ..Node::new(kind, item) }
    }

    /// Every value at the path that is not null, lists opened.
    pub(super) fn at<'a>(&'a self, path: &str) -> Vec<&'a Value> {
        match path.strip_prefix('^') {
            Some(rest) => {
                let Some(above) = &self.above else { return Vec::new() };
                within(&above.item, rest.trim_start_matches('.'))
            }
            None => within(&self.item, path),
        }
    }

    /// The first value at the path, as text.
    pub(super) fn text_at(&self, path: &str) -> Option<String> {
        self.at(path).into_iter().find_map(text)
    }
}

/// Every value at a path below a value.
pub(crate) fn within<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut open = vec![value];
    for name in path.split('.').filter(|name| !name.is_empty()) {
        open = open.into_iter().flat_map(opened).filter_map(|value| value.get(name)).collect();
    }
    open.into_iter().flat_map(opened).filter(|value| !value.is_null()).collect()
}

/// The items of a list, however deep, or the value itself.
fn opened(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(opened).collect(),
        other => vec![other],
    }
}

/// Text, a number or a truth value, as text; what is empty is none.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

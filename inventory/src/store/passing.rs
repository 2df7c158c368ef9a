//! What changes by itself, such as who is on call next: left out of what makes
//! a version.
//!
//! Rule: pure; where a path leads nowhere nothing is left out.

use std::borrow::Cow;

use serde_json::Value;

/// Attributes, each with its name.
type Fields<'a> = Vec<(&'a str, Cow<'a, Value>)>;

/// Attributes without what stands at the paths (see
/// [`crate::asset::KindFacts::volatile`]); none where nothing stands there.
pub(super) fn without<'a>(attributes: &Fields<'a>, paths: &[String]) -> Option<Fields<'a>> {
    let paths: Vec<Vec<&str>> = paths.iter().map(|path| path.split('.').collect()).collect();
    let of = |name: &str| paths.iter().filter(|path| path.first() == Some(&name)).map(|path| &path[1..]).collect();
    attributes.iter().any(|(name, _)| paths.iter().any(|path| path.first() == Some(name))).then(|| {
        let mut lasting = Fields::with_capacity(attributes.len());
        for (name, value) in attributes {
            let paths: Vec<&[&str]> = of(name);
            if paths.iter().any(|path| path.is_empty()) {
                continue;
            }
            let mut value = value.clone();
            if !paths.is_empty() {
                let value = value.to_mut();
                paths.into_iter().for_each(|path| remove(value, path));
            }
            lasting.push((*name, value));
        }
        lasting
    })
}

fn remove(value: &mut Value, path: &[&str]) {
    match (value, path) {
        (Value::Array(items), ["*", rest @ ..]) if !rest.is_empty() => {
            items.iter_mut().for_each(|item| remove(item, rest))
        }
        (Value::Array(items), ["*"]) => items.clear(),
        (Value::Array(items), path) => items.iter_mut().for_each(|item| remove(item, path)),
        (Value::Object(members), ["*"]) => members.clear(),
        (Value::Object(members), ["*", rest @ ..]) => members.values_mut().for_each(|member| remove(member, rest)),
        (Value::Object(members), [name]) => drop(members.remove(*name)),
        (Value::Object(members), [name, rest @ ..]) => {
            if let Some(member) = members.get_mut(*name) {
                remove(member, rest);
            }
        }
        (_, []) | (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), _) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(paths: &[&str], expected: Option<Value>) {
        let attributes = json!({"a": 1, "b": {"c": 2, "d": 3}, "list": [{"c": 4, "d": 5}, 6], "text": "x"});
        let Value::Object(attributes) = attributes else { return };
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        let fields = attributes.iter().map(|(name, value)| (name.as_str(), Cow::Borrowed(value))).collect();
        let object = |fields: Fields<'_>| {
            Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value.into_owned())).collect())
        };
        assert_eq!(without(&fields, &paths).map(object), expected, "{paths:?}");
    }

    #[test]
    fn what_stands_at_a_path_is_left_out() {
        let rest = |b: Value, list: Value| Some(json!({"a": 1, "b": b, "list": list, "text": "x"}));
        let (b, list) = (json!({"c": 2, "d": 3}), json!([{"c": 4, "d": 5}, 6]));
        check(&[], None);
        check(&["nothing", "no.where"], None);
        check(&["a"], Some(json!({"b": b, "list": list, "text": "x"})));
        check(&["b.c"], rest(json!({"d": 3}), list.clone()));
        check(&["b.*"], rest(json!({}), list.clone()));
        check(&["list.*.c", "b.d"], rest(json!({"c": 2}), json!([{"d": 5}, 6])));
        check(&["list.c"], rest(b.clone(), json!([{"d": 5}, 6])));
        check(&["list.*"], rest(b.clone(), json!([])));
        check(&["text.c", "a.b.c"], rest(b, list));
    }
}

use serde_json::json;

use super::*;

fn asset(value: Value) -> Asset {
    let mut whole = json!({"kind": "k", "id": "1", "name": "n", "attributes": {}});
    for (key, value) in value.as_object().unwrap() {
        whole[key] = value.clone();
    }
    serde_json::from_value(whole).unwrap()
}

/// `expected`: path, before, after; `null` for nothing there.
fn check(before: Value, after: Value, expected: Value) {
    let (before, after) = (asset(before), asset(after));
    let found: Vec<Value> =
        changes(&before, &after).into_iter().map(|change| json!([change.path, change.before, change.after])).collect();
    assert_eq!(Value::Array(found), expected);
    let same: Vec<Change> = changes(&after, &after);
    assert_eq!(same, []);
}

fn of_attributes(before: Value, after: Value, expected: Value) {
    check(json!({"attributes": before}), json!({"attributes": after}), expected);
}

#[test]
fn changes_are_told_by_path() {
    check(json!({"name": "a"}), json!({"name": "b"}), json!([["name", "a", "b"]]));
    check(json!({"url": "a"}), json!({}), json!([["url", "a", null]]));
    of_attributes(json!({"a": 1}), json!({"a": 2}), json!([["attributes.a", 1, 2]]));
    of_attributes(json!({"a": 1}), json!({"b": 1}), json!([["attributes.a", 1, null], ["attributes.b", null, 1]]));
    of_attributes(json!({"a": {"b": 1, "c": 1}}), json!({"a": {"c": 1, "b": 2}}), json!([["attributes.a.b", 1, 2]]));
    of_attributes(json!({"a": {"b": 1}}), json!({"a": [1]}), json!([["attributes.a", {"b": 1}, [1]]]));
    of_attributes(json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1}), json!([]));
}

#[test]
fn items_with_ids_are_compared_by_them() {
    of_attributes(
        json!({"t": [{"id": "A", "n": 1}, {"id": "B", "n": 1}]}),
        json!({"t": [{"id": "C", "n": 1}, {"id": "A", "n": 1}, {"id": "B", "n": 2}]}),
        json!([["attributes.t[B].n", 1, 2], ["attributes.t[C]", null, {"id": "C", "n": 1}]]),
    );
    of_attributes(
        json!({"t": [{"id": "A"}, {"id": "B"}]}),
        json!({"t": [{"id": "B"}, {"id": "A"}]}),
        json!([["attributes.t", [{"id": "A"}, {"id": "B"}], [{"id": "B"}, {"id": "A"}]]]),
    );
    of_attributes(json!({"t": [1, 2]}), json!({"t": [1, 3]}), json!([["attributes.t[1]", 2, 3]]));
    of_attributes(json!({"t": [1, 2]}), json!({"t": [2]}), json!([["attributes.t", [1, 2], [2]]]));
    of_attributes(
        json!({"t": [{"id": "A", "n": 1}, {"id": "A", "n": 2}]}),
        json!({"t": [{"id": "A", "n": 1}, {"id": "A", "n": 3}]}),
        json!([["attributes.t[1].n", 2, 3]]),
    );
}

#[test]
fn relations_are_a_set() {
    let edge = |id: &str| json!({"name": "uses", "kind": "team", "id": id});
    check(json!({"relations": [edge("A"), edge("B")]}), json!({"relations": [edge("B"), edge("A")]}), json!([]));
    check(
        json!({"relations": [edge("A")]}),
        json!({"relations": [edge("B")]}),
        json!([["relations[uses team A]", "A", null], ["relations[uses team B]", null, "B"]]),
    );
}

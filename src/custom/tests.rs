//! What an account adds, list by list.

use serde_json::json;

use super::*;
use crate::client::tests::{Turn, client_with, says};

fn field(id: &str, name: &str, rest: Value) -> Value {
    let mut field = json!({"id": id, "name": name, "display_name": name.to_uppercase(), "data_type": "string", "field_type": "single_value"});
    if let (Some(field), Value::Object(rest)) = (field.as_object_mut(), rest) {
        field.extend(rest);
    }
    field
}

/// Describes with these answers, and returns what stands at a pointer of the
/// input, what is said of the account, and what was asked.
fn described(id: &str, turns: Vec<Turn>, pointer: &str) -> (Value, Value, String) {
    let client = client_with(&[("token", "main")], json!({}), turns);
    let described = describe(&client, id, "{}").unwrap_or_else(|error| panic!("{id}: {}", error.message));
    let found = described.input.pointer(pointer).cloned().unwrap_or_default();
    (found, described.account.unwrap_or_default(), client.targets().join(" "))
}

fn types(ids: &[&str]) -> Turn {
    let types: Vec<Value> = ids.iter().map(|id| json!({"id": id, "display_name": format!("Type {id}")})).collect();
    says(200, json!({"incident_types": types}))
}

fn fields(fields: &[Value]) -> Turn {
    says(200, json!({"fields": fields}))
}

fn check_value(rest: Value, expected: Value) {
    let turns = vec![fields(&[field("P1", "env", rest.clone())])];
    let pointer = "/properties/custom_fields/items/oneOf/0/properties/value";
    assert_eq!(described("services.custom-fields.set", turns, pointer).0, expected, "{rest}");
}

#[test]
fn values_have_the_field_s_type() {
    let option = |value: &str| json!({"id": "O", "data": {"data_type": "string", "value": value}});
    check_value(json!({}), json!({"type": ["string", "null"], "title": "ENV"}));
    check_value(json!({"data_type": "boolean"}), json!({"type": ["boolean", "null"], "title": "ENV"}));
    check_value(json!({"data_type": "integer"}), json!({"type": ["integer", "null"], "title": "ENV"}));
    check_value(
        json!({"data_type": "float", "default_value": 1.5}),
        json!({"type": ["number", "null"], "title": "ENV", "default": 1.5}),
    );
    check_value(
        json!({"data_type": "datetime"}),
        json!({"type": ["string", "null"], "format": "date-time", "title": "ENV"}),
    );
    check_value(
        json!({"data_type": "url", "field_type": "multi_value"}),
        json!({"type": ["array", "null"], "items": {"type": "string", "format": "uri"}, "title": "ENV"}),
    );
    check_value(
        json!({"field_type": "single_value_fixed", "field_options": [option("a"), option("b")]}),
        json!({"type": ["string", "null"], "enum": ["a", "b", null], "title": "ENV"}),
    );
    check_value(
        json!({"field_type": "multi_value_fixed", "field_options": [option("a")]}),
        json!({"type": ["array", "null"], "items": {"type": "string", "enum": ["a"]}, "title": "ENV"}),
    );
    check_value(json!({"data_type": "colour"}), json!({"title": "ENV"}));
}

#[test]
fn fields_of_every_type_and_of_the_older_list_are_offered_once() {
    let turns = vec![
        types(&["T1", "T2"]),
        fields(&[field("P1", "env", json!({"description": "Where"})), field("P2", "off", json!({"enabled": false}))]),
        fields(&[field("P1", "env", json!({})), field("P3", "region", json!({}))]),
        fields(&[field("P1", "env", json!({})), field("P4", "region", json!({"data_type": "integer"}))]),
    ];
    let (cases, account, asked) =
        described("incidents.custom-fields.set", turns, "/properties/custom_fields/items/oneOf");
    let told: Vec<Value> = cases
        .as_array()
        .unwrap()
        .iter()
        .map(|case| {
            json!([
                case["properties"]["name"]["const"],
                case["title"],
                case["description"],
                case["x-of"],
                case["x-order"]
            ])
        })
        .collect();
    let expected =
        [json!(["env", "ENV", "Where", ["Type T1", "Type T2"], 0]), json!(["region", "REGION", null, ["Type T2"], 1])];
    assert_eq!(told, expected);
    // Two fields of that name take different values.
    assert_eq!(cases[1]["properties"]["value"], json!({"title": "REGION"}));
    assert_eq!(account, json!({"custom_fields": ["env", "region"], "notes": []}));
    assert_eq!(
        asked,
        "/incidents/types /incidents/types/T1/custom_fields?include%5B%5D=field_options \
         /incidents/types/T2/custom_fields?include%5B%5D=field_options \
         /incidents/custom_fields?include%5B%5D=field_options"
    );
}

#[test]
fn what_may_not_be_read_is_a_note() {
    for status in [402, 403, 404] {
        let refused = || says(status, json!({"error": {"message": "no such thing", "code": 2006}}));
        let (items, account, _) =
            described("services.custom-fields.set", vec![refused()], "/properties/custom_fields/items");
        assert!(items.get("oneOf").is_none() && items["properties"]["value"].is_object(), "{items}");
        assert_eq!(account["custom_fields"], json!([]));
        assert!(account["notes"][0].as_str().unwrap().contains("service-custom-fields.list"), "{account}");
        let turns = vec![types(&["T1", "T2"]), refused(), refused(), fields(&[field("P1", "env", json!({}))])];
        let (cases, account, _) =
            described("incidents.custom-fields.set", turns, "/properties/custom_fields/items/oneOf");
        assert_eq!(cases.as_array().unwrap().len(), 1, "{cases}");
        assert_eq!(account["notes"].as_array().unwrap().len(), 1, "{account}");
    }
    let client = client_with(&[("token", "main")], json!({}), vec![says(401, json!({}))]);
    assert!(describe(&client, "services.custom-fields.set", "{}").is_err());
}

#[test]
fn an_operation_without_custom_fields_asks_nothing() {
    let (schema, account, asked) = described("incidents.create", vec![], "");
    assert_eq!((account, asked.as_str()), (Value::Null, ""));
    assert_eq!(schema, schema::input(operation("incidents.create").unwrap()));
    let client = client_with(&[("token", "main")], json!({}), vec![]);
    for (id, given) in [("incidents.creat", "{}"), ("incidents.create", "[]")] {
        assert_eq!(describe(&client, id, given).err().unwrap().reason, Reason::Invalid, "{id} {given}");
    }
}

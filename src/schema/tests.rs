//! Schemas and samples of the whole catalog, against each other.

use super::*;
use crate::catalog::{OPERATIONS, find};

/// What of `value` the schema does not take: as much of JSON Schema as these
/// schemas use, and an error for anything else.
fn validate(schema: &Value, value: &Value, path: &str, problems: &mut Vec<String>) {
    let map = match schema {
        Value::Bool(true) => return,
        Value::Object(map) => map,
        _ => return problems.push(format!("{path}: no schema: {schema}")),
    };
    let mut problem = |text: String| problems.push(format!("{path}: {text}: {value}"));
    let is = |of: &Value| match (of.as_str(), value) {
        (Some("null"), Value::Null) | (Some("boolean"), Value::Bool(_)) | (Some("number"), Value::Number(_)) => true,
        (Some("string"), Value::String(_)) | (Some("array"), Value::Array(_)) | (Some("object"), Value::Object(_)) => {
            true
        }
        (Some("integer"), Value::Number(number)) => number.is_i64() || number.is_u64(),
        _ => false,
    };
    let least = |name: &str| map.get(name).and_then(Value::as_i64);
    for (keyword, given) in map {
        match keyword.as_str() {
            "type" => {
                let types = given.as_array().cloned().unwrap_or_else(|| vec![given.clone()]);
                if !types.iter().any(is) {
                    problem(format!("is not of type {given}"));
                }
            }
            "enum" if !given.as_array().is_some_and(|values| values.contains(value)) => {
                problem("is not in the enum".to_owned())
            }
            "const" if given != value => problem(format!("is not {given}")),
            "minLength" | "maxLength" => {
                if let Some(text) = value.as_str() {
                    let length = text.chars().count() as i64;
                    if least("minLength").is_some_and(|n| length < n) || least("maxLength").is_some_and(|n| length > n)
                    {
                        problem("has another length".to_owned());
                    }
                }
            }
            "minimum" if value.as_i64().is_some_and(|n| Some(n) < given.as_i64()) => problem("is too small".to_owned()),
            "maximum" if value.as_i64().is_some_and(|n| Some(n) > given.as_i64()) => problem("is too large".to_owned()),
            "minItems" if value.as_array().is_some_and(|a| (a.len() as i64) < given.as_i64().unwrap()) => {
                problem("is too short".to_owned())
            }
            "maxItems" if value.as_array().is_some_and(|a| (a.len() as i64) > given.as_i64().unwrap()) => {
                problem("is too long".to_owned())
            }
            "required" => {
                for name in given.as_array().unwrap() {
                    if value.as_object().is_some_and(|object| !object.contains_key(name.as_str().unwrap())) {
                        problem(format!("lacks {name}"));
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(given, &Value::Bool(false));
                let known = map.get("properties").and_then(Value::as_object);
                for name in value.as_object().into_iter().flat_map(Map::keys) {
                    if !known.is_some_and(|known| known.contains_key(name)) {
                        problem(format!("has the unknown member {name}"));
                    }
                }
            }
            // The two patterns there are.
            "pattern" => {
                let text = value.as_str().unwrap_or_default();
                let fits = match given.as_str().unwrap() {
                    "Z$" => text.ends_with('Z'),
                    "^[!-~]+$" => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()),
                    other => panic!("{path}: the pattern {other} is not looked at"),
                };
                if value.is_string() && !fits {
                    problem(format!("does not fit {given}"));
                }
            }
            "not" => {
                let mut problems = Vec::new();
                validate(given, value, path, &mut problems);
                if problems.is_empty() {
                    problem(format!("fits {given}"));
                }
            }
            "oneOf" => {
                let fitting = given.as_array().unwrap().iter().filter(|case| {
                    let mut problems = Vec::new();
                    validate(case, value, path, &mut problems);
                    problems.is_empty()
                });
                let count = fitting.count();
                if count != 1 {
                    problem(format!("fits {count} of the shapes"));
                }
            }
            _ => {}
        }
    }
    for (name, of) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
        if let Some(member) = value.get(name) {
            validate(of, member, &format!("{path}.{name}"), problems);
        }
    }
    if let (Some(of), Value::Array(items)) = (map.get("items"), value) {
        items.iter().enumerate().for_each(|(i, item)| validate(of, item, &format!("{path}.{i}"), problems));
    }
}

/// The schema itself: known keywords, and nothing required that is not shown.
fn sound(schema: &Value, path: &str) {
    const KNOWN: &[&str] = &[
        "$schema",
        "type",
        "title",
        "description",
        "properties",
        "required",
        "additionalProperties",
        "oneOf",
        "enum",
        "const",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
        "items",
        "format",
        "pattern",
        "not",
        "examples",
        "contentMediaType",
        "x-options",
        "x-entity",
        "x-secret",
        "x-paging",
        "x-discriminator",
        "x-depends",
        "x-order",
        "default",
    ];
    let Value::Object(map) = schema else {
        return assert_eq!(schema, &Value::Bool(true), "{path}");
    };
    for (keyword, given) in map {
        assert!(KNOWN.contains(&keyword.as_str()), "{path}: {keyword}");
        // What the meta-schema of 2020-12 asks of each keyword.
        let unique = |values: &Vec<Value>| values.iter().enumerate().all(|(i, value)| !values[..i].contains(value));
        let holds = match keyword.as_str() {
            "$schema" | "title" | "description" | "format" | "pattern" | "contentMediaType" | "x-entity"
            | "x-discriminator" => given.as_str().is_some_and(|text| !text.is_empty()),
            "type" => {
                let known = ["null", "boolean", "object", "array", "number", "string", "integer"];
                let known = |of: &Value| of.as_str().is_some_and(|of| known.contains(&of));
                known(given)
                    || given.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(known) && unique(all))
            }
            "minLength" | "maxLength" | "minItems" | "maxItems" => given.is_u64(),
            "minimum" | "maximum" => given.is_number(),
            "required" | "x-depends" => {
                given.as_array().is_some_and(|all| all.iter().all(Value::is_string) && unique(all))
            }
            "enum" | "examples" | "oneOf" => given.as_array().is_some_and(|all| !all.is_empty() && unique(all)),
            "properties" | "not" => given.is_object(),
            "items" => given.is_object() || given.is_boolean(),
            "additionalProperties" => given.is_boolean(),
            "x-order" => given.is_i64(),
            "x-options" | "x-secret" | "x-paging" => given.is_boolean(),
            "const" | "default" => true,
            other => panic!("{path}: {other} is not looked at"),
        };
        assert!(holds, "{path}: {keyword} is {given}");
        match keyword.as_str() {
            "examples" | "default" => {
                // What is added to an enum of an answer is no text of its own.
                for example in given.as_array().cloned().unwrap_or_else(|| vec![given.clone()]) {
                    let mut problems = Vec::new();
                    validate(schema, &example, path, &mut problems);
                    assert!(problems.is_empty(), "{path}: {problems:?}");
                }
            }
            "required" => {
                for name in given.as_array().unwrap() {
                    assert!(
                        map["properties"].get(name.as_str().unwrap()).is_some(),
                        "{path}: {name} is required and no property"
                    );
                }
                assert!(!given.as_array().unwrap().is_empty(), "{path}: required is empty");
            }
            "enum" => assert!(!given.as_array().unwrap().is_empty(), "{path}"),
            "properties" => {
                let mut last = i64::MIN;
                for (name, of) in given.as_object().unwrap() {
                    // `true` stands for what all shapes share.
                    if let Value::Object(_) = of {
                        assert!(of["title"].is_string(), "{path}.{name} has no title");
                        let order = of["x-order"].as_i64().unwrap_or_else(|| panic!("{path}.{name} has no place"));
                        // A discriminator stands first, though it is written last.
                        assert!(order == -1 || order > last, "{path}.{name} is out of order");
                        last = order;
                    }
                    sound(of, &format!("{path}.{name}"));
                }
            }
            "oneOf" => {
                assert!(map["x-discriminator"].is_string(), "{path}");
                for (i, of) in given.as_array().unwrap().iter().enumerate() {
                    assert!(of["title"].is_string(), "{path}<{i}> has no title");
                    sound(of, &format!("{path}<{i}>"));
                }
            }
            "items" => sound(given, &format!("{path}[]")),
            "x-options" | "x-secret" | "x-paging" => assert_eq!(given, &Value::Bool(true), "{path}: {keyword}"),
            _ => {}
        }
    }
}

#[test]
fn every_schema_is_sound_and_every_sample_fits() {
    for operation in OPERATIONS {
        let (input, output, sample) = (input(operation), output(operation), sample(operation));
        sound(&input, &format!("{} in", operation.id));
        sound(&output, &format!("{} out", operation.id));
        assert_eq!(input["$schema"], DIALECT);
        assert_eq!(output["$schema"], DIALECT);
        let mut problems = Vec::new();
        validate(&output, &sample, operation.id, &mut problems);
        assert!(problems.is_empty(), "{problems:#?}");
    }
}

#[test]
fn samples_hold_every_field_of_the_shape() {
    for operation in OPERATIONS {
        let (output, sample) = (output(operation), sample(operation));
        let (of, item) = match (&operation.answer, operation.pages) {
            (Answer::Items { key, .. }, pages) if pages != Pages::None => {
                (&output["properties"][key]["items"], &sample[key][0])
            }
            (Answer::Items { .. }, _) => (&output["items"], &sample[0]),
            _ => (&output, &sample),
        };
        for name in of.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            assert!(item.get(name).is_some(), "{}: the sample lacks {name}", operation.id);
        }
    }
}

/// Every `x-options` with its path.
fn options_in(schema: &Value, path: &str, found: &mut Vec<(String, String)>) {
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    if schema.get("x-options").is_some() {
        found.push((path.to_owned(), schema["x-entity"].as_str().unwrap().to_owned()));
    }
    for (name, of) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        options_in(of, &join(name), found);
    }
    for case in schema.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
        options_in(case, path, found);
    }
    if let Some(of) = schema.get("items") {
        options_in(of, path, found);
    }
}

#[test]
fn options_are_promised_only_where_they_can_be_listed() {
    let (mut seen, mut bad) = (0, Vec::new());
    for operation in OPERATIONS {
        let mut found = Vec::new();
        options_in(&input(operation), "", &mut found);
        for (path, entity) in found {
            seen += 1;
            let place = format!("{} {path} ({entity})", operation.id);
            let options =
                crate::catalog::tables::entities().find(|known| known.id == entity).and_then(|entity| entity.options);
            let Some(list) = options.and_then(crate::catalog::find) else {
                bad.push(format!("{place}: no list of these"));
                continue;
            };
            let asking =
                crate::catalog::tables::entities().find(|known| known.id == entity).and_then(|e| e.choices.as_ref());
            // Without a time range there is one anyway.
            let needed = list.fields.iter().filter(|field| field.required && field.constant.is_none());
            for needed in needed.filter(|field| !matches!(field.of, Type::Time { .. })) {
                let parents = asking.map_or(&[][..], |asking| asking.parents);
                let from = parents.iter().find(|(name, _)| *name == needed.name).map_or(needed.name, |(_, from)| *from);
                let given = arguments::fields(operation).find(|field| field.name == from);
                let fits =
                    given.is_some_and(|given| format!("{:?}", kind(&given.of)) == format!("{:?}", kind(&needed.of)));
                if !fits {
                    bad.push(format!(
                        "{place}: {} needs {}, which {} does not have",
                        list.id, needed.name, operation.id
                    ));
                }
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(seen > 50);
}

/// The entity a reference stands for.
fn kind(of: &Type) -> Option<&'static str> {
    match of {
        Type::Ref(entity) | Type::Id(entity) => Some(entity.id),
        _ => None,
    }
}

#[test]
fn input_schemas_take_what_the_connector_takes() {
    let check = |id: &str, given: Value, fits: bool| {
        let operation = find(id).unwrap();
        let mut problems = Vec::new();
        validate(&input(operation), &given, id, &mut problems);
        assert_eq!(problems.is_empty(), fits, "{id} {given}: {problems:?}");
        assert_eq!(arguments::check(operation, &given.to_string()).is_ok(), fits, "{id} {given}");
    };
    let incident = |more: Value| {
        let mut given = json!({"title": "x", "service": "P1"});
        given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        given
    };
    check("incidents.create", incident(json!({})), true);
    check("incidents.create", json!({}), false);
    check("incidents.create", incident(json!({"service": {"id": "P1"}})), true);
    check("incidents.create", incident(json!({"service": {"id": ""}})), false);
    check("incidents.create", incident(json!({"service": {}})), false);
    check("incidents.create", incident(json!({"urgency": "low"})), true);
    check("incidents.create", incident(json!({"urgency": null})), false);
    check("incidents.create", incident(json!({"urgncy": "low"})), false);
    check("incidents.create", incident(json!({"from": "a@b.c"})), true);
    check("incidents.create", incident(json!({"body": {"details": {"a": 1}}})), true);
    check("incidents.create", incident(json!({"body": {"detail": 1}})), false);
    check("incidents.create", incident(json!({"assignments": [{"assignee": "P1"}]})), true);
    check("incidents.create", incident(json!({"assignments": [{}]})), false);
    check("incidents.list", json!({"limit": 100, "team_ids": ["P1"]}), true);
    check("incidents.list", json!({"limit": 101}), false);
    check("incidents.list", json!({"team_ids": [5]}), false);
    let contact = |more: Value| {
        let mut given = json!({"id": "P1", "label": "x", "address": "y"});
        given.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        given
    };
    check("users.contact-methods.create", contact(json!({"type": "email_contact_method"})), true);
    check("users.contact-methods.create", contact(json!({"type": "sms_contact_method", "country_code": 1})), true);
    check("users.contact-methods.create", contact(json!({"type": "sms_contact_method"})), false);
    check("users.contact-methods.create", contact(json!({"type": "email_contact_method", "country_code": 1})), false);
    check("users.contact-methods.create", contact(json!({"type": "fax"})), false);
    check("users.contact-methods.create", contact(json!({})), false);
    check("users.create", json!({"name": "Ada", "email": "a@b.c", "time_zone": null}), true);
    check("users.create", json!({"name": "Ada", "email": "a@b.c", "job_title": null}), false);
    check("users.create", json!({"name": "x".repeat(101), "email": "a@b.c"}), false);
}

#[test]
fn secrets_are_marked() {
    let event = input(find("events.send").unwrap());
    assert_eq!(event["properties"]["routing_key"]["x-secret"], json!(true));
    let user = output(find("users.get").unwrap());
    assert_eq!(user["properties"]["http_cal_url"]["x-secret"], json!(true));
}

#[test]
fn titles_are_as_people_write() {
    for (name, expected) in [
        ("escalation_policy", "Escalation policy"),
        ("id", "ID"),
        ("team_ids", "Team IDs"),
        ("html_url", "HTML URL"),
        ("url", "URL"),
        ("displayName", "Display name"),
        ("userName.first", "User name first"),
        ("ips", "IPs"),
        ("SMS", "SMS"),
        ("__a", "  a"),
        ("a-b.c", "A b c"),
        ("", ""),
        ("été", "été"),
    ] {
        assert_eq!(title(name), expected);
    }
}

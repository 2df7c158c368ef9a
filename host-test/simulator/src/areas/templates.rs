//! Templates of status updates, and what they say of an incident.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{Collection, PLAIN};
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Store};

const TEMPLATE: Entity = Entity::Of("template");

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: TEMPLATE,
    kind: "template",
    path: "/templates",
    one: "template",
    many: "templates",
    fields: "template_type:status_update name!:text description:text templated_fields!:object",
    unique: "name",
    defaults: r#"{"template_type": "status_update", "description": null, "created_by": "$me"}"#,
    stamps: r#"{"updated_by": "$me"}"#,
    filters: "query~name,description template_type=template_type",
    scope: "templates",
    seed: &[(
        0,
        r#"{"name": "Short update", "description": "Two sentences", "templated_fields": {
            "email_subject": "About {{incident.title}}",
            "email_body": "<p>{{incident.title}} is {{incident.status}}.</p>",
            "message": "{{incident.title}}: {{status_update.message}}"}}"#,
    )],
    ..PLAIN
}];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/templates/fields", "templates.read", fields),
    Route::new("POST", "/templates/{id}/render", "templates.read", render).only_reads(),
];

/// What a template can speak of, and of what type it is.
const WORDS: [(&str, &str); 6] = [
    ("incident.title", "string"),
    ("incident.number", "integer"),
    ("incident.status", "string"),
    ("incident.urgency", "string"),
    ("incident.service.name", "string"),
    ("status_update.message", "string"),
];

fn fields(store: &mut Store, _: &Call) -> Answer {
    let standard = WORDS.iter().map(|(word, kind)| {
        json!({
            "data_type": kind, "default_value": null, "description": format!("What {word} holds"),
            "domain_name": {"order": 1, "summary": "Incident"}, "example": null,
            "keyword": format!("{{{{{word}}}}}"), "summary": word, "type": "standard_field",
        })
    });
    let custom = store.table(Entity::CustomField).rows().iter().map(|row| {
        json!({
            "data_type": row.fields.get("data_type"), "default_value": null, "description": row.fields.get("description"),
            "domain_name": {"order": 2, "summary": "Custom fields"}, "example": null,
            "keyword": format!("{{{{incident.custom_fields.{}}}}}", row.text("name")),
            "summary": row.text("display_name"), "type": "custom_field",
        })
    });
    Ok(Reply::wrapped(200, "fields", standard.chain(custom).collect()))
}

fn render(store: &mut Store, call: &Call) -> Answer {
    let template = store.get(TEMPLATE, call.id(0)).ok_or_else(errors::not_found)?;
    let given = Value::Object(call.object()?);
    let incident = given["incident_id"].as_str().and_then(|id| store.place(id));
    let incident = incident.and_then(|place| store.incidents.get(place)).ok_or_else(errors::not_found)?;
    let service = store.get(Entity::Service, &incident.service).map_or("", |service| service.text("name"));
    let number = incident.number.to_string();
    let held = |word: &str| match word {
        "incident.title" => Some(incident.title.as_str()),
        "incident.number" => Some(number.as_str()),
        "incident.status" => Some(incident.status.name()),
        "incident.urgency" => Some(if incident.urgent { "high" } else { "low" }),
        "incident.service.name" => Some(service),
        "status_update.message" => Some(given["status_update"]["message"].as_str().unwrap_or("")),
        _ => None,
    };
    let mut texts = Map::new();
    let mut warnings = Map::new();
    for (name, text) in template.fields.get("templated_fields").and_then(Value::as_object).into_iter().flatten() {
        let (text, unknown) = filled(text.as_str().unwrap_or(""), held);
        texts.insert(name.clone(), json!(text));
        warnings.insert(name.clone(), json!(unknown));
    }
    Ok(Reply::json(200, &json!({"templated_fields": texts, "warnings": warnings, "errors": []})))
}

// The text with `{{word}}` replaced, and a warning for each unknown word.
fn filled<'a>(text: &str, held: impl Fn(&str) -> Option<&'a str>) -> (String, Vec<String>) {
    let mut out = String::new();
    let mut unknown = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((word, after)) = after.split_once("}}") else {
            out.push_str("{{");
            rest = after;
            continue;
        };
        match held(word.trim()) {
            Some(value) => out.push_str(value),
            None => unknown.push(format!("Unknown: {}", word.trim())),
        }
        rest = after;
    }
    out.push_str(rest);
    (out, unknown)
}

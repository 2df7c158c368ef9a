//! Standards of services and how many of them each service meets.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{Collection, Links, PLAIN, Page};
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

const STANDARD: Entity = Entity::Of("standard");

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: STANDARD,
    path: "/standards",
    many: "standards",
    verbs: "LU",
    fields: "active:flag description:text values:object inclusions:list exclusions:list",
    defaults: r#"{"active": true, "resource_type": "technical_service", "inclusions": [], "exclusions": []}"#,
    filters: "active=active resource_type=resource_type",
    page: Page::Whole,
    links: Links::None,
    scope: "standards",
    seed: &[
        (
            0,
            r#"{"type": "has_technical_service_description", "name": "Says what it is", "description": "The service has a description"}"#,
        ),
        (
            0,
            r#"{"type": "minimum_technical_service_integrations", "name": "Hears of trouble", "description": "The service has an integration"}"#,
        ),
        (
            0,
            r#"{"type": "has_technical_service_owner", "name": "Is somebody's", "description": "A team stands behind the service"}"#,
        ),
    ],
    derive: |_, _, shown| {
        shown.remove("values");
    },
    ..PLAIN
}];

pub(crate) const ROUTES: &[Route] = &[
    Route::new("GET", "/standards/scores/{type}", "standards.read", many),
    Route::new("GET", "/standards/scores/{type}/{id}", "standards.read", one),
];

fn met(store: &Store, standard: &Record, service: &Record) -> bool {
    match standard.text("type") {
        "has_technical_service_description" => !service.text("description").is_empty(),
        "minimum_technical_service_integrations" => {
            store.table(Entity::Integration).rows().iter().any(|row| row.owner == service.id)
        }
        _ => {
            let policy = service.ids("escalation_policy");
            let policy = policy.first().and_then(|id| store.get(Entity::EscalationPolicy, id));
            policy.is_some_and(|policy| !policy.ids("teams").is_empty())
        }
    }
}

// A standard is for all services, unless it names those that it is for.
fn applies(standard: &Record, service: &str) -> bool {
    let (only, but) = (standard.ids("inclusions"), standard.ids("exclusions"));
    (only.is_empty() || only.contains(&service)) && !but.contains(&service)
}

fn score(store: &Store, service: &Record) -> Value {
    let rows = store.table(STANDARD).rows().iter();
    let rows = rows.filter(|row| row.fields.get("active") == Some(&json!(true)) && applies(row, &service.id));
    let standards: Vec<Value> = rows
        .map(|row| {
            let mut shown = Map::new();
            for key in ["active", "description", "name", "type"] {
                shown.insert(key.into(), row.fields.get(key).cloned().unwrap_or_default());
            }
            shown.insert("id".into(), json!(row.id));
            shown.insert("pass".into(), json!(met(store, row, service)));
            Value::Object(shown)
        })
        .collect();
    let passing = standards.iter().filter(|standard| standard["pass"] == true).count();
    json!({
        "resource_id": service.id,
        "resource_type": "technical_service",
        "score": {"passing": passing, "total": standards.len()},
        "standards": standards,
    })
}

fn known(call: &Call) -> Result<(), Reply> {
    if call.id(0) == "technical_services" { Ok(()) } else { Err(errors::not_found()) }
}

fn one(store: &mut Store, call: &Call) -> Answer {
    known(call)?;
    let service = store.get(Entity::Service, call.id(1)).ok_or_else(errors::not_found)?;
    Ok(Reply::json(200, &score(store, service)))
}

fn many(store: &mut Store, call: &Call) -> Answer {
    known(call)?;
    // Once for each, as the document has it; by commas, as it is written there.
    let ids = call.query.all("ids").join(",");
    if ids.is_empty() {
        return Err(errors::invalid_one("ids can't be blank"));
    }
    let mut found = Vec::new();
    for id in ids.split(',') {
        found.push(score(store, store.get(Entity::Service, id).ok_or_else(errors::not_found)?));
    }
    Ok(Reply::wrapped(200, "resources", Value::Array(found)))
}

//! Incident types: known by id and by name, enabled ones listed unless more
//! are asked for. None can be deleted.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::collection::{self, Collection, Links, PLAIN, Page};
use crate::errors;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Store};

pub(super) const INCIDENT_TYPE: Entity = Entity::Of("incident_type");

pub(crate) const COLLECTIONS: &[Collection] = &[Collection {
    entity: INCIDENT_TYPE,
    kind: "incident_type",
    path: "/incidents/types",
    one: "incident_type",
    many: "incident_types",
    verbs: "LCGU",
    fields: "name!:text display_name!:text parent_type! parent enabled:flag description:text",
    fixed: &["name", "parent", "parent_type"],
    unique: "name",
    defaults: r#"{"enabled": true, "name": null, "parent": null, "type": "incident_type", "description": "", "display_name": null, "created_at": "$utc"}"#,
    stamps: r#"{"updated_at": "$utc"}"#,
    page: Page::Whole,
    links: Links::None,
    summary: "display_name",
    alias: "name",
    scope: "incident_types",
    seed: &[
        (
            0,
            r#"{"name": "incident_default", "display_name": "Base Incident", "description": "What every incident is"}"#,
        ),
        (
            0,
            r#"{"name": "major_incident", "display_name": "Major Incident", "description": "All hands", "parent": {"id": "$incident_type.id:0", "type": "incident_type_reference"}}"#,
        ),
        (
            0,
            r#"{"name": "drill", "display_name": "Drill", "description": "For practice", "enabled": false, "parent": {"id": "$incident_type.id:0", "type": "incident_type_reference"}}"#,
        ),
    ],
    check: parent,
    derive: |_, _, shown| {
        shown.remove("parent_type");
    },
    ..PLAIN
}];

pub(crate) const ROUTES: &[Route] = &[Route::new("GET", "/incidents/types", "incident_types.read", list)];

fn parent(store: &mut Store, _: &Call, given: &mut Map<String, Value>, id: Option<&str>) -> Result<(), Reply> {
    given.remove("parent");
    let Some(wanted) = given.get("parent_type").and_then(Value::as_str).filter(|_| id.is_none()) else {
        return Ok(());
    };
    let parent = store.named(INCIDENT_TYPE, wanted).map(|record| record.id.clone());
    let parent = parent.ok_or_else(|| errors::invalid_one(format!("Parent type does not exist: {wanted}")))?;
    given.insert("parent".into(), json!({"id": parent, "type": "incident_type_reference"}));
    Ok(())
}

fn list(store: &mut Store, call: &Call) -> Answer {
    let wanted = call.choices("filter", &["enabled", "disabled", "all"])?.pop().unwrap_or_else(|| "enabled".into());
    let loaded = collection::of(INCIDENT_TYPE).ok_or_else(errors::not_found)?;
    loaded.list_where(store, call, |record| {
        let enabled = record.fields.get("enabled") == Some(&json!(true));
        wanted == "all" || enabled == (wanted == "enabled")
    })
}

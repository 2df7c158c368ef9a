//! Extensions and their schemas, and add-ons.

use serde_json::{Map, Value};

use crate::call::Call;
use crate::collection::{self, Collection, PLAIN};
use crate::errors;
use crate::present::View;
use crate::reply::{Answer, Reply};
use crate::routes::Route;
use crate::store::{Entity, Record, Store};

const EXTENSION: Entity = Entity::Of("extension");
const SCHEMA: Entity = Entity::Of("extension_schema");
const ADDON: Entity = Entity::Of("addon");

const INCLUDES: &[crate::present::Include] = &[
    ("extension_schemas", &["extension_schema"]),
    ("extension_objects", &["extension_objects"]),
    ("temporarily_disabled", &[]),
];

pub(crate) const COLLECTIONS: &[Collection] = &[
    Collection {
        entity: SCHEMA,
        kind: "extension_schema",
        path: "/extension_schemas",
        one: "extension_schema",
        many: "extension_schemas",
        verbs: "LG",
        summary: "label",
        scope: "extension_schemas",
        seed: &[
            (
                0,
                r#"{"icon_url": "https://static.lanternway.example/hook.svg", "logo_url": "https://static.lanternway.example/hook.png", "label": "Generic V2 Webhook", "key": "webhook_v2", "description": "Sends incidents to any address", "guide_url": "https://lanternway.example/guides/webhooks", "send_types": ["trigger", "acknowledge", "resolve", "delegate", "escalate", "unacknowledge", "assign", "custom"], "url": null}"#,
            ),
            (
                0,
                r#"{"icon_url": "https://static.lanternway.example/snow.svg", "logo_url": "https://static.lanternway.example/snow.png", "label": "ServiceNow (v7)", "key": "servicenow_v7", "description": "Keeps incidents in step with ServiceNow", "guide_url": "https://lanternway.example/guides/servicenow", "send_types": ["trigger", "acknowledge", "resolve", "custom"], "url": null}"#,
            ),
            (
                0,
                r#"{"icon_url": "https://static.lanternway.example/slack.svg", "logo_url": "https://static.lanternway.example/slack.png", "label": "Slack V2", "key": "slack_v2", "description": "Writes incidents into a channel", "guide_url": "https://lanternway.example/guides/slack", "send_types": ["trigger", "acknowledge", "resolve"], "url": null}"#,
            ),
        ],
        ..PLAIN
    },
    Collection {
        entity: EXTENSION,
        kind: "extension",
        path: "/extensions",
        one: "extension",
        many: "extensions",
        fields: "name!:text endpoint_url:url extension_objects!:@service[] extension_schema!:@extension_schema config",
        defaults: r#"{"name": null, "endpoint_url": null, "extension_objects": [], "extension_schema": null, "temporarily_disabled": false, "config": {}}"#,
        filters: "query~name extension_object_id=extension_objects extension_schema_id=extension_schema",
        includes: INCLUDES,
        scope: "extensions",
        seed: &[(
            0,
            r#"{"name": "Ticket robot", "endpoint_url": "https://robot.lanternway.example/hook", "extension_objects": ["$service:0"], "extension_schema": "$extension_schema:0", "config": {"notify_types": {"resolve": true, "acknowledge": false, "assignments": false}}}"#,
        )],
        derive: hide_password,
        ..PLAIN
    },
    Collection {
        entity: ADDON,
        kind: "full_page_addon",
        path: "/addons",
        one: "addon",
        many: "addons",
        fields: "type!:full_page_addon|incident_show_addon name!:text src!:url services:@service[]",
        defaults: r#"{"type": "full_page_addon", "name": null, "src": null, "services": []}"#,
        filters: "filter=type service_ids[]=services",
        includes: &[("services", &["services"])],
        scope: "addons",
        seed: &[(
            0,
            r#"{"type": "full_page_addon", "name": "Shop status", "src": "https://status.lanternway.example/board"}"#,
        )],
        ..PLAIN
    },
];

pub(crate) const ROUTES: &[Route] = &[Route::new("POST", "/extensions/{id}/enable", "extensions.write", enable)];

// A password is taken and never shown.
fn hide_password(_: &Store, _: &Record, shown: &mut Map<String, Value>) {
    if let Some(password) = shown.get_mut("config").and_then(|config| config.get_mut("snow_password")) {
        *password = Value::Null;
    }
}

fn enable(store: &mut Store, call: &Call) -> Answer {
    let loaded = collection::of(EXTENSION).ok_or_else(errors::not_found)?;
    let id = loaded.find(store, call)?.id.clone();
    if let Some(record) = store.table_mut(EXTENSION).get_mut(&id) {
        record.fields.insert("temporarily_disabled".into(), Value::Bool(false));
    }
    Ok(Reply::wrapped(200, "extension", store.show_id(EXTENSION, &id, &View::default())))
}
